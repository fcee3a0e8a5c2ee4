from odoo.tests import tagged

from .common import CarbonAccountCommon

SAMPLE = "carbon.verification.sample"


@tagged("post_install", "-at_install")
class TestVerification(CarbonAccountCommon):
    """A verifier re-performs rows from bills (R-140)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consulting = cls._product("Consulting", cls.env.ref("uom.product_uom_unit"))
        cls.spend = cls._money_source()
        cls.rule = cls._rule(
            "account.bill",
            cls.spend,
            product_id=cls.consulting.id,
            quantity_basis="amount",
        )

    def _reperformed(self):
        """Return the sample of all rows of the year, re-performed by a verifier without rights on bills."""
        inventory = self.env["carbon.inventory"].create(
            {"name": "2025", "company_id": self.company.id, "date_from": "2025-01-01", "date_to": "2025-12-31"}
        )
        inventory.action_compute()
        inventory.write({"maker_note": "Checked.", "issue_note": inventory.issue_count and "Small."})
        inventory.action_check()
        verifier = self._user("bill-verifier", "group_carbon_verifier")
        sample = self.env[SAMPLE].with_user(verifier).create({"inventory_id": inventory.id, "size": 50, "seed": "1"})
        sample.action_draw()
        sample.action_perform()
        return sample

    def test_bills_as_booked_by_month_and_in_own_currency_pass(self):
        usd = self._currency("USD", {"2025-01-01": 0.3})
        self._bill(self._bill_line(self.consulting, 1, 100), currency_id=usd.id)
        self._bill(self._bill_line(self.consulting, 3, 99.99))
        self.rule.date_basis = "service"
        months = {"carbon_service_from": "2025-01-15", "carbon_service_to": "2025-03-31"}
        self._bill(self._bill_line(self.consulting, 1, 77, **months), currency_id=usd.id)
        self._commit()
        self._collect()
        sample = self._reperformed()
        self.assertFalse(sample.row_ids.filtered(lambda row: row.result != "pass").mapped("reason"))
        self.assertGreaterEqual(sample.pass_count, 3)

    def test_edited_bill_fails_with_both_numbers(self):
        bill = self._bill(self._bill_line(self.consulting, 1, 700))
        self._commit()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET price_subtotal = 650, balance = 650, amount_currency = 650 WHERE id = %s",
            bill.invoice_line_ids.ids,
        )
        self.env.invalidate_all()
        row = self._reperformed().row_ids
        self.assertEqual(row.result, "fail")
        self.assertIn("Quantity: the ledger has 700, re-performed 650.", row.reason)
