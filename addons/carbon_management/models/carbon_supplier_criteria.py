from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

SUBJECTS = [
    ("supplier", "Supplier of goods or services"),
    ("carbon_service", "Carbon service provider"),
    ("outsourced_process", "Outsourced process"),
]


class CarbonSupplierCriteria(models.Model):
    """What suppliers are evaluated by, in versions (R-113; for services R-148, outsourced processes R-107).

    Invariants: an approved version does not change, so what was decided by it can be repeated; on any day at most one
    approved set answers for a category and subject, and none contradicts itself.
    """

    _name = "carbon.supplier.criteria"
    _description = "Supplier Criteria"
    _inherit = ["carbon.versioned.mixin"]
    _order = "company_id, code, date_from desc, id desc"
    _rec_names_search = ["name", "code", "number"]
    _check_company_auto = True

    _record_sequence = "carbon.supplier.criteria"
    _gate_second_person = "separate_supplier_approval"
    _version_key = ("company_id", "code")

    code = fields.Char(
        required=True,
        tracking=True,
        help="Names these criteria through all their versions, e.g. STEEL. A supplier has one live evaluation for each code.",
    )
    subject = fields.Selection(SUBJECTS, required=True, default="supplier", tracking=True)
    product_category_ids = fields.Many2many(
        "product.category",
        "carbon_supplier_criteria_category_rel",
        string="Product Categories",
        help="Purchases of these categories and those below them. Empty: every significant purchase that no other criteria name.",
    )
    grade_a_min = fields.Float("Grade A From (%)", digits=(16, 2), default=85.0, aggregator=None)
    grade_b_min = fields.Float("Grade B From (%)", digits=(16, 2), default=70.0, aggregator=None)
    grade_c_min = fields.Float(
        "Grade C From (%)", digits=(16, 2), default=50.0, aggregator=None, help="What is below is grade D."
    )
    evaluation_months = fields.Integer(
        "Evaluation Valid (Months)",
        default=12,
        required=True,
        aggregator=None,
        tracking=True,
        help="After so many months an evaluation is due again; earlier where the evidence of a must-have expires.",
    )
    criterion_ids = fields.One2many("carbon.supplier.criterion", "criteria_id", "Criteria", copy=True)
    criterion_count = fields.Integer(compute="_compute_criterion_count")
    evaluation_ids = fields.One2many("carbon.supplier.evaluation", "criteria_id", "Evaluations")
    evaluation_count = fields.Integer(compute="_compute_evaluation_count")
    note = fields.Html("Description")

    _version_uniq = models.UniqueIndex(
        "(company_id, code, version)", "This version of the criteria exists already. Open the newest version."
    )
    _months_check = models.Constraint(
        "CHECK(evaluation_months BETWEEN 1 AND 120)", "An evaluation is valid for 1 to 120 months."
    )
    _grades_check = models.Constraint(
        "CHECK(grade_a_min <= 100 AND grade_a_min > grade_b_min AND grade_b_min > grade_c_min AND grade_c_min >= 0)",
        "Limits of grades fall from A to C and lie between 0 and 100 %.",
    )

    @api.depends("criterion_ids")
    def _compute_criterion_count(self):
        for criteria in self:
            criteria.criterion_count = len(criteria.criterion_ids)

    def _compute_evaluation_count(self):
        counts = dict(
            self.env["carbon.supplier.evaluation"]._read_group(
                [("criteria_id", "in", self.ids)], ["criteria_id"], ["__count"]
            )
        )
        for criteria in self:
            criteria.evaluation_count = counts.get(criteria, 0)

    @api.constrains("code")
    def _check_code(self):
        for criteria in self:
            if criteria.code != criteria.code.strip().upper():
                raise ValidationError(
                    self.env._(
                        "The code %(code)s has blanks around it or small letters. Write it as %(better)s.",
                        code=criteria.code,
                        better=criteria.code.strip().upper(),
                    )
                )

    @api.onchange("code")
    def _onchange_code(self):
        if self.code:
            self.code = self.code.strip().upper()

    @api.model
    def _review_domain(self):
        """Ask for a review of what is approved and still valid."""
        today = fields.Date.context_today(self)
        return super()._review_domain() & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    @api.depends(
        *("state", "code", "subject", "date_from", "date_to", "product_category_ids"),
        *(f"criterion_ids.{name}" for name in ("name", "kind", "weight", "must_have", "best_value", "worst_value")),
        *(f"criterion_ids.{name}" for name in ("ceiling", "uom_id", "certificate_type_id", "answer_type")),
        "criterion_ids.good_answer",
    )
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for criteria in self:
            criteria.check_result = criteria._approval_checks() if criteria.state == "draft" else []

    def _approval_checks(self):
        """Refuse criteria that cannot be scored, contradict each other, or compete with another approved set."""
        checks = super()._approval_checks()
        lines = self.criterion_ids
        if not lines:
            checks.append(self._check_item(self.env._("There are no criteria. Add what suppliers are asked for.")))
        elif sum(lines.mapped("weight")) <= 0:
            checks.append(
                self._check_item(
                    self.env._(
                        "The weights add up to 0, so nothing could be scored. Give at least one criterion a weight."
                    )
                )
            )
        checks += [self._check_item(text) for line in lines for text in line._problems()]
        checks += [self._check_item(text) for text in lines._contradictions()]
        checks += [self._check_item(text) for text in self._competing()]
        return checks

    def _competing(self):
        """Yield a sentence for each other approved set that answers for the same category on the same day."""
        if not self.date_from:
            return
        others = self.search(
            [
                *(("company_id", "=", self.company_id.id), ("code", "!=", self.code), ("subject", "=", self.subject)),
                *(("state", "=", "approved"), "|", ("date_to", "=", False), ("date_to", ">=", self.date_from)),
                *([("date_from", "<=", self.date_to)] if self.date_to else []),
            ]
        )
        for other in others:
            shared = self.product_category_ids & other.product_category_ids
            if shared or not (self.product_category_ids or other.product_category_ids):
                yield self.env._(
                    "%(name)s is approved for %(categories)s at the same time. Give one of them other categories, "
                    "or let one end before the other begins.",
                    name=other.display_name,
                    categories=", ".join(shared.mapped("display_name")) or self.env._("every significant purchase"),
                )

    @api.model
    def _trail_noun(self):
        return "supplier_criteria"

    def _trail_payload(self):
        """Keep what was approved, so that the trail proves it by itself."""
        names = ["number", "code", "version", "subject", "date_from", "date_to", "evaluation_months", "prepared_by_id"]
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(names),
            "categories": sorted(self.with_context(lang=None).product_category_ids.mapped("complete_name")),
            "grades": [self.grade_a_min, self.grade_b_min, self.grade_c_min],
            "criteria": [line._snapshot() for line in self.criterion_ids],
        }

    # ------------------------------------------------------------------
    # Which criteria answer for what
    # ------------------------------------------------------------------
    @api.model
    def _at(self, company, day, subject="supplier"):
        """Return the versions that are, or were, in force in a company on a day."""
        return self.search(
            [
                *(("company_id", "=", company.id), ("subject", "=", subject)),
                *(("state", "in", ("approved", "superseded")), ("date_from", "<=", day)),
                *("|", ("date_to", "=", False), ("date_to", ">=", day)),
            ],
            order="date_from desc, id desc",
        )

    @api.model
    def _for_categories(self, categories, company, day, subject="supplier"):
        """Return the criteria that answer for each category: the nearest category wins, then those without category.

        One query whatever the number of categories.

        :param categories: ``product.category`` records
        :param company: ``res.company``
        :param day: date
        :return: dictionary of category to one version, empty where there is none
        """
        sets = self._at(company, day, subject)
        general = sets.filtered(lambda criteria: not criteria.product_category_ids)[:1]
        by_category = {}
        for criteria in sets:
            for category_id in criteria.product_category_ids.ids:
                by_category.setdefault(category_id, criteria)
        found = {}
        for category in categories:
            near = reversed([int(part) for part in (category.parent_path or "").split("/") if part])
            found[category] = next((by_category[cid] for cid in near if cid in by_category), general)
        return found

    def _grade_limits(self):
        self.ensure_one()
        return (self.grade_a_min, self.grade_b_min, self.grade_c_min)

    def action_view_evaluations(self):
        """Open the evaluations by these criteria.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_supplier_evaluation_action")
        return dict(action, domain=[("criteria_id", "in", self.ids)], context={})
