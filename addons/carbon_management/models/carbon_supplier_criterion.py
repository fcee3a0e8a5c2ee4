from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import supplier_score

KINDS = [
    ("certificate", "Certificate"),
    ("footprint", "Footprint per unit"),
    ("data_quality", "Share of primary data"),
    ("low_carbon_energy", "Share of low-carbon energy"),
    ("restricted", "No restricted items"),
    ("question", "Question"),
]
SCALED = ("footprint", "data_quality", "low_carbon_energy")
#: Kinds of which a set has one at most, whatever it is called.
SINGLE = ("data_quality", "low_carbon_energy", "restricted")
YES_NO = [("yes", "Yes"), ("no", "No")]


class CarbonSupplierCriterion(models.Model):
    """One thing a supplier is asked for, what answers are worth, and whether it is a must (R-113).

    Frozen with its criteria. Scores are those of ``tools/supplier_score.py``.
    """

    _name = "carbon.supplier.criterion"
    _description = "Supplier Criterion"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "criteria_id, sequence, id"

    _gate_parent_field = "criteria_id"

    criteria_id = fields.Many2one("carbon.supplier.criteria", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="criteria_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("Criterion", required=True, translate=True)
    kind = fields.Selection(KINDS, required=True, default="question")
    certificate_type_id = fields.Many2one(
        "carbon.certificate.type",
        "Certificate",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    answer_type = fields.Selection(
        [("yes_no", "Yes or no"), ("number", "Number"), ("text", "Text, judged by a person")],
        default="yes_no",
        required=True,
    )
    good_answer = fields.Selection(
        YES_NO, default="yes", required=True, help="The answer that earns the full score, of questions with yes or no."
    )
    weight = fields.Float(
        digits=(16, 2), default=1.0, aggregator=None, help="Its part of the score, relative to the others."
    )
    must_have = fields.Boolean(help="A supplier who does not meet it is graded D, whatever the score.")
    best_value = fields.Float(
        "Best",
        digits=0,
        aggregator=None,
        compute="_compute_scale",
        store=True,
        readonly=False,
        precompute=True,
        help="From here on the full score.",
    )
    worst_value = fields.Float(
        "Worst Accepted",
        digits=0,
        aggregator=None,
        compute="_compute_scale",
        store=True,
        readonly=False,
        precompute=True,
        help="Here the score is 0. What is worse does not meet the criterion.",
    )
    uom_id = fields.Many2one(
        "uom.uom", "Per Unit", ondelete="restrict", help="The footprint is in kg CO₂e for one of these units."
    )
    ceiling = fields.Float(
        digits=0, aggregator=None, help="A footprint above it does not meet the criterion. 0: no ceiling of its own."
    )
    benchmark = fields.Float(
        digits=0, aggregator=None, help="For comparison only: the advanced value of the industry. 0: not known."
    )
    evidence_needed = fields.Boolean(help="Without accepted and valid evidence the answer counts 0.")
    guidance = fields.Text(translate=True, help="What the supplier is told about it.")

    _numbers_check = models.Constraint(
        "CHECK(weight BETWEEN 0 AND 1000000 AND COALESCE(ceiling, 0) BETWEEN 0 AND 1e15 AND COALESCE(benchmark, 0) BETWEEN 0 AND 1e15"
        " AND COALESCE(best_value, 0) BETWEEN -1e15 AND 1e15 AND COALESCE(worst_value, 0) BETWEEN -1e15 AND 1e15)",
        "Weights, ceilings and benchmarks are not negative.",
    )

    @api.depends("kind")
    def _compute_scale(self):
        """Shares run from 0 to 100 % unless somebody says otherwise."""
        for line in self:
            if line.kind in supplier_score.SHARES and not (line.best_value or line.worst_value):
                line.best_value = 100.0
            else:
                line.best_value, line.worst_value = line.best_value, line.worst_value

    @api.constrains("kind", "certificate_type_id", "uom_id")
    def _check_kind(self):
        for line in self:
            if line.kind == "certificate" and not line.certificate_type_id:
                raise ValidationError(self.env._("%(name)s: choose which certificate is asked for.", name=line.name))
            if line.kind == "footprint" and not line.uom_id:
                raise ValidationError(
                    self.env._("%(name)s: choose the unit that the footprint is given for.", name=line.name)
                )

    # ------------------------------------------------------------------
    # What stands in the way of approval
    # ------------------------------------------------------------------
    def _is_scaled(self):
        self.ensure_one()
        return self.kind in SCALED or (self.kind == "question" and self.answer_type == "number")

    def _problems(self):
        """Return sentences about a scale that gives no score, or the wrong one."""
        self.ensure_one()
        if not self._is_scaled():
            return []
        best, worst, values = self.best_value, self.worst_value, {"name": self.name}
        if best == worst:
            return [
                self.env._("%(name)s: best and worst value are equal, so there is no scale between them.", **values)
            ]
        found = []
        if self.kind == "footprint" and best > worst:
            found.append(self.env._("%(name)s: the lower a footprint the better. Exchange best and worst.", **values))
        if self.kind == "footprint" and self.ceiling and self.ceiling < best:
            found.append(
                self.env._(
                    "%(name)s: the ceiling forbids what earns the full score. Raise it, or lower the best value.",
                    **values,
                )
            )
        if self.kind in supplier_score.SHARES:
            if best < worst:
                found.append(
                    self.env._("%(name)s: the higher this share the better. Exchange best and worst.", **values)
                )
            if min(best, worst) < 0 or max(best, worst) > 100:
                found.append(self.env._("%(name)s: a share lies between 0 and 100 %%.", **values))
        return found

    def _contradictions(self):
        """Return sentences about criteria of one set that ask for the same thing twice or differently."""
        pairs = ((line, other) for position, line in enumerate(self) for other in self[position + 1 :])
        return [text for line, other in pairs if (text := line._conflict(other))]

    def _conflict(self, other):
        """Return why these two criteria cannot stand together, None if they can."""
        values = {"one": self.name, "other": other.name}
        if self.kind != other.kind:
            return None
        if self.kind == "footprint":
            if not self.uom_id._has_common_reference(other.uom_id):
                return None
            return self.env._(
                "%(one)s and %(other)s set limits for the footprint of the same unit. Keep one of them.", **values
            )
        if self.kind in SINGLE:
            return self.env._("%(one)s and %(other)s ask for the same thing. Keep one of them.", **values)
        if self.kind == "certificate" and self.certificate_type_id == other.certificate_type_id:
            return self.env._("%(one)s and %(other)s ask for the same certificate. Keep one of them.", **values)
        if self.kind == "question" and (self.name or "").strip().lower() == (other.name or "").strip().lower():
            return self.env._("The question %(one)s is asked twice. Keep one of them.", **values)
        return None

    # ------------------------------------------------------------------
    # Scores
    # ------------------------------------------------------------------
    def _score(self, answer):
        """Return what an answer is worth, see ``tools/supplier_score.py``.

        :param answer: dictionary of the answer; of footprints the number is in the unit of this criterion
        :return: ``Score``
        """
        self.ensure_one()
        return supplier_score.score(
            {
                "kind": self.kind,
                "answer_type": self.answer_type,
                "good_answer": self.good_answer,
                "best": self.best_value,
                "worst": self.worst_value,
                "ceiling": self.ceiling or None,
                "evidence_needed": self.evidence_needed,
            },
            answer,
        )

    def _snapshot(self):
        """Return what this criterion asks for as plain values, for the trail and for purchase checks."""
        line = self.with_context(lang=None)
        values = {
            "name": line.name,
            "kind": line.kind,
            "weight": line.weight,
            "must_have": line.must_have,
            "evidence_needed": line.evidence_needed,
        }
        if line.kind == "certificate":
            values["certificate"] = line.certificate_type_id.name
        if line.kind == "question":
            values |= {"answer_type": line.answer_type, "good_answer": line.good_answer}
        if line._is_scaled():
            values |= {"best": line.best_value, "worst": line.worst_value}
        if line.kind == "footprint":
            values |= {"ceiling": line.ceiling, "benchmark": line.benchmark, "unit": line.uom_id.name}
        return values
