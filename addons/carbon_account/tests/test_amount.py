from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestAmount(CarbonAccountCommon):
    """Spend rules take the amount without tax in the source's currency (R-126)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consulting = cls._product("Consulting", cls.env.ref("uom.product_uom_unit"))
        cls.spend = cls._money_source()
        cls.rule = cls._rule(
            "account.bill",
            cls.spend,
            product_id=cls.consulting.id,
            quantity_basis="amount",
        )

    def test_amount_counts_without_tax(self):
        self._bill(self._bill_line(self.consulting, 2, 500, taxes=self.books["vat"]))
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(1000)])

    def test_tax_included_in_the_price_is_taken_out(self):
        bill = self._bill(self._bill_line(self.consulting, 1, 1130, taxes=self.books["vat_included"]))
        self.assertEqual(bill.amount_total, 1130)
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(1000)])

    def test_discount_is_taken_off(self):
        self._bill(self._bill_line(self.consulting, 1, 1000, discount=10))
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(900)])

    def test_refunded_amount_counts_negative(self):
        self._bill(
            self._bill_line(self.consulting, 1, 300, taxes=self.books["vat"]),
            move_type="in_refund",
        )
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(-300)])

    def test_foreign_currency_is_converted_with_the_rate_of_the_date(self):
        usd = self._currency("USD", {"2025-01-01": 0.14, "2025-06-01": 0.125})
        self._bill(
            self._bill_line(self.consulting, 1, 700),
            currency_id=usd.id,
            day="2025-03-10",
        )
        self._bill(
            self._bill_line(self.consulting, 1, 700),
            currency_id=usd.id,
            day="2025-06-10",
        )
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(5000), Decimal(5600)])

    def test_currency_without_rate_on_the_date_is_on_the_worklist(self):
        usd = self._currency("USD", {"2025-06-01": 0.125})
        bill = self._bill(
            self._bill_line(self.consulting, 1, 700),
            currency_id=usd.id,
            day="2025-03-10",
        )
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {(bill.name, "currency")})
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "company_id": self.company.id,
                "name": "2025-03-01",
                "rate": 0.14,
            }
        )
        self._collect()
        self.assertEqual(self._quantities(), [Decimal(5000)])
        self.assertFalse(self._issues())

    def test_emission_follows_the_factor_per_unit_of_currency(self):
        self._bill(self._bill_line(self.consulting, 2, 500))
        self._commit()
        self.assertEqual(self._kg(self.spend), Decimal(250))
