from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockPartnerMerge(CarbonStockCommon):
    """Receipts of a supplier that Odoo's wizard merges into another one (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls.env["res.partner"].create({"name": "Fuel holding"})
        cls.rule = cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)
        cls.own = cls._source("Diesel of the trader", cls.ton, cls.diesel_factor)

    def setUp(self):
        super().setUp()
        for day, quantity, partner in (("03", 20, self.supplier), ("04", 7, self.supplier), ("04", 5, self.kept)):
            receipt = self._receive(self.diesel_product, quantity, partner_id=partner.id)
            receipt.date_done = f"2025-{day}-10 08:00:00"

    def _merge(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [(6, 0, (self.supplier | self.kept).ids)],
                "dst_partner_id": self.kept.id,
            }
        )
        wizard.action_merge()
        self._commit()

    def _live(self):
        """Return [(date, quantity)] of the rows that stand, by partner number as written."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT a.partner_id, a.date::text, a.quantity::text FROM carbon_activity_data a WHERE a.company_id = %s "
                "AND a.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id) "
                "ORDER BY a.date, a.quantity",
                self.company.id,
            )
        )
        return [(partner, day, Decimal(quantity)) for partner, day, quantity in rows]

    def test_open_receipts_are_collected_again_and_closed_ones_stay(self):
        self._commit()
        self._period("2025-03-01").action_close()
        old = self.supplier.id
        self._merge()
        self.assertEqual(
            self._live(),
            [(old, "2025-03-10", 20), (self.kept.id, "2025-04-10", 5), (self.kept.id, "2025-04-10", 7)],
        )
        self.assertFalse(self._issues())
        self.assertEqual(self._sum(self.diesel), Decimal("32"))

    def test_rule_of_the_merged_supplier_counts_the_receipts_of_both(self):
        self._rule("stock.receipt", self.own, product_id=self.diesel_product.id, partner_id=self.supplier.id)
        self._commit()
        self.assertEqual((self._sum(self.own), self._sum(self.diesel)), (Decimal("27"), Decimal("5")))
        self._merge()
        self.assertEqual((self._sum(self.own), self._sum(self.diesel)), (Decimal("32"), 0))

    def test_rule_of_the_merged_supplier_leaves_a_closed_month_to_late_adjustments(self):
        self._rule("stock.receipt", self.own, product_id=self.diesel_product.id, partner_id=self.supplier.id)
        self._commit()
        self._period("2025-04-01").action_close()
        self._merge()
        self.assertEqual((self._sum(self.own), self._sum(self.diesel)), (Decimal("27"), Decimal("5")))
        self.assertEqual({reason for _label, reason in self._issues()}, {"late"})

    def test_large_merge_is_collected_in_the_background(self):
        self._commit()
        with patch("odoo.addons.carbon_accounting.models.carbon_partner_merge._AT_ONCE", 1):
            self._merge()
        self.assertEqual({row[0] for row in self._live()}, {self.supplier.id, self.kept.id})
        run = self.env["carbon.collection.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(run.state, "running")
        jobs = self.env["carbon.collection.job"].sudo()
        while jobs._process_next():
            pass
        jobs._finish_runs()
        self.env.invalidate_all()
        self.assertEqual({row[0] for row in self._live()}, {self.kept.id})
        self.assertEqual(self._sum(self.diesel), Decimal("32"))
