from itertools import pairwise

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CarbonSystem(models.Model):
    """Switching the approval of data on and off (R-157)."""

    _inherit = "carbon.system"

    data_approval = fields.Boolean(
        "Data Are Approved Before They Count",
        readonly=True,
        copy=False,
        tracking=True,
        help="Activity data count in inventories and totals once a second person has approved them. Until then they are visible "
        "and marked as waiting.",
    )

    @api.model
    def _recorded_fields(self):
        """Tell the trail who switched approval."""
        return super()._recorded_fields() | {"data_approval"}

    @api.model_create_multi
    def create(self, vals_list):
        """Approval of data is switched on with its button, which asks what becomes of older rows."""
        return super().create([{**vals, "data_approval": False} for vals in vals_list])

    def write(self, vals):
        """Refuse to switch past the dialog."""
        if "data_approval" in vals and self.env.context.get("carbon_switch_act") is not _ACT:
            raise UserError(
                self.env._(
                    "Approval of data is switched with its button in the carbon system, which asks what becomes of rows collected before."
                )
            )
        return super().write(vals)

    def action_switch_data_approval(self):
        """Ask what becomes of rows collected before.

        :return: window action of the dialog
        """
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Approval of Data"),
            "res_model": "carbon.data.approval.switch.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_system_id": self.id},
        }

    def _switch_on_data_approval(self, past, reason):
        """Let data count once they are approved.

        Rows of closed months count on: their figures stay. The rows of other months count on too, or wait.

        :param past: ``accept`` or ``approve``: what becomes of rows collected until now in months that are not closed
        :param reason: why, in words
        """
        self.ensure_one()
        self.check_access("write")
        self._check_reason(reason)
        if self.data_approval:
            raise UserError(self.env._("%(name)s approves its data already.", name=self.name))
        self.env.flush_all()
        newest = self.env.execute_query(SQL("SELECT last_value::int FROM carbon_activity_data_id_seq"))[0][0]
        spans = [(None, None)] if past == "accept" else self._closed_spans()
        decisions = self.env["carbon.data.decision"]
        for begin, end in spans:
            number = self.env.execute_query(SQL("SELECT nextval('carbon_data_decision_id_seq')::int"))[0][0]
            count = self._count_rows(begin, end, newest)
            decisions._record(
                *(number, "accepted", self.company_id, reason, count, []), date_from=begin, date_to=end, up_to_id=newest
            )
        self.with_context(carbon_switch_act=_ACT).write({"data_approval": True})
        self.flush_recordset()

    def _switch_off_data_approval(self, reason):
        """Let data count at once again.

        :raises UserError: while a closed month has rows that do not count: its figures would change
        """
        self.ensure_one()
        self.check_access("write")
        self._check_reason(reason)
        self.env.flush_all()
        spans = self._closed_spans()
        for begin, end in spans:
            waiting = self.env["carbon.engine"]._waiting(self.company_id, begin, end)
            if sum(part["count"] for part in waiting.values()):
                raise UserError(
                    self.env._(
                        "Closed months between %(begin)s and %(end)s have rows that are not approved. They would enter figures that are "
                        "closed: reopen the months and approve or correct the rows first.",
                        begin=begin,
                        end=end,
                    )
                )
        self.env["carbon.trail.entry"]._append(
            self.company_id, "data.switch_off", record=self, payload={"data_approval": False}, reason=reason
        )
        self.with_context(carbon_switch_act=_ACT).write({"data_approval": False})
        self.flush_recordset()

    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Write the reason: it is part of the audit trail."))

    def _closed_spans(self):
        """Return the closed months as spans (first day, last day) without a hole."""
        # sudo: which months are closed, whoever may configure the system
        periods = self.env["carbon.reporting.period"].sudo()
        months = periods.search(
            [("company_id", "=", self.company_id.id), ("state", "=", "closed")], order="date_from"
        ).mapped("date_from")
        month = relativedelta(months=1)
        begins = months[:1] + [later for earlier, later in pairwise(months) if later != earlier + month]
        ends = [earlier for earlier, later in pairwise(months) if later != earlier + month] + months[-1:]
        return [(begin, end + month - relativedelta(days=1)) for begin, end in zip(begins, ends, strict=True)]

    def _count_rows(self, begin, end, newest):
        days = SQL("TRUE") if begin is None else SQL("date BETWEEN %s AND %s", begin, end)
        return self.env.execute_query(
            SQL(
                "SELECT count(*)::int FROM carbon_activity_data WHERE company_id = %s AND id <= %s AND %s",
                self.company_id.id,
                newest,
                days,
            )
        )[0][0]


_ACT = object()  # identity of the permission: an RPC context is JSON and cannot carry it
