from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockOwner(CarbonStockCommon):
    """Goods of another owner are not bought when they come; what is used of them is used here (R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._places()
        cls.owner = cls.env["res.partner"].create({"name": "Owner of the coal"})

    def _owned(self, quantity, owner=None):
        return self._receive(self.coal_product, quantity, owner_id=(owner or self.owner).id)

    def _rows(self):
        self._commit()
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="id")
        return [(row.kind, row.origin_part or "", round(row.quantity, 9)) for row in data]

    def test_receipt_and_return_of_goods_of_another_owner_do_not_count_and_are_no_work(self):
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        receipt = self._owned(50)
        self._return(receipt, 20)
        self.assertEqual(receipt.move_line_ids.owner_id, self.owner)
        self.assertEqual(self._rows(), [])
        self.assertFalse(self._issues())
        self._collect()
        self.assertEqual((self._rows(), self._issues()), ([], set()))

    def test_goods_that_the_company_itself_owns_count_as_bought(self):
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        self._owned(50, self.company.partner_id)
        self.assertEqual(self._rows(), [("stock.receipt", "", 50)])

    def test_only_own_lines_of_a_receipt_count(self):
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        picking = self._receive(self.coal_product, 30)
        self.assertEqual(self._rows(), [("stock.receipt", "", 30)])
        line = picking.move_line_ids
        line.copy({"owner_id": self.owner.id, "quantity": 12})
        self.assertEqual(sum(picking.move_line_ids.mapped("quantity")), 42)
        rows = self._rows()
        self.assertEqual(sum(row[2] for row in rows), 30)
        part = f"{self.suppliers.id}>{self.stock.id}"
        self.assertIn(("stock.receipt", part, 30), rows)
        line.owner_id = self.owner
        self.assertEqual(sum(row[2] for row in self._rows()), 0)
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))

    def test_use_of_goods_of_another_owner_counts(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._owned(50)
        self._transfer(self.stock, self.own_use, [(self.coal_product, 8, self.ton)], owner_id=self.owner.id)
        self._receive(self.coal_product, 50)
        self._use(3000)
        self.assertEqual(self._rows(), [("stock.consumption", "", 8), ("stock.consumption", "", 3)])
        self.assertFalse(self._issues())

    def test_goods_of_another_owner_that_are_delivered_are_no_sale(self):
        self._rule("stock.delivery", self.coal, product_id=self.coal_product.id)
        self._owned(50)
        self._transfer(self.stock, self.customers, [(self.coal_product, 8, self.ton)], owner_id=self.owner.id)
        self._transfer(self.suppliers, self.customers, [(self.coal_product, 5, self.ton)], owner_id=self.owner.id)
        self.assertEqual(self._rows(), [])

    def test_rule_may_count_goods_of_another_owner_when_they_come(self):
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        self._rule("stock.consigned", self.coal, product_id=self.coal_product.id)
        self._owned(50)
        self._transfer(self.stock, self.customers, [(self.coal_product, 8, self.ton)], owner_id=self.owner.id)
        self._receive(self.coal_product, 7)
        self.assertEqual(
            self._rows(), [("stock.consigned", "", 50), ("stock.consigned", "", -8), ("stock.receipt", "", 7)]
        )

    def test_balance_holds_what_lies_here_whoever_owns_it(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._owned(50)
        self._receive(self.coal_product, 10)
        self._transfer(self.stock, self.own_use, [(self.coal_product, 8, self.ton)], owner_id=self.owner.id)
        self._commit()
        row = self.env["carbon.stock.balance.report"].search([("product_id", "=", self.coal_product.id)])
        self.assertEqual((row.received, row.consumed, row.closing, row.counted, row.gap), (60, 8, 52, 8, 0))

    def test_money_of_a_receipt_with_goods_of_two_owners_is_that_of_the_own_goods(self):
        if "value" not in self.env["stock.move"]._fields:
            self.skipTest("Odoo keeps no value of stock")
        money = self.env["carbon.source"].create(
            {
                "name": "Coal by money",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
                "uom_id": False,
            }
        )
        self._rule("stock.receipt", money, product_id=self.coal_product.id, quantity_basis="amount")
        self.coal_product.standard_price = 100
        picking = self._receive(self.coal_product, 30)
        picking.move_line_ids.copy({"owner_id": self.owner.id, "quantity": 12})
        self.env.flush_all()
        value = picking.move_ids.value
        self.assertGreater(value, 0)
        self.assertAlmostEqual(sum(row[2] for row in self._rows()), value, 6)
