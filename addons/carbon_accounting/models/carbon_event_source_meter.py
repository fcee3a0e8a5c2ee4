"""SQL of the events of meters, one for each month of a meter.

``own`` months in scope · ``tree`` the meters that each is made of · ``cut`` days on which a formula, a multiplier or a correction
begins or ends · ``leaf`` the meters that are read, with the moments needed · ``point`` consumption entered · ``cum``, ``delta``, ``piece``
consumption between readings of a counter, split at month ends · ``used`` both · ``doubt`` the worst calibration state in them.
"""

from odoo import api, models
from odoo.tools import SQL

from .carbon_engine_target import SCALE
from .carbon_meter_month import DEPTH


class CarbonEventSource(models.AbstractModel):
    """What meters used, by month (R-131)."""

    _inherit = "carbon.event.source"

    @api.model
    def _providers(self):
        """Add months of meters."""
        return super()._providers() | {
            "carbon.meter.month": {
                "table": "carbon_meter_month",
                "query": self._events_meter_month,
                "where": SQL("TRUE"),
                "graded": True,
                "hashed": True,
            }
        }

    @api.model
    def _sql_made_by(self, origin_model, user_id):
        """Of months of meters: who entered a reading in it, or around it."""
        if origin_model != "carbon.meter.month":
            return super()._sql_made_by(origin_model, user_id)
        return SQL(
            "SELECT mm.id FROM carbon_meter_month mm JOIN carbon_meter_reading mr ON mr.equipment_id = mm.equipment_id "
            "AND mr.company_id = mm.company_id AND mr.user_id = %s AND mr.read_at >= mm.date - interval '1 day' "
            "AND mr.read_at < mm.date + interval '1 month 40 days'",
            user_id,
        )

    @api.model
    def _events_meter_month(self, predicate):
        """Events of months of meters: one for each month in which something was used.

        A counter gives the differences of neighbouring readings, times the multiplier of the day on which the difference begins,
        spread evenly over the time between them and split at month ends, so that the parts add up to the last decimal. Entered
        consumption belongs to the month in which its interval ends. A formula adds up its meters, a part valid on some days only the
        consumption of these. A meter that took the place of another one follows its rule while it has none of its own. Where the
        counter went backwards nobody knows what was used: the month waits on the worklist.
        """
        return self._select(
            {
                "origin_id": SQL("q.id"),
                "kind": SQL("'metered'"),
                "company_id": SQL("q.company_id"),
                "date": SQL("q.first"),
                "product_id": SQL("q.product_id"),
                "equipment_id": SQL("q.rule_meter_id"),
                "meter_id": SQL("q.equipment_id"),
                "quantity": SQL("round(q.quantity, 12)"),
                "uom_id": SQL("q.uom_id"),
                "label": SQL("q.label"),
                "problem": SQL("CASE WHEN q.backwards THEN 'reading' WHEN q.apart THEN 'unit' END"),
                "data_quality": SQL("CASE WHEN q.doubtful THEN 'estimated' END"),
                "data_uncertainty": SQL("CASE WHEN q.doubtful THEN q.doubt_percent END"),
                "widening": SQL("CASE WHEN q.doubtful THEN q.widening END"),
            },
            SQL("FROM (%s) q", self._sql_meter_months(predicate)),
        )

    @api.model
    def _sql_meter_months(self, predicate):
        """Return SQL of what the months ``o`` of meters give: quantity in the unit of the meter, and how far it can be trusted."""
        return SQL(
            """
            WITH RECURSIVE %(scope)s, %(point)s, %(counter)s,
            used AS MATERIALIZED (
              SELECT leaf_id, company_id, month, section, quantity, a, z, FALSE AS backwards FROM point
              UNION ALL
              SELECT leaf_id, company_id, date_trunc('month', day::timestamp)::date, section, SUM(quantity), min(a), max(z),
                  bool_or(backwards)
                FROM piece GROUP BY 1, 2, 3, 4),
            %(doubt)s
            SELECT o.id, o.company_id, o.equipment_id, eq.carbon_uom_id AS uom_id, eq.carbon_product_id AS product_id,
                   concat_ws(' ', COALESCE(NULLIF(eq.carbon_code, ''), eq.name->>'en_US'), to_char(o.date, 'YYYY-MM')) AS label,
                   COALESCE(nearest.id, o.equipment_id) AS rule_meter_id,
                   GREATEST(o.date, (min(u.a) AT TIME ZONE 'UTC' AT TIME ZONE o.tz)::date) AS first, max(u.z) AS z,
                   SUM(u.quantity * t.factor * COALESCE(k.factor, 1) * CASE WHEN l.uom_id = eq.carbon_uom_id THEN 1 ELSE
                       pu.factor * %(scale)s / vu.factor END) AS quantity,
                   bool_or(u.backwards) AS backwards,
                   bool_or(l.uom_id IS DISTINCT FROM eq.carbon_uom_id AND %(proot)s IS DISTINCT FROM %(vroot)s) AS apart,
                   bool_or(d.doubtful) IS TRUE AS doubtful, max(d.percent) AS doubt_percent, max(d.widening) AS widening
              FROM own o
              JOIN maintenance_equipment eq ON eq.id = o.equipment_id
              JOIN tree t ON t.top_id = o.equipment_id AND t.company_id = o.company_id
              JOIN leaf l ON l.leaf_id = t.leaf_id AND l.company_id = t.company_id
              JOIN used u ON u.leaf_id = t.leaf_id AND u.company_id = t.company_id AND u.month = o.date
               AND (t.date_from IS NULL OR t.date_from <= %(day)s) AND (t.date_to IS NULL OR %(day)s <= t.date_to)
              LEFT JOIN fixed k ON k.leaf_id = u.leaf_id AND k.date_from <= %(day)s AND k.date_to >= %(day)s
              LEFT JOIN doubt d ON d.leaf_id = u.leaf_id AND d.company_id = u.company_id AND d.month = u.month AND d.section = u.section
              LEFT JOIN uom_uom pu ON pu.id = l.uom_id
              LEFT JOIN uom_uom vu ON vu.id = eq.carbon_uom_id
              LEFT JOIN nearest ON nearest.top_id = o.equipment_id
             GROUP BY o.id, o.company_id, o.equipment_id, o.date, o.tz, eq.id, nearest.id
            """,
            scope=self._sql_meter_scope(predicate),
            point=self._sql_meter_point(),
            counter=self._sql_meter_counter(),
            doubt=self._sql_meter_doubt(),
            day=SQL("COALESCE(l.cuts[NULLIF(u.section, 0)], '-infinity'::date)"),
            scale=SCALE,
            proot=self.env["carbon.engine"]._sql_root("pu"),
            vroot=self.env["carbon.engine"]._sql_root("vu"),
        )

    @api.model
    def _sql_meter_scope(self, predicate):
        """CTEs of the months in scope and of the meters that they rest on."""
        return SQL(
            """
            own AS MATERIALIZED (
              SELECT o.id, o.company_id, o.equipment_id, o.date, COALESCE(sys.tz, 'UTC') AS tz,
                     o.date::timestamp AT TIME ZONE COALESCE(sys.tz, 'UTC') AT TIME ZONE 'UTC' AS begins,
                     (o.date + interval '1 month') AT TIME ZONE COALESCE(sys.tz, 'UTC') AT TIME ZONE 'UTC' AS ends
                FROM carbon_meter_month o LEFT JOIN carbon_system sys ON sys.company_id = o.company_id WHERE %(predicate)s),
            tops AS MATERIALIZED (
              SELECT equipment_id AS id, company_id, min(tz) AS tz, min(begins) AS begins, max(ends) AS ends FROM own GROUP BY 1, 2),
            tree (top_id, leaf_id, company_id, factor, date_from, date_to, depth) AS (
              SELECT id, id, company_id, 1::numeric, NULL::date, NULL::date, 0 FROM tops
              UNION ALL
              SELECT t.top_id, p.part_id, t.company_id, t.factor * p.factor, GREATEST(t.date_from, p.date_from), LEAST(t.date_to,
                  p.date_to),
                     t.depth + 1
                FROM tree t JOIN carbon_meter_part p ON p.meter_id = t.leaf_id WHERE t.depth < %(depth)s),
            mine AS MATERIALIZED (SELECT DISTINCT leaf_id FROM tree),
            fixed AS MATERIALIZED (
              SELECT c.equipment_id AS leaf_id, c.date_from, c.date_to, c.factor FROM carbon_meter_correction c
               WHERE c.state = 'approved' AND c.equipment_id IN (SELECT leaf_id FROM mine)),
            mul AS MATERIALIZED (
              SELECT x.equipment_id AS leaf_id, array_agg(x.date_from ORDER BY x.date_from) AS days,
                     array_agg(x.multiplier ORDER BY x.date_from) AS factors
                FROM carbon_meter_multiplier x WHERE x.equipment_id IN (SELECT leaf_id FROM mine) GROUP BY 1),
            cut AS MATERIALIZED (
              SELECT leaf_id, array_agg(DISTINCT day ORDER BY day) AS days
                FROM (SELECT leaf_id, unnest(ARRAY[date_from, date_to + 1]) AS day FROM tree
                      UNION ALL SELECT leaf_id, unnest(ARRAY[date_from, date_to + 1]) FROM fixed) c
               WHERE day IS NOT NULL GROUP BY 1),
            leaf AS MATERIALIZED (
              SELECT t.leaf_id, t.company_id, min(s.tz) AS tz, min(s.begins) AS begins, max(s.ends) AS ends, eq.carbon_uom_id AS uom_id,
                     eq.carbon_register_max AS top, eq.carbon_permissible_error AS percent, min(c.days) AS cuts, min(m.days) AS days,
                     min(m.factors) AS factors
                FROM tree t
                JOIN tops s ON s.id = t.top_id AND s.company_id = t.company_id
                JOIN maintenance_equipment eq ON eq.id = t.leaf_id
                LEFT JOIN cut c ON c.leaf_id = t.leaf_id
                LEFT JOIN mul m ON m.leaf_id = t.leaf_id
               GROUP BY 1, 2, eq.id),
            chain (top_id, company_id, id, depth) AS (
              SELECT id, company_id, id, 0 FROM tops
              UNION ALL
              SELECT c.top_id, c.company_id, eq.carbon_replaces_id, c.depth + 1
                FROM chain c JOIN maintenance_equipment eq ON eq.id = c.id
               WHERE eq.carbon_replaces_id IS NOT NULL AND c.depth < %(depth)s),
            nearest AS MATERIALIZED (
              SELECT DISTINCT ON (c.top_id) c.top_id, c.id FROM chain c
                JOIN carbon_activity_rule r ON r.equipment_id = c.id AND r.company_id = c.company_id AND r.active
                    AND r.event_kind = 'metered'
               ORDER BY c.top_id, c.depth)
            """,
            predicate=predicate,
            depth=DEPTH,
        )

    @api.model
    def _sql_meter_section(self, day):
        """Return SQL of the number of the section of a meter (``l``) in which a local day lies: sections begin at its cuts."""
        return SQL("CASE WHEN l.cuts IS NULL THEN 0 ELSE width_bucket(%s, l.cuts) END", day)

    @api.model
    def _sql_meter_factor(self, day):
        """Return SQL of the multiplier of a meter (``l``) on a local day."""
        return SQL(
            "CASE WHEN l.days IS NULL THEN 1 ELSE COALESCE(l.factors[NULLIF(width_bucket(%s, l.days), 0)], 1) END", day
        )

    @api.model
    def _sql_meter_point(self):
        """CTE ``point``: entered consumption by month; what was taken back cancels out."""
        local = SQL("(r.read_at - interval '1 microsecond') AT TIME ZONE 'UTC' AT TIME ZONE l.tz")
        return SQL(
            """
            point AS MATERIALIZED (
              SELECT r.equipment_id AS leaf_id, r.company_id, date_trunc('month', %(local)s)::date AS month, %(section)s AS section,
                     SUM(CASE WHEN l.days IS NULL THEN r.consumption ELSE r.consumption * %(factor)s END) AS quantity,
                     min(r.read_at) - interval '1 microsecond' AS a, max(r.read_at) AS z
                FROM leaf l JOIN carbon_meter_reading r ON r.equipment_id = l.leaf_id AND r.company_id = l.company_id
                 AND r.consumption IS NOT NULL AND r.read_at > l.begins AND r.read_at <= l.ends
               GROUP BY 1, 2, 3, 4)
            """,
            local=local,
            section=self._sql_meter_section(SQL("(%s)::date", local)),
            factor=self._sql_meter_factor(SQL("(%s)::date", local)),
        )

    @api.model
    def _sql_meter_counter(self):
        """CTEs of counters: readings with the one before, differences, and their pieces by month.

        Only readings within the months asked for, and the one before and after, are read.
        """
        stands = self.env["carbon.meter.reading"]._sql_stands
        month = "date_trunc('month', %s AT TIME ZONE 'UTC' AT TIME ZONE l.tz)"
        share = SQL("EXTRACT(EPOCH FROM %s - p.since) * %s / p.seconds", SQL("p.z"), SCALE)
        before = SQL("EXTRACT(EPOCH FROM %s - p.since) * %s / p.seconds", SQL("p.a"), SCALE)
        return SQL(
            """
            reach AS MATERIALIZED (
              SELECT l.leaf_id, l.company_id,
                     COALESCE((SELECT b.read_at FROM carbon_meter_reading b WHERE b.equipment_id = l.leaf_id AND b.company_id = l.company_id
                                AND b.value IS NOT NULL AND b.read_at <= l.begins
                                    AND %(stands)s ORDER BY b.read_at DESC LIMIT 1), l.begins) AS a,
                     COALESCE((SELECT b.read_at FROM carbon_meter_reading b WHERE b.equipment_id = l.leaf_id AND b.company_id = l.company_id
                                AND b.value IS NOT NULL AND b.read_at >= l.ends AND %(stands)s ORDER BY b.read_at LIMIT 1), l.ends) AS z
                FROM leaf l),
            cum AS (
              SELECT r.equipment_id AS leaf_id, r.company_id, r.read_at AS upto, r.value, r.rollover,
                     lag(r.read_at) OVER w AS since, lag(r.value) OVER w AS was
                FROM reach h JOIN carbon_meter_reading r ON r.equipment_id = h.leaf_id AND r.company_id = h.company_id
                 AND r.value IS NOT NULL AND r.read_at BETWEEN h.a AND h.z
               WHERE %(stands_r)s
              WINDOW w AS (PARTITION BY r.company_id, r.equipment_id ORDER BY r.read_at, r.id)),
            delta AS MATERIALIZED (
              SELECT c.leaf_id, c.company_id, c.since, c.upto, l.tz, l.cuts, EXTRACT(EPOCH FROM c.upto - c.since) AS seconds,
                     (c.value - c.was + CASE WHEN c.rollover THEN COALESCE(l.top, 0) ELSE 0 END) * %(factor)s AS quantity,
                     c.value < c.was AND c.rollover IS NOT TRUE AS backwards,
                     %(first_month)s <> %(last_month)s OR l.cuts IS NOT NULL AS parted
                FROM cum c JOIN leaf l ON l.leaf_id = c.leaf_id AND l.company_id = c.company_id
               WHERE c.upto > c.since OR c.value <> c.was),
            piece AS MATERIALIZED (
              SELECT d.leaf_id, d.company_id, (d.since AT TIME ZONE 'UTC' AT TIME ZONE d.tz)::date AS day, 0 AS section, d.since AS a,
                  d.upto AS z,
                     d.quantity, d.backwards
                FROM delta d WHERE NOT d.parted
              UNION ALL
              SELECT p.leaf_id, p.company_id, p.day, CASE WHEN p.cuts IS NULL THEN 0 ELSE width_bucket(p.day, p.cuts) END, p.a, p.z,
                     CASE WHEN p.seconds = 0 THEN p.quantity ELSE round(p.quantity * %(share)s, 12) - round(p.quantity * %(before)s,
                         12) END,
                     p.backwards
                FROM (SELECT d.*, x.at AS a, lead(x.at, 1, d.upto) OVER (PARTITION BY d.leaf_id, d.company_id, d.since,
                    d.upto ORDER BY x.at) AS z,
                             (x.at AT TIME ZONE 'UTC' AT TIME ZONE d.tz)::date AS day
                        FROM delta d CROSS JOIN LATERAL (
                             SELECT d.since AS at
                             UNION SELECT g.m AT TIME ZONE d.tz AT TIME ZONE 'UTC'
                               FROM generate_series(date_trunc('month', d.since AT TIME ZONE 'UTC' AT TIME ZONE d.tz) + interval '1 month',
                                    d.upto AT TIME ZONE 'UTC' AT TIME ZONE d.tz, interval '1 month') g(m)
                             UNION SELECT c.day::timestamp AT TIME ZONE d.tz AT TIME ZONE 'UTC' FROM unnest(d.cuts) c(day)) x
                       WHERE d.parted AND (x.at = d.since OR x.at > d.since AND x.at < d.upto)) p)
            """,
            stands=stands("b"),
            stands_r=stands("r"),
            factor=self._sql_meter_factor(SQL("(c.since AT TIME ZONE 'UTC' AT TIME ZONE l.tz)::date")),
            first_month=SQL(month, SQL("c.since")),
            last_month=SQL(month, SQL("(c.upto - interval '1 microsecond')")),
            share=share,
            before=before,
        )

    @api.model
    def _sql_meter_doubt(self):
        """CTE ``doubt``: the sections of a month in which a meter was not validly calibrated, with what its uncertainty is then.

        Uncertainty is the permissible error times the factor of the company, at least the error with which the meter was found.
        """
        states = self.env["carbon.calibration"]._sql_states(SQL("SELECT leaf_id FROM mine"))
        return SQL(
            """
            span AS MATERIALIZED (
              SELECT s.equipment_id, s.date_from, s.date_to, max(c.error) AS error
                FROM (%(states)s) s
                LEFT JOIN (SELECT x.equipment_id, x.date, GREATEST(max(abs(x.error_found)) FILTER (WHERE x.as_found = 'fail'),
                                  max(abs(x.error_left)) FILTER (WHERE x.as_left = 'fail')) AS error
                             FROM carbon_calibration x WHERE x.state = 'done' AND x.equipment_id IN (SELECT leaf_id FROM mine)
                            GROUP BY 1, 2) c
                  ON c.equipment_id = s.equipment_id AND s.state = 'failed' AND (c.date = s.date_to OR c.date = s.date_from)
               WHERE s.state <> 'valid' GROUP BY 1, 2, 3),
            doubt AS MATERIALIZED (
              SELECT u.leaf_id, u.company_id, u.month, u.section, TRUE AS doubtful,
                     NULLIF(GREATEST(l.percent * min(w.widening), max(s.error)), 0) AS percent, min(w.widening) AS widening
                FROM used u
                JOIN leaf l ON l.leaf_id = u.leaf_id AND l.company_id = u.company_id
                JOIN span s ON s.equipment_id = u.leaf_id
                    AND s.date_from <= ((u.z - interval '1 microsecond') AT TIME ZONE 'UTC' AT TIME ZONE l.tz)::date
                 AND (s.date_to IS NULL OR s.date_to > (u.a AT TIME ZONE 'UTC' AT TIME ZONE l.tz)::date)
                JOIN (SELECT sy.company_id, COALESCE(sy.calibration_widening, 1) AS widening
                    FROM carbon_system sy) w ON w.company_id = u.company_id
               GROUP BY 1, 2, 3, 4, l.percent)
            """,
            states=states,
        )
