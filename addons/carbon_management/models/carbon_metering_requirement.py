from odoo import api, fields, models

from .maintenance_equipment import METER_KINDS, METER_LEVELS


class CarbonMeteringRequirement(models.Model):
    """What an edition of a standard, or the company, asks of the metering of one medium at one level (R-040).

    The figures are typed from the edition that the company follows; none is shipped. A requirement of no company is one of all.
    """

    _name = "carbon.metering.requirement"
    _inherit = ["mail.thread"]
    _description = "Metering Requirement"
    _order = "edition, level, kind, id"
    _rec_name = "edition"

    edition = fields.Char(
        required=True,
        tracking=True,
        help="Standard and edition from which the figures are taken, e.g. GB 17167 with its year.",
    )
    clause = fields.Char(help="Table or clause of the edition.")
    company_id = fields.Many2one("res.company", index=True, default=lambda self: self.env.company, ondelete="restrict")
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection(METER_KINDS, "Measures", required=True, tracking=True)
    level = fields.Selection(METER_LEVELS, required=True, tracking=True)
    required_rate = fields.Float(
        "Required Rate (%)",
        digits=0,
        aggregator=None,
        tracking=True,
        help="Part of the places to be metered that need a meter.",
    )
    accuracy_class = fields.Char(
        tracking=True, help="Class that meters have at least: 1.0. A smaller number is the better class."
    )
    note = fields.Char()

    _rule_uniq = models.UniqueIndex(
        "(company_id, edition, kind, level) NULLS NOT DISTINCT WHERE active",
        "This edition has a requirement for this medium and level already.",
    )
    _rate_check = models.Constraint(
        "CHECK(required_rate >= 0 AND required_rate <= 100)", "The required rate lies between 0 and 100 %."
    )

    @api.depends("edition", "kind", "level")
    def _compute_display_name(self):
        """Show edition, medium and level."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        levels = dict(self._fields["level"]._description_selection(self.env))
        for row in self:
            row.display_name = " · ".join(filter(None, (row.edition, kinds.get(row.kind), levels.get(row.level))))
