from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.carbon_accounting.models import carbon_collection_job as collection_job
from odoo.addons.carbon_accounting.models.carbon_engine_live import KNOWN_FOR

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestCollectionRun(CarbonCommon):
    """A run comes from its button, says what it waits for, and is done when its jobs are (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coal_rule = cls._rule("declared", cls.coal, name="Coal declared")
        cls.accountant = cls._user("run-accountant", "group_carbon_accountant")
        cls.runs = cls.env["carbon.collection.run"].with_user(cls.accountant)

    def test_accountant_cannot_make_change_or_delete_a_run_but_by_its_buttons(self):
        run = self._collect().with_user(self.accountant)
        other = self.env["carbon.collection.run"]._start(self.company).with_user(self.accountant)
        other.action_pause()
        for forge in (
            lambda: self.runs.create({}),
            lambda: self.runs.create({"company_id": self.company.id, "start_xid": "3"}),
            lambda: self.runs.with_context(carbon_act=1).create({"job_ids": []}),
            lambda: self.runs.with_context(carbon_act=[{}, "carbon.collection.run"]).create({"job_ids": []}),
            lambda: self.runs.name_create("Forged"),
            lambda: run.copy(),
            lambda: run.write({"start_xid": "3"}),
            lambda: run.with_context(carbon_act=True).write({"basis_revision": 9}),
            lambda: run.write({"job_ids": [(5,)]}),
            lambda: run.unlink(),
            lambda: other.unlink(),
            lambda: run.sudo().unlink(),
            lambda: run.job_ids.unlink(),
            lambda: other.job_ids.write({"state": "done"}),
            lambda: self.env["carbon.collection.job"].with_user(self.accountant).create({"run_id": other.id}),
        ):
            with (
                self.assertRaises(UserError),
                mute_logger("odoo.addons.base.models.ir_model"),
            ):
                forge()
        loaded = self.runs.load(["state"], [["done"]])
        self.assertFalse(loaded["ids"])
        self.assertEqual(self.runs.search([("company_id", "=", self.company.id)]), run | other)
        self.assertEqual((run.state, other.state), ("done", "paused"))
        other.action_resume()
        self.assertEqual(other.state, "running")

    def test_run_without_jobs_is_never_done(self):
        run = self.env["carbon.collection.run"]._start(self.company)
        self.assertTrue(run.job_ids, "also where there is nothing to collect yet")
        run.job_ids.sudo().unlink()
        self.env["carbon.collection.job"]._finish_runs()
        self.assertEqual(run.state, "failed")

    def _settled(self, run):
        """Bring a run to where it is some seconds after another transaction committed it."""
        run._act(start_xid=str(int(run.start_xid) + 1000))
        self.env.flush_all()
        jobs = self.env["carbon.collection.job"]
        with patch.object(collection_job, "_SETTLING", 2):
            self.assertTrue(jobs._settle_runs())
            self.env.flush_all()
            self.assertFalse(jobs._settle_runs(), "once")
            self.assertEqual(jobs._count_pending()[0], 0, "nothing is taken before")
            self.assertTrue(jobs._await_settling())
        self.assertFalse(jobs._await_settling())

    @contextmanager
    def _open_transaction(self):
        """Another session whose transaction is as old as this run."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("SELECT 1")
            self._forget_sessions()
            yield
            cr.rollback()
        self._forget_sessions()

    def _forget_sessions(self):
        """PostgreSQL reads the list of sessions once in a transaction."""
        self.env.cr.execute("SELECT pg_stat_clear_snapshot()")

    def test_run_says_that_it_waits_for_an_open_transaction_and_since_when(self):
        self._declare(self.coal_rule, 100, self.ton)
        self.env.cr.precommit.clear()
        run = self.env["carbon.collection.run"]._start(self.company)
        jobs = self.env["carbon.collection.job"].sudo()
        self.assertFalse(run.is_waiting)
        with self._open_transaction():
            self._settled(run)
            run.invalidate_recordset()
            self.assertTrue(run.is_waiting)
            self.assertTrue(run.waiting_since)
            self.assertEqual(jobs._count_pending(), (0, len(run.job_ids)))
            self.assertFalse(jobs._process_next())
        run.invalidate_recordset()
        self.assertEqual((run.is_waiting, run.waiting_since), (False, False))
        self.assertEqual(jobs._count_pending(), (len(run.job_ids), 0))

    def test_scheduler_looks_again_in_a_minute_instead_of_spinning(self):
        cron = self.env.ref("carbon_accounting.ir_cron_collect")
        run = self.env["carbon.collection.run"]._start(self.company)
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        with self._open_transaction(), self.enter_registry_test_mode():
            self._settled(run)
            cron.method_direct_trigger()
        later = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers
        self.assertEqual(len(later), 1)
        self.assertGreater(later.call_at, self.env.cr.now().replace(microsecond=0))
        self.assertEqual(run.state, "running")

    def test_process_believes_for_two_seconds_what_it_read_of_live_companies(self):
        engine, now = self.env["carbon.engine"], self.env.cr.now()
        live = engine._live_companies()
        self.assertIn(self.company.id, live)
        self.env.cr.execute("UPDATE carbon_system SET collect_live = FALSE WHERE company_id = %s", [self.company.id])
        self.assertEqual(engine._live_companies(), live, "as after a change by another process")
        with patch.object(type(self.env.cr), "now", lambda cr: now + timedelta(seconds=KNOWN_FOR)):
            self.assertEqual(set(live) - set(engine._live_companies()), {self.company.id})
