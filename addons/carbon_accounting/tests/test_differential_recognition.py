"""Recognition points and the worklist: the SQL engine against the reference, on rules and events that hypothesis makes up."""

from datetime import date
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extras import Json

from odoo.tests import tagged
from odoo.tools import SQL

from ..tools import reference as ref
from .common import CarbonCommon

MODEL = "test.event"
KINDS = {
    "test.bill": ref.Kind("billed", True),
    "test.receipt": ref.Kind("received", True),
    "test.use": ref.Kind("consumed", True),
    "test.made.use": ref.Kind("consumed", True),
    "test.count": ref.Kind("consumed", False, True),
    "test.scrap": ref.Kind("delivered", False, True),
    "test.delivery": ref.Kind("delivered"),
    "test.output": ref.Kind("produced"),
}
DAYS = (date(2021, 5, 1), date(2022, 12, 31), date(2023, 1, 1), date(2024, 8, 9))
SPANS = ((None, None), (date(2023, 1, 1), None), (None, date(2022, 12, 31)))
MATERIALS = ("", "steel", "screws", "A", "B", "C")
#: Outcome, basis and emission category of a rule.
MEANINGS = (
    *(("count", basis, leaf) for basis in ("quantity", "amount") for leaf in ("goods", "freight")),
    ("none", "quantity", None),
)


