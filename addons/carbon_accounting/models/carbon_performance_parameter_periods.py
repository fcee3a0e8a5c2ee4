from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from .carbon_performance_parameter import FREQUENCIES, INTENSITIES

#: Years back for which values are computed.
YEARS = 10


class CarbonPerformanceParameter(models.Model):
    """The periods of a parameter and their figures."""

    _inherit = "carbon.performance.parameter"

    def _period_values(self, reviewed):
        """Return the values of complete periods of this version, without those that overlap reviewed ones."""
        periods = [
            months
            for months in self._periods()
            if not any(v.date_from <= months[-1] and months[0] <= v.date_to for v in reviewed)
        ]
        return self._figures(periods) if periods else []

    def _periods(self):
        """Return the complete periods that begin while this version is in force, each as a list of months."""
        step = FREQUENCIES[self.frequency]
        today = fields.Date.context_today(self)
        first = max(self.date_from, today.replace(month=1, day=1) - relativedelta(years=YEARS))
        start = first.replace(month=(first.month - 1) // step * step + 1, day=1)
        if start < first:
            start += relativedelta(months=step)
        periods = []
        while start + relativedelta(months=step) <= today.replace(day=1) and not (
            self.date_to and start > self.date_to
        ):
            periods.append([start + relativedelta(months=index) for index in range(step)])
            start += relativedelta(months=step)
        return periods

    @api.model
    def _months_between(self, first, last):
        months = []
        while first <= last:
            months.append(first)
            first += relativedelta(months=1)
        return months

    def _figures(self, periods):
        """Return the field values of periods, read together."""
        self.ensure_one()
        months = [month for period in periods for month in period]
        variables = self._variables()
        variables._draw(min(months), max(months) + relativedelta(months=1, days=-1))
        reference = self._reference()
        known = set(months) | set(reference.emissions if reference else ())
        values = variables._values(known)
        emissions = {} if self.kind == "ratio" else self._emissions(months)
        closed = self._closed_months(months)
        return [self._figures_of(period, emissions, values, reference, closed) for period in periods]

    def _closed_months(self, months):
        periods = self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "closed"), ("date_from", "in", months)]
        )
        return set(periods.mapped("date_from"))

    def _figures_of(self, months, emissions, values, reference, closed):
        """Return the field values of one period."""
        inventories = self.env["carbon.inventory"].union(
            *(emissions[month].inventory for month in months if month in emissions)
        )
        vals = {
            **dict.fromkeys(("numerator", "denominator", "raw_value", "normalised_value", "expected_value"), 0.0),
            **dict.fromkeys(("baseline_value", "benchmark_value", "change_percent"), 0.0),
            **dict.fromkeys(("is_compared", "verdict", "meets_benchmark", "is_flagged", "benchmark_id"), False),
            "parameter_id": self.id,
            "company_id": self.company_id.id,
            "code": self.code,
            "unit": self.unit,
            "date_from": months[0],
            "date_to": months[-1] + relativedelta(months=1, days=-1),
            "baseline_id": reference.baseline.id if reference else False,
            "inventory_id": inventories.id if len(inventories) == 1 else False,
            "basis": self._basis_of(months, emissions, closed),
            "variables": self._variables_of(months, values),
            "problem": self._problem_of(months, emissions, values),
        }
        if not vals["problem"]:
            self._compare(vals, months, emissions, values, reference)
        return vals

    def _basis_of(self, months, emissions, closed):
        if self.kind == "ratio":
            return "none"
        if all(month in emissions and emissions[month].inventory for month in months):
            return "inventory"
        return "closed" if closed.issuperset(months) else "open"

    def _variables_of(self, months, values):
        """Return what the variables were, kept with the value."""
        return [
            {"name": variable.with_context(lang=None).name, "unit": variable.unit, "value": total}
            for variable in self._variables()
            if (total := self._total(variable, months, values)) is not None
        ]

    def _problem_of(self, months, emissions, values):
        """Return why the period has no value, or False. Nothing is silently zero."""
        missing = [f"t CO₂e {month:%Y-%m}" for month in months if self.kind != "ratio" and month not in emissions]
        missing += [
            f"{variable.name} {month:%Y-%m}"
            for variable in self._variables()
            for month in months
            if (variable.id, month) not in values
        ]
        if missing:
            return self.env._("Missing: %(missing)s", missing=", ".join(missing[:5]))
        if self.denominator_id and not self._total(self.denominator_id, months, values):
            return self.env._("%(denominator)s is zero.", denominator=self.denominator_id.name)
        return False

    def _compare(self, vals, months, emissions, values, reference):
        """Fill in the figures of a period that has all it needs."""
        if self.kind == "ratio":
            above = self._total(self.numerator_id, months, values)
        else:
            above = sum(emissions[month].tonnes for month in months)
        divides = self.kind == "ratio" or self.kind in INTENSITIES
        below = self._total(self.denominator_id, months, values) if divides else 1.0
        expected_t = self._expected_t(months, values)
        ratio = reference.ratio if reference else 1.0
        expected = expected_t * ratio / below if expected_t is not None else None
        raw = above / below
        baseline = reference and self._comparison(reference, months, values)
        normalised = raw * baseline / expected if expected and baseline else raw
        vals |= {
            "numerator": above,
            "denominator": below if divides else 0.0,
            "raw_value": raw,
            "expected_value": expected or 0.0,
            "baseline_value": baseline or 0.0,
            "normalised_value": normalised,
        }
        self._judge(vals, expected if expected is not None else baseline)

    def _judge(self, vals, against):
        """Say whether the value is better, and whether it stands out."""
        raw, higher = vals["raw_value"], self.direction == "higher"
        if against:
            change = 100.0 * (raw - against) / abs(against)
            better = change > 0 if higher else change < 0
            vals |= {
                "is_compared": True,
                "change_percent": change,
                "verdict": "same" if not change else ("better" if better else "worse"),
                "is_flagged": bool(self.attention_percent) and abs(change) >= self.attention_percent,
            }
        if benchmark := self.benchmark_ids._strictest(vals["date_from"].year, higher):
            meets = raw >= benchmark.value if higher else raw <= benchmark.value
            vals |= {"benchmark_id": benchmark.id, "benchmark_value": benchmark.value, "meets_benchmark": meets}
