from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .seal_common import SealCommon

COAL, DIESEL = Decimal("1868.533333333333"), Decimal("3095.91")


@tagged("post_install", "-at_install")
class TestBridge(SealCommon):
    """Why a version differs from the one before, exactly (R-139)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.env["carbon.site"].create({"name": "Works", "code": "W", "company_id": cls.company.id})
        cls.anaesthesia, cls.n2o_rule = cls._emitter(
            "Anaesthesia", cls.kg, "1", "N2O", gas=cls._gas("N2O"), site_id=cls.site.id
        )
        (cls.coal + cls.diesel).site_id = cls.site

    def _boundary(self, share):
        common = {"company_id": self.company.id, "date_from": "2025-01-01", "site_ids": [(6, 0, self.site.ids)]}
        base = self.env["carbon.boundary"].create(
            {**common, "name": "Organisation", "approach": "equity_share", "share": share}
        )
        base.action_approve()
        boundary = self.env["carbon.boundary"].create(
            {**common, "name": "A", "boundary_type": "accounting", "organisational_id": base.id, "base_year": 2025}
        )
        boundary.action_approve()
        return boundary

    def _first(self):
        self._declare(self.n2o_rule, 2, self.kg, "2025-05-05", name="N2O")
        return self._sealed()

    def _bridge(self, draft):
        draft.action_compute()
        return {cause: Decimal(kg) for cause, kg in draft._exact_bridge().items()}

    def _assert_sums_up(self, draft):
        bridge = self._bridge(draft)
        totals = [Decimal(version._exact_totals()["total_kg"]) for version in (draft.restates_id, draft)]
        self.assertEqual(sum(bridge.values()), totals[1] - totals[0])

    def test_all_causes_at_once_are_told_apart_to_the_last_digit(self):
        inventory = self._first()
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01", "2025-04-01"])
        # error: 100 t were 80 t; activity: 5 t were missing; factor: a better one from April on
        self.coal_march.action_cancel()
        self._declare(self.coal_rule, 80, self.ton, "2025-03-11", name="COAL/03 corrected")
        self._declare(self.diesel_rule, 5, self.ton, "2025-04-20")
        self._commit()
        self._version(self.coal_factor, "2000", "2025-04-01")
        self._collect()
        draft.write({"boundary_id": self._boundary(0.5).id, "gwp_set_id": self.ar5.id})
        bridge = self._bridge(draft)
        new = 80 * COAL + 50 * Decimal(2000) + 15 * DIESEL + 2 * Decimal(273)
        self.assertEqual(
            bridge,
            {
                "error": -20 * COAL,
                "activity": 5 * DIESEL,
                "factor": 50 * (Decimal(2000) - COAL),
                "boundary": Decimal("-0.5") * new,
                "method": 2 * Decimal("0.5") * (Decimal(265) - Decimal(273)),
            },
        )
        self._assert_sums_up(draft)
        self.assertEqual(round(draft.difference_t, 6), round(float(sum(bridge.values())) / 1000, 6))
        self._period("2025-03-01").action_close()
        self._period("2025-04-01").action_close()
        self._approve(draft)
        for version in (inventory, draft):
            self._assert_whole(version)
        self.assertEqual({cause: Decimal(kg) for cause, kg in draft._exact_bridge().items()}, bridge)

    def test_what_was_entered_anew_is_told_from_what_was_missing_by_its_quantity(self):
        inventory = self._first()
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01"])
        self._declare(self.coal_rule, 400, self.ton, "2025-03-20", name="missing")
        self.coal_march.action_cancel()
        self._declare(self.coal_rule, 130, self.ton, "2025-03-11", name="anew")
        gone = self._declare(self.coal_rule, 7, self.ton, "2025-03-11", name="entered and cancelled")
        self._commit()
        gone.action_cancel()
        self._commit()
        bridge = self._bridge(draft)
        self.assertEqual((bridge["error"], bridge["activity"]), (30 * COAL, 400 * COAL))
        self._assert_sums_up(draft)

    def test_nothing_changed_gives_an_empty_bridge(self):
        draft = self._restated(self._first())
        self.assertEqual(set(self._bridge(draft).values()), {Decimal(0)})
        self.assertEqual(len(draft.bridge_ids), 5)

    def test_wider_boundary_values_what_was_left_out_as_boundary(self):
        annex = self.env["carbon.site"].create({"name": "Annex", "code": "A", "company_id": self.company.id})
        self.coal.site_id = annex
        self._boundary(1.0)
        inventory = self._first()
        self.assertEqual(inventory.excluded_count, 2)
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01"])
        self._declare(self.coal_rule, 5, self.ton, "2025-03-20")
        self._commit()
        draft.boundary_id = False
        bridge = self._bridge(draft)
        # five tons more where nothing counted changed nothing; then all 155 t count
        self.assertEqual({cause: kg for cause, kg in bridge.items() if kg}, {"boundary": 155 * COAL})
        self._assert_sums_up(draft)

    def test_new_result_of_an_old_fact_is_a_method(self):
        inventory = self._first()
        upstream = self.env["carbon.emission.stream"].search([("code", "=", "upstream")], limit=1)
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01", "2025-04-01"])
        self._add_stream(self.coal, "COAL-UP", "300", upstream)
        self._collect()
        bridge = self._bridge(draft)
        self.assertEqual({cause: kg for cause, kg in bridge.items() if kg}, {"method": Decimal(150 * 300)})
        self._assert_sums_up(draft)

    def test_other_basis_of_electricity_is_a_method(self):
        grid, rule = self._emitter("Grid", self.kwh, "0.5", "GRID", self.location, self.electricity_leaf)
        self._add_stream(grid, "GREEN", "0.1", self.market)
        self._declare(rule, 1000, self.kwh, "2025-03-05")
        inventory = self._first()
        draft = self._restated(inventory)
        draft.action_compute()
        draft.electricity_basis = "market"
        self.assertEqual(Decimal(draft._exact_bridge()["method"]), Decimal(-400))
        self._assert_sums_up(draft)

    def test_rounding_of_lines_goes_to_the_largest_cause(self):
        """Masses round to 12 decimals: a third of a gram makes the products longer than the lines."""
        thirds = self._factor("THIRD", self.ton, "0.333333333333")
        source = self._source("Thirds", self.ton, thirds)
        rule = self._rule("declared", source, name="Thirds declared")
        self._declare(rule, 0.123456789012, self.ton, "2025-03-05")
        inventory = self._first()
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01"])
        self._declare(rule, 0.000000000007, self.ton, "2025-03-06")
        self._commit()
        self._assert_sums_up(draft)
        self.assertNotEqual(self._bridge(draft)["activity"], 0)

    def test_bridge_is_frozen_with_its_inventory(self):
        draft = self._restated(self._first())
        draft.action_compute()
        with self.assertRaises(UserError):
            draft.bridge_ids.sudo().write({"co2e_kg": 1})
        with self.assertRaises(UserError):
            draft.bridge_ids.sudo().unlink()
        self._approve(draft)
        self.env.flush_all()
        for statement in ("UPDATE carbon_inventory_bridge SET co2e_kg = 1", "DELETE FROM carbon_inventory_bridge"):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)
        row = draft.bridge_ids[0]
        self._tamper("UPDATE carbon_inventory_bridge SET co2e_kg = 1 WHERE id = %s", row.id)
        self._assert_found(draft, "carbon.inventory.bridge", row.id, "Bridge .* was changed")


@tagged("post_install", "-at_install")
class TestBaseYear(SealCommon):
    """Recalculating the base year is proposed for structural changes and never for activity (R-053, R-054)."""

    def _base(self):
        self._declare(self.coal_rule, 100, self.ton, "2025-03-10", name="COAL")
        inventory = self._computed()
        self._close_year()
        self._approve(inventory)
        inventory.with_user(self.manager).action_set_base_year()
        return inventory

    def _corrected(self, inventory, quantity, late=0):
        """Restate with the one bill corrected, and so many tons that were missing."""
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01"])
        bill = self.env["carbon.declaration"].search([("name", "=", "COAL"), ("state", "=", "posted")])
        if quantity != bill.quantity:
            bill.action_cancel()
            self._declare(self.coal_rule, quantity, self.ton, "2025-03-11", name="COAL")
        if late:
            self._declare(self.coal_rule, late, self.ton, "2025-03-20")
        self._commit()
        self._period("2025-03-01").action_close()
        draft.action_compute()
        self._approve(draft)
        self.env.invalidate_all()
        return draft

    def test_change_below_the_threshold_proposes_nothing(self):
        base = self._base()
        self._corrected(base, 95.01)
        self.assertEqual((round(base.structural_percent, 6), base.recalculation_due), (4.99, False))
        self.assertFalse(base.activity_ids)

    def test_change_that_reaches_the_threshold_proposes_recalculation(self):
        base = self._base()
        version = self._corrected(base, 95)
        self.assertEqual((round(base.structural_percent, 6), base.recalculation_due), (5.0, True))
        self.assertEqual(base.activity_ids.user_id, self.manager)
        self.assertIn("5.00 %", base.activity_ids.note)
        action = base.with_user(self.manager).action_recalculate_base_year()
        self.assertEqual(action["res_id"], version.id)
        self.assertEqual((base.is_base_year, version.is_base_year), (False, True))
        self.assertFalse(version.recalculation_due)
        self.assertFalse(base.activity_ids)
        events = self.env["carbon.trail.entry"].search([("event", "=", "inventory.base_year")])
        self.assertEqual(len(events), 3)
        self._assert_whole(version)

    def test_threshold_is_that_of_the_carbon_system(self):
        self.system.base_year_threshold = 4.99
        base = self._base()
        self._corrected(base, 95.01)
        self.assertTrue(base.recalculation_due)
        with self.assertRaises(Exception), mute_logger("odoo.sql_db"), self.env.cr.savepoint():  # noqa: B017
            self.system.base_year_threshold = 0
            self.env.flush_all()

    def test_organic_growth_never_proposes_recalculation(self):
        base = self._base()
        version = self._corrected(base, 100, late=400)
        self.assertEqual(round(version.total_t / base.total_t, 6), 5.0)
        self.assertEqual((base.structural_percent, base.recalculation_due), (0.0, False))
        self.assertFalse(base.activity_ids)

    def test_changes_of_several_versions_add_up_and_do_not_cancel(self):
        base = self._base()
        version = self._corrected(base, 97)
        self.assertFalse(base.recalculation_due)
        self._corrected(version, 100.5)
        self.assertTrue(base.recalculation_due)
        self.assertEqual(round(base.structural_percent, 3), round(3 + 350 / 97, 3))

    def test_only_the_manager_sets_one_base_year_of_approved_inventories(self):
        base = self._base()
        self._assert_refused(base.with_user(self.accountant).action_set_base_year, "Manager")
        draft = self._inventory(2026)
        self._assert_refused(draft.with_user(self.manager).action_set_base_year, "is Draft")
        other = self._computed(2024)
        self._close_year(2024)
        self._approve(other)
        other.with_user(self.manager).action_set_base_year()
        self.assertEqual((base.is_base_year, other.is_base_year), (False, True))
        other.with_user(self.manager).action_unset_base_year()
        self.assertFalse(other.is_base_year)
        self.assertFalse(other.copy().is_base_year)
