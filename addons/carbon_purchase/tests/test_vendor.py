from odoo.tests import tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestVendor(CarbonPurchaseCommon):
    """One rule on a vendor meets the receipts and the bills of its orders (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kinds_and_books()
        cls.office = cls.env["res.partner"].create({"name": "Sales office", "parent_id": cls.supplier.id})
        cls.general = cls._source("Coal of anyone", cls.ton, cls.coal_factor)

    def _rows(self):
        """Return [(kind, partner, quantity)] of the ledger."""
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="kind, id")
        return [(row.kind, row.partner_id, row.quantity) for row in data]

    def test_receipt_and_bill_of_an_order_at_an_office_count_for_the_vendor(self):
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.general, product_id=self.coal_product.id)
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id, partner_id=self.supplier.id)
        self._rule("account.bill", self.power, partner_id=self.supplier.id)
        order = self._order(
            (self.coal_product, 100, 500), (self.electricity, 5000, 1), confirm=True, partner_id=self.office.id
        )
        self.assertFalse(order.picking_ids.move_ids.partner_id)  # Odoo leaves the purchased move without partner
        receipt = self._receive(order, 60)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._rows(), [("account.bill", self.supplier, 5000), ("stock.receipt", self.supplier, 60)])
        self.assertEqual((self._sum(self.coal), self._sum(self.power), self._sum(self.general)), (60, 5000, 0))
        receipt.date_done = "2025-03-15 08:00:00"
        self._commit()
        # 60 t x 1.868533333333333 t/t + 5,000 kWh x 0.0005 t/kWh
        [row] = self.env["carbon.overview"].get_data(2025)["partners"]
        self.assertEqual(row["id"], self.supplier.id)
        self.assertAlmostEqual(row["t"], 112.112 + 2.5, 6)

    def test_vendor_and_not_the_customer_is_the_partner_of_a_dropship(self):
        self._need("stock.move")
        self._rule("stock.dropship", self.coal, product_id=self.coal_product.id, partner_id=self.supplier.id)
        customer = self.env["res.partner"].create({"name": "Building site"})
        operation = self.env["stock.picking.type"].search(
            [("code", "=", "incoming"), ("company_id", "=", self.company.id)], limit=1
        )
        operation = operation.copy(
            {
                "default_location_src_id": self.env.ref("stock.stock_location_suppliers").id,
                "default_location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        order = self._order(
            (self.coal_product, 30, 500),
            confirm=True,
            picking_type_id=operation.id,
            dest_address_id=customer.id,
        )
        self._receive(order, 30)
        self.assertEqual(order.picking_ids.move_ids.partner_id, customer)
        self._commit()
        self.assertEqual(self._rows(), [("stock.dropship", self.supplier, 30)])

    def test_estimate_asks_for_the_rule_of_the_vendor_as_the_receipt_will(self):
        self._need("stock.move")
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id, partner_id=self.supplier.id)
        order = self._order((self.coal_product, 100, 500), partner_id=self.office.id)
        self.assertAlmostEqual(order.carbon_estimate_t, 186.853333, 6)
