from datetime import date
from decimal import Decimal

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestBillChanges(CarbonAccountCommon):
    """Whatever is done to a posted bill, counter rows follow (R-129, S2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)

    def setUp(self):
        super().setUp()
        self.bill = self._bill(self._bill_line(self.electricity, 50000), day="2025-03-10")
        self._commit()

    def test_cancelled_bill_makes_a_counter_row(self):  # R-129 S2
        self.bill.button_cancel()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000)])
        self.assertEqual(self._kg(self.power), 0)

    def test_reset_bill_makes_a_counter_row_and_posting_it_unchanged_counts_again(self):
        self.bill.button_draft()
        self._commit()
        self.assertEqual(self._sum(self.power), 0)
        self.bill.action_post()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000), Decimal(50000)])

    def test_reset_and_repost_in_one_transaction_leaves_the_ledger_alone(self):
        self.bill.button_draft()
        self.bill.action_post()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000)])

    def test_reset_edited_and_reposted_bill_makes_counter_and_new_row(self):
        self.bill.button_draft()
        self._commit()
        with Form(self.bill) as form, form.invoice_line_ids.edit(0) as line:
            line.quantity = 48000
        self._commit()
        self.assertEqual(self._sum(self.power), 0)
        self.bill.action_post()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000), Decimal(48000)])
        self.assertEqual(self._kg(self.power), Decimal(24000))

    def test_deleted_line_is_taken_back(self):
        line = self.bill.invoice_line_ids
        self.bill.button_draft()
        self.bill.invoice_line_ids = [
            Command.delete(line.id),
            self._bill_line(self.electricity, 7),
        ]
        self.bill.action_post()
        self._commit()
        self.assertFalse(line.exists())
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000), Decimal(7)])

    def test_line_deleted_while_nothing_was_collected_is_taken_back_by_the_next_hook(
        self,
    ):
        line = self.bill.invoice_line_ids
        self.bill.button_draft()
        self.env.flush_all()
        self.env.cr.precommit.clear()  # as if carbon had failed at this moment
        line.unlink()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000)])

    def test_deleted_bill_is_taken_back(self):
        self.bill.button_draft()
        self.bill.with_context(force_delete=True).unlink()
        self._commit()
        self.assertEqual(self._sum(self.power), 0)

    def test_deleted_bill_is_taken_back_by_the_next_collection_of_history(self):
        self.bill.button_draft()
        self.bill.with_context(force_delete=True).unlink()
        self.env.flush_all()
        self.env.cr.precommit.clear()
        self._collect()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000)])

    def test_changed_account_of_a_posted_line_moves_the_amount(self):
        freight = self._money_source()
        self._rule("account.bill", freight, account_id=self.freight.id, quantity_basis="amount")
        bill = self._bill(self._bill_line(price=800, account=self.freight))
        self._commit()
        self.assertEqual(self._sum(freight), Decimal(800))
        bill.invoice_line_ids.account_id = self.expense
        self._commit()
        self.assertEqual(self._sum(freight), 0)

    def test_service_period_entered_on_a_posted_line_splits_it(self):
        self.rule.date_basis = "service"
        self.bill.invoice_line_ids.write({"carbon_service_from": "2025-02-01", "carbon_service_to": "2025-03-01"})
        self._commit()
        self.assertEqual(self._sum(self.power), Decimal(50000))
        live = [(row[1], row[3]) for row in self._ledger() if row[5] > 0 and row[1]]
        self.assertEqual(live, [("2025-02", date(2025, 2, 1)), ("2025-03", date(2025, 3, 1))])

    def test_reversal_wizard_takes_back_the_same_months(self):
        self.rule.date_basis = "service"
        self.bill.invoice_line_ids.write({"carbon_service_from": "2025-02-01", "carbon_service_to": "2025-03-01"})
        self._commit()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.bill.ids)
            .create({"date": "2025-05-05", "journal_id": self.bill.journal_id.id})
        )
        refund = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        refund.action_post()
        self._commit()
        rows = self.env["carbon.activity.data"]._read_group(
            [("company_id", "=", self.company.id)], ["date:month"], ["quantity:sum"]
        )
        self.assertEqual({month.month: quantity for month, quantity in rows if quantity}, {})
        self.assertEqual(self._sum(self.power), 0)

    def test_cancelling_reversal_posts_a_refund_that_counts_negative(self):
        self.bill._reverse_moves([{"date": "2025-04-01", "invoice_date": "2025-04-01"}], cancel=True)
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000), Decimal(-50000)])
        self.assertEqual([row[2] for row in self._ledger()], [0, 0])

    def _refund(self, price, quantity=50000, **values):
        """Post a refund of the bill at a price."""
        line = self._bill_line(self.electricity, quantity, price, **values)
        return self._bill(line, move_type="in_refund", day="2025-04-02", reversed_entry_id=self.bill.id)

    def test_refund_at_another_price_waits_until_somebody_says_what_it_is(self):
        price = self.bill.invoice_line_ids.price_unit
        refund = self._refund(price / 12)
        self._commit()
        self.assertEqual(self._sum(self.power), Decimal(50000))
        self.assertEqual(self._issues(), {(refund.name, "refund")})
        refund.invoice_line_ids.carbon_is_return = "price"
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (Decimal(50000), set()))
        refund.invoice_line_ids.carbon_is_return = "return"
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (0, set()))

    def test_refund_at_nearly_the_price_of_the_bill_is_a_return(self):
        self._refund(self.bill.invoice_line_ids.price_unit * 1.04, 2000)
        self._commit()
        self.assertEqual((self._sum(self.power), self._issues()), (Decimal(48000), set()))

    def test_mistyped_service_year_is_refused_on_the_bill(self):
        with self.assertRaisesRegex(ValidationError, "Electricity.*0225-01-01 is outside the accounts"):
            self.bill.invoice_line_ids.write({"carbon_service_from": "0225-01-01", "carbon_service_to": "2025-02-28"})

    def test_duplicated_bill_starts_without_service_period(self):
        self.bill.invoice_line_ids.write({"carbon_service_from": "2025-02-01", "carbon_service_to": "2025-03-01"})
        self.assertFalse(self.bill.copy().invoice_line_ids.carbon_service_from)

    def test_change_of_a_bill_in_a_closed_period_is_late(self):
        self._period("2025-03-01").action_close()
        self.bill.button_cancel()
        self._commit()
        self.assertEqual(self._quantities(), [Decimal(50000)])
        self.assertEqual(self._issues(), {(self.bill.name, "late")})
