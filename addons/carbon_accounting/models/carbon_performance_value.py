from odoo import api, fields, models
from odoo.exceptions import UserError

#: Identity of the computation: an RPC context is JSON and cannot carry it.
ACT = object()
#: Written by people; everything else comes from the computation.
TYPED = {"comment"}


class CarbonPerformanceValue(models.Model):
    """The value of a parameter in a period beside what it is compared with (R-052, R-051, R-153).

    Invariant: figures are computed, never typed; a reviewed value with its figures and its comment never changes.
    """

    _name = "carbon.performance.value"
    _description = "Carbon Performance Value"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _order = "date_from desc, code, id desc"
    _rec_name = "code"
    _gate_frozen_states = ("reviewed",)

    parameter_id = fields.Many2one(
        "carbon.performance.parameter",
        "Parameter Version",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    code = fields.Char("Parameter", required=True, readonly=True, index=True)
    kind = fields.Selection(related="parameter_id.kind", store=True)
    unit = fields.Char(readonly=True)
    date_from = fields.Date("Period", required=True, readonly=True)
    date_to = fields.Date("Until", required=True, readonly=True)
    numerator = fields.Float(digits=0, readonly=True, help="t CO₂e, or the numerator of a ratio.")
    denominator = fields.Float(digits=0, readonly=True)
    raw_value = fields.Float("Actual", digits=0, readonly=True, aggregator="avg")
    normalised_value = fields.Float(
        "Normalised",
        digits=0,
        readonly=True,
        aggregator="avg",
        help="Actual under the conditions of the baseline: actual × baseline ÷ expected. Without a regression the actual value.",
    )
    expected_value = fields.Float(
        "Expected",
        digits=0,
        readonly=True,
        aggregator="avg",
        help="What the baseline would have emitted under the variables of this period, by the regression.",
    )
    baseline_value = fields.Float("Baseline", digits=0, readonly=True, aggregator="avg")
    benchmark_value = fields.Float("Benchmark", digits=0, readonly=True, aggregator="avg")
    change_percent = fields.Float(
        "Change (%)",
        digits=0,
        readonly=True,
        aggregator="avg",
        help="Against what the regression expects; without one against the baseline.",
    )
    is_compared = fields.Boolean("Compared", readonly=True, help="There is something to compare with.")
    verdict = fields.Selection(
        [("better", "Better"), ("worse", "Worse"), ("same", "Unchanged")], "Performance", readonly=True
    )
    meets_benchmark = fields.Boolean(readonly=True)
    is_flagged = fields.Boolean("Stands Out", readonly=True, help="Differs so much that it needs a comment.")
    problem = fields.Char(readonly=True, help="Why there is no value.")
    baseline_id = fields.Many2one("carbon.baseline", "Baseline Version", readonly=True, ondelete="restrict")
    benchmark_id = fields.Many2one("carbon.benchmark", "Benchmark Used", readonly=True, ondelete="restrict")
    inventory_id = fields.Many2one("carbon.inventory", readonly=True, ondelete="restrict")
    basis = fields.Selection(
        [
            ("inventory", "Approved inventory"),
            ("closed", "Ledger, months closed"),
            ("open", "Ledger, months open"),
            ("none", "No emissions"),
        ],
        "Figures From",
        readonly=True,
    )
    variables = fields.Json(readonly=True, export_string_translation=False)
    variables_text = fields.Char("Relevant Variables", compute="_compute_variables_text")
    comment = fields.Text(tracking=True, help="What the value tells: cause of a change, what follows from it.")
    state = fields.Selection(
        [("draft", "To review"), ("reviewed", "Reviewed")], required=True, readonly=True, default="draft", index=True
    )
    reviewed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    reviewed_on = fields.Datetime(readonly=True, copy=False)

    _period_uniq = models.UniqueIndex("(company_id, code, date_from)", "This period has a value already.")

    @api.depends("code", "date_from")
    def _compute_display_name(self):
        for value in self:
            value.display_name = f"{value.code} {value.date_from:%Y-%m}" if value.date_from else value.code

    @api.depends("variables")
    def _compute_variables_text(self):
        for value in self:
            value.variables_text = ", ".join(
                f"{row['name']} {row['value']:g} {row['unit']}" for row in value.variables or ()
            )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Refuse values that are typed in."""
        if self.env.context.get("carbon_performance") is not ACT:
            raise UserError(
                self.env._(
                    "Values are computed from the ledger and the variables. Press Update Values on the parameter."
                )
            )
        return super().create(vals_list)

    def write(self, vals):
        """Refuse figures that are typed in; people write the comment."""
        own = {name for name in vals if name in self._figures()}
        if own and self.env.context.get("carbon_performance") is not ACT:
            raise UserError(
                self.env._(
                    "Values are computed from the ledger and the variables. Press Update Values on the parameter."
                )
            )
        return super().write(vals)

    @api.model
    def _figures(self):
        """Return the names of the fields that only the computation writes."""
        return self._gate_frozen_fields() - TYPED

    @api.ondelete(at_uninstall=False)
    def _unlink_except_computed(self):
        if self.env.context.get("carbon_performance") is not ACT:
            raise UserError(self.env._("Values are kept. One that is not reviewed changes with the next update."))

    # ------------------------------------------------------------------
    # Review
    # ------------------------------------------------------------------
    def action_review(self):
        """Review the values: figures and comment are kept as they are from then on.

        :return: True
        :raises UserError: where there is no value, a comment or an approved basis is missing, or the figures are old
        """
        self.check_access("write")
        for value in self:
            if text := value._review_problem():
                raise UserError(text)
            value.with_context(carbon_performance=ACT)._transition(
                "reviewed",
                "performance_value.review",
                values={"reviewed_by_id": self.env.uid, "reviewed_on": fields.Datetime.now()},
                reason=value.comment or None,
            )
        return True

    def _review_problem(self):
        """Return why the value cannot be reviewed yet, or None."""
        name = self.display_name
        if self.state != "draft":
            return self.env._("%(value)s is reviewed already.", value=name)
        if self.problem:
            return self.env._("%(value)s has no value: %(problem)s", value=name, problem=self.problem)
        if self.basis == "open":
            return self.env._(
                "Months of %(value)s are open, so that its figures may change. Close them first.", value=name
            )
        if self.baseline_id and self.baseline_id.state == "draft":
            return self.env._(
                "%(baseline)s, with which %(value)s is compared, is not approved.",
                baseline=self.baseline_id.display_name,
                value=name,
            )
        if self.is_flagged and not (self.comment or "").strip():
            return self.env._(
                "%(value)s changed by %(percent)s %%. Write in its comment why, before you review it.",
                value=name,
                percent=f"{self.change_percent:.1f}",
            )
        if self._is_old():
            return self.env._(
                "The figures of %(value)s changed since they were computed. Press Update Values on the parameter, then look again.",
                value=name,
            )
        return None

    def _trail_payload(self):
        """Keep what was reviewed."""
        floats = ["numerator", "denominator", "raw_value", "normalised_value", "expected_value", "baseline_value"]
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(
                ["code", "parameter_id", "baseline_id", "benchmark_id", "inventory_id", "unit", "comment"]
            ),
            "period": f"{self.date_from}/{self.date_to}",
            **{name: repr(self[name]) for name in [*floats, "benchmark_value", "change_percent"]},
            "variables": [{**row, "value": repr(row["value"])} for row in self.variables or ()],
        }
