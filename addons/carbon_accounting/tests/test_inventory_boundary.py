from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestInventoryBoundary(InventoryCommon):
    """Consolidation by the accounting boundary: only in inventory lines (R-123, R-124)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site, cls.annex = cls.env["carbon.site"].create(
            [
                {"name": "Works", "code": "W", "company_id": cls.company.id, "share": 0.8},
                {"name": "Annex", "code": "A", "company_id": cls.company.id},
            ]
        )
        cls.coal.site_id = cls.site
        cls.diesel.site_id = cls.annex
        cls.diesel_rule = cls._rule("declared", cls.diesel, name="Diesel declared")

    def _boundary(self, approach="operational_control", share=1.0, sites=None, **values):
        """Return an approved accounting boundary on an approved organisational one."""
        sites = self.site + self.annex if sites is None else sites
        common = {"company_id": self.company.id, "date_from": "2025-01-01", "site_ids": [(6, 0, sites.ids)]}
        base = self.env["carbon.boundary"].create(
            {**common, "name": "Organisation", "boundary_type": "organisational", "approach": approach, "share": share}
        )
        base.action_approve()
        boundary = self.env["carbon.boundary"].create(
            {
                **common,
                "name": "Accounting",
                "boundary_type": "accounting",
                "organisational_id": base.id,
                "base_year": 2024,
                "include_other_indirect": True,
                "include_removals": True,
                **values,
            }
        )
        boundary.action_approve()
        return boundary

    def _fill(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._declare(self.diesel_rule, 10, self.ton)

    def _shares(self, inventory):
        return {line.source_id: (line.share, line.exclusion) for line in inventory.line_ids}

    def test_boundary_in_force_is_preset(self):
        boundary = self._boundary()
        self.assertEqual(self._inventory().boundary_id, boundary)
        self.assertFalse(self._inventory(2024).boundary_id)
        with self.assertRaises(ValidationError):
            self._inventory(boundary_id=boundary.organisational_id.id)

    def test_equity_share_applies_to_lines_and_not_to_the_ledger(self):
        self._boundary("equity_share", share=0.5)
        self._fill()
        inventory = self._computed()
        self.assertEqual(self._shares(inventory), {self.coal: (0.4, False), self.diesel: (0.5, False)})
        self.assertEqual(round(inventory.total_t, 6), round(100 * 1.868533333333 * 0.4 + 10 * 3.09591 * 0.5, 6))
        self.assertEqual(round(self._kg(self.coal) / 1000, 3), Decimal("186.853"))
        line = inventory.line_ids.filtered(lambda x: x.source_id == self.coal)
        self.assertEqual(line.quantity, 100.0)

    def test_site_without_control_is_excluded_with_its_reason(self):
        self.annex.has_operational_control = False
        self._boundary()
        self._fill()
        inventory = self._computed()
        self.assertEqual(self._shares(inventory), {self.coal: (1.0, False), self.diesel: (0.0, "control")})
        self.assertEqual((round(inventory.total_t, 3), inventory.excluded_count), (186.853, 1))

    def test_site_outside_is_excluded_and_a_source_without_site_stays(self):
        self.coal.site_id = False
        self._boundary(sites=self.site)
        self._fill()
        inventory = self._computed()
        self.assertEqual(self._shares(inventory), {self.coal: (1.0, False), self.diesel: (0.0, "site")})
        self.assertEqual(inventory.siteless_sources, self.coal.display_name)

    def test_sources_on_sites_are_not_named(self):
        self._boundary(sites=self.site)
        self._fill()
        self.assertFalse(self._computed().siteless_sources)

    def test_gases_and_categories_outside_are_excluded(self):
        _vent, vent_rule = self._emitter("Vent", self.kg, 1, "VENT", gas=self._gas("CH4_FOSSIL"))
        _grid, grid_rule = self._emitter("Grid", self.kwh, 1, "GRID", self.location, self.electricity_leaf)
        self._boundary(gas_ch4=False, include_energy_indirect=False)
        self._fill()
        self._declare(vent_rule, 1000, self.kg)
        self._declare(grid_rule, 1000, self.kwh)
        inventory = self._computed()
        reasons = {line.source_id.name: line.exclusion for line in inventory.line_ids if line.exclusion}
        self.assertEqual(reasons, {"Vent": "gas", "Grid": "category"})
        self.assertEqual(inventory.location_t, inventory.without_energy_t)

    def test_excluded_gas_needs_no_gwp(self):
        gas = self.env["carbon.gas"].create({"code": "XF9", "name": "Test gas", "gas_group": "HFCs"})
        _source, rule = self._emitter("Leak", self.kg, 1, "XF9", gas=gas)
        self._boundary(gas_hfcs=False)
        self._declare(rule, 5, self.kg)
        inventory = self._computed()
        self.assertEqual(inventory.line_ids.exclusion, "gas")

    def test_changed_boundary_empties_the_draft(self):
        boundary = self._boundary()
        self._fill()
        inventory = self._computed()
        inventory.boundary_id = False
        self.assertFalse(inventory.line_ids)
        inventory.boundary_id = boundary
        inventory.action_compute()
        self.assertTrue(inventory.line_ids)

    def test_nothing_rests_on_a_draft_boundary(self):
        boundary = self._boundary().copy({"date_from": "2026-01-01"})
        self._fill()
        inventory = self._computed(boundary_id=boundary.id)
        inventory.maker_note = "ok"
        with self.assertRaisesRegex(UserError, "is a draft"):
            inventory.action_check()
