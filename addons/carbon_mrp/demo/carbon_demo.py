from dateutil.relativedelta import relativedelta

from odoo import api, models

#: External identifier without its addon: translatable fields in Chinese.
CHINESE = {
    "demo_product_timber": {"name": "湿锯材"},
    "demo_product_panel": {"name": "窑干板材"},
    "demo_rule_kiln": {"name": "干燥窑燃用的煤"},
    "demo_rule_panels": {"name": "生产的板材"},
    "demo_rule_timber_receipt": {"name": "收到的锯材（按金额）"},
    "demo_rule_timber": {"name": "领用的锯材", "reason": "收货时已计入；成为板材的一部分，不燃烧。"},
    "demo_rule_components": {"name": "组装的家具部件", "reason": "手工组装；部件在采购时已计入。"},
}


class CarbonDemo(models.AbstractModel):
    """Manufacturing orders of the panel workshop, closed with Odoo's own button."""

    _inherit = "carbon.demo"

    @api.model
    def _chinese(self):
        """Add the names of this addon."""
        return super()._chinese() | {f"carbon_mrp.{name}": values for name, values in CHINESE.items()}

    @api.model
    def _mrp_flows(self):
        """Make timber receipts and orders; a second call does nothing."""
        if self.env["mrp.production"].search_count([("origin", "=like", "DEMO/%")], limit=1):
            return
        demo = self.with_company(self._company())
        timber = self.env.ref("carbon_mrp.demo_product_timber")
        quantities = [(month, self._quantity("work", 300, month)) for month in self._months()]
        receipts = [
            (
                month,
                3,
                timber,
                sum(made for _month, made in quantities[index : index + 6]) * 1.25,
            )
            for index, (month, _made) in enumerate(quantities)
            if index % 6 == 0
        ]
        self._validate(demo._transfers("in_type_id", receipts))
        demo._make(quantities)

    @api.model
    def _make(self, quantities):
        """Run one order for each (month, quantity) to its end."""
        bom = self.env.ref("carbon_mrp.demo_bom_panel")
        orders = self.env["mrp.production"].create(
            [
                {
                    "product_id": bom.product_id.id,
                    "bom_id": bom.id,
                    "product_qty": quantity,
                    "product_uom_id": bom.product_uom_id.id,
                    "date_start": self._moment(month, 16),
                    "origin": f"DEMO/{month:%Y-%m}",
                    "company_id": self._company().id,
                }
                for month, quantity in quantities
            ]
        )
        orders.action_confirm()
        for order in orders:
            order.qty_producing = order.product_qty
            order._set_qty_producing(False)
        orders.move_raw_ids.picked = True
        orders.with_context(skip_consumption=True, skip_backorder=True, skip_redirection=True).button_mark_done()
        for order, (month, _quantity) in zip(orders, quantities, strict=True):
            done = self._moment(month, 25)
            order.date_finished = done
            (order.move_raw_ids | order.move_finished_ids).date = done - relativedelta(hours=1)
