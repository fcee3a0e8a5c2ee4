from odoo.tests import tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestBasisRates(CarbonAccountCommon):
    """A rate that changes after money was counted by it waits for the next collection, and that is said (R-126, R-129)."""

    def setUp(self):
        super().setUp()
        self.consulting = self._product("Consulting", self.env.ref("uom.product_uom_unit"))
        # a third currency: what counts in the company's own is what the bill was booked at
        self.source = self._money_source(currency=self._currency("EUR", {"2020-01-01": 1}))
        self._rule("account.bill", self.source, product_id=self.consulting.id, quantity_basis="amount")
        self.rates = self.env["res.currency.rate"]
        self.usd = self._currency("USD", {"2025-01-01": 0.14})
        self._bill(self._bill_line(self.consulting, 1, 700), currency_id=self.usd.id, day="2025-03-10")
        self._commit()
        self._collect()

    def _rate(self, day, rate):
        return self.rates.create(
            {
                "name": day,
                "rate": rate,
                "currency_id": self.usd.id,
                "company_id": self.company.root_id.id,
            }
        )

    def _of(self, day):
        return self.rates.search([("name", "=", day), ("currency_id", "=", self.usd.id)])

    def test_changed_rate_of_a_day_with_money_in_the_ledger_is_said(self):
        self._check_said(
            {
                "rate": lambda: self._of("2025-01-01").write({"rate": 0.1}),
                "newer rate before the row": lambda: self._rate("2025-03-01", 0.2),
                "moved past the row": lambda: self._of("2025-03-01").write({"name": "2025-04-01"}),
                "moved back": lambda: self._of("2025-04-01").write({"name": "2025-03-02"}),
                "deleted": lambda: self._of("2025-03-02").unlink(),
            },
            True,
        )
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual(sum(data.mapped("quantity")), 7000, "700 USD by the rate of 1 January, 0.1")

    def test_rates_of_other_days_are_not_said(self):
        self._check_said(
            {
                "later day": lambda: self._rate("2025-03-11", 0.2),
                "earlier day with a newer rate between": lambda: self._rate("2024-01-01", 0.2),
            },
            False,
        )

    def test_rates_are_not_said_to_a_company_whose_money_was_not_converted(self):
        self._bill(self._bill_line(self.consulting, 1, 700), currency_id=self.source.currency_id.id, day="2025-05-10")
        self._commit()
        self._rate("2025-04-01", 0.3)
        self._collect()
        self._check_said({"day without converted money": lambda: self._rate("2025-05-01", 0.2)}, False)

    def test_rates_are_not_said_where_money_counts_as_it_was_booked(self):
        travel = self._product("Travel", self.env.ref("uom.product_uom_unit"))
        booked = self._money_source(code="TEST-BOOKED")
        self._rule("account.bill", booked, product_id=travel.id, quantity_basis="amount")
        self._bill(self._bill_line(travel, 1, 700), currency_id=self.usd.id, day="2025-05-10")
        self._commit()
        self._rate("2025-04-01", 0.3)
        self._collect()
        self._check_said({"day with booked money": lambda: self._rate("2025-05-01", 0.2)}, False)
        self._collect()
        rows = self.env["carbon.activity.data"].search([("source_id", "=", booked.id)])
        self.assertEqual(rows.mapped("quantity"), [5000], "booked at 0.14, the last rate then")

    def test_weight_of_a_product_that_counts_by_money_is_not_said(self):
        self._check_said({"weight": lambda: self.consulting.write({"weight": 9})}, False)
