from markupsafe import Markup

from odoo import api, fields, models


class CarbonRuleDryRunWizard(models.TransientModel):
    """What a rule would give over a range of dates, without writing anything."""

    _name = "carbon.rule.dry.run.wizard"
    _description = "Dry Run of a Rule"

    rule_id = fields.Many2one("carbon.activity.rule", required=True, ondelete="cascade")
    date_from = fields.Date()
    date_to = fields.Date()
    event_count = fields.Integer(compute="_compute_result")
    quantity = fields.Float(digits=0, compute="_compute_result")
    left_out = fields.Float(
        string="Left out by the multiplier",
        digits=0,
        compute="_compute_result",
        help="What the events hold beyond the share that counts; negative where the multiplier adds to them.",
    )
    uom_name = fields.Char(compute="_compute_result")
    co2e_t = fields.Float(string="t CO₂e", digits=(16, 3), compute="_compute_result")
    problem_count = fields.Integer(string="Cannot be converted", compute="_compute_result")
    without_factor_count = fields.Integer(string="Without factor", compute="_compute_result")
    conflict_count = fields.Integer(string="Counted by another rule today", compute="_compute_result")
    sample = fields.Html(compute="_compute_result", sanitize=False)

    @api.depends("rule_id", "date_from", "date_to")
    def _compute_result(self):
        for wizard in self:
            result = self.env["carbon.engine"]._dry_run(wizard.rule_id, wizard.date_from, wizard.date_to)
            wizard.update({name: result[name] for name in result if name != "sample"})
            wizard.uom_name = wizard.rule_id.source_id.uom_id.name or wizard.rule_id.source_id.currency_id.name
            wizard.sample = wizard._render_sample(result["sample"])

    def _render_sample(self, rows):
        """Return the largest events as a small table, those that cannot be counted first, with the reason."""
        if not rows:
            return ""
        reasons = dict(self.env["carbon.collection.issue"]._fields["reason"]._description_selection(self.env))
        rows = [(*row[:-1], reasons.get(row[-1], row[-1])) for row in rows]
        head = Markup("<tr><th>%s</th><th>%s</th><th class='text-end'>%s</th><th>%s</th></tr>") % (
            self.env._("Date"),
            self.env._("Document"),
            self.env._("Quantity"),
            self.env._("Remark"),
        )
        body = Markup("").join(
            Markup("<tr><td>%s</td><td>%s</td><td class='text-end'>%s</td><td>%s</td></tr>") % row for row in rows
        )
        return Markup("<table class='table table-sm'>%s%s</table>") % (head, body)
