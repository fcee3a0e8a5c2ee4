from collections import namedtuple

from dateutil.relativedelta import relativedelta

from odoo import models

from .carbon_performance_parameter import INTENSITIES

#: t CO2e of a month, and the inventory it comes from; empty: the ledger.
Emission = namedtuple("Emission", "tonnes inventory")
#: What values are compared with: {month: t CO2e}, the factor of adjustments, and t CO2e a month of a projection.
Reference = namedtuple("Reference", "emissions ratio monthly baseline")


class CarbonPerformanceParameter(models.Model):
    """Where the figures of a parameter come from: approved inventories, the ledger, and the baseline (R-050, R-053)."""

    _inherit = "carbon.performance.parameter"

    def _filter_domain(self):
        """Return the domain on emissions that the parameter is about."""
        domain = [("source_id", "in", self.source_ids.ids)] if self.source_ids else []
        return domain + ([("site_id", "in", self.site_ids.ids)] if self.site_ids else [])

    def _emissions(self, months):
        """Return {month: Emission}; a month without any record is missing, not zero.

        :param months: first days of months
        """
        self.ensure_one()
        if not months:
            return {}
        by_month = self._approved_inventories(months)
        found = {}
        for inventory in self.env["carbon.inventory"].union(*by_month.values()):
            own = [month for month, chosen in by_month.items() if chosen == inventory]
            sums = self._inventory_months(inventory)
            found |= {month: Emission(sums.get(month, 0.0), inventory) for month in own}
        left = [month for month in months if month not in found]
        if left and not self.boundary_id:
            found |= self._ledger_months(left)
        return found

    def _approved_inventories(self, months):
        """Return {month: inventory} of approved inventories of the parameter's boundary; the latest approved wins."""
        inventories = self.env["carbon.inventory"].search(
            [
                *(("company_id", "=", self.company_id.id), ("state", "in", ("approved", "verified"))),
                *(("boundary_id", "=", self.boundary_id.id), ("date_from", "<=", max(months))),
                ("date_to", ">=", min(months)),
            ],
            order="approved_on desc, id desc",
        )
        found = {}
        for month in months:
            covers = inventories.filtered(lambda i, month=month: i.date_from <= month <= i.date_to)
            if covers:
                found[month] = covers[0]
        return found

    def _inventory_months(self, inventories):
        """Return {month: t CO2e} of lines of inventories, on their headline basis."""
        groups = self.env["carbon.inventory.report"]._read_group(
            [("inventory_id", "in", inventories.ids), *self._filter_domain()], ["period:month"], ["total_t:sum"]
        )
        return {month: total or 0.0 for month, total in groups}

    def _ledger_months(self, months):
        """Return {month: Emission} of months in which the ledger has rows, with the settings of the company's screens."""
        report = self.env["carbon.emission.report"].with_context(allowed_company_ids=self.company_id.ids)
        domain = [
            ("company_id", "=", self.company_id.id),
            ("date", ">=", min(months)),
            ("date", "<=", max(months) + relativedelta(months=1, days=-1)),
        ]
        present = {month for (month,) in report._read_group(domain, ["date:month"])}
        groups = report._read_group([*domain, *self._filter_domain()], ["date:month"], ["co2e_t:sum"])
        sums = {month: total or 0.0 for month, total in groups}
        none = self.env["carbon.inventory"]
        return {month: Emission(sums.get(month, 0.0), none) for month in months if month in present}

    # ------------------------------------------------------------------
    # Comparison
    # ------------------------------------------------------------------
    def _reference(self):
        """Return what the values are compared with: the baseline in force, else the months of the regression, else None."""
        self.ensure_one()
        baseline = self.baseline_id and self.baseline_id._in_force()
        if baseline:
            ratio = baseline._adjustment_ratio(self.source_ids.category_id)
            if baseline.method == "projection":
                return Reference({}, ratio, self._projected(baseline), baseline)
            sums, months = self._inventory_months(baseline.inventory_ids), []
            for inventory in baseline.inventory_ids:
                months += inventory._months()
            return Reference({month: sums.get(month, 0.0) for month in months}, ratio, None, baseline)
        if self.fit_count:
            found = self._emissions(self._fit_months())
            return Reference(
                {month: value.tonnes for month, value in found.items()}, 1.0, None, self.env["carbon.baseline"]
            )
        return None

    def _projected(self, baseline):
        """Return t CO2e a month of a projection, as typed in, of the categories that the parameter is about."""
        categories = self.source_ids.category_id or baseline.line_ids.emission_category_id
        lines = baseline.line_ids.filtered(lambda line: line.emission_category_id in categories)
        return sum(lines.mapped("original_t")) / 12.0

    def _comparison(self, reference, months, values):
        """Return the value of the reference for a period, in the parameter's unit; None where it has none.

        It is that of the same months of the year, so that a winter is compared with a winter; if the reference lacks
        one of them, the mean of all its months.

        :param months: first days of the months of the period
        :param values: {(variable id, month): value}
        """
        if reference.monthly is not None:
            return reference.monthly * len(months) * reference.ratio
        wanted = {month.month for month in months}
        same = [month for month in reference.emissions if month.month in wanted]
        if {month.month for month in same} != wanted:
            same = list(reference.emissions)
        if not same:
            return None
        if self.kind == "ratio":
            return self._quotient(self._total(self.numerator_id, same, values), same, values)
        tonnes = sum(reference.emissions[month] for month in same) * reference.ratio
        if self.kind in INTENSITIES:
            return self._quotient(tonnes, same, values)
        return tonnes * len(months) / len(same)

    def _total(self, variable, months, values):
        """Return the sum of a variable over months, None if one of them is missing."""
        found = [values.get((variable.id, month)) for month in months]
        return None if None in found else sum(found)

    def _quotient(self, above, months, values):
        below = self._total(self.denominator_id, months, values)
        return above / below if above is not None and below else None
