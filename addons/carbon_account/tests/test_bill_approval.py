from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestBillApproval(CarbonAccountCommon):
    """Who made a bill does not approve its data, and a bill without document is no evidence (R-157, R-140)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("account.bill", cls.power, product_id=cls.electricity.id)
        manager = cls._user("ba-manager", "group_carbon_manager")
        cls.system.with_user(manager)._switch_on_data_approval("accept", "Audit")
        cls.clerk, cls.poster, cls.checker = (
            new_test_user(
                cls.env,
                login=f"ba-{name}",
                groups="base.group_user,account.group_account_invoice,carbon_management.group_carbon_accountant",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name in ("clerk", "poster", "checker")
        )

    def _posted(self):
        """A bill that the clerk writes and another person posts."""
        env = self.env(user=self.clerk, context=dict(self.env.context, tracking_disable=False))
        bill = env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": "2025-03-10",
                "date": "2025-03-10",
                "company_id": self.company.id,
                "invoice_line_ids": [self._bill_line(self.electricity, 1000)],
            }
        )
        self._commit()
        bill.with_user(self.poster).action_post()
        self._commit()
        return bill.with_env(self.env), self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])

    def test_neither_who_wrote_nor_who_posted_a_bill_approves_its_data(self):
        _bill, row = self._posted()
        self.assertEqual((row.quantity, row.approval), (1000, "pending"))
        for user in (self.clerk, self.poster):
            with self.assertRaisesRegex(UserError, "1 rows are your own"):
                row.with_user(user).action_approve()
        row.with_user(self.checker).action_approve()
        self.assertEqual(row.approval, "approved")

    def test_who_posted_is_known_from_the_chatter_after_somebody_else_changed_the_bill(self):
        bill, row = self._posted()
        self.env.cr.execute("UPDATE account_move SET write_uid = %s WHERE id = %s", [self.clerk.id, bill.id])
        self.env.cr.execute("UPDATE account_move_line SET write_uid = %s WHERE move_id = %s", [self.clerk.id, bill.id])
        self.assertTrue(self.env["mail.tracking.value"].sudo().search_count([("create_uid", "=", self.poster.id)]))
        with self.assertRaisesRegex(UserError, "your own"):
            row.with_user(self.poster).action_approve()

    def test_bill_without_document_is_shown_as_missing_evidence(self):
        bill, row = self._posted()
        checklist, period = self.env["carbon.period.checklist"], self._period("2025-03-01")
        lines = {line["code"]: (line["count"], line["t"]) for line in checklist._weighed(period)}
        self.assertEqual(lines["evidence"], (1, 0.5))
        self.assertTrue(row.without_evidence)
        self.env["ir.attachment"].create(
            {"name": "bill.pdf", "raw": b"x", "res_model": "account.move", "res_id": bill.id}
        )
        self.assertNotIn("evidence", [line["code"] for line in checklist._weighed(period)])
