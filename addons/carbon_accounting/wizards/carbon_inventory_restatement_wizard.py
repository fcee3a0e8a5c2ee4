from odoo import fields, models

from ..models.carbon_inventory_restatement import CAUSES


class CarbonInventoryRestatementWizard(models.TransientModel):
    """Asks why an inventory is restated, then opens the new version."""

    _name = "carbon.inventory.restatement.wizard"
    _description = "Restatement of an Inventory"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True)
    cause = fields.Selection(CAUSES, string="Main Reason", required=True)
    reason = fields.Text(string="Why", required=True)

    def action_restate(self):
        """Create the new version.

        :return: window action of the draft
        """
        self.ensure_one()
        draft = self.inventory_id._restate(self.cause, self.reason)
        return draft._form_action(draft)
