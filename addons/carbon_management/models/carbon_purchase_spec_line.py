from odoo import api, fields, models

from ..tools import supplier_score

OPERATORS = [("ge", "≥"), ("le", "≤"), ("eq", "=")]


class CarbonPurchaseSpecLine(models.Model):
    """One requirement: parameter, limit, the advanced value of the industry, and how it is proved. Frozen with its specification."""

    _name = "carbon.purchase.spec.line"
    _description = "Purchase Requirement"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "spec_id, sequence, id"

    _gate_parent_field = "spec_id"

    spec_id = fields.Many2one("carbon.purchase.spec", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="spec_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("Parameter", required=True, translate=True)
    operator = fields.Selection(OPERATORS, required=True, default="ge")
    limit = fields.Float(digits=0, required=True, aggregator=None)
    unit = fields.Char(help="As it is printed: %, kW, kg CO₂e/t.")
    benchmark = fields.Float("Advanced Value", digits=0, aggregator=None, help="What the best of the industry reach.")
    has_benchmark = fields.Boolean(
        "Advanced Value Known", help="An advanced value counts once it is entered, also if it is 0."
    )
    certificate_type_id = fields.Many2one(
        "carbon.certificate.type",
        "Proved By",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    requirement = fields.Char(compute="_compute_requirement")

    _numbers_check = models.Constraint(
        'CHECK(COALESCE("limit", 0) BETWEEN -1e15 AND 1e15 AND COALESCE(benchmark, 0) BETWEEN -1e15 AND 1e15)',
        "Limits and advanced values are ordinary numbers.",
    )

    @api.depends("name", "operator", "limit", "unit", "benchmark", "has_benchmark")
    def _compute_requirement(self):
        """Say it as a specification does: efficiency ≥ 92 % (advanced: 95 %)."""
        signs = dict(OPERATORS)
        for line in self:
            text = f"{line.name or ''} {signs.get(line.operator, '')} {line._number(line.limit)}".strip()
            if line.has_benchmark:
                text = self.env._(
                    "%(requirement)s (advanced: %(value)s)", requirement=text, value=line._number(line.benchmark)
                )
            line.requirement = text

    @api.depends("requirement")
    def _compute_display_name(self):
        """Show the requirement."""
        for line in self:
            line.display_name = line.requirement

    def _number(self, value):
        return " ".join(filter(None, (f"{value:.12g}", self.unit)))

    @api.onchange("benchmark")
    def _onchange_benchmark(self):
        if self.benchmark:
            self.has_benchmark = True

    @api.model_create_multi
    def create(self, vals_list):
        """An advanced value is known if it is given, also if it is 0."""
        return super().create([self._benchmark_values(vals) for vals in vals_list])

    def write(self, vals):
        """As at creation."""
        return super().write(self._benchmark_values(vals))

    @api.model
    def _benchmark_values(self, vals):
        return {"has_benchmark": True, **vals} if "benchmark" in vals else vals

    def _is_met(self, value):
        """Tell whether a value fulfils the requirement.

        :param value: number in the unit of the requirement
        """
        self.ensure_one()
        value, limit = supplier_score.decimal(value), supplier_score.decimal(self.limit)
        return {"ge": value >= limit, "le": value <= limit, "eq": value == limit}[self.operator]

    def _problems(self):
        """Return sentences about an advanced value that would not even be accepted."""
        self.ensure_one()
        if not self.has_benchmark or self._is_met(self.benchmark):
            return []
        return [
            self.env._(
                "%(requirement)s: the advanced value does not fulfil the requirement itself.",
                requirement=self.requirement,
            )
        ]

    def _contradictions(self):
        """Return sentences about requirements on one parameter that exclude or repeat each other."""
        pairs = ((line, other) for position, line in enumerate(self) for other in self[position + 1 :])
        return [
            self.env._(
                "%(one)s and %(other)s contradict or repeat each other. Keep one of them.",
                one=line.requirement,
                other=other.requirement,
            )
            for line, other in pairs
            if line._same_parameter(other) and not line._agrees(other)
        ]

    def _same_parameter(self, other):
        key = [((line.name or "").strip().lower(), (line.unit or "").strip().lower()) for line in (self, other)]
        return key[0] == key[1]

    def _agrees(self, other):
        """Two limits of a parameter agree if they are the two ends of a range that is not empty."""
        ends = {line.operator: supplier_score.decimal(line.limit) for line in (self, other)}
        return set(ends) == {"ge", "le"} and ends["ge"] <= ends["le"]

    def _snapshot(self):
        """Return the requirement as plain values, for the trail and for purchase checks."""
        line = self.with_context(lang=None)
        return {
            "parameter": line.name,
            "operator": line.operator,
            "limit": line.limit,
            "unit": line.unit or None,
            "benchmark": line.benchmark if line.has_benchmark else None,
            "proof": line.certificate_type_id.name or None,
        }
