from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

KINDS = [
    ("total", "Total emissions"),
    ("product", "Intensity per product"),
    ("output_value", "Intensity per output value"),
    ("service", "Intensity per service"),
    ("ratio", "Ratio of two quantities"),
    ("model", "Regression model"),
]
#: Kinds that divide emissions by a variable.
INTENSITIES = ("product", "output_value", "service")
FREQUENCIES = {"month": 1, "quarter": 3, "year": 12}


class CarbonPerformanceParameter(models.Model):
    """What carbon performance is measured by, and how (R-050).

    Versions of one code follow each other: a change is a new version with its reason, and the definition before stays as a
    line of the history. Invariant: values are computed by the version that is, or was, approved for their period.
    """

    _name = "carbon.performance.parameter"
    _description = "Carbon Performance Parameter"
    _inherit = ["carbon.versioned.mixin"]
    _gate_second_person = "separate_inventory_approval"  # as the inventories, whose figures it rests on
    _order = "company_id, code, date_from desc, id desc"
    _rec_names_search = ["name", "number", "code"]
    _check_company_auto = True
    _record_sequence = "carbon.performance.parameter"
    _version_key = ("company_id", "code")

    code = fields.Char(required=True, tracking=True, help="The same for all versions, for instance CPP1.")
    kind = fields.Selection(KINDS, required=True, default="total", tracking=True)
    source_ids = fields.Many2many(
        "carbon.source",
        string="Emissions of Sources",
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id), ('kind', '!=', 'output')]",
        help="Empty: all sources.",
    )
    site_ids = fields.Many2many(
        "carbon.site", string="Emissions of Sites", check_company=True, ondelete="restrict", help="Empty: all sites."
    )
    boundary_id = fields.Many2one(
        "carbon.boundary",
        "Accounting Boundary",
        check_company=True,
        ondelete="restrict",
        domain="[('boundary_type', '=', 'accounting'), ('company_id', '=', company_id)]",
        help="With a boundary, figures come from approved inventories of that boundary only. "
        "Without one, months without approved inventory come from the ledger.",
    )
    numerator_id = fields.Many2one(
        "carbon.relevant.variable",
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
        help="Of a ratio, for instance renewable electricity.",
    )
    denominator_id = fields.Many2one(
        "carbon.relevant.variable",
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
    )
    frequency = fields.Selection(
        [("month", "Month"), ("quarter", "Quarter"), ("year", "Year")], required=True, default="month", tracking=True
    )
    direction = fields.Selection(
        [("lower", "Lower is better"), ("higher", "Higher is better")], required=True, default="lower", tracking=True
    )
    attention_percent = fields.Float(
        "Comment From (%)",
        digits=0,
        default=10.0,
        aggregator=None,
        help="A value that differs from its comparison by this part or more needs a comment before its review. 0: never.",
    )
    unit = fields.Char(compute="_compute_unit")
    method = fields.Text(help="How the parameter is set, computed and updated; where the procedure stands.")
    change_reason = fields.Text("Reason for the Change", copy=False, help="Why this version replaces the one before.")
    baseline_id = fields.Many2one(
        "carbon.baseline",
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
        help="Values are compared with its version in force.",
    )
    benchmark_ids = fields.Many2many(
        "carbon.benchmark",
        string="Benchmarks",
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
    )
    version_ids = fields.Many2many(
        "carbon.performance.parameter", compute="_compute_version_ids", string="All Versions"
    )
    value_ids = fields.One2many("carbon.performance.value", "parameter_id", "Values")
    value_count = fields.Integer(compute="_compute_value_count")
    problem_count = fields.Integer("Periods without Value", compute="_compute_value_count")

    _version_uniq = models.UniqueIndex(
        "(company_id, code, version)", "This version of the parameter exists already. Open the newest version."
    )
    _attention_check = models.Constraint("CHECK(attention_percent >= 0)", "The percentage is not negative.")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    @api.depends("kind", "frequency", "numerator_id.unit", "denominator_id.unit")
    def _compute_unit(self):
        for parameter in self:
            below = parameter.denominator_id.unit or "?"
            if parameter.kind in ("total", "model"):
                parameter.unit = f"t CO₂e/{parameter.frequency or 'month'}"
            elif parameter.kind == "ratio":
                parameter.unit = f"{parameter.numerator_id.unit or '?'}/{below}"
            else:
                parameter.unit = f"t CO₂e/{below}"

    @api.depends("company_id", "code")
    def _compute_version_ids(self):
        for parameter in self:
            parameter.version_ids = parameter._same_thing() if parameter.id else parameter.browse()

    @api.depends("value_ids")
    def _compute_value_count(self):
        groups = self.env["carbon.performance.value"]._read_group(
            [("code", "in", self.mapped("code")), ("company_id", "in", self.company_id.ids)],
            ["company_id", "code"],
            ["__count", "problem:count"],
        )
        counts = {(company.id, code): numbers for company, code, *numbers in groups}
        for parameter in self:
            found = counts.get((parameter.company_id.id, parameter.code), (0, 0))
            parameter.value_count, parameter.problem_count = found[0] - found[1], found[1]

    @api.depends(
        *("state", "date_from", "date_to", "kind", "numerator_id", "denominator_id", "method", "change_reason"),
        *("baseline_id.state", "baseline_id.method", "benchmark_ids.unit", "benchmark_ids.state", "unit"),
        *("fit_count", "variable_line_ids.variable_id", "fitted_with", "is_weak", "weak_reason"),
    )
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for parameter in self:
            parameter.check_result = parameter._approval_checks() if parameter.state == "draft" else []

    def _variables(self):
        """Return all variables that the parameter uses."""
        return self.numerator_id | self.denominator_id | self.variable_line_ids.variable_id

    @api.model
    def _using(self, variables):
        """Return the approved and superseded parameters that use one of some variables."""
        uses = Domain.OR(
            Domain(name, "in", variables.ids)
            for name in ("numerator_id", "denominator_id", "variable_line_ids.variable_id")
        )
        return self.search(uses & Domain("state", "!=", "draft"))

    def _rests_on(self, variable, month):
        """Tell whether a reviewed value, or an approved regression, rests on a variable's value of a month."""
        for parameter in self:
            fitted = variable in parameter.variable_line_ids.variable_id and parameter.fit_count
            if fitted and parameter.fit_from <= month <= parameter.fit_to:
                return True
        return bool(
            self.env["carbon.performance.value"].search_count(
                [
                    *(("parameter_id", "in", self.ids), ("state", "=", "reviewed")),
                    *(("date_from", "<=", month), ("date_to", ">=", month)),
                ],
                limit=1,
            )
        )

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def _needs_second_person(self):
        """As for inventories, whose figures it interprets; always where a regression explains too little."""
        return self.is_weak or super()._needs_second_person()

    def _approval_checks(self):
        """Ask for what the kind needs, for the method in words and for the reason of a change."""
        checks, item = super()._approval_checks(), self._check_item
        texts = []
        if self.kind in INTENSITIES and not self.denominator_id:
            texts.append(self.env._("An intensity needs a denominator."))
        if self.kind == "ratio" and not (self.numerator_id and self.denominator_id):
            texts.append(self.env._("A ratio needs a numerator and a denominator."))
        if not (self.method or "").strip():
            texts.append(self.env._("Say in the method how the parameter is set, computed and updated."))
        if self.version > 1 and not (self.change_reason or "").strip():
            texts.append(self.env._("Say why this version replaces the one before."))
        if self.baseline_id.method == "projection" and self.kind not in ("total", "model"):
            texts.append(
                self.env._("A projection has no denominators. Compare an intensity with a year or a mean of years.")
            )
        texts += self._benchmark_problems() + self._model_problems()
        checks += [item(text) for text in texts]
        if self.baseline_id and self.baseline_id._in_force().state != "approved":
            checks.append(
                item(
                    self.env._(
                        "%(baseline)s is not approved: comparisons are provisional, and no value can be reviewed.",
                        baseline=self.baseline_id.display_name,
                    ),
                    blocking=False,
                )
            )
        if self.kind != "ratio" and self.baseline_id and self.baseline_id.boundary_id != self.boundary_id:
            checks.append(
                item(
                    self.env._(
                        "Parameter and baseline have different accounting boundaries: shares and exclusions may differ.",
                    ),
                    blocking=False,
                )
            )
        checks += [item(text, blocking=False) for text in self._model_warnings()]
        return checks

    def _benchmark_problems(self):
        """Return what is wrong with the benchmarks, as sentences."""
        texts = []
        for benchmark in self.benchmark_ids:
            try:
                benchmark._require_unit(self.unit, self.display_name)
            except UserError as error:
                texts.append(str(error))
            if benchmark.state != "confirmed":
                texts.append(self.env._("%(benchmark)s is not confirmed.", benchmark=benchmark.display_name))
        return texts

    @api.model
    def _trail_noun(self):
        return "performance_parameter"

    def _trail_payload(self):
        """Keep the definition that was approved."""
        names = [
            "number",
            "code",
            "version",
            "name",
            "kind",
            "frequency",
            "direction",
            "unit",
            "method",
            "change_reason",
        ]
        relations = [
            "numerator_id",
            "denominator_id",
            "source_ids",
            "site_ids",
            "boundary_id",
            "baseline_id",
            "benchmark_ids",
        ]
        return {
            **super()._trail_payload(),
            **self._trail_snapshot([*names, *relations]),
            "date_from": fields.Date.to_string(self.date_from),
            "model": self._model_payload(),
        }

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_update_values(self):
        """Draw the variables and compute the values of all complete periods that are not reviewed.

        :return: True
        """
        if not self.env.su:
            self.check_access("write")
        self.env["carbon.performance.value"]._update(self)
        return True

    def action_view_values(self):
        """Open the values of all versions."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_performance_value_action")
        domain = [("code", "=", self.code), ("company_id", "=", self.company_id.id)]
        without = self.env.context.get("without_value")
        return dict(action, domain=[*domain, ("problem", "!=" if without else "=", False)], context={})
