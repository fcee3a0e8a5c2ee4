import math

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .method_common import MethodCommon

COAL = {"quantity": "100", "ncv": "20", "carbon_content": "0.026", "oxidation": "0.98"}
CLINKER = {"quantity": "1000", "cao_share": "0.65", "stoichiometric": "0.7848", "carbonate_share": "1", "dust": "1.02"}
BOILER_T, KILN_T = 100 * 20 * 0.026 * 0.98 * 44 / 12, 1000 * 0.65 * 0.7848 * 1.02


@tagged("post_install", "-at_install")
class TestMethodUncertainty(MethodCommon):
    """What a method calculated errs by its own inputs (R-138; IPCC 2006, volume 1, Eq. 3.1 and 3.2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boilers = [cls._use("fuel_heat_content", f"Boiler {number}") for number in (1, 2)]
        cls.kiln = cls._use("clinker", "Kiln 1")
        (cls.boilers[0] | cls.boilers[1] | cls.kiln).write({"uncertainty": 2})

    def _said(self, declaration, source="Laboratory report 7", kind="measured", **percents):
        """State source, kind and uncertainty of inputs, and post."""
        for line in declaration.input_ids.filtered(lambda line: line.input_id.code in percents):
            line.write({"source": source, "provenance": kind, "uncertainty": percents[line.input_id.code]})
        declaration.action_post()
        return declaration

    def _two_boilers_and_a_kiln(self, coal=None, clinker=None):
        for rule in self.boilers:
            self._said(self._calculated(rule, COAL, post=False), **(coal or {}))
        self._said(self._calculated(self.kiln, CLINKER, post=False), **(clinker or {}))

    def _assessed(self):
        inventory = self._computed(gwp=self.ar6)
        inventory.action_assess_uncertainty()
        return inventory

    # ------------------------------------------------------------------ tests
    def test_parameters_have_percentages_of_their_own_and_complete_the_interval(self):
        self._two_boilers_and_a_kiln(
            {"ncv": "3", "carbon_content": "2", "oxidation": "1"},
            {"cao_share": "1", "stoichiometric": "0", "carbonate_share": "0", "dust": "5"},
        )
        inventory = self._assessed()
        self.assertEqual(round(inventory.uncertainty_coverage, 9), 100)
        boiler = math.hypot(2, 3, 2, 1) * BOILER_T
        kiln = math.hypot(2, 1, 5) * KILN_T
        expected = math.hypot(boiler, boiler, kiln) / (2 * BOILER_T + KILN_T)
        self.assertAlmostEqual(inventory.uncertainty_percent, expected, 6)
        part = self.env["carbon.inventory.uncertainty"].search(
            [("inventory_id", "=", inventory.id), ("source_id", "=", self.kiln.source_id.id)]
        )
        self.assertAlmostEqual(part.factor_percent, math.hypot(1, 5), 4)
        self.assertEqual((part.factor_origin, part.provenance, part.score), ("input", "measured", 2))

    def test_methods_with_a_grade_do_not_err_together(self):
        # 7 % on each source by itself, where one shared factor gave 7.1 % of all of it
        for grade in ("computed", "recalled_unverified"):
            self.env["carbon.data.grade"].create(
                {
                    "part": "factor",
                    "grade": grade,
                    "percent": 7,
                    "score": 2,
                    "basis": "Own study",
                    "company_id": self.company.id,
                }
            )
        self._two_boilers_and_a_kiln()
        inventory = self._assessed()
        each, total = math.hypot(2, 7), 2 * BOILER_T + KILN_T
        expected = each * math.hypot(BOILER_T, BOILER_T, KILN_T) / total
        self.assertAlmostEqual(inventory.uncertainty_percent, expected, 6)
        first = inventory.uncertainty_top_ids[:1]
        self.assertEqual((first.level, first.source_id), ("factor", self.kiln.source_id))
        self.assertEqual(first.display_name, "Kiln 1: parameters of the method")
        parts = self.env["carbon.inventory.uncertainty"].search(first.action_view_parts()["domain"])
        self.assertEqual(parts.source_id, self.kiln.source_id)

    def test_what_nobody_states_stays_unknown_and_scores_as_unverified(self):
        self._two_boilers_and_a_kiln()
        inventory = self._assessed()
        self.assertEqual((inventory.uncertainty_coverage, inventory.uncertainty_state), (0, "unknown"))
        parts = self.env["carbon.inventory.uncertainty"].search([("inventory_id", "=", inventory.id)])
        self.assertEqual(set(parts.mapped("provenance")), {"recalled_unverified"})
        self.assertEqual(set(parts.mapped("score")), {6}, "calculated 2 × unverified 3")

    def test_the_worst_known_parameter_grades_all(self):
        declaration = self._calculated(self.boilers[0], COAL, post=False)
        self._said(declaration, ncv="3", carbon_content="2", oxidation="1")
        self.assertEqual(declaration.result_ids.parameter_grade, "measured")
        declaration = self._calculated(self.boilers[0], COAL, post=False, name="Second")
        self._said(declaration, kind="supplier", ncv="3", carbon_content="2")
        self.assertEqual(declaration.result_ids.parameter_grade, "recalled_unverified")
        self.assertFalse(declaration.result_ids.parameter_percent)

    def test_a_mass_that_is_measured_has_an_exact_factor(self):
        # a stack measured directly: 1 kg of CO2 is 1 kg of CO2, and the interval is that of the measurement
        source = self._source(
            "Stack", self.kg, self.env["carbon.emission.factor"]._get_gas_mass(self.gas_co2, "fossil")
        )
        self._declare(self._rule("declared", source, name="Stack", uncertainty=4), 5000, self.kg)
        inventory = self._assessed()
        self.assertEqual(inventory.uncertainty_coverage, 100)
        self.assertAlmostEqual(inventory.uncertainty_percent, 4, 9)
        part = self.env["carbon.inventory.uncertainty"].search([("inventory_id", "=", inventory.id)])
        self.assertEqual((part.factor_percent, part.factor_origin, part.score), (0, "definition", 1))

    def test_uncertainty_of_the_quantity_goes_before_that_of_the_rule(self):
        percents = {"quantity": "1", "ncv": "0", "carbon_content": "0", "oxidation": "0"}
        self._said(self._calculated(self.boilers[0], COAL, post=False), **percents)
        self.assertAlmostEqual(self._assessed().uncertainty_percent, 1, 4)

    def test_rows_of_a_table_are_independent_measurements(self):
        rule = self._use("carbonates", "Flux", sources=None)
        flux = {"masses": ["30", "40"], "purities": ["1", "1"], "conversions": ["1", "1"], "factors": ["0.44", "0.44"]}
        declaration = self._calculated(rule, flux, post=False)
        self._said(declaration, masses="0", purities="0", conversions="0", factors="5")
        result = declaration.result_ids
        self.assertAlmostEqual(result.parameter_percent, 5 * math.hypot(30, 40) / 70, 4)
        self.assertEqual(result.activity_percent, 0)

    def test_of_a_quantity_that_a_factor_follows_all_inputs_are_activity(self):
        gj = self.env.ref("carbon_accounting.uom_gj")
        heat = self._source("Steam", gj, self._factor("HEAT", gj, "110"))
        rule = self._use("steam_full", sources={"energy": heat})
        declaration = self._calculated(rule, {"steam": "10", "enthalpy": "2800"}, post=False)
        self._said(declaration, steam="3", enthalpy="4")
        result = declaration.result_ids
        self.assertAlmostEqual(result.activity_percent, 5, 4)
        self.assertEqual((result.parameter_percent, result.parameter_grade), (0, False))

    def test_an_uncertainty_is_a_percentage(self):
        declaration = self._calculated(self.boilers[0], COAL, post=False)
        for typed in ("-1", "±2", "a lot", "NaN"):
            with self.subTest(typed), self.assertRaisesRegex(ValidationError, "half the 95 % interval"):
                declaration.input_ids[0].uncertainty = typed
