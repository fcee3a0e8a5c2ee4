from odoo import Command

from odoo.addons.carbon_accounting.tests.common import CarbonCommon


class CarbonPurchaseCommon(CarbonCommon):
    """Orders; receipts and bills count only where their bridges are installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Energy trader"})
        cls.power = cls._source("Purchased electricity", cls.kwh, cls._factor("POWER", cls.kwh, "0.5"))
        cls.electricity = cls._product("Electricity", cls.kwh)
        cls.coal_product = cls._product("Coal", cls.ton, type="consu")

    @classmethod
    def _kind(cls, code, recognition):
        """Make sure of an event kind, also without the bridge that brings it."""
        kinds = cls.env["carbon.event.kind"]
        return kinds.search([("code", "=", code)]) or kinds.create(
            {
                "code": code,
                "name": code,
                "recognition": recognition,
                "origin_model": "account.move.line",
                "has_amount": True,
            }
        )

    @classmethod
    def _kinds_and_books(cls):
        """Bills and receipts as event kinds, and the journals and accounts that bills need."""
        cls._kind("account.bill", "billed")
        cls._kind("stock.receipt", "received")
        cls._books()

    def _need(self, *models):
        """Skip where a bridge is not installed: nothing would be collected."""
        missing = set(models) - self.env["carbon.event.source"]._providers().keys()
        if "stock.move" in models and "picking_ids" not in self.env["purchase.order"]._fields:
            missing.add("purchase_stock")
        if missing:
            self.skipTest(f"not installed: {', '.join(sorted(missing))}")

    @classmethod
    def _books(cls):
        """Give the company the accounts and the journal that a vendor bill needs."""
        cls.company.write(
            {
                "country_id": cls.env.ref("base.cn").id,
                "account_fiscal_country_id": cls.env.ref("base.cn").id,
            }
        )
        accounts = cls.env["account.account"].create(
            [
                {
                    "code": "660100",
                    "name": "Energy",
                    "account_type": "expense",
                    "company_ids": cls.company.ids,
                },
                {
                    "code": "220200",
                    "name": "Payable",
                    "account_type": "liability_payable",
                    "company_ids": cls.company.ids,
                },
                {
                    "code": "112200",
                    "name": "Receivable",
                    "account_type": "asset_receivable",
                    "company_ids": cls.company.ids,
                },
            ]
        )
        cls.expense = accounts[0]
        cls.env["account.journal"].create(
            {
                "name": "Bills",
                "code": "BILL",
                "type": "purchase",
                "company_id": cls.company.id,
                "default_account_id": cls.expense.id,
            }
        )
        for fname, account in (
            ("property_account_payable_id", accounts[1]),
            ("property_account_receivable_id", accounts[2]),
        ):
            cls.env["ir.default"].set("res.partner", fname, account.id, company_id=cls.company.id)

    @classmethod
    def _bill_order(cls, order, day="2025-03-20", post=True):
        """Create the bill of an order with its button and post it."""
        bill = cls.env["account.move"].browse(order.action_create_invoice()["res_id"])
        bill.write({"invoice_date": day, "date": day})
        if post:
            bill.action_post()
        return bill

    @classmethod
    def _receive(cls, order, *quantities):
        """Validate the receipt of an order with these quantities."""
        picking = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        for move, quantity in zip(picking.move_ids, quantities, strict=True):
            move.write({"quantity": quantity, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    @classmethod
    def _product(cls, name, uom, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "uom_id": uom.id,
                "supplier_taxes_id": False,
                "taxes_id": False,
                "purchase_method": "purchase",
                **values,
            }
        )

    @classmethod
    def _order(cls, *lines, confirm=False, company=None, **values):
        """Create an order of ``(product, quantity, price)``."""
        company = company or cls.company
        order = (
            cls.env["purchase.order"]
            .with_context(allowed_company_ids=company.ids)
            .create(
                {
                    "partner_id": cls.supplier.id,
                    "company_id": company.id,
                    "date_order": "2025-03-01 02:00:00",
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_qty": quantity,
                                "price_unit": price,
                            }
                        )
                        for product, quantity, price in lines
                    ],
                    **values,
                }
            )
        )
        if confirm:
            order.button_confirm()
        return order
