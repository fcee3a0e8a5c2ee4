from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonMonitoringAnswerWizard(models.TransientModel):
    """Asks for the words that belong to a step of gaps or anomalies: why data are missing, or why a quantity is right."""

    _name = "carbon.monitoring.answer.wizard"
    _description = "Answer Gaps and Anomalies"

    decision = fields.Selection([("propose", "Propose"), ("dismiss", "Dismiss"), ("explain", "Explain")], required=True)
    gap_ids = fields.Many2many("carbon.data.gap")
    anomaly_ids = fields.Many2many("carbon.data.anomaly")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    text = fields.Text("Reason", required=True)

    @api.model
    def _open(self, decision, **ids):
        """Return the action of the dialog for a decision on ``gap_ids`` or ``anomaly_ids``."""
        titles = {
            "propose": self.env._("Propose the Value of the Rule"),
            "dismiss": self.env._("Dismiss the Gap"),
            "explain": self.env._("Explain the Anomaly"),
        }
        context = {"default_decision": decision, **{f"default_{name}": [(6, 0, found)] for name, found in ids.items()}}
        return {
            "type": "ir.actions.act_window",
            "name": titles[decision],
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": context,
        }

    @api.depends("decision", "gap_ids", "anomaly_ids")
    def _compute_preview(self):
        for wizard in self:
            proposing = wizard.decision == "propose"
            parts = [(gap.display_name, wizard._rule_text(gap) if proposing else "") for gap in wizard.gap_ids._origin]
            parts += [(anomaly.display_name, anomaly.summary) for anomaly in wizard.anomaly_ids._origin]
            rows = [Markup("<p><b>%s</b><br/>%s</p>") % (name, _lines(text)) for name, text in parts]
            wizard.preview = Markup().join(rows)

    @api.model
    def _rule_text(self, gap):
        try:
            return gap._computed()[gap.id][1]
        except UserError as error:
            return error.args[0]

    def action_confirm(self):
        """Take the step.

        :return: action that closes the dialog
        """
        self.ensure_one()
        if self.decision == "explain":
            self.anomaly_ids._explain(self.text)
        elif self.decision == "propose":
            self.gap_ids._propose(self.text)
        else:
            return self._dismissed()
        return {"type": "ir.actions.act_window_close"}

    def _dismissed(self):
        """Dismiss the gaps, and say which of them wait for another person."""
        self.gap_ids._dismiss(self.text)
        waiting = self.gap_ids.filtered(lambda gap: gap.state == "dismissal")
        close = {"type": "ir.actions.act_window_close"}
        if not waiting:
            return close
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "%(count)s gaps are material: they stop the close until another carbon accountant dismisses them too.",
                    count=len(waiting),
                ),
                "next": close,
            },
        }


def _lines(text):
    return Markup("<br/>").join((text or "").splitlines())
