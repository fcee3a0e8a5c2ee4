import psycopg2
from psycopg2.errorcodes import UNIQUE_VIOLATION

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import SQL

from .carbon_data_gap import ACCOUNTANT

#: Which rows a decision takes, by what they are now.
_FROM = {
    "approved": ("pending",),
    "rejected": ("pending",),
    "withdrawn": ("approved", "rejected"),
}
_EVENTS = {"approved": "data.approve", "rejected": "data.reject", "withdrawn": "data.withdraw"}


class CarbonDataDecision(models.Model):
    """Deciding on many rows of activity data in one statement."""

    _inherit = "carbon.data.decision"

    @api.model
    def _check_checker(self, company):
        """Refuse people who may not decide on data of a company.

        :raises AccessError: without the role, and for the system's own user: data are approved by a person
        :raises UserError: where the company does not approve its data
        """
        user = self.env.user
        if self.env.uid == SUPERUSER_ID:
            raise AccessError(self.env._("Data are approved by a person, not by the system."))
        if not user.has_group(ACCOUNTANT):
            raise AccessError(self.env._("Data are approved by a carbon accountant."))
        if company not in user.company_ids:
            raise AccessError(self.env._("You have no access to the data of this company."))
        if not self.env["carbon.engine"]._approving(company.ids):
            raise UserError(
                self.env._(
                    "%(company)s does not approve its data: they count at once. Switch approval on in the carbon system first.",
                    company=company.name,
                )
            )

    @api.model
    def _decide(self, outcome, company, where, reason=None, days=(None, None), also=()):
        """Decide on the rows of a company, all that the condition leaves, in one statement.

        Left out are rows that the checker made, rows of months whose anomaly nobody has explained (both on approval only), and
        rows of closed months or that correct one. Counter rows go with the row that follows them in their document.

        :param outcome: ``approved``, ``rejected`` or ``withdrawn``
        :param where: SQL condition on activity data ``a``
        :param reason: needed to reject and to withdraw
        :param days: first and last day of the rows, as far as known
        :param also: further states that are taken, ``rejected`` for an approval after all
        :return: dict of counts: ``rows``, what was left out as ``own``, ``odd``, ``shut``, and ``seen``, anomalies found just now
        """
        self._check_checker(company)
        if outcome != "approved" and not (reason or "").strip():
            raise UserError(self.env._("Write the reason: whoever corrects the document reads it."))
        self.env.flush_all()
        seen = self._look_before(company, where, days) if outcome == "approved" else 0
        decision_id = self.env.execute_query(SQL("SELECT nextval('carbon_data_decision_id_seq')::int"))[0][0]
        states = [*_FROM[outcome], *also]
        try:
            with self.env.cr.savepoint(flush=False):
                row = self.env.execute_query(
                    self._sql_decide(decision_id, outcome, company, where, states, reason, days)
                )[0]
        except psycopg2.IntegrityError as error:
            if error.pgcode == UNIQUE_VIOLATION:  # another checker was faster: look again
                raise ConcurrencyError(str(error)) from error
            raise
        counts = dict(zip(("rows", "own", "odd", "shut", "groups"), row, strict=True))
        groups = counts.pop("groups") or []
        counts["seen"] = seen
        if counts["rows"]:
            self._record(decision_id, outcome, company, reason, counts["rows"], groups)
        self.env["carbon.activity.data"].invalidate_model(flush=False)
        self.env["carbon.data.approval"].invalidate_model(flush=False)
        self.env["carbon.collection.issue"].invalidate_model(flush=False)
        return counts

    @api.model
    def _look_before(self, company, where, days):
        """Look for anomalies in the months of the rows that are to be approved.

        :return: number of anomalies that are new or open again
        """
        first, last = days
        rows = self.env.execute_query(
            SQL(
                "SELECT min(a.date), max(a.date), array_agg(DISTINCT a.source_id) FROM carbon_activity_data a "
                "WHERE a.company_id = %s AND a.date BETWEEN %s AND %s AND (%s)",
                *(company.id, first or "-infinity", last or "infinity", where),
            )
        )
        first, last, sources = rows[0]
        if not first:
            return 0
        return self.env["carbon.data.anomaly"]._find(company, first, last, sources, settle=False)

    @api.model
    def _record(self, decision_id, outcome, company, reason, count, groups, **values):
        """Write the decision and its entry in the audit trail.

        :param groups: list of ``[source id, month, rows, quantity as text]``
        """
        months = sorted(group[1] for group in groups)
        columns = {
            "id": decision_id,
            "company_id": company.id,
            "outcome": outcome,
            "user_id": self.env.uid,
            "decided_on": fields.Datetime.now(),
            "reason": reason or None,
            "row_count": count,
            "date_from": months[0] if months else None,
            "date_to": fields.Date.end_of(fields.Date.to_date(months[-1]), "month") if months else None,
            "source_ids": SQL("%s::jsonb", str(sorted({group[0] for group in groups}))),
            **values,
        }
        self.env.cr.execute(
            SQL(
                "INSERT INTO carbon_data_decision (%s) VALUES (%s)",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(value if isinstance(value, SQL) else SQL("%s", value) for value in columns.values()),
            )
        )
        sources = self.env["carbon.source"].browse({group[0] for group in groups})
        names = {source.id: source.code or source.with_context(lang=None).name for source in sources}
        self.env["carbon.trail.entry"]._append(
            company,
            _EVENTS.get(outcome, "data.accept"),
            record=self.browse(decision_id),
            payload={
                "decision": decision_id,
                "rows": count,
                "groups": [[names[source], month[:7], rows, quantity] for source, month, rows, quantity in groups],
                **{name: value and str(value) for name, value in values.items()},
            },
            reason=reason,
        )

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------
    @api.model
    def _sql_decide(self, decision_id, outcome, company, where, states, reason, days):
        """Return the statement that decides.

        ``state`` the rows asked for, ``chosen`` those that can be decided on, ``own`` and ``odd`` what the checker may not
        approve, ``follow`` counter rows that go with a chosen row, ``go`` what is decided.

        :return: SQL of one row: decided, own, odd, reaching into closed months, and the groups as JSON
        """
        approve = outcome == "approved"
        return SQL(
            """
            WITH state AS MATERIALIZED (%(status)s),
            chosen AS MATERIALIZED (
              SELECT s.* FROM state s
               WHERE s.status = ANY(%(states)s) AND %(recorded)s
                 AND (s.reverses_id IS NULL OR NOT EXISTS (  -- a counter row is decided on with what follows it
                      SELECT 1 FROM carbon_activity_data n
                       WHERE n.company_id = s.company_id AND n.origin_model = s.origin_model AND n.origin_id = s.origin_id
                         AND n.origin_part = s.origin_part AND n.seq > s.seq))),
            own AS MATERIALIZED (%(own)s),
            odd AS MATERIALIZED (%(odd)s),
            follow AS MATERIALIZED (%(follow)s),
            late AS MATERIALIZED (
              SELECT x.id FROM (SELECT id, company_id, date FROM chosen UNION ALL SELECT lead_id, company_id, date FROM follow) x
                JOIN carbon_reporting_period p ON p.company_id = x.company_id AND p.state = 'closed'
                 AND p.date_from = date_trunc('month', x.date::timestamp)::date
               GROUP BY x.id),
            lead AS MATERIALIZED (
              SELECT c.id, c.company_id, c.date, c.next_seq, c.source_id, c.quantity FROM chosen c
               WHERE NOT EXISTS (SELECT 1 FROM own o WHERE o.id = c.id) AND NOT EXISTS (SELECT 1 FROM odd o WHERE o.id = c.id)
                 AND NOT EXISTS (SELECT 1 FROM late l WHERE l.id = c.id)),
            go AS MATERIALIZED (
              SELECT * FROM lead
              UNION
              SELECT f.id, f.company_id, f.date, f.next_seq, f.source_id, f.quantity FROM follow f JOIN lead l ON l.id = f.lead_id),
            put AS (
              INSERT INTO carbon_data_approval (decision_id, activity_id, company_id, date, outcome, seq)
              SELECT %(decision)s, g.id, g.company_id, g.date, %(outcome)s, g.next_seq FROM go g ORDER BY g.date, g.id
              RETURNING activity_id),
            %(issue)s
            SELECT (SELECT count(*)::int FROM put), (SELECT count(*)::int FROM own), (SELECT count(*)::int FROM odd),
                   (SELECT count(*)::int FROM late),
                   (SELECT json_agg(json_build_array(z.source_id, z.month, z.n, z.q) ORDER BY z.month, z.source_id) FROM (
                      SELECT g.source_id, date_trunc('month', g.date::timestamp)::date AS month, count(*) AS n,
                             trim_scale(SUM(g.quantity))::text AS q FROM go g GROUP BY 1, 2) z)
            """,
            status=self.env["carbon.engine"]._sql_status(company.ids, where, *days),
            states=states,
            recorded=self._sql_recorded() if outcome == "withdrawn" else SQL("TRUE"),
            own=self._sql_own() if approve else SQL("SELECT NULL::int AS id WHERE FALSE"),
            odd=self._sql_odd() if approve else SQL("SELECT NULL::int AS id WHERE FALSE"),
            follow=self._sql_follow(outcome, company),
            decision=decision_id,
            outcome=outcome,
            issue=self._sql_issue(outcome, reason),
        )

    @api.model
    def _sql_recorded(self):
        """Return the condition that a row has a decision of its own, and no correction of it counts already.

        What counts by the decision of switching on has no approval that could be withdrawn.
        """
        return SQL(
            "s.outcome IN ('approved', 'rejected') AND NOT EXISTS (SELECT 1 FROM carbon_activity_data x "
            "JOIN carbon_data_approval p ON p.activity_id = x.id AND p.outcome = 'approved' WHERE x.reverses_id = s.id "
            "AND NOT EXISTS (SELECT 1 FROM carbon_data_approval l WHERE l.activity_id = p.activity_id AND l.seq > p.seq))"
        )

    @api.model
    def _sql_own(self):
        """Return the ids of chosen rows whose document the user made."""
        sources = self.env["carbon.event.source"]
        return SQL(" UNION ").join(
            SQL(
                "SELECT c.id FROM chosen c WHERE c.origin_model = %s AND c.origin_id IN (%s)",
                name,
                sources._sql_made_by(name, self.env.uid),
            )
            for name in sorted(sources._providers())
        )

    @api.model
    def _sql_odd(self):
        """Return the ids of chosen rows of months whose anomaly nobody has explained."""
        return SQL(
            "SELECT c.id FROM chosen c JOIN carbon_data_anomaly y ON y.source_id = c.source_id AND y.state = 'open' "
            "AND y.date = date_trunc('month', c.date::timestamp)::date"
        )

    @api.model
    def _sql_follow(self, outcome, company):
        """Return the counter rows that are decided on with a chosen row (``lead_id``).

        On approval those of rows that count; on rejection the same; on withdrawal the one that was decided on with it, so that
        what counted before counts again.
        """
        engine = self.env["carbon.engine"]
        before = SQL(
            """
            SELECT s.id, s.company_id, s.date, s.next_seq, s.source_id, s.quantity, s.status, s.outcome, s.seq, n.id AS lead_id,
                   n.outcome AS lead_outcome
              FROM chosen n CROSS JOIN LATERAL (%s) s
             WHERE n.seq > 0 AND n.reverses_id IS NULL
            """,
            engine._sql_status(
                company.ids,
                SQL(
                    "a.origin_model = n.origin_model AND a.origin_id = n.origin_id AND a.origin_part = n.origin_part "
                    "AND a.seq < n.seq AND a.reverses_id IS NOT NULL"
                ),
            ),
        )
        if outcome == "withdrawn":
            return SQL(
                "SELECT DISTINCT ON (f.lead_id) f.* FROM (%s) f WHERE f.outcome = f.lead_outcome ORDER BY f.lead_id, f.seq DESC",
                before,
            )
        states = ["pending", "rejected"] if outcome == "approved" else ["pending"]
        return SQL("SELECT f.* FROM (%s) f WHERE f.status = ANY(%s)", before, states)

    @api.model
    def _sql_issue(self, outcome, reason):
        """Return the CTE that writes what was rejected to the worklist, or takes it off again."""
        if outcome == "rejected":
            return SQL(
                """
                told AS (
                  INSERT INTO carbon_collection_issue (company_id, origin_model, origin_id, origin_part, reason, state, kind, label, date,
                         product_id, partner_id, quantity, uom_id, source_id, message, first_seen, last_seen, attempts)
                  SELECT c.company_id, c.origin_model, c.origin_id, c.origin_part, 'rejected', 'open', c.kind, c.label, c.date,
                         c.product_id, c.partner_id, c.quantity, c.uom_id, c.source_id, %s, now() AT TIME ZONE 'UTC',
                         now() AT TIME ZONE 'UTC', 1
                    FROM chosen c JOIN lead l ON l.id = c.id
                  ON CONFLICT (company_id, origin_model, origin_id, origin_part) DO UPDATE
                     SET reason = 'rejected', state = 'open', message = EXCLUDED.message, kind = EXCLUDED.kind, label = EXCLUDED.label,
                         date = EXCLUDED.date, quantity = EXCLUDED.quantity, uom_id = EXCLUDED.uom_id, amount = NULL,
                         source_id = EXCLUDED.source_id, last_seen = EXCLUDED.last_seen)
                """,
                reason,
            )
        return SQL(
            """
            told AS (
              UPDATE carbon_collection_issue i SET state = 'resolved', last_seen = now() AT TIME ZONE 'UTC'
                FROM chosen c JOIN lead l ON l.id = c.id
               WHERE i.company_id = c.company_id AND i.origin_model = c.origin_model AND i.origin_id = c.origin_id
                 AND i.origin_part = c.origin_part AND i.state = 'open' AND i.reason = 'rejected')
            """
        )

    # ------------------------------------------------------------------
    # What people hear
    # ------------------------------------------------------------------
    @api.model
    def _tell(self, outcome, counts):
        """Return the notification of a decision.

        :param counts: sums of what :meth:`_decide` returned
        :raises UserError: if nothing was decided, with the reasons. Not where an anomaly was found just now: it is kept for the list
            of anomalies.
        """
        left = []
        if counts["own"]:
            left.append(self.env._("%(count)s rows are your own: another person approves them.", count=counts["own"]))
        if counts["odd"]:
            left.append(
                self.env._(
                    "%(count)s rows belong to months whose anomaly nobody has explained: explain it first (Collect ▸ Anomalies).",
                    count=counts["odd"],
                )
            )
        if counts["shut"]:
            left.append(
                self.env._(
                    "%(count)s rows lie in a closed month or correct one: ask a carbon manager to reopen it.",
                    count=counts["shut"],
                )
            )
        if not counts["rows"] and not (counts["seen"] and counts["odd"]):
            raise UserError("\n".join(left) or self.env._("Nothing is left to decide: the rows have been decided on."))
        words = {
            "approved": self.env._("%(count)s rows approved: they count now.", count=counts["rows"]),
            "rejected": self.env._("%(count)s rows rejected: they are on the worklist.", count=counts["rows"]),
            "withdrawn": self.env._("%(count)s decisions withdrawn: the rows wait again.", count=counts["rows"]),
        }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "message": " ".join([words[outcome], *left] if counts["rows"] else left),
                "sticky": bool(left),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
