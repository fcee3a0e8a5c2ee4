from datetime import date
from decimal import Decimal

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestRuleDates(CarbonAccountCommon):
    """From when to when a rule is valid is judged on the date that it counts by (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.green = cls._source("Green electricity", cls.kwh, cls.power_factor)
        cls.old = cls._rule(
            "account.bill",
            cls.power,
            name="Old",
            product_id=cls.electricity.id,
            date_basis="service",
            date_to="2025-08-31",
        )
        cls.new = cls._rule(
            "account.bill",
            cls.green,
            name="New",
            product_id=cls.electricity.id,
            date_basis="service",
            date_from="2025-09-01",
        )

    def _served(self, begin, end, quantity=100, day="2025-09-10"):
        period = {"carbon_service_from": begin, "carbon_service_to": end}
        return self._bill(self._bill_line(self.electricity, quantity, **period), day=day)

    def _rows(self):
        return [(part, day, source, quantity) for _id, part, _seq, day, source, quantity in self._ledger()]

    def _both_ways(self):
        """Yield after live collection and after a collection of history, which must agree."""
        self._commit()
        rows, issues = self._rows(), self._issues()
        yield rows
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, self._rows(), self._issues()), (0, 0, rows, issues))

    def test_august_billed_in_september_counts_for_the_rule_of_august(self):
        self._served("2025-08-01", "2025-08-31")
        for rows in self._both_ways():
            self.assertEqual(rows, [("2025-08", date(2025, 8, 1), self.power.id, Decimal(100))])

    def test_bill_over_the_change_is_split_between_both_rules(self):
        self._served("2025-08-17", "2025-09-15", 300)
        for rows in self._both_ways():
            self.assertEqual(
                rows,
                [
                    ("2025-08", date(2025, 8, 17), self.power.id, Decimal(150)),
                    ("2025-09", date(2025, 9, 1), self.green.id, Decimal(150)),
                ],
            )

    def test_history_collected_at_once_gives_the_same(self):
        self.system.collect_live = False
        self._served("2025-08-17", "2025-09-15", 300)
        self._commit()
        self._collect()
        self.assertEqual((self._sum(self.power), self._sum(self.green)), (150, 150))

    def test_month_that_no_rule_takes_waits_and_the_others_count(self):
        self.new.active = False
        bill = self._served("2025-08-17", "2025-09-15", 300)
        for rows in self._both_ways():
            self.assertEqual([(row[0], row[3]) for row in rows], [("2025-08", Decimal(150))])
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            (issue.reason, issue.origin_part, issue.quantity, issue.amount, issue.label),
            ("unmapped", "2025-09", 150, 150, bill.name),
        )
        self.new.active = True
        self._collect()
        self.assertEqual((self._sum(self.power), self._sum(self.green)), (150, 150))
        self.assertFalse(self._issues())

    def test_bill_without_period_is_found_by_its_own_date_and_waits(self):
        bill = self._bill(self._bill_line(self.electricity, 5), day="2025-09-10")
        for rows in self._both_ways():
            self.assertFalse(rows)
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual((issue.reason, issue.label, issue.source_id), ("service", bill.name, self.green))

    def test_rule_by_invoice_date_ends_on_the_invoice_date(self):
        (self.old | self.new).date_basis = "invoice"
        self._bill(self._bill_line(self.electricity, 7), day="2025-08-30", date="2025-09-02")
        for rows in self._both_ways():
            self.assertEqual(rows, [("", date(2025, 8, 30), self.power.id, Decimal(7))])

    def test_of_two_rules_valid_by_different_dates_the_later_one_counts_once(self):
        self.old.date_basis = "accounting"
        self._served("2025-09-01", "2025-09-30", 9, day="2025-08-28")
        for rows in self._both_ways():
            self.assertEqual(rows, [("2025-09", date(2025, 9, 1), self.green.id, Decimal(9))])

    def test_dry_run_shows_only_the_months_of_the_rule(self):
        self._served("2025-08-17", "2025-09-15", 300)
        engine = self.env["carbon.engine"]
        self.assertEqual([engine._dry_run(rule)["quantity"] for rule in (self.old, self.new)], [150.0, 150.0])

    def test_split_parts_carry_their_share_of_the_bill(self):
        mwh = self.env.ref("carbon_accounting.uom_mwh")
        bill = self._bill(
            self._bill_line(
                self.electricity,
                10,
                product_uom_id=mwh.id,
                carbon_service_from="2025-07-01",
                carbon_service_to="2025-09-30",
            )
        )
        self._commit()
        rows = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="date")
        self.assertEqual(
            [row.origin_quantity for row in rows],
            [3.369565217391, 3.369565217392, 3.260869565217],
        )
        self.assertAlmostEqual(sum(rows.mapped("origin_quantity")), 10, 12)
        self.assertEqual(rows.origin_uom_id, mwh)
        bill.button_cancel()
        self._commit()
        rows = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(rows), 6)
        for row in rows.filtered("reverses_id"):
            self.assertEqual(row.origin_quantity, -row.reverses_id.origin_quantity)

    def test_row_kept_in_money_has_no_unit_of_origin(self):
        freight = self._money_source()
        product = self._product("Freight", self.kg)
        self._rule("account.bill", freight, product_id=product.id, quantity_basis="amount")
        self._bill(self._bill_line(product, 1000, 2.5))
        self._commit()
        row = self.env["carbon.activity.data"].search([("source_id", "=", freight.id)])
        self.assertEqual((row.quantity, row.origin_quantity, row.origin_uom_id.id), (2500.0, 2500.0, False))
        self.assertEqual(row.currency_id, self.company.currency_id)

    def test_new_bill_rule_speaks_of_the_accounting_date(self):
        self.assertIn(
            "accounting date",
            self._rule("account.bill", self.power, product_id=self._product("A", self.kwh).id).sentence,
        )
        kinds = self.env["carbon.event.kind"]
        with Form(self.env["carbon.activity.rule"].with_company(self.company)) as form:
            form.name = "Gas"
            form.event_kind_id = kinds.search([("code", "=", "account.bill")])
            self.assertEqual(form.date_basis, "accounting")
            form.event_kind_id = kinds.search([("code", "=", "declared")])
            self.assertEqual(form.date_basis, "movement")
            form.source_id = self.coal

    def test_rule_by_service_period_is_refused_for_events_without_one(self):
        kind = self.env["carbon.event.kind"].create(
            {"code": "test.none", "name": "None", "origin_model": "x", "recognition": "consumed"}
        )
        with self.assertRaisesRegex(ValidationError, "events of kind None have none"):
            self._rule(kind.code, self.power, date_basis="service")
