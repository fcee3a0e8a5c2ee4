from odoo import api, fields, models
from odoo.exceptions import UserError

#: Models whose rows a person may choose for a decision.
_MODELS = ("carbon.activity.data", "carbon.data.approval.report")


class CarbonDataDecisionWizard(models.TransientModel):
    """Asks why data are rejected, or why a decision is withdrawn."""

    _name = "carbon.data.decision.wizard"
    _description = "Reason of a Decision on Data"

    outcome = fields.Selection([("rejected", "Reject"), ("withdrawn", "Withdraw")], required=True, readonly=True)
    res_model = fields.Char(required=True, readonly=True)
    # the numbers of groups are larger than the integers of the database
    res_ids = fields.Json(required=True, readonly=True)
    reason = fields.Text()

    @api.model
    def _open(self, outcome, model, ids):
        """Return the action of the dialog for a decision on rows of a model."""
        titles = {"rejected": self.env._("Reject Data"), "withdrawn": self.env._("Withdraw Decisions")}
        wizard = self.create({"outcome": outcome, "res_model": model, "res_ids": ids})
        return {
            "type": "ir.actions.act_window",
            "name": titles[outcome],
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_confirm(self):
        """Decide.

        :return: notification
        :raises UserError: without a reason
        """
        self.ensure_one()
        if self.res_model not in _MODELS:
            raise UserError(self.env._("Choose the rows first."))
        rows = self.env[self.res_model].browse([int(number) for number in self.res_ids])
        if self.res_model == "carbon.activity.data":
            rows = rows.exists()
        return rows._decide_rows(self.outcome, self.reason)
