from odoo import api, models
from odoo.tools import SQL

from ..models.carbon_meter_month import DEPTH


class CarbonPeriodChecklist(models.TransientModel):
    """Meters whose consumption the ledger counts more than once: by themselves and by a formula, or by two formulas (R-131)."""

    _inherit = "carbon.period.checklist"

    @api.model
    def _meter_lines(self, period):
        """Add what is counted twice."""
        return super()._meter_lines(period) + self._double_lines(period)

    @api.model
    def _double_lines(self, period):
        # sudo: whether the company has formulas at all
        if not self.env["carbon.meter.part"].sudo().search_count([("company_id", "=", period.company_id.id)], limit=1):
            return []
        ((ids, tonnes, unknown),) = self.env.execute_query(self._sql_double(period))
        return [
            {
                "code": "meter_double",
                "name": self.env._("Meters counted by themselves and by a formula, or by two formulas"),
                "count": len(ids or ()),
                "t": tonnes or 0.0,
                "unknown": unknown or 0,
                "action": {
                    "xmlid": "carbon_accounting.carbon_meter_month_report_action",
                    "domain": [("equipment_id", "in", sorted(ids or ())), *self._month_domain(period)],
                },
            }
        ]

    @api.model
    def _sql_double(self, period):
        """Return SQL of (ids of the meters with a row, t CO2e counted too much, how many weigh nothing that is known).

        Of each meter that is read the factors of all formulas with a row in the ledger are added up, on each day of the month on which
        formulas differ; the meter itself is 1. What a difference takes away and another row adds gives 1 together. More than 1, through
        two rows or more, is counted twice. Its weight is the smallest row of those that meet: not more than that can be too much.
        """
        engine, company = self.env["carbon.engine"], period.company_id
        return SQL(
            """
            WITH RECURSIVE live AS MATERIALIZED (
              SELECT mm.equipment_id AS top_id, a.id AS activity_id
                FROM carbon_meter_month mm JOIN carbon_activity_data a ON a.company_id = mm.company_id
                 AND a.origin_model = 'carbon.meter.month' AND a.origin_id = mm.id
               WHERE mm.company_id = %(company)s AND mm.date = %(first)s AND a.reverses_id IS NULL
                 AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id)),
            tree (top_id, leaf_id, factor, date_from, date_to, depth) AS (
              SELECT DISTINCT top_id, top_id, 1::numeric, NULL::date, NULL::date, 0 FROM live
              UNION ALL
              SELECT t.top_id, p.part_id, t.factor * p.factor, GREATEST(t.date_from, p.date_from), LEAST(t.date_to, p.date_to), t.depth + 1
                FROM tree t JOIN carbon_meter_part p ON p.meter_id = t.leaf_id WHERE t.depth < %(depth)s),
            leaf AS MATERIALIZED (
              SELECT t.top_id, t.leaf_id, t.factor, COALESCE(t.date_from, '-infinity') AS date_from,
                     COALESCE(t.date_to, 'infinity') AS date_to
                FROM tree t JOIN maintenance_equipment eq ON eq.id = t.leaf_id AND eq.carbon_register <> 'virtual'),
            day AS (
              SELECT %(first)s::date AS day
              UNION SELECT date_from FROM leaf WHERE date_from BETWEEN %(first)s AND %(last)s
              UNION SELECT date_to + 1 FROM leaf WHERE date_to >= %(first)s AND date_to < %(last)s),
            twice AS (
              SELECT DISTINCT array_agg(DISTINCT l.top_id) FILTER (WHERE l.factor > 0) AS tops
                FROM day d JOIN leaf l ON d.day BETWEEN l.date_from AND l.date_to
               GROUP BY l.leaf_id, d.day
              HAVING SUM(l.factor) > 1.000001 AND count(DISTINCT l.top_id) FILTER (WHERE l.factor > 0) > 1),
            weight AS (
              SELECT l.top_id, abs(COALESCE(SUM(e.quantity * u.kg) / 1000.0, 0)) AS t
                FROM live l LEFT JOIN carbon_emission_line e ON e.activity_id = l.activity_id AND e.reverses_id IS NULL
                 AND NOT EXISTS (SELECT 1 FROM carbon_emission_line c WHERE c.reverses_id = e.id)
                LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                LEFT JOIN (%(unit)s) u ON u.version_id = e.version_id
               WHERE e.id IS NULL OR COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends
               GROUP BY 1)
            SELECT (SELECT array_agg(DISTINCT x) FROM twice w, unnest(w.tops) x), SUM(m.t)::float8, (count(*) FILTER (WHERE m.t = 0))::int
              FROM (SELECT min(g.t) AS t FROM twice w JOIN weight g ON g.top_id = ANY(w.tops) GROUP BY w.tops) m
            """,
            company=company.id,
            first=period.date_from,
            last=period.date_to,
            depth=DEPTH,
            unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
            # sudo: one setting of the company whose period it is
            basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
        )
