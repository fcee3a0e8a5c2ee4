from odoo import api, fields, models


class CarbonSystem(models.Model):
    """What stops the close of a month."""

    _inherit = "carbon.system"

    close_materiality = fields.Float(
        "Materiality of the Close (%)",
        digits=0,
        default=5.0,
        aggregator=None,
        tracking=True,
        help="A blocker that weighs this part of the month's total or more stops the close. Two persons may override it.",
    )
    close_unknown_stops = fields.Boolean(
        "Unknown Weight Stops the Close",
        tracking=True,
        help="Blockers whose t CO₂e nobody can tell, as records without a rule, stop the close too.",
    )
    close_evidence_stops = fields.Boolean(
        "Missing Evidence Stops the Close",
        tracking=True,
        help="Declarations and bills without a file stop the close from the materiality on. Otherwise they are shown only.",
    )

    _close_materiality_check = models.Constraint(
        "CHECK(close_materiality >= 0 AND close_materiality <= 100)",
        "The materiality of the close is a percentage between 0 and 100.",
    )

    @api.model
    def _recorded_fields(self):
        """Add what stops the close."""
        return super()._recorded_fields() | {"close_materiality", "close_unknown_stops", "close_evidence_stops"}
