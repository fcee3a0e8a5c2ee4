from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import supplier_score
from .carbon_supplier_criterion import YES_NO
from .carbon_supplier_evaluation import SCORING

JUDGEMENTS = [
    ("0", "Not convincing (0 %)"),
    ("25", "Weak (25 %)"),
    ("50", "Partly (50 %)"),
    ("75", "Good (75 %)"),
    ("100", "Convincing (100 %)"),
]
#: Fields that answer a criterion.
ANSWER_FIELDS = frozenset(
    {
        "answer_yes_no",
        "answer_number",
        "answer_uom_id",
        "answer_text",
        "judgement",
        "evidence_id",
        "is_answered",
        "criterion_id",
    }
)
RESULT_FIELDS = frozenset({"score", "met", "reason_code", "reason_data"})


class CarbonSupplierEvaluationLine(models.Model):
    """The answer to one criterion, what it is worth and why (R-113).

    Frozen with its evaluation. Score, met and reason follow from the answer; nobody types them.
    """

    _name = "carbon.supplier.evaluation.line"
    _description = "Answer of a Supplier"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "evaluation_id, sequence, id"

    _gate_parent_field = "evaluation_id"

    evaluation_id = fields.Many2one("carbon.supplier.evaluation", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="evaluation_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="evaluation_id.partner_id")
    criterion_id = fields.Many2one("carbon.supplier.criterion", required=True, index=True, ondelete="restrict")
    name = fields.Char("Asked For", related="criterion_id.name")
    sequence = fields.Integer(related="criterion_id.sequence", store=True)
    kind = fields.Selection(related="criterion_id.kind")
    answer_type = fields.Selection(related="criterion_id.answer_type")
    certificate_type_id = fields.Many2one(related="criterion_id.certificate_type_id")
    weight = fields.Float(related="criterion_id.weight")
    must_have = fields.Boolean(related="criterion_id.must_have")
    evidence_needed = fields.Boolean(related="criterion_id.evidence_needed")
    guidance = fields.Text(related="criterion_id.guidance")
    asks_number = fields.Boolean(compute="_compute_asks")
    asks_yes_no = fields.Boolean(compute="_compute_asks")
    asks_text = fields.Boolean(compute="_compute_asks")

    answer_yes_no = fields.Selection(YES_NO, "Yes or No")
    answer_number = fields.Float("Value", digits=0, aggregator=None)
    is_answered = fields.Boolean("Answered", help="A number counts once it is entered, also if it is 0.")
    answer_uom_id = fields.Many2one(
        "uom.uom",
        "Unit",
        ondelete="restrict",
        compute="_compute_answer_uom_id",
        store=True,
        readonly=False,
        precompute=True,
        help="The footprint is in kg CO₂e for one of these.",
    )
    answer_text = fields.Text("Answer in Words")
    judgement = fields.Selection(JUDGEMENTS, help="What the answer in words is worth; a person says so.")
    evidence_id = fields.Many2one(
        "carbon.supplier.evidence",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('partner_id', '=', partner_id), ('company_id', '=', company_id)]",
    )
    answer = fields.Char(compute="_compute_answer")
    score = fields.Float("Score (%)", digits=(16, 2), readonly=True, aggregator=None)
    met = fields.Boolean(readonly=True)
    reason_code = fields.Char(readonly=True)
    reason_data = fields.Json(readonly=True)
    reason = fields.Char(compute="_compute_reason")

    _criterion_uniq = models.UniqueIndex("(evaluation_id, criterion_id)", "This criterion is answered already.")
    _number_check = models.Constraint(
        "CHECK(COALESCE(answer_number, 0) BETWEEN -1e15 AND 1e15)", "That is no number a supplier can have."
    )

    # ------------------------------------------------------------------
    # Questions and answers
    # ------------------------------------------------------------------
    @api.depends("criterion_id")
    def _compute_asks(self):
        for line in self:
            criterion = line.criterion_id
            question = criterion.kind == "question"
            line.asks_number = bool(criterion) and criterion._is_scaled()
            line.asks_yes_no = criterion.kind == "restricted" or question and criterion.answer_type == "yes_no"
            line.asks_text = question and criterion.answer_type == "text"

    @api.depends("criterion_id")
    def _compute_answer_uom_id(self):
        for line in self:
            if not line.answer_uom_id:
                line.answer_uom_id = line.criterion_id.uom_id

    @api.onchange("answer_number")
    def _onchange_answer_number(self):
        if self.answer_number:
            self.is_answered = True

    @api.depends("answer_yes_no", "answer_number", "is_answered", "answer_uom_id", "answer_text", "evidence_id")
    def _compute_answer(self):
        labels = dict(self._fields["answer_yes_no"]._description_selection(self.env))
        for line in self:
            line.answer = line._answer_words(labels) or False

    def _answer_words(self, labels):
        """Return the answer as people read it, empty if there is none."""
        self.ensure_one()
        if self.asks_yes_no:
            return labels.get(self.answer_yes_no)
        if self.asks_text:
            return self.answer_text
        if self.asks_number:
            if not self.is_answered:
                return None
            number = f"{self.answer_number:.12g}"
            if self.kind == "footprint":
                return f"{number} kg CO₂e/{self.answer_uom_id.name}"
            return f"{number} %" if self.kind in supplier_score.SHARES else number
        return self.evidence_id.number or self.evidence_id.display_name

    @api.constrains("criterion_id", "evaluation_id", "answer_uom_id", "evidence_id")
    def _check_answer(self):
        for line in self:
            evaluation, evidence, criterion = line.evaluation_id, line.evidence_id, line.criterion_id
            if criterion.criteria_id != evaluation.criteria_id:
                raise ValidationError(
                    self.env._(
                        "%(name)s does not belong to %(criteria)s.",
                        name=criterion.name,
                        criteria=evaluation.criteria_id.display_name,
                    )
                )
            if evidence and (evidence.partner_id, evidence.company_id) != (
                evaluation.partner_id,
                evaluation.company_id,
            ):
                raise ValidationError(
                    self.env._(
                        "%(evidence)s is of another supplier or company than %(name)s. Choose evidence of this supplier.",
                        evidence=evidence.display_name,
                        name=evaluation.display_name,
                    )
                )
            if (
                criterion.kind == "certificate"
                and evidence
                and evidence.certificate_type_id != criterion.certificate_type_id
            ):
                raise ValidationError(
                    self.env._(
                        "%(evidence)s is not the certificate that is asked for: %(type)s.",
                        evidence=evidence.display_name,
                        type=criterion.certificate_type_id.name,
                    )
                )
            unit = line.answer_uom_id
            if criterion.kind == "footprint" and unit and not unit._has_common_reference(criterion.uom_id):
                raise ValidationError(
                    self.env._(
                        "%(name)s: a footprint per %(unit)s cannot be compared with one per %(asked)s. Enter it for a unit "
                        "that can be converted.",
                        name=criterion.name,
                        unit=unit.name,
                        asked=criterion.uom_id.name,
                    )
                )

    @api.constrains("answer_number", "is_answered")
    def _check_share(self):
        for line in self:
            if not abs(line.answer_number) < 1e15:
                raise ValidationError(self.env._("%(name)s: that is no number a supplier can have.", name=line.name))
            if line.is_answered and line.kind in supplier_score.SHARES and not 0 <= line.answer_number <= 100:
                raise ValidationError(self.env._("%(name)s: a share lies between 0 and 100 %%.", name=line.name))

    @api.model_create_multi
    def create(self, vals_list):
        """A number is answered if it is given, also if it is 0; results come from the assessment alone."""
        lines = super().create([self._answer_values(vals) for vals in vals_list])
        if not lines.evaluation_id._is_scoring():
            lines.evaluation_id._assess()
        return lines

    def write(self, vals):
        """As at creation; a changed answer is scored at once."""
        vals = self._answer_values(vals)
        result = super().write(vals)
        if vals.keys() & ANSWER_FIELDS and not self.evaluation_id._is_scoring():
            self.evaluation_id._assess()
        return result

    @api.model
    def _answer_values(self, vals):
        vals = {name: value for name, value in vals.items() if name not in RESULT_FIELDS}
        return {"is_answered": True, **vals} if "answer_number" in vals else vals

    # ------------------------------------------------------------------
    # Scores
    # ------------------------------------------------------------------
    def _assess(self, day):
        """Score these answers as they stand on a day.

        A certificate that nobody chose is looked for among the supplier's evidence.
        """
        for line in self:
            evidence = line._find_evidence(day)
            answer = line._answer_for_score(evidence, day)
            result = line.criterion_id._score(answer)
            values = {
                "score": float(result.score),
                "met": result.met,
                "reason_code": result.code,
                "reason_data": result.data,
                "evidence_id": evidence.id,
            }
            changed = {name: value for name, value in values.items() if line._differs(name, value)}
            if changed:
                line.with_context(carbon_scoring=SCORING)._write_score(changed)

    def _write_score(self, vals):
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _differs(self, name, value):
        current = self[name]
        return (current.id if name == "evidence_id" else current) != value

    def _find_evidence(self, day):
        """Return the evidence of this answer; for a certificate that is none or not valid now, the best that there is."""
        chosen = self.evidence_id
        if self.kind != "certificate" or (chosen and chosen._validity(day) == "valid"):
            return chosen
        return self.env["carbon.supplier.evidence"]._best(
            self.partner_id, self.company_id, self.certificate_type_id, day
        )

    def _answer_for_score(self, evidence, day):
        """Return the answer as ``tools/supplier_score.py`` takes it: no answer is None, never 0."""
        self.ensure_one()
        state = evidence._validity(day) if evidence else None
        shown = {"expired": evidence.date_to, "valid": evidence.date_to, "future": evidence.date_from}.get(state)
        return {
            "yes_no": self.answer_yes_no or None,
            "number": self._comparable_number() if self.is_answered else None,
            "text": self.answer_text,
            "judgement": int(self.judgement) if self.judgement else None,
            "evidence": state,
            "evidence_number": evidence.number or evidence.certificate_type_id.name,
            "evidence_date": fields.Date.to_string(shown) or "",
        }

    def _comparable_number(self):
        """Return the number in the unit of the criterion: 2 kg CO₂e per kg are 2000 per tonne."""
        number, asked = supplier_score.decimal(self.answer_number), self.criterion_id.uom_id
        if self.kind != "footprint" or not self.answer_uom_id or self.answer_uom_id == asked:
            return number
        return number * supplier_score.decimal(asked.factor) / supplier_score.decimal(self.answer_uom_id.factor)

    @api.depends("reason_code", "reason_data", "judgement")
    def _compute_reason(self):
        """Say in the reader's language why an answer is worth what it is."""
        texts = self._reason_texts()
        for line in self:
            text = texts.get(line.reason_code)
            line.reason = text(line.reason_data or {}) if text else False

    def _reason_texts(self):
        """Return the sentence of each reason as a function of its figures."""
        return {
            "no_answer": lambda d: self.env._("no answer"),
            "good": lambda d: self.env._("answered as wanted"),
            "bad": lambda d: self.env._("not answered as wanted"),
            "free": lambda d: self.env._("declares no restricted items"),
            "not_free": lambda d: self.env._("does not declare to be free of restricted items"),
            "judged": lambda d: self.env._("judged by a person: %(value)s %%", value=_short(d.get("value"))),
            "not_judged": lambda d: self.env._("not judged yet"),
            "ceiling": lambda d: self.env._(
                "%(value)s is above the ceiling of %(ceiling)s",
                value=_short(d.get("value")),
                ceiling=_short(d.get("ceiling")),
            ),
            "beyond": lambda d: self.env._(
                "%(value)s is worse than the worst accepted, %(worst)s",
                value=_short(d.get("value")),
                worst=_short(d.get("worst")),
            ),
            "scale": lambda d: self.env._(
                "%(value)s on a scale from %(worst)s (0 %%) to %(best)s (100 %%)",
                **{name: _short(d.get(name)) for name in ("value", "worst", "best")},
            ),
            "evidence_none": lambda d: self.env._("no evidence"),
            "evidence_valid": lambda d: (
                self.env._("%(number)s, valid until %(date)s", **d)
                if d.get("date")
                else self.env._("%(number)s, without expiry", number=d.get("number"))
            ),
            "evidence_expired": lambda d: self.env._("%(number)s expired on %(date)s", **d),
            "evidence_future": lambda d: self.env._("%(number)s is valid from %(date)s only", **d),
            "evidence_submitted": lambda d: self.env._("%(number)s was not checked yet", number=d.get("number")),
            "evidence_rejected": lambda d: self.env._("%(number)s was rejected", number=d.get("number")),
        }

    def _snapshot(self):
        """Return question, answer and result as plain values, for the trail and for purchase checks."""
        line = self.with_context(lang=None)
        return {
            **line.criterion_id._snapshot(),
            "answer": line.answer or None,
            "evidence": line.evidence_id.uuid or None,
            "score": line.score,
            "met": line.met,
            "reason": line.reason or None,
        }


def _short(number):
    """Return a number of a reason without the noise of its binary form."""
    return f"{float(number):.6g}" if number not in (None, "") else ""
