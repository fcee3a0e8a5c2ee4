import io

from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import tagged

from .method_common import MethodCommon
from .test_method_uncertainty import CLINKER, COAL

REPORT, BILL = "Laboratory report 2025-031, edition 2", "Weighbridge book 3"


@tagged("post_install", "-at_install")
class TestMethodInputs(MethodCommon):
    """What a method calculated is told with its inputs and their sources, in workbook and report (R-127, R-128)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boiler = cls._use("fuel_heat_content", "Coal boiler")
        cls.coal.material = "other"  # the boiler alone burns coal

    def _burn(self, day="2025-03-10", name="March", **values):
        declaration = self._calculated(self.boiler, {**COAL, **values}, day=day, name=name, post=False)
        for line in declaration.input_ids:
            first = line.input_id.code == "quantity"
            line.write({"source": BILL if first else REPORT, "provenance": "measured", "uncertainty": "1.5"})
        declaration.action_post()
        return declaration

    def _sheets(self, inventory):
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(inventory, stream)
        book = load_workbook(stream, data_only=True)
        return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}

    # ------------------------------------------------------------------ tables
    def test_tables_tell_consumption_calorific_value_carbon_and_oxidation_with_sources(self):  # R-127 R-128 R-140
        self._burn()
        sheets = self._sheets(self._computed(gwp=self.ar6))
        coal = sheets["表A.2 Activity sources"][2]
        self.assertEqual(coal[1], "燃煤 Coal")
        self.assertRegex(coal[2], rf"100 t \({BILL}; 实测 Measured\).*Declared quantity")
        self.assertEqual(coal[3], f"20 GJ/t ({REPORT}; 实测 Measured)")
        coal = sheets["表A.3 Factor sources"][2]
        self.assertEqual(coal[2], f"0.026 tC/GJ ({REPORT}; 实测 Measured)")
        self.assertEqual(coal[3], f"0.98 ({REPORT}; 实测 Measured)")

    def test_every_input_has_a_row_with_value_unit_source_and_uncertainty(self):
        self._burn()
        gone = self._burn(name="Wrong", quantity="7")
        self._commit()
        gone.action_cancel()
        rows = self._sheets(self._computed(gwp=self.ar6))["方法输入 Method inputs"]
        told = [(row[1], row[2], row[8], row[9], row[12], row[14], row[15]) for row in rows[2:]]
        parameter = "参数 Parameter"
        self.assertEqual(
            told,
            [
                ("March", "Coal boiler", 100, "t", "活动数据 Activity data", f"{BILL}; 实测 Measured", 1.5),
                ("March", "Coal boiler", 20, "GJ/t", parameter, f"{REPORT}; 实测 Measured", 1.5),
                ("March", "Coal boiler", 0.026, "tC/GJ", parameter, f"{REPORT}; 实测 Measured", 1.5),
                ("March", "Coal boiler", 0.98, None, parameter, f"{REPORT}; 实测 Measured", 1.5),
            ],
        )

    def test_what_nobody_says_is_told_as_not_said(self):
        self._calculated(self.boiler, COAL)
        self._calculated(self._use("clinker", "Kiln 1"), {k: v for k, v in CLINKER.items() if k != "stoichiometric"})
        sheets = self._sheets(self._computed(gwp=self.ar6))
        self.assertEqual(sheets["表A.2 Activity sources"][2][3], "20 GJ/t (来源未说明 source not stated)")
        process = sheets["表A.3 Factor sources"][6]
        self.assertIn("CaO", process[2])
        self.assertIn("0.65 (来源未说明 source not stated)", process[2])
        self.assertRegex(process[2], r"0\.7848 .*方法缺省值 default of the method: .*IPCC 2006")
        self.assertNotIn("Definition", str(sheets["表A.3 Factor sources"]))

    def test_values_of_several_months_are_added_up_or_listed(self):
        self._burn()
        self._burn(day="2025-04-10", name="April", ncv="21", quantity="50")
        row = self._sheets(self._computed(gwp=self.ar6))["表A.2 Activity sources"][2]
        self.assertIn("150 t (", row[2])
        self.assertEqual(row[3], f"20, 21 GJ/t ({REPORT}; 实测 Measured)")

    def test_report_tells_the_inputs_in_its_language(self):
        self._burn()
        document = self.env["carbon.inventory.document"].with_context(report_lang="en_US")
        rows = document._stated_inputs(self._computed(gwp=self.ar6))
        self.assertEqual(len(rows), 4)
        self.assertEqual(rows[0], ("Coal boiler", "Fuel burnt", f"100 t ({BILL}; Measured)"))

    def test_factors_typed_by_gas_are_told_too(self):
        rule = self._use("fuel_volume_gases", "Forklift")
        self._calculated(rule, {"volume": "1000", "factor_co2": "2.7", "factor_ch4": "0.0001", "factor_n2o": "0.0001"})
        rows = self._sheets(self._computed(gwp=self.ar6))["方法输入 Method inputs"]
        self.assertEqual([row[8] for row in rows[2:]], [1000, 2.7, 0.0001, 0.0001])
        self.assertEqual(len(rows[2][2].split("; ")), 3, "the sources of all three gases")

    # ------------------------------------------------------------------ the row of the tables
    def test_fuel_is_in_its_row_by_choice_or_by_the_name_of_the_source(self):
        self.assertEqual(self.boiler.source_id.material, "coal")
        method = self._method("gas_heat_content")
        dialog = self.env["carbon.method.use.wizard"].with_context(default_method_id=method.id)
        wizard = dialog.create({"name": "Oven 4", "company_id": self.company.id, "material": "natural_gas"})
        self.assertTrue(wizard.needs_material)
        wizard.action_create()
        self.assertEqual(wizard.line_ids.rule_id.source_id.material, "natural_gas")
        self.assertEqual(self._use("fuel_heat_content", "Oven 5").source_id.material, "other_fuel")

    # ------------------------------------------------------------------ what is kept
    def test_source_of_what_was_posted_stays(self):
        declaration = self._burn()
        with self.assertRaisesRegex(UserError, "inputs are frozen"):
            declaration.input_ids[1].source = "Another report"
        entry = self.env["carbon.trail.entry"].search([("event", "=", "declaration.post")], order="id desc", limit=1)
        self.assertIn(REPORT, str(entry.payload))
