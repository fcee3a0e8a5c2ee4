from datetime import date
from decimal import Decimal

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestBill(CarbonAccountCommon):
    """What vendor bills, receipts and refunds give (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)

    def test_bill_of_50000_kwh_counts_once_and_again_adds_nothing(self):  # R-129 S2
        bill = self._bill(self._bill_line(self.electricity, 50000, 0.6), day="2025-03-10")
        self._commit()
        [row] = self._ledger()
        self.assertEqual(
            row,
            (
                bill.invoice_line_ids.id,
                "",
                0,
                date(2025, 3, 10),
                self.power.id,
                Decimal(50000),
            ),
        )
        self.assertEqual(self._kg(self.power), Decimal(25000))
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 0))
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            (data.label, data.kind, data.recognition),
            (bill.name, "account.bill", "billed"),
        )
        self.assertEqual(data.action_open_origin()["res_model"], "account.move")
        self.assertEqual(data.action_open_origin()["res_id"], bill.id)

    def test_history_gives_the_same_as_live_collection(self):  # R-129 S1
        self.system.collect_live = False
        bill = self._bill(
            self._bill_line(self.electricity, 50000),
            self._bill_line(self.electricity, 10),
        )
        refund = self._bill(self._bill_line(self.electricity, 300), move_type="in_refund")
        self._commit()
        self.assertFalse(self._ledger())
        run = self._collect(chunk=1)
        self.assertEqual(run.row_new, 3)
        self.assertEqual(
            {row[0] for row in self._ledger()},
            set((bill | refund).invoice_line_ids.ids),
        )
        self.assertEqual(self._sum(self.power), Decimal(49710))

    def test_draft_bill_counts_nothing(self):
        self._bill(self._bill_line(self.electricity, 50000), post=False)
        self._commit()
        self.assertFalse(self._ledger())
        self.assertFalse(self._issues())

    def test_units_of_the_bill_are_converted(self):
        mwh = self.env.ref("carbon_accounting.uom_mwh")
        self._bill(self._bill_line(self.electricity, 50, 600, product_uom_id=mwh.id))
        self._commit()
        self.assertEqual(self._sum(self.power), Decimal(50000))

    def test_refund_counts_negative(self):
        self._bill(self._bill_line(self.electricity, 50000))
        self._bill(
            self._bill_line(self.electricity, 2000),
            move_type="in_refund",
            day="2025-04-02",
        )
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-2000)])

    def test_receipt_without_vendor_bill_counts(self):
        self._bill(self._bill_line(self.electricity, 70), move_type="in_receipt")
        self._commit()
        self.assertEqual(self._sum(self.power), Decimal(70))

    def test_customer_invoice_is_no_event(self):
        self.env["account.journal"].create(
            {
                "name": "Sales",
                "code": "SAL",
                "type": "sale",
                "company_id": self.company.id,
            }
        )
        line = self._bill_line(self.electricity, 5, account=self.books["income"])
        self._bill(line, move_type="out_invoice")
        self._commit()
        self.assertFalse(self._ledger())
        self.assertFalse(self._issues())

    def test_sections_notes_and_tax_lines_are_no_events(self):
        section = Command.create({"display_type": "line_section", "name": "Energy"})
        note = Command.create({"display_type": "line_note", "name": "Thank you"})
        self._bill(
            section,
            self._bill_line(self.electricity, 5, 100, taxes=self.books["vat"]),
            note,
        )
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(5)])
        self.assertFalse(self._issues())

    def test_line_without_rule_is_on_the_worklist_and_resolved_by_a_rule(self):
        water = self._product("Water", self.litre)
        bill = self._bill(self._bill_line(water, 12, 3))
        self._commit()
        self.assertEqual(self._issues(), {(bill.name, "unmapped")})
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            (issue.amount, issue.quantity, issue.partner_id),
            (36.0, 12.0, self.supplier),
        )
        self._rule(
            "account.bill",
            product_id=water.id,
            outcome="none",
            reason="Tap water carries no own emission",
        )
        issue.action_retry()
        self.assertFalse(self._issues())
        self.assertFalse(self._ledger())

    def test_line_of_a_material_that_counts_elsewhere_is_superseded(self):
        self._rule("declared", self.coal, product_id=self._product("Coal", self.ton).id)
        coal = self.env["product.product"].search([("name", "=", "Coal")], limit=1)
        self._bill(self._bill_line(coal, 12))
        self._commit()
        self.assertFalse(self._issues())
        self.assertFalse(self._ledger())

    def test_text_line_is_matched_by_account(self):
        freight = self._money_source()
        self._rule("account.bill", freight, account_id=self.freight.id, quantity_basis="amount")
        self._bill(
            self._bill_line(price=800, account=self.freight),
            self._bill_line(self.electricity, 3),
        )
        self._commit()
        self.assertEqual(self._sum(freight), Decimal(800))
        self.assertEqual(self._sum(self.power), Decimal(3))
        self.assertFalse(self._issues())

    def test_text_line_is_matched_by_partner(self):
        freight = self._money_source()
        carrier = self.env["res.partner"].create({"name": "Carrier"})
        self._rule("account.bill", freight, partner_id=carrier.id, quantity_basis="amount")
        self._bill(self._bill_line(price=800), partner_id=carrier.id)
        other = self._bill(self._bill_line(price=5))
        self._commit()
        self.assertEqual(self._sum(freight), Decimal(800))
        self.assertEqual(self._issues(), {(other.name, "unmapped")})

    def test_rule_of_a_product_comes_before_the_rule_of_its_account(self):
        freight = self._money_source()
        self._rule("account.bill", freight, account_id=self.expense.id, quantity_basis="amount")
        self._bill(self._bill_line(self.electricity, 3, 100))
        self._commit()
        self.assertEqual(self._sum(freight), 0)
        self.assertEqual(self._sum(self.power), Decimal(3))

    def test_account_of_another_company_is_refused_in_a_rule(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        books = self._books(other)
        with self.assertRaisesRegex(Exception, "Energy"):
            self._rule("account.bill", self.power, account_id=books["expense"].id)

    def test_two_companies_count_apart(self):  # invariant 8
        other = self.env["res.company"].create({"name": "Other", "currency_id": self.company.currency_id.id})
        self.env.user.company_ids += other
        books = self._books(other)
        system = self.env["carbon.system"]._get(other)
        system.write({"tz": "Asia/Shanghai", "collect_live": True, "phase": "live"})
        env = self.env(context=dict(self.env.context, allowed_company_ids=other.ids))
        source = self.power.with_env(env).copy({"company_id": other.id, "name": "Electricity of the other"})
        self._bill(self._bill_line(self.electricity, 10))
        theirs = self._bill(
            self._bill_line(self.electricity, 20, account=books["expense"]),
            company=other,
        )
        self._commit()
        self.assertEqual(self._sum(self.power), Decimal(10))
        self.assertFalse(self._ledger(other))
        self.env["carbon.activity.rule"].with_env(env).create(
            {
                "name": "Theirs",
                "company_id": other.id,
                "source_id": source.id,
                "product_id": self.electricity.id,
                "event_kind_id": self.rule.event_kind_id.id,
            }
        )
        self._collect(other)
        self.assertEqual([row[0] for row in self._ledger(other)], theirs.invoice_line_ids.ids)
        self.assertEqual(self._sum(source), Decimal(20))
        self.assertEqual(self._sum(self.power), Decimal(10))

    def test_service_period_is_split_by_month_to_the_last_decimal(self):
        self.rule.date_basis = "service"
        self._bill(
            self._bill_line(
                self.electricity,
                3100,
                carbon_service_from="2025-03-15",
                carbon_service_to="2025-04-14",
            ),
            self._bill_line(
                self.electricity,
                100,
                carbon_service_from="2025-01-01",
                carbon_service_to="2025-03-31",
            ),
            day="2025-04-20",
        )
        self._commit()
        rows = [(part, quantity) for _id, part, _seq, _day, _source, quantity in self._ledger()]
        self.assertEqual(rows[:2], [("2025-03", Decimal(1700)), ("2025-04", Decimal(1400))])
        self.assertEqual([part for part, _quantity in rows[2:]], ["2025-01", "2025-02", "2025-03"])
        self.assertEqual(sum(quantity for _part, quantity in rows[2:]), Decimal(100))

    def _late_amounts(self):
        rows = self.env["carbon.collection.issue"].search(
            [("reason", "=", "late"), ("state", "=", "open")], order="date"
        )
        return [(str(row.date)[:7], round(row.amount, 6), row.currency_id.name) for row in rows]

    def test_late_months_of_a_service_period_share_its_amount(self):
        self.rule.date_basis = "service"
        for month in ("2024-01-01", "2024-02-01"):
            self._period(month).action_close()
        line = self._bill_line(
            self.electricity, 60, price=20, carbon_service_from="2024-01-01", carbon_service_to="2024-02-29"
        )
        bill = self._bill(line, day="2024-02-29")
        self._commit()
        currency = bill.currency_id.name
        # 31 and 29 of 60 days of 1,200
        self.assertEqual(self._late_amounts(), [("2024-01", 620.0, currency), ("2024-02", 580.0, currency)])

    def test_late_change_of_a_bill_carries_the_amount_that_changes(self):
        bill = self._bill(self._bill_line(self.electricity, 100, price=2), day="2025-03-10")
        self._commit()
        self._period("2025-03-01").action_close()
        bill.button_draft()
        bill.invoice_line_ids.quantity = 150
        bill.action_post()
        self._commit()
        self.assertEqual(self._late_amounts(), [("2025-03", 100.0, bill.currency_id.name)])

    def test_bill_without_service_period_waits_where_the_rule_counts_by_it(self):
        self.rule.date_basis = "service"
        bill = self._bill(self._bill_line(self.electricity, 3100), day="2025-04-20")
        half = self._bill(self._bill_line(self.electricity, 5, carbon_service_from="2025-03-01"), day="2025-04-20")
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {(bill.name, "service"), (half.name, "service")})
        bill.invoice_line_ids.write({"carbon_service_from": "2024-12-01", "carbon_service_to": "2024-12-31"})
        half.invoice_line_ids.carbon_service_to = "2025-03-31"
        self._commit()
        self.assertEqual(
            [(row[3], row[5]) for row in self._ledger()], [(date(2024, 12, 1), 3100), (date(2025, 3, 1), 5)]
        )
        self.assertFalse(self._issues())

    def test_date_basis_chooses_between_invoice_and_accounting_date(self):
        self.rule.date_basis = "invoice"
        bill = self._bill(self._bill_line(self.electricity, 1), day="2025-03-30", date="2025-04-02")
        self.assertEqual((bill.invoice_date, bill.date), (date(2025, 3, 30), date(2025, 4, 2)))
        self._commit()
        self.assertEqual([row[3] for row in self._ledger()], [date(2025, 3, 30)])
        self.rule.date_basis = "accounting"
        self._collect()
        self.assertEqual(self._ledger()[-1][3], date(2025, 4, 2))

    def test_service_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "before it begins"):
            self._bill(
                self._bill_line(
                    self.electricity,
                    1,
                    carbon_service_from="2025-03-15",
                    carbon_service_to="2025-03-14",
                )
            )
