from odoo.fields import Command
from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install", "-standard", "optional_addons")
class TestStockLanded(CarbonStockCommon):
    """Landed costs count by their own bills, not once more with the goods (R-129), with Odoo's stock_landed_costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        category = cls.env["product.category"].create({"name": "Varnishes", "property_cost_method": "average"})
        cls.varnish = cls._product("Varnish", cls.ton, standard_price=100, categ_id=category.id)
        cls.freight = cls.env["product.product"].create(
            {"name": "Freight", "type": "service", "landed_cost_ok": True, "split_method_landed_cost": "by_quantity"}
        )
        cls.bought = cls.env["carbon.source"].create(
            {
                "name": "Bought goods",
                "company_id": cls.company.id,
                "category_id": cls.leaf.id,
                "currency_id": cls.company.currency_id.id,
            }
        )
        cls.journal = cls.env["account.journal"].create(
            {"name": "Landed costs", "code": "LC", "type": "general", "company_id": cls.company.id}
        )
        cls._rule("stock.receipt", cls.bought, product_id=cls.varnish.id, quantity_basis="amount")

    def _land(self, receipt, amount):
        """Lay a landed cost on a receipt with Odoo's buttons."""
        cost = self.env["stock.landed.cost"].create(
            {
                "picking_ids": [Command.set(receipt.ids)],
                "company_id": self.company.id,
                "account_journal_id": self.journal.id,
                "cost_lines": [
                    Command.create({"product_id": self.freight.id, "price_unit": amount, "split_method": "by_quantity"})
                ],
            }
        )
        cost.compute_landed_cost()
        cost.button_validate()
        self.assertEqual(cost.state, "done")

    def test_landed_cost_adds_nothing_to_the_amount_of_a_receipt(self):
        receipt = self._receive(self.varnish, 10)
        self._commit()
        self.assertEqual((receipt.move_ids.value, self._sum(self.bought)), (1000, 1000))
        self._land(receipt, 400)
        self.assertEqual(receipt.move_ids.value, 1400, "Odoo's value has it")
        self._commit()
        self.assertEqual(self._sum(self.bought), 1000)
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))

    def test_return_takes_back_what_was_paid_for_the_goods_only(self):
        receipt = self._receive(self.varnish, 10)
        self._land(receipt, 400)
        self._return(receipt, 4)
        self._commit()
        self.assertEqual(self._sum(self.bought), 600)
