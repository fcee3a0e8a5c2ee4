import contextlib
import threading
from uuid import uuid4

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL, mute_logger

APPENDS = 12


@tagged("post_install", "-at_install")
class TestTrailConcurrency(BaseCase):
    """Real transactions on real connections: committed, retried, then cleaned up."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.company_id = env["res.company"].create({"name": f"Carbon trail race {uuid4()}"}).id
        self.addCleanup(self._clean_up)

    def _clean_up(self):
        with self.registry.cursor() as cr:
            for name in ("entry", "anchor", "head"):
                table = SQL.identifier(f"carbon_trail_{name}")
                cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", table))
                cr.execute(SQL("DELETE FROM %s WHERE company_id = %s", table, self.company_id))
                cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER USER", table))
            # other applications have tied records to the company: it stays, archived
            cr.execute(SQL("UPDATE res_company SET active = FALSE WHERE id = %s", self.company_id))

    def _append(self, env, label):
        company = env["res.company"].browse(self.company_id)
        env["carbon.trail.entry"]._append(company, "test.race", payload={"by": label})

    def _append_retried(self, env, label, barrier):
        """Append as a request does: run again after a serialisation failure."""
        for number in range(APPENDS):
            barrier.wait(timeout=60)
            while True:
                try:
                    self._append(env, f"{label}-{number}")
                    env.cr.commit()
                    break
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    env.cr.rollback()

    @mute_logger("odoo.sql_db")
    def test_a_second_append_with_an_old_snapshot_fails_instead_of_forking(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            first_env = api.Environment(first, SUPERUSER_ID, {})
            second_env = api.Environment(second, SUPERUSER_ID, {})
            self._append(first_env, "first")
            first.commit()
            second.execute("SELECT 1 FROM carbon_trail_head LIMIT 1")  # takes snapshot
            self._append(first_env, "first again")
            first.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self._append(second_env, "stale")
            second.rollback()
            self._append(second_env, "fresh")
            second.commit()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            company = env["res.company"].browse(self.company_id)
            result = env["carbon.trail.entry"]._verify_stream(company)
            self.assertEqual((result["ok"], result["count"]), (True, 3))

    @mute_logger("odoo.sql_db")
    def test_parallel_appends_leave_one_gapless_chain(self):
        workers = 3
        barrier = threading.Barrier(workers)
        with contextlib.ExitStack() as stack:
            threads = []
            for label in range(workers):
                # environments are made here: the test run holds the registry lock
                cr = stack.enter_context(self.registry.cursor())
                env = api.Environment(cr, SUPERUSER_ID, {})
                threads.append(threading.Thread(target=self._append_retried, args=(env, label, barrier)))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=120)
                self.assertFalse(thread.is_alive())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            company = env["res.company"].browse(self.company_id)
            result = env["carbon.trail.entry"]._verify_stream(company)
            self.assertTrue(result["ok"], result["message"])
            self.assertEqual(result["count"], workers * APPENDS)
            cr.execute(
                "SELECT count(DISTINCT payload) FROM carbon_trail_entry WHERE company_id = %s",
                [self.company_id],
            )
            self.assertEqual(cr.fetchone()[0], workers * APPENDS)
