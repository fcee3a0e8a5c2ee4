from odoo.exceptions import UserError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestCollectionPending(InventoryCommon):
    """No month is closed and nobody goes live while documents may be missing from the ledger."""

    def _said(self):
        collection = self.env["carbon.overview"].get_data(2025)["collection"]
        return collection["changed"], collection["reason"]

    def _runs(self):
        return self.env["carbon.collection.run"]

    def _refused(self, text, period=None):
        period = period or self._period("2025-03-01")
        with self.assertRaisesRegex(UserError, text):
            period.action_close()
        self.assertEqual(period.state, "open")

    def _period(self, day):
        day = self.env["carbon.reporting.period"]._fields["date_from"].to_date(day)
        return self.env["carbon.reporting.period"]._ensure(self.company, day, day)

    def _declared(self):
        self._declare(self.coal_rule, 100, self.ton, "2025-03-05")
        self.env.cr.precommit.run()

    def test_months_stay_open_while_transactions_are_not_collected(self):
        self._declared()
        inventory = self._inventory()
        inventory.action_compute()
        self.assertEqual(self._said(), (False, ""))
        self.assertFalse(inventory.awaits_collection)
        self.system.collect_live = False
        self._declare(self.coal_rule, 50, self.ton, "2025-03-06", name="Lost")
        self.env.cr.precommit.run()
        inventory.invalidate_recordset()
        self.assertTrue(inventory.awaits_collection and inventory.is_stale)
        self.assertIn("not collected as they happen", self._said()[1])
        self._refused("not collected as they happen.*Then close 2025-03")
        with self.assertRaisesRegex(UserError, "not collected as they happen"):
            inventory.action_check()

    def test_switching_on_again_asks_for_what_happened_meanwhile(self):
        self._declared()
        self.system.collect_live = False
        self._declare(self.coal_rule, 50, self.ton, "2025-03-06", name="Between")
        self.env.cr.precommit.run()
        self.system.collect_live = True
        self.assertEqual(self._sum(self.coal), 100)
        self.assertIn("before transactions were collected as they happen", self._said()[1])
        self._refused("before transactions were collected as they happen")
        self._collect()
        self.assertEqual((self._sum(self.coal), self._said()), (150, (False, "")))
        self._period("2025-03-01").action_close()

    def test_months_after_the_switch_need_no_history(self):
        self.system.collect_live = False
        self.system.collect_live = True
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE carbon_system SET collect_live_from = '2025-04-10 03:00' WHERE id = %s", [self.system.id]
        )
        self.system.invalidate_recordset()
        self._refused("before transactions were collected", self._period("2025-04-01"))
        later = self._period("2025-05-01")
        later.action_close()
        self.assertEqual(later.state, "closed")

    def test_month_is_not_closed_while_a_collection_is_paused_or_failed(self):
        self._declared()
        self._collect()
        run = self._runs()._start(self.company)
        run.action_pause()
        self._refused("is not finished. Let it finish, resume it or cancel it")
        run._act(state="failed")
        self._refused("is not finished")
        self._collect()
        self._period("2025-03-01").action_close()

    def test_cancelled_collection_lets_go_and_is_told_to_the_trail(self):
        self._declared()
        self._collect()
        run = self._runs()._start(self.company)
        accountant = self._user("pending-a", "group_carbon_accountant")
        run.with_user(accountant).action_cancel()
        self.assertEqual((run.state, bool(run.finished_on)), ("cancelled", True))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "collection.cancel")])
        self.assertEqual((entry.actor_login, entry.res_name), ("pending-a", run.name))
        while self.env["carbon.collection.job"]._process_next():
            pass
        self.assertEqual(set(run.job_ids.mapped("state")), {"pending"})
        run.action_resume()
        self.assertEqual(run.state, "cancelled")
        self._period("2025-03-01").action_close()

    def test_first_collection_that_was_cancelled_leaves_the_history_uncollected(self):
        self.system.collect_live = False
        self._declare(self.coal_rule, 100, self.ton, "2025-03-05")
        self.env.cr.precommit.run()
        run = self._runs()._start(self.company)
        self.assertTrue(self.system.collect_live)
        run.action_cancel()
        self._refused("before transactions were collected as they happen")
        self._collect()
        self.assertEqual(self._sum(self.coal), 100)
        self._period("2025-03-01").action_close()

    def test_going_live_waits_for_the_history(self):
        self._begin_in_set_up()
        self.system.collect_live = False
        accountant = self._user("pending-live", "group_carbon_accountant")
        wizard = self.env["carbon.setup.wizard"].with_user(accountant).create({})
        with self.assertRaisesRegex(UserError, "not collected as they happen.*Then go live"):
            wizard.action_go_live()
        run = self._runs()._start(self.company)
        run.action_pause()
        with self.assertRaisesRegex(UserError, "is not finished.*Then go live"):
            wizard.action_go_live()
        self.assertEqual(self.system.phase, "setup")
        run.action_cancel()
        self._collect()
        wizard.action_go_live()
        self.assertEqual(self.system.phase, "live")

    def test_moment_of_the_switch_cannot_be_typed_in(self):
        self.system.collect_live = False
        self.system.write({"collect_live": True, "collect_live_from": "2000-01-01 00:00:00"})
        self.assertGreater(str(self.system.collect_live_from), "2025")
        self.system.write({"collect_live_from": False})
        self.assertTrue(self.system.collect_live_from)
