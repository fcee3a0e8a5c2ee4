from odoo.tests import tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestSupplement(CarbonPurchaseCommon):
    """Bills beyond what was ordered and received may correct a price only (R-131)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kind("account.bill", "billed")
        cls._books()

    def setUp(self):
        super().setUp()
        self._need("account.move.line")
        self._rule("account.bill", self.coal, product_id=self.coal_product.id)
        self._rule("account.bill", self.power, product_id=self.electricity.id)

    def _extra(self, order, quantity, price, day="2025-04-02", move_type="in_invoice"):
        """Post another bill of the first line of an order."""
        line = order.order_line[0]
        values = line._prepare_account_move_line()
        values.update(quantity=quantity, price_unit=price, product_uom_id=line.product_uom_id.id, tax_ids=False)
        bill = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": order.partner_id.id,
                "company_id": order.company_id.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [(0, 0, values)],
            }
        )
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, line)
        bill.action_post()
        return bill

    def test_supplementary_bill_waits_and_counts_no_quantity_twice(self):
        order = self._order((self.coal_product, 1, 1000), confirm=True)
        self._bill_order(order)
        extra = self._extra(order, 1, 50)
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (1, {(extra.name, "supplement")}))
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, self._issues()), (0, 0, {(extra.name, "supplement")}))
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        user = self._user("accountant", "group_carbon_accountant")
        issue.with_user(user).with_context(allowed_company_ids=self.company.ids).action_price_only()
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (1, set()))
        extra.invoice_line_ids.carbon_is_return = "return"
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (2, set()))

    def test_parts_of_an_order_are_billed_without_question(self):
        order = self._order((self.coal_product, 10, 1000), confirm=True)
        bill = self._bill_order(order, post=False)
        bill.invoice_line_ids.quantity = 4
        bill.action_post()
        self._extra(order, 6, 1200)
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (10, set()))

    def test_bill_again_after_a_return_is_no_supplement(self):
        order = self._order((self.coal_product, 10, 1000), confirm=True)
        self._bill_order(order)
        self._extra(order, 10, 1000, day="2025-03-25", move_type="in_refund")
        self._extra(order, 10, 990)
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (10, set()))

    def test_service_billed_each_month_on_one_line_counts_at_its_price_and_waits_at_another(self):
        order = self._order((self.electricity, 1, 0.5), confirm=True)
        bill = self._bill_order(order, post=False)
        bill.invoice_line_ids.quantity = 500
        bill.action_post()
        self._extra(order, 600, 0.51)
        rebate = self._extra(order, 1100, 0.02, day="2025-04-03")
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (1100, {(rebate.name, "supplement")}))

    def test_negative_line_of_an_order_is_compared_with_the_bills_of_its_line(self):
        order = self._order((self.electricity, 10, 1000), confirm=True)
        other = self._order((self.electricity, 10, 50), confirm=True)
        self._bill_order(order)
        self._bill_order(other)
        line = order.order_line._prepare_account_move_line()
        filler = {"product_id": self.coal_product.id, "quantity": 1, "price_unit": 90000, "tax_ids": False}
        bills = []
        for quantity, price in ((-4, 1000), (-6, 50), (-7, 1000)):
            values = dict(line, quantity=quantity, price_unit=price, tax_ids=False)
            bill = {
                "move_type": "in_invoice",
                "partner_id": order.partner_id.id,
                "company_id": order.company_id.id,
                "invoice_date": "2025-04-02",
                "date": "2025-04-02",
                "invoice_line_ids": [(0, 0, values), (0, 0, filler)],
            }
            bills.append(self.env["account.move"].create(bill))
            bills[-1].action_post()
        self._commit()
        # 10 + 10 − 4; neither the price of the other order nor more than 10 − 4 of this one
        self.assertEqual((self._sum(self.power), self._sum(self.coal)), (16, 3))
        self.assertEqual(self._issues(), {(bill.name, "refund") for bill in bills[1:]})

    def test_refund_of_an_order_line_is_compared_with_its_bills(self):
        order = self._order((self.coal_product, 10, 1000), confirm=True)
        other = self._order((self.coal_product, 10, 50), confirm=True)
        self._bill_order(order)
        self._bill_order(other)
        rebate = self._extra(order, 10, 50, move_type="in_refund")
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (20, {(rebate.name, "refund")}))
