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
    def _find(self, companies, first=None, last=None, sources=None, settle=True):
        """Look at months and record what stands out, closed months included: there it is reported, nobody can correct it unseen.

        :param first: first day of the months, by default three years ago
        :param last: last day of the months; never later than the month under way
        :param sources: ids of the sources that are looked at, by default all
        :param settle: False only adds, and leaves what does not stand out any more to the daily look
        :return: number of anomalies that are new or open again
        """
        odd = []
        for company in companies:
            found = self._look(company, first, last, sources)
            if settle:
                # sudo: anomalies are recorded by this method only, whoever looks for them
                known = self.sudo().search(
                    [*self._looked_domain(company, first, last, sources), ("state", "=", "open")]
                )
                gone = known - known.browse().union(*(row for _values, row in found))
                if gone:
                    gone._transition("settled", "anomaly.settle")
            odd += found
        opened = sum(row._follow(values) for values, row in odd if row)
        new = [{**values, "item_id": values["item_id"] or False} for values, row in odd if not row]
        # sudo: as above
        self.sudo().create(new)
        return opened + len(new)

    @api.model
    def _range(self, first, last):
        """Return the first and the last day of the months that are looked at."""
        this_month = fields.Date.context_today(self).replace(day=1)
        end = this_month + relativedelta(months=1, days=-1)
        return (first or this_month - relativedelta(months=LOOK_BACK)).replace(day=1), min(last or end, end)

    @api.model
    def _looked_domain(self, company, first, last, sources):
        first, last = self._range(first, last)
        domain = [("company_id", "=", company.id), ("date", ">=", first), ("date", "<=", last)]
        return domain if sources is None else [*domain, ("source_id", "in", list(sources))]

    @api.model
    def _look(self, company, first=None, last=None, sources=None):
        """Return what stands out now, without recording it.

        :return: list of (fields of this model, the anomaly on record or an empty record)
        """
        self.env.flush_all()
        days = self._range(first, last)
        rows = self.env.execute_query_dict(self._sql_odd(company, *days, sources)) if days[0] <= days[1] else []
        if not rows:
            return []
        # sudo: what is on record does not depend on who looks
        known = self.sudo().search(self._looked_domain(company, first, last, sources))
        by_month = {(row.source_id.id, row.date): row for row in known}
        return [(values, by_month.get((values["source_id"], values["date"]), self.sudo())) for values in rows]

    def _follow(self, values):
        """Take in what the look gave for a known anomaly.

        :param values: numbers of the look
        :return: whether it is open again
        """
        self.ensure_one()
        numbers = {name: values[name] or False for name in _NUMBERS}
        if self.state != "open" and self._is_unanswered(values):
            self._transition("open", "anomaly.reopen", values=numbers)
            return True
        if self.state == "open" and self.quantity != (values["quantity"] or 0.0):
            self._gate_write(numbers, "anomaly.change")
        return False

    def _is_unanswered(self, values):
        """Tell whether what a look gave needs an explanation: it has none, or the quantity is another one since.

        In the month under way the quantity grows every day: there an explanation holds until the quantity has doubled.
        """
        if not self or self.state != "explained":
            return True
        quantity = values["quantity"] or 0.0
        if values["date"] == fields.Date.context_today(self).replace(day=1):
            return abs(quantity) > 2 * abs(self.quantity)
        return self.quantity != quantity

    @api.model
    def _sql_odd(self, company, first, last, sources=None):
        """Return the months that stand out, with the fields of this model.

        ``months`` sums by source and month, ``judged`` beside the months before: windows by dates, so that a month without
        rows is no month. Shares are in percent of the amount compared with. A series that never moved has no spread: five
        percent of its mean stand for it. A month under way can only grow: it is judged upwards, and not by its change.
        """
        return SQL(
            """
            WITH months AS MATERIALIZED (
              SELECT a.source_id, date_trunc('month', a.date::timestamp)::date AS date, SUM(a.quantity) AS q
                FROM carbon_activity_data a
               WHERE a.company_id = %(company)s AND a.date BETWEEN %(begin)s AND %(last)s AND %(chosen)s
               GROUP BY 1, 2 HAVING SUM(CASE WHEN a.reverses_id IS NULL THEN 1 ELSE -1 END) > 0),
            judged AS (
              SELECT m.*, MAX(q) OVER (%(by)s RANGE BETWEEN '1 month' PRECEDING AND '1 month' PRECEDING) AS previous,
                     MAX(q) OVER (%(by)s RANGE BETWEEN '1 year' PRECEDING AND '1 year' PRECEDING) AS last_year,
                     count(*) OVER before AS n, AVG(q) OVER before AS mean,
                     COALESCE(NULLIF(stddev_samp(q) OVER before, 0), abs(AVG(q) OVER before) / 20) AS sd,
                     m.date >= %(running)s AS running,
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
                       WHERE j.n >= %(unit_months)s AND j.q / NULLIF(u.median, 0) BETWEEN f.f / 2 AND f.f * 2
                         AND (f.f > 1 OR NOT j.running) LIMIT 1) AS unit_factor
                FROM judged j
                JOIN carbon_source s ON s.id = j.source_id
                LEFT JOIN carbon_monitoring_plan p ON p.company_id = s.company_id AND p.state IN ('approved', 'superseded')
                 AND (j.date + interval '1 month')::date - 1 BETWEEN p.date_from AND COALESCE(p.date_to, 'infinity'::date)
                LEFT JOIN carbon_monitoring_item i ON i.plan_id = p.id AND i.source_id = j.source_id
                LEFT JOIN uom_uom su ON su.id = s.uom_id
                LEFT JOIN uom_uom iu ON iu.id = i.uom_id AND s.uom_id IS NOT NULL
               WHERE j.date >= %(first)s),
            flagged AS (
              SELECT r.*, COALESCE(NOT running AND allowed_change > 0 AND change_basis <> 'year'
                              AND abs(change_previous) > allowed_change, FALSE)
                       AS is_change_previous,
                     COALESCE(NOT running AND allowed_change > 0 AND change_basis <> 'previous'
                              AND abs(change_year) > allowed_change, FALSE)
                       AS is_change_year,
                     COALESCE(abs(z_score) > %(z_limit)s AND (last_year IS NULL OR abs(q - last_year) > %(z_limit)s * sd)
                              AND (z_score > 0 OR NOT running), FALSE) AS is_z,
                     unit_factor IS NOT NULL AS is_unit,
                     COALESCE(%(monthly)s
                              AND ((own < expected_min AND NOT running) OR (expected_max > 0 AND own > expected_max)), FALSE) AS is_limit
                FROM rated r)
            SELECT %(company)s AS company_id, source_id, item_id, date, q AS quantity, previous, last_year, change_previous,
                   change_year, mean, z_score, unit_factor, is_change_previous, is_change_year, is_z, is_limit, is_unit,
                   is_unit OR is_limit AS is_serious
              FROM flagged WHERE is_change_previous OR is_change_year OR is_z OR is_limit OR is_unit
             ORDER BY source_id, date
            """,
            company=company.id,
            begin=first - relativedelta(months=HISTORY),
            running=fields.Date.context_today(self).replace(day=1),
            chosen=SQL("a.source_id = ANY(%s)", list(sources)) if sources is not None else SQL("TRUE"),
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
        """Return what the close asks: anomalies of months in a range that nobody has explained.

        Looked for now, in the sums of the ledger; the weight is what the sources emitted in these months.

        :param company: one company
        :return: ``{"count": int, "t": t CO2e}``
        """
        found = self._look(company, date_from, date_to)
        return self._weigh(company, [values for values, row in found if row._is_unanswered(values)])

    @api.model
    def _weigh(self, company, months):
        """Return number and t CO2e of months of sources.

        :param months: list of dicts or records with ``source_id`` and ``date``
        """
        if not months:
            return {"count": 0, "t": 0.0}
        days = [values["date"] for values in months]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(abs(m.t)), 0)::float8 FROM (%(tonnes)s) m
                 WHERE (m.source_id, m.month) IN (SELECT * FROM unnest(%(sources)s::int[], %(months)s::date[]))
                """,
                tonnes=self.env["carbon.monitoring.report"]._sql_tonnes(
                    company, min(days), fields.Date.end_of(max(days), "month")
                ),
                sources=[values["source_id"] for values in months],
                months=days,
            )
        )
        return {"count": len(months), "t": rows[0][0]}
