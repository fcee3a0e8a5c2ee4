from odoo import Command, api, models

#: External identifier without its addon: translatable fields in Chinese.
CHINESE = {
    "demo_picking_type_consumption": {"name": "内部领用"},
    "demo_rule_diesel_receipt": {"name": "收到的卡车和叉车用柴油"},
    "demo_rule_coal_receipt": {"name": "收到的煤", "reason": "进入煤场；燃烧时计入。"},
    "demo_rule_coal_consumption": {"name": "锅炉燃用的煤"},
    "demo_rule_refrigerant_receipt": {"name": "收到的制冷剂", "reason": "满瓶；冷水机组补充时计入。"},
    "demo_rule_refrigerant_consumption": {"name": "冷水机组补充的制冷剂"},
}
#: Litres of diesel that go back to the vendor.
RETURNED = 400


class CarbonDemo(models.AbstractModel):
    """Receipts, internal consumption and a return, done with Odoo's own buttons."""

    _inherit = "carbon.demo"

    @api.model
    def _chinese(self):
        """Add the names of this addon."""
        return super()._chinese() | {f"carbon_stock.{name}": values for name, values in CHINESE.items()}

    @api.model
    def _stock_flows(self):
        """Make the transfers of the history; a second call does nothing."""
        if self.env["stock.picking"].search_count([("origin", "=like", "DEMO/%")], limit=1):
            return
        demo = self.with_company(self._company())
        product = {
            name: self.env.ref(f"carbon_accounting.demo_product_{name}") for name in ("diesel", "coal", "refrigerant")
        }
        self._make_storable(product.values())
        receipts, consumptions = [], []
        for month in self._months():
            diesel = self._quantity("work", 5000, month)
            coal = self._quantity("heat", 24, month)
            receipts.append((month, 6, product["diesel"], diesel))
            # the tank is emptied by the trucks: what went back to the vendor was not used
            returned = RETURNED if month == self._months()[2] else 0
            consumptions.append((month, 28, product["diesel"], diesel - returned))
            # what the kiln of the workshop takes comes on top of what the boiler burns
            receipts.append((month, 9, product["coal"], coal + 16))
            consumptions.append((month, 27, product["coal"], coal))
            if month.month in (1, 7):
                receipts.append((month, 14, product["refrigerant"], 3))
            if month.month in (5, 8):
                consumptions.append((month, 20, product["refrigerant"], 2))
        self._validate(demo._transfers("in_type_id", receipts))
        demo._return_diesel()
        self._validate(demo._transfers("consumption", consumptions))

    @api.model
    def _make_storable(self, products):
        """Track the stock of the fuels, unless something moved before."""
        for product in products:
            if not self.env["stock.move"].search_count([("product_id", "=", product.id)], limit=1):
                product.is_storable = True

    @api.model
    def _picking_type(self, name):
        """Return the type of internal consumption, or one of the first warehouse."""
        if name == "consumption":
            return self.env.ref("carbon_stock.demo_picking_type_consumption")
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self._company().id)], limit=1)
        return warehouse[name]

    @api.model
    def _transfers(self, type_name, rows):
        """Create and confirm one transfer for each (month, day, product, quantity)."""
        picking_type = self._picking_type(type_name)
        receipt = picking_type.code == "incoming"
        source = self.env.ref("stock.stock_location_suppliers") if receipt else picking_type.default_location_src_id
        dest = picking_type.default_location_dest_id
        pickings = self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": picking_type.id,
                    "partner_id": self.env.ref("carbon_accounting.demo_partner_fuel").id if receipt else False,
                    "location_id": source.id,
                    "location_dest_id": dest.id,
                    "scheduled_date": self._moment(month, day),
                    "origin": f"DEMO/{month:%Y-%m}",
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": quantity,
                                "product_uom": product.uom_id.id,
                                "location_id": source.id,
                                "location_dest_id": dest.id,
                                "date": self._moment(month, day),
                            }
                        )
                    ],
                }
                for month, day, product, quantity in rows
            ]
        )
        moments = {picking: self._moment(row[0], row[1]) for picking, row in zip(pickings, rows, strict=True)}
        pickings.action_confirm()
        return moments

    @api.model
    def _validate(self, moments):
        """Press *Validate*, then correct the date of the transfer.

        :param moments: dict of transfer and moment
        """
        pickings = self.env["stock.picking"].concat(*moments)
        for move in pickings.move_ids:
            move.quantity = move.product_uom_qty
        pickings.move_ids.picked = True
        pickings.with_context(skip_backorder=True).button_validate()
        for picking, moment in moments.items():
            picking.date_done = moment

    @api.model
    def _return_diesel(self):
        """Send back what was delivered too much in March of the first year."""
        month = self._months()[2]
        receipt = self.env["stock.picking"].search(
            [
                ("origin", "=", f"DEMO/{month:%Y-%m}"),
                ("picking_type_code", "=", "incoming"),
                (
                    "product_id",
                    "=",
                    self.env.ref("carbon_accounting.demo_product_diesel").id,
                ),
            ],
            limit=1,
        )
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=receipt.id,
                active_ids=receipt.ids,
                active_model="stock.picking",
            )
            .create({})
        )
        wizard.product_return_moves.quantity = RETURNED
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self._validate({returned: self._moment(month, 12)})
