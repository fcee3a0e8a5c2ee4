from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestSpend(CarbonPurchaseCommon):
    """Rules on money settle where a material counts, as rules on quantities do (R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kinds_and_books()
        cls.furniture = cls.env["product.category"].create({"name": "Furniture"})
        cls.office = cls.env["product.category"].create({"name": "Office", "parent_id": cls.furniture.id})
        unit = cls.env.ref("uom.product_uom_unit")
        cls.chair, cls.lamp = (
            cls._product(name, unit, type="consu", categ_id=cls.office.id) for name in ("Chair", "Lamp")
        )
        cls.goods, cls.freight = (
            cls.env["carbon.emission.category"].create({"code": f"test_{name}", "name": name})
            for name in ("goods", "freight")
        )
        cls.spend = cls._money("Goods in money", cls.goods)
        cls.pieces = cls._source("Goods in pieces", unit, cls._factor("PIECE", unit, "2"), leaf=cls.goods)

    def setUp(self):
        super().setUp()
        self._need("account.move.line", "stock.move")

    @classmethod
    def _money(cls, name, leaf):
        factor = cls.env["carbon.emission.factor"].create(
            {
                "code": name,
                "name": name,
                "currency_id": cls.company.currency_id.id,
                "price_year": 2025,
                "price_basis": "purchaser",
            }
        )
        cls._version(factor, "0.25", "2015-01-01")
        return cls.env["carbon.source"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "category_id": leaf.id,
                "currency_id": cls.company.currency_id.id,
                "factor_line_ids": [Command.create({"stream_id": cls.stream.id, "factor_id": factor.id})],
            }
        )

    @classmethod
    def _spend_rule(cls, source=None, **values):
        return cls._rule(
            "account.bill",
            source or cls.spend,
            name="Furniture by amount",
            quantity_basis="amount",
            **{"category_id": cls.furniture.id, **values},
        )

    def _buy(self, product=None, quantity=4, price=250):
        order = self._order((product or self.chair, quantity, price), confirm=True)
        picking = self._receive(order, quantity)
        picking.date_done = "2025-03-10 04:00:00"
        return order, picking

    def _statuses(self, picking):
        self._commit()
        rows = self.env["carbon.superseded.report"].search([("origin_model", "=", "stock.move")])
        rows = rows.filtered(lambda row: row.origin_id in picking.move_ids.ids)
        return [(row.status, row.counted_recognition, row.rule_id.name) for row in rows]

    def test_receipt_of_goods_that_count_by_the_amount_of_their_bill_is_superseded(self):
        self._spend_rule()
        order, picking = self._buy()
        self.assertEqual(self._statuses(picking), [("unsupported", "billed", "Furniture by amount")])
        self.assertFalse(self._issues())
        self._bill_order(order)
        self.assertEqual(self._statuses(picking), [("superseded", "billed", "Furniture by amount")])
        self.assertFalse(self._issues())
        self.assertEqual(self._sum(self.spend), 1000)
        match = self.env["carbon.purchase.match.report"].search([("order_id", "=", order.id)])
        self.assertEqual((match.status, match.counted_quantity, match.counted_at), ("matched", 4.0, "billed"))

    def test_history_gives_the_same(self):
        order, picking = self._buy()
        self._bill_order(order)
        self._commit()
        self.assertEqual({reason for _label, reason in self._issues()}, {"unmapped"})
        self._spend_rule()
        self._collect()
        self.assertFalse(self._issues())
        self.assertEqual(self._sum(self.spend), 1000)
        self.assertEqual(self._statuses(picking), [("superseded", "billed", "Furniture by amount")])

    def test_receipt_of_another_category_still_waits_for_a_rule(self):
        self._spend_rule()
        _order, picking = self._buy(self.coal_product, 3)
        self._commit()
        self.assertEqual(self._issues(), {(picking.name, "unmapped")})

    def test_rule_on_the_receipts_of_the_vendor_leaves_goods_alone_that_count_by_amount(self):
        self._spend_rule()
        self._rule("stock.receipt", self.pieces, partner_id=self.supplier.id)
        self._bill_order(self._buy()[0])
        self._commit()
        self.assertEqual((self._sum(self.spend), self._sum(self.pieces)), (1000, 0))

    def test_freight_by_the_value_of_the_goods_leaves_the_goods_to_the_rule_of_the_vendor(self):
        freight = self._money("Freight in money", self.freight)
        self._spend_rule(freight)
        self._rule("stock.receipt", self.pieces, partner_id=self.supplier.id)
        self._bill_order(self._buy()[0])
        self._commit()
        self.assertEqual((self._sum(freight), self._sum(self.pieces)), (1000, 4))

    def test_same_material_by_quantity_and_by_amount_is_refused_naming_both_rules(self):
        self._spend_rule()
        message = "same material twice: rule Chairs received when it is Received and rule Furniture by amount when it is Billed"
        for values in ({"product_id": self.chair.id}, {"category_id": self.office.id}):
            with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                self._rule("stock.receipt", self.pieces, name="Chairs received", **values)
        self.assertTrue(self._rule("stock.receipt", self.coal, product_id=self.chair.id))  # another emission category
        self.assertTrue(self._rule("stock.receipt", self.pieces, product_id=self.coal_product.id))  # another material

    def test_rule_on_money_after_one_on_a_quantity_is_refused_too(self):
        rule = self._rule("stock.receipt", self.pieces, name="Chairs received", product_id=self.chair.id)
        with self.assertRaisesRegex(ValidationError, "Furniture by amount.*Chairs received"), self.env.cr.savepoint():
            self._spend_rule()
        rule.date_to = "2024-12-31"
        self.assertTrue(self._spend_rule(date_from="2025-01-01"))

    def test_material_taken_from_the_wider_rule_may_count_by_quantity(self):
        self._spend_rule()
        taken = self._rule("account.bill", product_id=self.chair.id, outcome="none", reason="Counted by piece")
        self._rule("stock.receipt", self.pieces, name="Chairs received", product_id=self.chair.id)
        with self.assertRaisesRegex(ValidationError, "count the same material twice"), self.env.cr.savepoint():
            taken.unlink()
        for product in (self.chair, self.lamp):
            self._bill_order(self._buy(product)[0])
        self._commit()
        self.assertEqual((self._sum(self.spend), self._sum(self.pieces)), (1000, 4))
        self.assertFalse(self._issues())
        for change in (
            lambda: setattr(taken, "active", False),
            lambda: setattr(taken, "product_id", self.lamp),
            lambda: setattr(taken, "date_to", "2024-12-31"),
        ):
            with self.assertRaisesRegex(ValidationError, "count the same material twice"), self.env.cr.savepoint():
                change()
        with self.assertRaisesRegex(ValidationError, "Archive it"), self.env.cr.savepoint():
            taken.unlink()  # by now it may have met something

    def test_category_between_tells_apart_and_one_beside_does_not(self):
        other = self.env["product.category"].create({"name": "Garden", "parent_id": self.furniture.id})
        self._spend_rule()
        taken = self._rule("account.bill", category_id=other.id, outcome="none", reason="Counted by piece")
        with self.assertRaisesRegex(ValidationError, "twice"), self.env.cr.savepoint():
            self._rule("stock.receipt", self.pieces, product_id=self.chair.id)
        taken.category_id = self.office
        self.assertTrue(self._rule("stock.receipt", self.pieces, product_id=self.chair.id))
