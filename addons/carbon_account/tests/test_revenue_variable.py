from datetime import date

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class TestRevenueVariable(AccountTestInvoicingCommon):
    """Revenue of posted customer invoices is a relevant variable (R-050)."""

    def _invoice(self, day, price, move_type="out_invoice", post=True):
        # named, or Odoo takes the account that the partner's last bill had
        kind = "expense" if move_type.startswith("in") else "revenue"
        account = self.company_data[f"default_account_{kind}"]
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.partner_a.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Panels",
                            "quantity": 1,
                            "price_unit": price,
                            "account_id": account.id,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        if post:
            move.action_post()
        return move

    def test_revenue_is_invoices_less_credit_notes_by_month(self):
        self._invoice("2025-01-10", 50_000)
        self._invoice("2025-01-20", 20_000)
        self._invoice("2025-01-25", 10_000, "out_refund")
        self._invoice("2025-02-10", 30_000)
        self._invoice("2025-02-11", 99_000, post=False)
        self._invoice("2025-02-12", 77_000, "in_invoice")
        user = new_test_user(
            self.env,
            login="carbon-only",
            groups="base.group_user,carbon_management.group_carbon_accountant",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        variables = self.env["carbon.relevant.variable"].with_user(user)
        variable = variables.create(
            {
                "name": "Revenue",
                "unit": "10⁴",
                "origin": "revenue",
                "divisor": 10_000,
                "company_id": self.env.company.id,
            }
        )
        variable._draw(date(2025, 1, 1), date(2025, 12, 31))
        found = {row.date: row.value for row in variable.value_ids}
        self.assertEqual(found, {date(2025, 1, 1): 6.0, date(2025, 2, 1): 3.0})
        self._invoice("2025-02-20", 30_000, "out_refund")
        variable._draw(date(2025, 1, 1), date(2025, 12, 31))
        found = {row.date: row.value for row in variable.value_ids}
        self.assertEqual(found, {date(2025, 1, 1): 6.0, date(2025, 2, 1): 0.0}, "a credit note may take all of it back")
