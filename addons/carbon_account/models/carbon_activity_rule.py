from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

_KINDS = ("account.bill", "account.entry")


class CarbonActivityRule(models.Model):
    """Rules may name the account of a bill line or journal entry (R-129)."""

    _inherit = "carbon.activity.rule"

    account_id = fields.Many2one(
        "account.account",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )

    @api.onchange("event_kind_id")
    def _onchange_date_basis(self):
        """Bills do not move: their own date is the accounting date."""
        if self.event_kind in _KINDS and self.date_basis == "movement":
            self.date_basis = "accounting"
        return super()._onchange_date_basis()

    def _offered_date_bases(self):
        """Leave out the movement date of bills and entries: it is their accounting date."""
        offered = super()._offered_date_bases()
        return [basis for basis in offered if basis != "movement" or self.event_kind not in _KINDS]

    def _label_of(self, fname):
        """The own date of a bill or an entry is its accounting date."""
        if fname == "date_basis" and self.date_basis == "movement" and self.event_kind in _KINDS:
            return dict(self._fields[fname]._description_selection(self.env))["accounting"]
        return super()._label_of(fname)

    @api.constrains("account_id", "event_kind_id")
    def _check_entry_account(self):
        for rule in self.filtered(lambda r: r.event_kind == "account.entry"):
            if not rule.account_id:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s listens to journal entries: name the expense "
                        "account, so that valuation and closing entries stay out.",
                        rule=rule.name,
                    )
                )
            if not (rule.account_id.account_type or "").startswith("expense"):
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s listens to journal entries, which count on "
                        "expense accounts only. %(account)s is of another type: "
                        "choose an expense account.",
                        rule=rule.name,
                        account=rule.account_id.display_name,
                    )
                )

    def _issue_domain(self):
        """The account of a worklist row is that of its journal item."""
        domain = super()._issue_domain()
        if self.account_id:
            # sudo: the worklist decides what the user sees
            lines = self.env["account.move.line"].sudo()
            posted = [
                ("account_id", "=", self.account_id.id),
                ("parent_state", "=", "posted"),
            ]
            domain &= Domain("origin_id", "in", lines._search(posted))
        return domain
