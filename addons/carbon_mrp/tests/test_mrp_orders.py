from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonMrpCommon


@tagged("post_install", "-at_install")
class TestMrpOrders(CarbonMrpCommon):
    """The shapes that manufacturing takes in Odoo (R-130, R-141)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = cls.env["carbon.source"].create(
            {
                "name": "Steel made",
                "company_id": cls.company.id,
                "category_id": cls.leaf.id,
                "uom_id": cls.ton.id,
                "kind": "output",
            }
        )
        cls.output_rule = cls._rule("mrp.output", cls.made, product_id=cls.steel.id)

    def _sums(self):
        return self._sum(self.coal), self._sum(self.made)

    def test_output_is_the_denominator_of_the_intensity(self):
        self._make(self.bom, 80)
        self._commit()
        self.assertEqual(self._sums(), (Decimal("160"), Decimal("80")))
        self.assertEqual(self._kg(self.made), 0)
        self.assertFalse(self._issues())

    def test_order_in_kilograms_counts_in_tonnes(self):
        order = self._order(self.bom, 500, product_uom_id=self.kg.id)
        order.qty_producing = 500
        order._set_qty_producing(False)
        order.with_context(skip_consumption=True).button_mark_done()
        self._commit()
        self.assertEqual(self._sums(), (Decimal("1"), Decimal("0.5")))

    def test_order_and_its_backorder_add_up(self):
        order = self._order(self.bom, 50)
        order.qty_producing = 20
        order._set_qty_producing(False)
        action = order.button_mark_done()
        self.env[action["res_model"]].with_context(**action["context"]).create({}).action_backorder()
        self._commit()
        self.assertEqual(order.state, "done")
        self.assertEqual(self._sums(), (Decimal("40"), Decimal("20")))
        backorder = order.production_group_id.production_ids - order
        backorder.qty_producing = 30
        backorder._set_qty_producing(False)
        backorder.with_context(skip_consumption=True).button_mark_done()
        self._commit()
        self.assertEqual(self._sums(), (Decimal("100"), Decimal("50")))
        self.assertEqual(len(self._ledger()), 4)

    def test_component_that_was_not_used_gives_nothing(self):
        order = self._order(self.bom, 50)
        order.qty_producing = 50
        order._set_qty_producing(False)
        order.move_raw_ids.quantity = 0
        order.move_raw_ids.picked = False
        order.with_context(skip_consumption=True).button_mark_done()
        self._commit()
        self.assertEqual(order.state, "done")
        self.assertEqual(self._sums(), (0, Decimal("50")))

    def test_quantity_used_and_not_planned_counts(self):
        order = self._order(self.bom, 50)
        order.qty_producing = 50
        order._set_qty_producing(False)
        order.move_raw_ids.quantity = 97.5
        order.with_context(skip_consumption=True).button_mark_done()
        self._commit()
        self.assertEqual(self._sums(), (Decimal("97.5"), Decimal("50")))

    def test_consumption_corrected_after_the_close_of_the_order_is_followed(self):
        order = self._make(self.bom)
        self._commit()
        order.is_locked = False
        order.move_raw_ids.quantity = 90
        self._commit()
        self.assertEqual(
            self._quantities()[:3], [("mrp.consumption", 100), ("mrp.consumption", -100), ("mrp.consumption", 90)]
        )

    def test_component_added_after_the_close_of_the_order_is_followed(self):
        order = self._make(self.bom)
        self._commit()
        self.env["stock.move"].with_context(default_raw_material_production_id=order.id).create(
            {
                "raw_material_production_id": order.id,
                "product_id": self.coal_product.id,
                "product_uom": self.ton.id,
                "quantity": 5,
                "location_id": order.location_src_id.id,
                "location_dest_id": order.production_location_id.id,
            }
        )
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("105"))

    def test_by_product_is_an_event_of_its_own(self):
        slag = self.env["carbon.source"].create(
            {
                "name": "Slag made",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "uom_id": self.ton.id,
                "kind": "output",
            }
        )
        self._rule("mrp.byproduct", slag, product_id=self.slag.id)
        bom = self._bom(self.steel, 50, [(self.coal_product, 100)], [(self.slag, 12)])
        order = self._make(bom)
        self._commit()
        self.assertEqual(self._sum(slag), Decimal("12"))
        self._unbuild(order, 25)
        self.assertEqual(self._sum(slag), Decimal("6"))
        self.assertEqual(self._sums(), (Decimal("50"), Decimal("25")))

    def _unbuild(self, order, quantity, **values):
        unbuild = self.env["mrp.unbuild"].create(
            {
                "mo_id": order.id,
                "product_id": self.steel.id,
                "product_qty": quantity,
                "product_uom_id": self.ton.id,
                "company_id": self.company.id,
                "bom_id": self.bom.id,
                "location_id": self.stock.id,
                "location_dest_id": self.stock.id,
                **values,
            }
        )
        unbuild.action_validate()
        self.assertEqual(unbuild.state, "done")
        self._commit()
        return unbuild

    def test_unbuilding_takes_components_and_output_back(self):
        order = self._make(self.bom)
        self._commit()
        self._unbuild(order, 10)
        self.assertEqual(
            sorted(self._quantities()),
            [("mrp.consumption", -20), ("mrp.consumption", 100), ("mrp.output", -10), ("mrp.output", 50)],
        )
        self.assertEqual(self._sums(), (Decimal("80"), Decimal("40")))

    def test_unbuilding_takes_back_the_money_that_was_consumed(self):
        if "value" not in self.env["stock.move"]._fields:  # of stock_account
            self.skipTest("goods have no value without stock_account")
        self.coal_product.standard_price = 8
        spend = self.env["carbon.source"].create(
            {
                "name": "Material in money",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.coal_rule.write({"source_id": spend.id, "quantity_basis": "amount"})
        order = self._make(self.bom)
        order.move_raw_ids.value = 900
        self._commit()
        self.assertEqual(self._sum(spend), 900)
        self._unbuild(order, 25)
        self.assertEqual(self._sum(spend), 450)

    def test_component_without_cost_waits_where_a_rule_counts_money(self):
        if "value" not in self.env["stock.move"]._fields:
            self.skipTest("goods have no value without stock_account")
        spend = self.env["carbon.source"].create(
            {
                "name": "Material in money",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.coal_rule.write({"source_id": spend.id, "quantity_basis": "amount"})
        order = self._make(self._bom(self.steel, 6, [(self.coal_product, 12)]))
        self._commit()
        self.assertEqual((order.move_raw_ids.quantity, order.move_raw_ids.value), (12, 0))
        self.assertEqual((self._sum(spend), self._issues()), (0, {(order.name, "value")}))
        told = self.env["carbon.engine"]._dry_run(self.coal_rule)
        self.assertEqual((told["event_count"], told["problem_count"], told["quantity"]), (1, 1, 0))
        order.move_raw_ids.value = 1440
        self._commit()
        self.assertEqual(self._sum(spend), 1440)
        self.assertNotIn("value", {reason for _label, reason in self._issues()})

    def test_unbuilding_without_an_order_takes_back_by_the_bill_of_materials(self):
        self._receive(self.steel, 10)
        self._unbuild(self.env["mrp.production"], 10)
        self.assertEqual(self._sums(), (Decimal("-20"), Decimal("-10")))

    def test_scrap_in_an_order_is_scrap_and_no_consumption(self):
        waste = self._source("Waste coal", self.ton, self.coal_factor)
        self._rule("stock.scrap", waste, product_id=self.coal_product.id)
        order = self._make(self.bom)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.coal_product.id,
                "scrap_qty": 4,
                "product_uom_id": self.ton.id,
                "production_id": order.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        )
        scrap.do_scrap()
        self._commit()
        self.assertEqual((self._sum(self.coal), self._sum(waste)), (Decimal("100"), Decimal("4")))

    def test_manufacturing_in_three_steps_counts_once(self):
        self.warehouse.manufacture_steps = "pbm_sam"
        self._receive(self.coal_product, 100)
        order = self._order(self.bom)
        before = order.picking_ids.filtered(lambda p: p.picking_type_id == self.warehouse.pbm_type_id)
        self._validate(before)
        order.qty_producing = 50
        order._set_qty_producing(False)
        order.with_context(skip_consumption=True).button_mark_done()
        after = order.picking_ids.filtered(lambda p: p.picking_type_id == self.warehouse.sam_type_id)
        self._validate(after)
        self.assertEqual(self.env["stock.quant"]._get_available_quantity(self.steel, self.stock), 50)
        self._commit()
        self.assertEqual(sorted(self._quantities()), [("mrp.consumption", 100), ("mrp.output", 50)])

    def test_intermediate_made_and_used_is_counted_on_both_sides(self):
        slab = self._product("Slab", self.ton)
        self._make(self._bom(slab, 50, [(self.coal_product, 100)]))
        self._make(self._bom(self.steel, 50, [(slab, 50)]))
        self._rule("mrp.consumption", None, product_id=slab.id, outcome="none", reason="Own intermediate")
        self._commit()
        self.assertEqual(self._sums(), (Decimal("100"), Decimal("50")))
        self.assertFalse(self._issues())

    def test_component_without_a_rule_is_on_the_worklist(self):
        order = self._make(self._bom(self.steel, 50, [(self.coal_product, 100), (self.slag, 1)]))
        self._commit()
        self.assertEqual(self._issues(), {(order.name, "unmapped")})

    def test_component_whose_receipt_counts_is_not_asked_for_again(self):
        self._rule("stock.receipt", self._source("Bought slag", self.ton, self.coal_factor), product_id=self.slag.id)
        self._make(self._bom(self.steel, 50, [(self.coal_product, 100), (self.slag, 1)]))
        self._commit()
        self.assertFalse(self._issues())

    def test_kit_is_counted_by_its_components(self):
        kit = self._product("Fuel kit", self.unit, is_storable=False)
        self._bom(kit, 1, [(self.coal_product, 3), (self.diesel_product, 2)], type="phantom")
        bought = self._source("Bought diesel", self.ton, self.diesel_factor)
        self._rule("stock.receipt", bought, product_id=self.diesel_product.id)
        receipt = self._receive(kit, 4)
        self.assertEqual(receipt.move_ids.product_id, self.coal_product | self.diesel_product)
        self._make(self._bom(self.steel, 1, [(kit, 2)]))
        self._commit()
        self.assertEqual((self._sum(bought), self._sum(self.coal)), (Decimal("8"), Decimal("6")))

    def test_without_subcontracting_nothing_of_it_is_read(self):  # with it: test_mrp_subcontract
        self.assertNotIn("subcontractor_id", self.env["mrp.production"]._fields)
        source = self.env["carbon.event.source"]
        self.assertNotIn(
            "subcontractor_id", f"{source._stock_cases()}{source._stock_partner()}{source._stock_columns()}"
        )
