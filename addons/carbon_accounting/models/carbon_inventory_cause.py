from odoo import api, fields, models

from .carbon_inventory import ACT
from .carbon_inventory_restatement import CAUSES


class CarbonInventory(models.Model):
    """The main reason of a restatement is one that its bridge shows (R-139)."""

    _inherit = "carbon.inventory"

    bridge_cause = fields.Selection(
        CAUSES,
        string="Largest Part of the Bridge",
        compute="_compute_bridge_cause",
        help="Where the bridge gives nothing to the reason that was chosen before it was computed.",
    )

    @api.depends("bridge_ids.co2e_kg", "restatement_cause", "state")
    def _compute_bridge_cause(self):
        for inventory in self:
            parts = {row.cause: abs(row.co2e_kg) for row in inventory.bridge_ids if row.co2e_kg}
            is_wrong = inventory.state in ("draft", "checked") and parts and inventory.restatement_cause not in parts
            inventory.bridge_cause = max(parts, key=parts.get) if is_wrong else False

    def action_take_bridge_cause(self):
        """Make the largest part of the bridge the main reason of a restatement that is a draft."""
        self._require("group_carbon_accountant", "draft")
        for inventory in self.filtered("bridge_cause"):
            before, after = inventory.restatement_cause, inventory.bridge_cause
            inventory.with_context(carbon_inventory_act=ACT).restatement_cause = after
            self.env["carbon.trail.entry"]._append(
                inventory.company_id,
                "inventory.restatement_cause",
                record=inventory,
                payload={"before": before, "after": after},
            )
        return True
