"""The SQL engine against the reference implementation, on events that hypothesis makes up."""

from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged
from odoo.tools import SQL

from ..models.carbon_event_source import CarbonEventSource
from ..tools import reference as ref
from .differential_common import KIND, UNITS, DifferentialCommon

DAYS = st.dates(date(2019, 1, 1), date(2025, 12, 31))


def _events_without_rule(self, predicate):
    """Declarations as events whose rule the engine must find by itself."""
    return self._select(
        {
            "origin_id": SQL("o.id"),
            "kind": SQL("%s", KIND),
            "date_invoice": SQL("o.date - 20"),
            "company_id": SQL("o.company_id"),
            "service_from": SQL("o.date_from"),
            "service_to": SQL("o.date_to"),
            "label": SQL("o.name"),
            **{name: SQL.identifier("o", name) for name in ("date", "product_id", "partner_id", "quantity", "uom_id")},
        },
        SQL("FROM carbon_declaration o WHERE o.state = 'posted' AND %s", predicate),
    )


@tagged("post_install", "-at_install")
class TestDifferential(DifferentialCommon):
    """Both implementations agree to the last decimal."""

    def _expected(self, event):
        """Return {(part, day, source, quantity, stream, version, emission, lends)} and the worklist's reasons by part.

        Without a unit there are no parts: the reasons are {(None, "unit")} or {(None, "ambiguous")}.
        """
        result, reasons = set(), set()
        for month, rule in ref.months_with_rules(event, self.ref_rules, {KIND: ref.Kind("billed", expects_rule=True)}):
            if rule is None:
                reasons.add((f"{month:%Y-%m}" if month else "", "unmapped"))
                continue
            try:
                rows = ref.activity(event, rule, self.units["ton"], month)
            except ref.AmbiguousUnits:
                reasons.add((None, "ambiguous"))
                continue
            except ref.MissingService:
                reasons.add(("", "service"))
                continue
            if rows is None:
                reasons.add((None, "unit"))
                continue
            factors = self.ref_factors[rule.source]
            for part, day, quantity in rows:
                emissions = ref.emissions(day, quantity, self.regions[rule.source], factors)
                result |= {(part, day, rule.source, quantity, *emission) for emission in emissions}
                if len(emissions) < len(factors):
                    reasons.add((part, "factor"))
        return result, reasons

    def _found(self, ids):
        """Return the ledger rows of each declaration, and the reasons of its worklist rows by part."""
        rows = self.env.execute_query(
            SQL(
                "SELECT a.origin_id, a.origin_part, a.date, s.name->>'en_US', a.quantity::text, e.stream, e.version_id, "
                "e.quantity::text, e.lends IS TRUE "
                "FROM carbon_activity_data a JOIN carbon_source s ON s.id = a.source_id "
                "LEFT JOIN carbon_emission_line e ON e.activity_id = a.id WHERE a.origin_id = ANY(%s)",
                ids,
            )
        )
        found = {origin: (set(), set()) for origin in ids}
        for origin, part, day, source, quantity, stream, version, emission, lends in rows:
            row = (part, day, source, Decimal(quantity), stream, version, Decimal(emission), lends)
            found[origin][0].add(row)
        for origin, part, reason in self.env.execute_query(
            SQL(
                "SELECT origin_id, origin_part, reason FROM carbon_collection_issue "
                "WHERE state = 'open' AND origin_id = ANY(%s)",
                ids,
            )
        ):
            found[origin][1].add((None if reason in ("unit", "ambiguous") else part, reason))
        return found

    EVENT = st.tuples(
        st.integers(0, 3),  # product, 3: none
        st.sampled_from(UNITS),
        st.decimals(Decimal("-1000000"), Decimal("1000000"), places=6).filter(bool),
        DAYS,
        st.booleans(),  # from the partner
        st.one_of(st.none(), st.integers(0, 400)),  # days of service
    )

    #: three values of oil, the first from a day on or always; one later value of the category; pieces from a day on
    CONVERSION_DAYS = st.tuples(
        st.lists(DAYS, min_size=3, max_size=3, unique=True), st.booleans(), DAYS, st.one_of(st.none(), DAYS)
    ).map(lambda d: {0: d[0][0] if d[1] else None, 6: d[0][1], 7: d[0][2], 8: d[2], 2: d[3]})

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(EVENT, min_size=1, max_size=40), st.booleans(), CONVERSION_DAYS)
    def _differ(self, drawn, bulk, days):
        savepoint = self.env.cr.savepoint()
        try:
            self._differ_once(drawn, bulk, self._with_days(days))
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _differ_once(self, drawn, bulk, materials):
        vals_list, events = [], []
        for product_no, unit, quantity, day, from_partner, service in drawn:
            product = self.products[product_no] if product_no < 3 else self.products.browse()
            end = day + timedelta(days=service) if service is not None else None
            vals_list.append(
                {
                    "name": "D",
                    "company_id": self.company.id,
                    "rule_id": self.rules[0].id,
                    "product_id": product.id,
                    "uom_id": self.uoms[unit].id,
                    "quantity": float(quantity),
                    "date": day,
                    "partner_id": from_partner and self.partner.id,
                    "date_from": end and day,
                    "date_to": end,
                }
            )
            events.append(
                ref.Event(
                    KIND,
                    day,
                    quantity,
                    self.units[unit],
                    materials[product.id],
                    self.partner.name if from_partner else None,
                    day if end else None,
                    end,
                    day - timedelta(days=20),
                )
            )
        quantities = [vals["quantity"] for vals in vals_list]
        declarations = self.env["carbon.declaration"].create(
            [{**vals, "quantity": abs(vals["quantity"])} for vals in vals_list]
        )
        declarations.action_post()
        self.env.flush_all()
        # people cannot declare less than nothing; events of other records can be negative
        negative = [row.id for row, quantity in zip(declarations, quantities, strict=True) if quantity < 0]
        self.env.cr.execute("UPDATE carbon_declaration SET quantity = -quantity WHERE id = ANY(%s)", [negative])
        self.env.invalidate_all()
        self.env.cr.precommit.clear()
        engine = self.env["carbon.engine"].sudo()
        if bulk:
            engine._collect_range(
                "carbon.declaration",
                self.company,
                min(declarations.ids),
                max(declarations.ids),
            )
        else:
            with engine._few_settings():
                engine._collect_ids("carbon.declaration", declarations.ids, self.company.ids)
        found = self._found(declarations.ids)
        for declaration, event in zip(declarations, events, strict=True):
            self.assertEqual(found[declaration.id], self._expected(event), event)

    def test_engine_and_reference_agree_to_the_last_decimal(self):
        self.addCleanup(self.env.registry.clear_cache)  # statements composed with the query below
        with patch.object(CarbonEventSource, "_events_declaration", _events_without_rule):
            self.env.registry.clear_cache()
            self._differ()
