"""SQL of the engine, third part: the difference to the ledger, and writing it.

``top`` what the ledger says · ``dif`` the difference · ``act`` with the states of the months · counter rows, new rows,
emissions, worklist. The statement is the same for one receipt and for ten years of history; only the predicate
on the origin's id and the date key differ.
"""

from odoo import api, models
from odoo.tools import SQL

from .carbon_engine_target import SCALE

_ACTIVITY_COLUMNS = (
    "company_id, date, origin_model, origin_id, origin_part, seq, reverses_id, kind, label, rule_id, source_id, "
    "category_id, product_id, partner_id, equipment_id, pair_id, recognition, quantity, uom_id, currency_id, "
    "origin_quantity, origin_uom_id, quality, uncertainty, collected_on"
)
EMISSION_COLUMNS = (
    "activity_id, company_id, date, source_id, category_id, product_id, partner_id, stream, version_id, quantity, "
    "seq, reverses_id, lends"
)


class CarbonEngineSql(models.AbstractModel):
    """The statement that collects."""

    _inherit = "carbon.engine"

    @api.model
    def _sql_period_state(self, alias, system):
        """Return SQL of the state of a month: without a row the phase of the company's system decides."""
        return SQL(
            "COALESCE(%s.state, CASE WHEN %s.phase = 'live' THEN 'open' ELSE 'setup' END)",
            SQL.identifier(alias),
            SQL.identifier(system),
        )

    @api.model
    def _sql_difference(self, origin_model, scope, companies, profile):
        """CTEs ``top`` (newest row of each origin), ``dif`` (what must change) and ``act`` (with period states).

        Rows of kinds whose bridge is gone stay as they are: nobody can read their origins as before.
        """
        if profile.get("is_first"):
            return self._sql_first()
        one = SQL("= %s", companies[0]) if len(companies) == 1 else SQL("= ANY(%s)", list(companies))
        return SQL(
            """
            top AS MATERIALIZED (
              SELECT DISTINCT ON (a.company_id, a.origin_id, a.origin_part) a.id, a.company_id, a.origin_id, a.origin_part, a.seq,
                     a.reverses_id, a.date, a.source_id, a.category_id, a.quantity, a.uom_id, a.currency_id, a.recognition,
                     a.product_id, a.kind, a.partner_id, a.rule_id, a.quality, a.uncertainty, a.equipment_id
                FROM carbon_activity_data a
               WHERE a.company_id %(one)s AND a.origin_model = %(model)s AND %(scope)s
               ORDER BY a.company_id, a.origin_id, a.origin_part, a.seq DESC),
            dif AS %(once)s (
              SELECT COALESCE(t.company_id, l.company_id) AS cid, COALESCE(t.origin_id, l.origin_id) AS oid,
                     COALESCE(t.part, l.origin_part) AS opart, t.*, t.origin_id IS NOT NULL AS has_new,
                     CASE WHEN l.reverses_id IS NULL THEN l.id END AS live_id, l.seq AS top_seq, l.date AS live_date
                FROM (SELECT * FROM tgt WHERE ok) t
                FULL JOIN top l ON l.company_id = t.company_id AND l.origin_id = t.origin_id AND l.origin_part = t.part
                %(shut_join)s
               WHERE CASE WHEN t.origin_id IS NULL THEN l.reverses_id IS NULL
                          WHEN l.id IS NULL OR l.reverses_id IS NOT NULL THEN TRUE
                          ELSE (t.date, t.sid, t.category_id, t.quantity, t.suom, t.scur, t.recognition, NULLIF(t.product_id, 0))
                               IS DISTINCT FROM
                               (l.date, l.source_id, l.category_id, l.quantity, l.uom_id, l.currency_id, l.recognition, l.product_id)
                               -- what moves no number waits for no closed month: it stays as it was
                               OR (%(not_shut)s AND
                                   (t.rid, NULLIF(t.partner_id, 0), t.quality, t.uncertainty, t.instrument_id) IS DISTINCT FROM
                                   (l.rule_id, l.partner_id, l.quality, l.uncertainty, l.equipment_id))
                     END %(kept)s),
            %(shut)s
            act AS MATERIALIZED (
              SELECT d.*, %(live)s AS live_state, %(late)s AS late
                FROM dif d
                LEFT JOIN carbon_system sy ON sy.company_id = d.cid
                LEFT JOIN carbon_reporting_period pl ON pl.company_id = d.cid AND d.live_id IS NOT NULL
                      AND pl.date_from = date_trunc('month', d.live_date::timestamp)::date
                %(late_join)s),
            old AS MATERIALIZED (SELECT live_id, live_state, late FROM act WHERE live_id IS NOT NULL)
            """,
            one=one,
            model=origin_model,
            scope=scope(SQL("a.origin_id")),
            live=self._sql_period_state("pl", "sy"),
            **self._sql_shut(profile),
            kept=SQL("AND (l.kind = ANY(%s)) IS NOT TRUE", profile["vanished"]) if profile["vanished"] else SQL(""),
        )

    @api.model
    def _sql_first(self):
        """The CTEs of :meth:`_sql_difference` where the ledger holds nothing of the range and no month is closed.

        Everything in ``tgt`` is new. A row that somebody else writes meanwhile fails on the ledger's unique index,
        as it does with the difference, and the range is tried again.
        """
        return SQL(
            """
            top AS (SELECT a.* FROM carbon_activity_data a WHERE FALSE),
            act AS NOT MATERIALIZED (
              SELECT t.company_id AS cid, t.origin_id AS oid, t.part AS opart, t.*, TRUE AS has_new, NULL::int AS live_id,
                     NULL::int AS top_seq, NULL::date AS live_date, 'setup' AS live_state, FALSE AS late
                FROM tgt t WHERE t.ok),
            old AS (SELECT a.live_id, a.live_state, a.late FROM act a WHERE FALSE)
            """
        )

    @api.model
    def _sql_shut(self, profile):
        """Return the parts of ``dif`` and ``act`` that ask for closed months; nothing where no month is closed.

        A month closed meanwhile makes the guard of the ledger fail with a serialisation error.
        """
        if not profile.get("has_closed", True):
            return {
                "once": SQL("NOT MATERIALIZED"),
                "shut_join": SQL(""),
                "not_shut": SQL("TRUE"),
                "shut": SQL(""),
                "late": SQL("FALSE"),
                "late_join": SQL(""),
            }
        return {
            "once": SQL("MATERIALIZED"),
            "shut_join": SQL(
                "LEFT JOIN carbon_reporting_period pc ON pc.company_id = l.company_id AND pc.state = 'closed' "
                "AND pc.date_from = date_trunc('month', l.date::timestamp)::date"
            ),
            "not_shut": SQL("pc.id IS NULL"),
            "shut": SQL(
                """
                shut AS MATERIALIZED (
                  SELECT DISTINCT d.cid, d.oid
                    FROM dif d JOIN carbon_reporting_period p ON p.company_id = d.cid AND p.state = 'closed'
                     AND p.date_from IN (date_trunc('month', d.date::timestamp)::date,
                                         CASE WHEN d.live_id IS NOT NULL THEN date_trunc('month', d.live_date::timestamp)::date END)),
                """
            ),
            "late": SQL("z.oid IS NOT NULL"),
            "late_join": SQL("LEFT JOIN shut z ON z.cid = d.cid AND z.oid = d.oid"),
        }

    @api.model
    def _sql_versions(self, rows, breakpoints):
        """CTE ``fv``: the factor version of each source, date key and stream (``version_id`` NULL: none found).

        The nearest region of the source's site wins (site, province, grid, country, world, anywhere), within it
        the latest version that has begun. ``sole`` is the only basis of electricity that has a version there, NULL
        with both and with none: it lends its result to the other basis (see ``carbon.emission.line.lends``).

        Money goes to the prices of the factor's year: ``num / den`` has the ratio of the price indices too. Where one is missing,
        no version applies, and ``found_id`` tells which would, unless the company counts such money as it is.

        :param rows: SQL of a relation with ``sid`` and ``date``
        """
        return SQL(
            """
            fv AS MATERIALIZED (
              SELECT b.*, CASE WHEN min(b.basis) FILTER (WHERE b.version_id IS NOT NULL) OVER w
                                  = max(b.basis) FILTER (WHERE b.version_id IS NOT NULL) OVER w
                               THEN min(b.basis) FILTER (WHERE b.version_id IS NOT NULL) OVER w END AS sole FROM (
              SELECT DISTINCT ON (x.sid, x.fkey, sf.id) x.sid, x.fkey, st.code AS stream, st.basis,
                     COALESCE(sf.category_id, s.category_id) AS category_id,
                     CASE WHEN pn.year IS NULL OR px.ratio_num IS NOT NULL OR sy.spend_unadjusted THEN v.id END AS version_id,
                     v.id AS found_id,
                     COALESCE(px.ratio_num, su.factor, 1.0) * CASE WHEN f.price_vat > 0 THEN 100 + f.price_vat ELSE 1 END AS num,
                     COALESCE(px.ratio_den, fu.factor, 1.0) * CASE WHEN f.price_vat > 0 THEN 100 ELSE 1 END AS den
                FROM (SELECT DISTINCT sid, %(fkey)s AS fkey FROM %(rows)s y) x
                JOIN carbon_source_factor sf ON sf.source_id = x.sid
                JOIN carbon_emission_stream st ON st.id = sf.stream_id
                JOIN carbon_source s ON s.id = x.sid
                JOIN carbon_emission_factor f ON f.id = sf.factor_id
                LEFT JOIN uom_uom su ON su.id = s.uom_id AND su.id <> f.uom_id
                LEFT JOIN uom_uom fu ON fu.id = f.uom_id AND fu.id <> s.uom_id
                LEFT JOIN carbon_site si ON si.id = s.site_id
                LEFT JOIN carbon_region rg ON rg.id = si.region_id
                LEFT JOIN carbon_system sy ON sy.company_id = s.company_id
                -- the year of spending, where it is another one than that of the factor's prices
                LEFT JOIN LATERAL (SELECT EXTRACT(year FROM x.fkey)::int AS year) pn
                       ON f.currency_id IS NOT NULL AND f.price_year > 0 AND f.price_year <> pn.year
                LEFT JOIN LATERAL carbon_price_ratio(f.currency_id, s.company_id, COALESCE(f.price_sector, ''), f.price_year, pn.year) px
                       ON TRUE
                LEFT JOIN carbon_emission_factor_version v
                       ON v.factor_id = sf.factor_id AND v.state = 'approved' AND v.date_from <= x.fkey
                      -- units of different kinds are never multiplied with each other
                      AND (su.id IS NULL OR fu.id IS NULL OR %(sroot)s = %(froot)s)
                      AND (v.region_id IS NULL OR EXISTS (
                           SELECT 1 FROM carbon_region vr WHERE vr.id = v.region_id AND rg.parent_path LIKE vr.parent_path || '%%'))
                LEFT JOIN carbon_region vr ON vr.id = v.region_id
               ORDER BY x.sid, x.fkey, sf.id, length(vr.parent_path) DESC NULLS LAST, v.date_from DESC NULLS LAST, v.id DESC) b
              WINDOW w AS (PARTITION BY b.sid, b.fkey))
            """,
            fkey=self._sql_date_key(SQL("y.date"), breakpoints),
            rows=rows,
            sroot=self._sql_root("su"),
            froot=self._sql_root("fu"),
        )

    @api.model
    def _sql_write(self, origin_model, breakpoints):
        """CTEs that write the ledger: deletions in set-up, counter rows, new rows, emissions."""
        return SQL(
            """
            del_e AS (
              DELETE FROM carbon_emission_line e USING old
               WHERE e.activity_id = old.live_id AND old.live_state = 'setup' AND NOT old.late RETURNING e.id),
            del_a AS (
              DELETE FROM carbon_activity_data a USING old
               WHERE a.id = old.live_id AND old.live_state = 'setup' AND NOT old.late RETURNING a.id),
            rev AS (
              INSERT INTO carbon_activity_data (%(acols)s)
              SELECT a.company_id, a.date, a.origin_model, a.origin_id, a.origin_part, a.seq + 1, a.id, a.kind, a.label, a.rule_id,
                     a.source_id, a.category_id, a.product_id, a.partner_id, a.equipment_id, a.pair_id, a.recognition, -a.quantity,
                     a.uom_id, a.currency_id, -a.origin_quantity, a.origin_uom_id, a.quality, a.uncertainty, now() AT TIME ZONE 'UTC'
                FROM old JOIN carbon_activity_data a ON a.id = old.live_id
               WHERE old.live_state = 'open' AND NOT old.late
               ORDER BY a.origin_id, a.origin_part
              RETURNING id, reverses_id),
            rev_e AS (
              INSERT INTO carbon_emission_line (%(ecols)s)
              SELECT r.id, e.company_id, e.date, e.source_id, e.category_id, e.product_id, e.partner_id, e.stream, e.version_id,
                     -e.quantity, 0, e.id, e.lends
                FROM rev r JOIN carbon_emission_line e ON e.activity_id = r.reverses_id
               WHERE e.reverses_id IS NULL
                 AND NOT EXISTS (SELECT 1 FROM carbon_emission_line c WHERE c.reverses_id = e.id)
              RETURNING id),
            new AS (
              INSERT INTO carbon_activity_data (%(acols)s)
              SELECT t.cid, t.date, %(model)s, t.oid, t.opart,
                     COALESCE(t.top_seq + 1, 0) + (t.live_id IS NOT NULL AND t.live_state = 'open')::int, NULL, t.kind, t.label,
                     t.rid, t.sid, t.category_id, NULLIF(t.product_id, 0), NULLIF(t.partner_id, 0), t.instrument_id, t.pair_id,
                     t.recognition, t.quantity, t.suom, t.scur, t.origin_quantity, NULLIF(t.origin_uom_id, 0), t.quality,
                     t.uncertainty, (SELECT now() AT TIME ZONE 'UTC')
                FROM act t WHERE t.has_new AND NOT t.late
               ORDER BY t.oid, t.opart
              RETURNING id, company_id, origin_id, origin_part, date, source_id, product_id, partner_id, quantity),
            %(versions)s,
            em AS (
              INSERT INTO carbon_emission_line (%(ecols)s)
              SELECT n.id, n.company_id, n.date, n.source_id, fv.category_id, n.product_id, n.partner_id, fv.stream, fv.version_id,
                     CASE WHEN fv.num = fv.den THEN n.quantity ELSE round(n.quantity * fv.num * %(scale)s / fv.den, 12) END, 0, NULL,
                     NULLIF(fv.basis = fv.sole, FALSE)
                FROM new n JOIN fv ON fv.sid = n.source_id AND fv.fkey = %(fkey)s
               WHERE fv.version_id IS NOT NULL
              RETURNING id)
            """,
            acols=SQL(_ACTIVITY_COLUMNS),
            ecols=SQL(EMISSION_COLUMNS),
            model=origin_model,
            scale=SCALE,
            versions=self._sql_versions(
                SQL("(SELECT sid, date FROM act WHERE has_new AND NOT late)"),
                breakpoints,
            ),
            fkey=self._sql_date_key(SQL("n.date"), breakpoints),
        )

    @api.model
    def _sql_worklist(self, origin_model, scope, companies, profile, breakpoints):
        """CTEs that write the worklist: open rows for what could not be processed, resolve what now can."""
        kept = SQL("")
        if profile["vanished"]:
            kept = SQL(
                "AND NOT EXISTS (SELECT 1 FROM top l WHERE l.company_id = ev.company_id AND l.origin_id = ev.origin_id "
                "AND l.origin_part = ev.part AND l.reverses_id IS NULL AND l.kind = ANY(%s))",
                profile["vanished"],
            )
        return SQL(
            """
            bare AS MATERIALIZED (
              SELECT k.* FROM keys k JOIN carbon_event_kind ek ON ek.code = k.kind AND ek.expects_rule
                LEFT JOIN mat m ON m.kid = k.kid WHERE m.kid IS NULL),
            %(lost)s
            orphan AS MATERIALIZED (
              SELECT k.* FROM bare k LEFT JOIN elsewhere x ON x.kid = k.kid WHERE x.kid IS NULL %(or_lost)s),
            unfit AS MATERIALIZED (
              SELECT s.id FROM carbon_source s LEFT JOIN carbon_source_factor sf ON sf.source_id = s.id
               WHERE s.company_id = ANY(%(companies)s) AND s.kind <> 'output' AND sf.id IS NULL),
            gap AS MATERIALIZED (
              SELECT n.*, v.reason FROM new n
                JOIN (SELECT sid, fkey, CASE WHEN bool_and(found_id IS NOT NULL) THEN 'price' ELSE 'factor' END AS reason
                        FROM fv WHERE version_id IS NULL GROUP BY sid, fkey) v ON v.sid = n.source_id AND v.fkey = %(fkey)s
              UNION ALL
              SELECT n.*, 'nofactor' FROM new n JOIN unfit u ON u.id = n.source_id),
            iss AS MATERIALIZED (
              SELECT DISTINCT ON (z.company_id, z.origin_id, z.part) z.* FROM (
                SELECT ev.company_id, ev.origin_id, ev.part, 'unmapped' AS reason, ev.kind, ev.label, ev.date, ev.product_id,
                       ev.partner_id, ev.quantity, ev.uom_id, ev.amount, ev.currency_id, NULL::int AS sid, 3 AS prio, NULL::text AS message
                  FROM ev JOIN orphan k ON %(on)s
                 WHERE (ev.quantity <> 0 OR ev.amount <> 0) %(kept)s %(whole)s
                %(months)s
                UNION ALL
                SELECT t.company_id, t.origin_id, t.part, t.why, t.kind, t.label, t.date, t.product_id, t.partner_id,
                       t.origin_quantity, t.origin_uom_id, t.amount, t.currency_id, t.sid, 1, NULL
                  FROM tgt t WHERE NOT t.ok
                UNION ALL
                %(late)s
                UNION ALL
                SELECT g.company_id, g.origin_id, g.origin_part, g.reason, a.kind, a.label, g.date, g.product_id, g.partner_id,
                       g.quantity, a.suom, a.amount, a.currency_id, g.source_id, 2, NULL
                  FROM gap g JOIN act a ON a.cid = g.company_id AND a.oid = g.origin_id AND a.opart = g.origin_part
              ) z ORDER BY z.company_id, z.origin_id, z.part, z.prio),
            put AS (
              INSERT INTO carbon_collection_issue (company_id, origin_model, origin_id, origin_part, reason, state, kind, label, date,
                     product_id, partner_id, quantity, uom_id, amount, currency_id, source_id, message, first_seen, last_seen, attempts)
              SELECT company_id, %(model)s, origin_id, part, reason, 'open', kind, label, date, NULLIF(product_id, 0),
                     NULLIF(partner_id, 0), quantity, NULLIF(uom_id, 0), amount, NULLIF(currency_id, 0), sid, message,
                     now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1
                FROM iss
              ON CONFLICT (company_id, origin_model, origin_id, origin_part) DO UPDATE
                 SET reason = EXCLUDED.reason, state = 'open', kind = EXCLUDED.kind, label = EXCLUDED.label, date = EXCLUDED.date,
                     product_id = EXCLUDED.product_id, partner_id = EXCLUDED.partner_id, quantity = EXCLUDED.quantity,
                     uom_id = EXCLUDED.uom_id, amount = EXCLUDED.amount, currency_id = EXCLUDED.currency_id,
                     source_id = EXCLUDED.source_id, last_seen = EXCLUDED.last_seen, message = EXCLUDED.message,
                     attempts = carbon_collection_issue.attempts + 1
               WHERE (carbon_collection_issue.reason, carbon_collection_issue.state, carbon_collection_issue.quantity,
                      carbon_collection_issue.amount, carbon_collection_issue.date, carbon_collection_issue.source_id)
                     IS DISTINCT FROM (EXCLUDED.reason, 'open', EXCLUDED.quantity, EXCLUDED.amount, EXCLUDED.date, EXCLUDED.source_id)
              RETURNING id),
            done AS (
              UPDATE carbon_collection_issue i SET state = 'resolved', last_seen = now() AT TIME ZONE 'UTC'
               WHERE i.company_id = ANY(%(companies)s) AND i.origin_model = %(model)s AND %(scope)s AND i.state = 'open'
                 AND (i.reason NOT IN ('factor', 'nofactor', 'price', 'rejected')
                      OR (i.company_id, i.origin_id, i.origin_part) IN (SELECT a.cid, a.oid, a.opart::varchar FROM act a))
                 AND NOT EXISTS (SELECT 1 FROM iss s WHERE s.company_id = i.company_id AND s.origin_id = i.origin_id
                                    AND s.part = i.origin_part)
              RETURNING i.id)
            """,
            late=self._sql_late_adjustments(),
            on=self._sql_key_is(profile, "k", "ev"),
            months=self._sql_unmapped_months(profile, kept),
            whole=SQL(
                "AND NOT EXISTS (SELECT 1 FROM split s WHERE s.company_id = ev.company_id AND s.origin_id = ev.origin_id "
                "AND s.part = ev.part)"
            )
            if "service" in profile["dated"]
            else SQL(""),
            model=origin_model,
            companies=list(companies),
            scope=scope(SQL("i.origin_id")),
            fkey=self._sql_date_key(SQL("n.date"), breakpoints),
            kept=kept,
            **self._sql_lost(origin_model, profile),
        )

    @api.model
    def _sql_collect(self, origin_model, provider, scope, companies, profile, breakpoints=None):
        """Return the whole statement for one origin model.

        :param scope: function from a column (SQL) to the predicate on origin ids
        :return: SQL of one row: new, reversed, deleted, emissions, issues, resolved, unchanged
        """
        profile = dict(profile, graded=provider.get("graded"))
        return SQL(
            "WITH %s, %s, %s, %s, %s, %s, %s, %s SELECT (SELECT count(*) FROM new), (SELECT count(*) FROM rev), "
            "(SELECT count(*) FROM del_a), (SELECT count(*) FROM em), (SELECT count(*) FROM put), (SELECT count(*) FROM done), "
            "(SELECT count(*) FROM top WHERE reverses_id IS NULL) - (SELECT count(*) FROM old)",
            self._sql_events(provider, scope, companies, breakpoints, profile),
            self._sql_match(profile),
            self._sql_meaning(profile),
            self._sql_meant(profile),
            self._sql_target(profile),
            self._sql_difference(origin_model, scope, companies, profile),
            self._sql_write(origin_model, breakpoints),
            self._sql_worklist(origin_model, scope, companies, profile, breakpoints),
        )
