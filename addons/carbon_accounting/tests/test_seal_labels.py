from unittest.mock import patch

from odoo.tests import tagged

from ..tools import seal_form
from .method_common import MethodCommon
from .seal_common import SealCommon


@tagged("post_install", "-at_install")
class TestSealLabels(SealCommon):
    """What reports print beside figures is sealed: headings, names, groups of gases, formulas (R-139, R-157)."""

    def _renamed(self, record, inventory, message):
        """Change a name by plain SQL, and find it."""
        self._tamper(
            f"UPDATE {record._table} SET name = jsonb_set(name, '{{en_US}}', '\"Forged\"') WHERE id = %s", record.id
        )
        self._assert_found(inventory, record._name, record.id, message)

    def test_names_changed_by_plain_sql_are_named(self):
        inventory = self._sealed()
        category = (
            self.env["carbon.framework.mapping"]
            .search(
                [("edition_id", "in", inventory.edition_ids.ids), ("emission_category_id", "=", self.leaf.id)], limit=1
            )
            .framework_category_id
        )
        for record, message in (
            (self.coal, f"Name of an emission source {self.coal.id} .*was changed"),
            (self.leaf, "Name of an emission category"),
            (self.gas_co2, "Name of a greenhouse gas"),
            (category, "Name of a category of a framework"),
        ):
            with self.subTest(record._name), self.env.cr.savepoint() as savepoint:
                self._renamed(record, inventory, message)
                savepoint.rollback()
            self.env.invalidate_all()
        self._assert_whole(inventory)

    def test_name_corrected_by_people_is_told_by_the_trail_and_the_seal_is_whole(self):
        inventory = self._sealed()
        self.coal.name = "Coal boiler, hall 2"
        self.coal.update_field_translations("name", {"en_US": "Coal boiler, hall 3"})
        self.gas_co2.name = "Carbon dioxide, CO2"
        entries = self.env["carbon.trail.entry"].search(
            [("company_id", "=", self.company.id), ("event", "=", "label.change")], order="seq"
        )
        self.assertEqual(entries.mapped("res_model"), ["carbon.source", "carbon.source", "carbon.gas"])
        self.assertIn("Coal boiler, hall 2", entries[0].payload)
        self.assertIn('"before":', entries[0].payload)
        self._assert_whole(inventory)
        self._renamed(self.diesel, inventory, "Name of an emission source")

    def test_headings_groups_and_formulas_changed_by_plain_sql_are_named(self):
        inventory = self._sealed()
        category = (
            self.env["carbon.framework.mapping"]
            .search(
                [("edition_id", "in", inventory.edition_ids.ids), ("emission_category_id", "=", self.leaf.id)], limit=1
            )
            .framework_category_id
        )
        method = self.env["carbon.calculation.method"].search([("state", "=", "approved")], limit=1)
        for record, change in (
            (category, "scope = 3"),
            (self.leaf, "direct = NOT direct"),
            (self.gas_co2, "gas_group = 'CH4'"),
            (method, "formula = 'x'"),
            (method, "clause = 'x'"),
        ):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self._tamper(f"UPDATE {record._table} SET {change} WHERE id = %s", record.id)
                self._assert_found(inventory, record._name, record.id, "was changed")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_seal_of_the_form_before_is_verified_without_names(self):
        with patch.object(seal_form, "VERSION", 5):
            inventory = self._sealed()
        self.assertEqual(inventory.seal_id.form_version, 5)
        self.env.cr.execute("UPDATE carbon_source SET code = 'X1' WHERE id = %s", [self.coal.id])
        self._assert_whole(inventory)


@tagged("post_install", "-at_install")
class TestSealInputs(MethodCommon, SealCommon):
    """Inputs of posted declarations are compared with those that the trail kept when they were posted (R-139)."""

    def test_input_changed_by_plain_sql_is_named(self):
        gigajoule = self.env.ref("carbon_accounting.uom_gj")
        source = self._source("Steam", gigajoule, self._factor("STEAM", gigajoule, "110"))
        rule = self._use("steam_full", sources={"energy": source})
        declaration = self._calculated(rule, {"steam": "10", "enthalpy": "2800"})
        inventory = self._computed()
        self._close_year()
        self._approve(inventory)
        self._assert_whole(inventory)
        line = declaration.input_ids.filtered(lambda line: line.input_id.code == "enthalpy")
        self._tamper("UPDATE carbon_declaration_input SET value = '3000' WHERE id = %s", line.id)
        self._assert_found(
            inventory,
            "carbon.declaration",
            declaration.id,
            f"Inputs of declaration {declaration.name} were changed",
            "input_ids",
        )
