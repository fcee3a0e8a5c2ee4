from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models


class CarbonDemo(models.AbstractModel):
    """Orders from request to bill, with Odoo's own buttons, for the three-way match.

    Receipts are made where Purchase Stock is loaded; else the received quantity is
    typed in on the order, as people do without inventory.
    """

    _inherit = "carbon.demo"

    @api.model
    def _purchase_flows(self):
        """Make the orders of the history; a second call does nothing."""
        orders = self.env["purchase.order"]
        if orders.search_count([("origin", "=like", "DEMO/%")], limit=1):
            return
        demo = self.with_company(self._company())
        months = [month for month in self._months() if month.month % 3 == 2]
        made = {demo._furniture_order(month): month for month in months}
        orders.concat(*made).button_confirm()
        demo._receive(made)
        demo._bill_orders({order: month + relativedelta(months=1) for order, month in made.items()})
        demo._orders_of_this_month(fields.Date.today().replace(day=1))

    @api.model
    def _furniture_order(self, month):
        """Return the request for parts that is sent every three months."""
        chairs = self.env.ref("product.product_delivery_01")
        lamps = self.env.ref("product.product_delivery_02")
        return self._request(
            month,
            self.env.ref("base.res_partner_1"),
            [(chairs, 60, 79.5), (lamps, self._quantity("work", 120, month), 38.0)],
        )

    @api.model
    def _orders_of_this_month(self, month):
        """Leave one order short in receipt, one without receipt, and one request."""
        vendor = self.env.ref("carbon_accounting.demo_partner_fuel")
        diesel = self.env.ref("carbon_accounting.demo_product_diesel")
        coal = self.env.ref("carbon_accounting.demo_product_coal")
        short = self._request(month, vendor, [(diesel, 6_000, 1.08)])
        waiting = self._request(month, vendor, [(coal, 60, 121.0)])
        self._request(month, vendor, [(diesel, 5_000, 1.08), (coal, 40, 121.0)])
        (short | waiting).button_confirm()
        if self._pickings(short):
            self._receive({short: month}, missing=40)
            self._bill_orders({short: month})

    @api.model
    def _request(self, month, vendor, rows):
        """Return a request for quotation of (product, quantity, price)."""
        moment = self._moment(month, 1)
        return self.env["purchase.order"].create(
            {
                "partner_id": vendor.id,
                "company_id": self._company().id,
                "date_order": moment,
                "origin": f"DEMO/{month:%Y-%m}",
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "date_planned": moment,
                        }
                    )
                    for product, quantity, price in rows
                ],
            }
        )

    @api.model
    def _pickings(self, orders):
        """Return the receipts of orders, if orders have receipts."""
        return orders.picking_ids if "picking_ids" in orders._fields else ()

    @api.model
    def _receive(self, months, missing=0):
        """Receive orders, short by what is missing of each line.

        :param months: dict of order and month
        """
        orders = self.env["purchase.order"].concat(*months)
        for order, month in months.items():
            order.date_approve = self._moment(month, 1)
        pickings = self._pickings(orders)
        if not pickings:
            for line in orders.order_line:
                line.qty_received = line.product_qty - missing
            return
        for move in pickings.move_ids:
            move.quantity = move.product_uom_qty - missing
        pickings.move_ids.picked = True
        pickings.with_context(skip_backorder=True, picking_ids_not_to_backorder=pickings.ids).button_validate()
        for order, month in months.items():
            self._pickings(order).date_done = self._moment(month, 1)

    @api.model
    def _bill_orders(self, days):
        """Create the bills of what was received, and post them.

        :param days: dict of order and date of its bill
        """
        for order, day in days.items():
            order.action_create_invoice()
            order.invoice_ids.write({"invoice_date": day, "date": day})
        self.env["purchase.order"].concat(*days).invoice_ids.action_post()
