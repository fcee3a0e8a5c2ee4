import json
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .performance_common import PerformanceCommon


@tagged("post_install", "-at_install")
class TestPerformance(PerformanceCommon):
    """Parameters, their regression and their values (R-050, R-051, R-052, R-153)."""

    def test_regression_gives_the_coefficients_of_the_data(self):
        parameter = self._parameter(baseline_id=self._baseline().id, variables=self.output, kind="model")
        self._assert_numbers(parameter, intercept=10, r_squared=1, standard_error=0, fit_count=12)
        self._assert_numbers(parameter.variable_line_ids, coefficient=2)
        self.assertEqual((parameter.fit_from, parameter.fit_to), (date(2024, 1, 1), date(2024, 12, 31)))
        self.assertFalse(parameter.model_warning)

    def test_normalised_value_is_what_this_year_would_be_under_the_conditions_of_the_baseline(self):
        parameter = self._parameter(baseline_id=self._baseline().id, variables=self.output, kind="model")
        self._set(self.output, 2025, [5, 1])
        self._burn(2025, [18, 15])
        january, february = self._values(parameter, 1, 2)
        # January: 10 + 2 × 5 = 20 expected, 18 emitted: −10 %; January 2024 was 12: 18 × 12 / 20 = 10.8
        self._assert_numbers(january, raw_value=18, expected_value=20, change_percent=-10, baseline_value=12)
        self._assert_numbers(january, normalised_value=10.8)
        # February: 10 + 2 × 1 = 12 expected, 15 emitted: +25 %; February 2024 was 14
        self._assert_numbers(february, raw_value=15, expected_value=12, change_percent=25, normalised_value=17.5)
        self.assertEqual((january.verdict, february.verdict), ("better", "worse"))
        self.assertEqual(january.unit, "t CO₂e/month")
        self.assertEqual(january.variables, [{"name": "Panels", "unit": "m³", "value": 5.0}])

    def test_intensity_divides_by_its_variable_and_is_compared_with_the_same_month(self):
        parameter = self._parameter(baseline_id=self._baseline().id, kind="product", denominator_id=self.output.id)
        self._set(self.output, 2025, [4])
        self._burn(2025, [30])
        (value,) = self._values(parameter, 1)
        # 30 t / 4 m³ = 7.5; January 2024: 12 / 1 = 12
        self._assert_numbers(value, numerator=30, denominator=4, raw_value=7.5, baseline_value=12, change_percent=-37.5)
        self.assertEqual((value.unit, value.basis), ("t CO₂e/m³", "open"))

    def test_quarters_and_ratios_are_summed_before_they_are_divided(self):
        baseline = self._baseline()
        parameter = self._parameter(
            baseline_id=baseline.id, kind="product", denominator_id=self.output.id, frequency="quarter"
        )
        green, power = self._variable("Green power", "MWh"), self._variable("Power", "MWh")
        ratio = self._parameter(
            code="CPP2", kind="ratio", numerator_id=green.id, denominator_id=power.id, direction="higher"
        )
        self._set(self.output, 2025, [1, 2, 7])
        self._set(green, 2025, [30])
        self._set(power, 2025, [120])
        self._burn(2025, [10, 20, 30])
        (value,) = self._values(parameter, 1)
        # 60 / 10; first quarter of 2024: (12 + 14 + 16) / (1 + 2 + 3) = 7
        self._assert_numbers(value, raw_value=6, baseline_value=7)
        self.assertEqual((value.date_from, value.date_to), (date(2025, 1, 1), date(2025, 3, 31)))
        (share,) = self._values(ratio, 1)
        self._assert_numbers(share, raw_value=0.25)
        self.assertEqual((share.unit, share.basis), ("MWh/MWh", "none"))

    def test_what_is_missing_is_said_and_never_zero(self):
        parameter = self._parameter(kind="product", denominator_id=self.output.id)
        self._burn(2025, [30])
        january, february = self._values(parameter, 1, 2)
        self.assertEqual((january.problem, january.raw_value), ("Missing: Panels 2025-01", 0))
        self.assertIn("t CO₂e 2025-02", february.problem)
        with self.assertRaisesRegex(UserError, "has no value"):
            january.action_review()
        self._set(self.output, 2025, [0])
        self.assertEqual(self._values(parameter, 1).problem, "Panels is zero.")

    def test_collinear_variables_are_refused_by_name(self):
        self._base_inventory()
        twice, area = self._variable("Shifts", "h"), self._variable("Area", "m²")
        self._set(twice, 2024, [2 * unit + 7 for unit in range(1, 13)])
        self._set(area, 2024, [500] * 12)
        months = {"fit_from": "2024-01-01", "fit_to": "2024-12-31", "kind": "model", "approve": False}
        with self.assertRaisesRegex(UserError, "Panels, Shifts follow from each other"):
            self._parameter(variables=self.output | twice, **months)
        with self.assertRaisesRegex(UserError, "Area did not change"):
            self._parameter(code="CPP2", variables=self.output | area, **months)

    def test_a_weak_regression_and_few_months_are_warned_of(self):
        self._set(self.output, 2024, [1, 2, 3, 4])
        self._burn(2024, [2, 4, 5, 4])
        parameter = self._parameter(
            variables=self.output, kind="model", fit_from="2024-01-01", fit_to="2024-04-30", approve=False
        )
        self._assert_numbers(parameter, intercept=2, r_squared=12.25 / 23.75)
        self._assert_numbers(parameter.variable_line_ids, coefficient=0.7)
        self.assertIn("R² is 0.516, below 0.75", parameter.model_warning)
        self.assertIn("4 months are few", parameter.model_warning)
        parameter.fit_to = "2024-03-31"
        self.assertIn("Press Fit", str(parameter.check_result))
        parameter.variable_line_ids = [(5, 0, 0)]
        with self.assertRaisesRegex(UserError, "needs relevant variables"):
            parameter.with_user(self.manager).action_approve()

    def test_regression_that_explains_nothing_is_approved_with_a_reason_by_another_person_only(self):
        self.system.separate_inventory_approval = False
        self._set(self.output, 2024, range(1, 13))
        self._burn(2024, [10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 9, 11])
        parameter = self._parameter(
            variables=self.output, kind="model", fit_from="2024-01-01", fit_to="2024-12-31", approve=False
        )
        self.assertLess(parameter.r_squared, 0.01)
        with self.assertRaisesRegex(UserError, "below 0.75: nothing is normalised"):
            parameter.with_user(self.manager).action_approve()
        parameter.r_squared_min = 0
        with self.assertRaisesRegex(UserError, "below 0.75: nothing is normalised"):
            parameter.with_user(self.manager).action_approve()
        parameter.with_user(self.manager).weak_reason = "Nothing else was measured"
        with self.assertRaisesRegex(AccessError, "prepared by"):
            parameter.with_user(self.manager).action_approve()
        parameter.with_user(self.other_manager).action_approve()
        entry = self.env["carbon.trail.entry"].search([("event", "=", "performance_parameter.approve")])
        self.assertEqual(
            (parameter.state, entry.actor_login, json.loads(entry.payload)["model"]["weak_reason"]),
            ("approved", self.other_manager.login, "Nothing else was measured"),
        )

    def test_figures_written_beside_the_regression_do_not_survive_its_approval(self):
        parameter = self._parameter(baseline_id=self._baseline().id, variables=self.output, kind="model", approve=False)
        parameter.variable_line_ids.write({"coefficient": 3})
        with self.assertRaisesRegex(UserError, "Press Fit, then approve"):
            parameter.with_user(self.manager).action_approve()

    def test_who_drew_a_parameter_up_does_not_approve_it(self):
        parameter = self._parameter(approve=False)
        with self.assertRaises(AccessError):
            parameter.with_user(self.accountant).action_approve()
        parameter.with_user(self.manager).name = "Changed by the manager"
        with self.assertRaisesRegex(AccessError, "prepared by"):
            parameter.with_user(self.manager).action_approve()
        parameter.with_user(self.other_manager).action_approve()
        self.assertEqual(parameter.state, "approved")

    def test_a_change_needs_a_reason_and_keeps_the_definition_before(self):
        parameter = self._parameter()
        self._burn(2025, [18, 15, 12])
        with self.assertRaisesRegex(UserError, "frozen"):
            parameter.with_user(self.accountant).direction = "higher"
        self._values(parameter, 1)
        second = self.env["carbon.performance.parameter"].browse(parameter.action_new_version()["res_id"])
        second.with_user(self.accountant).write({"source_ids": [(6, 0, self.coal.ids)], "date_from": "2025-02-01"})
        with self.assertRaisesRegex(UserError, "Say why this version"):
            second.with_user(self.manager).action_approve()
        second.with_user(self.accountant).change_reason = "Coal only"
        second.with_user(self.manager).action_approve()
        self.assertEqual((parameter.state, parameter.date_to), ("superseded", date(2025, 1, 31)))
        self.assertEqual(second.version_ids.sorted("version").mapped("version"), [1, 2])
        january, february = self._values(second, 1, 2)
        self.assertEqual((january.parameter_id, february.parameter_id), (parameter, second))
        self.assertEqual((january.raw_value, february.raw_value), (18, 0))

    def test_reviewed_values_are_locked_with_figures_comment_and_variables(self):
        parameter = self._parameter(baseline_id=self._baseline().id, variables=self.output, kind="model")
        self._set(self.output, 2025, [5])
        self._burn(2025, [18])
        (value,) = self._values(parameter, 1)
        with self.assertRaisesRegex(UserError, "are open"):
            value.action_review()
        self._close_year(2025)
        (value,) = self._values(parameter, 1)
        with self.assertRaisesRegex(UserError, "changed by -10.0 %"):
            value.action_review()
        value.comment = "New burner since December."
        line = self.output.value_ids.filtered(lambda row: row.date == date(2025, 1, 1))
        line.value = 6
        with self.assertRaisesRegex(UserError, "Press Update"):
            value.action_review()
        line.value = 5
        value.action_review()
        self.assertEqual((value.state, value.reviewed_by_id), ("reviewed", self.accountant))
        for vals in ({"comment": "Other"}, {"raw_value": 1}, {"state": "draft"}):
            with self.assertRaises(UserError):
                value.write(vals)
            with self.assertRaises(UserError):
                value.sudo().write(vals)
        for act in (value.sudo().unlink, line.unlink, self.output.unlink):
            with self.assertRaises(UserError):
                act()
        with self.assertRaisesRegex(UserError, "is part of a reviewed value"):
            line.value = 7
        self.env["carbon.performance.value"]._cron_update()
        self.assertEqual((value.raw_value, value.comment), (18, "New burner since December."))

    def test_figures_are_never_typed(self):
        parameter = self._parameter()
        self._burn(2025, [18])
        (value,) = self._values(parameter, 1)
        for figures in ({"raw_value": 1.0}, {"baseline_value": 1.0}, {"problem": False}):
            with self.assertRaisesRegex(UserError, "computed"):
                value.with_context(carbon_performance=True).write(figures)
        with self.assertRaisesRegex(UserError, "computed"):
            value.create({"code": "X"})
        with self.assertRaisesRegex(UserError, "computed"):
            value.sudo().create({"code": "X", "parameter_id": parameter.id, "company_id": self.company.id})

    def test_updating_twice_changes_nothing_and_cron_creates_the_periods(self):
        parameter = self._parameter()
        self._burn(2025, [18, 15])
        self.env["carbon.performance.value"]._cron_update()
        values = self.env["carbon.performance.value"].search([("code", "=", "CPP1")])
        before = {(value.id, value.date_from, value.raw_value) for value in values}
        self.assertIn((date(2025, 2, 1), 15.0), {row[1:] for row in before})
        self._values(parameter, 1)
        again = self.env["carbon.performance.value"].search([("code", "=", "CPP1")])
        self.assertEqual({(value.id, value.date_from, value.raw_value) for value in again}, before)

    def test_approved_inventory_replaces_the_ledger(self):
        baseline = self._baseline()
        parameter = self._parameter(date_from="2024-01-01", baseline_id=baseline.id)
        parameter.with_user(self.accountant).action_update_values()
        value = self.env["carbon.performance.value"].search([("date_from", "=", "2024-03-01"), ("code", "=", "CPP1")])
        self.assertEqual((value.basis, value.inventory_id), ("inventory", baseline.inventory_ids))
        self._assert_numbers(value, raw_value=16, baseline_value=16, change_percent=0)
        value.with_user(self.accountant).action_review()

    def test_output_is_drawn_from_activity_data_and_not_typed_over(self):
        leaf = self.env.ref("carbon_accounting.emission_category_production_output")
        source = self._source("Panel press", self.ton, None, kind="output", leaf=leaf)
        rule = self._rule("declared", source, name="Output declared")
        variable = self._variable("Pressed", "kg", origin="ledger", source_id=source.id, divisor=0.001)
        self._declare(rule, 3, self.ton, "2025-01-05", name="P1")
        self._declare(rule, 4, self.ton, "2025-01-25", name="P2")
        self._commit()
        variable.with_user(self.accountant).action_draw()
        self.assertEqual(
            [(row.date, row.value, row.is_drawn) for row in variable.value_ids], [(date(2025, 1, 1), 7000, True)]
        )
        with self.assertRaisesRegex(UserError, "drawn from records"):
            variable.value_ids.with_user(self.accountant).value = 1
        with self.assertRaisesRegex(UserError, "drawn from records"):
            self._set(variable, 2024, [1])

    def test_chart_shows_actual_normalised_baseline_and_benchmark(self):
        baseline = self._baseline()
        benchmark = self._benchmark(10, "t CO2e/month")
        parameter = self._parameter(
            baseline_id=baseline.id, variables=self.output, kind="model", benchmark_ids=[(6, 0, benchmark.ids)]
        )
        self._set(self.output, 2025, [5])
        self._burn(2025, [18])
        self._values(parameter, 1)
        (row,) = parameter.chart_data["rows"]
        self.assertEqual((row["start"], row["actual"], row["baseline"], row["benchmark"]), ("2025-01-01", 18, 12, 10))
        self.assertAlmostEqual(row["normalised"], 10.8)

    # ------------------------------------------------------------------ rights
    def test_readers_read_and_write_nothing(self):
        parameter = self._parameter(baseline_id=self._baseline().id, variables=self.output, kind="model")
        self._burn(2025, [18])
        self._values(parameter, 1)
        self.env["carbon.static.factor"].create(
            {"name": "Area", "unit": "m²", "baseline_id": parameter.baseline_id.id, "reference_value": 1}
        )
        for name in self._models():
            model = self.env[name].with_user(self.reader)
            records = model.search([])
            self.assertTrue(model.has_access("read"), name)
            for operation in ("create", "write", "unlink"):
                self.assertFalse(model.has_access(operation), f"{name} {operation}")
            if records:
                with self.assertRaises(
                    UserError
                ):  # or AccessError: lines of what is approved are frozen before rights are asked
                    records[:1].write({"create_uid": self.reader.id})
        for act in ("action_update_values", "action_fit", "action_approve"):
            with self.assertRaises(AccessError):
                getattr(parameter.with_user(self.reader), act)()
        value = self.env["carbon.performance.value"].with_user(self.reader).search([], limit=1)
        with self.assertRaises(AccessError):
            value.action_review()

    def test_companies_do_not_see_each_other(self):
        parameter = self._parameter(baseline_id=self._baseline().id, variables=self.output, kind="model")
        self._benchmark(10, "t CO₂e/month")
        self._burn(2025, [18])
        self._values(parameter, 1)
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("perf-stranger", "group_carbon_manager", other)
        for name in self._models():
            records = self.env[name].search([("company_id", "=", self.company.id)])
            seen = self.env[name].with_user(stranger).with_context(allowed_company_ids=other.ids).search([])
            self.assertFalse(seen & records, name)
            if records:
                with self.assertRaises(AccessError):
                    records[:1].with_user(stranger).with_context(allowed_company_ids=other.ids).check_access("read")

    @staticmethod
    def _models():
        return (
            *("carbon.benchmark", "carbon.relevant.variable", "carbon.relevant.variable.value", "carbon.baseline"),
            *(
                "carbon.baseline.line",
                "carbon.baseline.adjustment",
                "carbon.static.factor",
                "carbon.static.factor.reading",
            ),
            *("carbon.performance.parameter", "carbon.performance.parameter.variable", "carbon.performance.value"),
        )
