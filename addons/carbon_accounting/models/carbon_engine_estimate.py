from typing import NamedTuple

from odoo import api, models, tools
from odoo.tools import SQL

from .carbon_event_source import EVENT_COLUMNS

#: Criteria of rules that say where something is used. An imagined event that does not know it meets such rules too.
_PLACES = ("location_id", "workcenter_id", "equipment_id")


class Estimate(NamedTuple):
    """What an imagined event would give.

    ``outcome`` of its rule (``count``, or ``none``: no emission) · ``tonnes`` of CO2e; None where a unit, price, exchange rate,
    factor version or GWP value is missing · ``source`` that it would feed, in the language of the user
    """

    outcome: str
    tonnes: float | None
    source: str | None


class CarbonEngine(models.AbstractModel):
    """What imagined events would emit: the same rules, units and factors, no ledger."""

    _inherit = "carbon.engine"

    @api.model
    @tools.ormcache("companies")
    def _ruled_kinds(self, companies):
        """Return the codes of the event kinds that active rules of companies speak of."""
        self.env["carbon.activity.rule"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT event_kind FROM carbon_activity_rule "
                "WHERE active AND event_kind IS NOT NULL AND company_id = ANY(%s)",
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
        """Return the statement of :meth:`_estimate_events`: origin id, kind, outcome, t CO2e, source."""
        # nobody knows yet which months a bill will cover, nor where goods will be used
        profile = dict(self._profile(companies), has_service=False, dated=[], any=_PLACES)
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
            SELECT ev.origin_id, ev.kind, mk.outcome, x.tonnes, COALESCE(s.name->>%s, s.name->>'en_US')
              FROM ev JOIN keys k ON %s JOIN mk ON mk.kid = k.kid LEFT JOIN carbon_source s ON s.id = mk.sid
              LEFT JOIN (
                SELECT t.origin_id, t.kind,
                       CASE WHEN bool_and(t.ok AND u.kg IS NOT NULL)
                            THEN SUM(t.quantity * fv.num * u.kg / fv.den) / 1000 END AS tonnes
                  FROM tgt t
                  LEFT JOIN carbon_system sy ON sy.company_id = t.company_id
                  LEFT JOIN fv ON fv.sid = t.sid AND fv.fkey = t.date
                   AND (fv.basis IS NULL
                        OR fv.basis = COALESCE(fv.sole, sy.electricity_basis, 'location'))
                  LEFT JOIN unit u ON u.version_id = fv.version_id AND u.company_id = t.company_id
                 GROUP BY t.origin_id, t.kind) x ON x.origin_id = ev.origin_id AND x.kind = ev.kind
            """,
            SQL(", ").join(parts),
            self.env.lang or "en_US",
            self._sql_key_is(profile, "k", "ev"),
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
    def _estimate_events(self, events):
        """Estimate what imagined events would emit, with one query for all of them.

        An event that leaves open where something is used meets the rules of its material for any place, those for no place first.

        :param events: list of dicts of event columns; ``origin_id`` (any number that
            the caller chooses), ``kind``, ``company_id`` and ``date`` are required
        :return: ``{origin_id: {kind: Estimate}}`` of the events that a rule speaks of
        """
        companies = tuple(sorted({event["company_id"] for event in events}))
        known = self._ruled_kinds(companies) if companies else ()
        result = {}
        if events := [event for event in events if event["kind"] in known]:
            rows = self.env.execute_query(self._sql_estimate(events, companies))
            for origin_id, kind, outcome, tonnes, source in rows:
                tonnes = 0.0 if outcome == "none" else None if tonnes is None else float(tonnes)
                result.setdefault(origin_id, {})[kind] = Estimate(outcome, tonnes, source)
        return result

    @api.model
    def _estimate(self, events):
        """Return :meth:`_estimate_events` as ``{origin_id: {kind: t CO2e}}``, of the events that a rule counts."""
        found = {
            origin_id: {kind: said.tonnes for kind, said in kinds.items() if said.outcome == "count"}
            for origin_id, kinds in self._estimate_events(events).items()
        }
        return {origin_id: kinds for origin_id, kinds in found.items() if kinds}
