import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .performance_common import PerformanceCommon


@tagged("post_install", "-at_install")
class TestBaseline(PerformanceCommon):
    """Baselines, their adjustments and static factors (R-053, R-054, R-055)."""

    def _adjust(self, baseline, new_t, **values):
        return (
            self.env["carbon.baseline.adjustment"]
            .with_user(self.accountant)
            .create(
                {
                    "name": "Second line",
                    "baseline_id": baseline.id,
                    "trigger": "parameter",
                    "new_t": new_t,
                    "explanation": "Metered for a month.",
                    **values,
                }
            )
        )

    def _area(self, baseline):
        return self.env["carbon.static.factor"].create(
            {"name": "Floor area", "unit": "m²", "baseline_id": baseline.id, "reference_value": 1000, "threshold": 10}
        )

    def test_baseline_holds_the_figures_of_the_base_year_by_category(self):
        baseline = self._baseline()
        self.assertEqual(
            [(line.emission_category_id, round(line.original_t, 9)) for line in baseline.line_ids], [(self.leaf, 276)]
        )
        self.assertEqual((baseline.state, baseline.gwp_set_id, baseline.gases), ("approved", self.ar6, "CO2"))
        self._assert_numbers(baseline, original_t=276, total_t=276)

    def test_mean_of_two_years_is_the_mean_by_category(self):
        first = self._base_inventory()
        self._burn(2025, [20] * 12)
        second = self._computed(2025)
        self._close_year(2025)
        self._approve(second)
        baseline = self._baseline(first | second, method="mean")
        self._assert_numbers(baseline, total_t=258)  # (276 + 240) / 2

    def test_only_the_marked_base_year_and_approved_inventories_are_accepted(self):
        inventory = self._base_inventory()
        self._burn(2025, [20] * 12)
        draft = self._computed(2025)
        baseline = self._baseline(draft, approve=False)
        with self.assertRaisesRegex(UserError, "(?s)is not the base year.*is not approved"):
            baseline.with_user(self.manager).action_approve()
        baseline.write({"inventory_ids": [(6, 0, inventory.ids)]})
        with self.assertRaisesRegex(UserError, "not those of the inventories"):
            baseline.with_user(self.manager).action_approve()
        baseline.write({"representative": False})
        baseline.action_compute()
        with self.assertRaisesRegex(UserError, "Say why the baseline is representative"):
            baseline.with_user(self.manager).action_approve()

    def test_who_drew_a_baseline_up_does_not_approve_it(self):
        baseline = self._baseline(approve=False)
        with self.assertRaises(AccessError):
            baseline.with_user(self.accountant).action_approve()
        baseline.with_user(self.manager).action_compute()
        with self.assertRaisesRegex(AccessError, "prepared by"):
            baseline.with_user(self.manager).action_approve()
        baseline.with_user(self.other_manager).action_approve()
        self.assertEqual(baseline.approved_by_id, self.other_manager)

    def test_approved_baselines_are_neither_changed_nor_deleted(self):
        baseline = self._baseline()
        for act in (
            lambda: baseline.sudo().write({"representative": "Other"}),
            lambda: baseline.line_ids.sudo().write({"original_t": 1}),
            lambda: baseline.sudo().unlink(),
            lambda: baseline.line_ids.sudo().unlink(),
            lambda: baseline.sudo().write({"state": "draft"}),
            lambda: baseline.sudo().action_compute(),
        ):
            with self.assertRaises(UserError):
                act()

    def test_adjustments_count_in_their_order_and_stay(self):
        baseline = self._baseline()
        first = self._adjust(baseline, 300, emission_category_id=self.leaf.id)
        self._assert_numbers(first, old_t=276, difference_t=24)
        self._assert_numbers(baseline, total_t=276)
        with self.assertRaises(AccessError):
            first.with_user(self.accountant).action_approve()
        first.with_user(self.manager).action_approve()
        self._assert_numbers(baseline, original_t=276, total_t=300)
        second = self._adjust(baseline, 270)  # the whole baseline: 270 / 300 = 90 %
        self._assert_numbers(second, old_t=300, difference_percent=-10)
        second.with_user(self.manager).action_approve()
        self._assert_numbers(baseline.line_ids, original_t=276, adjusted_t=270)
        self._assert_numbers(first, old_t=276)
        for record in (first, second):
            for act in (record.sudo().unlink, lambda r=record: r.sudo().write({"new_t": 1})):
                with self.assertRaises(UserError):
                    act()
        rejected = self._adjust(baseline, 200)
        rejected.with_user(self.manager).action_reject()
        self._assert_numbers(baseline, total_t=270)
        with self.assertRaises(UserError):
            rejected.sudo().unlink()

    def test_who_drew_an_adjustment_up_does_not_approve_it(self):
        adjustment = self._adjust(self._baseline(), 300)
        adjustment.with_user(self.manager).new_t = 310
        with self.assertRaisesRegex(AccessError, "prepared by"):
            adjustment.with_user(self.manager).action_approve()
        adjustment.with_user(self.other_manager).action_approve()

    def test_values_are_compared_with_the_adjusted_baseline(self):
        baseline = self._baseline()
        parameter = self._parameter(baseline_id=baseline.id, variables=self.output, kind="model")
        self._set(self.output, 2025, [5])
        self._burn(2025, [18])
        self._adjust(baseline, 138).with_user(self.manager).action_approve()  # half of 276
        (value,) = self._values(parameter, 1)
        # half of January 2024 is 6, half of what the regression expects is 10: 18 is 80 % above
        self._assert_numbers(value, baseline_value=6, expected_value=10, change_percent=80, normalised_value=10.8)

    def test_a_static_factor_that_crosses_its_threshold_asks_once_for_an_adjustment(self):
        baseline = self._baseline()
        factor = self._area(baseline)
        readings = self.env["carbon.static.factor.reading"].with_user(self.accountant)
        small = readings.create({"factor_id": factor.id, "date": "2025-02-01", "value": 1099})
        self.assertEqual((factor.is_crossed, round(factor.change_percent, 9)), (False, 9.9))
        self.assertFalse(baseline.activity_ids)
        readings.create({"factor_id": factor.id, "date": "2025-03-01", "value": 1100})
        self.assertTrue(factor.is_crossed)
        self.assertEqual(self.env["carbon.static.factor"].search([("is_crossed", "=", True)]), factor)
        (todo,) = baseline.activity_ids
        self.assertEqual((todo.summary, todo.user_id), ("Static factor changed: Floor area", self.manager))
        self.env["carbon.performance.value"]._cron_update()
        self.assertEqual(len(baseline.activity_ids), 1)
        for act in (
            lambda: small.write({"value": 1}),
            small.unlink,
            factor.unlink,
            lambda: factor.write({"reference_value": 1}),
        ):
            with self.assertRaises(UserError):
                act()
        action = factor.with_user(self.accountant).action_adjust()
        self.assertEqual(action["context"]["default_static_factor_id"], factor.id)
        adjustment = self._adjust(baseline, 290, trigger="static", static_factor_id=factor.id)
        adjustment.with_user(self.manager).action_approve()
        self.assertEqual((factor.reference_value, factor.is_crossed), (1100, False))

    def test_a_new_version_needs_a_reason_and_takes_the_static_factors_along(self):
        baseline = self._baseline()
        factor = self._area(baseline)
        second = self.env["carbon.baseline"].browse(baseline.action_new_version()["res_id"])
        self.assertEqual((second.version, second.line_ids.original_t), (2, baseline.line_ids.original_t))
        with self.assertRaisesRegex(UserError, "Say why this version"):
            second.with_user(self.other_manager).action_approve()
        second.with_user(self.accountant).change_reason = "Yearly review"
        second.with_user(self.manager).action_approve()
        self.assertEqual((baseline.state, factor.baseline_id), ("superseded", second))
        self.assertEqual(baseline._in_force(), second)
        with self.assertRaisesRegex(UserError, "is not in force"):
            self._adjust(baseline, 1).with_user(self.manager).action_approve()
        with self.assertRaises(UserError):
            baseline.sudo().unlink()

    def test_a_restatement_asks_for_an_adjustment(self):
        inventory = self._base_inventory()
        baseline = self._baseline(inventory)
        draft = self._restated(inventory)
        self._reopen(draft, ["2024-01-01"])
        self._declare(self.kiln_rule, 4, self.ton, "2024-01-20", name="LATE")
        self._commit()
        self._period("2024-01-01").action_close()
        draft.action_compute()
        self._approve(draft)
        self.assertTrue(baseline.is_restated)
        self.assertIn("Baseline rests on a restated inventory", baseline.activity_ids.mapped("summary"))
        self._assert_numbers(baseline, total_t=276)

    def test_a_projection_is_typed_in_and_compared_by_months(self):
        baseline = self._baseline(
            self.env["carbon.inventory"].browse(), approve=False, method="projection", inventory_ids=False
        )
        baseline.line_ids = [(0, 0, {"emission_category_id": self.leaf.id, "original_t": 240})]
        baseline.with_user(self.manager).action_approve()
        parameter = self._parameter(baseline_id=baseline.id)
        self._burn(2025, [18])
        self._assert_numbers(self._values(parameter, 1), baseline_value=20, change_percent=-10)
        with self.assertRaisesRegex(UserError, "A projection has no denominators"):
            self._parameter(code="CPP2", baseline_id=baseline.id, kind="product", denominator_id=self.output.id)

    def test_history_workbook_holds_all_versions_adjustments_and_readings(self):
        baseline = self._baseline()
        factor = self._area(baseline)
        factor.reading_ids.create({"factor_id": factor.id, "date": "2025-02-01", "value": 1010})
        self._adjust(baseline, 300).with_user(self.manager).action_approve()
        second = self.env["carbon.baseline"].browse(baseline.action_new_version()["res_id"])
        self._parameter(baseline_id=baseline.id, kind="product", denominator_id=self.output.id)
        stream = io.BytesIO()
        self.env["carbon.baseline.history"].with_user(self.reader)._write(second.with_user(self.reader), stream)
        book = load_workbook(stream)
        rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
        self.assertEqual([row[2] for row in rows["版本 Versions"][2:]], [1, 2])
        self.assertEqual([row[10:12] for row in rows["版本 Versions"][2:]], [(276, 300), (276, 276)])
        self.assertEqual(rows["调整 Adjustments"][1][6:8], (276, 300))
        self.assertEqual(rows["静态因素 Static factors"][2][5], 1010)
        self.assertEqual(len(rows["相关变量 Variables"]), 1 + 12)
