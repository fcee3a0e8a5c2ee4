from odoo import fields, models


class CarbonServicePeriodWizard(models.TransientModel):
    """The service period of a bill line, entered from the worklist, also where the bill itself is posted or out of reach."""

    _name = "carbon.service.period.wizard"
    _description = "Service Period of a Bill Line"

    issue_id = fields.Many2one("carbon.collection.issue", required=True, readonly=True, ondelete="cascade")
    date_from = fields.Date(string="Service from", required=True)
    date_to = fields.Date(string="Service to", required=True)

    def action_apply(self):
        """Write the period on the line and collect it again.

        :raises ValidationError: if the period cannot be right
        """
        self.ensure_one()
        self.issue_id._set_service_period(self.date_from, self.date_to)
        return {"type": "ir.actions.act_window_close"}
