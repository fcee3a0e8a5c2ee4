"""SQL of what counts, where a company approves its data before they count.

The one place that joins the ledger with approvals: inventories, uncertainty, overview, workbook and analysis read through
it. Where no company of a question approves its data, the ledger is named as it is and the statement stays as it was.
"""

from odoo import api, models
from odoo.tools import SQL

_KEY = {"carbon_activity_data": "id", "carbon_emission_line": "activity_id"}


class CarbonEngineCounted(models.AbstractModel):
    """Which rows of the ledger count."""

    _inherit = "carbon.engine"

    @api.model
    def _approving(self, company_ids):
        """Return the ids of those companies that approve their data.

        :param company_ids: ids; None: of all companies
        """
        where = SQL("TRUE") if company_ids is None else SQL("company_id = ANY(%s)", list(company_ids))
        rows = self.env.execute_query(
            SQL("SELECT company_id FROM carbon_system WHERE data_approval AND %s ORDER BY 1", where)
        )
        return [row[0] for row in rows]

    @api.model
    def _accepted(self, company_ids):
        """Return what counts by the decision that switched approval on, as (company, first day, last day, highest id)."""
        return self.env.execute_query(
            SQL(
                "SELECT company_id, date_from, date_to, up_to_id FROM carbon_data_decision "
                "WHERE outcome = 'accepted' AND company_id = ANY(%s) ORDER BY id",
                list(company_ids),
            )
        )

    @api.model
    def _sql_accepted(self, accepted, row, key, first=None, last=None):
        """Return the condition that a row counts by the decision that switched approval on.

        :param accepted: from :meth:`_accepted`
        :param row: alias with ``company_id`` and ``date``
        :param key: SQL of the id of its activity data
        """
        parts = []
        for company, begin, end, up_to in accepted:
            if (last and begin and begin > last) or (first and end and end < first):
                continue
            days = [SQL("%s.date >= %s", row, begin)] if begin else []
            days += [SQL("%s.date <= %s", row, end)] if end else []
            parts.append(
                SQL(
                    "(%s)",
                    SQL(" AND ").join([SQL("%s.company_id = %s", row, company), SQL("%s <= %s", key, up_to), *days]),
                )
            )
        return SQL("(%s)", SQL(" OR ").join(parts)) if parts else SQL("FALSE")

    @api.model
    def _sql_last_decisions(self, company_ids, first=None, last=None, approved=False):
        """Return the relation of the last decision on each row (``activity_id``, ``outcome``, ``seq``).

        :param approved: only where that is an approval
        """
        parts = [SQL("p.company_id = ANY(%s)", list(company_ids))]
        parts += [SQL("p.date >= %s", first)] if first else []
        parts += [SQL("p.date <= %s", last)] if last else []
        parts += [SQL("p.outcome = 'approved'")] if approved else []
        return SQL(
            "SELECT p.activity_id, p.outcome, p.seq FROM carbon_data_approval p WHERE %s AND NOT EXISTS ("
            "SELECT 1 FROM carbon_data_approval l WHERE l.seq > 0 AND l.activity_id = p.activity_id AND l.seq > p.seq)",
            SQL(" AND ").join(parts),
        )

    @api.model
    def _sql_counted(self, table, company_ids, first=None, last=None):
        """Return the relation of the rows that count, with the columns of the table, to be read in its place.

        :param table: ``carbon_activity_data`` or ``carbon_emission_line``
        :param company_ids: companies that the question is about; None: all
        :param first: first day that the question is about, or None
        :param last: last day
        """
        on = self._approving(company_ids)
        if not on:
            return SQL.identifier(table)
        return SQL(
            "(SELECT r.* FROM %s r %s)",
            SQL.identifier(table),
            self._sql_only_counted("r", _KEY[table], on, company_ids, first, last),
        )

    @api.model
    def _sql_only_counted(self, alias, key, on, company_ids, first, last):
        """Return the join and the condition that leave rows ``alias`` that count."""
        row = SQL.identifier(alias)
        key = SQL("%s.%s", row, SQL.identifier(key))
        join, counts = self._sql_counts(row, key, on, company_ids, first, last)
        return SQL("%s WHERE %s", join, counts)

    @api.model
    def _sql_counts(self, row, key, on, company_ids=None, first=None, last=None):
        """Return the join with approvals (alias ``ok``) and the condition that a row counts.

        :param on: companies that approve their data, see :meth:`_approving`
        """
        parts = [SQL("ok.activity_id IS NOT NULL")]
        if company_ids is None or set(company_ids) - set(on):
            parts.append(SQL("%s.company_id <> ALL(%s)", row, on))
        accepted = self._sql_accepted(self._accepted(on), row, key, first, last)
        if accepted != SQL("FALSE"):
            parts.append(accepted)
        join = SQL(
            "LEFT JOIN (%s) ok ON ok.activity_id = %s", self._sql_last_decisions(on, first, last, approved=True), key
        )
        return join, SQL("(%s)", SQL(" OR ").join(parts))

    # ------------------------------------------------------------------
    # What waits
    # ------------------------------------------------------------------
    @api.model
    def _sql_status(self, on, where, first=None, last=None):
        """Return the relation of activity data with their ``status`` and the ``seq`` of their next decision.

        * *approved*: it counts
        * *rejected*, *pending*: a checker refused it, or has not decided
        * *moot*: taken back before it counted, with its counter row; nobody need decide on either

        A counter row of a row that counts waits for a decision too: until then the total stays as it was approved.

        :param on: companies that approve their data; the rows are of these
        :param where: condition on activity data ``a``
        """
        accepted = self._accepted(on)
        last_decisions = self._sql_last_decisions(on, first, last)
        return SQL(
            """
            SELECT a.*, d.outcome, COALESCE(d.seq + 1, 0) AS next_seq,
                   CASE WHEN %(mine)s OR d.outcome = 'approved' THEN 'approved'
                        WHEN a.reverses_id IS NOT NULL AND NOT (%(theirs)s OR COALESCE(t.outcome = 'approved', FALSE)) THEN 'moot'
                        WHEN a.reverses_id IS NULL AND c.id IS NOT NULL THEN 'moot'
                        WHEN d.outcome = 'rejected' THEN 'rejected' ELSE 'pending' END AS status
              FROM carbon_activity_data a
              LEFT JOIN (%(last)s) d ON d.activity_id = a.id
              LEFT JOIN (%(last)s) t ON t.activity_id = a.reverses_id
              LEFT JOIN carbon_activity_data c ON c.reverses_id = a.id
             WHERE a.company_id = ANY(%(on)s) AND %(where)s
            """,
            mine=self._sql_accepted(accepted, SQL("a"), SQL("a.id"), first, last),
            theirs=self._sql_accepted(accepted, SQL("a"), SQL("a.reverses_id"), first, last),
            last=last_decisions,
            on=list(on),
            where=where,
        )

    @api.model
    def _waiting(self, company, first, last):
        """Return what of a company is not in its totals, by status.

        The weight is added up by source without signs: what goes out of one source and into another moves two figures.

        :return: ``{"pending": {"count": rows, "t": t CO2e}, "rejected": …}``; empty where data count at once
        """
        on = self._approving(company.ids)
        if not on:
            return {}
        where = SQL("a.date BETWEEN %s AND %s", first, last)
        rows = self.env.execute_query(
            SQL(
                """
                WITH s AS MATERIALIZED (
                  SELECT x.id, x.source_id, x.status FROM (%(status)s) x WHERE x.status IN ('pending', 'rejected')),
                weight AS (
                  SELECT s.status, s.source_id, SUM(e.quantity * u.kg) / 1000.0 AS t
                    FROM s JOIN carbon_emission_line e ON e.activity_id = s.id
                    LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                    JOIN (%(unit)s) u ON u.version_id = e.version_id
                   WHERE COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends
                   GROUP BY 1, 2)
                SELECT n.status, n.rows, COALESCE((SELECT SUM(abs(w.t)) FROM weight w WHERE w.status = n.status), 0)::float8
                  FROM (SELECT status, count(*) AS rows FROM s GROUP BY 1) n
                """,
                status=self._sql_status(on, where, first, last),
                unit=self._sql_unit_co2e(self._default_gwp_set(company).id),
                # sudo: one setting of the company whose rows the user sees already
                basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            )
        )
        found = {status: {"count": 0, "t": 0.0} for status in ("pending", "rejected")}
        return found | {status: {"count": count, "t": t} for status, count, t in rows}
