from datetime import date
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestInventory(InventoryCommon):
    """From the ledger to approved figures."""

    def test_hundred_tonnes_of_coal_are_186_853_tonnes(self):  # R-133 S2
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self.assertEqual(round(inventory.total_t, 3), 186.853)
        line = inventory.line_ids
        self.assertEqual((line.period, line.quantity, line.share), (date(2025, 3, 1), 100.0, 1.0))
        self.assertEqual(line.mass_kg, 186853.3333333333)
        self.assertEqual(inventory._exact_totals()["total_kg"], "186853.3333333333")

    def test_months_are_split_and_other_years_left_out(self):
        for day, tonnes in (
            ("2024-12-31", 7),
            ("2025-01-01", 1),
            ("2025-01-31", 2),
            ("2025-02-01", 4),
            ("2026-01-01", 7),
        ):
            self._declare(self.coal_rule, tonnes, self.ton, day)
        inventory = self._computed()
        quantities = {line.period: line.quantity for line in inventory.line_ids}
        self.assertEqual(quantities, {date(2025, 1, 1): 3.0, date(2025, 2, 1): 4.0})

    def test_methane_weighs_25_with_ar4_and_29_8_with_ar6(self):
        _source, rule = self._emitter("Mine vent", self.kg, 1, "CH4", gas=self._gas("CH4_FOSSIL"))
        self._declare(rule, 1000, self.kg)
        self.assertEqual(round(self._computed(gwp=self.ar4).total_t, 3), 25.0)
        self.assertEqual(round(self._computed(gwp=self.ar6).total_t, 3), 29.8)

    def test_counter_rows_take_part_in_the_sum(self):
        declaration = self._declare(self.coal_rule, 100, self.ton)
        self._declare(self.coal_rule, 10, self.ton)
        self._commit()
        declaration.action_cancel()
        inventory = self._computed()
        self.assertEqual(inventory.line_ids.quantity, 10.0)

    def test_computing_twice_gives_the_same_lines(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        before = inventory.line_ids.mapped("mass_kg")
        inventory.action_compute()
        self.assertEqual(inventory.line_ids.mapped("mass_kg"), before)

    def test_deleting_a_draft_takes_its_lines_along(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        lines = inventory.line_ids
        self.assertEqual(len(lines), 1)
        inventory.unlink()
        self.assertFalse(lines.exists())

    def test_biogenic_co2_removals_and_recovered_stay_apart(self):
        factor = self.env["carbon.emission.factor"].create({"code": "TEST-WOOD", "name": "Wood", "uom_id": self.ton.id})
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2015-01-01",
                "source_document": "test",
                "gas_line_ids": [
                    (
                        0,
                        0,
                        {
                            "gas_id": self.gas_co2.id,
                            "kind": "biogenic",
                            "kg_per_unit": 1600,
                        },
                    ),
                    (
                        0,
                        0,
                        {
                            "gas_id": self._gas("CH4_NONFOSSIL").id,
                            "kind": "biogenic",
                            "kg_per_unit": 1,
                        },
                    ),
                    (
                        0,
                        0,
                        {
                            "gas_id": self.gas_co2.id,
                            "kind": "removal",
                            "kg_per_unit": 50,
                        },
                    ),
                    (
                        0,
                        0,
                        {
                            "gas_id": self.gas_co2.id,
                            "kind": "recovered",
                            "kg_per_unit": 70,
                        },
                    ),
                ],
            }
        )
        version.action_approve()
        source = self._source("Wood boiler", self.ton, factor)
        self._declare(self._rule("declared", source, name="Wood"), 10, self.ton)
        inventory = self._computed()
        self.assertEqual(round(inventory.total_t, 3), 0.27)  # 10 kg CH4 x 27.0
        self.assertEqual(
            self._rounded(inventory.biogenic_t, inventory.removal_t, inventory.recovered_t),
            (16.0, 0.5, 0.7),
        )

    def test_gas_outside_the_seven_groups_stays_apart(self):
        _source, rule = self._emitter("Old chiller", self.kg, 1, "R22", gas=self._gas("HCFC22"))
        self._declare(rule, 10, self.kg)
        inventory = self._computed()
        self.assertEqual(round(inventory.total_t, 3), 0.0)
        self.assertEqual(round(inventory.other_gas_t, 3), 19.6)  # AR6: 1960

    def test_location_and_market_results_are_both_reported(self):
        source, rule = self._emitter("Grid", self.kwh, "0.5", "GRID", self.location, self.electricity_leaf)
        self._add_stream(source, "GREEN", "0.1", self.market)
        self._declare(rule, 50000, self.kwh)
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed(electricity_basis="market")
        self.assertEqual(
            self._rounded(inventory.location_t, inventory.market_t),
            (211.853, 191.853),
        )
        self.assertEqual(
            self._rounded(inventory.without_energy_t, inventory.total_t),
            (186.853, 191.853),
        )
        self.assertEqual(
            self._rounded(inventory.energy_location_t, inventory.energy_market_t),
            (25.0, 5.0),
        )
        inventory.electricity_basis = "location"
        self.assertEqual(round(inventory.total_t, 3), 211.853)

    def test_electricity_without_market_factor_uses_the_location_result_and_says_so(
        self,
    ):
        _source, rule = self._emitter("Grid", self.kwh, "0.5", "GRID", self.location, self.electricity_leaf)
        self._declare(rule, 50000, self.kwh)
        inventory = self._computed(electricity_basis="market")
        self.assertEqual(
            self._rounded(inventory.location_t, inventory.market_t, inventory.fallback_t),
            (25.0, 25.0, 25.0),
        )

    def test_co2e_of_another_gwp_set_is_refused_with_the_next_step(self):
        _source, rule = self._emitter("Spend", self.kg, 2, "EEIO", gas=self._gas("CO2E_AR5"))
        self._declare(rule, 100, self.kg)
        self._commit()
        inventory = self._inventory(gwp=self.ar6)
        with self.assertRaisesRegex(UserError, r"(?s)Eeio.*CO2e \(AR5\).*Choose"):
            inventory.action_compute()
        inventory.gwp_set_id = self.ar5
        inventory.action_compute()
        self.assertEqual(round(inventory.total_t, 3), 0.2)

    def test_gas_without_value_in_the_set_is_refused(self):
        gas = self.env["carbon.gas"].create({"code": "XF9", "name": "Test gas", "gas_group": "HFCs"})
        _source, rule = self._emitter("Leak", self.kg, 1, "XF9", gas=gas)
        declaration = self._declare(rule, 5, self.kg)
        self._commit()
        inventory = self._inventory()
        with self.assertRaisesRegex(UserError, "Test gas.*no global warming potential"):
            inventory.action_compute()
        declaration.action_cancel()
        self._commit()
        inventory.action_compute()  # corrected to nothing: no value is asked for
        self.assertFalse(inventory.line_ids)

    def test_only_whole_months_up_to_a_year_are_accepted(self):
        for first, last in (
            ("2025-01-02", "2025-12-31"),
            ("2025-01-01", "2025-12-30"),
            ("2025-01-01", "2026-01-31"),
        ):
            with (
                self.subTest(first=first, last=last),
                self.assertRaises(ValidationError),
            ):
                self._inventory(date_from=first, date_to=last)

    def test_edition_in_force_at_the_end_is_preset(self):
        gbt = self.env.ref("carbon_accounting.framework_gbt32150")

        def edition(inventory):
            return inventory.edition_ids.filtered(lambda e: e.framework_id == gbt).code

        self.assertEqual(edition(self._inventory(2025)), "GB/T 32150-2015")
        self.assertEqual(edition(self._inventory(2026)), "GB/T 32150-2025")
        self.assertEqual(len(self._inventory(2025).edition_ids), 3)

    def test_2015_edition_stays_selectable_until_it_ended(self):
        old = self.env.ref("carbon_accounting.framework_edition_gbt32150_2015")
        new = self.env.ref("carbon_accounting.framework_edition_gbt32150_2025")
        inventory = self._inventory(2026)
        inventory.edition_ids = inventory.edition_ids - new + old
        with self.assertRaisesRegex(ValidationError, "several editions"):
            inventory.edition_ids += new
        later = self._inventory(2027)
        with self.assertRaisesRegex(ValidationError, "ended on"):
            later.edition_ids = later.edition_ids - new + old

    def test_report_maps_each_leaf_once_and_keeps_what_is_not_mapped(self):
        self._declare(self.coal_rule, 100, self.ton)
        leaf = self.env["carbon.emission.category"].create({"code": "test_leaf", "name": "Odd"})
        _source, rule = self._emitter("Odd source", self.kg, 1, "ODD", leaf=leaf)
        self._declare(rule, 500, self.kg)
        inventory = self._computed()
        groups = self.env["carbon.inventory.report"]._read_group(
            [("inventory_id", "=", inventory.id)],
            ["scope", "iso_category", "gbt_category"],
            ["total_t:sum"],
        )
        figures = {scope: (iso, gbt, round(total, 3)) for scope, iso, gbt, total in groups}
        self.assertEqual(set(figures), {"1", "none"})
        self.assertTrue(figures["1"][0].startswith("1 "))
        self.assertTrue(figures["1"][1].startswith("FC "))
        self.assertEqual(figures["1"][2], 186.853)
        self.assertEqual(figures["none"], ("Not mapped", "Not mapped", 0.5))

    def test_fugitive_emissions_change_category_with_the_edition(self):
        leaf = self.env.ref("carbon_accounting.emission_category_upstream_transport")
        _source, rule = self._emitter("Lorries", self.kg, 1, "LORRY", leaf=leaf)
        for year in (2025, 2026):
            self._declare(rule, 1000, self.kg, f"{year}-08-01")
        labels = []
        for year in (2025, 2026):
            inventory = self._computed(year)
            row = self.env["carbon.inventory.report"].search([("inventory_id", "=", inventory.id)])
            labels.append(row.gbt_category.split()[0])
        self.assertEqual(labels, ["OT", "TR"])

    def test_exact_sum_of_lines_equals_the_ledger(self):
        for month in range(1, 13):
            self._declare(self.coal_rule, Decimal(month) / 7, self.ton, f"2025-{month:02}-11")
        inventory = self._computed()
        row = self.env.execute_query(
            self._sql(
                "SELECT SUM(mass_kg)::text FROM carbon_inventory_line WHERE inventory_id = %s",
                inventory.id,
            )
        )[0]
        self.assertLess(abs(Decimal(row[0]) - self._kg(self.coal)), Decimal("1e-11") * 12)
