from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install", "-standard", "optional_addons")
class TestSubcontract(CarbonPurchaseCommon):
    """Orders at subcontractors and dropshipped ones, as Odoo's own addons make them (R-129, R-130, R-135)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kinds_and_books()
        cls.mill = cls.env["res.partner"].create({"name": "Rolling mill"})
        cls.steel = cls._product("Steel", cls.ton, type="consu", is_storable=True)
        cls.slab = cls._product("Slab", cls.ton, type="consu", is_storable=True)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.steel.product_tmpl_id.id,
                "product_qty": 1,
                "product_uom_id": cls.ton.id,
                "company_id": cls.company.id,
                "type": "subcontract",
                "subcontractor_ids": [Command.set(cls.mill.ids)],
                "bom_line_ids": [Command.create({"product_id": cls.slab.id, "product_qty": 1.1})],
            }
        )
        cls.bought = cls._source("Bought steel", cls.ton, cls.coal_factor)
        cls.rolled = cls._source("Rolled steel", cls.ton, cls.coal_factor)
        cls.used = cls._source("Slabs at the mill", cls.ton, cls.coal_factor)
        cls.used_rule = cls._rule("mrp.subcontract.consumption", cls.used, product_id=cls.slab.id)

    def _order_steel(self):
        """Order 50 t from the mill, receive 40 and bill 50."""
        order = self._order((self.steel, 50, 700), confirm=True, partner_id=self.mill.id)
        receipt = self._receive(order, 40)
        bill = self._bill_order(order, fields.Date.today())
        self._commit()
        return order, receipt, bill

    def _status(self, bill):
        rows = self.env["carbon.superseded.report"].search([("kind_id.code", "=", "account.bill")])
        return rows.filtered(lambda row: row.origin_id in bill.line_ids.ids).mapped("status")

    def _match(self, order):
        row = self.env["carbon.purchase.match.report"].search([("order_id", "=", order.id)])
        return row.status, row.received_quantity, row.billed_quantity, row.counted_quantity

    def _sums(self):
        return self._sum(self.bought), self._sum(self.rolled), self._sum(self.used)

    def test_order_at_a_subcontractor_is_asked_about_though_its_product_counts_when_received(self):
        self._rule("stock.receipt", self.bought, product_id=self.steel.id)
        order, receipt, bill = self._order_steel()
        made = receipt.move_ids.move_orig_ids.production_id
        self.assertEqual((self._sums(), self._issues()), ((0, 0, 44), {(made.name, "unmapped")}))
        self.assertEqual(self._status(bill), ["unsupported"])
        self.assertEqual(self._match(order), ("uncounted", 40, 50, 0))
        self._rule("mrp.subcontract.output", self.rolled, product_id=self.steel.id)
        self._collect()
        self.assertEqual((self._sums(), self._issues()), ((0, 40, 44), set()))
        self.assertEqual(self._status(bill), ["superseded"])
        self.assertEqual(self._match(order), ("matched", 40, 50, 40))

    def test_order_shows_what_its_subcontracted_receipt_gave(self):
        self._rule("mrp.subcontract.output", self.rolled, product_id=self.steel.id)
        draft = self._order((self.steel, 40, 700), partner_id=self.mill.id)
        # 40 t × 1.868533 t/t, of the slabs nothing: they count by themselves
        self.assertAlmostEqual(draft.carbon_estimate_t, 74.741333, 6)
        order, _receipt, _bill = self._order_steel()
        self.assertEqual((order.carbon_activity_count, round(order.carbon_co2e_t, 3)), (1, 74.741))
        data = self.env["carbon.activity.data"].search([("source_id", "=", self.rolled.id)])
        self.assertEqual((data.pair_id, data.partner_id), (order.order_line.id, self.mill))

    def test_bill_counts_and_its_receipt_is_not_asked_about(self):
        self._rule("account.bill", self.bought, product_id=self.steel.id)
        order, _receipt, _bill = self._order_steel()
        self.assertEqual((self._sums(), self._issues()), ((50, 0, 44), set()))
        self.assertEqual(self._match(order), ("matched", 40, 50, 50))

    def test_nothing_known_of_the_product_asks_about_receipt_and_bill(self):
        _order, receipt, bill = self._order_steel()
        made = receipt.move_ids.move_orig_ids.production_id
        self.assertEqual(self._issues(), {(made.name, "unmapped"), (bill.name, "unmapped")})

    def test_order_of_odoos_own_dropship_is_a_dropship_of_the_vendor(self):
        self._rule("stock.dropship", self.bought, product_id=self.coal_product.id, partner_id=self.supplier.id)
        operation = self.env["stock.picking.type"].search(
            [("code", "=", "dropship"), ("company_id", "=", self.company.id), ("name", "=", "Dropship")]
        )
        self.assertEqual(len(operation), 1)
        customer = self.env["res.partner"].create({"name": "Building site"})
        order = self._order((self.coal_product, 30, 500), picking_type_id=operation.id, dest_address_id=customer.id)
        self.assertAlmostEqual(order.carbon_estimate_t, 56.056, 6)
        order.button_confirm()
        picking = self._receive(order, 30)
        self.assertTrue(picking.is_dropship)
        self._commit()
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual((data.kind, data.partner_id, data.quantity), ("stock.dropship", self.supplier, 30))

    def _spend(self, name):
        return self.env["carbon.source"].create(
            {
                "name": name,
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
            }
        )

    def _bill_rule(self, source, product):
        return self._rule("account.bill", source, product_id=product.id, quantity_basis="amount")

    def _unvalued(self):
        return [label for label, reason in self._issues() if reason not in ("nofactor", "factor")]

    def test_bill_of_dropshipped_goods_counts_what_was_spent_once(self):
        spend = self._spend("Dropshipped goods")
        self._bill_rule(spend, self.coal_product)
        operation = self.env["stock.picking.type"].search(
            [("code", "=", "dropship"), ("company_id", "=", self.company.id), ("name", "=", "Dropship")]
        )
        customer = self.env["res.partner"].create({"name": "Building site"})
        order = self._order(
            (self.coal_product, 10, 25), confirm=True, picking_type_id=operation.id, dest_address_id=customer.id
        )
        picking = self._receive(order, 10)
        self._bill_order(order)
        self._commit()
        self.assertEqual((picking.is_dropship, picking.move_ids.value), (True, 0))
        rows = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual((rows.mapped("kind"), rows.mapped("quantity")), (["account.bill"], [250]))
        self.assertFalse(self._unvalued())

    def test_bill_of_a_subcontractor_and_own_components_add_up_to_what_was_spent(self):
        spend, own = self._spend("Work of the mill"), self._spend("Own slabs")
        self.used_rule.write({"source_id": own.id, "quantity_basis": "amount"})
        self._bill_rule(spend, self.steel)
        # what was made is worth what it took
        self.steel.categ_id = self.env["product.category"].create({"name": "Made", "property_cost_method": "average"})
        self.slab.standard_price = 100
        order = self._order((self.steel, 10, 25), confirm=True, partner_id=self.mill.id)
        receipt = self._receive(order, 10)
        self._bill_order(order)
        self._commit()
        made = receipt.move_ids.move_orig_ids.filtered("production_id")
        # 11 t of slabs at 100 and the work at 250: the value of what was made has both
        self.assertEqual(made.value, 1350)
        self.assertEqual((self._sum(own), self._sum(spend), self._unvalued()), (1100, 250, []))

    def test_rule_by_amount_on_what_a_subcontractor_made_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "rule on the vendor bill by amount"):
            self._rule("mrp.subcontract.output", self._spend("Work"), product_id=self.steel.id, quantity_basis="amount")

    def test_rule_by_amount_of_before_counts_nothing_a_subcontractor_made(self):
        rule = self._rule("mrp.subcontract.output", self.rolled, product_id=self.steel.id)
        spend = self._spend("Work of the mill")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE carbon_activity_rule SET quantity_basis = 'amount', source_id = %s WHERE id = %s",
            (spend.id, rule.id),
        )
        self.env.invalidate_all()
        self.env["carbon.engine"]._forget_known()
        order = self._order((self.steel, 10, 25), confirm=True, partner_id=self.mill.id)
        made = self._receive(order, 10).move_ids.move_orig_ids.production_id
        self._commit()
        self.assertEqual((self._sum(spend), self._sum(self.used)), (0, 11))
        self.assertEqual(self._issues(), {(made.name, "value")})

    def test_components_shipped_straight_to_the_subcontractor_are_a_receipt(self):
        self.used_rule.active = False
        self._rule("stock.receipt", self.bought, product_id=self.slab.id)
        operation = self.company.dropship_subcontractor_pick_type_id
        order = self._order(
            (self.slab, 11, 300), confirm=True, picking_type_id=operation.id, dest_address_id=self.mill.id
        )
        self._receive(order, 11)
        self._commit()
        self.assertEqual(self._sums(), (11, 0, 0))
