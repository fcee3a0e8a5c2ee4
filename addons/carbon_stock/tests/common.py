from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor

from odoo.addons.carbon_accounting.tests.common import CarbonCommon


class CarbonStockCommon(CarbonCommon):
    """A warehouse, products in tonnes and transfers done with Odoo's own buttons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.stock = cls.warehouse.lot_stock_id
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.supplier = cls.env["res.partner"].create({"name": "Fuel trader"})
        cls.diesel_product = cls._product("Diesel", cls.ton)
        cls.coal_product = cls._product("Coal", cls.ton)

    @classmethod
    def _product(cls, name, uom, **values):
        return cls.env["product.product"].create(
            {"name": name, "type": "consu", "is_storable": True, "uom_id": uom.id, **values}
        )

    @classmethod
    def _transfer(cls, source, dest, lines, picking_type=None, done=None, **values):
        """Confirm a transfer of ``[(product, quantity, unit)]`` and validate it.

        With ``done=False`` it stays confirmed.
        """
        if not picking_type:
            inside = ("internal", "transit")
            picking_type = (
                cls.warehouse.in_type_id
                if source.usage not in inside
                else cls.warehouse.out_type_id
                if dest.usage not in inside
                else cls.warehouse.int_type_id
            )
        picking = (
            cls.env["stock.picking"]
            .with_company(picking_type.company_id)
            .create(
                {
                    "picking_type_id": picking_type.id,
                    "location_id": source.id,
                    "location_dest_id": dest.id,
                    "partner_id": cls.supplier.id,
                    "move_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": product.id,
                                "product_uom_qty": quantity,
                                "product_uom": uom.id,
                                "location_id": source.id,
                                "location_dest_id": dest.id,
                            },
                        )
                        for product, quantity, uom in lines
                    ],
                    **values,
                }
            )
        )
        picking.action_confirm()
        if done is not False:
            cls._validate(picking)
        return picking

    @classmethod
    def _validate(cls, picking, quantities=None, backorder=True):
        """Press *Validate*, with other done quantities than planned where given."""
        for index, move in enumerate(picking.move_ids):
            move.quantity = quantities[index] if quantities else move.product_uom_qty
        picking.move_ids.picked = True
        context = {"skip_backorder": True}
        if not backorder:
            context["picking_ids_not_to_backorder"] = picking.ids
        picking.with_context(**context).button_validate()
        assert picking.state == "done", picking.state

    @classmethod
    def _receive(cls, product, quantity, uom=None, **values):
        return cls._transfer(
            cls.suppliers, values.pop("dest", cls.stock), [(product, quantity, uom or product.uom_id)], **values
        )

    @classmethod
    def _return(cls, picking, quantity, done=True):
        """Return part of a transfer with Odoo's wizard and validate the return, unless ``done`` is False."""
        wizard = (
            cls.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_ids=picking.ids, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = quantity
        returned = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        if done:
            cls._validate(returned)
        return returned

    @classmethod
    def _places(cls):
        """Make a place of internal use, and a category for coal."""
        cls.own_use = cls.env["stock.location"].create(
            {"name": "Own use", "usage": "inventory", "company_id": cls.company.id}
        )
        cls.category = cls.env["product.category"].create({"name": "Fuels"})
        cls.coal_product.categ_id = cls.category

    def _use(self, kilograms=1):
        """Take coal from stock for internal use."""
        return self._transfer(self.stock, self.own_use, [(self.coal_product, kilograms, self.kg)])

    def _count(self, quantity, date=None):
        """Count the stock of coal and apply the difference, as the screen does."""
        quant = (
            self.env["stock.quant"]
            .search([("product_id", "=", self.coal_product.id), ("location_id", "=", self.stock.id)])
            .with_context(inventory_mode=True)
        )
        quant.inventory_quantity = quantity
        quant.action_apply_inventory(*([date] if date else []))

    def _scrap(self, quantity):
        self.env["stock.scrap"].create(
            {
                "product_id": self.coal_product.id,
                "scrap_qty": quantity,
                "product_uom_id": self.ton.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        ).action_validate()

    def _quantities(self):
        """Return [(kind, quantity)] of the ledger, oldest first."""
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="origin_id, seq")
        return [(row.kind, round(row.quantity, 9)) for row in data]

    @contextmanager
    def _statements(self):
        """Record the statements sent to the database."""
        sent, execute = [], Cursor.execute

        def record(cursor, query, *args, **kwargs):
            sent.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", record):
            yield sent
