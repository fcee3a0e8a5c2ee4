from odoo import fields, models


class CarbonCollectionIssue(models.Model):
    """Worklist rows of journal items."""

    _inherit = "carbon.collection.issue"

    reason = fields.Selection(
        selection_add=[("refund", "Refund: return or price correction?")], ondelete={"refund": "cascade"}
    )

    def _advice(self):
        """Refunds at another price wait for a decision."""
        if self.reason == "refund":
            return self.env._(
                "The price of refund %(document)s differs from that of its bill: say on its line whether it returns the "
                "quantity or corrects the price only.",
                document=self.label or "",
            )
        return super()._advice()

    def action_create_rule(self):
        """Tell a line without product apart by its account."""
        action = super().action_create_rule()
        if self.origin_model == "account.move.line" and not self.product_id:
            # sudo: nothing but the account is used
            line = self.env["account.move.line"].sudo().browse(self.origin_id).exists()
            account = line.account_id
            action["context"].update(default_account_id=account.id, default_name=account.display_name)
        return action
