"""Rules, factors, units and products of the differential test, for the engine and for the reference implementation."""

from dataclasses import replace
from decimal import Decimal

from odoo import fields
from odoo.tools import SQL

from ..tools import reference as ref
from .common import CarbonCommon

KIND = "test.bill"
UNITS = ("kgm", "ton", "gram", "lb", "oz", "litre", "cubic_meter", "gal", "kwh", "unit", "dozen")


class DifferentialCommon(CarbonCommon):
    """One world, told twice: in records and in the objects of the reference implementation."""

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
        cls.convs = cls._make_conversions()
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
                "has_invoice_date": True,
                "expects_rule": True,
            }
        )
        cls._make_rules()
        cls._make_reference(province)

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

    #: first days of the conversions: the last three continue others
    BEGINS = (None, None, None, None, None, None, "2022-11-01", "2024-02-10", "2023-05-20")

    @classmethod
    def _make_conversions(cls):
        """Conversions of one step, of two, and of two that differ (kWh of ore); some with later values."""
        _bag, oil, ore = cls.products
        top = cls.categories[0]
        rows = cls.env["carbon.unit.conversion"].create(
            [
                {
                    "category_id" if material == top else "product_id": material.id,
                    "from_uom_id": cls.uoms[start].id,
                    "factor": factor,
                    "to_uom_id": cls.uoms[end].id,
                    "date_from": begins,
                    "source_document": "t",
                }
                for begins, (material, start, factor, end) in zip(
                    cls.BEGINS,
                    (
                        *((oil, "litre", 0.8437, "kgm"), (oil, "litre", 10.02, "kwh"), (top, "unit", 12.5, "litre")),
                        *(
                            (ore, "kwh", 2.5, "litre"),
                            (ore, "kwh", 0.0025, "cubic_meter"),
                            (top, "ton", 1.3, "cubic_meter"),
                        ),
                        *(
                            (oil, "litre", 0.8, "kgm"),
                            (oil, "litre", 0.861103, "kgm"),
                            (top, "ton", 1.25, "cubic_meter"),
                        ),
                    ),
                    strict=True,
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
    def _make_materials(cls, by_id, exact):
        """Tell the products as materials, with the conversions that concern them and the numbers of these (``conv_nos``)."""
        cls.materials, cls.conv_nos = {}, {}
        for product in cls.products:
            path = tuple(c.name for c in cls.categories if product.categ_id.parent_path.startswith(c.parent_path))
            cls.conv_nos[product.id] = nos = [
                no
                for no, c in enumerate(cls.convs)
                if c.product_id == product
                or (c.category_id and product.categ_id.parent_path.startswith(c.category_id.parent_path))
            ]
            rows = tuple(
                ref.Conversion(
                    by_id[c.from_uom_id.id],
                    exact("carbon_unit_conversion", "factor", c),
                    by_id[c.to_uom_id.id],
                    c.category_id.parent_path.count("/") if c.category_id else None,
                    begins=c.date_from or None,
                )
                for c in (cls.convs[no] for no in nos)
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

    def _with_days(self, days):
        """Let conversions begin on other days, in the database and in the materials returned for the reference.

        :param days: ``{number of the conversion: first day or None}``
        """
        days = {**dict(enumerate(map(fields.Date.to_date, self.BEGINS))), **days}
        # apart and together: two values of one material must not begin on one day in between
        query = "UPDATE carbon_unit_conversion c SET date_from = d.day FROM unnest(%s::int[], %s::date[]) d(id, day) WHERE d.id = c.id"
        self.env.cr.execute(query, [self.convs.ids, [f"0001-01-{no + 1:02}" for no in days]])
        self.env.cr.execute(query, [self.convs.ids, [days[no] for no in range(len(self.convs))]])
        self.convs.invalidate_recordset()
        result = dict(self.materials)
        for product, nos in self.conv_nos.items():
            rows = zip(nos, self.materials[product].conversions, strict=True)
            rows = tuple(replace(row, begins=days[no]) for no, row in rows)
            result[product] = replace(self.materials[product], conversions=rows)
        return result

    @classmethod
    def _make_reference(cls, province):
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
        cls._make_materials(by_id, exact)
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
