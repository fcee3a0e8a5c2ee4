from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

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
