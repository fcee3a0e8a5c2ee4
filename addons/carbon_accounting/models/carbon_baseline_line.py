from odoo import api, fields, models


class CarbonBaselineLine(models.Model):
    """The figure of one emission category in a baseline, as approved and after adjustments (R-053)."""

    _name = "carbon.baseline.line"
    _description = "Baseline by Category"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "baseline_id, original_t desc, id"
    _rec_name = "emission_category_id"
    _gate_parent_field = "baseline_id"

    baseline_id = fields.Many2one("carbon.baseline", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="baseline_id.company_id", store=True, index=True)
    emission_category_id = fields.Many2one("carbon.emission.category", required=True, ondelete="restrict")
    original_t = fields.Float("As Approved (t CO₂e)", digits=0, required=True)
    adjusted_t = fields.Float("Adjusted (t CO₂e)", compute="_compute_adjusted_t", digits=0)

    _category_uniq = models.UniqueIndex(
        "(baseline_id, emission_category_id)", "This category is in the baseline already."
    )

    @api.depends("original_t", "baseline_id.adjustment_ids.state", "baseline_id.adjustment_ids.new_t")
    def _compute_adjusted_t(self):
        values = {baseline: baseline._adjusted() for baseline in self.baseline_id}
        for line in self:
            line.adjusted_t = values.get(line.baseline_id, {}).get(line.emission_category_id, line.original_t)
