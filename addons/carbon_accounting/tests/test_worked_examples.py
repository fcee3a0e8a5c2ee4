import json
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL
from odoo.tools.misc import file_open

from odoo.addons.carbon_accounting.tools.kernel_methods.combustion import factor_to_net

from .method_common import MethodCommon
from .worked_example_cases import CASES
from .worked_example_uses import LATER, OWN_TEST, UNCERTAINTY

_PER = {"kg": Decimal(1), "t": Decimal(1000), "g": Decimal("0.001"), "unit": Decimal(1)}
#: What of an inventory line is asked for.
_MEASURES = {
    "total": "l.treatment = 'total' AND l.in_location",
    "market": "l.treatment = 'total' AND l.in_market",
    "biogenic": "l.treatment = 'biogenic'",
    "removal": "l.treatment = 'removal'",
    "recovered": "l.treatment = 'recovered'",
}


def read_examples():
    """Return the examples by id, every number as the text in the file."""
    with file_open("carbon_accounting/tests/data/worked_examples.json", "r", filter_ext=(".json",)) as stream:
        found = json.load(stream, parse_float=str, parse_int=str)["examples"]
    return {example["id"]: example for example in found}


@tagged("post_install", "-at_install")
class TestWorkedExamples(MethodCommon):
    """Published numbers go in as declarations, and the inventory gives the published answers (R-132)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.examples = read_examples()

    # ------------------------------------------------------------------ the table
    def test_every_example_has_its_place(self):
        places = [set(CASES), set(LATER), OWN_TEST, UNCERTAINTY]
        self.assertEqual(set().union(*places), set(self.examples))
        self.assertEqual(sum(map(len, places)), len(self.examples))
        self.assertEqual(len(LATER), 14)  # parts of the product that come later take theirs out of this list

    def test_examples_come_out_of_the_inventory(self):
        sources = {name: self._declare_example(name, case) for name, case in CASES.items()}
        inventory = self._computed(gwp=self.ar5)
        self.assertFalse(self._issues())
        for name, case in CASES.items():
            example = self.examples[name]
            found = self._answer(inventory, case, sources[name])
            expected, tolerance = Decimal(example["expected"]), Decimal(example["tolerance_abs"])
            with self.subTest(name, title=example["title"]):
                self.assertLessEqual(abs(found - expected), tolerance, f"{found} for {expected} {example['unit']}")
                if example["published_result"] is not None:
                    hit = abs(found - Decimal(example["published_result"])) <= tolerance
                    self.assertEqual(hit, example["reproduces_published"], "published errors are noted, not copied")

    def _inputs(self, name):
        return {key: item["value"] for key, item in self.examples[name]["inputs"].items()}

    def _declare_example(self, name, case):
        x = self._inputs(name)
        sources = self.env["carbon.source"]
        for number, use in enumerate(case.uses):
            label = f"{name} {number}"
            if use.method:
                sources |= self._declare_method(label, use, x, case.result)
            else:
                sources |= self._declare_plain(label, use, x)
        return sources

    def _declare_plain(self, label, use, x):
        source = self._source_of(label, use, x)
        unit = use.units.get("quantity", use.unit)
        quantity = use.values(x) if callable(use.values) else use.values
        self._declare(self._rule("declared", source, name=label), float(quantity), self.env.ref(unit), name=label)
        return source

    def _declare_method(self, label, use, x, wanted):
        method = self._method(use.method)
        given = {}
        if use.method == "electricity_certificates":
            given["sources"] = self._electricity_sources(label, use, x)
        elif use.lines and method.result_ids.measure == "substance":
            given["factors"] = {"substance": self._factor_of(label, use, x)}
        elif use.lines:
            given["sources"] = {method.result_ids.code: self._source_of(label, use, x)}
        rule = self._use(use.method, label, only=use.results, **given)
        named = {"certificate_ids": self._certificates(x["g"])} if use.method == "electricity_certificates" else {}
        self._calculated(rule, use.values(x), use.units, **named)
        rules = rule._method_rules()
        return rules[wanted].source_id if wanted else (rule | rule.part_rule_ids).source_id

    def _factor_of(self, label, use, x, lines=None, **values):
        unit = self.env.ref(use.unit or "carbon_accounting.uom_mwh")
        factor = self.env["carbon.emission.factor"].create({"code": f"EX-{label}", "name": label, "uom_id": unit.id})
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2000-01-01",
                "source_document": "worked example",
                **values,
                "gas_line_ids": [
                    (0, 0, {"gas_id": self._gas(gas).id, "kind": kind, "kg_per_unit": float(kg)})
                    for gas, kind, kg in (lines or use.lines(x))
                ],
            }
        )
        version.action_approve()
        return factor

    def _source_of(self, label, use, x):
        factor = self._factor_of(label, use, x)
        unit = self.env.ref(use.units.get("quantity", use.unit)) if not use.method else factor.uom_id
        if label.startswith("UNIT-1"):
            unit = factor.uom_id
        return self._source(label, unit, factor)

    def _electricity_sources(self, label, use, x):
        """Location-based the national average; market-based the residual factor, or nothing by certificates."""
        location = self._factor_of(f"{label} LOC", use, x, lines=[("CO2", "fossil", "530.6")])
        residual = self._factor_of(f"{label} RES", use, x)
        green = self._factor_of(
            f"{label} GEC", use, x, lines=[("CO2", "fossil", "0")], zero_reason="Retired green certificates"
        )
        mwh, sources = self.env.ref("carbon_accounting.uom_mwh"), {}
        for code, market in (("uncovered", residual), ("covered", green)):
            source = self._source(f"{label} {code}", mwh, location, self.location, self.electricity_leaf)
            source.factor_line_ids = [(0, 0, {"stream_id": self.market.id, "factor_id": market.id})]
            sources[code] = source
        return sources

    def _answer(self, inventory, case, sources):
        if case.measure == "activity":
            return self._sum(sources)
        query = SQL(
            "SELECT COALESCE(SUM(l.co2e_kg), 0)::text FROM carbon_inventory_line l "
            "WHERE l.inventory_id = %s AND l.source_id = ANY(%s) AND %s",
            inventory.id,
            sources.ids,
            SQL(_MEASURES[case.measure]),
        )
        return Decimal(self.env.execute_query(query)[0][0]) / _PER[case.per]

    # ------------------------------------------------------------------ examples about more than one number
    def test_certificates_change_the_market_result_only(self):  # S2-MKT-1
        case = CASES["S2-MKT-1"]
        sources = self._declare_example("S2-MKT-1", case)
        inventory = self._computed(gwp=self.ar5)
        self.assertEqual(self._answer(inventory, case, sources), Decimal("426.72"))
        self.assertEqual(round(inventory.location_t, 6), 530.6)  # and never 300 MWh × 0.5306 by market again
        self.assertEqual(inventory.fallback_t, 0)

    def test_two_totals_without_and_with_purchased_energy(self):  # CN-GB-16
        x = self._inputs("CN-GB-16")
        direct = self._use("process_co2")
        self._calculated(
            direct, {"quantity": "1", "factor": str(Decimal(x["direct"]) * 1000), "abatement": "0", "utilisation": "0"}
        )
        factor = self._factor("HEAT", self.env.ref("carbon_accounting.uom_gj"), "110")
        leaf = self.env.ref("carbon_accounting.emission_category_purchased_heat")
        stream = self.env.ref("carbon_accounting.emission_stream_heat")
        heat = self._source("Steam", factor.uom_id, factor, stream=stream, leaf=leaf)
        rule = self._use("steam_full", sources={"energy": heat})
        tonnes = Decimal(x["indirect"]) * 10000 / Decimal("0.11") / 2800 / 10
        self._calculated(rule, {"steam": str(tonnes), "enthalpy": "2800"})
        inventory = self._computed(gwp=self.ar5)
        totals = (round(inventory.without_energy_t, 6), round(inventory.total_t, 6))
        self.assertEqual(totals, (19.3, float(self.examples["CN-GB-16"]["expected"])))

    def test_intensity_per_wash(self):  # S3-C.1
        x = self._inputs("S3-C.1")
        self._calculated(self._use("gas_release", factors={"substance": self._mass("CO2", "fossil")}), {"mass": x["e"]})
        unit = self.env.ref("uom.product_uom_unit")
        output = self._source("Washes", unit, None, kind="output")
        self._declare(self._rule("declared", output), float(Decimal(x["u"]) * Decimal(x["n"])), unit)
        inventory = self._computed(gwp=self.ar5)
        row = inventory.intensity_ids.filtered(lambda r: r.source_id == output)
        self.assertAlmostEqual(row.intensity * 1000, float(self.examples["S3-C.1"]["expected"]), delta=5e-5)

    def test_control_counts_all_and_equity_its_share(self):  # ORG-1
        x = self._inputs("ORG-1")
        site = self.env["carbon.site"].create({"name": "Plant", "code": "P", "company_id": self.company.id})
        rule = self._use("gas_release", factors={"substance": self._mass("CO2", "fossil")})
        rule.source_id.site_id = site
        for year in (2022, 2023):
            self._calculated(rule, {"mass": x["e"]}, {"mass": "uom.product_uom_ton"}, day=f"{year}-03-10")
        boundaries = self.env["carbon.boundary"]
        for year, approach, share in ((2022, "operational_control", 1), (2023, "equity_share", float(x["s"]))):
            common = {"company_id": self.company.id, "date_from": f"{year}-01-01", "site_ids": [(6, 0, site.ids)]}
            base = boundaries.create(
                {**common, "name": approach, "boundary_type": "organisational", "approach": approach, "share": share}
            )
            base.action_approve()
            boundaries.create(
                {
                    **common,
                    "name": f"{approach} accounting",
                    "boundary_type": "accounting",
                    "organisational_id": base.id,
                    "base_year": 2022,
                    "include_other_indirect": True,
                    "include_removals": True,
                }
            ).action_approve()
        totals = [round(self._computed(year, gwp=self.ar5).total_t, 9) for year in (2022, 2023)]
        self.assertEqual(totals, [10000, float(self.examples["ORG-1"]["expected"])])

    def _mass(self, gas, kind):
        return self.env["carbon.emission.factor"]._get_gas_mass(self._gas(gas), kind)

    def test_methane_counts_by_its_origin(self):  # FUG-7
        tonnes = {"mass": "uom.product_uom_ton"}
        rule = self._use("methane_release")
        for year, origin in ((2023, "fossil"), (2024, "nonfossil")):
            self._calculated(rule, {"mass": "10", "origin": origin}, tonnes, day=f"{year}-05-01")
        found = {
            (year, gwp.code): round(self._computed(year, gwp=gwp).total_t, 6)
            for year in (2023, 2024)
            for gwp in (self.ar5, self.ar6)
        }
        self.assertEqual(found[2023, "AR6"], float(self.examples["FUG-7"]["expected"]))
        self.assertEqual((found[2023, "AR5"], found[2024, "AR6"]), (280, 270))

    def test_methane_without_origin_is_refused(self):
        rule = self._use("methane_release")
        with self.assertRaisesRegex(UserError, "Origin of the methane.*is missing"):
            self._calculated(rule, {"mass": "10"})

    def test_oxidation_typed_as_percent_is_refused_with_the_share(self):  # UNIT-4
        rule = self._use("fuel_heat_content")
        x = {"quantity": "1", "ncv": "20", "carbon_content": "0.026"}
        for typed in (self._inputs("UNIT-4")["of"], "98%"):
            with self.assertRaisesRegex(UserError, r"Oxidation rate is 98%?\..*0\.5 to 1.*write 0\.98"):
                self._calculated(rule, {**x, "oxidation": typed})

    def test_gross_factor_becomes_a_net_one(self):  # EPA-10
        x = {key: Decimal(value) for key, value in self._inputs("EPA-10").items()}
        found = factor_to_net(x["ef"], x["r"])
        self.assertAlmostEqual(found, Decimal(self.examples["EPA-10"]["expected"]), delta=Decimal("0.01"))
