from odoo import api, fields, models

SIGNIFICANCE = [("yes", "Significant"), ("no", "Not significant")]


class CarbonSourceReviewLine(models.Model):
    """What a review says of one source or sink; figures are written by its computation only (R-034, R-035)."""

    _name = "carbon.source.review.line"
    _description = "Reviewed Source or Sink"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "review_id, emissions_t desc, removals_t desc, id"
    _rec_name = "source_id"
    _check_company_auto = True
    _gate_parent_field = "review_id"

    review_id = fields.Many2one("carbon.source.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    source_id = fields.Many2one(
        "carbon.source", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    kind = fields.Selection(related="source_id.kind")
    category_id = fields.Many2one(related="source_id.category_id", store=True)
    planned = fields.Boolean(related="source_id.planned")
    activity = fields.Float(digits=0, readonly=True, aggregator=None)
    uom_id = fields.Many2one(related="source_id.uom_id")
    factors = fields.Char(readonly=True)
    gases = fields.Char(readonly=True)
    emissions_t = fields.Float("Emissions (t CO₂e)", digits=0, readonly=True)
    removals_t = fields.Float("Removals (t CO₂e)", digits=0, readonly=True)
    share_percent = fields.Float("Share (%)", digits=0, readonly=True)
    month_min_t = fields.Float("Lowest Month (t CO₂e)", digits=0, readonly=True, aggregator=None)
    month_max_t = fields.Float("Highest Month (t CO₂e)", digits=0, readonly=True, aggregator=None)
    deviation_percent = fields.Float(
        "Deviation (%)",
        digits=0,
        readonly=True,
        aggregator=None,
        help="Standard deviation of the months in percent of their mean; months without data count as 0.",
    )
    before_t = fields.Float("Before (t CO₂e)", digits=0, readonly=True)
    has_before = fields.Boolean(readonly=True, export_string_translation=False)
    change_percent = fields.Float("Change (%)", compute="_compute_change", digits=0, aggregator=None)
    lacks_comment = fields.Boolean(compute="_compute_lacks_comment", string="Comment Missing")
    significance = fields.Selection(SIGNIFICANCE)
    comment = fields.Text(
        help="What explains abnormal months or changes, which fluctuation is foreseeable, why a source is or is not significant."
    )

    _source_uniq = models.UniqueIndex("(review_id, source_id)", "A review has one line for each source.")

    @api.depends("emissions_t", "before_t")
    def _compute_change(self):
        for line in self:
            line.change_percent = (
                100 * (line.emissions_t - line.before_t) / abs(line.before_t) if line.before_t else 0.0
            )

    @api.depends(
        *("significance", "comment", "share_percent", "deviation_percent", "change_percent", "has_before", "before_t"),
        *("review_id.significant_from", "review_id.deviation_from"),
    )
    def _compute_lacks_comment(self):
        for line in self:
            review, limit = line.review_id, line.review_id.deviation_from
            large = line.share_percent >= review.significant_from
            appeared = line.has_before and bool(line.emissions_t) != bool(line.before_t)
            moved = appeared or abs(line.change_percent) >= limit or line.deviation_percent >= limit
            # what is large and called not significant, or moves and counts, is explained
            unusual = (large and line.significance == "no") or (moved and line.significance == "yes")
            line.lacks_comment = unusual and not (line.comment or "").strip()
