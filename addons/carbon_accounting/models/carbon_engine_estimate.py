from odoo import api, models, tools
from odoo.tools import SQL

from .carbon_event_source import EVENT_COLUMNS


class CarbonEngine(models.AbstractModel):
    """What imagined events would emit: the same rules, units and factors, no ledger."""

    _inherit = "carbon.engine"

    @api.model
    @tools.ormcache("companies")
    def _counted_kinds(self, companies):
        """Return the codes of the event kinds that active rules of companies count."""
        self.env["carbon.activity.rule"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT event_kind FROM carbon_activity_rule "
                "WHERE active AND outcome = 'count' AND event_kind IS NOT NULL "
                "AND company_id = ANY(%s)",
                list(companies),
            )
        )
        return frozenset(row[0] for row in rows)

    @api.model
    def _sql_imagined(self, events):
        """Return SQL of the event relation of imagined events."""
        used = [name for name in EVENT_COLUMNS if any(e.get(name) for e in events)]
        arrays = SQL(", ").join(
            SQL(
                "%s::%s[]",
                [e.get(name) or None for e in events],
                SQL(EVENT_COLUMNS[name]),
            )
            for name in used
        )
        names = SQL(", ").join(SQL.identifier(name) for name in used)
        return self.env["carbon.event.source"]._select(
            {name: SQL.identifier("o", name) for name in used},
            SQL("FROM unnest(%s) AS o(%s)", arrays, names),
        )

    @api.model
    def _sql_estimate(self, events, companies):
        """Return the statement of :meth:`_estimate`: origin id, kind, t CO2e."""
        # nobody knows yet which months a bill will cover
        profile = dict(self._profile(companies), has_service=False, dated=[])
        provider = {"query": lambda _predicate: self._sql_imagined(events)}
        parts = [
            self._sql_events(provider, lambda _column: SQL("TRUE"), companies, None, profile),
            self._sql_match(profile),
            self._sql_meaning(profile),
            self._sql_meant(profile),
            self._sql_target(profile),
            self._sql_versions(SQL("(SELECT sid, date FROM tgt WHERE ok)"), None),
            SQL("unit AS (%s)", self._sql_unit_by_company(companies)),
        ]
        return SQL(
            """
            WITH %s
            SELECT t.origin_id, t.kind,
                   CASE WHEN bool_and(t.ok AND u.kg IS NOT NULL)
                        THEN SUM(t.quantity * fv.num * u.kg / fv.den) / 1000 END
              FROM tgt t
              LEFT JOIN carbon_system sy ON sy.company_id = t.company_id
              LEFT JOIN fv ON fv.sid = t.sid AND fv.fkey = t.date
               AND (fv.basis IS NULL
                    OR fv.basis = COALESCE(fv.sole, sy.electricity_basis, 'location'))
              LEFT JOIN unit u ON u.version_id = fv.version_id AND u.company_id = t.company_id
             GROUP BY t.origin_id, t.kind
            """,
            SQL(", ").join(parts),
        )

    @api.model
    def _sql_unit_by_company(self, companies):
        """Return SQL of ``(company_id, version_id, kg)``: each company weights with its own GWP set."""
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s AS company_id, x.version_id, x.kg FROM (%s) x",
                company.id,
                self._sql_unit_co2e(self._default_gwp_set(company).id),
            )
            for company in self.env["res.company"].browse(companies)
        )

    @api.model
    def _estimate(self, events):
        """Estimate what imagined events would emit, with one query for all of them.

        :param events: list of dicts of event columns; ``origin_id`` (any number that
            the caller chooses), ``kind``, ``company_id`` and ``date`` are required
        :return: ``{origin_id: {kind: t CO2e}}`` of the events that a rule counts; None
            where a unit, exchange rate, factor version or GWP value is missing
        """
        companies = tuple(sorted({event["company_id"] for event in events}))
        known = self._counted_kinds(companies) if companies else ()
        result = {}
        if events := [event for event in events if event["kind"] in known]:
            rows = self.env.execute_query(self._sql_estimate(events, companies))
            for origin_id, kind, tonnes in rows:
                tonnes = None if tonnes is None else float(tonnes)
                result.setdefault(origin_id, {})[kind] = tonnes
        return result
