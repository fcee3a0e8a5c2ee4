from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestRecalculation(InventoryCommon):
    """Where only factors changed, emissions follow them and documents are not read again (R-128, R-139)."""

    def setUp(self):
        super().setUp()
        for day, tonnes in (("2025-03-10", 100), ("2025-04-10", 50), ("2025-05-10", 20)):
            self._declare(self.coal_rule, tonnes, self.ton, day)
        self._commit()
        self._collect()

    def _activity(self):
        return self.env.execute_query(self._sql("SELECT id FROM carbon_activity_data ORDER BY id"))

    def _waits_for_factors(self):
        return self.env["carbon.engine"]._only_factors_changed(self.company)

    def _full_adds_nothing(self):
        full = self._collect()
        self.assertFalse(full.emissions_only)
        self.assertEqual((full.row_new, full.row_reversed, full.row_emission), (0, 0, 0))

    def test_new_version_gives_counter_and_new_rows_of_emissions_alone(self):
        before = self._activity()
        self._version(self.coal_factor, 2000, "2025-04-01")
        self.assertTrue(self._waits_for_factors())
        run = self._collect_changes()
        self.assertTrue(run.emissions_only)
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 4), "April and May: back and anew")
        self.assertEqual(self._activity(), before)
        self.assertEqual(self._kg(self.coal), Decimal("100") * Decimal("1868.533333333333") + 70 * 2000)
        self.assertFalse(self.env["carbon.engine"]._collection_pending(self.company))
        self._full_adds_nothing()

    def test_first_version_of_a_factor_resolves_what_waited_for_it(self):
        factor = self.env["carbon.emission.factor"].create(
            {"code": "NONE-YET", "name": "None yet", "uom_id": self.ton.id}
        )
        source = self._source("Peat", self.ton, factor)
        rule = self._rule("declared", source, name="Peat declared")
        self._declare(rule, 10, self.ton, "2025-03-11", name="Peat of March")
        self._commit()
        self._collect()
        self.assertIn(("Peat of March", "factor"), self._issues())
        self._version(factor, 900, "2020-01-01")
        self.assertTrue(self._collect_changes().emissions_only)
        self.assertNotIn(("Peat of March", "factor"), self._issues())
        self.assertEqual(self._kg(source), 9000)
        self._full_adds_nothing()

    def test_documents_are_read_where_anything_else_changed_too(self):
        self._version(self.coal_factor, 2000, "2025-04-01")
        changes = {
            "rule": lambda: self.coal_rule.write({"quality": "calculated"}),
            "factor of the source": lambda: self.coal.factor_line_ids.write({"category_id": self.electricity_leaf.id}),
            "time zone": lambda: self.system.write({"tz": "Asia/Tokyo"}),
        }
        for name, change in changes.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                change()
                self.env.flush_all()
                self.assertFalse(self._waits_for_factors())
                savepoint.rollback()
                self.env.invalidate_all()
        self.coal_rule.multiplier_reason = "Share of the works"
        self.coal_rule.multiplier = 0.5
        run = self._collect_changes()
        self.assertFalse(run.emissions_only)
        self.assertEqual(self._sum(self.coal), 85)
        self._full_adds_nothing()

    def test_documents_are_read_where_nobody_knows_what_changed(self):
        """Nothing was collected yet, a run was not finished, or it is of a version that did not count."""
        self._version(self.coal_factor, 2000, "2025-04-01")
        last = self.env["carbon.collection.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertTrue(self._waits_for_factors())
        self.env.cr.execute("UPDATE carbon_collection_run SET activity_revision = NULL WHERE id = %s", [last.id])
        self.assertFalse(self._waits_for_factors(), "an older version")
        self.env.cr.execute(
            "UPDATE carbon_collection_run SET activity_revision = %s WHERE id = %s", [last.activity_revision, last.id]
        )
        self.env["carbon.collection.run"]._start(self.company)._act(state="failed")
        self.assertFalse(self._waits_for_factors(), "a run that failed may lack documents")

    def test_change_while_factors_are_followed_waits_for_the_next_collection(self):
        self._version(self.coal_factor, 2000, "2025-04-01")
        runs = self.env["carbon.collection.run"]
        run = runs.browse(runs.action_collect_changes()["res_id"])
        self.coal_rule.quality = "calculated"
        self._work_off(run)
        self.assertTrue(run.emissions_only)
        self.assertEqual(self.env["carbon.engine"]._collection_pending(self.company), {self.company: "changed"})
        self.assertFalse(self._waits_for_factors())
        self.assertFalse(self._collect_changes().emissions_only)

    def test_closed_month_keeps_its_rows_and_shows_the_difference(self):
        self._period("2025-04-01").action_close()
        self._version(self.coal_factor, 2000, "2025-04-01")
        run = self._collect_changes()
        self.assertEqual((run.emissions_only, run.row_emission), (True, 2), "May only")
        late = self.env["carbon.collection.issue"].search(
            [("reason", "=", "late"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(late.mapped("date"), [self._period("2025-04-10").date_from.replace(day=10)])
        self.assertIn("6.573 t CO2e", late.message)  # 50 t × (2000 − 1868.533…) kg

    def test_neither_kind_nor_revision_of_a_run_can_be_typed(self):
        runs = self.env["carbon.collection.run"].with_user(self._user("recalc", "group_carbon_manager"))
        run = runs.search([("company_id", "=", self.company.id)], limit=1)
        for values in ({"emissions_only": True}, {"activity_revision": 7}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "buttons only"):
                run.write(values)
        self._version(self.coal_factor, 2000, "2025-04-01")
        self.coal_rule.quality = "calculated"
        revision = self.system.activity_revision
        self.system.write({"activity_revision": 0})
        self.assertEqual(self.system.activity_revision, revision)
