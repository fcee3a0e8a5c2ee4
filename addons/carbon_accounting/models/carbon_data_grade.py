from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .carbon_activity_data import QUALITIES
from .carbon_emission_factor_version import PROVENANCES

PARTS = [("activity", "Activity data"), ("factor", "Emission factor")]
_GRADES = {"activity": dict(QUALITIES), "factor": dict(PROVENANCES)}


class CarbonDataGrade(models.Model):
    """What a grade of activity data or of a factor is worth: a score, and an uncertainty where nothing better is known (R-138).

    Scores are shipped, percentages are not: an uncertainty that nobody chose is not known, and says so. A grade of
    the company goes before the one shared by all.
    """

    _name = "carbon.data.grade"
    _description = "Data Grade"
    _inherit = ["carbon.shared.mixin"]
    _order = "part, score, grade, company_id"
    _rec_name = "grade"

    part = fields.Selection(PARTS, required=True)
    grade = fields.Selection(QUALITIES + [pair for pair in PROVENANCES if pair not in QUALITIES], required=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="Empty: all companies.",
    )
    score = fields.Integer(
        required=True,
        default=3,
        aggregator=None,
        help="1 best, 3 worst. Score of a line: activity data × factor, 1 to 9; totals are weighted by emissions.",
    )
    percent = fields.Float(
        string="Uncertainty (%)",
        digits=0,
        aggregator=None,
        help="Half the 95 % interval in per cent, used where neither the record nor its instrument or factor version says one. "
        "0: not known.",
    )
    basis = fields.Char(string="Rests on", help="Guideline, study or own evaluation that the percentage comes from.")

    _key_uniq = models.UniqueIndex(
        "(part, grade, (COALESCE(company_id, 0)))", "This grade already has a row for this company."
    )
    _score_check = models.Constraint("CHECK(score BETWEEN 1 AND 3)", "A score is 1, 2 or 3.")
    _percent_check = models.Constraint("CHECK(percent >= 0)", "An uncertainty is not negative.")

    @api.constrains("part", "grade")
    def _check_grade(self):
        for grade in self:
            if grade.grade not in _GRADES[grade.part]:
                raise ValidationError(
                    self.env._(
                        "%(grade)s is no grade of %(part)s.",
                        grade=dict(self._fields["grade"]._description_selection(self.env))[grade.grade],
                        part=dict(self._fields["part"]._description_selection(self.env))[grade.part],
                    )
                )

    @api.constrains("percent", "basis")
    def _check_basis(self):
        for grade in self:
            if grade.percent and not (grade.basis or "").strip():
                raise ValidationError(
                    self.env._(
                        "Write what the uncertainty of %(grade)s rests on: the verifier will ask.",
                        grade=grade.display_name,
                    )
                )

    @api.depends("part", "grade")
    def _compute_display_name(self):
        parts = dict(self._fields["part"]._description_selection(self.env))
        grades = dict(self._fields["grade"]._description_selection(self.env))
        for grade in self:
            grade.display_name = f"{parts.get(grade.part, '')}: {grades.get(grade.grade, '')}"
