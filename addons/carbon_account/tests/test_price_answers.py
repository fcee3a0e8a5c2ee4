from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestPriceAnswers(CarbonAccountCommon):
    """Credit notes and bills that repeat a quantity to correct its price, and who says so (R-129, R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)
        cls.mwh = cls.env.ref("carbon_accounting.uom_mwh")
        cls.clerk = cls._person("clerk", "account.group_account_invoice")
        cls.accountant = cls._person("accountant", "carbon_management.group_carbon_accountant")

    @classmethod
    def _person(cls, login, group):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,{group}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _issue(self, user=None):
        issue = self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )
        return issue.with_user(user or self.accountant).with_context(allowed_company_ids=self.company.ids)

    def _credit(self, quantity, price, day="2025-04-02", **values):
        """Post a credit note typed from paper: nothing links it to a bill."""
        header = {name: values.pop(name) for name in ("partner_id", "currency_id") if name in values}
        line = self._bill_line(self.electricity, quantity, price, **values)
        return self._bill(line, move_type="in_refund", day=day, **header)

    # what is asked
    def test_rebate_typed_from_paper_waits_and_takes_nothing_back(self):
        self._bill(self._bill_line(self.electricity, 18, 100))
        credit = self._credit(18, 5)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (18, {(credit.name, "refund")}))
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, self._sum(self.power)), (0, 0, 18))
        self.assertEqual(self._issues(), {(credit.name, "refund")})

    def test_bonus_without_any_bill_waits(self):
        credit = self._credit(1, 900)
        self._commit()
        self.assertEqual((self._ledger(), self._issues()), ([], {(credit.name, "refund")}))

    def test_credit_note_at_the_price_of_the_bill_is_a_return(self):
        self._bill(self._bill_line(self.electricity, 18000, 0.1))
        self._credit(2, 101, product_uom_id=self.mwh.id)  # the same price, in another unit
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (16000, set()))

    def test_more_than_was_billed_waits(self):
        self._bill(self._bill_line(self.electricity, 18, 100))
        self._credit(10, 100, day="2025-04-01")
        second = self._credit(10, 100, day="2025-04-02")
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (8, {(second.name, "refund")}))
        self._collect()
        self.assertEqual((self._sum(self.power), self._issues()), (8, {(second.name, "refund")}))

    def test_bills_of_another_vendor_or_of_later_do_not_speak_for_a_credit_note(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self._bill(self._bill_line(self.electricity, 18, 100), partner_id=other.id)
        self._bill(self._bill_line(self.electricity, 18, 100), day="2025-05-01")
        credit = self._credit(1, 100)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (36, {(credit.name, "refund")}))

    def test_credit_note_of_an_address_of_the_vendor_is_compared_with_the_vendors_bills(self):
        address = self.env["res.partner"].create({"name": "Desk", "parent_id": self.supplier.id, "type": "invoice"})
        self._bill(self._bill_line(self.electricity, 18, 100))
        self._credit(3, 100, partner_id=address.id)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (15, set()))

    def test_linked_refund_of_another_product_is_compared_with_the_vendors_bills(self):
        water = self._product("Water", self.litre)
        self._bill(self._bill_line(self.electricity, 18, 100))
        bill = self._bill(self._bill_line(water, 18, 100))
        self._rule("account.bill", product_id=water.id, outcome="none", reason="No own emission")
        line = self._bill_line(self.electricity, 18, 5)
        refund = self._bill(line, move_type="in_refund", day="2025-04-02", reversed_entry_id=bill.id)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (18, {(refund.name, "refund")}))

    def test_linked_refund_of_more_than_its_bill_waits(self):
        bill = self._bill(self._bill_line(self.electricity, 18, 100))
        line = self._bill_line(self.electricity, 19, 100)
        refund = self._bill(line, move_type="in_refund", day="2025-04-02", reversed_entry_id=bill.id)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (18, {(refund.name, "refund")}))

    def test_credit_note_in_another_currency_is_compared_in_that_of_the_company(self):
        currency = self._currency("CAD", {"2025-01-01": 2.0})
        self._bill(self._bill_line(self.electricity, 18, 100))
        self._credit(3, 200, currency_id=currency.id)
        rebate = self._credit(3, 100, currency_id=currency.id)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (15, {(rebate.name, "refund")}))

    def test_money_of_a_rebate_counts_where_the_rule_counts_money(self):
        freight = self._money_source()
        self.rule.write({"source_id": freight.id, "quantity_basis": "amount"})
        self._bill(self._bill_line(self.electricity, 18, 100))
        self._credit(18, 5)
        self._commit()
        self.assertEqual((self._sum(freight), self._issues()), (1710, set()))

    def test_price_correction_counts_no_quantity_and_its_reversal_neither(self):
        self._bill(self._bill_line(self.electricity, 1000, 10))
        extra = self._bill(self._bill_line(self.electricity, 1000, 0.5, carbon_is_return="price"))
        self._commit()
        self.assertEqual(self._sum(self.power), 1000)
        extra._reverse_moves([{"date": "2025-04-01", "invoice_date": "2025-04-01"}], cancel=True)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (1000, set()))

    # who answers
    def test_accountant_without_access_to_bills_answers_on_the_worklist(self):
        self._bill(self._bill_line(self.electricity, 18, 100))
        credit = self._credit(18, 5)
        self._commit()
        line = credit.invoice_line_ids
        with self.assertRaises(AccessError):
            line.with_user(self.accountant).write({"carbon_is_return": "price"})
        self._issue().action_price_only()
        self._commit()
        self.assertEqual((line.carbon_is_return, self._sum(self.power), self._issues()), ("price", 18, set()))
        log = credit.message_ids.filtered("tracking_value_ids")[:1]
        self.assertEqual(log.author_id, self.accountant.partner_id)
        self.assertIn("Price correction", log.tracking_value_ids.new_value_char)
        line.carbon_is_return = False
        self._commit()
        self._issue().action_goods()
        self._commit()
        self.assertEqual((line.carbon_is_return, self._sum(self.power), self._issues()), ("return", 0, set()))

    def test_reader_and_data_owner_may_not_answer(self):
        credit = self._credit(1, 900)
        self._commit()
        for group in ("group_carbon_reader", "group_carbon_data_owner", "group_carbon_verifier"):
            issue = self._issue(self._person(group, f"carbon_management.{group}"))
            for press in (issue.action_goods, issue.action_price_only):
                with self.assertRaises(AccessError):
                    press()
        self.assertFalse(credit.invoice_line_ids.carbon_is_return)

    def test_accountant_of_another_company_may_not_answer(self):
        credit = self._credit(1, 900)
        self._commit()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.accountant.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            self._issue().with_context(allowed_company_ids=other.ids).action_price_only()
        self.assertFalse(credit.invoice_line_ids.carbon_is_return)

    def test_row_that_asks_for_something_else_takes_no_answer(self):
        self.rule.active = False
        self._bill(self._bill_line(self.electricity, 1, 900))
        self._commit()
        issue = self._issue()
        self.assertEqual(issue.reason, "unmapped")
        for press in (issue.action_goods, issue.action_price_only, issue.action_service_period):
            with self.assertRaisesRegex(UserError, "does not ask for this"):
                press()

    def test_answer_in_a_closed_month_is_a_late_adjustment(self):
        self._bill(self._bill_line(self.electricity, 18, 100))
        credit = self._credit(18, 5)
        self._commit()
        self._period("2025-04-01").action_close()
        self._issue().action_goods()
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (18, {(credit.name, "late")}))

    def test_answer_reaches_a_bill_of_a_locked_month(self):
        self._bill(self._bill_line(self.electricity, 18, 100))
        self._credit(18, 5)
        self._commit()
        self.company.fiscalyear_lock_date = "2025-04-30"
        self._issue().action_price_only()
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (18, set()))

    def test_buttons_are_there_for_the_accountant_only(self):
        views = self.env["carbon.collection.issue"]
        reader = self._person("reader", "carbon_management.group_carbon_reader")
        for user, shown in ((self.accountant, True), (reader, False)):
            for kind in ("list", "form"):
                arch = views.with_user(user).get_view(view_type=kind)["arch"]
                for name in ("action_goods", "action_price_only", "action_service_period"):
                    self.assertEqual(name in arch, shown, (user.login, kind, name))

    # who enters the service period
    def test_clerk_without_carbon_group_enters_the_service_period_on_the_bill(self):
        self.rule.date_basis = "service"
        bill = self._bill(self._bill_line(self.electricity, 3100), day="2026-01-20", post=False)
        with Form(bill.with_user(self.clerk)) as form, form.invoice_line_ids.edit(0) as line:
            line.carbon_service_from, line.carbon_service_to = "2025-12-01", "2025-12-31"
        bill.with_user(self.clerk).action_post()
        self._commit()
        self.assertEqual([(row[1], row[5]) for row in self._ledger()], [("2025-12", Decimal(3100))])

    def test_clerk_says_on_a_draft_that_it_corrects_the_price_only(self):
        bill = self._bill(self._bill_line(self.electricity, 1000, 0.5), post=False)
        with Form(bill.with_user(self.clerk)) as form, form.invoice_line_ids.edit(0) as line:
            line.carbon_is_return = "price"
        bill.with_user(self.clerk).action_post()
        self._commit()
        self.assertEqual((self._ledger(), self._issues()), ([], set()))

    def test_accountant_enters_the_service_period_of_a_posted_bill_on_the_worklist(self):
        self.rule.date_basis = "service"
        self._bill(self._bill_line(self.electricity, 62), day="2026-01-20")
        self._commit()
        issue = self._issue()
        self.assertEqual(issue.reason, "service")
        self.assertIn("service period", issue.advice)
        action = issue.action_service_period()
        wizards = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        with Form(wizards) as form:
            form.date_from, form.date_to = "2025-12-01", "2225-12-31"
            wizard = form.save()
            with self.assertRaisesRegex(ValidationError, "outside the accounts"), self.env.cr.savepoint():
                wizard.action_apply()
            form.date_to = "2026-01-31"
        wizard.action_apply()
        self._commit()
        self.assertEqual([(row[1], row[5]) for row in self._ledger()], [("2025-12", 31), ("2026-01", 31)])
        self.assertFalse(self._issues())
        reader = self._person("reader", "carbon_management.group_carbon_reader")
        with self.assertRaises(AccessError):
            wizards.with_user(reader).create({"date_from": "2025-12-01", "date_to": "2025-12-31"})
