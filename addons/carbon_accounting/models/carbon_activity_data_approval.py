from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATUS = [("pending", "Waits"), ("approved", "Approved"), ("rejected", "Rejected"), ("moot", "Taken Back Before")]


class CarbonActivityData(models.Model):
    """What the checkers decided on a row, where the company approves its data."""

    _inherit = "carbon.activity.data"

    approval = fields.Selection(
        STATUS,
        compute="_compute_approval",
        search="_search_approval",
        help="Empty where the company does not approve its data: they count at once.",
    )
    approval_ids = fields.One2many("carbon.data.approval", "activity_id", string="Decisions")

    def _compute_approval(self):
        found = {}
        on = self.env["carbon.engine"]._approving(self.company_id.ids) if self.ids else []
        if on:
            status = self.env["carbon.engine"]._sql_status(on, SQL("a.id = ANY(%s)", self.ids))
            found = dict(self.env.execute_query(SQL("SELECT s.id, s.status FROM (%s) s", status)))
        for row in self:
            row.approval = found.get(row.id, False)

    def _search_approval(self, operator, value):
        if operator != "in":
            return NotImplemented
        on = self.env["carbon.engine"]._approving(self.env.companies.ids)
        domain = [("company_id", "not in", on)] if False in value else [(0, "=", 1)]
        wanted = [status for status in value if status]
        if on and wanted:
            rows = SQL(
                "(SELECT s.id FROM (%s) s WHERE s.status = ANY(%s))",
                self.env["carbon.engine"]._sql_status(on, SQL("TRUE")),
                wanted,
            )
            domain = ["|", *domain, ("id", "in", rows)]
        return domain

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def _decide_rows(self, outcome, reason=None):
        """Decide on these rows.

        :return: notification
        """
        self.check_access("read")
        decisions = self.env["carbon.data.decision"]
        total = dict.fromkeys(("rows", "own", "odd", "shut", "seen"), 0)
        for company, rows in self.grouped("company_id").items():
            counts = decisions._decide(
                outcome,
                company,
                SQL("a.id = ANY(%s)", rows.ids),
                reason,
                (min(rows.mapped("date")), max(rows.mapped("date"))),
                also=("rejected",) if outcome == "approved" else (),
            )
            total = {name: total[name] + counts[name] for name in total}
        return decisions._tell(outcome, total)

    def action_approve(self):
        """Approve the rows: from now on they count. Rows that were rejected too, if chosen one by one.

        :return: notification
        """
        return self._decide_rows("approved")

    def action_reject(self):
        """Ask why the rows are rejected.

        :return: window action of the dialog
        """
        return self._ask_reason("rejected")

    def action_withdraw(self):
        """Ask why the decisions are withdrawn.

        :return: window action of the dialog
        """
        return self._ask_reason("withdrawn")

    def _ask_reason(self, outcome):
        if not self:
            raise UserError(self.env._("Choose the rows first."))
        self.check_access("read")
        return self.env["carbon.data.decision.wizard"]._open(outcome, "carbon.activity.data", self.ids)
