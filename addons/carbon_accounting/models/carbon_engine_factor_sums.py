"""SQL of the dry run of factor versions, third part: what moves, summed and weighted."""

from odoo import api, models
from odoo.tools import SQL


class CarbonEngineFactorSums(models.AbstractModel):
    """Sums of what a dry run moves: by month, source, result, product, gas and inventory."""

    _inherit = "carbon.engine"

    @api.model
    def _sql_dry_run_weights(self, moves):
        """CTEs ``setting`` (GWP set and basis of each company), ``weight`` (kg CO2e by gas) and ``whole`` (in total)."""
        companies = self.env["res.company"].browse(sorted({move.company_id for move in moves}))
        sets = {company: self._default_gwp_set(company) for company in companies}
        # sudo: one setting of companies whose rows the user sees already
        systems = self.env["carbon.system"].sudo()
        report = self.env["carbon.emission.report"]
        return SQL(
            """
            setting AS (SELECT * FROM unnest(%(companies)s::int[], %(sets)s::int[], %(bases)s::varchar[]) AS t(company_id, gwp, basis)),
            weight AS MATERIALIZED (%(units)s),
            whole AS MATERIALIZED (
              SELECT gwp, version_id, SUM(total) FILTER (WHERE treatment = 'total') AS kg,
                     COALESCE(bool_or(total IS NULL) FILTER (WHERE treatment = 'total'), FALSE) AS unknown FROM weight GROUP BY 1, 2)
            """,
            companies=companies.ids,
            sets=[sets[company].id for company in companies],
            bases=[systems._get(company).electricity_basis for company in companies],
            units=SQL(" UNION ALL ").join(
                SQL("SELECT %s::int AS gwp, u.* FROM (%s) u", gwp.id, report._sql_units(True, gwp))
                for gwp in self.env["carbon.gwp.set"].union(*sets.values())
            ),
        )

    @api.model
    def _sql_measured(self, table):
        """Return SQL of the measures of a relation ``f`` of sums, and of what they are read from."""
        counts = SQL("f.basis IS NULL OR f.basis = c.basis OR f.lends")
        sums = [
            SQL("COALESCE(SUM(f.quantity * w.kg) FILTER (WHERE %s AND %s), 0)::text", side, where)
            for where in (SQL("(%s)", counts), SQL("TRUE"))
            for side in (SQL("f.before"), SQL("NOT f.before"))
        ]
        return SQL(
            "%s, SUM(f.row_count)::bigint, SUM(f.fresh_count)::bigint, count(*) FILTER (WHERE w.unknown)",
            SQL(", ").join(sums),
        ), SQL(
            "FROM %s f JOIN setting c ON c.company_id = f.company_id LEFT JOIN whole w ON w.gwp = c.gwp AND w.version_id = f.version_id",
            SQL.identifier(table),
        )

    @api.model
    def _sql_sums_by_place(self):
        """Return SQL of the sums by month, by source and by result."""
        measures, read = self._sql_measured("flat")
        return SQL(
            """
            SELECT CASE WHEN f.period IS NOT NULL THEN 'period' WHEN f.source_id IS NOT NULL THEN 'source' ELSE 'result' END,
                   f.company_id, f.source_id, f.period, f.stream, NULL, %s %s
             GROUP BY GROUPING SETS ((f.company_id, f.period), (f.company_id, f.source_id), (f.company_id, f.stream))
            """,
            measures,
            read,
        )

    @api.model
    def _sql_sums_by_product(self):
        """Return SQL of the sums by product; none has number 0."""
        measures, read = self._sql_measured("goods")
        return SQL(
            "SELECT 'product', f.company_id, COALESCE(f.product_id, 0), NULL::date, NULL, NULL, %s %s GROUP BY 2, 3",
            measures,
            read,
        )

    @api.model
    def _sql_sums_by_gas(self):
        """Return SQL of the sums by gas, kind and what happens to it in a total, with the mass beside the CO2e."""
        sums = [
            SQL("COALESCE(SUM(f.quantity * %s) FILTER (WHERE %s), 0)::text", measure, side)
            for measure in (
                SQL(
                    "CASE g.treatment WHEN 'total' THEN g.total WHEN 'biogenic' THEN g.biogenic WHEN 'removal' THEN g.removal END"
                ),
                SQL("g.mass"),
            )
            for side in (SQL("f.before"), SQL("NOT f.before"))
        ]
        return SQL(
            """
            SELECT 'gas', f.company_id, g.gas_id, NULL::date, g.gas_kind, g.treatment, %s, SUM(f.row_count)::bigint,
                   SUM(f.fresh_count)::bigint, count(*) FILTER (WHERE g.treatment = 'total' AND g.total IS NULL)
              FROM (SELECT company_id, basis, version_id, lends, before, SUM(quantity) AS quantity, SUM(row_count) AS row_count,
                           SUM(fresh_count) AS fresh_count FROM flat GROUP BY 1, 2, 3, 4, 5) f
              JOIN setting c ON c.company_id = f.company_id
              JOIN weight g ON g.gwp = c.gwp AND g.version_id = f.version_id
             WHERE f.basis IS NULL OR f.basis = c.basis OR f.lends
             GROUP BY 2, 3, 5, 6
            """,
            SQL(", ").join(sums),
        )

    @api.model
    def _sql_sums_of_inventory(self, inventory):
        """Return SQL of what moves in an inventory, by its own boundary, GWP set and basis; nothing if it has no such row."""
        covered = SQL(
            "f.company_id = %s AND f.period BETWEEN %s AND %s",
            *(inventory.company_id.id, inventory.date_from, inventory.date_to),
        )
        closed = SQL(
            "EXISTS (SELECT 1 FROM carbon_reporting_period p WHERE p.company_id = %s AND p.date_from = d.period AND p.state = 'closed')",
            inventory.company_id.id,
        )
        sums = [
            SQL("COALESCE(SUM(round(d.mass * d.gwp, 12)) FILTER (WHERE %s AND %s), 0)::text", side, where)
            for where in (SQL("TRUE"), closed)
            for side in (SQL("d.before"), SQL("NOT d.before"))
        ]
        return SQL(
            """
            SELECT 'inventory', %(company)s, %(id)s, NULL::date, NULL, NULL, x.a, x.b, x.c, x.d, n.row_count, n.fresh_count, x.unknown
              FROM (SELECT SUM(f.row_count)::bigint AS row_count, SUM(f.fresh_count)::bigint AS fresh_count FROM flat f WHERE %(covered)s) n
              CROSS JOIN LATERAL (
                WITH agg AS (
                  SELECT f.period, f.source_id, f.category_id, f.stream, f.version_id, f.lends, f.before, SUM(f.quantity) AS quantity
                    FROM flat f WHERE %(covered)s GROUP BY 1, 2, 3, 4, 5, 6, 7),
                %(flow)s, %(masses)s
                SELECT %(sums)s, count(*) FILTER (WHERE d.gwp IS NULL AND d.exclusion IS NULL) AS unknown
                  FROM done d WHERE d.treatment = 'total' AND d.%(basis)s) x
             WHERE n.row_count > 0
            """,
            company=inventory.company_id.id,
            id=inventory.id,
            covered=covered,
            flow=inventory._sql_flow_of_sums(),
            masses=inventory._sql_masses(),
            sums=SQL(", ").join(
                SQL("%s AS %s", total, SQL.identifier(name)) for name, total in zip("abcd", sums, strict=True)
            ),
            basis=SQL.identifier(f"in_{inventory.electricity_basis}"),
        )
