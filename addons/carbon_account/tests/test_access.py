from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestAccess(CarbonAccountCommon):
    """Who sees what on the bill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("account.bill", cls.power, product_id=cls.electricity.id)
        cls.clerk = new_test_user(
            cls.env,
            login="clerk",
            groups="base.group_user,account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def test_clerk_without_carbon_group_posts_bills_and_the_ledger_follows(self):
        bill = self._bill(self._bill_line(self.electricity, 5), post=False)
        bill.with_user(self.clerk).action_post()
        self._commit()
        self.assertEqual(self._sum(self.power), 5)
        with Form(bill.with_user(self.clerk)) as form:
            self.assertNotIn("carbon_co2e_t", form._view["fields"])
        with self.assertRaises(AccessError):
            bill.with_user(self.clerk).read(["carbon_co2e_t"])

    def test_smart_button_shows_the_emissions_of_the_bill(self):  # R-129 S2
        bill = self._bill(
            self._bill_line(self.electricity, 50000),
            self._bill_line(self.electricity, 1000),
        )
        other = self._bill(self._bill_line(self.electricity, 10))
        self._commit()
        self.assertEqual((bill | other).mapped("carbon_activity_count"), [2, 1])
        self.assertAlmostEqual(bill.carbon_co2e_t, 25.5, 6)
        rows = self.env["carbon.activity.data"].search(bill.action_view_carbon_activity_data()["domain"])
        self.assertEqual(set(rows.mapped("origin_id")), set(bill.invoice_line_ids.ids))

    # the card of a document that one may not open
    def _stranger_to_bills(self, group="group_carbon_verifier", company=None, login="outsider"):
        company = company or self.company
        return new_test_user(
            self.env,
            login=login,
            groups=f"base.group_user,carbon_management.{group}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def _row(self, bill, user):
        company = {"allowed_company_ids": user.company_ids.ids}
        rows = self.env["carbon.activity.data"].search([("origin_id", "in", bill.invoice_line_ids.ids)])
        return rows.with_user(user).with_context(**company)

    def test_verifier_and_reader_see_what_a_bill_says_in_two_clicks(self):
        bill = self._bill(self._bill_line(self.electricity, 50000))
        self._commit()
        for group in ("group_carbon_verifier", "group_carbon_reader", "group_carbon_accountant"):
            with self.subTest(group):
                user = self._stranger_to_bills(group, login=group)
                row = self._row(bill, user)
                action = row.action_open_origin()
                self.assertEqual((action["res_model"], action["res_id"]), ("carbon.activity.data", row.id))
                card = Form(row.browse(action["res_id"]), view=action["views"][0][0])
                line = bill.invoice_line_ids
                self.assertEqual(
                    (card.document_number, card.document_date, card.document_state),
                    (bill.name, str(bill.invoice_date), "Posted"),
                )
                self.assertEqual(
                    (card.document_partner, card.document_product, card.document_unit),
                    (bill.partner_id.display_name, self.electricity.display_name, line.product_uom_id.name),
                )
                self.assertEqual(
                    (card.document_quantity, card.document_amount, card.document_currency),
                    (50000, line.price_subtotal, bill.currency_id.name),
                )
                with self.assertRaises(AccessError):
                    bill.with_user(user).read(["name"])
                with self.assertRaises(UserError):
                    row.write({"document_amount": 1})

    def test_who_may_read_bills_gets_the_bill_itself(self):
        bill = self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        user = self._stranger_to_bills()
        user.group_ids += self.env.ref("account.group_account_readonly")
        action = self._row(bill, user).action_open_origin()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", bill.id))

    def test_verifier_of_another_company_gets_no_card(self):
        bill = self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        row = self._row(bill, self._stranger_to_bills(company=other))
        names = ["document_number", "document_amount", "document_file_ids"]
        for act in (
            row.action_open_origin,
            lambda: row.read(names),
            lambda: row.web_read({name: {} for name in names}),
            lambda: row.with_context(allowed_company_ids=self.company.ids).read(names),
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                act()
        self.assertFalse(row.search_read([("id", "=", row.id)], names))

    def test_document_that_belongs_to_another_company_by_now_is_not_shown(self):
        bill = self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.cr.execute("UPDATE account_move_line SET company_id = %s WHERE move_id = %s", [other.id, bill.id])
        self.env.invalidate_all()
        row = self._row(bill, self._stranger_to_bills())
        self.assertFalse(row.document_number)
        with self.assertRaisesRegex(UserError, "no longer"):
            row.action_open_origin()

    def test_files_of_a_bill_are_shown_to_those_who_may_read_it_only(self):
        bill = self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        self.env["ir.attachment"].create({"name": "scan.pdf", "raw": b"x", "res_model": bill._name, "res_id": bill.id})
        user = self._stranger_to_bills()
        self.assertFalse(self._row(bill, user).document_file_ids)
        user.group_ids += self.env.ref("account.group_account_readonly")
        self.env.invalidate_all()
        self.assertEqual(self._row(bill, user).document_file_ids.mapped("name"), ["scan.pdf"])

    def test_counter_rows_leave_the_emissions_of_a_cancelled_bill_at_zero(self):
        bill = self._bill(self._bill_line(self.electricity, 50000))
        self._commit()
        bill.button_cancel()
        self._commit()
        self.assertEqual(bill.carbon_activity_count, 2)
        self.assertAlmostEqual(bill.carbon_co2e_t, 0.0, 9)

    def test_reader_of_another_company_sees_nothing_of_the_bill(self):
        bill = self._bill(self._bill_line(self.electricity, 5))
        self._commit()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="base.group_user,account.group_account_readonly,carbon_management.group_carbon_reader",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        data = self.env(user=stranger, context={"allowed_company_ids": other.ids})["carbon.activity.data"]
        self.assertFalse(data.search(bill._carbon_activity_domain()))
