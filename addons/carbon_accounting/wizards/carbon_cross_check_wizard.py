from odoo import fields, models


class CarbonCrossCheckWizard(models.TransientModel):
    """Asks why what is metered and what others say may differ."""

    _name = "carbon.cross.check.wizard"
    _description = "Explain a Difference"

    check_ids = fields.Many2many("carbon.cross.check", required=True)
    text = fields.Text("Why Both May Differ", required=True)

    def action_explain(self):
        """Keep the words.

        :return: action that reloads
        """
        self.ensure_one()
        self.check_ids._explain(self.text)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
