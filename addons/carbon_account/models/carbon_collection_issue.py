from odoo import fields, models
from odoo.exceptions import AccessError, UserError

#: Reasons that somebody answers with "goods" or "price".
PRICE_REASONS = ("refund", "supplement")
#: Reasons that somebody answers with the service period.
SERVICE_REASONS = ("service", "period")


class CarbonCollectionIssue(models.Model):
    """Worklist rows of journal items."""

    _inherit = "carbon.collection.issue"

    reason = fields.Selection(
        selection_add=[
            ("refund", "Taken back: return or price correction?"),
            ("supplement", "Billed again: goods or price correction?"),
        ],
        ondelete={"refund": "cascade", "supplement": "cascade"},
    )

    def _advice(self):
        """What is taken back at another price, and bills beyond their order, wait for a decision."""
        if self.reason == "refund":
            return self.env._(
                "Price or quantity of what a line of %(document)s takes back is not that of what was billed: say whether it "
                "returns the quantity or corrects the price only.",
                document=self.label or "",
            )
        if self.reason == "supplement":
            return self.env._(
                "The order of bill %(document)s was billed in full before: say whether it bills more goods or corrects the "
                "price only.",
                document=self.label or "",
            )
        return super()._advice()

    def action_goods(self):
        """Button: the quantity of the line counts; what it takes back is a return."""
        return self._answer_price("return")

    def action_price_only(self):
        """Button: the line moves money only, its quantity was counted already."""
        return self._answer_price("price")

    def _answer_price(self, answer):
        """Write the answer on the lines and collect them again; in a closed month the change is a late adjustment.

        :raises AccessError: for users who are no carbon accountants of the company
        :raises UserError: if a row asks for something else
        """
        self._check_answerable(PRICE_REASONS)
        self._answered_lines().write({"carbon_is_return": answer})
        return self.action_retry()

    def action_service_period(self):
        """Button: ask for the service period of the line."""
        self.ensure_one()
        self._check_answerable(SERVICE_REASONS)
        line = self._answered_lines()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Service Period"),
            "res_model": "carbon.service.period.wizard",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_issue_id": self.id,
                "default_date_from": line.carbon_service_from,
                "default_date_to": line.carbon_service_to,
            },
        }

    def _set_service_period(self, date_from, date_to):
        """Write the service period on the line of the row and collect it again."""
        self._check_answerable(SERVICE_REASONS)
        self._answered_lines().write({"carbon_service_from": date_from, "carbon_service_to": date_to})
        return self.action_retry()

    def _check_answerable(self, reasons):
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("carbon_management.group_carbon_accountant")):
            raise AccessError(self.env._("Only carbon accountants answer questions of the worklist."))
        for issue in self:
            if issue.state != "open" or issue.reason not in reasons or issue.origin_model != "account.move.line":
                raise UserError(
                    self.env._("The worklist row of %(document)s does not ask for this.", document=issue.label or "")
                )

    def _answered_lines(self):
        """Return the journal items that the rows speak of, to write an answer on them and nothing else."""
        # sudo: carbon accountants need not be accountants of the company. The answers are no part of the entry: neither its
        # amounts nor its hash nor what lock dates protect. The chatter of the bill tells who gave them.
        lines = self.env["account.move.line"].sudo().with_context(tracking_disable=False)
        lines = lines.browse(self.mapped("origin_id")).exists()
        companies = {issue.origin_id: issue.company_id for issue in self}
        for line in lines:
            if line.company_id != companies[line.id]:
                raise AccessError(self.env._("The document belongs to another company by now."))
        return lines

    def action_create_rule(self):
        """Tell a line without product apart by its account."""
        action = super().action_create_rule()
        if self.origin_model == "account.move.line" and not self.product_id:
            # sudo: nothing but the account is used
            line = self.env["account.move.line"].sudo().browse(self.origin_id).exists()
            account = line.account_id
            action["context"].update(default_account_id=account.id, default_name=account.display_name)
        return action
