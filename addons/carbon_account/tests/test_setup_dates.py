from datetime import date

from odoo.tests import freeze_time, tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15")
class TestSetupDates(CarbonAccountCommon):
    """The guided set-up proposes the service period where the bills carry one (R-129)."""

    def _electricity_bills(self, count, without=0):
        """Post bills of one month each, in the month after; the last ones without service period."""
        for number in range(count):
            first = date(2024, 1 + number, 1)
            period = {"carbon_service_from": first, "carbon_service_to": date(2024, 1 + number, 28)}
            line = self._bill_line(self.electricity, 1000, 0.8, **(period if number < count - without else {}))
            self._bill(line, day=date(2024, 2 + number, 10))

    def _proposal(self):
        wizard = self.env["carbon.setup.wizard"].with_company(self.company).create({})
        wizard._propose()
        return wizard.proposal_ids.filtered(lambda row: row.product_id == self.electricity)

    def test_bills_that_all_have_a_service_period_are_proposed_by_it(self):
        self._electricity_bills(10)
        row = self._proposal()
        row.source_id = self.power
        self.assertEqual((row.event_count, row.date_basis, row.is_warned), (10, "service", False))
        self.assertEqual(row.hint, "10 of 10 records have a service period: it counts, split by month.")
        rule = row._create_rules()
        self.assertEqual((rule.event_kind, rule.date_basis), ("account.bill", "service"))
        self._collect()
        months = sorted({str(row[3])[:7] for row in self._ledger()})
        self.assertEqual((len(months), self._sum(self.power), self._issues()), (10, 10000, set()))

    def test_nine_of_ten_bills_are_nearly_all(self):
        self._electricity_bills(10, without=1)
        row = self._proposal()
        self.assertEqual(row.date_basis, "service")
        self.assertIn("9 of 10 records", row.hint)

    def test_fewer_bills_with_a_service_period_are_proposed_by_their_date(self):
        self._electricity_bills(10, without=2)
        row = self._proposal()
        row.source_id = self.power
        self.assertEqual((row.date_basis, row.hint, row._create_rules().date_basis), ("movement", False, "movement"))

    def test_person_may_choose_the_date_of_the_bill(self):
        self._electricity_bills(3)
        row = self._proposal()
        row.write({"source_id": self.power.id, "date_basis": "movement"})
        self.assertFalse(row.hint)
        self.assertEqual(row._create_rules().date_basis, "movement")

    def test_no_emission_asks_for_no_date(self):
        self._electricity_bills(3)
        row = self._proposal()
        row.write({"outcome": "none", "reason": "Paid for the tenant"})
        self.assertFalse(row.hint)
        self.assertEqual(row._create_rules().date_basis, "movement")
