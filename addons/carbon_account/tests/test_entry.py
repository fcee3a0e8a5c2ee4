from decimal import Decimal

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestEntry(CarbonAccountCommon):
    """Journal entries count on expense accounts that a rule names (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spend = cls._money_source()

    def _entry_rule(self, **values):
        return self._rule(
            "account.entry",
            self.spend,
            quantity_basis="amount",
            **{"account_id": self.freight.id, **values},
        )

    def test_expense_entry_counts_its_amount(self):
        self._entry_rule()
        entry = self._entry(self.freight, 420.5)
        self._commit()
        [row] = self._ledger()
        self.assertEqual((row[0], row[5]), (entry.line_ids.filtered("debit").id, Decimal("420.5")))
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual((data.kind, data.label), ("account.entry", entry.name))

    def test_contact_on_an_entry_counts_for_its_company(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.supplier.id})
        self._entry_rule(partner_id=self.supplier.id)
        self._entry(self.freight, 420.5, partner_id=contact.id)
        self._commit()
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual((data.quantity, data.partner_id), (420.5, self.supplier))

    def test_reversed_entry_counts_negative(self):
        self._entry_rule()
        entry = self._entry(self.freight, 420.5)
        entry._reverse_moves([{"date": "2025-04-01"}], cancel=True)
        self._commit()
        self.assertEqual(self._quantities(), [Decimal("420.5"), Decimal("-420.5")])

    def test_quantity_of_a_reversed_entry_is_negative(self):
        self._rule("account.entry", self.power, account_id=self.expense.id)
        entry = self._entry(self.expense, 60, quantity=100, product_uom_id=self.kwh.id)
        entry._reverse_moves([{"date": "2025-04-01"}], cancel=True)
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(100), Decimal(-100)])

    def test_entry_without_quantity_gives_nothing_for_a_rule_of_quantities(self):
        self._rule("account.entry", self.power, account_id=self.expense.id)
        self._entry(self.expense, 60)
        self._commit()
        self.assertFalse(self._ledger())

    def test_entry_without_rule_is_not_expected_to_have_one(self):
        self._entry_rule()
        self._entry(self.expense, 60)
        self._commit()
        self.assertFalse(self._ledger())
        self.assertFalse(self._issues())

    def test_foreign_entry_counts_in_the_currency_of_the_company(self):
        usd = self._currency("USD", {"2025-01-01": 0.14})
        self._entry_rule()
        self._entry(self.freight, 100, amount_currency=14, currency_id=usd.id)
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(100)])

    def test_bill_on_the_same_account_is_not_counted_by_the_entry_rule(self):
        self._entry_rule()
        bill = self._bill(self._bill_line(price=800, account=self.freight))
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {(bill.name, "unmapped")})

    def test_reset_entry_makes_a_counter_row(self):
        self._entry_rule()
        entry = self._entry(self.freight, 10)
        self._commit()
        entry.button_draft()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(10), Decimal(-10)])

    def test_archived_rule_lets_a_reset_entry_make_its_counter_row(self):
        rule = self._entry_rule()
        entry = self._entry(self.freight, 10)
        self._commit()
        rule.active = False
        entry.button_draft()
        self._commit()
        self.assertEqual(self._sum(self.spend), 0)

    def test_rule_on_entries_needs_an_account(self):
        with self.assertRaisesRegex(ValidationError, "name the expense account"):
            self._entry_rule(account_id=False)

    def test_rule_on_entries_needs_an_expense_account(self):
        with self.assertRaisesRegex(ValidationError, "choose an expense account"):
            self._entry_rule(account_id=self.books["bank"].id)

    def test_worklist_of_a_rule_by_account_names_the_lines_of_its_account(self):
        bill = self._bill(self._bill_line(price=800, account=self.freight), self._bill_line(price=5))
        self._commit()
        rule = self._rule(
            "account.bill",
            self.spend,
            account_id=self.freight.id,
            quantity_basis="amount",
        )
        self.assertEqual(rule.issue_count, 1)
        issues = self.env["carbon.collection.issue"].search(rule.action_view_issues()["domain"])
        self.assertEqual(issues.origin_id, bill.invoice_line_ids[0].id)
        action = issues.action_create_rule()
        self.assertEqual(action["context"]["default_account_id"], self.freight.id)
        rule.action_collect_worklist()
        self.assertEqual(self._quantities(), [Decimal(800)])
        self.assertEqual(rule.issue_count, 0)

    def test_carbon_accountant_may_choose_accounts_without_accounting_rights(self):
        user = self._user("carbon accountant", "group_carbon_accountant")
        rules = self.env["carbon.activity.rule"].with_user(user)
        rule = rules.create(
            {
                "name": "Freight",
                "company_id": self.company.id,
                "source_id": self.spend.id,
                "quantity_basis": "amount",
                "event_kind_id": self.env.ref("carbon_account.event_kind_entry").id,
                "account_id": self.freight.id,
            }
        )
        self.assertEqual(rule.account_id.display_name, self.freight.display_name)
