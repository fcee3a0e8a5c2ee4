from contextlib import contextmanager

from odoo.exceptions import UserError

from .inventory_common import InventoryCommon


class SealCommon(InventoryCommon):
    """Helpers to seal, tamper, verify, restate and reopen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.diesel_rule = cls._rule("declared", cls.diesel, name="Diesel declared")
        cls.manager = cls._user("seal-manager", "group_carbon_manager")
        cls.other_manager = cls._user("seal-manager-2", "group_carbon_manager")
        cls.accountant = cls._user("seal-accountant", "group_carbon_accountant")
        cls.verifier = cls._user("seal-verifier", "group_carbon_verifier")

    def _sealed(self, **values):
        """Return an approved inventory of three declarations in two months."""
        self.coal_march = self._declare(self.coal_rule, 100, self.ton, "2025-03-10", name="COAL/03")
        self._declare(self.coal_rule, 50, self.ton, "2025-04-10", name="COAL/04")
        self._declare(self.diesel_rule, 10, self.ton, "2025-04-11", name="DIESEL/04")
        inventory = self._computed(**values)
        self._close_year()
        return self._approve(inventory)

    def _approve(self, inventory):
        """Check and approve, the second step by another person."""
        inventory.maker_note = "Checked against bills; nothing missing."
        inventory.action_check()
        inventory.with_user(self.manager).action_approve()
        return inventory

    @contextmanager
    def _triggers_off(self):
        """What somebody with the password of the database can do."""
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        yield
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()

    def _tamper(self, statement, *params):
        with self._triggers_off():
            self.env.cr.execute(self._sql(statement, *params))
            self.assertTrue(self.env.cr.rowcount)

    def _verify(self, inventory, user=None):
        """Verify the seal and return the run."""
        self.env.invalidate_all()
        action = inventory.with_user(user or self.env.user).action_verify_seal()
        return self.env[action["res_model"]].browse(action["res_id"])

    def _assert_whole(self, inventory):
        run = self._verify(inventory)
        self.assertEqual(run.state, "ok", run.message)
        return run

    def _assert_found(self, inventory, model, record, message, columns=False):
        """The verification names this record and says this."""
        run = self._verify(inventory)
        self.assertEqual(run.state, "differs", run.message)
        self.assertRegex(run.message, message)
        self.assertEqual((run.difference_model, run.difference_id), (model, record), run.message)
        self.assertEqual(run.difference_columns, columns, run.message)
        return run

    def _activity(self, declaration):
        return self.env["carbon.activity.data"].search([("origin_id", "=", declaration.id)], order="id", limit=1)

    def _restated(self, inventory, cause="error", reason="A bill was read wrong."):
        """Return the draft version that restates an inventory."""
        return inventory._restate(cause, reason)

    def _reopen(self, draft, days, reason="Corrected bill"):
        """Open months for a draft: asked for by the accountant, approved by the manager."""
        periods = self.env["carbon.reporting.period"].browse()
        for day in days:
            periods |= self._period(day)
        requests = self.env["carbon.period.reopening"].with_user(self.accountant)
        requests = requests._request(periods.with_user(self.accountant), reason, draft)
        requests.with_user(self.manager).action_approve()
        self.env.invalidate_all()
        return requests

    def _assert_refused(self, act, message):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            act()
