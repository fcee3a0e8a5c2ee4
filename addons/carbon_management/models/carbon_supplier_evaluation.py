from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ..tools import supplier_score

GRADES = [(grade, grade) for grade in supplier_score.GRADES]
OPEN_STATES = ("draft", "requested", "answered")
#: Marks writes of scores: a context that comes over RPC is JSON and cannot carry it. Nobody becomes a maker by them.
SCORING = object()
#: What an evaluation results in: its own steps write it, nobody else.
RESULT_FIELDS = frozenset(
    {
        *("score", "grade", "unmet_must", "valid_until", "valid_evidence_id", "data_quality", "data_quality_known"),
        *("requested_on", "answered_on", "answered_by_id", "approved_on", "approved_by_id", "prepared_by_id"),
    }
)


class CarbonSupplierEvaluation(models.Model):
    """One evaluation of a supplier, service provider or outsourced process by one version of criteria (R-113, R-148, R-107).

    Invariants: score and grade follow from the answers, they are not typed; from the approval on nothing of it changes; of
    a company, supplier, subject and code of criteria one evaluation is live, the newer one supersedes. Its criteria stay
    those it was made with, whatever becomes of them.
    """

    _name = "carbon.supplier.evaluation"
    _description = "Supplier Evaluation"
    _inherit = ["carbon.company.mixin", "carbon.record.mixin"]
    _order = "id desc"
    _rec_names_search = ["number", "partner_id"]
    _check_company_auto = True

    _gate_frozen_states = ("approved", "superseded")
    _record_sequence = "carbon.supplier.evaluation"
    _gate_second_person = "separate_supplier_approval"

    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, index=True, ondelete="restrict", tracking=True, check_company=True
    )
    criteria_id = fields.Many2one(
        "carbon.supplier.criteria",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        check_company=True,
        domain="[('company_id', '=', company_id), ('state', '=', 'approved')]",
    )
    criteria_code = fields.Char(related="criteria_id.code", store=True, index=True)
    subject = fields.Selection(related="criteria_id.subject", store=True)
    user_id = fields.Many2one(
        "res.users", "Responsible", default=lambda self: self.env.user, ondelete="restrict", tracking=True
    )
    answer_due = fields.Date("Answers Due", copy=False, help="Until when the supplier is asked to answer.")
    line_ids = fields.One2many("carbon.supplier.evaluation.line", "evaluation_id", "Answers")
    score = fields.Float("Score (%)", digits=(16, 2), readonly=True, copy=False, aggregator="avg", tracking=True)
    grade = fields.Selection(GRADES, readonly=True, copy=False, index=True, tracking=True)
    unmet_must = fields.Integer("Must-haves Not Met", readonly=True, copy=False, aggregator=None)
    data_quality = fields.Float("Primary Data (%)", digits=(16, 2), readonly=True, copy=False, aggregator=None)
    data_quality_known = fields.Boolean(readonly=True, copy=False)
    data_quality_text = fields.Char("Data Quality", compute="_compute_data_quality_text")
    valid_until = fields.Date(readonly=True, copy=False, index=True, tracking=True)
    valid_evidence_id = fields.Many2one(
        "carbon.supplier.evidence", "Limited By", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    valid_reason = fields.Char("Why Until Then", compute="_compute_valid_reason")
    is_expired = fields.Boolean("Expired", compute="_compute_is_due", search="_search_is_expired")
    is_due = fields.Boolean("Due", compute="_compute_is_due", search="_search_is_due")
    previous_id = fields.Many2one(
        "carbon.supplier.evaluation", "Follows", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    next_ids = fields.One2many("carbon.supplier.evaluation", "previous_id", "Followed By")
    is_in_work = fields.Boolean("In Work Again", compute="_compute_is_in_work", search="_search_is_in_work")
    due_notified_date = fields.Date(readonly=True, copy=False)
    requested_on = fields.Datetime(readonly=True, copy=False)
    answered_on = fields.Datetime(readonly=True, copy=False)
    answered_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    prepared_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    approved_on = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    conclusion = fields.Text(help="What follows: measures agreed, conditions, what the next evaluation looks at.")
    check_result = fields.Json("Before Approval", compute="_compute_check_result", export_string_translation=False)

    _number_uniq = models.UniqueIndex("(number) WHERE number IS NOT NULL", "Two evaluations have the same number.")
    _live_idx = models.Index("(company_id, partner_id, subject) WHERE state = 'approved'")

    @api.model
    def _selection_state(self):
        """Drafted, asked from the supplier, answered, approved, superseded by the next one."""
        return [
            ("draft", self.env._("Draft")),
            ("requested", self.env._("Requested")),
            ("answered", self.env._("Answered")),
            ("approved", self.env._("Approved")),
            ("superseded", self.env._("Superseded")),
        ]

    @api.model
    def _gate_unfrozen_fields(self):
        """Who looks after it and when they were told may change; neither decides anything."""
        return super()._gate_unfrozen_fields() | {"user_id", "due_notified_date", "clause_ids"}

    # ------------------------------------------------------------------
    # What is shown
    # ------------------------------------------------------------------
    @api.depends("number", "partner_id")
    def _compute_display_name(self):
        """Show number and supplier."""
        for evaluation in self:
            parts = (evaluation.number, evaluation.partner_id.name)
            evaluation.display_name = " ".join(filter(None, parts)) or self._description

    @api.depends("data_quality", "data_quality_known")
    def _compute_data_quality_text(self):
        """Say unknown where nobody told the share of primary data: that is not 0."""
        for evaluation in self:
            known = evaluation.data_quality_known
            evaluation.data_quality_text = (
                self.env._("%(share)s %% primary data", share=f"{evaluation.data_quality:g}")
                if known
                else self.env._("unknown")
            )

    @api.depends("valid_until", "valid_evidence_id")
    def _compute_valid_reason(self):
        for evaluation in self:
            evidence = evaluation.valid_evidence_id
            if not evaluation.valid_until:
                evaluation.valid_reason = False
            elif evidence:
                evaluation.valid_reason = self.env._(
                    "%(evidence)s expires, and a must-have rests on it", evidence=evidence.display_name
                )
            else:
                evaluation.valid_reason = self.env._(
                    "%(months)s months after the approval", months=evaluation.criteria_id.evaluation_months
                )

    @api.model
    def _today_of(self, company):
        # sudo: today in the time of the company, whose settings not everybody reads
        return self.env["carbon.system"].sudo()._get(company)._today()

    @api.depends("state", "valid_until", "company_id", "line_ids.evidence_id.state")
    def _compute_is_due(self):
        for evaluation in self:
            # sudo: the days of notice of the company
            system = self.env["carbon.system"].sudo()._get(evaluation.company_id or self.env.company)
            today, until = system._today(), evaluation.valid_until
            live = evaluation.state == "approved"
            evaluation.is_expired = bool(live and until and until < today)
            soon = until and until <= fields.Date.add(today, days=system.evaluation_notice_days)
            rejected = "rejected" in evaluation.line_ids.evidence_id.mapped("state")
            evaluation.is_due = bool(live and (soon or rejected))

    @api.model
    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain("state", "=", "approved") & Domain("valid_until", "<", fields.Date.context_today(self))
        return domain if True in value else ~domain

    @api.model
    def _search_is_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._due_domain(self.env.companies)
        return domain if True in value else ~domain

    @api.model
    def _due_domain(self, companies):
        """Return what is due: live ones that end within the notice of their company, or rest on rejected evidence."""
        domain = Domain("line_ids.evidence_id.state", "=", "rejected")
        for company in companies:
            # sudo: the days of notice of the company
            system = self.env["carbon.system"].sudo()._get(company)
            until = fields.Date.add(system._today(), days=system.evaluation_notice_days)
            domain |= Domain("company_id", "=", company.id) & Domain("valid_until", "<=", until)
        return Domain("state", "=", "approved") & domain

    @api.depends("next_ids.state")
    def _compute_is_in_work(self):
        for evaluation in self:
            evaluation.is_in_work = any(following.state in OPEN_STATES for following in evaluation.next_ids)

    @api.model
    def _search_is_in_work(self, operator, value):
        if operator != "in":
            return NotImplemented
        following = self._search([("state", "in", OPEN_STATES), ("previous_id", "!=", False)])
        domain = Domain("id", "in", following.subselect("previous_id"))
        return domain if True in value else ~domain

    @api.constrains("criteria_id", "company_id")
    def _check_criteria(self):
        for evaluation in self:
            if evaluation.state == "draft" and evaluation.criteria_id.state != "approved":
                raise ValidationError(
                    self.env._(
                        "%(name)s are not approved. Evaluate by criteria in force, or approve these first.",
                        name=evaluation.criteria_id.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Answers and lines
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Give every evaluation a line for each criterion; results come from the steps alone."""
        partners = self.env["res.partner"]
        prepared = []
        for vals in vals_list:
            vals = {name: value for name, value in vals.items() if name not in RESULT_FIELDS}
            if vals.get("partner_id"):
                vals["partner_id"] = partners._carbon_supplier_id(vals["partner_id"])
            prepared.append({**vals, "prepared_by_id": self.env.uid})
        evaluations = super().create(prepared)
        evaluations._complete_lines()
        evaluations._assess()
        return evaluations

    def write(self, vals):
        """Keep results out of reach; other criteria bring other lines."""
        if self._is_stepping():
            return super().write(vals)
        vals = {name: value for name, value in vals.items() if name not in RESULT_FIELDS}
        if vals.get("partner_id"):
            vals["partner_id"] = self.env["res.partner"]._carbon_supplier_id(vals["partner_id"])
        changed = vals.keys() & {"criteria_id", "partner_id", "line_ids"}
        if changed - {"line_ids"}:
            self._check_subject_open(vals)
        # lines that are saved with the form are scored once, below
        result = super(CarbonSupplierEvaluation, self._scoring() if changed else self).write(vals)
        if changed:
            self._note_line_change()
            self._complete_lines()
            self._assess()
        return result

    def _write_past(self, vals):
        """Write what steps and scores result in; the gate still asks for an open state."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _scoring(self):
        """Return these records with the mark of :data:`SCORING`."""
        return self.with_context(carbon_scoring=SCORING)

    def _is_scoring(self):
        return self.env.context.get("carbon_scoring") is SCORING

    def _check_subject_open(self, vals):
        """Refuse another supplier or other criteria once answers were asked for."""
        for evaluation in self:
            differs = any(
                vals.get(name, evaluation[name].id) != evaluation[name].id for name in ("partner_id", "criteria_id")
            )
            if differs and evaluation.state != "draft":
                raise UserError(
                    self.env._(
                        "%(name)s was asked for already. Set it back to draft to choose another supplier or other criteria.",
                        name=evaluation.display_name,
                    )
                )

    def _complete_lines(self):
        """Add the lines that the criteria ask for and drop those of other criteria."""
        for evaluation in self.filtered(lambda e: e.state in OPEN_STATES)._scoring():
            lines, wanted = evaluation.line_ids, evaluation.criteria_id.criterion_ids
            stale = lines.filtered(lambda line, wanted=wanted: line.criterion_id not in wanted)
            missing = wanted - lines.criterion_id
            foreign = (lines - stale).filtered(
                lambda line, partner=evaluation.partner_id: line.evidence_id and line.evidence_id.partner_id != partner
            )
            foreign.write({"evidence_id": False})
            if stale or missing:
                commands = [
                    *(Command.delete(line.id) for line in stale),
                    *(Command.create({"criterion_id": criterion.id}) for criterion in missing),
                ]
                evaluation._write_past({"line_ids": commands})

    def _note_line_change(self):
        """Note who changed the answers last: that person may have to leave the approval to another."""
        drafts = self.filtered(lambda e: e.state in OPEN_STATES and e.prepared_by_id != self.env.user)
        if drafts and not self._is_scoring():
            drafts._write_past({"prepared_by_id": self.env.uid})
        return super()._note_line_change()

    def _makers(self):
        """Who opened the evaluation, and who changed its answers last."""
        return super()._makers() | self.prepared_by_id

    # ------------------------------------------------------------------
    # Score
    # ------------------------------------------------------------------
    def _assess(self):
        """Score the answers of open evaluations as they stand today.

        Score = Σ(weight × score of the criterion) ÷ Σ weight, two decimals, half away from zero. One must-have that is not
        met makes the grade D.
        """
        for evaluation in self.filtered(lambda e: e.state in OPEN_STATES):
            evaluation.line_ids._assess(self._today_of(evaluation.company_id))
            evaluation._write_past(evaluation._result())

    def _result(self):
        """Return score, grade, must-haves and data quality as values to write."""
        self.ensure_one()
        lines = self.line_ids
        score = supplier_score.total((line.weight, line.score) for line in lines)
        unmet = lines.filtered(lambda line: line.must_have and not line.met)
        shares = lines.filtered(lambda line: line.criterion_id.kind == "data_quality" and line.is_answered)
        return {
            "score": score or 0.0,
            "grade": supplier_score.grade(score, self.criteria_id._grade_limits(), bool(unmet))
            if score is not None
            else False,
            "unmet_must": len(unmet),
            "data_quality": shares[:1].answer_number,
            "data_quality_known": bool(shares),
        }

    def _validity(self, day):
        """Return until when an approval of a day holds, and the evidence that ends it before its time.

        :return: (date, ``carbon.supplier.evidence``)
        """
        self.ensure_one()
        until = fields.Date.add(day, months=self.criteria_id.evaluation_months)
        proofs = self.line_ids.filtered(
            lambda line: line.must_have and line.met and (line.kind == "certificate" or line.evidence_needed)
        ).evidence_id
        first = proofs.filtered(lambda evidence: evidence.date_to and evidence.date_to < until).sorted("date_to")[:1]
        return (first.date_to if first else until), first

    @api.model
    def _live(self, partners, company, subject="supplier"):
        """Return the live evaluations of suppliers, newest first; a contact has those of the company it belongs to.

        One query whatever the number of partners. More than one means that several criteria apply.

        :param partners: ``res.partner`` records
        :param company: ``res.company``
        :return: dictionary of partner to ``carbon.supplier.evaluation``
        """
        owners = {partner: partner.commercial_partner_id for partner in partners}
        found = self.search(
            [
                *(("company_id", "=", company.id), ("subject", "=", subject), ("state", "=", "approved")),
                ("partner_id", "in", [owner.id for owner in owners.values()]),
            ],
            order="approved_on desc, id desc",
        )
        by_partner = found.grouped("partner_id")
        return {partner: by_partner.get(owner, self.browse()) for partner, owner in owners.items()}

    def _trail_payload(self):
        """Keep what was decided by what, so that the trail proves it by itself."""
        names = ["number", "subject", "score", "grade", "unmet_must", "valid_until"]
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(names),
            "supplier": self.with_context(lang=None).partner_id.display_name,
            "criteria": self.with_context(lang=None).criteria_id.display_name,
            "answers": [line._snapshot() for line in self.line_ids],
        }
