from odoo import fields, models
from odoo.exceptions import UserError


class CarbonDataApprovalSwitchWizard(models.TransientModel):
    """Switches the approval of data on or off, and asks what becomes of rows collected before."""

    _name = "carbon.data.approval.switch.wizard"
    _description = "Switch the Approval of Data"

    system_id = fields.Many2one("carbon.system", required=True, readonly=True)
    is_on = fields.Boolean(related="system_id.data_approval")
    past = fields.Selection(
        [("approve", "They are approved too"), ("accept", "They count as approved")],
        string="Rows Collected Before",
    )
    reason = fields.Text(required=True)

    def action_confirm(self):
        """Switch.

        :return: action that closes the dialog and reloads
        """
        self.ensure_one()
        if self.is_on:
            self.system_id._switch_off_data_approval(self.reason)
        elif not self.past:
            raise UserError(self.env._("Choose what becomes of the rows collected before."))
        else:
            self.system_id._switch_on_data_approval(self.past, self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
