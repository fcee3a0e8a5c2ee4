from odoo import fields, models
from odoo.exceptions import UserError


class CarbonPeriodChecklistLine(models.TransientModel):
    """One blocker of the close of a month, with the way to its records."""

    _name = "carbon.period.checklist.line"
    _description = "Line of the Checklist of the Close"
    _order = "state desc, t desc, id"

    checklist_id = fields.Many2one("carbon.period.checklist", required=True, readonly=True, ondelete="cascade")
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("What", required=True, readonly=True)
    count = fields.Integer(readonly=True, aggregator=None)
    t = fields.Float("t CO₂e", digits=(16, 3), readonly=True, aggregator=None)
    unknown = fields.Integer("Weight Unknown", readonly=True, aggregator=None)
    share = fields.Float("% of Month", digits=(16, 1), readonly=True, aggregator=None)
    state = fields.Selection(
        [("below", "Does Not Stop"), ("overridden", "Overridden"), ("stops", "Stops the Close")],
        required=True,
        readonly=True,
    )
    action = fields.Json(readonly=True, export_string_translation=False)

    def action_open(self):
        """Open the records behind the line.

        :return: window action
        """
        self.ensure_one()
        if not self.action:
            raise UserError(self.env._("There is no list behind this line."))
        action = self.env["ir.actions.act_window"]._for_xml_id(self.action["xmlid"])
        return dict(action, domain=self.action["domain"], context=self.action.get("context", {}), target="current")
