from odoo.addons.carbon_stock.tests.common import CarbonStockCommon


class CarbonMrpCommon(CarbonStockCommon):
    """Manufacturing orders done with Odoo's own buttons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.steel = cls._product("Steel coil", cls.ton)
        cls.slag = cls._product("Slag", cls.ton)
        cls.bom = cls._bom(cls.steel, 50, [(cls.coal_product, 100)])
        cls.coal_rule = cls._rule("mrp.consumption", cls.coal, product_id=cls.coal_product.id)

    @classmethod
    def _bom(cls, product, quantity, lines, byproducts=(), **values):
        return cls.env["mrp.bom"].create(
            {
                "product_id": product.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_qty": quantity,
                "product_uom_id": product.uom_id.id,
                "company_id": cls.company.id,
                "bom_line_ids": [
                    (0, 0, {"product_id": item.id, "product_qty": qty, "product_uom_id": item.uom_id.id})
                    for item, qty in lines
                ],
                "byproduct_ids": [
                    (0, 0, {"product_id": item.id, "product_qty": qty, "product_uom_id": item.uom_id.id})
                    for item, qty in byproducts
                ],
                **values,
            }
        )

    @classmethod
    def _order(cls, bom, quantity=None, **values):
        """Create and confirm a manufacturing order."""
        order = cls.env["mrp.production"].create(
            {
                "product_id": bom.product_id.id,
                "bom_id": bom.id,
                "product_qty": quantity or bom.product_qty,
                "product_uom_id": bom.product_uom_id.id,
                "company_id": cls.company.id,
                **values,
            }
        )
        order.action_confirm()
        return order

    @classmethod
    def _make(cls, bom, quantity=None, **values):
        """Run a manufacturing order to the end."""
        order = cls._order(bom, quantity, **values)
        order.qty_producing = order.product_qty
        order._set_qty_producing(False)
        order.move_raw_ids.picked = True
        result = order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
        assert order.state == "done", (order.state, result)
        return order
