from odoo.tests import Form, tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestSourceTable(InventoryCommon):
    """Sources stand in the row of tables A.2 and A.3 that their category and factor tell (004 annex A)."""

    def _new(self, category, factor=None):
        return self.env["carbon.source"].create(
            {
                "name": f"Source of {category}",
                "company_id": self.company.id,
                "category_id": self.env["carbon.emission.category"].search([("code", "=", category)]).id,
                "uom_id": self.ton.id,
                "factor_line_ids": [
                    (0, 0, {"factor_id": item.id, "stream_id": self.coal.factor_line_ids.stream_id.id})
                    for item in factor or ()
                ],
            }
        )

    def test_row_follows_category_and_factor(self):
        found = {
            code: self._new(code).material
            for code in (
                "purchased_electricity",
                "purchased_heat",
                "process",
                "stationary_combustion",
                "purchased_goods",
            )
        }
        self.assertEqual(
            found,
            {
                "purchased_electricity": "electricity",
                "purchased_heat": "heat",
                "process": "process",
                "stationary_combustion": "other_fuel",
                "purchased_goods": "other",
            },
        )
        self.coal_factor.name = "Anthracite"
        boiler = self._new("stationary_combustion", self.coal_factor)
        self.assertEqual(boiler.material, "coal")

    def test_fuel_that_was_chosen_stays_while_the_source_burns_fuel(self):
        boiler = self._new("stationary_combustion")
        boiler.material = "lpg"
        boiler.category_id = self.env["carbon.emission.category"].search([("code", "=", "mobile_combustion")])
        self.assertEqual(boiler.material, "lpg")
        boiler.category_id = self.env["carbon.emission.category"].search([("code", "=", "purchased_electricity")])
        self.assertEqual(boiler.material, "electricity")

    def test_form_shows_the_row_of_a_new_source_at_once(self):
        form = Form(self.env["carbon.source"])
        form.category_id = self.env["carbon.emission.category"].search([("code", "=", "purchased_electricity")])
        self.assertEqual(form.material, "electricity")

    def test_inventory_names_sources_with_emissions_that_no_row_shows(self):
        self._declare(self.coal_rule, 100, self.ton, "2025-03-10")
        inventory = self._computed()
        self.assertFalse(inventory.tableless_sources)
        self.coal.material = "other"
        inventory.invalidate_recordset()
        self.assertEqual(inventory.tableless_sources, self.coal.display_name)
        rows = {row[1]: row[2] for row in self.env["carbon.inventory.workbook"]._rows_a2(inventory)}
        self.coal.material = "coal"
        inventory.invalidate_recordset()
        self.assertFalse(inventory.tableless_sources)
        shown = {row[1]: row[2] for row in self.env["carbon.inventory.workbook"]._rows_a2(inventory)}
        coal = next(item for item in shown if "Coal" in item)
        self.assertFalse(rows[coal])
        self.assertTrue(shown[coal])
