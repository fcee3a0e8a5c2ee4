import io
import math

from openpyxl import load_workbook

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..tools import seal_form, uncertainty
from ..tools.uncertainty import Part
from .uncertainty_common import UncertaintyCommon

#: Mean and both ends of 1,000 trials with seed 7, by the release before factors had two sides.
SIMULATED_BEFORE = {
    "normal": (400.59051234107284, 358.2520452137689, 440.90759705330237),
    "lognormal": (401.15407696657854, 362.4522448377188, 440.8012351082284),
}


@tagged("post_install", "-at_install")
class TestUncertaintySides(UncertaintyCommon):
    """A factor with different percentages below and above its value: each side goes its own way to the total (R-138, R-140)."""

    # ------------------------------------------------------------------ propagation, by hand
    def test_each_side_is_propagated_by_itself(self):
        """100 ±3 % × −30/+70 % less 50 ±5 % × −20/+40 %: what lowers a netted part raises the sum."""
        found = uncertainty.propagate([Part(100, "a", 3, "f", 50, (30, 70)), Part(-50, "b", 5, "g", 30, (20, 40))])
        # below: 3² + 30² + 2.5² + (50 × 40 %)² = 1315.25; above: 3² + 70² + 2.5² + (50 × 20 %)² = 5015.25
        self.assertAlmostEqual(found.below, math.sqrt(1315.25), 9)
        self.assertAlmostEqual(found.above, math.sqrt(5015.25), 9)
        self.assertAlmostEqual(found.half, (math.sqrt(1315.25) + math.sqrt(5015.25)) / 2, 9)
        self.assertTrue(found.differs())

    def test_parts_that_share_a_factor_move_together_on_each_side(self):
        parts = [Part(100, "a", 0, "grid", 50, (30, 70)), Part(60, "b", 0, "grid", 50, (30, 70))]
        found = uncertainty.propagate(parts)
        self.assertAlmostEqual(found.below, 48, 9)
        self.assertAlmostEqual(found.above, 112, 9)
        # sold on what was bought: only the difference errs
        found = uncertainty.propagate([parts[0], Part(-60, "b", 0, "grid", 50, (30, 70))])
        self.assertAlmostEqual(found.below, 12, 9)
        self.assertAlmostEqual(found.above, 28, 9)

    def test_alike_sides_give_what_one_percentage_gives(self):
        one = uncertainty.propagate([Part(100, "a", 3, "f", 4), Part(-20, "b", 5, "f", 4)])
        two = uncertainty.propagate([Part(100, "a", 3, "f", 4, (4, 4)), Part(-20, "b", 5, "f", 4, (4, 4))])
        self.assertEqual((one.below, one.above, one.half), (two.below, two.above, two.half))
        self.assertFalse(one.differs())
        self.assertEqual(one.half, one.below)

    # ------------------------------------------------------------------ inventory
    def test_total_tells_both_sides_and_its_bounds(self):
        """100 t ±3 % × −30/+70 %, and 50 t ±5 %: −√(30² + 3² + 2.5²) / +√(70² + 3² + 2.5²)."""
        self._burn("A", 100, 3, (30.0, 70.0))
        self._burn("B", 50, 5, 0.0001)
        inventory = self._assessed()
        total = self._results(inventory, "total")["With purchased energy"]
        below, above = math.sqrt(915.25), math.sqrt(4915.25)
        self.assertAlmostEqual(total.below_t, below, 6)
        self.assertAlmostEqual(total.above_t, above, 6)
        self.assertAlmostEqual(total.lower_t, 150 - below, 6)
        self.assertAlmostEqual(total.upper_t, 150 + above, 6)
        self.assertEqual(total.spread, f"− {below / 1.5:.2f} / + {above / 1.5:.2f}")
        self.assertEqual(inventory.uncertainty_spread, total.spread)
        self.assertAlmostEqual(inventory.uncertainty_percent, (below + above) / 3, 6)
        source = self._results(inventory, "source")
        self.assertEqual(source["A"].spread, f"− {math.hypot(3, 30):.2f} / + {math.hypot(3, 70):.2f}")
        self.assertEqual((source["B"].spread, source["B"].below_t), ("± 5.00", False))

    def test_parts_keep_both_sides_and_widest_component_says_so(self):
        self._burn("A", 100, 4, (3.0, 30.0))
        inventory = self._assessed()
        part = self.env["carbon.inventory.uncertainty"].search([("inventory_id", "=", inventory.id)])
        self.assertEqual((part.factor_percent, part.factor_low_percent, part.factor_high_percent), (16.5, 3, 30))
        self.assertEqual((part.factor_spread, part.spread), ("− 3.00 / + 30.00", f"− 5.00 / + {math.hypot(4, 30):.2f}"))
        self.assertAlmostEqual(part.half_kg, 1000 * (5 + math.hypot(4, 30)) / 2, 6)
        factor = self._results(inventory, "factor")["[U-A] A"]
        self.assertEqual((factor.below_t, factor.above_t, factor.half_t), (3, 30, 16.5))
        # 16.5² of 16.5² + 4²
        self.assertAlmostEqual(factor.share, 100 * 16.5**2 / (16.5**2 + 16), 6)
        self.assertAlmostEqual(factor.halved_percent, (math.hypot(4, 1.5) + math.hypot(4, 15)) / 2, 6)

    def test_inventory_without_such_factors_keeps_one_percentage(self):
        self._burn("A", 100, 3, 4)
        inventory = self._assessed()
        self.assertEqual(inventory.uncertainty_spread, "± 5.00")
        self.assertEqual(set(inventory.uncertainty_result_ids.mapped("below_t")), {False})

    # ------------------------------------------------------------------ simulation
    def test_simulation_meets_both_ends_of_the_interval_and_repeats_with_its_seed(self):
        """Of one factor −30/+70 % on 100: 2.5 % of the draws below 70 and above 170, whichever distribution."""
        part = [Part(100, "a", 0.0, "f", 50.0, (30.0, 70.0))]
        for distribution in ("normal", "lognormal"):
            found = uncertainty.simulate(part, 20251122, 40000, distribution)
            self.assertAlmostEqual(found.low, 70, delta=0.7)
            self.assertAlmostEqual(found.high, 170, delta=1.7)
            self.assertEqual(found, uncertainty.simulate(part, 20251122, 40000, distribution))

    def test_simulated_inventory_meets_the_formula(self):
        self._burn("A", 100, 0.001, (20.0, 40.0))
        inventory = self._assessed()
        inventory.simulation_seed = 7
        inventory.action_simulate_uncertainty()
        self.assertAlmostEqual(inventory.simulated_low_t, 80, delta=1)
        self.assertAlmostEqual(inventory.simulated_high_t, 140, delta=1.5)

    def test_simulation_of_alike_sides_draws_as_before(self):
        """The numbers of a sealed simulation come again: seed 7, 4 parts of ±10 %, as before the sides."""
        parts = [Part(100, name, 5.0, "grid", 10.0) for name in ("a", "b", "c", "d")]
        for distribution, before in SIMULATED_BEFORE.items():
            found = uncertainty.simulate(parts, 7, 1000, distribution)
            self.assertEqual((found.mean, found.low, found.high), before)

    # ------------------------------------------------------------------ factor versions
    def test_both_sides_are_entered_or_none_and_half_their_sum_is_the_one_percentage(self):
        version = self._uncertain("S", 1000, (30.0, 70.0)).version_ids
        self.assertEqual(version.uncertainty, 50)
        for name, sides in (("L", (30.0, 0.0)), ("H", (0.0, 5.0)), ("Z", (100.0, 300.0)), ("N", (-5.0, 5.0))):
            with self.assertRaisesRegex(ValidationError, "Enter both sides"), self.env.cr.savepoint():
                self._uncertain(name, 1000, sides)
        draft = version.copy({"date_from": "2030-01-01"})
        self.assertEqual((draft.uncertainty_low, draft.uncertainty_high, draft.uncertainty), (30, 70, 50))
        with self.assertRaisesRegex(ValidationError, r"two sides.*±7 % besides"), self.env.cr.savepoint():
            draft.uncertainty = 7
        draft.write({"uncertainty_low": 0, "uncertainty_high": 0, "uncertainty": 7})
        self.assertEqual(draft.uncertainty, 7)

    def test_sides_are_frozen_with_the_version(self):
        version = self._uncertain("S", 1000, (30.0, 70.0)).version_ids
        with self.assertRaises(UserError):
            version.uncertainty_low = 20
        with self._refused_by_database():
            self.env.cr.execute(
                "UPDATE carbon_emission_factor_version SET uncertainty_high = 1 WHERE id = %s", [version.id]
            )

    def test_import_and_packs_take_both_sides(self):
        factor = self._factor("IMPORT", self.ton, "1")
        names = ["factor_id/.id", "date_from", "uncertainty_low", "uncertainty_high"]
        result = self.env["carbon.emission.factor.version"].load(names, [[str(factor.id), "2030-01-01", "10", "40"]])
        version = self.env["carbon.emission.factor.version"].browse(result["ids"])
        self.assertEqual(version.uncertainty, 25, result["messages"])
        row = dict.fromkeys(
            ("basis", "published_on", "reporting_years", "source", "licence", "note", "draft", "region"), ""
        )
        row |= {"code": "X", "date_from": "2024-01-01", "method": "gas", "provenance": "published", "data_year": ""}
        row |= {"uncertainty_low": "10", "uncertainty_high": "40"}
        values = self.env["carbon.factor.pack"]._version_values(row, {"X": factor.id}, {"region": {}, "unit": {}})
        self.assertEqual((values["uncertainty_low"], values["uncertainty_high"]), (10, 40))

    # ------------------------------------------------------------------ workbook and seal
    def test_workbook_tells_both_sides_with_their_formulas(self):
        self._burn("A", 100, 4, (3.0, 30.0))
        self._burn("B", 10, 3, 4)
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(self._assessed(), stream)
        below, above = math.hypot(5, 0.5), math.sqrt(4**2 + 30**2 + 0.25)
        headline = self._row(stream, "不确定性 Uncertainty", 1, "含外购能源 With purchased energy")
        self.assertIsNone(headline[3])
        self.assertAlmostEqual(headline[4], 100 * below / 110, 6)
        self.assertAlmostEqual(headline[5], 100 * above / 110, 6)
        self.assertAlmostEqual(headline[6], 110 - below, 6)
        self.assertAlmostEqual(headline[7], 110 + above, 6)
        formula = self._row(stream, "不确定性 Uncertainty", 1, "含外购能源 With purchased energy", data_only=False)
        self.assertRegex(formula[6], r"^=C\d+-ABS\(C\d+\)\*E\d+/100$")
        self.assertRegex(formula[7], r"^=C\d+\+ABS\(C\d+\)\*F\d+/100$")
        part = self._row(stream, "不确定性组成 Parts", 0, "A")
        self.assertEqual((part[7], part[9], part[10], part[12], part[13], part[14]), (None, None, None, 3, 30, 5))
        self.assertAlmostEqual(part[15], math.hypot(4, 30), 9)
        self.assertEqual(self._row(stream, "不确定性组成 Parts", 0, "B")[7:10], (4, "因子版本 Factor version", 5))
        factor = self._row(stream, "排放因子 Factors", 0, "U-A")
        self.assertEqual((factor[14], factor[19], factor[20]), (None, 3, 30))

    def _row(self, stream, sheet, column, value, data_only=True):
        stream.seek(0)
        rows = load_workbook(stream, data_only=data_only)[sheet].iter_rows(values_only=True)
        return next(row for row in rows if len(row) > column and row[column] == value)

    def test_seal_covers_both_sides_and_older_forms_leave_them_out(self):
        for kind, names in {
            "factor": {"uncertainty_low", "uncertainty_high"},
            "uncertainty": {"factor_low_percent", "factor_high_percent"},
            "interval": {"below_t", "above_t"},
        }.items():
            self.assertLessEqual(names, set(seal_form.FORMS[seal_form.VERSION][kind]))
            self.assertFalse(names & set(seal_form.FORMS[4][kind]))
