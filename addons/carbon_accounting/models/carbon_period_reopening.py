from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_period_reopening_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'carbon: reopenings of periods are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.state IN ('closed', 'refused')
        AND to_jsonb(OLD) - 'inventory_id' - 'write_date' - 'write_uid'
            IS DISTINCT FROM to_jsonb(NEW) - 'inventory_id' - 'write_date' - 'write_uid')
       OR (OLD.company_id, OLD.month, OLD.period_id, OLD.uuid, OLD.reason, OLD.requested_by_id)
          IS DISTINCT FROM (NEW.company_id, NEW.month, NEW.period_id, NEW.uuid, NEW.reason, NEW.requested_by_id)
       OR (OLD.state = 'open' AND (NEW.state NOT IN ('open', 'closed')
           OR (OLD.activity_from_id, OLD.emission_from_id, OLD.approved_by_id)
              IS DISTINCT FROM (NEW.activity_from_id, NEW.emission_from_id, NEW.approved_by_id)
           OR OLD.approval_from_id IS DISTINCT FROM NEW.approval_from_id)) THEN
        RAISE EXCEPTION 'carbon: reopening % of period % is %: it cannot be changed so', OLD.id, to_char(OLD.month, 'YYYY-MM'),
            OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS carbon_period_reopening_guard ON carbon_period_reopening;
CREATE TRIGGER carbon_period_reopening_guard BEFORE UPDATE OR DELETE ON carbon_period_reopening
    FOR EACH ROW EXECUTE FUNCTION carbon_period_reopening_guard();
DROP TRIGGER IF EXISTS carbon_period_reopening_truncate ON carbon_period_reopening;
CREATE TRIGGER carbon_period_reopening_truncate BEFORE TRUNCATE ON carbon_period_reopening
    FOR EACH STATEMENT EXECUTE FUNCTION carbon_period_reopening_guard();
"""
_LEDGER_IDS = SQL(
    "SELECT (SELECT last_value FROM carbon_activity_data_id_seq)::int, (SELECT last_value FROM carbon_emission_line_id_seq)::int, "
    "(SELECT last_value FROM carbon_data_approval_id_seq)::int"
)


class CarbonPeriodReopening(models.Model):
    """A closed month that a sealed inventory covers, opened again for a restatement (R-139, R-157).

    One person asks, another approves. While it lasts, corrections enter the month as counter and new rows; which ids the
    ledger gave out meanwhile is kept, so that the old seal still tells lawful rows from others. Constant time for any
    number of rows. Invariant: rows of sealed months come through an approved reopening only.
    """

    _name = "carbon.period.reopening"
    _description = "Reopening of a Reporting Period"
    _inherit = ["carbon.period.request.mixin"]
    _order = "id desc"
    _rec_name = "period_id"
    _check_company_auto = True
    _gate_frozen_states = ("requested", "open", "closed", "refused")

    month = fields.Date(required=True, readonly=True)
    inventory_id = fields.Many2one(
        "carbon.inventory",
        string="For Inventory",
        readonly=True,
        ondelete="set null",
        help="The version that will take it in.",
    )
    state = fields.Selection(
        [("requested", "Requested"), ("open", "Open"), ("closed", "Closed Again"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="requested",
        index=True,
    )
    approved_by_id = fields.Many2one("res.users", string="Decided By", readonly=True, ondelete="restrict")
    approved_on = fields.Datetime(string="Decided On", readonly=True)
    closed_on = fields.Datetime(string="Closed Again On", readonly=True)
    activity_from_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    emission_from_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    activity_to_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    emission_to_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    approval_from_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    approval_to_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)

    _pending_uniq = models.UniqueIndex(
        "(period_id) WHERE state IN ('requested', 'open')", "Reopening this month was asked for already."
    )
    _month_idx = models.Index("(company_id, month)")

    def init(self):
        """Install the guard: reopenings are kept, and each step is made once."""
        self.env.cr.execute(_GUARD)

    @api.model
    def _request_texts(self):
        """Say how to ask for a reopening and who decides."""
        return {
            "create": self.env._("Ask for a reopening from the inventory that will take it in."),
            "role": self.env._("Reopening a month is approved by a carbon manager."),
            "decided": self.env._("The reopening of %(month)s is %(state)s."),
            "own": self.env._("You asked for the reopening of %(month)s. Another carbon manager approves it."),
        }

    @api.model
    def _request(self, periods, reason, inventory=None):
        """Ask for closed months to be opened again.

        :param periods: ``carbon.reporting.period`` records
        :param reason: why, in words
        :param inventory: the draft version that will take the corrections in
        :return: the requests
        :raises UserError: without role or reason, or for a month that is not closed
        """
        periods._check_accountant()
        if not (reason or "").strip():
            raise UserError(self.env._("Write why the months are to be opened again."))
        if wrong := periods.filtered(lambda period: period.state != "closed"):
            raise UserError(
                self.env._("%(month)s is not closed, so it needs no reopening.", month=wrong[0].display_name)
            )
        self.env.flush_all()
        return self._ask_for(
            [
                {
                    "period_id": period.id,
                    "company_id": period.company_id.id,
                    "month": period.date_from,
                    "inventory_id": inventory and inventory.id,
                    "reason": reason,
                }
                for period in periods
            ],
            "reopening.request",
        )

    def action_approve(self):
        """Open the months: from now on the ledger takes corrections in.

        :return: True
        """
        self._check_may_decide()
        # sudo: requests change by their buttons only, after the check above
        for request in self.sudo():
            request.env.flush_all()
            activity, emission, approval = request.env.execute_query(_LEDGER_IDS)[0]
            request._transition(
                "open",
                "reopening.approve",
                reason=request.reason,
                values={
                    "approved_by_id": self.env.uid,
                    "approved_on": fields.Datetime.now(),
                    "activity_from_id": activity,
                    "emission_from_id": emission,
                    "approval_from_id": approval,
                },
            )
            request.flush_recordset()
            request.period_id._reopen_for(request)
        return True

    def action_refuse(self):
        """Leave the months closed.

        :return: True
        """
        self._check_may_decide()
        # sudo: as for the approval
        for request in self.sudo():
            request._transition(
                "refused",
                "reopening.refuse",
                values={"approved_by_id": self.env.uid, "approved_on": fields.Datetime.now()},
            )
        return True

    def action_close(self):
        """Close the months again.

        :return: True
        """
        self.filtered(lambda request: request.state == "open").period_id.action_close()
        return True

    def _finish(self):
        """Keep which ids the ledger gave out while the months were open; called once they are closed."""
        for request in self:
            request.env.flush_all()
            activity, emission, approval = request.env.execute_query(_LEDGER_IDS)[0]
            request._transition(
                "closed",
                "reopening.close",
                values={
                    "closed_on": fields.Datetime.now(),
                    "activity_to_id": activity,
                    "emission_to_id": emission,
                    "approval_to_id": approval,
                },
            )

    def _trail_payload(self):
        """Name the month, the persons and the ids."""
        return {
            "month": f"{self.month:%Y-%m}",
            "requested_by": self.requested_by_id.login,
            "inventory": self.inventory_id.uuid or None,
            "ids": [
                *(self.activity_from_id, self.activity_to_id, self.emission_from_id, self.emission_to_id),
                *(self.approval_from_id, self.approval_to_id),
            ],
        }
