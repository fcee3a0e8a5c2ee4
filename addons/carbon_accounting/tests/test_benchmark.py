from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .performance_common import PerformanceCommon


@tagged("post_install", "-at_install")
class TestBenchmark(PerformanceCommon):
    """Advanced values and limits, and where they are compared with (R-056)."""

    def test_a_confirmed_benchmark_keeps_value_and_source(self):
        benchmark = self._benchmark(5, "t CO₂e/m³")
        for vals in ({"value": 4}, {"source_document": "Other"}, {"unit": "t"}, {"state": "draft"}):
            with self.assertRaises(UserError):
                benchmark.sudo().write(vals)
        with self.assertRaises(UserError):
            benchmark.sudo().unlink()
        benchmark.year_to = 2025
        self.assertEqual(benchmark.year_to, 2025)

    def test_a_benchmark_says_what_it_is_about_and_has_a_value(self):
        with self.assertRaisesRegex(ValidationError, "names no"):
            self._benchmark(5, "t CO₂e/m³", applies_to="source")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._benchmark(0, "t CO₂e/m³")

    def test_values_are_compared_with_the_strictest_advanced_value_of_their_year(self):
        marks = (
            self._benchmark(9, "t CO2e/m3")
            | self._benchmark(7, "t CO₂e/m³")
            | self._benchmark(5, "t CO₂e/m³", year_to=2024)
        )
        marks |= self._benchmark(1, "t CO₂e/m³", kind="limit")
        parameter = self._parameter(kind="product", denominator_id=self.output.id, benchmark_ids=[(6, 0, marks.ids)])
        self._set(self.output, 2025, [4, 4])
        self._burn(2025, [28, 32])
        january, february = self._values(parameter, 1, 2)
        self.assertEqual((january.raw_value, january.benchmark_value, january.meets_benchmark), (7, 7, True))
        self.assertEqual((february.raw_value, february.meets_benchmark), (8, False))

    def test_another_unit_or_a_draft_is_refused(self):
        mark = self._benchmark(5, "kg CO₂e/m³", confirm=False)
        with self.assertRaisesRegex(UserError, "(?s)cannot be compared.*is not confirmed"):
            self._parameter(kind="product", denominator_id=self.output.id, benchmark_ids=[(6, 0, mark.ids)])

    def test_intensities_of_an_inventory_take_the_benchmark_and_show_the_base_year(self):
        base = self._base_inventory()
        self._burn(2025, [20] * 12)
        inventory = self._computed(2025)
        mark, limit = self._benchmark(2, "t CO₂e/m³"), self._benchmark(4, "t CO₂e/m³", kind="limit")
        values = {"name": "m³ of panels", "unit": "m³", "quantity": 80, "inventory_id": inventory.id}
        row = self.env["carbon.inventory.intensity"].create({**values, "benchmark_id": mark.id})
        self.assertEqual((row.intensity, row.advanced, row.verdict), (3, 2, "above"))  # 240 t / 80 m³
        row.benchmark_id = limit
        self.assertEqual((row.expected, row.verdict), (4, "expected"))
        row.advanced = 3
        row.benchmark_id = mark
        self.assertEqual(row.advanced, 2)
        self.assertEqual(
            inventory._get_chart_data()["intensities"], [{"id": row.id, "name": "m³ of panels", "t": 150.0}]
        )
        row.unit = "m3"
        with self.assertRaisesRegex(UserError, "cannot be compared"):
            row.unit = "piece"
        self.assertEqual(row.base_year_intensity, 0)
        self.assertFalse(base.intensity_ids)

    def test_an_intensity_is_compared_with_the_same_one_of_the_base_year(self):
        self._set(self.output, 2024, range(1, 13))
        self._burn(2024, [10 + 2 * unit for unit in range(1, 13)])
        base = self._computed(2024)
        values = {"name": "m³ of panels", "unit": "m³"}
        self.env["carbon.inventory.intensity"].create({**values, "quantity": 78, "inventory_id": base.id})
        self._close_year(2024)
        self._approve(base)
        base.with_user(self.manager).action_set_base_year()
        self._burn(2025, [20] * 12)
        inventory = self._computed(2025)
        row = self.env["carbon.inventory.intensity"].create({**values, "quantity": 80, "inventory_id": inventory.id})
        # 276 / 78 = 3.538…, 240 / 80 = 3
        self._assert_numbers(row, base_year_intensity=276 / 78, base_year_change=100 * (3 - 276 / 78) / (276 / 78))
        self._assert_numbers(base.intensity_ids, base_year_intensity=0)
