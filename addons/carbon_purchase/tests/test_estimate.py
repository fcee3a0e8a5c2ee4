from datetime import timedelta

from odoo import Command, fields
from odoo.tests import Form, new_test_user, tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestEstimate(CarbonPurchaseCommon):
    """Order lines show what they would emit, without a query too many (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kind("account.bill", "billed")
        cls._kind("stock.receipt", "received")
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)
        cls.coal_rule = cls._rule("stock.receipt", cls.coal, product_id=cls.coal_product.id)

    def test_estimate_is_the_rule_times_the_factor_of_today(self):
        order = self._order((self.electricity, 50000, 0.6), (self.coal_product, 100, 500))
        self.assertAlmostEqual(order.order_line[0].carbon_estimate_t, 25.0, 6)
        self.assertAlmostEqual(order.order_line[1].carbon_estimate_t, 186.853333, 6)
        self.assertAlmostEqual(order.carbon_estimate_t, 211.853333, 6)

    def test_estimate_converts_the_unit_of_the_order(self):
        order = self._order((self.coal_product, 1000, 1))
        order.order_line.product_uom_id = self.kg
        self.assertAlmostEqual(order.carbon_estimate_t, 1.868533, 6)

    def test_estimate_of_many_orders_comes_in_one_call(self):
        orders = self._order((self.electricity, 1000, 1)) | self._order(
            (self.electricity, 3000, 1), (self.coal_product, 1, 1)
        )
        estimates = orders._carbon_estimate()
        self.assertEqual(list(estimates), list(orders.order_line))
        self.assertAlmostEqual(estimates[orders.order_line[1]], 1.5, 6)

    def test_product_without_rule_stays_silent(self):
        order = self._order((self._product("Paper", self.kg), 5, 1))
        self.assertFalse(order._carbon_estimate())
        self.assertEqual(order.carbon_estimate_t, 0)

    def test_product_said_to_carry_no_emission_stays_silent(self):
        paper = self._product("Paper", self.kg)
        self._rule(
            "account.bill",
            product_id=paper.id,
            outcome="none",
            reason="Recycled in the house",
        )
        self.assertFalse(self._order((paper, 5, 1))._carbon_estimate())

    def test_unit_that_cannot_be_converted_gives_no_estimate(self):
        self.electricity.uom_id = self.kg
        self.assertFalse(self._order((self.electricity, 5, 1))._carbon_estimate())

    def test_factor_that_has_not_begun_gives_no_estimate(self):
        late = self._source(
            "Late",
            self.kwh,
            self._factor("LATE", self.kwh, "1", date_from=fields.Date.today() + timedelta(days=400)),
        )
        product = self._product("Late power", self.kwh)
        self._rule("account.bill", late, product_id=product.id)
        self.assertFalse(self._order((product, 5, 1))._carbon_estimate())

    def test_service_never_counts_at_receipt(self):
        freight = self._product("Freight", self.ton)
        self._rule("stock.receipt", self.coal, product_id=freight.id)
        self.assertFalse(self._order((freight, 5, 1))._carbon_estimate())

    def test_rule_of_the_vendor_meets_the_estimate(self):
        paper = self._product("Paper", self.ton)
        self._rule("account.bill", self.diesel, partner_id=self.supplier.id)
        self.assertAlmostEqual(self._order((paper, 2, 1)).carbon_estimate_t, 6.19182, 6)

    def test_spend_is_estimated_from_the_amount_without_tax(self):
        factor = self.env["carbon.emission.factor"].create(
            {
                "code": "TEST-SPEND",
                "name": "Services",
                "currency_id": self.company.currency_id.id,
                "price_year": 2025,
                "price_basis": "purchaser",
            }
        )
        self._version(factor, "0.25", "2015-01-01")
        spend = self.env["carbon.source"].create(
            {
                "name": "Services",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
                "factor_line_ids": [Command.create({"stream_id": self.stream.id, "factor_id": factor.id})],
            }
        )
        advice = self._product("Advice", self.env.ref("uom.product_uom_unit"))
        self._rule("account.bill", spend, product_id=advice.id, quantity_basis="amount")
        order = self._order((advice, 2, 5000))
        order.order_line.discount = 10
        self.assertAlmostEqual(order.carbon_estimate_t, 2.25, 6)

    def test_estimate_follows_while_the_order_is_typed(self):
        user = new_test_user(
            self.env,
            login="buyer",
            groups="purchase.group_purchase_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        form = Form(self.env["purchase.order"].with_user(user).with_context(allowed_company_ids=self.company.ids))
        form.partner_id = self.supplier
        with form.order_line.new() as line:
            line.product_id = self.electricity
            line.product_qty = 2000
            self.assertAlmostEqual(line.carbon_estimate_t, 1.0, 6)
            line.product_qty = 4000
            self.assertAlmostEqual(line.carbon_estimate_t, 2.0, 6)
        self.assertAlmostEqual(form.carbon_estimate_t, 2.0, 6)
        self.assertAlmostEqual(form.save().carbon_estimate_t, 2.0, 6)

    def test_estimate_costs_the_same_number_of_queries_for_1_and_50_lines(self):
        small = self._order((self.electricity, 1, 1))
        large = self._order(*[(self._product(f"Power {n}", self.kwh), n + 1, 1) for n in range(50)])
        self._order((self.electricity, 1, 1))._carbon_estimate()  # fills the caches

        def cost(order):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.mapped("carbon_estimate_t")
            return self.env.cr.sql_log_count - before

        self.assertEqual(cost(small), cost(large))

    def test_company_without_rules_asks_nothing(self):
        (self.rule | self.coal_rule).active = False
        order = self._order((self.electricity, 5, 1))
        self.assertFalse(order._carbon_estimate())
        with self.assertQueryCount(0):
            self.assertFalse(order._carbon_estimate())

    def test_other_company_is_estimated_by_its_own_rules(self):
        other = self.env["res.company"].create({"name": "Other", "currency_id": self.company.currency_id.id})
        self.env.user.company_ids += other
        self.assertFalse(self._order((self.electricity, 5, 1), company=other)._carbon_estimate())

    def test_estimate_equals_what_the_bill_gives(self):
        self._need("account.move.line")
        self._books()
        order = self._order((self.electricity, 50000, 0.6), confirm=True)
        estimate = order.carbon_estimate_t
        bill = self._bill_order(order)
        self._commit()
        self.assertAlmostEqual(estimate, bill.carbon_co2e_t, 6)
        self.assertAlmostEqual(estimate, 25.0, 6)
        self.assertEqual(order.carbon_activity_count, 1)
        self.assertAlmostEqual(order.carbon_co2e_t, 25.0, 6)

    def test_estimate_equals_what_the_receipt_gives(self):
        self._need("stock.move")
        order = self._order((self.coal_product, 100, 500), confirm=True)
        estimate = order.carbon_estimate_t
        self._receive(order, 100)
        self._commit()
        self.assertAlmostEqual(float(self._kg(self.coal)) / 1000, estimate, 6)
        self.assertAlmostEqual(order.carbon_co2e_t, 186.853, 3)
