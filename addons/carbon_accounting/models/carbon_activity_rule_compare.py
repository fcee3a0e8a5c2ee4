from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonActivityRule(models.Model):
    """Documents that do not count and are compared with what does: bills beside the meter."""

    _inherit = "carbon.activity.rule"

    compare_source_id = fields.Many2one(
        "carbon.source",
        "Compare With",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="The source that counts otherwise, by its meter for instance. Month by month both are compared; "
        "differences are on the worklist.",
    )
    compare_tolerance = fields.Float(
        "Tolerance (%)", digits=0, default=5.0, aggregator=None, tracking=True, help="So far both may lie apart."
    )

    _compare_tolerance_check = models.Constraint(
        "CHECK(compare_tolerance IS NULL OR compare_tolerance BETWEEN 0 AND 100)",
        "A tolerance is a percentage from 0 to 100.",
    )

    @api.constrains("compare_source_id", "outcome")
    def _check_compare(self):
        for rule in self.filtered("compare_source_id"):
            if rule.outcome == "count":
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s counts. Only documents that carry no emission are compared with a source that counts otherwise.",
                        rule=rule.name,
                    )
                )
            if not rule.compare_source_id.uom_id:
                raise ValidationError(
                    self.env._(
                        "Source %(emitter)s is kept in money: there is no quantity to compare with.",
                        emitter=rule.compare_source_id.display_name,
                    )
                )

    def _compares_in(self, month):
        """Whether the rule is valid on some day of a month."""
        self.ensure_one()
        ends = month + relativedelta(months=1, days=-1)
        return (not self.date_from or self.date_from <= ends) and (not self.date_to or self.date_to >= month)
