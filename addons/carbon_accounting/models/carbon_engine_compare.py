from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

#: Days by which documents may lie before or after the month that they are about.
_AROUND = 140


class CarbonEngine(models.AbstractModel):
    """What documents say that are compared with a source and do not count: the same rules, units and periods, no ledger."""

    _inherit = "carbon.engine"

    @api.model
    def _compared(self, company, origin_model, first, last):
        """Return what documents of a kind of record say about sources, month by month.

        :return: list of (rule, source, first day of the month, quantity in the unit of the source, documents without quantity)
        """
        provider = self.env["carbon.event.source"]._providers().get(origin_model)
        if not provider:
            return []
        companies = (company.id,)
        profile = dict(self._read_profile(companies), compare=True, graded=provider.get("graded"))
        days = SQL(
            "SELECT o.id FROM %s o WHERE %s AND o.company_id = %s AND o.date >= %s AND o.date <= %s",
            SQL.identifier(provider["table"]),
            provider["where"],
            company.id,
            first - timedelta(days=_AROUND),
            last + timedelta(days=_AROUND),
        )
        parts = [
            self._sql_events(provider, lambda column: SQL("%s IN (%s)", column, days), companies, None, profile),
            self._sql_match(profile),
            self._sql_meaning(profile),
            self._sql_meant(profile),
            self._sql_target(profile),
        ]
        return self.env.execute_query(
            SQL(
                "WITH %s SELECT rid, sid, date_trunc('month', date::timestamp)::date, COALESCE(SUM(quantity) FILTER (WHERE ok), "
                "0)::float8, "
                "(count(*) FILTER (WHERE NOT ok))::int FROM tgt WHERE date BETWEEN %s AND %s GROUP BY 1, 2, 3",
                SQL(", ").join(parts),
                first,
                last,
            )
        )
