import json

from odoo import fields, models
from odoo.tools import SQL

from .carbon_inventory import ACT


class CarbonInventory(models.Model):
    """What an inventory counts of the ledger, where the company approves its data before they count (R-157)."""

    _inherit = "carbon.inventory"

    approval_basis = fields.Char(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="Days whose rows counted by the decision that switched approval on, with the highest id; empty where data count at once.",
    )
    approval_max_id = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)
    waiting_count = fields.Integer("Rows Waiting for Approval", compute="_compute_waiting")
    waiting_t = fields.Float("Waiting (t CO₂e)", compute="_compute_waiting", digits=(16, 3))

    def _compute_waiting(self):
        for inventory in self:
            parts = {}
            if inventory.date_from and inventory.date_to:
                parts = self.env["carbon.engine"]._waiting(inventory.company_id, inventory.date_from, inventory.date_to)
            inventory.waiting_count = sum(part["count"] for part in parts.values())
            inventory.waiting_t = sum(part["t"] for part in parts.values())

    def _compute_lines(self):
        """Keep what was counted beside the lines."""
        result = super()._compute_lines()
        basis, highest = self._approvals_now()
        self.with_context(carbon_inventory_act=ACT).write({"approval_basis": basis, "approval_max_id": highest})
        return result

    def _approvals_now(self):
        """Return the basis as text, and the highest id of a decision on rows of the inventory's months."""
        engine = self.env["carbon.engine"]
        if not engine._approving(self.company_id.ids):
            return False, 0
        accepted = [
            [begin and str(begin), end and str(end), up_to]
            for _company, begin, end, up_to in engine._accepted(self.company_id.ids)
        ]
        highest = self.env.execute_query(
            SQL(
                "SELECT COALESCE(max(p.id), 0) FROM carbon_data_approval p WHERE p.company_id = %s AND p.date BETWEEN %s AND %s",
                *(self.company_id.id, self.date_from, self.date_to),
            )
        )[0][0]
        return json.dumps(accepted), highest

    def _approvals_moved(self):
        """Whether other rows count now than when the inventory was computed."""
        self.ensure_one()
        return self._approvals_now() != (self.approval_basis, self.approval_max_id)

    def action_view_waiting(self):
        """Open what waits for approval in the months of the inventory."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_data_approval_report_action")
        domain = [
            ("company_id", "=", self.company_id.id),
            ("date", ">=", fields.Date.to_string(self.date_from)),
            ("date", "<=", fields.Date.to_string(self.date_to)),
        ]
        return dict(action, domain=domain)
