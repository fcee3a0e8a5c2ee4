from odoo import api, fields, models
from odoo.exceptions import UserError

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_period_override_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'carbon: overrides of the close are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.period_id, OLD.company_id, OLD.uuid, OLD.reason, OLD.requested_by_id, OLD.requested_on, OLD.accepted, OLD.summary)
       IS DISTINCT FROM
       (NEW.period_id, NEW.company_id, NEW.uuid, NEW.reason, NEW.requested_by_id, NEW.requested_on, NEW.accepted, NEW.summary)
       OR (OLD.state, NEW.state) NOT IN (('requested', 'requested'), ('requested', 'confirmed'), ('requested', 'refused'),
           ('confirmed', 'confirmed'), ('confirmed', 'used'), ('refused', 'refused'), ('used', 'used'))
       OR (OLD.state <> 'requested' AND OLD.confirmed_by_id IS DISTINCT FROM NEW.confirmed_by_id) THEN
        RAISE EXCEPTION 'carbon: override % of the close is %: it cannot be changed so', OLD.id, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'requested' AND NEW.state = 'confirmed' AND NOT EXISTS (
           SELECT 1 FROM carbon_trail_entry t WHERE t.company_id = OLD.company_id AND t.event = 'period_override.confirm'
              AND t.res_uuid = OLD.uuid AND t.actor_uid = NEW.confirmed_by_id) THEN
        RAISE EXCEPTION 'carbon: the audit trail knows of nobody who confirmed override % of the close', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS carbon_period_override_guard ON carbon_period_override;
CREATE TRIGGER carbon_period_override_guard BEFORE UPDATE OR DELETE ON carbon_period_override
    FOR EACH ROW EXECUTE FUNCTION carbon_period_override_guard();
DROP TRIGGER IF EXISTS carbon_period_override_truncate ON carbon_period_override;
CREATE TRIGGER carbon_period_override_truncate BEFORE TRUNCATE ON carbon_period_override
    FOR EACH STATEMENT EXECUTE FUNCTION carbon_period_override_guard();
"""
#: Below this part of a tonne two weights are the same.
_NOISE = 1e-6


class CarbonPeriodOverride(models.Model):
    """Closing a month over a material blocker: one person asks with a reason, another confirms (R-139, story S3).

    It covers the blockers of the day on which it was asked for, with their counts and weights: what comes on top of them
    stops the close again. Used up by one close. Invariant: requested and confirmed by two persons, both in the trail.
    """

    _name = "carbon.period.override"
    _description = "Override of the Close"
    _inherit = ["carbon.period.request.mixin"]
    _order = "id desc"
    _rec_name = "period_id"
    _check_company_auto = True
    _gate_frozen_states = ("requested", "confirmed", "refused", "used")

    period_id = fields.Many2one(string="Month", index=True)
    accepted = fields.Json(required=True, readonly=True, export_string_translation=False)
    summary = fields.Text("Blockers", required=True, readonly=True)
    state = fields.Selection(
        [("requested", "Requested"), ("confirmed", "Confirmed"), ("used", "Closed With It"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="requested",
        index=True,
    )
    confirmed_by_id = fields.Many2one("res.users", string="Decided By", readonly=True, ondelete="restrict")
    confirmed_on = fields.Datetime(string="Decided On", readonly=True)

    _pending_uniq = models.UniqueIndex(
        "(period_id) WHERE state IN ('requested', 'confirmed')", "An override of this close was asked for already."
    )
    _two_persons = models.Constraint(
        "CHECK(confirmed_by_id IS NULL OR state = 'refused' OR confirmed_by_id <> requested_by_id)",
        "An override of the close is confirmed by another person than the one who asked for it.",
    )

    def init(self):
        """Install the guard: overrides are kept, and each step is made once."""
        self.env.cr.execute(_GUARD)

    @api.model
    def _request_texts(self):
        """Say how to ask for an override and who decides."""
        return {
            "create": self.env._("Ask for an override from the checklist of the period."),
            "role": self.env._("An override of the close is confirmed by a carbon manager."),
            "decided": self.env._("The override for %(month)s is %(state)s."),
            "own": self.env._("You asked for the override of %(month)s. Another carbon manager confirms it."),
        }

    @api.model
    def _request(self, period, lines, reason):
        """Ask for a month to be closed over its blockers.

        :param period: one ``carbon.reporting.period``
        :param lines: the weighed lines of its checklist that stop the close
        :param reason: why, in words
        :return: the override
        :raises UserError: without reason, or where nothing stops the close
        """
        period._check_accountant()
        if not (reason or "").strip():
            raise UserError(self.env._("Write why the month is to be closed over its blockers."))
        if period.state != "open" or not lines:
            raise UserError(
                self.env._("Nothing stops the close of %(month)s that could be overridden.", month=period.display_name)
            )
        if period._pending_override():
            raise UserError(self.env._("An override for %(month)s was asked for already.", month=period.display_name))
        values = {
            "period_id": period.id,
            "company_id": period.company_id.id,
            "reason": reason,
            "accepted": {line["code"]: {name: line[name] for name in ("count", "t", "unknown")} for line in lines},
            "summary": "\n".join(line["text"] for line in lines),
        }
        return self._ask_for([values], "period_override.request")

    def action_confirm(self):
        """Confirm: the month may be closed over the blockers named.

        :return: True
        """
        self._check_may_decide()
        # sudo: overrides change by their buttons only, after the check above
        for override in self.sudo():
            # the entry comes first: the database lets nothing be confirmed without it
            self.env["carbon.trail.entry"]._append(
                override.company_id,
                "period_override.confirm",
                record=override,
                payload=override._trail_payload(),
                from_state="requested",
                to_state="confirmed",
                reason=override.reason,
            )
            override._transition(
                "confirmed",
                "period_override.change",
                values={"confirmed_by_id": self.env.uid, "confirmed_on": fields.Datetime.now()},
            )
            override.flush_recordset()
        return True

    def action_refuse(self):
        """Refuse: the blockers are to be resolved.

        :return: True
        """
        self._check_may_decide()
        # sudo: as for the confirmation
        self.sudo()._transition(
            "refused",
            "period_override.refuse",
            values={"confirmed_by_id": self.env.uid, "confirmed_on": fields.Datetime.now()},
        )
        return True

    def _covers(self, line):
        """Whether a weighed line of the checklist is no more than what was confirmed."""
        known = (self.accepted or {}).get(line["code"])
        return bool(
            known
            and line["count"] <= known["count"]
            and line["unknown"] <= known["unknown"]
            and line["t"] <= known["t"] + _NOISE
        )

    def _use(self):
        """Mark overrides as used by the close of their months."""
        # sudo: overrides change by steps only, after the checks of the close
        self.sudo()._transition("used", "period_override.use")

    def _trail_payload(self):
        """Name the month, the blockers and the person who asked."""
        return {
            "month": f"{self.period_id.date_from:%Y-%m}",
            "requested_by": self.requested_by_id.login,
            "blockers": {
                code: {"count": part["count"], "t": repr(part["t"]), "unknown": part["unknown"]}
                for code, part in (self.accepted or {}).items()
            },
        }
