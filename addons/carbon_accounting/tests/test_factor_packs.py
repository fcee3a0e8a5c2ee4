from datetime import date
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.carbon_accounting.tools import kernel

from .factor_common import FactorCommon

#: pack → rows in file, versions created, of these drafts, rows skipped
COUNTS = {
    "cn_fuel_gbt": (26, 26, 0, 0),
    "cn_fuel_ndrc": (27, 27, 27, 0),
    "cn_fuel_mee": (22, 22, 20, 0),
    "cn_grid": (131, 129, 8, 2),
    "cn_heat_process": (24, 14, 0, 10),
    "refrigerants": (43, 42, 0, 1),
    "ipcc_2006": (249, 248, 11, 1),
    "epa_hub": (95, 86, 0, 9),
    "desnz_2023": (1053, 1043, 0, 10),
    "epa_spend": (226, 226, 0, 0),
}


@tagged("post_install", "-at_install")
class TestFactorPacks(FactorCommon):
    """Packs: what comes in, as what, and what loading again does."""

    def _load(self, *codes):
        packs = self.env["carbon.factor.pack"].union(*map(self._pack, codes))
        packs.action_load()
        return packs

    def _trail_count(self):
        return self.env["carbon.trail.entry"].search_count([])

    def _versions(self, code):
        return self._find(code).version_ids

    # loading
    def test_nothing_is_loaded_before_somebody_chooses(self):
        packs = self.env["carbon.factor.pack"].search([])
        self.assertEqual(set(packs.mapped("code")), set(COUNTS))
        for pack in packs:
            self.assertEqual(pack.record_count, len(self._pack_rows(pack.code)))

    def test_every_row_is_created_or_counted(self):
        self._load(*COUNTS)
        for code, counts in COUNTS.items():
            pack = self._pack(code)
            found = (
                pack.record_count,
                pack.loaded_count,
                pack.draft_count,
                pack.skipped_count,
            )
            self.assertEqual(found, counts, code)
            self.assertEqual(pack.state, "loaded")
            versions = pack.factor_ids.version_ids
            drafts = versions.filtered(lambda version: version.state == "draft")
            self.assertEqual(len(drafts), counts[2], code)
            self.assertTrue(all(versions.mapped("source_document")))
            self.assertTrue(all(versions.mapped("licence")))
        unverified = self.env["carbon.emission.factor.version"].search(
            [
                ("provenance", "=", "recalled_unverified"),
                ("factor_id.pack_id", "!=", False),
            ]
        )
        self.assertEqual(set(unverified.mapped("state")), {"draft"})

    def test_loading_again_changes_nothing(self):
        self._load("cn_grid", "refrigerants")
        models = (
            "carbon.emission.factor",
            "carbon.emission.factor.version",
            "carbon.emission.factor.gas",
        )
        before = [self.env[model].search_count([]) for model in models]
        self._load("cn_grid", "refrigerants")
        self.assertEqual([self.env[m].search_count([]) for m in models], before)
        pack = self._pack("cn_grid")
        self.assertEqual((pack.created_count, pack.existing_count), (0, 129))

    def test_loading_again_keeps_what_people_changed(self):
        pack = self._load("cn_fuel_ndrc")
        factor = self._find("CN-NDRC-ANTHRACITE")
        factor.write({"name": "Our anthracite", "active": False})
        draft = factor.version_ids
        draft.oxidation_rate = 0.95
        diesel = self._versions("CN-NDRC-DIESEL")
        diesel.action_approve()
        exact = self._exact(diesel)
        removed = self._find("CN-NDRC-GASOLINE")
        removed.version_ids.unlink()
        pack.action_load()
        self.assertEqual(factor.name, "Our anthracite")
        self.assertFalse(factor.active)
        self.assertEqual(draft.oxidation_rate, 0.95)
        self.assertEqual(self._exact(diesel), exact)
        self.assertEqual((pack.created_count, pack.existing_count), (1, 26))
        self.assertEqual(len(removed.version_ids), 1)

    def test_one_trail_entry_per_load(self):
        before = self._trail_count()
        pack = self._load("desnz_2023")
        self.assertEqual(self._trail_count(), before + 1)
        entry = self.env["carbon.trail.entry"].search([], order="id desc", limit=1)
        self.assertEqual((entry.event, entry.res_id), ("factor_pack.load", pack.id))
        self.assertIn("sha256", str(entry.payload))
        approved = pack.factor_ids.version_ids.filtered("approved_on")
        self.assertEqual(len(approved), 1043)

    def test_loaded_versions_are_frozen(self):
        self._load("cn_heat_process")
        version = self._versions("CN-C3-PURCHASED-HEAT-FACTOR")
        with self.assertRaisesRegex(UserError, "frozen"):
            version.note = "changed"
        with self.assertRaisesRegex(UserError, "frozen"):
            version.gas_line_ids.kg_per_unit = 1

    def test_what_is_not_known_is_skipped_with_its_word(self):
        row = {**self._pack_rows("cn_heat_process")[0], "skip": ""}
        pack = self._pack("cn_heat_process")
        links = pack._get_links()
        cases = [
            ({"unit": "barrel"}, ("the unit is not known here", "barrel")),
            ({"region": "XX"}, ("the region is not known here", "XX")),
            ({"gases": "ZZ:fossil:1"}, ("the gas is not known here", "ZZ")),
            ({"gases": "CO2:fossil:0"}, ("no gas above zero", None)),
            ({"unit": ""}, ("neither per unit nor per currency", None)),
            ({"skip": "why not"}, ("why not", None)),
            ({}, (None, None)),
        ]
        for change, expected in cases:
            self.assertEqual(pack._find_problem({**row, **change}, links), expected)
        self._load("epa_hub")
        log = self._pack("epa_hub").load_log
        self.assertIn("the region is not known here (9): EGRID2023-CA (US-CA)", log)

    def test_units_of_loaded_factors_become_visible(self):
        kilometre = self.env.ref("uom.product_uom_km")
        kilometre.active = False
        self._load("desnz_2023")
        self.assertTrue(kilometre.active)

    def test_a_missing_file_names_the_pack(self):
        pack = self._pack("cn_grid")
        pack.file = "carbon_accounting/data/packs/none.csv"
        with self.assertRaisesRegex(UserError, "none.csv.*Reinstall"):
            pack.action_load()

    def test_chinese_names_come_with_the_language(self):
        known = "zh_CN" in dict(self.env["res.lang"].get_installed())
        pack = self._load("cn_fuel_gbt")
        factor = self._find("CN-GBT34-ANTHRACITE")
        self.env["res.lang"]._activate_lang("zh_CN")
        self.assertEqual(
            factor.with_context(lang="zh_CN").name,
            "无烟煤（GB/T 32151.34-2024）" if known else "Anthracite (GB/T 32151.34-2024)",
        )
        coke = self._find("CN-GBT34-COKE").with_context(lang="zh_CN")
        coke.name = "焦炭（本厂）"
        pack.with_context(lang="zh_CN").action_load()
        self.assertEqual(factor.with_context(lang="zh_CN").name, "无烟煤（GB/T 32151.34-2024）")
        self.assertEqual(factor.with_context(lang="en_US").name, "Anthracite (GB/T 32151.34-2024)")
        self.assertEqual(coke.name, "焦炭（本厂）")
        self._pack("cn_heat_process").with_context(lang="zh_CN").action_load()
        heat = self._find("CN-C3-PURCHASED-HEAT-FACTOR")
        self.assertEqual(heat.with_context(lang="zh_CN").name, "热力排放因子")
        self.assertEqual(heat.with_context(lang="en_US").name, "Purchased heat factor")

    # golden numbers
    def test_printed_results_of_fuel_tables_are_reproduced(self):
        # NCV × CC × OF × 44/12 of every row within 1e-6 t
        self._load("cn_fuel_gbt")
        for code in ("cn_fuel_gbt", "cn_fuel_ndrc", "cn_fuel_mee"):
            for row in self._pack_rows(code):
                [(_gas, _kind, kg)] = self._pack(code)._parse_gases(row)
                difference = abs(kg - Decimal(row["control"])) / 1000
                self.assertLess(difference, Decimal("1e-6"), row["code"])
                if code == "cn_fuel_gbt":
                    version = self._versions(row["code"])
                    self.assertEqual(self._exact(version), [("CO2", "fossil", kg)])

    def test_results_printed_by_publishers_are_reproduced_under_ar5(self):
        gwp = self._gwp("AR5")
        checked = 0
        for code in ("desnz_2023", "epa_hub", "ipcc_2006"):
            for row in self._pack_rows(code):
                if row["skip"]:
                    continue
                lines = self._pack(code)._parse_gases(row)
                total = kernel.co2e(kernel.gas_masses(1, lines), gwp)["total"]
                control = Decimal(row["control"])
                tolerance = max(control * Decimal("2e-5"), Decimal("1e-5"))
                self.assertLessEqual(abs(total - control), tolerance, row["code"])
                checked += 1
        self.assertEqual(checked, 1043 + 95 + 248)

    def test_worked_examples(self):
        # worked_examples.json: kg CO2e per unit, GWP set
        packs = ("cn_fuel_gbt", "desnz_2023", "epa_hub", "ipcc_2006", "refrigerants")
        self._load(*packs, "cn_heat_process")
        examples = [
            ("CN-GBT34-GASOLINE", "2925.056", "AR5"),  # CN-FUEL-01
            ("CN-GBT34-DIESEL", "3095.910", "AR5"),  # CN-FUEL-02
            ("CN-GBT34-NATURAL-GAS", "21621.888", "AR5"),  # CN-FUEL-03
            ("DESNZ-7_400_4000_5_1", "0.20707", "AR5"),  # S2-UK-1
            ("EPAHUB25-005", "5.3115", "AR5"),  # EPA-1
            ("EPAHUB25-003", "10.2427", "AR5"),  # EPA-2
            ("EPAHUB25-008", "0.39664", "AR5"),  # EPA-5
            ("IPCC2006-PRO-07", "3096.0", "AR5"),  # IPCC-7
            ("CN-WASTE-MSW-INCINERATION-CCW-4-FCF-4-CE-95", "557.333", "AR5"),
            ("GAS-R-410A", "1924", "AR5"),  # FUG-4: 1923.5
            ("GAS-R-507A", "3985", "AR5"),  # FUG-6
            ("GAS-R-404A", "3922", "AR4"),
            ("GAS-R-410A", "2256", "AR6"),
            ("GAS-SF6", "24300", "AR6"),
        ]
        for code, expected, gwp_set in examples:
            lines = self._exact(self._versions(code))
            masses = kernel.gas_masses(1, lines)
            total = kernel.co2e(masses, self._gwp(gwp_set))["total"]
            expected = Decimal(expected)
            tolerance = max(expected * Decimal("1e-5"), Decimal("1e-5"))
            if code.startswith("GAS-R"):
                tolerance = Decimal("0.6")  # published rounded to a whole number
            self.assertLessEqual(abs(total - expected), tolerance, (code, total))

    def test_a_blend_is_its_components(self):
        self._load("refrigerants")
        self.assertEqual(
            set(self._exact(self._versions("GAS-R-404A"))),
            {
                ("HFC125", "fossil", Decimal("0.44")),
                ("HFC143a", "fossil", Decimal("0.52")),
                ("HFC134a", "fossil", Decimal("0.04")),
            },
        )

    def test_weighted_factors_are_not_multiplied_again(self):
        # DESNZ butane: 3029.26 CO2 of 3033.38067 CO2e per tonne
        self._load("desnz_2023")
        version = self._versions("DESNZ-1_100_1000_15_1")
        self.assertEqual(
            self._exact(version),
            [
                ("CO2", "fossil", Decimal("3029.26")),
                ("CO2E_AR5", "fossil", Decimal("4.12067")),
            ],
        )
        with self.assertRaises(KeyError):
            kernel.co2e(kernel.gas_masses(1, self._exact(version)), self._gwp("AR6"))

    def test_biogenic_carbon_dioxide_is_a_line_of_its_own(self):
        self._load("desnz_2023", "ipcc_2006")
        ethanol = self._exact(self._versions("DESNZ-2_103_1031_8_1"))
        self.assertIn(("CO2", "biogenic", Decimal("1.52")), ethanol)
        self.assertIn(("CO2E_AR5", "fossil", Decimal("0.00901")), ethanol)
        wood = self._exact(self._versions("IPCC2006-ENE-073"))
        self.assertEqual({kind for _gas, kind, _kg in wood}, {"biogenic"})
        self.assertIn(("CH4_NONFOSSIL", "biogenic", Decimal("30")), wood)

    def test_heating_value_basis_is_kept(self):
        self._load("desnz_2023", "epa_hub", "ipcc_2006")
        bases = {
            code: self._versions(code).heating_value_basis
            for code in ("EPAHUB-ST-001", "IPCC2006-ENE-001", "DESNZ-1_100_1000_15_1")
        }
        self.assertEqual(list(bases.values()), ["hhv", "lhv", False])

    # data year, publication and reporting years are three things
    def test_grid_factor_of_the_data_year_applies_from_its_first_day(self):
        self._load("cn_grid")
        china = self.env.ref("carbon_management.region_cn")
        beijing = self.env.ref("carbon_management.region_cn_bj")
        average = self._find("CN-GRID-AVERAGE")
        expected = [
            (china, date(2021, 12, 31), "556.8"),
            (china, date(2022, 1, 1), "536.6"),
            (china, date(2023, 6, 30), "530.6"),
            (china, date(2026, 3, 1), "530.6"),
            (beijing, date(2023, 6, 30), "555.4"),
        ]
        for region, day, kg in expected:
            version = average._get_version(day, region)
            self.assertEqual(self._exact(version)[0][2], Decimal(kg), day)
        self.assertFalse(average._get_version(date(2020, 12, 31), china))
        version = average._get_version(date(2023, 6, 30), china)
        self.assertEqual(version.data_year, 2023)
        self.assertEqual(version.published_on, "2025-12-31")
        self.assertIn("FY2023", version.reporting_years)
        residual = self._find("CN-GRID-RESIDUAL")
        version = residual._get_version(date(2023, 6, 30), china)
        self.assertEqual(self._exact(version)[0][2], Decimal("609.6"))
        self.assertEqual(residual.stream_id.basis, "market")
        self.assertEqual(average.stream_id.basis, "location")

    def test_spend_factors_name_their_prices(self):
        self._load("epa_spend")
        soy = self._find("EPA-SPEND-111150")
        self.assertRecordValues(
            soy,
            [
                {
                    "currency_id": self.env.ref("base.USD").id,
                    "price_year": 2022,
                    "price_basis": "purchaser",
                    "uom_id": False,
                }
            ],
        )
        self.assertEqual(self._exact(soy.version_ids), [("CO2E_AR5", "fossil", Decimal("0.848"))])
        without = self._versions("EPA-SPEND-111150-NM")
        self.assertEqual(self._exact(without)[0][2], Decimal("0.809"))
