from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .method_common import MethodCommon
from .test_method_declarations import COAL


@tagged("post_install", "-at_install")
class TestAccidents(MethodCommon):
    """What people mistype or mix up is refused or flagged, with a message that says what to do (R-128, R-132, R-135).

    Elsewhere: inputs of methods in test_method_refusals, oxidation of factors in test_factor_versions, factors of 1,000 and 10,000 in
    test_monitoring_anomalies, CO2e of another GWP set in test_inventory, one's own data in test_data_approval_abuse, certificates in
    test_certificates.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nm3 = cls.env.ref("carbon_accounting.uom_nm3")
        cls.gj = cls.env.ref("carbon_accounting.uom_gj")

    def _fuel(self, ncv, unit, carbon_content=0.0153, **values):
        code = f"F-{self.env['carbon.emission.factor'].search_count([])}"
        factor = self.env["carbon.emission.factor"].create({"code": code, "name": "Fuel", "uom_id": unit.id})
        return self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2020-01-01",
                "method": "parameter",
                "ncv": ncv,
                "ncv_uom_id": unit.id,
                "carbon_content": carbon_content,
                "oxidation_rate": 0.99,
                "heating_value_basis": "lhv",
                **values,
            }
        )

    def _march(self):
        """Return {code: (count, t, domain of the list)} of the checklist of March 2025."""
        self._commit()
        lines = self.env["carbon.period.checklist"]._weighed(self._period("2025-03-01"), True)
        return {line["code"]: (line["count"], round(line["t"], 3), line["action"]["domain"]) for line in lines}

    # ------------------------------------------------------------------ percent
    def test_percent_typed_for_a_share_is_refused_with_the_share_in_every_method(self):
        """Each share of each method: 98 for 0.98 never passes its plausible range."""
        shares = self.env["carbon.calculation.input"].search([("kind", "=", "fraction")])
        self.assertGreater(len(shares), 20)
        for definition in shares:
            line = self.env["carbon.declaration.input"].new({"input_id": definition.id, "value": "98"})
            with (
                self.subTest(definition.display_name),
                self.assertRaisesRegex(UserError, r"98.*(write 0\.98|Plausible is)"),
            ):
                line._exact()

    def test_percent_typed_for_a_share_is_refused_when_the_declaration_is_posted(self):
        rule = self._use("fuel_heat_content", "Kiln")
        for typed in ("98", "98 %", "98％"):
            with self.assertRaisesRegex(UserError, r"Oxidation.*is a share.*write 0\.98"), self.env.cr.savepoint():
                self._calculated(rule, {**COAL, "oxidation": typed})

    # ------------------------------------------------------------------ net and gross
    def test_gross_energy_is_refused_with_factors_per_net_energy(self):
        """A gas bill in gross kWh times a factor per net kWh counts a tenth too much (R-128)."""
        factor = self._factor("NET", self.kwh, "0.2")
        self._basis(factor, "lhv")
        source = self._source("Gas boiler", self.kwh, None, heating_value_basis="hhv")
        message = r"Gas boiler is measured as Gross.*per energy of Net.*same basis"
        with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
            source.factor_line_ids = [(0, 0, {"stream_id": self.stream.id, "factor_id": factor.id})]
        source.heating_value_basis = "lhv"
        source.factor_line_ids = [(0, 0, {"stream_id": self.stream.id, "factor_id": factor.id})]
        with self.assertRaisesRegex(ValidationError, "measured as Gross"):
            source.heating_value_basis = "hhv"

    def _basis(self, factor, basis):
        self.env.flush_all()
        version = factor.version_ids
        self.env.cr.execute("ALTER TABLE carbon_emission_factor_version DISABLE TRIGGER carbon_factor_version_guard")
        self.env.cr.execute(
            "UPDATE carbon_emission_factor_version SET heating_value_basis = %s WHERE id = %s", [basis, version.id]
        )
        self.env.cr.execute("ALTER TABLE carbon_emission_factor_version ENABLE TRIGGER carbon_factor_version_guard")
        version.invalidate_recordset(["heating_value_basis"])

    def test_gross_calorific_value_with_factors_per_net_energy_is_on_the_checklist_with_its_weight(self):
        factor = self._factor("HEAT", self.gj, "56")
        source = self._source("Boiler", self.gj, factor)
        product = self.env["product.product"].create({"name": "Gas", "uom_id": self.nm3.id})
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": product.id,
                "from_uom_id": self.nm3.id,
                "to_uom_id": self.gj.id,
                "factor": 0.04,
                "property_kind": "gcv",
                "source_document": "Bill",
            }
        )
        rule = self._rule("declared", source, name="Gas")
        self._declare(rule, 100000, self.nm3, product_id=product.id)
        self.assertNotIn("heat", self._march())
        self._basis(factor, "lhv")
        # 100,000 Nm³ × 0.04 GJ × 56 kg
        self.assertEqual(self._march()["heat"], (1, 224.0, [("id", "in", source.ids)]))
        self._basis(factor, "hhv")
        self.assertNotIn("heat", self._march())

    def test_factor_approved_later_on_the_other_calorific_value_is_on_the_checklist(self):
        factor = self._factor("KWH", self.kwh, "0.2")
        source = self._source("Gas engine", self.kwh, factor, heating_value_basis="hhv")
        self._declare(self._rule("declared", source, name="Gas"), 5000, self.kwh)
        self.assertNotIn("heat", self._march())
        self._basis(factor, "lhv")
        self.assertEqual(self._march()["heat"][:2], (1, 1.0))

    # ------------------------------------------------------------------ 10⁴ Nm³
    def test_calorific_value_of_ten_thousand_cubic_metres_is_refused_per_cubic_metre_and_the_reverse(self):
        """389.31 GJ is in 10⁴ Nm³ of natural gas, 0.038931 GJ in one (R-128)."""
        ten_thousand = self.env.ref("carbon_accounting.uom_nm3_10k")
        self.assertTrue(self._fuel(389.31, ten_thousand))
        self.assertTrue(self._fuel(0.038931, self.nm3))
        for ncv, unit in ((389.31, self.nm3), (0.038931, ten_thousand)):
            with (
                self.assertRaisesRegex(ValidationError, "Fuels have 10 to 1500.*Nm³ or 10⁴ Nm³"),
                self.env.cr.savepoint(),
            ):
                self._fuel(ncv, unit)

    def test_calorific_value_in_megajoules_or_kilojoules_is_refused(self):
        for ncv in (20908, 20.908e6):
            with self.assertRaisesRegex(ValidationError, r"Fuels have 0\.1 to 145"), self.env.cr.savepoint():
                self._fuel(ncv, self.ton, 0.026)
        self.assertTrue(self._fuel(20.908, self.ton, 0.026))
        self.assertTrue(self._fuel(0.020908, self.kg, 0.026))

    def test_carbon_content_in_kilograms_per_gigajoule_is_refused_with_the_right_one(self):
        with self.assertRaisesRegex(ValidationError, r"26\.1 tC/GJ.*write 0\.0261"):
            self._fuel(20.908, self.ton, 26.1)

    # ------------------------------------------------------------------ gases
    def test_methane_without_origin_is_refused_under_ar6_and_weighs_28_under_ar5(self):
        """R-133: AR6 tells fossil from biogenic methane; nothing is guessed."""
        _source, rule = self._emitter("Digester", self.kg, 1, "CH4-ANY", gas=self._gas("CH4"))
        self._declare(rule, 1000, self.kg)
        self._commit()
        inventory = self._inventory(gwp=self.ar6)
        with self.assertRaisesRegex(UserError, "(?s)CH4.*no global warming potential"):
            inventory.action_compute()
        inventory.gwp_set_id = self.ar5
        inventory.action_compute()
        self.assertEqual(round(inventory.total_t, 6), 28)

    def test_methane_of_fossil_carbon_is_never_of_kind_biogenic(self):
        factor = self.env["carbon.emission.factor"].create({"code": "T-CH4", "name": "Digester", "uom_id": self.kg.id})
        line = {"gas_id": self._gas("CH4_FOSSIL").id, "kind": "biogenic", "kg_per_unit": 1}
        with self.assertRaisesRegex(ValidationError, "T-CH4.*Choose the non-fossil methane"):
            factor.version_ids.create(
                {"factor_id": factor.id, "date_from": "2020-01-01", "gas_line_ids": [(0, 0, line)]}
            )

    def test_methane_imported_by_its_formula_takes_no_origin_by_chance(self):
        """The formula CH4 stands for three gases; the code CH4 is the one without origin."""
        factor = self.env["carbon.emission.factor"].create({"code": "T-IMP", "name": "Import", "uom_id": self.kg.id})
        version = factor.version_ids.create({"factor_id": factor.id, "date_from": "2020-01-01"})
        result = self.env["carbon.emission.factor.gas"].load(
            ["version_id/.id", "gas_id", "kg_per_unit"], [[str(version.id), "CH4", "1"]]
        )
        self.assertTrue(result["ids"], result["messages"])
        self.assertEqual(version.gas_line_ids.gas_id.code, "CH4")

    # ------------------------------------------------------------------ dates of factors
    def test_factor_of_the_future_counts_nothing_before_and_the_worklist_says_from_when(self):
        factor = self._factor("LATER", self.ton, "2000", date_from="2025-07-01")
        source = self._source("Later", self.ton, factor)
        rule = self._rule("declared", source, name="Later")
        self._declare(rule, 1, self.ton, "2025-06-30", name="Before")
        self._declare(rule, 1, self.ton, "2025-07-01", name="After")
        self._commit()
        self.assertEqual(self._kg(source), 2000)
        self.assertEqual(self._issues(), {("Before", "factor")})
        issue = self.env["carbon.collection.issue"].search([("label", "=", "Before")])
        self.assertRegex(issue.advice, "Approve a factor version of source Later that is valid on 2025-06-30")

    def test_factor_with_a_mistyped_year_is_refused(self):
        for day in ("0205-01-01", "1025-01-01", "2205-01-01"):
            with (
                self.assertRaisesRegex(ValidationError, f"valid from {day}. Correct the year"),
                self.env.cr.savepoint(),
            ):
                self._factor(f"Y{day}", self.ton, "2000", date_from=day)

    def test_factor_made_for_later_years_is_on_the_checklist_with_its_weight(self):
        factor = self._factor("NEWER", self.ton, "2000")
        source = self._source("Newer", self.ton, factor)
        self._declare(self._rule("declared", source, name="Newer"), 4, self.ton)
        self.assertNotIn("early", self._march())
        for column, value in (("data_year", 2026), ("reporting_years", "FY2026-FY2027")):
            with self.subTest(column), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(
                    "ALTER TABLE carbon_emission_factor_version DISABLE TRIGGER carbon_factor_version_guard"
                )
                self.env.cr.execute(
                    f"UPDATE carbon_emission_factor_version SET {column} = %s WHERE id = %s",
                    [value, factor.version_ids.id],
                )
                self.assertEqual(self._march()["early"], (1, 8.0, [("id", "in", factor.version_ids.ids)]))
                savepoint.rollback()
