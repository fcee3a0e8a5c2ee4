from contextlib import contextmanager
from datetime import date

from odoo import api, models
from odoo.tools import SQL

from ..tools.ledger_fields import sql_existing
from .carbon_overview import TOP


class CarbonOverview(models.AbstractModel):
    """The queries of the overview. Each reads its table once.

    Emissions are summed by what decides their weight first (source, leaf, stream, factor version, whether they
    stand for the other result of electricity too), and only
    the sums meet factors and mappings. Suppliers and products need two columns only, because the first
    query has told which versions count.
    """

    _inherit = "carbon.overview"

    @api.model
    @contextmanager
    def _aggregation(self):
        """Planner settings for sums over many rows: hash tables that need not spill, and parallel workers."""
        self.env.cr.execute(
            "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; "
            "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0.01"
        )
        yield
        self.env.cr.execute("RESET work_mem; RESET jit; RESET parallel_setup_cost; RESET parallel_tuple_cost")

    @api.model
    def _years(self, companies):
        """Return the years that have activity data, ascending; each month is one look into the index."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT p.year FROM carbon_reporting_period p
                 WHERE p.company_id = ANY(%s)
                   AND EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.company_id = p.company_id
                                  AND a.date >= p.date_from AND a.date < p.date_from + interval '1 month')
                 ORDER BY 1
                """,
                companies.ids,
            )
        )
        return [int(row[0]) for row in rows]

    @api.model
    def _counted(self, table, companies, first_year, last_year):
        """Return the relation of the rows of some years that count, in the place of the table."""
        days = date(first_year, 1, 1), date(last_year, 12, 31)
        return self.env["carbon.engine"]._sql_counted(table, companies.ids, *days)

    @api.model
    def _waiting(self, companies, year):
        """Return how many rows of a year wait for approval or were rejected, and their t CO2e."""
        engine, days = self.env["carbon.engine"], (date(year, 1, 1), date(year, 12, 31))
        parts = [part for company in companies for part in engine._waiting(company, *days).values()]
        return {"count": sum(part["count"] for part in parts), "t": sum(part["t"] for part in parts)}

    @api.model
    def _unit_kg(self, gwp_set):
        """Return {factor version id: kg CO2e per factor unit, or None where a gas has no value in the set}."""
        return {
            version: None if kg is None else float(kg)
            for version, kg in self.env.execute_query(self.env["carbon.engine"]._sql_unit_co2e(gwp_set.id))
        }

    @api.model
    def _flows(self, companies, year):
        """Return the quantities of the year and the one before by month and what decides their weight."""
        with self._aggregation():
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT date_trunc('month', e.date::timestamp) AS month, e.source_id, e.category_id, e.stream, e.version_id,
                           e.lends, SUM(e.quantity)
                      FROM %s e
                     WHERE e.company_id = ANY(%s) AND e.date BETWEEN %s AND %s
                     GROUP BY 1, 2, 3, 4, 5, 6
                    """,
                    self._counted("carbon_emission_line", companies, year - 1, year),
                    companies.ids,
                    f"{year - 1}-01-01",
                    f"{year}-12-31",
                )
            )
        return [
            {
                "year": month.year,
                "month": month.month,
                "source": source,
                "category": category,
                "stream": stream,
                "version": version,
                "lends": bool(lends),
                "quantity": float(quantity),
            }
            for month, source, category, stream, version, lends, quantity in rows
        ]

    @api.model
    def _top(self, companies, year, column, weights, model):
        """Return the partners or products with the largest emissions of the year.

        :param column: ledger column, ``partner_id`` or ``product_id``
        :param weights: {(source, category, stream, version, lends): kg CO2e per factor unit that counts}
        """
        by_version = {}
        for (_source, _category, _stream, version, _lends), kg in weights.items():
            by_version.setdefault(version, set()).add(kg or 0.0)
        # a version that counts here and not there: the combinations that do not count are left out by name
        mixed = {version for version, values in by_version.items() if len(values) > 1}
        left_out = [key for key, kg in weights.items() if key[3] in mixed and not kg]
        counting = {version: max(values, key=abs) for version, values in by_version.items() if any(values)}
        if not counting:
            return []
        with self._aggregation():
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT COALESCE(%(existing)s, g.ref) AS ref, SUM(g.quantity * w.kg) / 1000.0 AS t
                      FROM (SELECT e.%(column)s AS ref, e.version_id, SUM(e.quantity) AS quantity
                              FROM %(ledger)s e
                             WHERE e.company_id = ANY(%(companies)s) AND e.date BETWEEN %(start)s AND %(end)s %(except)s
                             GROUP BY 1, 2) g
                      JOIN unnest(%(versions)s::int[], %(kg)s::float8[]::numeric[]) AS w(version_id, kg) ON w.version_id = g.version_id
                     WHERE g.ref IS NOT NULL
                     GROUP BY 1 ORDER BY t DESC LIMIT %(top)s
                    """,
                    existing=sql_existing(self.env, model, SQL("g.ref")),
                    column=SQL.identifier(column),
                    companies=companies.ids,
                    start=f"{year}-01-01",
                    end=f"{year}-12-31",
                    versions=list(counting),
                    kg=list(counting.values()),
                    top=TOP,
                    ledger=self._counted("carbon_emission_line", companies, year, year),
                    **{"except": self._sql_except(left_out)},
                )
            )
        return self._named(model, {ref: float(tonnes) for ref, tonnes in rows})

    @api.model
    def _sql_except(self, combinations):
        """Return the condition that leaves out some combinations of source, leaf, stream, version and lending."""
        if not combinations:
            return SQL("")
        sources, categories, streams, versions, lends = (list(values) for values in zip(*combinations, strict=True))
        return SQL(
            "AND NOT EXISTS (SELECT 1 FROM unnest(%s::int[], %s::int[], %s::text[], %s::int[], %s::bool[]) AS x(s, c, st, v, l) "
            "WHERE x.s = e.source_id AND x.c = e.category_id AND x.st = e.stream AND x.v = e.version_id "
            "AND x.l = (e.lends IS TRUE))",
            sources,
            categories,
            streams,
            versions,
            lends,
        )

    @api.model
    def _qualities(self, companies, year):
        """Return the quantities of activity data of the year by source, month and quality."""
        with self._aggregation():
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT a.source_id, date_trunc('month', a.date::timestamp), a.quality, SUM(a.quantity)
                      FROM %s a
                     WHERE a.company_id = ANY(%s) AND a.date BETWEEN %s AND %s
                     GROUP BY 1, 2, 3
                    """,
                    self._counted("carbon_activity_data", companies, year, year),
                    companies.ids,
                    f"{year}-01-01",
                    f"{year}-12-31",
                )
            )
        return [
            {"source": source, "month": month.month, "quality": quality, "quantity": float(quantity)}
            for source, month, quality, quantity in rows
        ]

    @api.model
    def _open_issues(self, companies):
        """Return the open worklist by reason, company and currency."""
        self.env["carbon.collection.issue"].flush_model()
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT i.reason, i.company_id AS company, i.currency_id AS currency, count(*) AS count,
                       COALESCE(SUM(abs(i.amount)), 0)::float8 AS amount
                  FROM carbon_collection_issue i
                 WHERE i.state = 'open' AND i.company_id = ANY(%s)
                 GROUP BY 1, 2, 3
                """,
                companies.ids,
            )
        )
