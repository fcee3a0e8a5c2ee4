from odoo import Command

from odoo.addons.carbon_accounting.tests.common import CarbonCommon


class CarbonAccountCommon(CarbonCommon):
    """The few accounts, journals and taxes that bills need; no chart template."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.books = cls._books(cls.company)
        cls.expense, cls.freight = cls.books["expense"], cls.books["freight"]
        cls.supplier = cls.env["res.partner"].create({"name": "Grid company"})
        cls.power_factor = cls._factor("POWER", cls.kwh, "0.5")
        cls.power = cls._source("Purchased electricity", cls.kwh, cls.power_factor)
        cls.electricity = cls._product("Electricity", cls.kwh)

    @classmethod
    def _books(cls, company):
        """Give a company accounts, journals and a 13 % tax, on top or in the price."""
        company.write(
            {
                "country_id": cls.env.ref("base.cn").id,
                "account_fiscal_country_id": cls.env.ref("base.cn").id,
            }
        )
        env = cls.env(context=dict(cls.env.context, allowed_company_ids=company.ids))

        def account(code, name, kind):
            return env["account.account"].create(
                {
                    "code": code,
                    "name": name,
                    "account_type": kind,
                    "company_ids": company.ids,
                }
            )

        books = {
            "expense": account("660100", "Energy", "expense"),
            "freight": account("660200", "Freight", "expense"),
            "income": account("500100", "Sales", "income"),
            "payable": account("220200", "Payable", "liability_payable"),
            "receivable": account("112200", "Receivable", "asset_receivable"),
            "tax": account("222100", "Input tax", "liability_current"),
            "bank": account("100200", "Accruals", "asset_current"),
        }
        env["account.journal"].create(
            [
                {
                    "name": "Bills",
                    "code": "BILL",
                    "type": "purchase",
                    "company_id": company.id,
                    "default_account_id": books["expense"].id,
                },
                {
                    "name": "Misc",
                    "code": "MISC",
                    "type": "general",
                    "company_id": company.id,
                },
            ]
        )
        defaults = {
            "property_account_payable_id": "payable",
            "property_account_receivable_id": "receivable",
        }
        for fname, key in defaults.items():
            env["ir.default"].set("res.partner", fname, books[key].id, company_id=company.id)
        group = env["account.tax.group"].create(
            {
                "name": "VAT",
                "company_id": company.id,
                "country_id": company.country_id.id,
            }
        )
        for name, override in (
            ("vat", "tax_excluded"),
            ("vat_included", "tax_included"),
        ):
            lines = [
                Command.create({"repartition_type": "base", "document_type": kind}) for kind in ("invoice", "refund")
            ] + [
                Command.create(
                    {
                        "repartition_type": "tax",
                        "document_type": kind,
                        "account_id": books["tax"].id,
                    }
                )
                for kind in ("invoice", "refund")
            ]
            books[name] = env["account.tax"].create(
                {
                    "name": name,
                    "amount": 13,
                    "type_tax_use": "purchase",
                    "price_include_override": override,
                    "tax_group_id": group.id,
                    "company_id": company.id,
                    "country_id": company.country_id.id,
                    "repartition_line_ids": lines,
                }
            )
        return books

    @classmethod
    def _product(cls, name, uom, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "uom_id": uom.id,
                "supplier_taxes_id": False,
                "taxes_id": False,
                **values,
            }
        )

    @classmethod
    def _money_source(cls, kg="0.25", currency=None, code="TEST-SPEND"):
        """Return a spend-based source, in the company's currency unless told."""
        currency = currency or cls.company.currency_id
        factor = cls.env["carbon.emission.factor"].create(
            {
                "code": code,
                "name": "Services",
                "currency_id": currency.id,
                "price_year": 2025,
                "price_basis": "purchaser",
            }
        )
        cls._version(factor, kg, "2015-01-01")
        return cls.env["carbon.source"].create(
            {
                "name": "Purchased services",
                "company_id": cls.company.id,
                "category_id": cls.leaf.id,
                "currency_id": currency.id,
                "factor_line_ids": [Command.create({"stream_id": cls.stream.id, "factor_id": factor.id})],
            }
        )

    @classmethod
    def _currency(cls, name, rates):
        """Return a currency with exactly these rates in the company."""
        currency = cls.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        currency.active = True
        currency.rate_ids.unlink()
        cls.env["res.currency.rate"].create(
            [
                {
                    "currency_id": currency.id,
                    "company_id": cls.company.id,
                    "name": day,
                    "rate": rate,
                }
                for day, rate in rates.items()
            ]
        )
        return currency

    def _quantities(self, company=None):
        """Return the exact quantities of the ledger in its order."""
        return [row[5] for row in self._ledger(company)]

    @classmethod
    def _bill_line(cls, product=None, quantity=1.0, price=1.0, account=None, **values):
        return Command.create(
            {
                "product_id": product and product.id,
                "name": values.pop("name", product.name if product else "Text line"),
                "quantity": quantity,
                "price_unit": price,
                "account_id": (account or cls.expense).id,
                "tax_ids": [Command.set(values.pop("taxes", cls.env["account.tax"]).ids)],
                **values,
            }
        )

    @classmethod
    def _bill(
        cls,
        *lines,
        day="2025-03-10",
        move_type="in_invoice",
        post=True,
        company=None,
        **values,
    ):
        """Create and post a vendor bill, as the buttons do."""
        company = company or cls.company
        bill = (
            cls.env["account.move"]
            .with_context(allowed_company_ids=company.ids)
            .create(
                {
                    "move_type": move_type,
                    "company_id": company.id,
                    "partner_id": cls.supplier.id,
                    "invoice_date": day,
                    "date": day,
                    "invoice_line_ids": list(lines),
                    **values,
                }
            )
        )
        if post:
            bill.action_post()
        return bill

    @classmethod
    def _entry(cls, account, amount, day="2025-03-31", quantity=0.0, **values):
        """Post a journal entry of an expense against accruals."""
        entry = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": cls.env["account.journal"]
                .search([("code", "=", "MISC"), ("company_id", "=", cls.company.id)])
                .id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "balance": amount,
                            "quantity": quantity,
                            **values,
                        }
                    ),
                    Command.create({"account_id": cls.books["bank"].id, "balance": -amount}),
                ],
            }
        )
        entry.action_post()
        return entry
