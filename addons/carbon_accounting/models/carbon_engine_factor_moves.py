"""SQL of the dry run of factor versions, first part: where another version would be chosen.

Small and read without the ledger: sources × days on which a version begins.
"""

from collections import namedtuple

from odoo import api, models
from odoo.tools import SQL

#: A source, stream and range of days (``day_to`` excluded, None: for ever) in which approval changes the version or who lends.
#: ``version_id``, ``category_id``, ``lends``: as they would be; ``num`` / ``den``: from the source's unit to the factor's, as text.
FactorMove = namedtuple(
    "FactorMove",
    "company_id source_id stream basis day_from day_to category_id version_id lends num den had_version",
)


class CarbonEngineFactorMoves(models.AbstractModel):
    """Which version the engine would choose, were drafts approved."""

    _inherit = "carbon.engine"

    @api.model
    def _factor_moves(self, drafts, companies):
        """Return the :class:`FactorMove` of drafts taken as approved, for sources of some companies.

        :param drafts: ``carbon.emission.factor.version``
        :param companies: ``res.company``
        """
        self.env.flush_all()
        sources = self._sources_of_factors(drafts.factor_id, companies)
        if not sources:
            return []
        days = self._days_of_versions(sources, drafts)
        after = dict(zip(days, [*days[1:], None], strict=True))
        return [
            FactorMove(company, source, stream, basis, day, after[day], *values)
            for company, source, stream, basis, day, *values in self.env.execute_query(
                self._sql_factor_moves(sources, days, drafts)
            )
        ]

    @api.model
    def _sources_of_factors(self, factors, companies):
        """Return the ids of the companies' sources that use any of the factors."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT s.id FROM carbon_source s JOIN carbon_source_factor sf ON sf.source_id = s.id "
                "WHERE sf.factor_id = ANY(%s) AND s.company_id = ANY(%s) ORDER BY 1",
                factors.ids,
                companies.ids,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _days_of_versions(self, sources, drafts):
        """Return the days, from the first draft on, on which a version of the sources' factors begins, ascending."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT v.date_from FROM carbon_emission_factor_version v
                  JOIN carbon_source_factor sf ON sf.factor_id = v.factor_id
                 WHERE sf.source_id = ANY(%s) AND v.date_from >= %s AND (v.state = 'approved' OR v.id = ANY(%s))
                 ORDER BY 1
                """,
                sources,
                min(drafts.mapped("date_from")),
                drafts.ids,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _sql_factor_moves(self, sources, days, drafts):
        """Return SQL of the rows of :class:`FactorMove` without ``day_to``: the engine's own choice, before and after.

        The name of the table of versions stands for itself before, and after for a relation in which the drafts are
        approved: what chooses is :meth:`_sql_versions` both times.
        """
        choose = self._sql_versions(
            SQL("(SELECT s.sid, d.date FROM unnest(%s::int[]) s(sid), unnest(%s::date[]) d(date))", sources, days), None
        )
        return SQL(
            """
            WITH before AS MATERIALIZED (WITH %(choose)s SELECT * FROM fv),
            after AS MATERIALIZED (
              WITH carbon_emission_factor_version AS (
                SELECT v.id, v.factor_id, v.region_id, v.date_from,
                       CASE WHEN v.id = ANY(%(drafts)s) THEN 'approved' ELSE v.state END AS state
                  FROM carbon_emission_factor_version v
                 WHERE v.factor_id IN (SELECT sf.factor_id FROM carbon_source_factor sf WHERE sf.source_id = ANY(%(sources)s))),
              %(choose)s SELECT * FROM fv)
            SELECT s.company_id, a.sid, a.stream, a.basis, a.fkey, a.category_id, a.version_id, (a.basis = a.sole) IS TRUE,
                   a.num::text, a.den::text, b.version_id IS NOT NULL
              FROM after a JOIN before b USING (sid, fkey, stream) JOIN carbon_source s ON s.id = a.sid
             WHERE a.version_id IS NOT NULL
               AND (a.version_id, (a.basis = a.sole) IS TRUE) IS DISTINCT FROM (b.version_id, (b.basis = b.sole) IS TRUE)
             ORDER BY a.sid, a.stream, a.fkey
            """,
            choose=choose,
            drafts=drafts.ids,
            sources=sources,
        )
