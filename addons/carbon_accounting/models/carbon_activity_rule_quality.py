from odoo import api, fields, models


class CarbonActivityRule(models.Model):
    """How good the quantities are that a rule counts (R-136): data grade and uncertainty of its rows."""

    _inherit = "carbon.activity.rule"

    quality = fields.Selection(
        [
            ("measured", "Measured"),
            ("calculated", "Calculated"),
            ("estimated", "Estimated"),
            ("default", "Default"),
        ],
        compute="_compute_quality",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="What is known by its price only, and what a person declares, is an estimate unless you say better: a figure of a "
        "supplier's letter may be measured.",
    )
    uncertainty = fields.Float(
        digits=0,
        aggregator=None,
        help="Half width of the 95 % interval of the quantity, in percent.",
    )

    @api.depends("event_kind_id", "quantity_basis")
    def _compute_quality(self):
        """Call an estimate what nobody measured; a grade that says more than these two is kept."""
        for rule in self:
            if rule.quality not in ("calculated", "default"):
                declared = rule.event_kind_id.recognition == "declared"
                rule.quality = "estimated" if declared or rule.quantity_basis == "amount" else "measured"
