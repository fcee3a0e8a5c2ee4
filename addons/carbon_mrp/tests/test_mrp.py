from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonMrpCommon


@tagged("post_install", "-at_install")
class TestMrp(CarbonMrpCommon):
    """Manufacturing orders become activity data."""

    def test_order_that_consumes_a_hundred_tonnes_of_coal_gives_186_853_tonnes_of_co2(self):  # R-130 S2
        self._make(self.bom)
        self._commit()
        self.assertEqual(self._quantities(), [("mrp.consumption", 100)])
        self.assertEqual(self._sum(self.coal), Decimal("100"))
        self.assertEqual(round(self._kg(self.coal) / 1000, 3), Decimal("186.853"))
        before = self._ledger()
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 0))
        self.assertEqual(self._ledger(), before)

    def _statements_of_an_order(self, live):
        self._commit()
        order = self._order(self.bom)
        order.qty_producing = 50
        order._set_qty_producing(False)
        self._commit()
        with self._statements() as sent:
            order.with_context(skip_consumption=True).button_mark_done()
            self.env.flush_all()
            self.env.cr.precommit.run()
        self.assertEqual(order.state, "done")
        self.assertEqual(any("carbon" in sql for sql in sent), live)
        return len(sent)

    def test_closing_an_order_adds_at_most_four_statements(self):
        counts = {}
        for live in (True, False):
            self.system.collect_live = live
            self._make(self.bom)  # warm
            # Odoo itself writes a time once more where a second ends meanwhile: the least of three
            counts[live] = min(self._statements_of_an_order(live) for _order in range(3))
        self.assertLessEqual(counts[True] - counts[False], 4)

    def test_what_manufacturing_burns_and_leaves_stock_otherwise_waits_for_a_rule(self):
        self.assertFalse(self.coal_rule.event_kind_id.is_write_off)
        self._receive(self.coal_product, 100)
        self._count(96)
        self._scrap(5)
        self._commit()
        issues = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            {(issue.kind, issue.reason, issue.state, issue.quantity) for issue in issues},
            {("stock.adjustment", "unmapped", "open", 4.0), ("stock.scrap", "unmapped", "open", 5.0)},
        )
        self.assertFalse(self._quantities())
