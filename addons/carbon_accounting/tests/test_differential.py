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
from .common import CarbonCommon

KIND = "test.bill"
UNITS = ("kgm", "ton", "gram", "lb", "oz", "litre", "cubic_meter", "gal", "kwh", "unit", "dozen")
DAYS = st.dates(date(2019, 1, 1), date(2026, 12, 31))


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
class TestDifferential(CarbonCommon):
    """Both implementations agree to the last decimal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.uoms = {name: cls.env.ref(f"uom.product_uom_{name}") for name in UNITS}
        cls.categories = cls.env["product.category"].create({"name": "A"})
        for name in ("B", "C"):
            cls.categories += cls.env["product.category"].create({"name": name, "parent_id": cls.categories[-1].id})
        cls.products = cls.env["product.product"].create(
            [
                {
                    "name": "bag",
                    "categ_id": cls.categories[2].id,
                    "uom_id": cls.uoms["unit"].id,
                    "weight": 25.4,
                    "volume": 0.031,
                },
                {
                    "name": "oil",
                    "categ_id": cls.categories[1].id,
                    "uom_id": cls.uoms["litre"].id,
                },
                {
                    "name": "ore",
                    "categ_id": cls.categories[0].id,
                    "uom_id": cls.uoms["ton"].id,
                },
            ]
        )
        convs = cls._make_conversions()
        cls.partner = cls.env["res.partner"].create({"name": "Mine"})
        nation, province = (
            cls.env.ref("carbon_management.region_cn"),
            cls.env.ref("carbon_management.region_cn_js"),
        )
        for kg, day, region in (
            ("1500.25", "2021-01-01", None),
            ("1700.5", "2022-06-15", nation),
            ("1600", "2020-03-01", province),
        ):
            cls._version(cls.coal_factor, kg, day, region)
        site = cls.env["carbon.site"].create(
            {
                "name": "S",
                "code": "S",
                "company_id": cls.company.id,
                "region_id": province.id,
            }
        )
        cls.sources = {
            "coal": cls.coal,
            "diesel": cls._source("Oil here", cls.ton, cls.coal_factor, site_id=site.id),
        }
        cls._make_electricity()
        cls.env["carbon.event.kind"].create(
            {
                "code": KIND,
                "name": "Bill",
                "origin_model": "carbon.declaration",
                "recognition": "billed",
                "has_service_period": True,
                "expects_rule": True,
            }
        )
        cls._make_rules()
        cls._make_reference(convs, province)

    @classmethod
    def _make_electricity(cls):
        """Give both sources both results of electricity; one of the two factors begins in the middle of a month."""
        cls.factors = {
            "combustion": cls.coal_factor,
            "always": cls._factor("ALWAYS", cls.ton, "0.5"),
            "market later": cls._factor("MARKET", cls.uoms["kgm"], "0.0001", "2022-03-15"),
            "location later": cls._factor("LOCATION", cls.uoms["lb"], "0.0007", "2021-02-10"),
        }
        cls.streams = {
            "coal": (("combustion", "combustion"), ("location", "always"), ("market", "market later")),
            "diesel": (("combustion", "combustion"), ("location", "location later"), ("market", "always")),
        }
        for source, streams in cls.streams.items():
            for stream, factor in streams[1:]:
                stream = cls.env.ref(f"carbon_accounting.emission_stream_{stream}")
                values = {"stream_id": stream.id, "factor_id": cls.factors[factor].id}
                cls.sources[source].factor_line_ids = [(0, 0, values)]

    @classmethod
    def _make_conversions(cls):
        """Conversions of one step, of two, and of two that differ (kWh of ore)."""
        _bag, oil, ore = cls.products
        top = cls.categories[0]
        rows = cls.env["carbon.unit.conversion"].create(
            [
                {
                    "category_id" if material == top else "product_id": material.id,
                    "from_uom_id": cls.uoms[start].id,
                    "factor": factor,
                    "to_uom_id": cls.uoms[end].id,
                    "source_document": "t",
                }
                for material, start, factor, end in (
                    *((oil, "litre", 0.8437, "kgm"), (oil, "litre", 10.02, "kwh"), (top, "unit", 12.5, "litre")),
                    *(
                        (ore, "kwh", 2.5, "litre"),
                        (ore, "kwh", 0.0025, "cubic_meter"),
                        (top, "ton", 1.3, "cubic_meter"),
                    ),
                )
            ]
        )
        # typed, the contradiction would be refused; a size of a unit that is corrected later makes it
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE carbon_unit_conversion SET factor = 0.003 WHERE id = %s", rows[4].ids)
        cls.env.invalidate_all()
        return rows

    @classmethod
    def _make_rules(cls):
        common = {"date_basis": "movement"}
        cls.rules = cls.env["carbon.activity.rule"]
        for name, source, values in (
            ("all", "coal", {}),
            (
                "category A",
                "coal",
                {
                    "category_id": cls.categories[0].id,
                    "multiplier": 0.5,
                    "multiplier_reason": "Half",
                    "date_basis": "service",
                },
            ),
            (
                "category B",
                "diesel",
                {
                    "category_id": cls.categories[1].id,
                    "date_from": "2021-03-05",
                    "date_to": "2024-07-01",
                },
            ),
            (
                "mine",
                "diesel",
                {"partner_id": cls.partner.id, "multiplier": 0.333333, "multiplier_reason": "A third"},
            ),
            (
                "ore",
                "diesel",
                {"product_id": cls.products[2].id, "date_to": "2022-12-31"},
            ),
            (
                "ore later",
                "coal",
                {
                    "product_id": cls.products[2].id,
                    "date_from": "2023-01-01",
                    "date_to": "2024-02-29",
                    "date_basis": "service",
                },
            ),
            (
                "ore by invoice",
                "diesel",
                {
                    "product_id": cls.products[2].id,
                    "date_from": "2024-03-01",
                    "date_to": "2024-12-15",
                    "date_basis": "invoice",
                },
            ),
            (
                "ore by service",
                "diesel",
                {
                    "product_id": cls.products[2].id,
                    "date_from": "2025-01-16",
                    "date_to": "2025-08-31",
                    "date_basis": "service",
                    "multiplier": 0.7,
                    "multiplier_reason": "Seven tenths",
                },
            ),
            (
                "ore of the works",
                "coal",
                {
                    "product_id": cls.products[2].id,
                    "date_from": "2025-09-01",
                    "date_basis": "service",
                },
            ),
        ):
            cls.rules += cls._rule(KIND, cls.sources[source], name=name, **{**common, **values})

    @classmethod
    def _make_reference(cls, convs, province):
        def exact(table, column, record):
            return Decimal(
                cls.env.execute_query(
                    SQL(
                        "SELECT COALESCE(%s, 0)::text FROM %s WHERE id = %s",
                        SQL.identifier(column),
                        SQL.identifier(table),
                        record.id,
                    )
                )[0][0]
            )

        cls.env.flush_all()
        cls.units = {
            name: ref.Unit(uom.parent_path.split("/")[0], exact("uom_uom", "factor", uom))
            for name, uom in cls.uoms.items()
        }
        by_id = {uom.id: cls.units[name] for name, uom in cls.uoms.items()}
        cls.materials = {}
        for product in cls.products:
            path = tuple(c.name for c in cls.categories if product.categ_id.parent_path.startswith(c.parent_path))
            rows = tuple(
                ref.Conversion(
                    by_id[c.from_uom_id.id],
                    exact("carbon_unit_conversion", "factor", c),
                    by_id[c.to_uom_id.id],
                    c.category_id.parent_path.count("/") if c.category_id else None,
                )
                for c in convs
                if c.product_id == product
                or (c.category_id and product.categ_id.parent_path.startswith(c.category_id.parent_path))
            )
            cls.materials[product.id] = ref.Material(
                product.name,
                path,
                by_id[product.uom_id.id],
                exact("product_product", "weight", product),
                cls.units["kgm"],
                exact("product_product", "volume", product),
                cls.units["cubic_meter"],
                rows,
            )
        cls.materials[False] = ref.Material()
        cls.ref_rules = [
            ref.Rule(
                rule.name,
                KIND,
                rule.source_id.name,
                rule.product_id.name or None,
                rule.category_id.name or None,
                rule.partner_id.name or None,
                rule.date_from or None,
                rule.date_to or None,
                exact("carbon_activity_rule", "multiplier", rule),
                rule.date_basis == "service",
                rule.date_basis == "invoice",
            )
            for rule in cls.rules
        ]
        path = tuple(province.parent_path.strip("/").split("/"))
        cls.regions = {cls.coal.name: (), cls.sources["diesel"].name: path}
        ton = cls.units["ton"].size
        cls.ref_factors = {
            cls.sources[source].name: [
                ref.Factor(
                    stream,
                    tuple(
                        ref.Version(
                            v.id,
                            v.date_from,
                            tuple(v.region_id.parent_path.strip("/").split("/")) if v.region_id else (),
                        )
                        for v in cls.factors[factor].version_ids
                    ),
                    stream if stream in ("location", "market") else "",
                    ton,
                    by_id[cls.factors[factor].uom_id.id].size,
                )
                for stream, factor in streams
            ]
            for source, streams in cls.streams.items()
        }

    def _expected(self, event):
        """Return {(part, day, source, quantity, stream, version, emission, lends)} and the worklist's reasons by part.

        Without a unit there are no parts: the reasons are {(None, "unit")} or {(None, "ambiguous")}.
        """
        result, reasons = set(), set()
        for month, rule in ref.months_with_rules(event, self.ref_rules):
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

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(EVENT, min_size=1, max_size=40), st.booleans())
    def _differ(self, drawn, bulk):
        savepoint = self.env.cr.savepoint()
        try:
            self._differ_once(drawn, bulk)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _differ_once(self, drawn, bulk):
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
                    self.materials[product.id],
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
