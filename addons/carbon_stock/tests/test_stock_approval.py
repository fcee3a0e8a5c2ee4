from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockApproval(CarbonStockCommon):
    """Who completed a transfer does not approve its data (R-157)."""

    def test_who_validated_a_receipt_does_not_approve_its_data(self):
        self._rule("stock.receipt", self.diesel, product_id=self.diesel_product.id)
        self.system.with_user(self._user("sa-manager", "group_carbon_manager"))._switch_on_data_approval(
            "accept", "Audit"
        )
        keeper, checker = (
            new_test_user(
                self.env,
                login=f"sa-{name}",
                groups="base.group_user,stock.group_stock_user,carbon_management.group_carbon_accountant",
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for name in ("keeper", "checker")
        )
        receipt = self._receive(self.diesel_product, 20, done=False)
        self._validate(receipt.with_user(keeper))
        self._commit()
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual((row.quantity, row.approval), (20, "pending"))
        with self.assertRaisesRegex(UserError, "1 rows are your own"):
            row.with_user(keeper).action_approve()
        row.with_user(checker).action_approve()
        self.assertEqual(row.approval, "approved")
