from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.carbon_account.hooks import uninstall_hook

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestHooks(CarbonAccountCommon):
    """What the hooks cost, and what they do when carbon fails (invariant 7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)

    def _cost(self, lines):
        """Return the number of queries of posting and committing a bill."""
        bill = self._bill(
            *[self._bill_line(self.electricity, n + 1) for n in range(lines)],
            post=False,
        )
        self._commit()
        before = self.env.cr.sql_log_count
        bill.action_post()
        self.env.flush_all()
        self.env.cr.precommit.run()
        return self.env.cr.sql_log_count - before

    def _costs(self, live):
        """Return the costs of bills of 1 and of 50 lines with warm caches, the least of two."""
        self.system.collect_live = live
        self._cost(1)
        return tuple(min(self._cost(lines), self._cost(lines)) for lines in (1, 50))

    def test_posting_a_bill_costs_at_most_four_queries_for_1_and_50_lines(
        self,
    ):
        without, extra = self._costs(live=False), self._costs(live=True)
        self.assertLessEqual(extra[0] - without[0], 4)
        self.assertLessEqual(extra[1] - without[1], 4)
        self.assertEqual(len(self._ledger()), 1 + 2 * (1 + 50))

    def test_not_live_nothing_is_queued(self):
        self.system.collect_live = False
        self.env.cr.precommit.clear()
        bill = self._bill(self._bill_line(self.electricity, 1))
        bill.button_draft()
        self.assertFalse(self.env.cr.precommit.data.get("carbon.engine.queue"))

    def test_company_that_is_not_live_queues_nothing_while_another_is(self):
        other = self.env["res.company"].create({"name": "Other", "currency_id": self.company.currency_id.id})
        self.env.user.company_ids += other
        books = self._books(other)
        self.env.cr.precommit.clear()
        self._bill(
            self._bill_line(self.electricity, 20, account=books["expense"]),
            company=other,
        )
        self.assertFalse(self.env.cr.precommit.data.get("carbon.engine.queue"))

    @mute_logger("odoo.addons.carbon_accounting.models.carbon_engine")
    def test_failure_of_carbon_leaves_the_bill_posted_and_is_on_the_worklist(self):
        engine = self.env.registry["carbon.engine"]
        with patch.object(engine, "_collect_ids", side_effect=ValueError("broken on purpose")):
            bill = self._bill(self._bill_line(self.electricity, 5))
            self._commit()
        self.assertEqual(bill.state, "posted")
        self.assertFalse(self._ledger())
        issues = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(issues.mapped("reason")), {"failed"})
        self.assertIn(bill.invoice_line_ids.id, issues.mapped("origin_id"))
        issues.action_retry()
        self.assertEqual(self._sum(self.power), 5)
        self.assertFalse(self._issues())

    def test_payment_and_reconciliation_queue_nothing(self):
        bill = self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        bill.line_ids.filtered(lambda line: line.display_type == "payment_term").write({"matching_number": "P"})
        bill.ref = "paid"
        self.assertFalse(self.env.cr.precommit.data.get("carbon.engine.queue"))

    def test_uninstalling_archives_the_rules_and_keeps_the_ledger(self):  # invariant 10
        self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        kept = self._rule("declared", self.coal)
        uninstall_hook(self.env)
        self.assertFalse(self.rule.active)
        self.assertTrue(kept.active)
        self.assertEqual(self._sum(self.power), 5)
