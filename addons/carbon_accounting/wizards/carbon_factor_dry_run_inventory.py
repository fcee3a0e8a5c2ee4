from decimal import Decimal

from odoo import api, fields, models

from ..models.carbon_inventory import STATES


class CarbonFactorDryRunInventory(models.TransientModel):
    """What a dry run says of an inventory: the difference by its own boundary, GWP set and basis, and what follows."""

    _name = "carbon.factor.dry.run.inventory"
    _description = "Inventory in a Dry Run of Factor Versions"
    _order = "wizard_id, sequence, id"

    wizard_id = fields.Many2one(
        "carbon.factor.dry.run.wizard", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, ondelete="cascade")
    sequence = fields.Integer(readonly=True, export_string_translation=False)
    state = fields.Selection(STATES, readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True)
    now_t = fields.Float(string="Now (t)", digits=0, readonly=True, help="Of the rows concerned.")
    then_t = fields.Float(string="Then (t)", digits=0, readonly=True)
    difference_t = fields.Float(string="Change (t)", digits=0, readonly=True)
    late_t = fields.Float(string="In Closed Months (t)", digits=0, readonly=True)
    total_t = fields.Float(
        string="Inventory (t)", digits=0, readonly=True, help="The total as it is computed, with purchased energy."
    )
    percent = fields.Float(string="Change (%)", digits=0, readonly=True, aggregator=None)
    materiality = fields.Float(string="Materiality (%)", digits=0, readonly=True, aggregator=None)
    threshold = fields.Float(
        string="Base-Year Threshold (%)",
        digits=0,
        readonly=True,
        aggregator=None,
        help="Of the carbon system of the company.",
    )
    verdict = fields.Selection(
        [
            ("compute", "Compute again"),
            ("hand", "Take back to draft and compute again"),
            ("closed", "Waits for its closed months"),
            ("restate", "Restate"),
            ("below", "Below the materiality"),
            ("replaced", "Replaced by a later version"),
        ],
        string="What Follows",
        readonly=True,
    )
    passes_threshold = fields.Boolean(
        string="Base Year",
        readonly=True,
        help="The difference alone is as large as the threshold: after the restatement the base year is to be recalculated.",
    )

    @api.model
    def _values(self, wizard, sums):
        """Return the values of the lines, sealed inventories first."""
        inventories = self.env["carbon.inventory"]
        found = [(inventories.browse(row["record_id"]), row) for row in sums]
        order = {"restate": 0, "below": 1, "hand": 2, "compute": 3, "closed": 4, "replaced": 5}
        values = [self._inventory_values(inventory, row) for inventory, row in found]
        values.sort(key=lambda line: (order[line["verdict"]], -abs(line["difference_t"])))
        return [{**line, "wizard_id": wizard.id, "sequence": place} for place, line in enumerate(values)]

    @api.model
    def _inventory_values(self, inventory, row):
        """Return the values of one line; limits are compared exactly."""
        now, then, late = (
            Decimal(row["now"]),
            Decimal(row["then"]),
            Decimal(row["then_other"]) - Decimal(row["now_other"]),
        )
        total = Decimal(inventory._exact_totals()["total_kg"])
        percent = 100 * (then - now) / total if total > 0 else None
        # sudo: one setting of the company whose inventory the user sees already
        threshold = self.env["carbon.system"].sudo()._get(inventory.company_id).base_year_threshold
        material = then != now if percent is None else abs(percent) > Decimal(repr(inventory.materiality))
        return {
            "inventory_id": inventory.id,
            "company_id": inventory.company_id.id,
            "state": inventory.state,
            "row_count": row["row_count"],
            "now_t": float(now / 1000),
            "then_t": float(then / 1000),
            "difference_t": float((then - now) / 1000),
            "late_t": float(late / 1000),
            "total_t": float(total / 1000),
            "percent": float(percent or 0),
            "materiality": inventory.materiality,
            "threshold": threshold,
            "verdict": self._verdict(inventory, material, waits=late == then - now != 0),
            "passes_threshold": bool(
                inventory.state in ("approved", "verified")
                and percent is not None
                and abs(percent) >= Decimal(repr(threshold))
            ),
        }

    @api.model
    def _verdict(self, inventory, material, waits):
        """Say what follows for an inventory.

        :param material: whether the difference is above its materiality
        :param waits: whether all of the difference lies in closed months
        """
        if inventory.state == "restated":
            return "replaced"
        if inventory.state in ("approved", "verified"):
            return "restate" if material else "below"
        if waits:
            return "closed"
        return "compute" if inventory.state == "draft" else "hand"

    def action_open(self):
        """Open the inventory."""
        self.ensure_one()
        return self.inventory_id._form_action(self.inventory_id)
