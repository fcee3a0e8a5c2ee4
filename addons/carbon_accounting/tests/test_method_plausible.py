from odoo.exceptions import UserError
from odoo.tests import tagged

from .method_common import MethodCommon
from .test_method_uncertainty import COAL

GAS = {"volume": "36.5", "ncv": "389.31", "carbon_content": "0.0153", "oxidation": "0.99"}
MIX = {"volume": "1", "reference": "0c", "oxidation": "1"}


@tagged("post_install", "-at_install")
class TestMethodPlausible(MethodCommon):
    """Numbers that cannot be, or seldom are, are refused or told with the next step (R-132)."""

    def _refused(self, rule, values, message, **more):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            self._calculated(rule, values, **more)

    # ------------------------------------------------------------------ 10⁴ Nm³ and Nm³
    def test_a_large_volume_of_a_new_source_is_told_with_its_cubic_metres(self):
        rule = self._use("gas_heat_content", "Oven")
        declaration = self._calculated(rule, {**GAS, "volume": "30000"}, post=False)
        said = r"30,000 10⁴ Nm³ are 300,000,000 Nm³ of gas.*choose Nm³ as the unit"
        self.assertRegex(declaration.result_preview, said)
        declaration.action_post()
        self.assertRegex(declaration.method_warning, said)
        right = self._calculated(
            rule, {**GAS, "volume": "30000"}, units={"volume": "carbon_accounting.uom_nm3"}, name="B"
        )
        self.assertFalse(right.method_warning)
        self.assertAlmostEqual(right.result_ids.quantity, 64865.66, delta=0.01)

    def test_a_large_plain_volume_is_told_too(self):
        unit = self.env.ref("carbon_accounting.uom_nm3_10k")
        rule = self._rule("declared", self._source("Gas", unit, self._factor("GAS", unit, "21650")), name="Gas")
        self.assertRegex(self._declare(rule, 30000, unit).volume_warning, "300,000,000 Nm³")
        self.assertFalse(self._declare(rule, 36.5, unit).volume_warning)
        self.assertFalse(self._declare(rule, 30000, self.env.ref("carbon_accounting.uom_nm3")).volume_warning)

    def test_gas_by_composition_takes_cubic_metres(self):
        method = self.env["carbon.calculation.method"].search(
            [("code", "=", "gas_composition"), ("company_id", "=", False)]
        )
        self.assertEqual((method.version, method.state), (2, "approved"))
        dialog = self.env["carbon.method.use.wizard"].with_context(default_method_id=method.id)
        rule = self.env["carbon.activity.rule"].browse(
            dialog.create({"name": "Gas", "company_id": self.company.id}).action_create()["context"]["default_rule_id"]
        )
        methane = {**MIX, "volume": "10000", "shares": ["1"], "atoms": ["1"]}
        declaration = self._calculated(rule, methane, units={"volume": "uom.product_uom_cubic_meter"})
        self.assertAlmostEqual(declaration.result_ids.quantity, 19642.857143, 6)
        self.assertRegex(self._calculated(rule, methane, name="Ten").method_warning, "choose m³ as the unit")

    # ------------------------------------------------------------------ net and gross
    def test_nobody_says_net_for_the_person_who_declares(self):
        rule = self._use("fuel_heat_content", "Boiler")
        declaration = self.env["carbon.declaration"].create(
            {"name": "B", "company_id": self.company.id, "rule_id": rule.id}
        )
        line = declaration.input_ids.filtered(lambda row: row.input_id.code == "ncv")
        self.assertFalse(line.basis)
        self._refused(rule, COAL, "say whether 20 is the net or the gross value", bases={"ncv": False})
        self._calculated(rule, COAL)

    def test_gross_value_of_natural_gas_in_the_net_field_is_told(self):
        rule = self._use("gas_heat_content", "Natural gas boiler")
        self.assertEqual(rule.source_id.material, "natural_gas")
        declaration = self._calculated(rule, {**GAS, "ncv": "432"})
        self.assertRegex(declaration.method_warning, r"is 432 GJ/10⁴ Nm³.*389 net and 432 gross")
        self.assertFalse(self._calculated(rule, GAS, name="Net").method_warning)

    # ------------------------------------------------------------------ what no fuel is
    def test_composition_that_is_not_complete_is_told(self):
        rule = self._use("gas_composition")
        half = self._calculated(rule, {**MIX, "shares": ["0.5"], "atoms": ["1"]})
        self.assertRegex(half.method_warning, r"adds up to 0\.5: the remaining 0\.5 .* free of carbon")
        whole = self._calculated(rule, {**MIX, "shares": ["0.5", "0.5"], "atoms": ["1", "0"]}, name="Whole")
        self.assertFalse(whole.method_warning)

    def test_molecules_have_whole_atoms(self):
        rule = self._use("gas_composition")
        self._refused(rule, {**MIX, "shares": ["1"], "atoms": ["1.5"]}, r"is 1\.5\. A molecule has whole atoms")

    def test_carbon_and_water_are_parts_of_one_sample(self):
        coal = {"masses": ["10"], "carbon_dried": ["0.98"], "moisture_received": ["0"], "moisture_dried": ["0.5"]}
        self._refused(
            self._use("fuel_element_carbon_dried"), {**coal, "oxidation": "1"}, r"add up to 1\.48, more than 1"
        )

    def test_tolerance_of_a_balance_is_that_of_the_rule(self):
        rule = self._use("carbon_mass_balance")
        flows = {
            "masses": ["100"],
            "carbon_shares": ["0.5"],
            "product_masses": ["118"],
            "product_carbon_shares": ["0.5"],
        }
        wide = {**flows, "stock_increase": "0", "uncertainty": "0.5"}
        self._refused(rule, wide, r"is 0\.5, and rule .* allows 0\.05")
        self._refused(rule, {**wide, "uncertainty": "0.05"}, "More carbon leaves than enters")
        rule.uncertainty = 15
        self.assertIn("within its uncertainty", self._calculated(rule, {**wide, "uncertainty": "0.15"}).method_warning)

    def test_a_grid_factor_per_mwh_typed_per_kwh_is_asked_about(self):
        factor = self.env["carbon.emission.factor"].create({"code": "T-GRID", "name": "Grid", "uom_id": self.kwh.id})
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2024-01-01",
                "source_document": "Announcement",
                "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 530.6})],
            }
        )
        with self.assertRaisesRegex(UserError, r"530\.6 kg of gas per kWh.*write 0\.5306 kg per kWh"):
            version.action_approve()
        version.confirmation_reason = "A test of what may be"
        version.action_approve()
        self.assertEqual(version.state, "approved")
