from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: Months that are looked at, and months before them that are compared.
LOOK_BACK, HISTORY = 36, 24
#: A z-score needs a year; beyond three standard deviations a month stands out, unless it is a season: no farther from last year.
Z_MONTHS, Z_LIMIT = 12, 3
#: Unit mistakes: so many times the median of at least three months before, within a factor of two.
UNIT_MONTHS, UNIT_FACTORS = 3, ("1000", "10000", "0.001", "0.0001")
_NUMBERS = (
    *("quantity", "previous", "last_year", "change_previous", "change_year", "mean", "z_score", "unit_factor"),
    *("is_change_previous", "is_change_year", "is_z", "is_limit", "is_unit", "is_serious", "item_id"),
)


class CarbonDataAnomaly(models.Model):
    """Finding anomalies, set by set, and what the closing of a month asks of them."""

    _inherit = "carbon.data.anomaly"

    @api.model
    def _find(self, companies):
        """Look at the complete months of the last three years that are not closed.

        :return: number of anomalies that are new or open again
        """
        self.env.flush_all()
        this_month = fields.Date.context_today(self).replace(day=1)
        first = this_month - relativedelta(months=LOOK_BACK)
        found = {
            (row["source_id"], row["date"]): row
            for company in companies
            for row in self.env.execute_query_dict(self._sql_odd(company, first, this_month - relativedelta(days=1)))
        }
        # sudo: anomalies are recorded by this method only, whoever looks for them
        model = self.sudo()
        known = model.search([("company_id", "in", companies.ids), ("date", ">=", first), ("date", "<", this_month)])
        odd = 0
        for row in known:
            values = found.pop((row.source_id.id, row.date), None)
            odd += row._follow(values)
        model.create([{**values, "item_id": values["item_id"] or False} for values in found.values()])
        return odd + len(found)

    def _follow(self, values):
        """Take in what the look gave for a known anomaly.

        :param values: numbers of the look, None where nothing stands out any more
        :return: whether it is open again
        """
        self.ensure_one()
        if values is None:
            if self.state == "open" and not self._is_in_closed_month():
                self._transition("settled", "anomaly.settle")
            return False
        numbers = {name: values[name] or False for name in _NUMBERS}
        same = self.quantity == (values["quantity"] or 0.0)
        if self.state == "settled" or (self.state == "explained" and not same):
            self._transition("open", "anomaly.reopen", values=numbers)
            return True
        if self.state == "open" and not same:
            self._gate_write(numbers, "anomaly.change")
        return False

    def _is_in_closed_month(self):
        domain = [("company_id", "=", self.company_id.id), ("date_from", "=", self.date), ("state", "=", "closed")]
        return bool(self.env["carbon.reporting.period"].search_count(domain, limit=1))

    @api.model
    def _sql_odd(self, company, first, last):
        """Return the months that stand out, with the fields of this model.

        ``months`` sums by source and month, ``judged`` beside the months before: windows by dates, so that a month without
        rows is no month. Shares are in percent of the amount compared with.
        """
        return SQL(
            """
            WITH months AS MATERIALIZED (
              SELECT a.source_id, date_trunc('month', a.date::timestamp)::date AS date, SUM(a.quantity) AS q
                FROM carbon_activity_data a
               WHERE a.company_id = %(company)s AND a.date BETWEEN %(begin)s AND %(last)s
               GROUP BY 1, 2 HAVING SUM(CASE WHEN a.reverses_id IS NULL THEN 1 ELSE -1 END) > 0),
            judged AS (
              SELECT m.*, MAX(q) OVER (%(by)s RANGE BETWEEN '1 month' PRECEDING AND '1 month' PRECEDING) AS previous,
                     MAX(q) OVER (%(by)s RANGE BETWEEN '1 year' PRECEDING AND '1 year' PRECEDING) AS last_year,
                     count(*) OVER before AS n, AVG(q) OVER before AS mean, stddev_samp(q) OVER before AS sd,
                     array_agg(q) OVER before AS others
                FROM months m WINDOW before AS (%(by)s RANGE BETWEEN %(history)s PRECEDING AND '1 month' PRECEDING)),
            rated AS (
              SELECT j.*, i.id AS item_id, i.change_basis, i.allowed_change, i.expected_min, i.expected_max,
                     j.q * COALESCE(su.factor / NULLIF(iu.factor, 0), 1.0) AS own,
                     100 * (j.q - j.previous) / NULLIF(abs(j.previous), 0) AS change_previous,
                     100 * (j.q - j.last_year) / NULLIF(abs(j.last_year), 0) AS change_year,
                     CASE WHEN j.n >= %(z_months)s THEN (j.q - j.mean) / NULLIF(j.sd, 0) END AS z_score,
                     (SELECT f.f FROM unnest(%(factors)s::numeric[]) f(f), LATERAL (
                        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x)::numeric AS median FROM unnest(j.others) x) u
                       WHERE j.n >= %(unit_months)s AND j.q / NULLIF(u.median, 0) BETWEEN f.f / 2 AND f.f * 2 LIMIT 1) AS unit_factor
                FROM judged j
                JOIN carbon_source s ON s.id = j.source_id
                LEFT JOIN carbon_monitoring_plan p ON p.company_id = s.company_id AND p.state IN ('approved', 'superseded')
                 AND (j.date + interval '1 month')::date - 1 BETWEEN p.date_from AND COALESCE(p.date_to, 'infinity'::date)
                LEFT JOIN carbon_monitoring_item i ON i.plan_id = p.id AND i.source_id = j.source_id
                LEFT JOIN uom_uom su ON su.id = s.uom_id
                LEFT JOIN uom_uom iu ON iu.id = i.uom_id AND s.uom_id IS NOT NULL
               WHERE j.date >= %(first)s AND NOT EXISTS (
                 SELECT 1 FROM carbon_reporting_period c WHERE c.company_id = %(company)s AND c.date_from = j.date AND c.state = 'closed')),
            flagged AS (
              SELECT r.*, COALESCE(allowed_change > 0 AND change_basis <> 'year' AND abs(change_previous) > allowed_change, FALSE)
                       AS is_change_previous,
                     COALESCE(allowed_change > 0 AND change_basis <> 'previous' AND abs(change_year) > allowed_change, FALSE)
                       AS is_change_year,
                     COALESCE(abs(z_score) > %(z_limit)s AND (last_year IS NULL OR abs(q - last_year) > %(z_limit)s * sd), FALSE) AS is_z,
                     unit_factor IS NOT NULL AS is_unit,
                     COALESCE(%(monthly)s AND (own < expected_min OR (expected_max > 0 AND own > expected_max)), FALSE) AS is_limit
                FROM rated r)
            SELECT %(company)s AS company_id, source_id, item_id, date, q AS quantity, previous, last_year, change_previous,
                   change_year, mean, z_score, unit_factor, is_change_previous, is_change_year, is_z, is_limit, is_unit,
                   is_unit OR is_limit AS is_serious
              FROM flagged WHERE is_change_previous OR is_change_year OR is_z OR is_limit OR is_unit
             ORDER BY source_id, date
            """,
            company=company.id,
            begin=first - relativedelta(months=HISTORY),
            first=first,
            last=last,
            by=SQL("PARTITION BY source_id ORDER BY date"),
            history=f"{HISTORY} months",
            z_months=Z_MONTHS,
            z_limit=Z_LIMIT,
            unit_months=UNIT_MONTHS,
            factors=[*UNIT_FACTORS],
            monthly=SQL("(SELECT frequency FROM carbon_monitoring_item x WHERE x.id = r.item_id) = 'month'"),
        )

    @api.model
    def _open_anomalies(self, company, date_from, date_to):
        """Return what the close checklist shows: anomalies of months in a range that nobody has explained.

        As of the last look; the weight is what the sources emitted in these months.

        :param company: one company
        :return: ``{"count": int, "t": t CO2e}``
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT count(*), COALESCE(SUM(abs(m.t)), 0) FROM carbon_data_anomaly y
                  LEFT JOIN (%(tonnes)s) m ON m.source_id = y.source_id AND m.month = y.date
                 WHERE y.company_id = %(company)s AND y.state = 'open' AND y.date BETWEEN %(first)s AND %(last)s
                """,
                tonnes=self.env["carbon.monitoring.report"]._sql_tonnes(company, date_from.replace(day=1), date_to),
                company=company.id,
                first=date_from.replace(day=1),
                last=date_to,
            )
        )
        return {"count": rows[0][0], "t": float(rows[0][1])}
