from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class CarbonReportingPeriod(models.Model):
    """A month of the ledger of one company.

    In *set-up* collection may delete and rewrite rows, so that trying rules costs nothing. An *open*
    period is append-only for ever. A *closed* one accepts no row at all; the database refuses it. Rows
    hold no state: closing changes one record, whatever the number of rows.
    """

    _name = "carbon.reporting.period"
    _description = "Reporting Period"
    _order = "date_from desc, company_id"
    _rec_name = "date_from"

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    date_from = fields.Date(string="Month", required=True)
    date_to = fields.Date(compute="_compute_date_to")
    year = fields.Char(compute="_compute_year", store=True, precompute=True)
    state = fields.Selection(
        [("setup", "Set-up"), ("open", "Open"), ("closed", "Closed")],
        required=True,
        default="open",
        readonly=True,
    )
    closed_on = fields.Datetime(readonly=True)
    closed_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    # counted by the database, see init
    reopen_count = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)

    _month_uniq = models.UniqueIndex("(company_id, date_from)", "This month exists already as a reporting period.")
    _month_start = models.Constraint(
        "CHECK(date_from = date_trunc('month', date_from)::date)",
        "A reporting period is a calendar month: enter its first day.",
    )

    @api.depends("date_from")
    def _compute_date_to(self):
        for period in self:
            period.date_to = period.date_from and period.date_from + relativedelta(months=1, days=-1)

    @api.depends("date_from")
    def _compute_year(self):
        for period in self:
            period.year = str(period.date_from.year) if period.date_from else False

    @api.depends("date_from", "company_id")
    def _compute_display_name(self):
        for period in self:
            period.display_name = f"{period.date_from:%Y-%m}" if period.date_from else ""

    def init(self):
        """Install the guard of period rows.

        Closed and open never go back to set-up, none of them is deleted, and none begins in set-up in a live system.
        A closed one opens only after the audit trail, which only grows, has the entry of one more reopening.
        """
        self.env.cr.execute(
            """
            UPDATE carbon_reporting_period p SET reopen_count = (
                   SELECT count(*) FROM carbon_trail_entry t WHERE t.company_id = p.company_id AND t.event = 'period.reopen'
                      AND t.payload::jsonb ->> 'period' = to_char(p.date_from, 'YYYY-MM'))
             WHERE p.reopen_count IS NULL
            """
        )
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION carbon_period_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'TRUNCATE' THEN
                    RAISE EXCEPTION 'reporting periods cannot be truncated' USING ERRCODE = 'restrict_violation';
                ELSIF TG_OP = 'DELETE' THEN
                    IF OLD.state <> 'setup' THEN
                        RAISE EXCEPTION 'reporting period % of company % is %: it cannot be deleted',
                            to_char(OLD.date_from, 'YYYY-MM'), OLD.company_id, OLD.state USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN OLD;
                END IF;
                IF NEW.state = 'setup'
                   AND (TG_OP = 'INSERT' OR (OLD.date_from, OLD.company_id) IS DISTINCT FROM (NEW.date_from, NEW.company_id))
                   AND EXISTS (SELECT 1 FROM carbon_system s WHERE s.company_id = NEW.company_id AND s.phase = 'live') THEN
                    RAISE EXCEPTION 'company % is live: reporting period % cannot be in set-up',
                        NEW.company_id, to_char(NEW.date_from, 'YYYY-MM') USING ERRCODE = 'restrict_violation';
                END IF;
                IF TG_OP = 'INSERT' THEN
                    NEW.reopen_count := 0;
                    RETURN NEW;
                END IF;
                IF OLD.state <> 'setup' AND NEW.state = 'setup' THEN
                    RAISE EXCEPTION 'reporting period % of company % was opened: it cannot return to set-up',
                        to_char(OLD.date_from, 'YYYY-MM'), OLD.company_id USING ERRCODE = 'restrict_violation';
                END IF;
                IF OLD.state <> 'setup' AND (OLD.date_from, OLD.company_id) IS DISTINCT FROM (NEW.date_from, NEW.company_id) THEN
                    RAISE EXCEPTION 'reporting period % of company % is %: its month and company are fixed',
                        to_char(OLD.date_from, 'YYYY-MM'), OLD.company_id, OLD.state USING ERRCODE = 'restrict_violation';
                END IF;
                NEW.reopen_count := OLD.reopen_count;
                IF OLD.state = 'closed' AND NEW.state <> 'closed' THEN
                    NEW.reopen_count := COALESCE(OLD.reopen_count, 0) + 1;
                    IF NEW.reopen_count > (SELECT count(*) FROM carbon_trail_entry t
                                            WHERE t.company_id = OLD.company_id AND t.event = 'period.reopen'
                                              AND t.payload::jsonb ->> 'period' = to_char(OLD.date_from, 'YYYY-MM')) THEN
                        RAISE EXCEPTION 'reporting period % of company % is closed: the audit trail knows of no reopening',
                            to_char(OLD.date_from, 'YYYY-MM'), OLD.company_id USING ERRCODE = 'restrict_violation';
                    END IF;
                END IF;
                RETURN NEW;
            END $$;
            DROP TRIGGER IF EXISTS carbon_period_guard ON carbon_reporting_period;
            CREATE TRIGGER carbon_period_guard BEFORE INSERT OR UPDATE OR DELETE ON carbon_reporting_period
                FOR EACH ROW EXECUTE FUNCTION carbon_period_guard();
            DROP TRIGGER IF EXISTS carbon_period_guard_truncate ON carbon_reporting_period;
            CREATE TRIGGER carbon_period_guard_truncate BEFORE TRUNCATE ON carbon_reporting_period
                FOR EACH STATEMENT EXECUTE FUNCTION carbon_period_guard();
            """
        )

    def write(self, vals):
        """The state changes only through the buttons, which leave their mark in the trail."""
        if {
            "state",
            "closed_on",
            "closed_by_id",
            "reopen_count",
        } & vals.keys() and self.env.context.get("carbon_period_act") is not _ACT:
            raise UserError(
                self.env._(
                    "The state of reporting period %(period)s changes with its buttons only.",
                    period=self[:1].display_name,
                )
            )
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        """A period begins in set-up while its system does, else open, whatever a caller or the defaults of a context say."""
        prepared, phases = [], {}
        for vals in vals_list:
            if vals.get("state") == "closed":
                raise ValidationError(self.env._("Create the reporting period first, then close it with its button."))
            company = vals.get("company_id") or self.default_get(["company_id"]).get("company_id")
            if company and company not in phases:
                # sudo: the phase of the company's system, whoever creates the month
                systems = self.env["carbon.system"].sudo()
                phases[company] = systems._get(self.env["res.company"].browse(company)).phase
            state = "setup" if phases.get(company) == "setup" else "open"
            prepared.append({**vals, "company_id": company, "state": state, "closed_on": False, "closed_by_id": False})
        return super().create(prepared)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for period in self:
            if period.state != "setup":
                raise UserError(
                    self.env._(
                        "Reporting period %(period)s is in use and cannot be deleted.",
                        period=period.display_name,
                    )
                )

    def _act(self, event, vals, reason=None):
        """Change the state of one period and append the trail entry. Constant time for any number of rows."""
        for period in self:
            # the entry comes first: the database lets no closed month open without it
            self.env["carbon.trail.entry"]._append(
                period.company_id,
                event,
                record=period,
                payload={"period": f"{period.date_from:%Y-%m}"},
                from_state=period.state,
                to_state=vals["state"],
                reason=reason,
            )
            period.with_context(carbon_period_act=_ACT).write(vals)
        self.flush_recordset()

    def _check_accountant(self):
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise UserError(self.env._("Only a carbon accountant may open, close or reopen reporting periods."))
        self.check_access("write")

    def action_open(self):
        """Open periods in set-up: from now on they are append-only for ever."""
        self._check_accountant()
        self.filtered(lambda p: p.state == "setup")._act("period.open", {"state": "open"})

    def action_close(self):
        """Close the periods: the database then refuses every row in them.

        :raises UserError: if a period is still in set-up or not over, or the ledger may not follow its documents
        """
        self._check_accountant()
        if setup := self.filtered(lambda p: p.state == "setup"):
            raise UserError(
                self.env._(
                    "Reporting period %(period)s is in set-up. Open it before you close it.",
                    period=setup[0].display_name,
                )
            )
        opened = self.filtered(lambda p: p.state == "open")
        opened._require_tz()
        opened._require_over()
        opened._require_collected()
        opened._act(
            "period.close",
            {
                "state": "closed",
                "closed_on": fields.Datetime.now(),
                "closed_by_id": self.env.uid,
            },
        )

    def _require_tz(self):
        """Refuse to close while the time zone was not chosen: closing fixes it, and with it the month of each document."""
        # sudo: the accountant closes, the settings of the company are the manager's
        self.env["carbon.system"].sudo().search([("company_id", "in", self.company_id.ids)])._require_tz()

    def _is_over(self):
        """Tell whether the last day of the period has passed in the time zone of its company."""
        self.ensure_one()
        # sudo: one setting of the company whose period it is
        return self.date_to < self.env["carbon.system"].sudo()._get(self.company_id)._today()

    def _not_over_text(self):
        """Say from when on the period can be closed."""
        self.ensure_one()
        return self.env._(
            "%(period)s is not over: its documents are still to come. It can be closed from %(day)s on.",
            period=self.display_name,
            day=format_date(self.env, self.date_to + timedelta(days=1)),
        )

    def _require_over(self):
        """Refuse to close what is not over: what happens until its end would be a late adjustment."""
        if running := self.filtered(lambda period: not period._is_over())[:1]:
            raise UserError(running._not_over_text())

    def _require_collected(self):
        """Refuse to close what the ledger does not follow yet: corrections would come too late for the month."""
        engine = self.env["carbon.engine"]
        first = {company: min(periods.mapped("date_from")) for company, periods in self.grouped("company_id").items()}
        pending = engine._collection_pending(self.company_id, first)
        if waiting := self.filtered(lambda p: p.company_id in pending)[:1]:
            company = waiting.company_id
            raise UserError(
                self.env._(
                    "%(reason)s Then close %(period)s.",
                    reason=engine._pending_text(pending[company], company),
                    period=waiting.display_name,
                )
            )

    def action_reopen(self):
        """Reopen closed periods. Late adjustments can then be collected."""
        self._check_accountant()
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_manager"):
            raise UserError(self.env._("Only a carbon manager may reopen a closed reporting period."))
        self.filtered(lambda p: p.state == "closed")._act(
            "period.reopen",
            {"state": "open", "closed_on": False, "closed_by_id": False},
        )

    @api.model
    def _ensure(self, company, date_from, date_to):
        """Create the missing months of a range in the state that the phase of the company's system asks for.

        :param company: one company
        :return: the periods of the range
        """
        system = self.env["carbon.system"]._get(company)
        state = "setup" if system.phase == "setup" else "open"
        first = date_from.replace(day=1)
        have = set(
            self.search(
                [
                    ("company_id", "=", company.id),
                    ("date_from", ">=", first),
                    ("date_from", "<=", date_to),
                ]
            ).mapped("date_from")
        )
        vals_list = []
        while first <= date_to:
            if first not in have:
                vals_list.append({"company_id": company.id, "date_from": first, "state": state})
            first += relativedelta(months=1)
        self.create(vals_list)
        return self.search(
            [
                ("company_id", "=", company.id),
                ("date_from", ">=", date_from.replace(day=1)),
                ("date_from", "<=", date_to),
            ]
        )


_ACT = object()  # identity of the gate: an RPC context is JSON and cannot carry it
