from datetime import date

from .seal_common import SealCommon


class PerformanceCommon(SealCommon):
    """A kiln that emits 1 t of CO2 per t of fuel: 10 t a month and 2 t for each unit of output, in 2024 exactly.

    Output of 2024 is 1 … 12 units in January … December, so the months emit 12, 14 … 34 t, 276 t in the year.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kiln, cls.kiln_rule = cls._emitter("Kiln", cls.ton, "1000", "KILN")
        cls.output = cls._variable("Panels", "m³")
        cls.reader = cls._user("perf-reader", "group_carbon_reader")

    @classmethod
    def _variable(cls, name, unit, **values):
        return cls.env["carbon.relevant.variable"].create(
            {"name": name, "unit": unit, "company_id": cls.company.id, **values}
        )

    @classmethod
    def _set(cls, variable, year, values):
        """Type values of months, January first."""
        cls.env["carbon.relevant.variable.value"].create(
            [
                {"variable_id": variable.id, "date": date(year, month, 1), "value": value}
                for month, value in enumerate(values, 1)
            ]
        )

    def _burn(self, year, tonnes):
        """Declare the fuel of months, January first."""
        for month, quantity in enumerate(tonnes, 1):
            self._declare(self.kiln_rule, quantity, self.ton, f"{year}-{month:02}-10", name=f"KILN/{year}/{month}")
        self._commit()

    def _base_inventory(self):
        """Return the approved inventory of 2024, marked as base year."""
        self._set(self.output, 2024, range(1, 13))
        self._burn(2024, [10 + 2 * unit for unit in range(1, 13)])
        inventory = self._computed(2024)
        self._close_year(2024)
        self._approve(inventory)
        inventory.with_user(self.manager).action_set_base_year()
        return inventory

    def _baseline(self, inventories=None, approve=True, **values):
        """Return the baseline of 2024, drawn up by the accountant and approved by the manager."""
        baseline = (
            self.env["carbon.baseline"]
            .with_user(self.accountant)
            .create(
                {
                    "name": "Baseline 2024",
                    "company_id": self.company.id,
                    "date_from": "2025-01-01",
                    "inventory_ids": [(6, 0, (inventories or self._base_inventory()).ids)],
                    "representative": "A full year at ordinary output.",
                    **values,
                }
            )
        )
        if baseline.method != "projection":
            baseline.action_compute()
        if approve:
            baseline.with_user(self.manager).action_approve()
        return baseline

    def _parameter(self, approve=True, variables=None, **values):
        """Return a parameter from 2025 on, drawn up by the accountant and approved by the manager."""
        parameter = (
            self.env["carbon.performance.parameter"]
            .with_user(self.accountant)
            .create(
                {
                    "code": "CPP1",
                    "name": "Emissions of the kiln",
                    "company_id": self.company.id,
                    "date_from": "2025-01-01",
                    "method": "From the inventory, every month.",
                    "variable_line_ids": [(0, 0, {"variable_id": variable.id}) for variable in variables or ()],
                    **values,
                }
            )
        )
        if variables:
            parameter.action_fit()
        if approve:
            parameter.with_user(self.manager).action_approve()
        return parameter

    def _values(self, parameter, *months):
        """Update the values and return those that begin in some months of 2025."""
        parameter.with_user(self.accountant).action_update_values()
        values = self.env["carbon.performance.value"].with_user(self.accountant)
        return values.search(
            [("code", "=", parameter.code), ("date_from", "in", [date(2025, month, 1) for month in months])],
            order="date_from",
        )

    def _assert_numbers(self, record, **expected):
        for name, value in expected.items():
            self.assertAlmostEqual(record[name], value, places=9, msg=name)

    def _benchmark(self, value, unit, confirm=True, **values):
        """Return a benchmark of made-up value."""
        benchmark = (
            self.env["carbon.benchmark"]
            .with_user(self.accountant)
            .create(
                {
                    "name": f"Benchmark {value}",
                    "company_id": self.company.id,
                    "sector": "Panels",
                    "value": value,
                    "unit": unit,
                    "source_document": "Made up for the test",
                    "year_from": 2024,
                    **values,
                }
            )
        )
        if confirm:
            benchmark.action_confirm()
        return benchmark
