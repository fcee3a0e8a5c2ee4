import io
import math
import random

import psycopg2
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools import uncertainty
from .test_worked_examples import read_examples
from .uncertainty_common import UncertaintyCommon


@tagged("post_install", "-at_install")
class TestUncertainty(UncertaintyCommon):
    """Intervals of lines, sources and totals, and what they come from (R-138; IPCC 2006, volume 1, chapter 3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.examples = read_examples()
        cls.grades = cls.env["carbon.data.grade"]

    # ------------------------------------------------------------------ helpers
    def _input(self, name, key):
        value = self.examples[name]["inputs"][key]["value"]
        return [float(v) for v in value] if isinstance(value, list) else float(value)

    def _check_example(self, name, found):
        example = self.examples[name]
        self.assertLessEqual(abs(found - float(example["expected"])), float(example["tolerance_abs"]))

    # ------------------------------------------------------------------ numbers
    def test_two_lines_of_the_story_give_2_9_percent(self):
        # S3: 100 t (2 % activity, 3 % factor) and 50 t (5 %): sqrt(100² · 13 + 50² · 25) / 150 = 2.925 %
        self._burn("A", 100, 2, 3)
        self._burn("B", 50, 5, 0.0)
        inventory = self._assessed()
        self.assertEqual(round(inventory.total_t, 6), 150)
        self.assertAlmostEqual(inventory.uncertainty_percent, math.sqrt(100**2 * 13 + 50**2 * 25) / 150, 9)
        self.assertEqual(round(inventory.uncertainty_percent, 1), 2.9)
        total = self._results(inventory, "total")["With purchased energy"]
        self.assertEqual(round(total.half_t, 3), 4.387)
        self.assertEqual((round(total.lower_t, 3), round(total.upper_t, 3)), (145.613, 154.387))
        self.assertFalse(total.rating, "the factor of B is not known: no rating")
        sources = self._results(inventory, "source")
        self.assertEqual(round(sources["A"].percent, 4), 3.6056)
        self.assertEqual(round(sources["B"].percent, 4), 5)

    def test_product_of_activity_and_parameters_of_the_factor(self):
        # UNC-2: activity 2 %, calorific value 3 %, carbon content 5 %
        a, b, c = (self._input("UNC-2", key) for key in "abc")
        self._burn("A", 10, a, uncertainty.combine_product(b, c))
        inventory = self._assessed()
        self._check_example("UNC-2", inventory.uncertainty_percent)
        self.assertEqual(
            self._results(inventory, "total")["With purchased energy"].rating, "good", "±6.2 %, all of it known"
        )

    def test_denominator_is_the_sum_and_not_the_root_of_squares(self):
        # UNC-9 is the mistake of a public model: sqrt(Σ(ux)²) / sqrt(Σx²)
        values, percents = self._input("UNC-9", "x"), self._input("UNC-9", "u")
        for number, (value, percent) in enumerate(zip(values, percents, strict=True)):
            self._burn(f"L{number}", value, percent, 0)
        found = self._assessed().uncertainty_percent
        self.assertAlmostEqual(found, math.sqrt((100 * 5) ** 2 + (200 * 10) ** 2) / 300, 9)
        wrong, tolerance = (float(self.examples["UNC-9"][key]) for key in ("engine_result", "tolerance_abs"))
        self.assertGreater(abs(found - wrong), tolerance)

    def test_removal_that_is_netted_counts_with_its_sign(self):
        # UNC-4: an inventory never nets; the formula is there for balances that do
        found = uncertainty.combine_sum(self._input("UNC-4", "x"), self._input("UNC-4", "u"))
        self._check_example("UNC-4", found)

    def test_interval_and_pedigree_of_the_worked_examples(self):
        self._check_example("S3S-UNC", uncertainty.half_width(*(self._input("S3S-UNC", key) for key in ("lo", "hi"))))
        self._check_example("UNC-6", uncertainty.pedigree_gsd2(*(self._input("UNC-6", key) for key in "brctgk")))
        self._check_example("UNC-7", uncertainty.pedigree_variance(self._input("UNC-7", "u")))

    def test_lines_that_share_a_factor_err_together(self):
        # 100 t and 300 t of one factor ±10 %: 10 %, where independent factors would give sqrt(10² + 30²) / 400 = 7.9 %
        shared = self._uncertain("GRID", 1000, 10)
        self._burn("A", 100, 0, shared=shared)
        self._burn("B", 300, 0, shared=shared)
        inventory = self._assessed()
        self.assertAlmostEqual(inventory.uncertainty_percent, 10, 9)
        self.assertAlmostEqual(uncertainty.combine_correlated([100, 300], [10, 10]), 10, 9)
        self.assertAlmostEqual(uncertainty.combine_sum([100, 300], [10, 10]), 7.905694, 6)
        self.assertEqual(
            [(r.level, r.factor_id, round(r.half_t)) for r in inventory.uncertainty_top_ids], [("factor", shared, 40)]
        )

    def test_months_of_one_source_do_not_average_out(self):
        source = self._source("Kiln", self.ton, self._uncertain("KILN", 1000, 0))
        rule = self._rule("declared", source, name="Kiln", uncertainty=6)
        for month in range(1, 13):
            self._declare(rule, 10, self.ton, day=f"2025-{month:02}-15", name=f"M{month}")
        inventory = self._assessed()
        self.assertEqual(round(inventory.total_t), 120)
        self.assertAlmostEqual(inventory.uncertainty_percent, 6, 9)

    def test_readings_of_one_instrument_err_together_across_sources(self):
        meter = self.env["maintenance.equipment"].create({"name": "W1", "company_id": self.company.id})
        for name in ("A", "B"):
            self._burn(name, 50, 4, 0, rule={"equipment_id": meter.id})
        self._burn("C", 100, 4, 0)
        inventory = self._assessed()
        self.assertAlmostEqual(inventory.uncertainty_percent, math.sqrt(4**2 + 4**2) / 2, 9)
        widest = self._results(inventory, "activity")
        self.assertEqual(set(widest), {"W1", "C (Measured)"})
        self.assertEqual(widest["W1"].equipment_id, meter)

    def test_what_was_counted_back_leaves_no_trace(self):
        self._burn("A", 100, 5, 0)
        wrong = self._burn("B", 80, 50, 0)
        self._commit()
        self.env["carbon.declaration"].search([("name", "=", "B")]).action_cancel()
        inventory = self._assessed()
        self.assertEqual(round(inventory.total_t), 100)
        self.assertAlmostEqual(inventory.uncertainty_percent, 5, 9)
        self.assertNotIn(wrong, inventory.uncertainty_result_ids.source_id)

    # ------------------------------------------------------------------ grades
    def test_grade_of_the_company_stands_in_and_goes_before_the_shared_one(self):
        self._burn("A", 100)
        shared = self.grades.search([("part", "=", "activity"), ("grade", "=", "measured"), ("company_id", "=", False)])
        shared.write({"percent": 9, "basis": "Study of all sites"})
        own = self.grades.create(
            {"part": "activity", "grade": "measured", "percent": 4, "score": 1, "basis": "Own study"}
        )
        self.assertEqual(own.company_id, self.env.company)
        own.company_id = self.company
        self.grades.create(
            {
                "part": "factor",
                "grade": "published",
                "percent": 3,
                "score": 3,
                "basis": "Guideline",
                "company_id": self.company.id,
            }
        )
        inventory = self._assessed()
        self.assertAlmostEqual(inventory.uncertainty_percent, 5, 9)
        self.assertEqual(inventory.uncertainty_coverage, 100)
        own.unlink()
        inventory.action_assess_uncertainty()
        self.assertAlmostEqual(inventory.uncertainty_percent, math.hypot(9, 3), 9)

    def test_percentage_of_a_grade_needs_what_it_rests_on(self):
        with self.assertRaisesRegex(ValidationError, "rests on"):
            self.grades.create({"part": "factor", "grade": "supplier", "percent": 10, "company_id": self.company.id})
        with self.assertRaisesRegex(ValidationError, "no grade of"):
            self.grades.create({"part": "activity", "grade": "supplier", "company_id": self.company.id})

    def test_quality_score_is_weighted_by_emissions(self):
        # measured × published = 1 × 3 for 75 t, estimated × published = 3 × 3 for 25 t: 4.5
        self._burn("A", 75)
        self._burn("B", 25, rule={"quality": "estimated"})
        inventory = self._assessed()
        self.assertAlmostEqual(inventory.quality_score, 0.75 * 3 + 0.25 * 9, 9)
        scores = {name: row.score for name, row in self._results(inventory, "source").items()}
        self.assertEqual(scores, {"A": 3, "B": 9})

    # ------------------------------------------------------------------ what to improve
    def test_widest_measurements_come_first_and_say_what_halving_them_gives(self):
        self._burn("A", 100, 8, 0)
        self._burn("B", 100, 6, 0)
        inventory = self._assessed()
        first, second = inventory.uncertainty_top_ids
        self.assertEqual((first.source_id.name, round(first.half_t, 9), round(first.share, 9)), ("A", 8, 64))
        self.assertEqual((second.source_id.name, round(second.half_t, 9), round(second.share, 9)), ("B", 6, 36))
        self.assertAlmostEqual(inventory.uncertainty_percent, 5, 9)
        self.assertAlmostEqual(first.halved_percent, 100 * math.hypot(4, 6) / 200, 9)
        parts = self.env["carbon.inventory.uncertainty"].search(first.action_view_parts()["domain"])
        self.assertEqual(parts.source_id, first.source_id)

    def test_ten_widest_are_shown_on_the_form(self):
        for number in range(1, 13):
            self._burn(f"S{number}", 100, number, 0)
        inventory = self._assessed()
        self.assertEqual(inventory.uncertainty_top_ids.mapped("source_id.name"), [f"S{n}" for n in range(12, 2, -1)])
        self.assertEqual(len(self._results(inventory, "activity")), 12)

    def test_both_bases_of_electricity_have_their_interval(self):
        power = self._source(
            "Grid", self.ton, self._uncertain("LOC", 1000, 10), stream=self.location, leaf=self.electricity_leaf
        )
        power.factor_line_ids = [(0, 0, {"stream_id": self.market.id, "factor_id": self._uncertain("MAR", 500, 2).id})]
        self._declare(self._rule("declared", power, name="Grid", uncertainty=1), 100, self.ton)
        inventory = self._assessed()
        totals = self._results(inventory, "total")
        self.assertAlmostEqual(totals["Location-based"].percent, math.hypot(10, 1), 9)
        self.assertAlmostEqual(totals["Market-based"].percent, math.hypot(2, 1), 9)
        self.assertAlmostEqual(totals["With purchased energy"].percent, math.hypot(10, 1), 9)
        self.assertNotIn("Without purchased energy", totals)

    # ------------------------------------------------------------------ simulation
    def test_simulation_repeats_with_its_seed_and_meets_the_formula(self):
        self._burn("A", 100, 8, 0.001)
        self._burn("B", 100, 6, 0.001)
        inventory = self._assessed()
        inventory.simulation_seed = 20251121
        inventory.action_simulate_uncertainty()
        first = inventory.simulated_low_t, inventory.simulated_mean_t, inventory.simulated_high_t
        self.assertAlmostEqual(first[1], 200, delta=0.3)
        self.assertAlmostEqual(first[0], 190, delta=0.5)
        self.assertAlmostEqual(first[2], 210, delta=0.5)
        inventory.action_simulate_uncertainty()
        self.assertEqual(first, (inventory.simulated_low_t, inventory.simulated_mean_t, inventory.simulated_high_t))
        inventory.simulation_distribution = "lognormal"
        inventory.action_simulate_uncertainty()
        self.assertNotEqual(first[0], inventory.simulated_low_t)

    def test_simulation_without_seed_keeps_the_one_it_drew(self):
        self._burn("A", 100, 8, 0.001)
        inventory = self._assessed()
        inventory.simulation_trials = 200
        inventory.action_simulate_uncertainty()
        self.assertGreater(inventory.simulation_seed, 0)
        self.assertGreater(inventory.simulated_high_t, inventory.simulated_low_t)

    def test_shared_factor_is_drawn_once_in_a_trial(self):
        parts = [uncertainty.Part(100, name, 0.0, "grid", 10.0) for name in ("a", "b", "c", "d")]
        found = uncertainty.simulate(parts, 7, 4000)
        self.assertAlmostEqual((found.high - found.low) / 2, 40, delta=2)

    def test_every_distribution_has_95_percent_of_its_draws_within_the_interval(self):
        part = [uncertainty.Part(100, "a", 0.0, "f", 10.0)]
        ends = {}
        for distribution, widest in {"uniform": 10 / 0.95, "triangular": 10 / (1 - math.sqrt(0.05))}.items():
            found = uncertainty.simulate(part, 7, 40000, distribution)
            self.assertAlmostEqual(found.low, 90, delta=0.2)
            self.assertAlmostEqual(found.high, 110, delta=0.2)
            self.assertEqual(found, uncertainty.simulate(part, 7, 40000, distribution))
            draw, generator = uncertainty._DRAWS[distribution], random.Random(1)
            ends[distribution] = max(draw(generator, 10, 10) for _ in range(20000))
            self.assertLessEqual(ends[distribution], 1 + widest / 100)
        self.assertGreater(ends["triangular"], 1.12)
        self.assertLess(ends["uniform"], 1.106)

    def test_uniform_inventory_says_whether_its_interval_has_settled(self):
        self._burn("A", 100, 40, 0.001)
        inventory = self._assessed()
        inventory.write({"simulation_distribution": "uniform", "simulation_seed": 3, "simulation_trials": 100})
        inventory.action_simulate_uncertainty()
        self.assertGreater(inventory.simulated_moved, 1)
        inventory.write({"simulation_trials": 20000})
        inventory.action_simulate_uncertainty()
        self.assertLess(inventory.simulated_moved, 1)
        self.assertAlmostEqual(inventory.simulated_low_t, 60, delta=1)
        self.assertAlmostEqual(inventory.simulated_high_t, 140, delta=1)

    # ------------------------------------------------------------------ life
    def test_handing_on_assesses_what_was_not_assessed(self):
        self._burn("A", 100, 3, 4)
        inventory = self._computed()
        self.assertFalse(inventory.uncertainty_on)
        inventory.maker_note = "Looked at."
        inventory.action_check()
        self.assertAlmostEqual(inventory.uncertainty_percent, 5, 9)

    def test_computing_again_forgets_the_assessment(self):
        self._burn("A", 100, 3, 4)
        inventory = self._assessed()
        inventory.action_compute()
        self.assertEqual((inventory.uncertainty_on, inventory.uncertainty_percent), (False, 0))
        self.assertFalse(inventory.uncertainty_result_ids)
        self.assertFalse(self.env["carbon.inventory.uncertainty"].search([("inventory_id", "=", inventory.id)]))

    def test_results_cannot_be_typed_in_and_are_frozen_with_the_inventory(self):
        self._burn("A", 100, 3, 4)
        inventory = self._assessed()
        part = self.env["carbon.inventory.uncertainty"].search([("inventory_id", "=", inventory.id)])
        for forge in (
            lambda: inventory.write({"uncertainty_percent": 1}),
            lambda: inventory.uncertainty_result_ids[0].write({"percent": 1}),
            lambda: inventory.uncertainty_result_ids.unlink(),
            lambda: inventory.uncertainty_result_ids.create({"inventory_id": inventory.id, "level": "total"}),
            lambda: part.write({"percent": 1}),
            part.unlink,
        ):
            with self.assertRaises(UserError):
                forge()
        inventory.maker_note = "Looked at."
        inventory.action_check()
        for table in ("carbon_inventory_uncertainty", "carbon_inventory_uncertainty_result"):
            with self.assertRaisesRegex(psycopg2.Error, "frozen"), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env.cr.execute(
                    SQL("UPDATE %s SET percent = 1 WHERE inventory_id = %s", SQL.identifier(table), inventory.id)
                )
        with self.assertRaises(UserError):
            inventory.action_assess_uncertainty()

    def test_reader_sees_and_cannot_assess_and_other_companies_see_nothing(self):
        self._burn("A", 100, 3, 4)
        inventory = self._assessed()
        reader = self._user("unc-reader", "group_carbon_reader")
        self.assertTrue(inventory.with_user(reader).uncertainty_total_ids)
        with self.assertRaises(UserError):
            inventory.with_user(reader).action_assess_uncertainty()
        with self.assertRaises(AccessError):
            self.grades.with_user(reader).search([], limit=1).write({"score": 2})
        other = self.env["res.company"].create({"name": "Other works"})
        reader.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        env = self.env(user=reader, context={"allowed_company_ids": other.ids})
        for model in ("carbon.inventory.uncertainty", "carbon.inventory.uncertainty.result"):
            self.assertFalse(env[model].search([]))
        own = self.grades.create({"part": "factor", "grade": "supplier", "company_id": self.company.id})
        self.assertNotIn(own, env["carbon.data.grade"].search([]))

    def test_changed_grade_asks_for_a_new_assessment(self):
        self._burn("A", 100)
        inventory = self._assessed()
        self.assertFalse(inventory.is_uncertainty_stale)
        grade = self.grades.create(
            {"part": "activity", "grade": "measured", "percent": 4, "basis": "Own study", "company_id": self.company.id}
        )
        self.env.cr.execute(
            "UPDATE carbon_data_grade SET write_date = now() + interval '1 minute' WHERE id = %s", [grade.id]
        )
        inventory.invalidate_recordset()
        self.assertTrue(inventory.is_uncertainty_stale)
        with self.assertRaisesRegex(UserError, "Assess"):
            inventory.action_simulate_uncertainty()

    # ------------------------------------------------------------------ workbook
    def test_workbook_shows_results_and_the_product_as_a_formula(self):
        self._burn("A", 100, 3, 4)
        self._burn("B", 45)
        self._burn("C", 5, 5)
        inventory = self._assessed()
        inventory.simulation_trials = 200
        inventory.action_simulate_uncertainty()
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(inventory, stream)
        results = self._sheet(stream, "不确定性 Uncertainty")
        headline = next(row for row in results if row[1] == "含外购能源 With purchased energy")
        half = math.hypot(5, 0.25)
        self.assertEqual([round(value, 6) for value in headline[2:4]], [150, round(100 * half / 150, 6)])
        self.assertEqual(
            [headline[4:6], *(round(value, 6) for value in headline[6:9])],
            [[None, None], round(150 - half, 6), round(150 + half, 6), round(100 * 100 / 150, 6)],
        )
        self.assertIn(
            ["蒙特卡洛模拟 Monte Carlo", "随机种子 Seed", inventory.simulation_seed], [row[:3] for row in results]
        )
        parts = {row[0]: row for row in self._sheet(stream, "不确定性组成 Parts")}
        self.assertEqual([parts["A"][index] for index in (4, 5, 7, 9, 10)], [100000, 3, 4, 5, 5000])
        unknown = "未知 Not known"
        self.assertEqual(parts["B"][4:11], [45000, None, unknown, None, unknown, unknown, None])
        self.assertEqual(parts["C"][4:11], [5000, 5, "记录 Record", None, unknown, unknown, None])
        self.assertEqual(list(parts)[-3:], ["A", "B", "C"], "the widest first, then the largest that is not known")
        formulas = {row[0]: row for row in self._sheet(stream, "不确定性组成 Parts", data_only=False)}
        self.assertRegex(formulas["A"][9], r"^=SQRT\(F\d+\^2\+H\d+\^2\)$")
        self.assertEqual((formulas["B"][9:11], formulas["C"][9:11]), ([unknown, None], [unknown, None]))

    def _sheet(self, stream, name, data_only=True):
        stream.seek(0)
        return [list(row) for row in load_workbook(stream, data_only=data_only)[name].iter_rows(values_only=True)]
