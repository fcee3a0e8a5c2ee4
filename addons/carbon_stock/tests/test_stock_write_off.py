from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockWriteOff(CarbonStockCommon):
    """A material that counts when consumed and leaves stock otherwise is on the worklist (R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._places()

    def _open(self):
        """Return {(kind, reason, quantity)} of the open worklist rows."""
        issues = self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )
        return {(issue.kind, issue.reason, round(issue.quantity, 6)) for issue in issues}

    def _leave(self):
        """Receive 100 t, use 1 kg, write the rest off: 80 t by a count (Odoo keeps two decimals), 20 t as scrap."""
        self._receive(self.coal_product, 100)
        self._use()
        self._count(20)
        self._scrap(20)
        self._commit()

    LOST = {("stock.adjustment", "unmapped", 80.0), ("stock.scrap", "unmapped", 20.0)}

    def test_losses_and_scrap_of_a_material_that_counts_when_consumed_wait_for_a_rule(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._leave()
        self.assertEqual(self._quantities(), [("stock.consumption", 0.001)])
        self.assertEqual(self._open(), self.LOST)
        issue = self.env["carbon.collection.issue"].search([("kind", "=", "stock.adjustment"), ("state", "=", "open")])
        self.assertRegex(
            issue.advice,
            "Coal counts when it is consumed, but this quantity left.*'Inventory adjustment'.*'no emission'",
        )

    def test_rules_of_their_kinds_clear_them(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._leave()
        self._rule("stock.adjustment", self.coal, product_id=self.coal_product.id)
        self._rule("stock.scrap", product_id=self.coal_product.id, outcome="none", reason="Landfilled, not burnt")
        self.env["carbon.collection.issue"].search([("state", "=", "open")]).action_retry()
        self.assertFalse(self._open())
        self.assertEqual(self._quantities(), [("stock.consumption", 0.001), ("stock.adjustment", 80)])

    def test_rule_without_material_clears_them_too(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        for kind in ("adjustment", "scrap"):
            self._rule(f"stock.{kind}", outcome="none", reason="Differences of counting")
        self._leave()
        self.assertFalse(self._open())

    def test_material_that_counts_when_received_or_nowhere_needs_no_rule_for_losses(self):
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        self._leave()
        self.assertFalse(self._open())
        self.assertEqual(self._quantities(), [("stock.receipt", 100)])

    def test_gain_waits_as_well(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._receive(self.coal_product, 100)
        self._count(103)
        self._commit()
        self.assertIn(("stock.adjustment", "unmapped", -3.0), self._open())

    def test_category_counts_for_its_products_but_not_for_one_said_to_carry_no_emission(self):
        self._rule("stock.consumption", self.coal, category_id=self.category.id)
        self._leave()
        self.assertEqual(self._open(), self.LOST)
        self._rule("stock.consumption", product_id=self.coal_product.id, outcome="none", reason="Filter material")
        self._collect()
        self.assertFalse(self._open())

    def test_rule_counts_from_its_first_day(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id, date_from="2025-07-01")
        self._receive(self.coal_product, 100)
        self._count(90, "2025-06-29 12:00:00")
        self._count(80, "2025-07-02 12:00:00")
        self._commit()
        rows = self.env["carbon.collection.issue"].search(
            [("kind", "=", "stock.adjustment"), ("state", "=", "open"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual([(str(row.date), row.quantity) for row in rows], [("2025-07-02", 10.0)])

    def test_history_gives_the_same_worklist(self):
        self._leave()
        self.assertEqual(self._open(), {("stock.receipt", "unmapped", 100.0), ("stock.consumption", "unmapped", 1.0)})
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._collect()
        self.assertEqual(self._open(), self.LOST)
        self.assertEqual(self._quantities(), [("stock.consumption", 0.001)])
