import math

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.regression import Collinear, TooFew, fit

#: Below this number of observations for each estimated number a regression is a guess.
FEW = 5
#: R² below which nobody normalises without a reason, whatever R² the parameter wants.
WANTED = 0.75


def _close(first, second):
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12)


class CarbonPerformanceParameter(models.Model):
    """The regression of a parameter: monthly emissions explained by relevant variables (R-051).

    ``t CO2e of a month = intercept + Σ coefficient × value``, fitted by least squares over the months chosen. It is frozen
    with the version that uses it, so that a normalised value names its model by the version of its parameter.
    """

    _inherit = "carbon.performance.parameter"

    variable_line_ids = fields.One2many(
        "carbon.performance.parameter.variable", "parameter_id", "Relevant Variables", copy=True
    )
    fit_from = fields.Date("Fitted From", help="First month of the regression; empty: the years of the baseline.")
    fit_to = fields.Date("Fitted Until")
    r_squared_min = fields.Float(
        "Wanted R²",
        digits=0,
        default=WANTED,
        aggregator=None,
        help="Below it, and below 0.75 in any case, the regression is approved only with a reason, by a second person.",
    )
    weak_reason = fields.Text(
        "Why It Is Used All the Same",
        copy=False,
        help="Needed where R² is too low: what speaks for this regression, and why no other variable explains more.",
    )
    is_weak = fields.Boolean("R² Too Low", compute="_compute_is_weak")
    intercept = fields.Float("Intercept (t CO₂e a month)", digits=0, readonly=True, copy=False, aggregator=None)
    r_squared = fields.Float("R²", digits=0, readonly=True, copy=False, aggregator=None)
    standard_error = fields.Float(
        "Standard Error (t CO₂e a month)", digits=0, readonly=True, copy=False, aggregator=None
    )
    fit_count = fields.Integer("Observations", readonly=True, copy=False, aggregator=None)
    # what the figures were fitted with, to notice that something else is in the definition now
    fitted_with = fields.Char(readonly=True, copy=False, export_string_translation=False)
    model_warning = fields.Text(compute="_compute_model_warning")
    equation = fields.Char(compute="_compute_model_warning")

    _r_squared_min_check = models.Constraint(
        "CHECK(r_squared_min >= 0 AND r_squared_min <= 1)", "R² lies between 0 and 1."
    )

    _fit_check = models.Constraint(
        "CHECK(fit_from IS NULL OR fit_to IS NULL OR fit_from <= fit_to)", "A regression cannot end before it begins."
    )

    @api.depends("fit_count", "r_squared", "intercept", "variable_line_ids.coefficient", "r_squared_min", "fitted_with")
    def _compute_model_warning(self):
        for parameter in self:
            parameter.model_warning = "\n".join(parameter._model_warnings())
            parts = [f"{line.coefficient:+.6g} × {line.variable_id.name}" for line in parameter.variable_line_ids]
            parameter.equation = " ".join([f"{parameter.intercept:.6g}", *parts]) if parameter.fit_count else False

    # ------------------------------------------------------------------
    # Fit
    # ------------------------------------------------------------------
    def action_fit(self):
        """Fit the regression over its months.

        :return: True
        :raises UserError: with too few months, months without value, or collinear variables, naming them
        """
        for parameter in self:
            parameter.check_access("write")
            if not parameter.variable_line_ids:
                raise UserError(self.env._("Add the relevant variables of %(name)s first.", name=parameter.name))
            if not (parameter.fit_from and parameter.fit_to):
                parameter._take_fit_period()
            parameter.variable_line_ids.variable_id._draw(parameter.fit_from, parameter.fit_to)
            parameter._keep(parameter._fitted_now())
        return True

    def action_approve(self):
        """Fit once more: what is approved is what the data give today, whoever wrote the figures."""
        for parameter in self.filtered(lambda p: p.state == "draft" and p.fit_count and p.variable_line_ids):
            result = parameter._fitted_now()
            now = [result.intercept, result.r_squared or 0.0, *result.coefficients]
            kept = [parameter.intercept, parameter.r_squared, *parameter.variable_line_ids.mapped("coefficient")]
            if result.count != parameter.fit_count or not all(map(_close, now, kept)):
                raise UserError(
                    self.env._(
                        "The data of %(name)s changed since its regression was fitted. Press Fit, then approve.",
                        name=parameter.name,
                    )
                )
        return super().action_approve()

    def _fitted_now(self):
        """Return the regression of the months as the data are."""
        rows, targets = self._observations(self._fit_months())
        return self._fitted(rows, targets, self.variable_line_ids.mapped("variable_id.name"))

    def _take_fit_period(self):
        """Fit over the years of the baseline, unless months are given."""
        inventories = self.baseline_id.inventory_ids
        if not inventories:
            raise UserError(
                self.env._(
                    "Say over which months %(name)s is fitted, or choose a baseline with inventories.", name=self.name
                )
            )
        self.write({"fit_from": min(inventories.mapped("date_from")), "fit_to": max(inventories.mapped("date_to"))})

    def _fit_months(self):
        """Return the first days of the months of the fit."""
        month, months = self.fit_from.replace(day=1), []
        while month <= self.fit_to:
            months.append(month)
            month += relativedelta(months=1)
        return months

    def _observations(self, months):
        """Return (values of the variables by month, t CO2e by month)."""
        variables = self.variable_line_ids.variable_id
        values = variables._values(months)
        emissions = self._emissions(months)
        missing = [
            f"{variable.name} {month:%Y-%m}"
            for variable in variables
            for month in months
            if (variable.id, month) not in values
        ]
        missing += [f"t CO₂e {month:%Y-%m}" for month in months if month not in emissions]
        if missing:
            raise UserError(
                self.env._(
                    "%(count)s values of %(name)s are missing, among them: %(missing)s. Enter them, or fit over other months.",
                    name=self.name,
                    count=len(missing),
                    missing=", ".join(missing[:5]),
                )
            )
        ordered = self.variable_line_ids.mapped("variable_id")
        rows = [[values[variable.id, month] for variable in ordered] for month in months]
        return rows, [emissions[month].tonnes for month in months]

    def _fitted(self, rows, targets, names):
        try:
            return fit(rows, targets, names)
        except TooFew as error:
            raise UserError(
                self.env._(
                    "%(found)s months are too few for %(count)s variables: at least %(needed)s are needed.",
                    found=error.found,
                    count=len(names),
                    needed=error.needed,
                )
            ) from error
        except Collinear as error:
            if error.constant:
                raise UserError(
                    self.env._(
                        "%(names)s did not change in these months, so that its effect cannot be told. Leave it out.",
                        names=", ".join(error.names),
                    )
                ) from error
            raise UserError(
                self.env._(
                    "%(names)s follow from each other in these months (they are collinear), so that their effects cannot be "
                    "told apart. Leave one of them out.",
                    names=", ".join(error.names),
                )
            ) from error

    def _keep(self, result):
        self.write(
            {
                "intercept": result.intercept,
                "r_squared": result.r_squared or 0.0,
                "standard_error": result.standard_error,
                "fit_count": result.count,
                "fitted_with": self._fit_key(),
            }
        )
        for line, coefficient in zip(self.variable_line_ids, result.coefficients, strict=True):
            line.coefficient = coefficient

    def _fit_key(self):
        """Return what the fit depends on, as text."""
        ids = self.variable_line_ids.variable_id.ids, self.source_ids.ids, self.site_ids.ids, self.boundary_id.ids
        return ";".join([f"{self.fit_from}/{self.fit_to}", *(",".join(map(str, sorted(part))) for part in ids)])

    # ------------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------------
    def _expected_t(self, months, values):
        """Return what the months would have emitted in the fitted period, in t CO2e; None without model.

        :param months: first days of months
        :param values: {(variable id, month): value}, complete
        """
        if not self.fit_count:
            return None
        return sum(
            self.intercept
            + sum(line.coefficient * values[line.variable_id.id, month] for line in self.variable_line_ids)
            for month in months
        )

    @api.depends("fit_count", "r_squared", "r_squared_min")
    def _compute_is_weak(self):
        for parameter in self:
            limit = max(parameter.r_squared_min, WANTED)
            parameter.is_weak = bool(parameter.fit_count) and parameter.r_squared < limit

    def _model_problems(self):
        """Return what keeps the model from being approved, as sentences."""
        if self.kind == "ratio" and self.variable_line_ids:
            return [self.env._("A ratio is not explained by variables. Remove them.")]
        if self.kind == "model" and not self.variable_line_ids:
            return [self.env._("A regression model needs relevant variables.")]
        if self.variable_line_ids and (not self.fit_count or self.fitted_with != self._fit_key()):
            return [self.env._("The definition changed since the regression was fitted, or it never was. Press Fit.")]
        if not self.variable_line_ids and self.fit_count:
            return [self.env._("The variables of the regression were removed. Add them again, or begin a new draft.")]
        if self.is_weak and not (self.weak_reason or "").strip():
            return [
                self.env._(
                    "R² is %(found)s, below %(wanted)s: nothing is normalised by it without a reason. Choose variables that explain the "
                    "emissions, or write why it is used all the same; another person approves that.",
                    found=f"{self.r_squared:.3f}",
                    wanted=f"{max(self.r_squared_min, WANTED):g}",
                )
            ]
        return []

    def _model_warnings(self):
        """Return what limits the use of the model, as sentences."""
        if not self.fit_count:
            return []
        texts = []
        if self.is_weak:
            texts.append(
                self.env._(
                    "R² is %(found)s, below %(wanted)s: the variables explain too little of the emissions to normalise by them.",
                    found=f"{self.r_squared:.3f}",
                    wanted=f"{max(self.r_squared_min, WANTED):g}",
                )
            )
        needed = FEW * (len(self.variable_line_ids) + 1)
        if self.fit_count < needed:
            texts.append(
                self.env._(
                    "%(count)s months are few for this number of variables: from %(needed)s on the result is stable.",
                    count=self.fit_count,
                    needed=needed,
                )
            )
        return texts

    def _model_payload(self):
        """Return the model as the trail keeps it."""
        if not self.fit_count:
            return None
        return {
            "from": fields.Date.to_string(self.fit_from),
            "to": fields.Date.to_string(self.fit_to),
            "intercept": repr(self.intercept),
            "coefficients": {line.variable_id.name: repr(line.coefficient) for line in self.variable_line_ids},
            "r_squared": repr(self.r_squared),
            "observations": self.fit_count,
            "weak_reason": self.weak_reason if self.is_weak else None,
        }
