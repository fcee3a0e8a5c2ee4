from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .method_common import MethodCommon
from .test_method_declarations import COAL, WATER


@tagged("post_install", "-at_install")
class TestMethodRefusals(MethodCommon):
    """Bad input is refused with the field, the value, what is plausible and the next step (R-132)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coal_method = cls._use("fuel_heat_content", "Kiln")
        cls.water = cls._use("wastewater_cod", "Pond")

    def _refused(self, rule, values, message, **more):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            self._calculated(rule, values, **more)

    def test_gross_heating_value_is_refused_where_a_net_one_is_expected(self):
        self._refused(
            self.coal_method,
            COAL,
            r"Net calorific value is 20 on the basis Gross.*expects Net.*0\.90",
            bases={"ncv": "hhv"},
        )

    def test_normal_cubic_metres_in_a_field_of_ten_thousand_are_refused(self):
        rule = self._use("gas_heat_content")
        gas = {"volume": "365000", "ncv": "389.31", "carbon_content": "0.0153", "oxidation": "0.99"}
        self._refused(rule, gas, r"Gas burnt is 365000.*0 to 50\u202f000 10⁴ Nm³.*choose Nm³ as the unit")
        self._refused(
            rule, {**gas, "volume": "36.5", "ncv": "0.038931"}, r"Net calorific value is 0\.038931.*per 10⁴ Nm³"
        )
        right = self._calculated(rule, gas, units={"volume": "carbon_accounting.uom_nm3"})
        self.assertAlmostEqual(right.result_ids.quantity, 36.5 * 21621.888, delta=1)

    def test_words_and_commas_are_no_numbers(self):
        for typed in ("1,250", "12 t", "NaN", "Infinity", "abc"):
            self._refused(self.coal_method, {**COAL, "quantity": typed}, "Fuel burnt: .* is no number")

    def test_numbers_below_zero_are_refused(self):
        self._refused(self.coal_method, {**COAL, "quantity": "-5"}, "Fuel burnt is -5 t. Plausible is 0 to")

    def test_units_of_another_kind_are_refused(self):
        self._refused(
            self.coal_method,
            COAL,
            "Fuel burnt is asked in t and cannot be converted",
            units={"quantity": "uom.product_uom_kwh"},
        )

    def test_stock_that_does_not_balance_names_its_fields(self):
        rule = self._use("sf6_balance")
        stock = {"opening": "0", "purchases": "1", "closing": "9", "returned": "0", "nameplate_new": "0"}
        self._refused(
            rule, {**stock, "nameplate_retired": "0"}, "stock does not balance: Opening stock.*-8.*Count the stocks"
        )

    def test_negative_carbon_balance_names_its_size_and_its_uncertainty(self):
        rule = self._use("carbon_mass_balance")
        flows = {
            "masses": ["100"],
            "carbon_shares": ["0.5"],
            "product_masses": ["120"],
            "product_carbon_shares": ["0.5"],
        }
        rest = {"stock_increase": "0", "uncertainty": "0.05"}
        self._refused(rule, {**flows, **rest}, r"balance is -10 t C, and its uncertainty allows -3\.905125")
        within = self._calculated(rule, {**flows, **rest, "product_masses": ["102"]})
        self.assertIn("within its uncertainty", within.method_warning)
        self.assertLess(within.result_ids.quantity, 0)

    def test_energy_and_factors_on_two_heating_values_are_refused(self):
        rule = self._use("energy_fossil_mmbtu")
        values = {"energy": "1", "energy_basis": "lhv", "factor_co2": "53.06", "factor_ch4": "0.001"}
        self._refused(rule, {**values, "factor_n2o": "0.0001", "factor_basis": "hhv"}, "different heating values")

    def test_enthalpy_outside_the_table_warns_and_counts(self):
        gj = self.env.ref("carbon_accounting.uom_gj")
        heat = self._source("Steam", gj, self._factor("HEAT", gj, "110"))
        rule = self._use("steam_saturated", sources={"energy": heat})
        declaration = self._calculated(rule, {"steam": "10", "pressure": "3", "convention": "full"})
        self.assertRegex(declaration.method_warning, r"Absolute pressure is 3, outside the table \(0\.5 to 1\.8\)")
        self.assertEqual(declaration.result_ids.quantity, 27.951)

    def test_every_refusal_of_the_kernel_has_its_sentence(self):
        cases = {
            "quantity_factors": ({"quantities": ["1"], "factors": ["1", "2"]}, "missing|rows"),
            "passenger_vehicle": (
                {"people": ["1"], "occupancy": ["0.1"], "distances": ["1"], "factors": ["1"]},
                "People per vehicle",
            ),
            "allocation_physical": ({"total": "1", "part": "1", "whole": "0"}, "Whole is 0 and must be above zero"),
            "electricity_certificates": (
                {"purchased": "1", "certificates": "2"},
                "the part is 2 and more than the whole",
            ),
            "commuting": (
                {"employees": "1", "days": "1", "shares": ["0.8", "0.8"], "distances": ["1"] * 2, "factors": ["1"] * 2},
                "Share of employees add up to 1.6",
            ),
            "landfill_decay": (
                {
                    "masses": ["1"],
                    "ages": ["1.5"],
                    "degradable": ["0.1"],
                    "decomposed_share": "0.5",
                    "correction": "1",
                    "decay": "0.05",
                    "methane_share": "0.5",
                    "recovered": "0",
                    "soil_oxidation": "0",
                },
                "Write whole years",
            ),
        }
        mwh = self.env.ref("carbon_accounting.uom_mwh")
        power = {code: self._source(code, mwh, None) for code in ("covered", "uncovered")}
        for code, (values, message) in cases.items():
            with self.subTest(code):
                rule = self._use(code, sources=power if code == "electricity_certificates" else None)
                self._refused(rule, values, message)

    # ------------------------------------------------------------------ rules
    def test_result_without_rule_is_refused_and_never_lost(self):
        rule = self._use("wastewater_cod", "Lagoon", only=("ch4",))
        self._refused(rule, WATER, r"Nothing counts result Recovered \(20 kg\).*below Lagoon")
        self._calculated(rule, {**WATER, "recovered": "0"})

    def test_source_of_another_gas_is_refused(self):
        biogenic = self._source(
            "Wrong", self.kg, self.env["carbon.emission.factor"]._get_gas_mass(self.gas_co2, "biogenic")
        )
        with self.assertRaisesRegex(ValidationError, r"mass of CO2 \(Fossil\).*counts something else"):
            self.coal_method.source_id = biogenic
        with self.assertRaisesRegex(ValidationError, f"is in kg, but source .* is kept in {self.kwh.name}"):
            self.coal_method.source_id = self._source("Meter", self.kwh, None)

    def test_factor_that_changed_its_gas_is_refused_when_posted(self):
        factor = self._factor("OWN-CO2", self.kg, "1")
        source = self._source("Own", self.kg, factor)
        rule = self._use("fuel_heat_content", "Own", sources={"co2": source})
        self._calculated(rule, COAL)
        self._version(factor, "2", "2025-01-01")
        self._refused(rule, COAL, "counts something else")

    def test_further_rules_are_not_named_by_declarations(self):
        part = self.water.part_rule_ids
        with self.assertRaisesRegex(UserError, "takes a further result"):
            self._declare(part, 1, self.kg)

    def test_rules_with_a_method_listen_to_declarations_only(self):
        with self.assertRaisesRegex(ValidationError, "no result nonsense"):
            self.coal_method.method_result = "nonsense"
        draft = self._method("lime").copy()
        with self.assertRaisesRegex(ValidationError, "method is a draft"):
            self.coal_method.write({"method_id": draft.id})

    def test_dialog_asks_for_what_it_cannot_know(self):
        dialog = self.env["carbon.method.use.wizard"]
        release = dialog.with_context(default_method_id=self._method("gas_release").id).create({"name": "R"})
        with self.assertRaisesRegex(UserError, "Choose a factor or an existing source"):
            release.action_create()
        spend = dialog.with_context(default_method_id=self._method("spend").id).create({"name": "S"})
        self.assertTrue(spend.needs_gwp_set)
        with self.assertRaisesRegex(UserError, "with which GWP set"):
            spend.action_create()

    def test_factors_of_gas_masses_are_made_once(self):
        factors = self.env["carbon.emission.factor"]
        first = factors._get_gas_mass(self._gas("N2O"), "fossil")
        self.assertEqual(factors._get_gas_mass(self._gas("N2O"), "fossil"), first)
        self.assertEqual(first.version_ids._get_exact_lines()[first.version_ids.id], [("N2O", "fossil", 1)])

    def test_zero_needs_its_reason(self):
        factor = self.env["carbon.emission.factor"].create({"code": "T-ZERO", "name": "Zero", "uom_id": self.kwh.id})
        line = [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 0})]
        version = {"factor_id": factor.id, "date_from": "2000-01-01", "gas_line_ids": line}
        with self.assertRaisesRegex(ValidationError, "write the reason for zero"), self.env.cr.savepoint():
            factor.version_ids.create(version)
        zero = factor.version_ids.create({**version, "zero_reason": "Retired certificates"})
        zero.action_approve()
        self.assertEqual(zero._trail_payload()["zero_reason"], "Retired certificates")
