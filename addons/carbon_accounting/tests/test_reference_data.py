from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .factor_common import FactorCommon

#: methods.md 2.1: GHG Protocol → ISO 14064-1:2018
ISO_OF_GHGP = {
    "1": "1",
    "2": "2",
    **dict.fromkeys(("3.1", "3.2", "3.3", "3.5", "3.8"), "4"),
    **dict.fromkeys(("3.4", "3.6", "3.7", "3.9"), "3"),
    **dict.fromkeys(("3.10", "3.11", "3.12", "3.13", "3.14", "3.15"), "5"),
}


@tagged("post_install", "-at_install")
class TestReferenceData(FactorCommon):
    """Gases, GWP sets, frameworks and units that come with the addon."""

    #
    def test_gwp_values_are_those_of_their_report(self):
        # IPCC SAR, AR4, AR5 and AR6; AR6 tells fossil from other methane
        expected = {
            "SAR": {"CO2": 1, "CH4": 21, "N2O": 310, "SF6": 23900, "HFC134a": 1300},
            "AR4": {"CO2": 1, "CH4": 25, "N2O": 298, "SF6": 22800, "NF3": 17200},
            "AR5": {"CO2": 1, "CH4": 28, "N2O": 265, "SF6": 23500, "HFC134a": 1300},
            "AR6": {
                "CO2": 1,
                "CH4_FOSSIL": Decimal("29.8"),
                "CH4_NONFOSSIL": 27,
                "N2O": 273,
                "SF6": 24300,
                "NF3": 17400,
                "HFC134a": 1530,
                "CF4": 7380,
            },
        }
        for code, values in expected.items():
            shipped = self._gwp(code)
            for gas, value in values.items():
                self.assertEqual(shipped[gas], value, (code, gas))

    def test_methane_without_origin_has_no_value_in_ar6(self):
        self.assertNotIn("CH4", self._gwp("AR6"))

    def test_the_disputed_value_of_sf6_carries_a_note(self):
        value = self.env.ref("carbon_accounting.gwp_value_ar6_sf6")
        self.assertIn("25,200", value.note)
        self.assertIn("25,200", value.gas_id.note)

    def test_the_seven_groups_are_covered(self):
        groups = self.env["carbon.gas"].search([]).mapped("gas_group")
        seven = {"CO2", "CH4", "N2O", "HFCs", "PFCs", "SF6", "NF3"}
        self.assertLessEqual(seven, set(groups))

    def test_a_pseudo_gas_has_a_value_in_its_own_set_only(self):
        for gas in self.env["carbon.gas"].search([("is_pseudo", "=", True)]):
            self.assertEqual(gas.gwp_value_ids.gwp_set_id, gas.pseudo_gwp_set_id)
            self.assertEqual(gas.gwp_value_ids.value, 1)

    def test_blends_are_no_gases(self):
        self.assertFalse(self.env["carbon.gas"].search([("code", "=like", "R-%")]))

    @mute_logger("odoo.sql_db")
    def test_a_pseudo_gas_must_name_its_set(self):
        with self.assertRaises(IntegrityError):
            self.env["carbon.gas"].create({"code": "X", "name": "CO2e", "is_pseudo": True})

    #
    def _mapping(self, edition):
        edition = self.env.ref(f"carbon_accounting.framework_edition_{edition}")
        return {m.emission_category_id.code: m.framework_category_id for m in edition.mapping_ids}

    def test_iso_category_of_every_ghg_protocol_category(self):
        ghgp, iso = self._mapping("ghgp_2011"), self._mapping("iso14064_2018")
        seen = set()
        for leaf, category in ghgp.items():
            if category.code in ISO_OF_GHGP:
                self.assertEqual(iso[leaf].code, ISO_OF_GHGP[category.code], leaf)
                seen.add(category.code)
        self.assertEqual(seen, set(ISO_OF_GHGP))
        self.assertEqual(iso["sink"].code, "1")
        self.assertEqual(iso["other_indirect"].code, "6")

    def test_every_leaf_has_a_place_in_every_edition(self):
        leaves = self.env["carbon.emission.category"].search([("child_ids", "=", False), ("is_emission", "=", True)])
        self.assertEqual(len(leaves), 23)
        for edition in self.env["carbon.framework.edition"].search([]):
            mapped = edition.mapping_ids.emission_category_id
            self.assertEqual(mapped, leaves, edition.name)

    def test_the_scopes_of_ghg_protocol(self):
        mapping = self._mapping("ghgp_2011")
        scope_3 = {leaf for leaf, category in mapping.items() if category.scope == 3}
        self.assertEqual(len(scope_3), 15)
        self.assertEqual(mapping["fugitive"].scope, 1)
        self.assertEqual(mapping["purchased_heat"].scope, 2)
        self.assertEqual(mapping["sink"].scope, 0)

    def test_the_edition_of_gbt_32150_follows_the_date(self):
        framework = self.env.ref("carbon_accounting.framework_gbt32150")
        old = self.env.ref("carbon_accounting.framework_edition_gbt32150_2015")
        new = self.env.ref("carbon_accounting.framework_edition_gbt32150_2025")
        self.assertEqual(framework._edition_at(date(2026, 6, 30)), old)
        self.assertEqual(framework._edition_at(date(2026, 7, 1)), new)
        self.assertFalse(framework._edition_at(date(2016, 5, 31)))
        self.assertTrue(old.active)
        self.assertEqual(self._mapping("gbt32150_2015")["business_travel"].code, "OT")
        self.assertEqual(self._mapping("gbt32150_2025")["business_travel"].code, "TR")

    def test_editions_of_a_framework_cannot_overlap(self):
        framework = self.env.ref("carbon_accounting.framework_gbt32150")
        with self.assertRaisesRegex(ValidationError, "overlaps GB/T 32150-2025"):
            self.env["carbon.framework.edition"].create(
                {
                    "framework_id": framework.id,
                    "code": "X",
                    "name": "Next",
                    "valid_from": "2030-01-01",
                }
            )

    def test_a_mapping_stays_inside_its_edition(self):
        addon = "carbon_accounting"
        mapping = self.env.ref(f"{addon}.framework_mapping_iso14064_2018_waste")
        other = self.env.ref(f"{addon}.framework_category_gbt32150_2025_ot")
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            mapping.framework_category_id = other

    def test_changes_of_potentials_and_mappings_are_told_to_the_trail(self):
        def last():
            entry = self.env["carbon.trail.entry"].search([], order="id desc", limit=1)
            return entry.event, str(entry.payload)

        value = self.env.ref("carbon_accounting.gwp_value_ar6_sf6")
        value.value = 25200
        event, payload = last()
        self.assertEqual(event, "gwp_value.change")
        self.assertIn("24300.0", payload)
        value.unlink()
        self.assertEqual(last()[0], "gwp_value.delete")
        addon = "carbon_accounting"
        mapping = self.env.ref(f"{addon}.framework_mapping_iso14064_2018_waste")
        mapping.framework_category_id = self.env.ref(f"{addon}.framework_category_iso14064_2018_6")
        event, payload = last()
        self.assertEqual(event, "framework_mapping.change")
        self.assertIn("waste", payload)

    # units
    def test_energy_units_convert_exactly_enough(self):
        def unit(name):
            return self.env.ref(f"carbon_accounting.uom_{name}")

        kwh = self.env.ref("uom.product_uom_kwh")
        cases = [
            (unit("mwh"), unit("gj"), 1, 3.6),  # UNIT-1
            (unit("tce"), unit("gj"), 1, 29.3076),  # GB/T 2589
            (kwh, unit("mj"), 50000, 180000),
            (unit("tj"), unit("gwh"), 3.6, 1),
            (unit("kcal"), unit("mj"), 7000, 29.3076),
            (unit("mmbtu"), unit("gj"), 1, 1.05505585262),
            (unit("nm3_10k"), unit("nm3"), 1, 10000),
        ]
        for origin, target, quantity, expected in cases:
            self.assertTrue(origin._has_common_reference(target))
            result = origin._compute_quantity(quantity, target, round=False)
            self.assertAlmostEqual(result, expected, 9, msg=origin.name)

    def test_normal_cubic_metres_are_not_cubic_metres(self):
        normal = self.env.ref("carbon_accounting.uom_nm3")
        cubic_metre = self.env.ref("uom.product_uom_cubic_meter")
        self.assertFalse(normal._has_common_reference(cubic_metre))
