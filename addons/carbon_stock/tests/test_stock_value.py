from odoo.fields import Command
from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockValue(CarbonStockCommon):
    """Returned goods take back what was paid for them, not what the stock is worth (R-126, R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.is_valued = "value" in cls.env["stock.move"]._fields  # of stock_account
        cls.oil = cls._product("Machine oil", cls.ton, standard_price=150)
        cls.spend = cls._spend_source()
        if cls.is_valued:
            cls._rule("stock.receipt", cls.spend, product_id=cls.oil.id, quantity_basis="amount")

    @classmethod
    def _spend_source(cls):
        return cls.env["carbon.source"].create(
            {
                "name": "Bought goods",
                "company_id": cls.company.id,
                "category_id": cls.leaf.id,
                "currency_id": cls.company.currency_id.id,
            }
        )

    def setUp(self):
        super().setUp()
        if not self.is_valued:
            self.skipTest("goods have no value without stock_account")

    def _bought(self, quantity, value):
        """Receive oil for another price than the cost of the stock."""
        receipt = self._receive(self.oil, quantity)
        receipt.move_ids.value = value
        self._commit()
        return receipt

    def _amounts(self):
        rows = self.env["carbon.activity.data"].search([("source_id", "=", self.spend.id)], order="id")
        return rows.mapped("quantity")

    def test_full_return_leaves_nothing_whatever_the_stock_costs(self):
        self.oil.standard_price = 500
        receipt = self._bought(10, 1000)
        returned = self._return(receipt, 10)
        self._commit()
        self.assertEqual(returned.move_ids.value, 5000, "what Odoo took from stock")
        self.assertEqual(self._amounts(), [1000, -1000])

    def test_part_of_a_return_takes_its_share_of_the_price(self):
        receipt = self._bought(3, 1000)
        self._return(receipt, 1)
        self._return(receipt, 2)
        self._commit()
        self.assertAlmostEqual(self._amounts()[1], -1000 / 3, places=9)
        self.assertAlmostEqual(sum(self._amounts()), 0, places=9)

    def test_return_follows_a_receipt_that_is_valued_again(self):
        receipt = self._bought(10, 1000)
        self._return(receipt, 4)
        self._commit()
        self.assertEqual(self._sum(self.spend), 600)
        receipt.move_ids.value = 1500  # the bill has another price than the order
        self._commit()
        self.assertEqual(self._sum(self.spend), 900)

    def test_goods_that_come_back_from_a_return_cost_what_was_paid_first(self):
        receipt = self._bought(10, 1000)
        returned = self._return(receipt, 4)
        self._return(returned, 2)
        self._commit()
        self.assertEqual(self._amounts(), [1000, -400, 200])
        receipt.move_ids.value = 2000
        self._commit()
        self.assertEqual(self._sum(self.spend), 2000 - 800 + 400)

    def test_return_in_another_unit_from_two_shelves_takes_the_same_share(self):
        receipt = self._bought(10, 1000)
        shelves = self.env["stock.location"].create(
            [{"name": name, "location_id": self.stock.id, "usage": "internal"} for name in ("A", "B")]
        )
        for shelf in shelves:
            self._transfer(self.stock, shelf, [(self.oil, 5, self.ton)])
        move = self._return(receipt, 4, done=False).move_ids
        place = {"location_dest_id": self.suppliers.id, "picking_id": move.picking_id.id, "product_id": self.oil.id}
        move.move_line_ids = [
            Command.clear(),
            *(
                Command.create(place | {"location_id": shelf.id, "quantity": quantity, "product_uom_id": unit.id})
                for shelf, quantity, unit in zip(shelves, (1000, 3), (self.kg, self.ton), strict=True)
            ),
        ]
        move.picked = True
        move.picking_id.button_validate()
        self._commit()
        self.assertEqual(sorted(self._amounts()), [-300, -100, 1000])

    def test_return_without_its_receipt_has_the_value_that_odoo_took_from_stock(self):
        self._bought(10, 1000)
        self._transfer(self.stock, self.suppliers, [(self.oil, 1, self.ton)])
        self._commit()
        self.assertEqual(self._amounts(), [1000, -150])

    def test_history_gives_the_same_as_collecting_as_it_happens(self):
        self.system.collect_live = False
        receipt = self._bought(10, 1000)
        self._return(self._return(receipt, 4), 1)
        self._collect()
        self.assertEqual(self._sum(self.spend), 700)
