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
        self.assertEqual(self._quantities(), [Decimal(5600)], "as it was booked: Odoo took the first rate that it knew")
        self.assertFalse(self._issues())
        bill.button_draft()
        bill.refresh_invoice_currency_rate()
        bill.action_post()
        self._commit()
        self.assertEqual(sum(self._quantities()), Decimal(5000))

    def test_foreign_bill_counts_as_it_was_booked_when_the_accounting_date_is_another(self):
        usd = self._currency("USD", {"2025-01-01": 0.14, "2025-04-01": 0.1})
        bill = self._bill(
            self._bill_line(self.consulting, 1, 700),
            currency_id=usd.id,
            day="2025-04-03",
            invoice_date="2025-03-31",
        )
        self._commit()
        self.assertEqual(bill.invoice_line_ids.balance, 5000)
        self.assertEqual(self._quantities(), [Decimal(5000)])

    def test_rate_typed_on_the_bill_counts(self):
        usd = self._currency("USD", {"2025-01-01": 0.14})
        bill = self._bill(self._bill_line(self.consulting, 1, 700), currency_id=usd.id, post=False)
        bill.invoice_currency_rate = 0.35
        bill.action_post()
        self._commit()
        self.assertEqual(bill.invoice_line_ids.balance, 2000)
        self.assertEqual(self._quantities(), [Decimal(2000)])

    def test_rate_typed_on_the_bill_counts_where_the_table_has_none(self):
        usd = self._currency("USD", {"2025-06-01": 0.125})
        bill = self._bill(self._bill_line(self.consulting, 1, 700), currency_id=usd.id, post=False)
        bill.invoice_currency_rate = 0.14
        bill.action_post()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(5000)])
        self.assertFalse(self._issues())

    def test_line_without_price_costs_nothing_and_is_no_work(self):
        self._bill(self._bill_line(self.consulting, 12, 0))
        self._commit()
        self.assertEqual((self._quantities(), self._issues()), ([], set()))

    def test_dry_run_names_the_problem_in_words(self):
        usd = self._currency("USD", {"2025-06-01": 0.125})
        self._bill(self._bill_line(self.consulting, 1, 700), currency_id=usd.id, day="2025-03-10")
        wizard = self.env["carbon.rule.dry.run.wizard"].create({"rule_id": self.rule.id})
        self.assertEqual((wizard.event_count, wizard.problem_count), (1, 1))
        self.assertIn("<td>No exchange rate</td>", wizard.sample)
        self.env["res.lang"]._activate_lang("zh_CN")
        wizard = wizard.copy().with_context(lang="zh_CN")
        self.assertIn("<td>无汇率</td>", wizard.sample)

    def test_service_months_of_a_foreign_bill_add_up_to_what_was_booked(self):
        usd = self._currency("USD", {"2025-01-01": 0.3})
        self.rule.date_basis = "service"
        bill = self._bill(
            self._bill_line(self.consulting, 1, 100, carbon_service_from="2025-01-01", carbon_service_to="2025-03-31"),
            currency_id=usd.id,
        )
        self._commit()
        self.assertEqual(len(self._quantities()), 3)
        self.assertEqual(sum(self._quantities()), Decimal("333.33"))
        self.assertEqual(bill.invoice_line_ids.balance, 333.33)

    def test_source_in_the_currency_of_the_bill_takes_its_amount(self):
        usd = self._currency("USD", {"2025-01-01": 0.14})
        self.rule.source_id = self._money_source(currency=usd, code="TEST-USD")
        self._bill(self._bill_line(self.consulting, 1, 700), currency_id=usd.id)
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(700)])

    def test_emission_follows_the_factor_per_unit_of_currency(self):
        self._bill(self._bill_line(self.consulting, 2, 500))
        self._commit()
        self.assertEqual(self._kg(self.spend), Decimal(250))
