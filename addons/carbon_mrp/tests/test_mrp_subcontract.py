from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonMrpCommon


@tagged("post_install", "-at_install", "-standard", "optional_addons")
class TestMrpSubcontract(CarbonMrpCommon):
    """What subcontractors use and make (R-130), with Odoo's mrp_subcontracting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mill = cls.env["res.partner"].create({"name": "Rolling mill"})
        cls.gate = cls.env["res.partner"].create({"name": "Gate of the mill", "parent_id": cls.mill.id})
        cls.place = cls.mill.with_company(cls.company).property_stock_subcontractor
        cls._bom(cls.steel, 50, [(cls.coal_product, 100)], type="subcontract", subcontractor_ids=[(6, 0, cls.mill.ids)])
        cls.away = cls._source("Coal at the mill", cls.ton, cls.coal_factor)
        cls._rule("mrp.subcontract.consumption", cls.away, product_id=cls.coal_product.id)
        cls.bought = cls._source("Bought", cls.ton, cls.coal_factor)
        cls._rule("stock.receipt", cls.bought, product_id=cls.steel.id)
        cls.rolled = cls._source("Rolling", cls.ton, cls.coal_factor)

    def _output_rule(self):
        return self._rule("mrp.subcontract.output", self.rolled, product_id=self.steel.id)

    def _roll(self, quantity=50):
        """Send coal to the mill and receive steel from it."""
        self.assertEqual(self.place.usage, "internal")
        self._receive(self.coal_product, 100)
        self._transfer(self.stock, self.place, [(self.coal_product, 100, self.ton)])  # resupply
        receipt = self._receive(self.steel, quantity, partner_id=self.gate.id)
        self.assertEqual(receipt._get_subcontract_production().state, "done")
        self.assertEqual(receipt.move_ids.location_id, self.place)
        return receipt

    def _sums(self):
        return self._sum(self.away), self._sum(self.rolled), self._sum(self.bought), self._sum(self.coal)

    def test_subcontracted_order_has_kinds_of_its_own(self):
        self._output_rule()
        receipt = self._roll()
        self._return(receipt, 5)  # back to the mill: made all the same, and still ours until it is unbuilt
        self._commit()
        self.assertEqual(
            sorted(self._quantities()), [("mrp.subcontract.consumption", 100), ("mrp.subcontract.output", 50)]
        )
        self.assertEqual(self._sums(), (100, 50, 0, 0))
        self.assertFalse(self._issues())
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual(data.partner_id, self.mill)
        own = self._source("Coal at this mill", self.ton, self.coal_factor)
        self._rule("mrp.subcontract.consumption", own, product_id=self.coal_product.id, partner_id=self.mill.id)
        self._collect()
        self.assertEqual((self._sum(self.away), self._sum(own)), (0, Decimal("100")))

    def test_what_a_subcontractor_sends_is_on_the_worklist_until_a_rule_says_what_it_is(self):
        receipt = self._roll()
        self._commit()
        order = receipt._get_subcontract_production()
        self.assertEqual((self._sums(), self._issues()), ((100, 0, 0, 0), {(order.name, "unmapped")}))
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual((issue.product_id, issue.partner_id, issue.quantity), (self.steel, self.mill, 50))
        self.assertEqual(issue.kind, "mrp.subcontract.output")
        run = self._collect()
        self.assertEqual((run.row_new, self._issues()), (0, {(order.name, "unmapped")}))
        self._output_rule()
        issue.action_retry()
        # 50 t × 1,868.533333 kg/t
        self.assertEqual((self._sums(), self._issues()), ((100, 50, 0, 0), set()))
        self.assertEqual(round(self._kg(self.rolled), 3), Decimal("93426.667"))

    def test_no_emission_answers_for_what_its_bills_count(self):
        self._rule(
            "mrp.subcontract.output", None, product_id=self.steel.id, outcome="none", reason="Counted by the bill"
        )
        self._roll()
        self._commit()
        self.assertEqual((self._sums(), self._issues()), ((100, 0, 0, 0), set()))

    def test_what_counts_when_it_is_used_is_not_asked_when_it_is_received(self):
        self.env["carbon.activity.rule"].search([("source_id", "=", self.bought.id)]).active = False
        self._rule("mrp.consumption", self.bought, product_id=self.steel.id)
        self._roll()
        self._commit()
        self.assertEqual((self._sums(), self._issues()), ((100, 0, 0, 0), set()))

    def test_the_same_product_from_a_trader_is_a_receipt(self):
        self._output_rule()
        self._roll(30)
        self._receive(self.steel, 20)
        self._commit()
        self.assertEqual(self._sums(), (60, 30, 20, 0))

    def test_component_shipped_straight_to_the_subcontractor_is_a_receipt(self):
        steam = self._product("Steam coal", self.ton)
        self._rule("stock.receipt", self.bought, product_id=steam.id)
        operation = self.company.dropship_subcontractor_pick_type_id
        self._transfer(self.suppliers, self.place, [(steam, 7, self.ton)], picking_type=operation)
        self._commit()
        self.assertEqual(self._sum(self.bought), 7)
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual(data.kind, "stock.receipt")

    def test_unbuilding_takes_back_what_the_subcontractor_made(self):
        self._output_rule()
        order = self._roll()._get_subcontract_production()
        self._commit()
        unbuild = self.env["mrp.unbuild"].create(
            {
                "mo_id": order.id,
                "product_id": self.steel.id,
                "product_qty": 10,
                "product_uom_id": self.ton.id,
                "company_id": self.company.id,
                "bom_id": order.bom_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.stock.id,
            }
        )
        unbuild.action_validate()
        self._commit()
        self.assertEqual(self._sums(), (80, 40, 0, 0))
