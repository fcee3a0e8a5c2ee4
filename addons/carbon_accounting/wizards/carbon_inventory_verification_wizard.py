from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..models.carbon_inventory_verification import ASSURANCE_LEVELS, VERIFICATION_FIELDS


class CarbonInventoryVerificationWizard(models.TransientModel):
    """Takes the contents of a verification statement and records an inventory as verified."""

    _name = "carbon.inventory.verification.wizard"
    _description = "Verification of an Inventory"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True)
    verification_partner_id = fields.Many2one("res.partner", string="Verification Body", required=True)
    verification_criteria = fields.Char(string="Criteria", required=True)
    assurance_level = fields.Selection(ASSURANCE_LEVELS, required=True, default="limited")
    verification_materiality = fields.Float(string="Materiality (%)", digits=0, default=5.0, required=True)
    verification_date = fields.Date(string="Date of Statement", required=True, default=fields.Date.context_today)
    verification_number = fields.Char(string="Statement No.", required=True)
    verification_note = fields.Text(string="Findings and Qualifications")

    @api.constrains("verification_materiality", "verification_date")
    def _check_statement(self):
        for wizard in self:
            if not 0 <= wizard.verification_materiality <= 100:
                raise ValidationError(self.env._("The materiality is a percentage between 0 and 100."))
            if wizard.verification_date > fields.Date.context_today(wizard):
                raise ValidationError(self.env._("The statement is dated in the future. Enter the date printed on it."))

    def action_record(self):
        """Record the inventory as verified.

        :return: action that closes the dialog
        """
        self.ensure_one()
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in VERIFICATION_FIELDS}
        self.inventory_id._record_verification(values)
        return {"type": "ir.actions.act_window_close"}
