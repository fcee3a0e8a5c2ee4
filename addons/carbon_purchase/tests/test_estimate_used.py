from odoo import Command
from odoo.tests import Form, new_test_user, tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestEstimateUsed(CarbonPurchaseCommon):
    """The estimate of what counts when it is used, and what is not known told apart from nothing (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code, point in (("account.bill", "billed"), ("stock.receipt", "received"), ("mrp.consumption", "consumed")):
            cls._kind(code, point)
        cls.paper = cls._product("Paper", cls.ton, type="consu")
        cls.rule = cls._rule("mrp.consumption", cls.coal, product_id=cls.coal_product.id)

    def _none(self, kind, product=None):
        return self._rule(kind, product_id=(product or self.paper).id, outcome="none", reason="Said so")

    def _said(self, *lines, **values):
        """Return t, t when used, whether it is known, and the basis of the lines of an order."""
        names = ("carbon_estimate_t", "carbon_estimate_used_t", "carbon_estimate_known", "carbon_estimate_basis")
        return [
            tuple(round(line[name], 6) if isinstance(line[name], float) else line[name] for name in names)
            for line in self._order(*lines, **values).order_line
        ]

    def test_coal_that_counts_when_it_is_burnt_is_estimated_as_such(self):
        # 100 t × 1.868533333333 t/t
        order = self._order((self.coal_product, 100, 500))
        self.assertEqual(
            self._said((self.coal_product, 100, 500)),
            [(186.853333, 186.853333, True, "Counts when used: Coal boiler")],
        )
        self.assertAlmostEqual(order.carbon_estimate_t, 186.853333, 6)
        self.assertEqual((order.carbon_estimate_known, order.carbon_estimate_note), (True, "counts when used"))
        order.order_line.product_uom_id = self.kg  # 100 kg
        self.assertAlmostEqual(order.carbon_estimate_t, 0.186853, 6)

    def test_rule_of_the_category_is_found(self):
        self.coal_product.categ_id = self.env["product.category"].create({"name": "Fuels"})
        self.rule.write({"product_id": False, "category_id": self.coal_product.categ_id.id})
        self.assertEqual(self._said((self.coal_product, 1, 5))[0][:3], (1.868533, 1.868533, True))

    def test_what_counts_at_receipt_and_at_use_adds_up(self):
        leaf = self.env["carbon.emission.category"].create({"code": "test_upstream", "name": "Upstream"})
        mine = self._source("Coal mine", self.ton, self._factor("MINE", self.ton, "120"), leaf=leaf)
        self._rule("stock.receipt", mine, product_id=self.coal_product.id)
        # 100 × 0.12 + 100 × 1.868533
        [said] = self._said((self.coal_product, 100, 500))
        self.assertEqual(said[:3], (198.853333, 186.853333, True))
        self.assertEqual(
            said[3], "Counts when received: Coal mine (12.000 t); Counts when used: Coal boiler (186.853 t)"
        )
        order = self._order((self.coal_product, 100, 500))
        self.assertEqual(order.carbon_estimate_note, "of which 186.853 when used")

    def test_nothing_known_is_told_apart_from_nothing(self):
        self._none("mrp.consumption")
        power = self._product("Green power", self.kwh)
        self._none("account.bill", power)
        unknown, timber = (self._product(name, self.ton, type="consu") for name in ("Unknown", "Timber"))
        self._none("stock.receipt", timber)  # what is said of its receipt says nothing of its use
        self.assertEqual(
            self._said((self.paper, 5, 1), (power, 5, 1), (unknown, 5, 1), (timber, 5, 1)),
            [
                (0.0, 0.0, True, "No emission"),
                (0.0, 0.0, True, "No emission"),
                (0.0, 0.0, False, "Nothing known"),
                (0.0, 0.0, False, "Nothing known"),
            ],
        )
        silent = self._order((unknown, 5, 1), (timber, 5, 1))
        self.assertFalse(silent.carbon_estimate_known)
        order = self._order((self.paper, 5, 1), (self.coal_product, 1, 1), (unknown, 5, 1))
        self.assertAlmostEqual(order.carbon_estimate_t, 1.868533, 6)
        self.assertEqual(order.carbon_estimate_note, "counts when used, lines of which nothing is known: 1")

    def test_missing_price_or_unit_is_no_zero(self):
        self.coal_product.uom_id = self.litre
        [said] = self._said((self.coal_product, 5, 1))
        self.assertEqual(said[:3], (0.0, 0.0, False))
        self.assertIn("no estimate", said[3])

    def test_services_and_dropshipped_goods_are_not_used_here(self):
        self._rule("mrp.consumption", self.diesel, product_id=self.electricity.id)
        self.assertFalse(self._said((self.electricity, 5, 1))[0][2])
        self._need("stock.move")
        operation = self.env["stock.picking.type"].search(
            [("code", "=", "incoming"), ("company_id", "=", self.company.id)], limit=1
        )
        operation = operation.copy({"default_location_dest_id": self.env.ref("stock.stock_location_customers").id})
        [said] = self._said((self.coal_product, 100, 500), picking_type_id=operation.id)
        self.assertEqual(said, (0.0, 0.0, False, "Nothing known"))

    def test_vendor_of_goods_does_not_decide_who_uses_them(self):
        self.rule.partner_id = self.supplier
        self.assertEqual(self._said((self.coal_product, 100, 500))[0][2:], (False, "Nothing known"))

    def test_rule_of_a_work_centre_is_met_as_long_as_no_other_says_more(self):
        if "workcenter_id" not in self.rule._fields:
            self.skipTest("not installed: mrp")
        furnace = self.env["mrp.workcenter"].create({"name": "Furnace", "company_id": self.company.id})
        self.rule.workcenter_id = furnace
        self.assertEqual(
            self._said((self.coal_product, 100, 1))[0][1:], (186.853333, True, "Counts when used: Coal boiler")
        )
        general = self._rule("mrp.consumption", self.diesel, product_id=self.coal_product.id)
        # 100 t × 3.09591 t/t: where it will be used is open
        self.assertEqual(
            self._said((self.coal_product, 100, 1))[0][1:], (309.591, True, "Counts when used: Diesel engine")
        )
        general.active = False
        # a rule of all that a place uses says nothing of a material that may never come there
        self.rule.product_id = False
        self.assertEqual(self._said((self.coal_product, 100, 1))[0][2:], (False, "Nothing known"))

    def test_place_of_a_receipt_is_known_and_decides(self):
        self._need("stock.move")
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        yard = self.env["stock.location"].create(
            {"name": "Yard", "location_id": warehouse.view_location_id.id, "company_id": self.company.id}
        )
        self._rule("stock.receipt", self.diesel, product_id=self.paper.id, location_id=yard.id)
        self.assertFalse(self._said((self.paper, 1, 1))[0][2])

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
        self.assertFalse(form.carbon_estimate_known)
        with form.order_line.new() as line:
            line.product_id = self.coal_product
            line.product_qty = 10
            self.assertAlmostEqual(line.carbon_estimate_used_t, 18.685333, 6)
            self.assertEqual(line.carbon_estimate_basis, "Counts when used: Coal boiler")
        self.assertEqual((form.carbon_estimate_known, form.carbon_estimate_note), (True, "counts when used"))

    def test_estimate_equals_what_the_use_gives(self):
        self._need("stock.move")
        self.rule.active = False
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        estimate = order.order_line.carbon_estimate_used_t
        stock = self._receive(order, 100).move_ids.location_dest_id
        self._commit()
        self.assertEqual((self._sum(self.coal), self._issues()), (0, set()))
        furnace = self.env["stock.location"].create(
            {"name": "Furnace", "usage": "inventory", "company_id": self.company.id}
        )
        use = self.env["stock.move"].create(
            {
                "product_id": self.coal_product.id,
                "product_uom_qty": 100,
                "product_uom": self.ton.id,
                "location_id": stock.id,
                "location_dest_id": furnace.id,
            }
        )
        use._action_confirm()
        use.write({"quantity": 100, "picked": True})
        use._action_done()
        self._commit()
        self.assertAlmostEqual(float(self._kg(self.coal)) / 1000, estimate, 6)
        self.assertAlmostEqual(estimate, 186.853333, 6)

    def test_estimate_costs_the_same_number_of_queries_for_1_and_50_lines(self):
        self._rule("stock.receipt", self.diesel, product_id=self.paper.id)
        small = self._order((self.coal_product, 1, 1), (self.paper, 1, 1))
        products = [self._product(f"Fuel {n}", self.ton, type="consu") for n in range(48)]
        large = self._order(*((item, 1, 1) for item in (self.coal_product, self.paper, *products)))
        small._carbon_estimate()  # fills the caches

        def cost(order):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.mapped("carbon_estimate_note")
            order.order_line.mapped("carbon_estimate_basis")
            return self.env.cr.sql_log_count - before

        self.assertEqual(cost(small), cost(large))
