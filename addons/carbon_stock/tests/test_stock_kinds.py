from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockKinds(CarbonStockCommon):
    """What a move means is read from where it goes (R-129, R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("receipt", "delivery", "dropship", "scrap", "adjustment", "consumption"):
            # a category each: within one category a material counts at one point of its flow only
            leaf = cls.env["carbon.emission.category"].create({"code": f"test_{code}", "name": code.title()})
            source = cls._source(code.title(), cls.ton, cls.coal_factor, leaf=leaf)
            cls._rule(f"stock.{code}", source, product_id=cls.coal_product.id)

    def _events(self):
        """Collect and return [(kind, quantity)] without the opening receipt."""
        self._commit()
        self.assertFalse(self._issues())
        return self._quantities()[1:]

    def setUp(self):
        super().setUp()
        self._receive(self.coal_product, 100)
        self._commit()

    def _move(self, source, dest, quantity=10):
        return self._transfer(source, dest, [(self.coal_product, quantity, self.ton)])

    def test_delivery_is_positive_and_what_the_customer_returns_negative(self):
        delivery = self._move(self.stock, self.customers)
        self._return(delivery, 3)
        self.assertEqual(self._events(), [("stock.delivery", 10), ("stock.delivery", -3)])

    def test_dropship_is_positive_and_what_comes_back_to_the_supplier_negative(self):
        dropship = self._move(self.suppliers, self.customers)
        self._return(dropship, 4)
        self.assertEqual(self._events(), [("stock.dropship", 10), ("stock.dropship", -4)])

    def test_scrap_is_positive_and_is_no_consumption(self):
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.coal_product.id,
                "scrap_qty": 6,
                "product_uom_id": self.ton.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        )
        scrap.action_validate()
        self.assertEqual(scrap.state, "done")
        self.assertEqual(self._events(), [("stock.scrap", 6)])

    def test_loss_in_a_count_is_positive_and_a_gain_negative(self):
        quant = (
            self.env["stock.quant"]
            .search([("product_id", "=", self.coal_product.id), ("location_id", "=", self.stock.id)])
            .with_context(inventory_mode=True)
        )
        quant.inventory_quantity = 93
        quant.action_apply_inventory()
        quant.inventory_quantity = 95
        quant.action_apply_inventory()
        self.assertEqual(self._events(), [("stock.adjustment", 7), ("stock.adjustment", -2)])

    def test_count_dated_back_counts_on_its_date(self):
        quant = (
            self.env["stock.quant"]
            .search([("product_id", "=", self.coal_product.id), ("location_id", "=", self.stock.id)])
            .with_context(inventory_mode=True)
        )
        quant.inventory_quantity = 93
        quant.action_apply_inventory("2025-06-30 12:00:00")
        self.assertEqual(self._events(), [("stock.adjustment", 7)])
        row = self.env["carbon.activity.data"].search([("kind", "=", "stock.adjustment")])
        self.assertEqual(str(row.date), "2025-06-30")

    def test_transfer_to_production_is_consumption_and_back_negative(self):
        production = self.env["stock.location"].search(
            [("usage", "=", "production"), ("company_id", "=", self.company.id)], limit=1
        )
        self._move(self.stock, production)
        self._move(production, self.stock, 1)
        self.assertEqual(self._events(), [("stock.consumption", 10), ("stock.consumption", -1)])

    def test_transfer_to_an_inventory_location_is_consumption(self):
        own_use = self.env["stock.location"].create(
            {"name": "Own use", "usage": "inventory", "company_id": self.company.id}
        )
        self._move(self.stock, own_use)
        self.assertEqual(self._events(), [("stock.consumption", 10)])

    def test_transit_to_another_company_is_a_delivery_and_from_it_a_receipt(self):
        between = self.env.ref("stock.stock_location_inter_company")
        between.active = True
        self.assertFalse(between.company_id)
        sent = self._move(self.stock, between)
        came = self._move(between, self.stock, 20)
        self._return(sent, 1)
        self._return(came, 2)
        self.assertEqual(
            self._events(),
            [("stock.delivery", 10), ("stock.receipt", 20), ("stock.delivery", -1), ("stock.receipt", -2)],
        )

    def test_move_between_supplier_and_customer_like_places_is_no_event_without_either(self):
        between = self.env.ref("stock.stock_location_inter_company")
        between.active = True
        self._move(self.customers, self.customers)
        self._move(between, self.customers, 2)
        self.assertEqual(self._events(), [("stock.dropship", 2)])

    def test_location_of_a_rule_covers_its_sublocations_and_wins_over_the_product(self):
        shelf = self.env["stock.location"].create(
            {"name": "Boiler yard", "usage": "internal", "location_id": self.stock.id, "company_id": self.company.id}
        )
        bunker = self.env["stock.location"].create(
            {"name": "Bunker", "usage": "internal", "location_id": shelf.id, "company_id": self.company.id}
        )
        yard = self._source("Boiler yard", self.ton, self.coal_factor)
        self._rule("stock.receipt", yard, product_id=self.coal_product.id, location_id=shelf.id)
        self._move(self.suppliers, bunker)
        self._commit()
        self.assertEqual(self._sum(yard), 10)
        self._move(self.suppliers, self.stock, 5)
        self._commit()
        self.assertEqual(self._sum(yard), 10)

    def test_value_of_a_receipt_feeds_a_rule_on_money(self):
        if "value" not in self.env["stock.move"]._fields:  # of stock_account
            self.assertNotIn("amount", self.env["carbon.event.source"]._stock_columns())
            return
        product = self._product("Machine oil", self.ton, standard_price=150)
        factor = self.env["carbon.emission.factor"].create(
            {
                "code": "TEST-SPEND",
                "name": "Spend",
                "currency_id": self.company.currency_id.id,
                "price_year": 2024,
                "price_basis": "purchaser",
            }
        )
        self._version(factor, "0.5", "2015-01-01")
        spend = self.env["carbon.source"].create(
            {
                "name": "Bought goods",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
                "factor_line_ids": [(0, 0, {"stream_id": self.stream.id, "factor_id": factor.id})],
            }
        )
        self._rule("stock.receipt", spend, product_id=product.id, quantity_basis="amount")
        receipt = self._receive(product, 4)
        self._commit()
        self.assertEqual(receipt.move_ids.value, 600)
        self.assertEqual(self._sum(spend), 600)
        self._return(receipt, 1)
        self._commit()
        self.assertEqual(self._sum(spend), 450)
