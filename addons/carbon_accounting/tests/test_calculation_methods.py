import doctest
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.carbon_accounting.models import carbon_calculation_input
from odoo.addons.carbon_accounting.tools.kernel_methods import METHODS, Refusal, energy, evaluate, registry, roles

from .method_common import MethodCommon
from .method_golden import GOLDEN
from .worked_example_cases import CASES
from .worked_example_uses import OWN_TEST

#: Methods shown by an example that has a test of its own.
_BY_OWN_TEST = {"FUG-7": "methane_release"}


@tagged("post_install", "-at_install")
class TestCalculationMethods(MethodCommon):
    """The library of methods: definitions, formulas and their numbers belong together (R-132)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.methods = cls.env["carbon.calculation.method"].search([("company_id", "=", False)])

    # ------------------------------------------------------------------ definitions and formulas
    def test_every_definition_has_a_formula_and_every_formula_a_definition(self):
        self.assertEqual(set(self.methods.mapped("code")), set(METHODS))
        self.assertEqual(set(self.methods.mapped("state")), {"approved"})
        self.assertEqual(len(self.methods), len(METHODS))

    def test_inputs_are_the_parameters_of_the_formula(self):
        for method in self.methods:
            formula = METHODS[method.code]
            with self.subTest(method.code):
                self.assertEqual(set(method.input_ids.mapped("code")), set(formula.inputs))
                self.assertEqual(set(method.input_ids.filtered("is_list").mapped("code")), set(formula.lists))
                choices = method.input_ids.filtered(lambda row: row.kind == "choice")
                self.assertEqual(set(choices.mapped("code")), set(formula.choices))
                self.assertTrue(all(row.choice_ids for row in choices))
                self.assertTrue(set(formula.required) <= set(method.input_ids.filtered("required").mapped("code")))

    def test_results_are_those_of_the_formula(self):
        for method in self.methods:
            declared = {row.code: (*row._signature(), row.stream_id.code) for row in method.result_ids}
            expected = {
                code: (row.measure, row.gas, row.kind, row.stream) for code, row in METHODS[method.code].results.items()
            }
            self.assertEqual(declared, expected, method.code)

    def test_every_method_names_its_source_and_every_number_its_range(self):
        for method in self.methods:
            self.assertTrue(method.clause and method.formula and method.category_id, method.code)
            for row in method.input_ids.filtered(lambda row: row.kind != "choice"):
                low, high = row._range()
                self.assertTrue(low is not None and high is not None and low < high, (method.code, row.code))
                if row.default_value:
                    self.assertTrue(low <= Decimal(row.default_value) <= high, (method.code, row.code))
                if row.kind == "fraction":
                    self.assertTrue(low >= 0 and high <= 1, (method.code, row.code))

    def test_every_method_has_a_number_to_show(self):
        shown = {use.method for case in CASES.values() for use in case.uses} | set(GOLDEN)
        shown |= {_BY_OWN_TEST[name] for name in OWN_TEST & set(_BY_OWN_TEST)}
        self.assertEqual(set(METHODS) - shown, set())

    def test_golden_numbers_hold(self):
        for code, (inputs, expected) in GOLDEN.items():
            outcome = evaluate(code, inputs)
            for result, number in expected.items():
                found = outcome.results[result]
                self.assertLess(abs(found - Decimal(number)), Decimal("0.0000011"), (code, result, found))
            self.assertFalse({k for k, v in outcome.results.items() if v} - set(expected), code)

    def test_doctests_hold(self):
        for module in (registry, roles, carbon_calculation_input):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted and not result.failed, module.__name__)

    def test_formulas_take_no_floats(self):
        with self.assertRaises(TypeError):
            evaluate("gas_release", {"mass": 0.1})
        with self.assertRaises(TypeError):
            evaluate("gas_release", {"mass": "1", "other": "2"})

    # ------------------------------------------------------------------ what no single range can tell
    def _refused(self, key, code, values):
        with self.assertRaises(Refusal) as caught:
            evaluate(code, values)
        self.assertEqual(caught.exception.key, key)

    def test_stock_that_does_not_balance_is_refused(self):
        stock = {"opening": "10", "purchases": "0", "closing": "50", "returned": "0"}
        self._refused("stock_negative", "refrigerant_balance", {**stock, "charge_increase": "0"})
        self._refused(
            "stock_negative",
            "fuel_net_consumption",
            {"opening": "10", "purchases": "5", "closing": "50", "resale": "0", "other_use": "0"},
        )

    def test_negative_balance_is_an_error_beyond_its_uncertainty_only(self):
        flows = {"masses": ["100"], "carbon_shares": ["0.5"], "product_carbon_shares": ["0.5"], "stock_increase": "0"}
        self._refused(
            "balance_negative", "carbon_mass_balance", {**flows, "product_masses": ["120"], "uncertainty": "0.05"}
        )
        small = evaluate("carbon_mass_balance", {**flows, "product_masses": ["104"], "uncertainty": "0.05"})
        self.assertEqual(small.results["co2"], Decimal("-7333.333333333333"))
        self.assertEqual(small.warnings[0][0], "balance_negative_small")

    def test_parts_never_exceed_their_whole(self):
        self._refused("part_exceeds", "electricity_certificates", {"purchased": "100", "certificates": "101"})
        self._refused("part_exceeds", "co2_capture", {"generated": "1", "recovered": "2"})
        self._refused("part_exceeds", "allocation_physical", {"total": "1", "part": "3", "whole": "2"})
        self._refused(
            "shares_above_one",
            "gas_composition",
            {
                "volume": "1",
                "reference": "0c",
                "shares": ["0.9", "0.2"],
                "atoms": ["1", "1"],
                "oxidation": "1",
            },
        )

    def test_energy_and_factor_share_one_heating_value(self):
        self._refused(
            "basis_differs",
            "energy_fossil_mmbtu",
            {
                "energy": "1",
                "energy_basis": "lhv",
                "factor_co2": "53.06",
                "factor_ch4": "0",
                "factor_n2o": "0",
                "factor_basis": "hhv",
            },
        )

    def test_enthalpy_is_linear_inside_the_table_and_warns_outside(self):
        for pressure, expected in (("0.5", "2748.5"), ("1.0", "2777.0"), ("1.75", "2794.45"), ("1.8", "2795.1")):
            self.assertEqual(energy.saturated_enthalpy(Decimal(pressure)), (Decimal(expected), True))
        for pressure, expected in (("0.49", "2748.5"), ("1.81", "2795.1")):
            self.assertEqual(energy.saturated_enthalpy(Decimal(pressure)), (Decimal(expected), False))
        outcome = evaluate("steam_saturated", {"steam": "1", "pressure": "3", "convention": "full"})
        self.assertEqual(outcome.warnings[0][:2], ("outside_table", "pressure"))

    def test_shrinking_sink_is_a_loss_and_no_negative_removal(self):
        outcome = evaluate("sink_stock_difference", {"opening": "10", "closing": "4"})
        self.assertEqual(outcome.results, {"loss": Decimal("22000")})

    def test_gas_at_20_degrees_holds_less_carbon(self):
        gas = {"volume": "1", "shares": ["1"], "atoms": ["1"], "oxidation": "1"}
        cold, warm = (evaluate("gas_composition", {**gas, "reference": r}).results["co2"] for r in ("0c", "20c"))
        self.assertAlmostEqual(warm / cold, Decimal("273.15") / Decimal("293.15"), delta=Decimal("1e-12"))

    # ------------------------------------------------------------------ versions
    def test_approved_versions_never_change(self):
        method = self._method("clinker")
        for vals in ({"name": "x"}, {"code": "lime"}, {"clause": "x"}, {"state": "draft"}, {"company_id": 1}):
            with self.assertRaises(UserError):
                method.write(vals)
        for record in (method.input_ids[0], method.result_ids[0]):
            with self.assertRaises(UserError):
                record.write({"name": "x"})
            with self.assertRaises(UserError):
                record.unlink()
        with self.assertRaises(UserError):
            self.env["carbon.calculation.input"].create({"method_id": method.id, "code": "x", "name": "x"})
        with self.assertRaises(UserError):
            method.unlink()
        method.active = False
        self.assertFalse(method.active)

    def test_a_company_narrows_a_range_in_its_own_version(self):
        method = self._method("fuel_heat_content")
        draft = self.env["carbon.calculation.method"].browse(method.action_new_version()["res_id"])
        self.assertEqual((draft.version, draft.state, draft.company_id), (2, "draft", self.company))
        draft.input_ids.filtered(lambda row: row.code == "ncv").maximum = "30"
        draft.action_approve()
        rule = self._use("fuel_heat_content")
        x = {"quantity": "1", "ncv": "42", "carbon_content": "0.02", "oxidation": "0.98"}
        self._calculated(rule, x)
        rule.method_id = draft
        with self.assertRaisesRegex(UserError, "Net calorific value is 42.*1 to 30"):
            self._calculated(rule, x)

    def test_a_version_that_does_not_fit_its_formula_is_refused(self):
        draft = self._method("clinker").copy()
        draft.input_ids[0].unlink()
        with self.assertRaisesRegex(UserError, "does not fit its formula: quantity"):
            draft.action_approve()
        other = self._method("clinker").copy()
        other.input_ids[0].table = "1"
        with self.assertRaisesRegex(UserError, "does not fit its formula"):
            other.action_approve()

    def test_unknown_formulas_and_ranges_that_are_no_numbers_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "no formula __import__"):
            self._method("clinker").copy({"code": "__import__('os')"})
        draft = self._method("clinker").copy()
        with self.assertRaisesRegex(ValidationError, "is no number: 1,5"):
            draft.input_ids[0].maximum = "1,5"

    def test_shipped_methods_are_approved_once(self):
        before = self.env["carbon.trail.entry"].search_count([("event", "=", "calculation_method.ship")])
        self.env["carbon.calculation.method"]._approve_shipped()
        self.assertEqual(
            self.env["carbon.trail.entry"].search_count([("event", "=", "calculation_method.ship")]), before
        )

    def test_approval_leaves_the_definition_in_the_trail(self):
        draft = self._method("lime").copy()
        draft.action_approve()
        entry = self.env["carbon.trail.entry"].search([("event", "=", "calculation_method.approve")], limit=1)
        self.assertEqual(len(draft._trail_payload()["sha256"]), 64)
        self.assertEqual((entry.res_id, entry.to_state), (draft.id, "approved"))
