"""SQL of the dry run of factor versions, second part: what moves in the ledger.

``have`` sums of the ledger · ``hit`` those with another version, ``place`` without product, ``good`` by product · ``fresh``
documents without result so far · ``flat`` and ``goods`` both sides, now and then · sums by month, source, result, product, gas
and inventory. One pass over the ledger.
"""

from odoo import api, models
from odoo.tools import SQL

from .carbon_engine_target import SCALE

_MONTH = "date_trunc('month', %s::timestamp)::date"
#: So many days are compared with each row faster than they are searched for.
_FEW_DAYS = 4
#: What a dry run returns of each sum, all of them text or numbers: see :meth:`CarbonEngineFactorDryRun._factor_dry_run`.
COLUMNS = ("kind", "company_id", "record_id", "day", "name", "treatment", *("now", "then", "now_other", "then_other"))
COLUMNS += ("row_count", "fresh_count", "unknown_count")


class CarbonEngineFactorDryRun(models.AbstractModel):
    """The dry run of factor versions (R-128, R-139)."""

    _inherit = "carbon.engine"

    @api.model
    def _factor_dry_run(self, drafts, companies):
        """Return what the approval of drafts would move in the ledgers of companies; nothing is written.

        Rows keep their quantity, as old and new version are of one factor: sums meet their version, not rows. Each
        company is weighted with its own GWP set and its basis of electricity, each inventory with its own.

        :param drafts: ``carbon.emission.factor.version`` in draft
        :param companies: ``res.company``
        :return: (list of ``FactorMove``, list of dicts of :data:`COLUMNS`); ``now`` and ``then`` are exact text in kg CO2e,
            ``now_other`` and ``then_other`` for a result without regard to the basis, for a gas its mass, for an
            inventory what of it lies in closed months
        :raises UserError: where a draft has no usable gas lines
        """
        lines = drafts._lines_as_approved()
        moves = self._factor_moves(drafts, companies)
        if not moves:
            return [], []
        pending = self._basis_changed(companies)
        inventories = self._inventories_of_moves(moves)
        with self._bulk_settings():
            rows = self.env.execute_query(self._sql_factor_dry_run(moves, lines, pending, inventories))
        return moves, [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    @api.model
    def _inventories_of_moves(self, moves):
        """Return the inventories with months in which something may move."""
        domain = [("company_id", "in", list({move.company_id for move in moves}))]
        domain.append(("date_to", ">=", min(move.day_from for move in moves)))
        if last := self._end_of_moves(moves):
            domain.append(("date_from", "<", last))
        return self.env["carbon.inventory"].search(domain)

    @api.model
    def _end_of_moves(self, moves):
        """Return the day before which all moves end, None for never."""
        ends = [move.day_to for move in moves]
        return None if None in ends else max(ends)

    @api.model
    def _sql_factor_dry_run(self, moves, lines, pending, inventories):
        """Return the statement; its rows are :data:`COLUMNS`."""
        parts = SQL(", ").join(
            [
                self._sql_moves(moves, pending),
                self._sql_ledger_of_moves(moves),
                self._sql_fresh(moves),
                self._sql_sides(),
                self._sql_gas_lines_with(lines),
                self._sql_dry_run_weights(moves),
            ]
        )
        selects = [self._sql_sums_by_place(), self._sql_sums_by_product(), self._sql_sums_by_gas()]
        selects += [self._sql_sums_of_inventory(inventory) for inventory in inventories]
        return SQL("WITH %s %s", parts, SQL(" UNION ALL ").join(SQL("(%s)", select) for select in selects))

    # ------------------------------------------------------------------
    # The ledger
    # ------------------------------------------------------------------
    @api.model
    def _sql_gas_lines_with(self, lines):
        """CTE with the name of the table of gas lines: of the versions in ``flat``, those of drafts as they would be once approved."""
        owners, gases, kinds, kilograms = zip(*lines, strict=True)
        return SQL(
            """
            carbon_emission_factor_gas AS MATERIALIZED (
              SELECT id, version_id, gas_id, kind, kg_per_unit FROM carbon_emission_factor_gas
               WHERE version_id IN (SELECT version_id FROM flat) AND version_id <> ALL(%(owners)s)
              UNION ALL
              SELECT -row_number() OVER (), d.* FROM unnest(%(owners)s::int[], %(gases)s::int[], %(kinds)s::varchar[], %(kg)s::numeric[])
                     AS d(version_id, gas_id, kind, kg_per_unit))
            """,
            owners=list(owners),
            gases=list(gases),
            kinds=list(kinds),
            kg=[f"{kg:f}" for kg in kilograms],
        )

    @api.model
    def _sql_moves(self, moves, pending):
        """CTE ``move``; ``thorough`` where documents may have no result yet, or one of another factor."""
        columns = list(zip(*moves, strict=True))
        thorough = [not move.had_version or move.company_id in pending.ids for move in moves]
        return SQL(
            """
            move AS MATERIALIZED (
              SELECT m.*, v.factor_id FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::varchar[], %s::date[], %s::date[], %s::int[],
                     %s::int[], %s::bool[], %s::numeric[], %s::numeric[], %s::bool[]) WITH ORDINALITY
                     AS m(company_id, sid, stream, basis, day_from, day_to, category_id, version_id, lends, num, den, thorough, mid)
                JOIN carbon_emission_factor_version v ON v.id = m.version_id)
            """,
            *(list(column) for column in columns[:-1]),
            thorough,
        )

    @api.model
    def _sql_span(self, column, moves):
        """Return SQL of the month of a day, or of the part of it in which no version begins."""
        days = sorted({day for move in moves for day in (move.day_from, move.day_to) if day and day.day > 1})
        if len(days) > _FEW_DAYS:
            return SQL("GREATEST(%s, %s)", SQL(_MONTH, column), self._sql_date_key(column, days))
        parts = [SQL("CASE WHEN %s >= %s THEN %s::date END", column, day, day) for day in days]
        return SQL("GREATEST(%s)", SQL(", ").join([SQL(_MONTH, column), *parts]))

    @api.model
    def _sql_window(self, alias, moves):
        """Return the condition on ledger rows that lie where something may move."""
        row = SQL.identifier(alias)
        companies = {move.company_id for move in moves}
        last = self._end_of_moves(moves)
        return SQL(
            "%(r)s.company_id %(companies)s AND %(r)s.date >= %(first)s %(last)s AND %(r)s.source_id = ANY(%(sources)s)",
            r=row,
            companies=SQL("= %s", *companies) if len(companies) == 1 else SQL("= ANY(%s)", list(companies)),
            first=min(move.day_from for move in moves),
            last=SQL("AND %s.date < %s", row, last) if last else SQL(""),
            sources=sorted({move.source_id for move in moves}),
        )

    @api.model
    def _sql_ledger_to_move(self, table, moves):
        """Return the relation of the rows that count and that a collection would follow up, in the place of the table.

        Where data are approved before they count, a row counts until its counter row is approved too, but no version reaches
        it any more: only rows of live activity data move.
        """
        companies = sorted({move.company_id for move in moves})
        if not self._approving(companies):
            return SQL.identifier(table)
        last = self._end_of_moves(moves)
        return SQL(
            """
            (SELECT r.* FROM %(counted)s r JOIN carbon_activity_data own ON own.id = r.%(key)s AND own.reverses_id IS NULL
              WHERE NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = own.id AND c.reverses_id IS NOT NULL))
            """,
            counted=self._sql_counted(table, companies, min(move.day_from for move in moves), last),
            key=SQL("activity_id" if table == "carbon_emission_line" else "id"),
        )

    @api.model
    def _sql_ledger_of_moves(self, moves):
        """CTEs ``have``, ``hit``, ``place`` and ``good``: live rows whose version, category or lending would change.

        A counter row has day, source and version of the row that it takes back: sums are right without looking at
        pairs, and a pair counts as no row.
        """
        return SQL(
            """
            have AS MATERIALIZED (
              SELECT e.company_id, %(span)s AS span, e.source_id, e.category_id, e.product_id, e.stream, e.version_id, e.lends,
                     SUM(e.quantity) AS quantity, count(*) - 2 * count(e.reverses_id) AS n
                FROM %(ledger)s e
               WHERE %(window)s AND e.stream = ANY(%(streams)s)
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
            hit AS MATERIALIZED (
              SELECT h.*, m.mid
                FROM have h
                JOIN move m ON m.sid = h.source_id AND m.stream = h.stream AND h.span >= m.day_from
                 AND h.span < COALESCE(m.day_to, 'infinity')
               WHERE (h.version_id, h.category_id, h.lends IS TRUE) IS DISTINCT FROM (m.version_id, m.category_id, m.lends)),
            place AS MATERIALIZED (
              SELECT z.*, v.factor_id = m.factor_id AS same
                FROM (SELECT company_id, %(month)s AS period, category_id, mid, version_id, lends, SUM(quantity) AS quantity, SUM(n) AS n
                        FROM hit GROUP BY 1, 2, 3, 4, 5, 6) z
                JOIN move m ON m.mid = z.mid JOIN carbon_emission_factor_version v ON v.id = z.version_id),
            good AS MATERIALIZED (
              SELECT z.*, v.factor_id = m.factor_id AS same
                FROM (SELECT company_id, product_id, mid, version_id, lends, SUM(quantity) AS quantity, SUM(n) AS n
                        FROM hit GROUP BY 1, 2, 3, 4, 5) z
                JOIN move m ON m.mid = z.mid JOIN carbon_emission_factor_version v ON v.id = z.version_id)
            """,
            span=self._sql_span(SQL("e.date"), moves),
            month=SQL(_MONTH, SQL("span")),
            ledger=self._sql_ledger_to_move("carbon_emission_line", moves),
            window=self._sql_window("e", moves),
            streams=sorted({move.stream for move in moves}),
        )

    @api.model
    def _sql_fresh(self, moves):
        """CTE ``fresh``: live documents that would have a first result, or one of another factor than today.

        Looked for only where no version was, where the ledger waits for a collection, where a closed month kept a result
        of another factor, or where the worklist says that something is missing.
        """
        return SQL(
            """
            need AS MATERIALIZED (
              SELECT m.* FROM move m
               WHERE m.thorough OR m.mid IN (SELECT h.mid FROM place h WHERE NOT h.same)
                  OR m.mid IN (SELECT w.mid FROM carbon_collection_issue i
                                 JOIN move w ON w.company_id = i.company_id AND w.sid = i.source_id AND i.date >= w.day_from
                                  AND i.date < COALESCE(w.day_to, 'infinity')
                                WHERE i.state = 'open' AND i.reason IN ('factor', 'nofactor', 'late'))),
            live AS MATERIALIZED (
              SELECT e.activity_id, m.mid, v.factor_id
                FROM carbon_emission_line e
                JOIN need m ON m.sid = e.source_id AND m.stream = e.stream AND e.date >= m.day_from
                 AND e.date < COALESCE(m.day_to, 'infinity')
                JOIN carbon_emission_factor_version v ON v.id = e.version_id
               WHERE %(e_window)s AND e.reverses_id IS NULL AND NOT EXISTS (
                     SELECT 1 FROM carbon_emission_line c WHERE c.reverses_id = e.id AND c.reverses_id IS NOT NULL)),
            fresh AS MATERIALIZED (
              SELECT a.company_id, %(month)s AS period, a.product_id, m.mid,
                     SUM(CASE WHEN m.num = m.den THEN a.quantity ELSE round(a.quantity * m.num * %(scale)s / m.den, 12) END) AS quantity,
                     count(*) FILTER (WHERE l.activity_id IS NULL) AS n
                FROM %(ledger)s a
                JOIN need m ON m.sid = a.source_id AND a.date >= m.day_from AND a.date < COALESCE(m.day_to, 'infinity')
                LEFT JOIN live l ON l.activity_id = a.id AND l.mid = m.mid
               WHERE %(a_window)s AND a.reverses_id IS NULL AND l.factor_id IS DISTINCT FROM m.factor_id AND NOT EXISTS (
                     SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id AND c.reverses_id IS NOT NULL)
               GROUP BY 1, 2, 3, 4)
            """,
            month=SQL(_MONTH, SQL("a.date")),
            ledger=self._sql_ledger_to_move("carbon_activity_data", moves),
            e_window=self._sql_window("e", moves),
            a_window=self._sql_window("a", moves),
            scale=SCALE,
        )

    @api.model
    def _sql_sides(self):
        """CTEs ``flat`` (by month, source and result) and ``goods`` (by product): both sides, now (``before``) and then."""
        return SQL(
            """
            flat AS MATERIALIZED (
              SELECT s.company_id, s.period, m.sid AS source_id, s.category_id, m.stream, m.basis, s.version_id, s.lends, TRUE AS before,
                     s.quantity, s.n AS row_count, 0 AS fresh_count
                FROM place s JOIN move m ON m.mid = s.mid
              UNION ALL
              SELECT s.company_id, s.period, m.sid, m.category_id, m.stream, m.basis, m.version_id, NULLIF(m.lends, FALSE), FALSE,
                     s.quantity, 0, 0
                FROM place s JOIN move m ON m.mid = s.mid WHERE s.same
              UNION ALL
              SELECT s.company_id, s.period, m.sid, m.category_id, m.stream, m.basis, m.version_id, NULLIF(m.lends, FALSE), FALSE,
                     s.quantity, s.n, s.n
                FROM fresh s JOIN move m ON m.mid = s.mid),
            goods AS MATERIALIZED (
              SELECT s.company_id, s.product_id, m.basis, s.version_id, s.lends, TRUE AS before, s.quantity, s.n AS row_count,
                     0 AS fresh_count
                FROM good s JOIN move m ON m.mid = s.mid
              UNION ALL
              SELECT s.company_id, s.product_id, m.basis, m.version_id, NULLIF(m.lends, FALSE), FALSE, s.quantity, 0, 0
                FROM good s JOIN move m ON m.mid = s.mid WHERE s.same
              UNION ALL
              SELECT s.company_id, s.product_id, m.basis, m.version_id, NULLIF(m.lends, FALSE), FALSE, s.quantity, s.n, s.n
                FROM fresh s JOIN move m ON m.mid = s.mid)
            """
        )