@tagged("post_install", "-at_install")
class TestDifferentialRecognition(CarbonCommon):
    """Which rule takes an event, and which events wait for one (R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kinds = cls.env["carbon.event.kind"].create(
            [
                {
                    "code": code,
                    "name": code,
                    "origin_model": MODEL,
                    "recognition": kind.recognition,
                    "expects_rule": kind.expects_rule,
                    "is_write_off": kind.write_off,
                    "has_amount": True,
                }
                for code, kind in KINDS.items()
            ]
        )
        cls.partner = cls.env["res.partner"].create({"name": "Mine"})
        cls.categories, parent = {}, cls.env["product.category"]
        for name in "ABC":
            cls.categories[name] = parent = parent.create({"name": name, "parent_id": parent.id})
        cls.products = {
            name: cls.env["product.product"].create(
                {"name": name, "categ_id": cls.categories[categ].id, "uom_id": cls.kg.id}
            )
            for name, categ in (("steel", "C"), ("screws", "B"), ("ore", "A"))
        }
        cls.materials = {
            "steel": ref.Material("steel", ("A", "B", "C")),
            "screws": ref.Material("screws", ("A", "B")),
            "ore": ref.Material("ore", ("A",)),
            "": ref.Material(),
        }
        cls._make_sources()
        cls.env.cr.execute(
            "CREATE TABLE carbon_test_event (id serial PRIMARY KEY, company_id int, date date, kind text, product_id int, "
            "partner_id int)"
        )
        sources = cls.env.registry["carbon.event.source"]
        original = sources._providers
        provider = {"table": "carbon_test_event", "where": SQL("TRUE")}
        patcher = patch.object(
            sources,
            "_providers",
            lambda model: original(model) | {MODEL: {**provider, "query": lambda where: cls._events(model, where)}},
        )
        patcher.start()
        cls.addClassCleanup(patcher.stop)

    @classmethod
    def _make_sources(cls):
        """One source in kg and one in money for each of two emission categories."""
        cls.sources = {}
        for leaf in ("goods", "freight"):
            category = cls.env["carbon.emission.category"].create({"code": f"test_{leaf}", "name": leaf})
            cls.sources["quantity", leaf] = cls._source(leaf, cls.kg, cls.coal_factor, leaf=category)
            cls.sources["amount", leaf] = cls.env["carbon.source"].create(
                {
                    "name": f"{leaf} in money",
                    "company_id": cls.company.id,
                    "category_id": category.id,
                    "currency_id": cls.company.currency_id.id,
                }
            )

    @classmethod
    def _events(cls, model, predicate):
        return model._select(
            {
                "origin_id": SQL("o.id"),
                "quantity": SQL("1"),
                "uom_id": SQL("%s", cls.kg.id),
                "amount": SQL("100"),
                "currency_id": SQL("%s", cls.company.currency_id.id),
                **{
                    name: SQL.identifier("o", name)
                    for name in ("kind", "company_id", "date", "product_id", "partner_id")
                },
            },
            SQL("FROM carbon_test_event o WHERE %s", predicate),
        )

    def _insert_rules(self, drawn):
        """Write rules past the checks of the form, which refuse some of them, and return those of the reference."""
        kinds = {kind.code: kind.id for kind in self.kinds}
        for number, (code, material, partner, (outcome, basis, leaf), (begin, end)) in enumerate(drawn):
            product, category = self.products.get(material), self.categories.get(material)
            source = self.sources.get((basis, leaf))
            values = {
                "name": Json({"en_US": str(number)}),
                "company_id": self.company.id,
                "event_kind_id": kinds[code],
                "event_kind": code,
                "product_id": product and product.id,
                "category_id": category and category.id,
                "partner_id": self.partner.id if partner else None,
                "outcome": outcome,
                "source_id": source and source.id,
                "quantity_basis": basis,
                "date_from": begin,
                "date_to": end,
                "multiplier": 1.0,
                "date_basis": "movement",
                "quality": "measured",
                "active": True,
            }
            self.env.cr.execute(
                SQL(
                    "INSERT INTO carbon_activity_rule (%s) VALUES %s",
                    SQL(", ").join(map(SQL.identifier, values)),
                    tuple(values.values()),
                )
            )
        return [
            ref.Rule(
                str(number),
                code,
                leaf or "",
                material if material in self.products else None,
                material if material in self.categories else None,
                self.partner.name if partner else None,
                begin,
                end,
                outcome=outcome,
                basis=basis,
                leaf=leaf,
            )
            for number, (code, material, partner, (outcome, basis, leaf), (begin, end)) in enumerate(drawn)
        ]

    def _insert_events(self, drawn):
        """Write events and return them by id, as the reference has them."""
        events = {}
        for code, product, partner, day in drawn:
            row = (
                self.company.id,
                day,
                code,
                self.products[product].id if product else None,
                self.partner.id if partner else None,
            )
            self.env.cr.execute(
                "INSERT INTO carbon_test_event (company_id, date, kind, product_id, partner_id) VALUES %s RETURNING id",
                [row],
            )
            origin = self.env.cr.fetchone()[0]
            events[origin] = ref.Event(
                code, day, 1, ref.Unit("kg", 1), self.materials[product], self.partner.name if partner else None
            )
        return events

    def _found(self):
        """Return {origin: (name of the rule that counts it or None, whether it waits for a rule)}."""
        counted = self.env.execute_query(
            SQL(
                "SELECT a.origin_id, r.name->>'en_US' FROM carbon_activity_data a JOIN carbon_activity_rule r ON r.id = a.rule_id "
                "WHERE a.origin_model = %s",
                MODEL,
            )
        )
        waiting = self.env.execute_query(
            SQL(
                "SELECT origin_id FROM carbon_collection_issue "
                "WHERE origin_model = %s AND state = 'open' AND reason = 'unmapped'",
                MODEL,
            )
        )
        return dict(counted), {row[0] for row in waiting}

    KIND = st.sampled_from(tuple(KINDS))
    #: What is used and written off meets seldom among all kinds.
    USE = st.sampled_from(("test.use", "test.made.use", "test.count", "test.scrap"))
    DRAWN = st.one_of(
        *(
            st.tuples(
                st.lists(
                    st.tuples(
                        kind,
                        st.sampled_from(MATERIALS),
                        st.booleans(),
                        st.sampled_from(MEANINGS),
                        st.sampled_from(SPANS),
                    ),
                    max_size=14,
                    unique_by=lambda rule: rule[:3],
                ),
                st.lists(
                    st.tuples(
                        kind,
                        st.sampled_from(("steel", "screws", "ore", "")),
                        st.booleans(),
                        st.sampled_from(DAYS),
                    ),
                    min_size=1,
                    max_size=30,
                ),
            )
            for kind in (KIND, USE)
        )
    )

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(DRAWN, st.booleans())
    def _differ(self, drawn, bulk):
        savepoint = self.env.cr.savepoint()
        try:
            self._differ_once(*drawn, bulk)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _differ_once(self, rules, events, bulk):
        rules, events = self._insert_rules(rules), self._insert_events(events)
        self.env.registry.clear_cache()
        engine = self.env["carbon.engine"].sudo()
        if bulk:
            engine._collect_range(MODEL, self.company, min(events), max(events))
        else:
            with engine._few_settings():
                engine._collect_ids(MODEL, list(events), self.company.ids)
        counted, waiting = self._found()
        for origin, event in events.items():
            rule = ref.pick_rule(event, rules, KINDS)
            name = rule.name if rule and rule.outcome == "count" else None
            self.assertEqual(counted.get(origin), name, (event, rules))
            self.assertEqual(origin in waiting, ref.is_unmapped(event, rules, KINDS), (event, rules))

    def test_engine_and_reference_agree_on_what_counts_where_and_what_waits(self):  # R-130 R-132
        self.addCleanup(self.env.registry.clear_cache)
        self._differ()
