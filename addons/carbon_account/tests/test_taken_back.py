from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestTakenBack(CarbonAccountCommon):
    """Lines with a negative quantity take back what was billed, and nothing else without being asked (R-129, R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)
        cls.water = cls._product("Water", cls.litre)
        cls._rule("account.bill", product_id=cls.water.id, outcome="none", reason="No own emission")

    def _lines(self, *lines, day="2025-03-10", **values):
        """Post a document with lines of ``(quantity, price)``; Odoo asks for a total that is not negative."""
        lines = [self._bill_line(self.electricity, *line) for line in lines]
        return self._bill(*lines, self._bill_line(self.water, 1, 90000), day=day, **values)

    def _result(self):
        """Derive, and return the quantity of the ledger with the worklist."""
        self._commit()
        return self._sum(self.power), self._issues()

    def _check_collected_again(self, quantity, issues):
        """History in one go says what the documents said one by one."""
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, *self._result()), (0, 0, quantity, issues))

    # what is asked
    def test_price_adjustment_on_the_bill_waits_and_takes_no_energy_back(self):
        # 50,000 kWh × 0.10 − 50,000 kWh × 0.02 = 4,000 paid for 50,000 kWh; × 0.5 kg = 25,000 kg
        bill = self._lines((50000, 0.10), (-50000, 0.02))
        self.assertEqual(sum(bill.invoice_line_ids[:2].mapped("price_subtotal")), 4000)
        self.assertEqual(self._result(), (50000, {(bill.name, "refund")}))
        self.assertEqual(self._kg(self.power), Decimal(25000))
        self._check_collected_again(50000, {(bill.name, "refund")})

    def test_more_than_was_ever_billed_waits(self):
        self._lines((50000, 0.01))
        bill = self._lines((-999999, 0.01), day="2025-04-10")
        self.assertEqual(self._result(), (50000, {(bill.name, "refund")}))

    def test_what_was_never_billed_waits(self):
        bill = self._lines((-999999, 0.01), (-1, 900), move_type="in_receipt")
        self.assertEqual(self._result(), (0, {(bill.name, "refund")}))

    def test_two_adjustments_do_not_speak_for_each_other(self):
        bill = self._lines((50000, 0.10), (-50000, 0.02), (-50000, 0.02))
        self.assertEqual(self._result(), (50000, {(bill.name, "refund")}))
        lines = bill.invoice_line_ids
        issues = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(issues.mapped("origin_id")), set(lines[1:3].ids))

    def test_negative_price_takes_nothing_back(self):
        bill = self._lines((18, 100), (-18, -100))
        self.assertEqual(self._result(), (18, {(bill.name, "refund")}))

    def test_discount_is_no_bill_that_could_be_taken_back(self):
        self._lines((18, 100), (18, -5))
        credit = self._lines((30, 100), day="2025-04-02", move_type="in_refund")
        self.assertEqual(self._result(), (18, {(credit.name, "refund")}))

    def test_bill_of_another_vendor_does_not_speak_for_a_line(self):
        self._lines((18, 100), partner_id=self.env["res.partner"].create({"name": "Other"}).id)
        bill = self._lines((5, 200), (-5, 100), day="2025-04-02")
        self.assertEqual(self._result(), (23, {(bill.name, "refund")}))

    def test_bill_of_another_company_does_not_speak_for_a_line(self):  # invariant 8
        other = self.env["res.company"].create({"name": "Other", "currency_id": self.company.currency_id.id})
        self.env.user.company_ids += other
        expense = self._books(other)["expense"]
        self._bill(self._bill_line(self.electricity, 18, 100, account=expense), company=other)
        bill = self._lines((5, 200), (-5, 100), day="2025-04-02")
        self.assertEqual(self._result(), (5, {(bill.name, "refund")}))

    def test_what_refunds_took_back_before_is_not_taken_back_again(self):
        self._lines((18, 100))
        self._lines((10, 100), day="2025-04-01", move_type="in_refund")
        bill = self._lines((-10, 100), day="2025-04-02")
        self.assertEqual(self._result(), (8, {(bill.name, "refund")}))
        self._check_collected_again(8, {(bill.name, "refund")})

    def test_second_refund_of_one_bill_waits(self):
        bill = self._lines((18, 100))
        self._lines((18, 100), day="2025-04-01", move_type="in_refund", reversed_entry_id=bill.id)
        again = self._lines((18, 100), day="2025-04-02", move_type="in_refund", reversed_entry_id=bill.id)
        self.assertEqual(self._result(), (0, {(again.name, "refund")}))

    # what cancels
    def test_line_cancels_another_one_of_its_bill_without_question(self):
        self._lines((-50000, 0.10), (50000, 0.10), (700, 0.12))
        self.assertEqual(self._result(), (700, set()))
        self._check_collected_again(700, set())

    def test_line_cancels_part_of_an_earlier_bill_without_question(self):
        self._lines((50000, 0.10))
        self._lines((-2000, 0.104), day="2025-04-10")  # 4 % apart
        self.assertEqual(self._result(), (48000, set()))

    def test_line_cancels_a_bill_in_another_unit(self):
        self._lines((18000, 0.1))
        mwh = self.env.ref("carbon_accounting.uom_mwh")
        self._bill(
            self._bill_line(self.electricity, -2, 101, product_uom_id=mwh.id),
            self._bill_line(self.water, 1, 90000),
            day="2025-04-02",
        )
        self.assertEqual(self._result(), (16000, set()))

    def test_rest_of_a_bill_is_taken_back_and_not_more(self):
        self._lines((18, 100))
        self._lines((-10, 100), day="2025-04-01")
        self._lines((-8, 100), day="2025-04-02")
        bill = self._lines((-1, 100), day="2025-04-03")
        self.assertEqual(self._result(), (0, {(bill.name, "refund")}))

    def test_reversal_of_a_bill_with_a_cancelled_line_takes_back_the_rest(self):
        bill = self._lines((50, 100), (-50, 100), (7, 120))
        self.assertEqual(self._result(), (7, set()))
        bill._reverse_moves([{"date": "2025-04-01", "invoice_date": "2025-04-01"}], cancel=True)
        self.assertEqual(self._result(), (0, set()))
        self._check_collected_again(0, set())

    def test_money_counts_where_the_rule_counts_money(self):
        freight = self._money_source()
        self.rule.write({"source_id": freight.id, "quantity_basis": "amount"})
        self._lines((50000, 0.10), (-50000, 0.02))
        self._commit()
        self.assertEqual((self._sum(freight), self._issues()), (4000, set()))

    # who answers
    def test_accountant_says_what_the_line_is(self):
        bill = self._lines((50000, 0.10), (-50000, 0.02))
        self._commit()
        user = self._user("accountant", "group_carbon_accountant")
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        issue = issue.with_user(user).with_context(allowed_company_ids=self.company.ids)
        self.assertIn(bill.name, issue.advice)
        issue.action_price_only()
        self.assertEqual(self._result(), (50000, set()))
        bill.invoice_line_ids[1].carbon_is_return = "return"
        self.assertEqual(self._result(), (0, set()))
