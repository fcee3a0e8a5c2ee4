"""SQL of the engine: emissions of unchanged activity data after a change of factors."""

from odoo import api, models
from odoo.tools import SQL

from .carbon_engine_sql import EMISSION_COLUMNS
from .carbon_engine_target import SCALE


class CarbonEngineRefresh(models.AbstractModel):
    """The statement that follows factor versions."""

    _inherit = "carbon.engine"

    @api.model
    def _refresh_range(self, origin_model, company, id_from, id_to):
        """Bring the emissions of a range of ids of one company to the factor versions of today; activity data stay.

        :return: dict of counts, see :meth:`_counts`
        """
        companies = (company.id,)
        self.env.flush_all()
        counts = self._counts((0,) * 7)
        with self._bulk_settings():
            _late, counts["issues"] = self._refresh_many(
                origin_model,
                lambda column: SQL("%s BETWEEN %s AND %s", column, id_from, id_to),
                companies,
                self._breakpoints(companies),
                counts,
            )
        self._forget_rows()
        return counts

    @api.model
    def _refresh_many(self, origin_model, scope, companies, breakpoints, counts):
        """Run the statement that follows factor versions, inside :meth:`_bulk_settings`, and add to the counts.

        :return: number of rows in closed months, and of changes of the worklist
        """
        self.env.cr.execute(self._sql_refresh(origin_model, scope, companies, breakpoints))
        new, reversed_, deleted, late, issues = self.env.cr.fetchone()
        counts["emissions"] += new + reversed_
        counts["deleted"] += deleted
        return late, issues

    @api.model
    def _sql_refresh(self, origin_model, scope, companies, breakpoints=None):
        """Return the statement that brings emissions of unchanged activity data to today's factor versions.

        A changed version makes a counter row and a new row of the emission alone; the activity stays. So does a result
        of electricity that begins or ends to stand for the other basis. In
        set-up the old emission is deleted. Closed periods are left out: they show as late adjustments.
        :return: SQL of one row: new, reversed, deleted, late
        """
        one = SQL("= %s", companies[0]) if len(companies) == 1 else SQL("= ANY(%s)", list(companies))
        return SQL(
            """
            WITH top AS MATERIALIZED (
              SELECT DISTINCT ON (a.company_id, a.origin_id, a.origin_part) a.id, a.company_id, a.origin_id, a.origin_part,
                     a.reverses_id, a.date, a.source_id AS sid, a.quantity, a.product_id, a.partner_id, a.kind, a.label, a.uom_id
                FROM carbon_activity_data a
               WHERE a.company_id %(one)s AND a.origin_model = %(model)s AND %(scope)s
               ORDER BY a.company_id, a.origin_id, a.origin_part, a.seq DESC),
            live AS MATERIALIZED (SELECT * FROM top WHERE reverses_id IS NULL),
            %(versions)s,
            want AS MATERIALIZED (
              SELECT l.*, fv.stream, fv.category_id, fv.version_id, fv.found_id,
                     CASE WHEN fv.num = fv.den THEN l.quantity ELSE round(l.quantity * fv.num * %(scale)s / fv.den, 12) END AS eq,
                     NULLIF(fv.basis = fv.sole, FALSE) AS lends
                FROM live l JOIN fv ON fv.sid = l.sid AND fv.fkey = %(fkey)s),
            have AS MATERIALIZED (
              SELECT DISTINCT ON (e.activity_id, e.stream) e.*
                FROM carbon_emission_line e JOIN live l ON l.id = e.activity_id
               ORDER BY e.activity_id, e.stream, e.seq DESC),
            dif AS MATERIALIZED (
              SELECT COALESCE(w.id, h.activity_id) AS aid, COALESCE(w.company_id, h.company_id) AS cid, COALESCE(w.date, h.date) AS edate,
                     w.sid, w.product_id, w.partner_id, COALESCE(w.stream, h.stream) AS estream, w.category_id, w.version_id, w.eq,
                     w.lends, h.seq AS top_seq, CASE WHEN h.reverses_id IS NULL THEN h.id END AS live_id
                FROM (SELECT * FROM want WHERE version_id IS NOT NULL) w
                FULL JOIN have h ON h.activity_id = w.id AND h.stream = w.stream
               WHERE CASE WHEN w.id IS NULL THEN h.reverses_id IS NULL
                          WHEN h.id IS NULL OR h.reverses_id IS NOT NULL THEN TRUE
                          ELSE (w.version_id, w.eq, w.category_id, w.lends IS TRUE)
                               IS DISTINCT FROM (h.version_id, h.quantity, h.category_id, h.lends IS TRUE) END),
            act AS MATERIALIZED (
              SELECT d.*, %(state)s AS state FROM dif d
                LEFT JOIN carbon_system sy ON sy.company_id = d.cid
                LEFT JOIN carbon_reporting_period p ON p.company_id = d.cid AND p.date_from = date_trunc('month', d.edate)::date),
            del AS (
              DELETE FROM carbon_emission_line e USING act WHERE e.id = act.live_id AND act.state = 'setup' RETURNING e.id),
            rev AS (
              INSERT INTO carbon_emission_line (%(ecols)s)
              SELECT e.activity_id, e.company_id, e.date, e.source_id, e.category_id, e.product_id, e.partner_id, e.stream,
                     e.version_id, -e.quantity, e.seq + 1, e.id, e.lends
                FROM act JOIN carbon_emission_line e ON e.id = act.live_id WHERE act.state = 'open' RETURNING id),
            new AS (
              INSERT INTO carbon_emission_line (%(ecols)s)
              SELECT a.aid, a.cid, a.edate, a.sid, a.category_id, a.product_id, a.partner_id, a.estream, a.version_id, a.eq,
                     COALESCE(a.top_seq + 1, 0) + (a.live_id IS NOT NULL AND a.state = 'open')::int, NULL, a.lends
                FROM act a WHERE a.version_id IS NOT NULL AND a.state <> 'closed' RETURNING id),
            -- what a changed factor would move in a closed month: the versions, and the difference in t CO2e
            late AS (
              SELECT a.aid, string_agg(format('%%s: %%s → %%s, %%s t CO2e', f.code,
                            COALESCE(ov.date_from::text, '–'),
                            COALESCE(nv.date_from::text, '–'), to_char(COALESCE(x.kg, 0) / 1000, 'FMSG999999999990.000')),
                            '; ' ORDER BY f.code) AS message
                FROM act a
                LEFT JOIN carbon_emission_line le ON le.id = a.live_id
                LEFT JOIN carbon_emission_factor_version ov ON ov.id = le.version_id
                LEFT JOIN carbon_emission_factor_version nv ON nv.id = a.version_id
                LEFT JOIN carbon_emission_factor f ON f.id = COALESCE(nv.factor_id, ov.factor_id)
                LEFT JOIN carbon_system own ON own.company_id = a.cid
                LEFT JOIN LATERAL (
                  SELECT SUM(v.quantity * g.kg_per_unit * COALESCE(w.value, 0)) AS kg
                    FROM (VALUES (le.version_id, -le.quantity), (a.version_id, a.eq)) AS v(version_id, quantity)
                    JOIN carbon_emission_factor_gas g ON g.version_id = v.version_id AND g.kind = 'fossil'
                    JOIN carbon_gas ga ON ga.id = g.gas_id
                    LEFT JOIN carbon_gwp_value w ON w.gas_id = g.gas_id
                     AND w.gwp_set_id = CASE WHEN ga.is_pseudo THEN ga.pseudo_gwp_set_id
                                             ELSE COALESCE(own.gwp_set_id, %(gwp)s) END) x ON TRUE
               WHERE a.state = 'closed' GROUP BY a.aid),
            seen AS (SELECT w.id, bool_or(w.version_id IS NULL) AS missing,
                            bool_or(w.found_id IS NULL) AS unfound FROM want w GROUP BY w.id),
            bad AS MATERIALIZED (
              SELECT l.*, x.message, CASE WHEN x.aid IS NOT NULL THEN 'late' WHEN n.unfound THEN 'factor' WHEN n.missing THEN 'price'
                               WHEN n.id IS NULL AND s.kind <> 'output' THEN 'nofactor' END AS reason
                FROM live l
                LEFT JOIN late x ON x.aid = l.id
                LEFT JOIN seen n ON n.id = l.id
                LEFT JOIN carbon_source s ON s.id = l.sid),
            put AS (
              INSERT INTO carbon_collection_issue (company_id, origin_model, origin_id, origin_part, reason, state, kind, label, date,
                     product_id, partner_id, quantity, uom_id, source_id, message, first_seen, last_seen, attempts)
              SELECT b.company_id, %(model)s, b.origin_id, b.origin_part, b.reason, 'open', b.kind, b.label, b.date, b.product_id,
                     b.partner_id, CASE WHEN b.reason <> 'late' THEN b.quantity END, b.uom_id, b.sid, b.message,
                     now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1
                FROM bad b WHERE b.reason IS NOT NULL
              ON CONFLICT (company_id, origin_model, origin_id, origin_part) DO UPDATE
                 SET reason = EXCLUDED.reason, state = 'open', last_seen = EXCLUDED.last_seen, source_id = EXCLUDED.source_id,
                     message = EXCLUDED.message, quantity = EXCLUDED.quantity
               -- a late document, which has a quantity, says more than the factor of what the ledger still holds of it
               WHERE (carbon_collection_issue.state <> 'open' OR carbon_collection_issue.reason IN ('factor', 'nofactor', 'price', 'failed')
                      OR carbon_collection_issue.reason = EXCLUDED.reason AND carbon_collection_issue.quantity IS NULL)
                 AND (carbon_collection_issue.reason, carbon_collection_issue.state, carbon_collection_issue.message)
                     IS DISTINCT FROM (EXCLUDED.reason, 'open', EXCLUDED.message)
              RETURNING id),
            done AS (
              UPDATE carbon_collection_issue i SET state = 'resolved', last_seen = now() AT TIME ZONE 'UTC'
                FROM bad b
               WHERE b.reason IS NULL AND i.company_id = b.company_id AND i.origin_model = %(model)s AND i.origin_id = b.origin_id
                 AND i.origin_part = b.origin_part AND i.state = 'open' AND i.reason IN ('factor', 'nofactor', 'price') RETURNING i.id)
            SELECT (SELECT count(*) FROM new), (SELECT count(*) FROM rev), (SELECT count(*) FROM del), (SELECT count(*) FROM late),
                   (SELECT count(*) FROM put) + (SELECT count(*) FROM done)
            """,
            one=one,
            model=origin_model,
            scope=scope(SQL("a.origin_id")),
            ecols=SQL(EMISSION_COLUMNS),
            gwp=self.env.ref("carbon_accounting.gwp_set_ar6").id,
            scale=SCALE,
            versions=self._sql_versions(SQL("live"), breakpoints),
            fkey=self._sql_date_key(SQL("l.date"), breakpoints),
            state=self._sql_period_state("p", "sy"),
        )
