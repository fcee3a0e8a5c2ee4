from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestInventoryReports(InventoryCommon):
    """The analysis of the ledger, the superseded view and intensities."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.gwp_set_id = cls.ar6
        cls.grid, cls.grid_rule = cls._emitter("Grid", cls.kwh, "0.5", "GRID", cls.location, cls.electricity_leaf)
        cls._add_stream(cls.grid, "GREEN", "0.1", cls.market)
        cls.product = cls.env["product.product"].create({"name": "Hard coal"})

    def _report(self, groupby, domain=(), measures=("co2e_t:sum",)):
        rows = self.env["carbon.emission.report"]._read_group(
            [("company_id", "=", self.company.id), *domain], groupby, list(measures)
        )
        return {row[0] if groupby else None: row[len(groupby)] for row in rows}

    def _fill(self):
        self._declare(self.coal_rule, 100, self.ton, product_id=self.product.id)
        self._declare(self.coal_rule, 10, self.ton, "2025-04-10")
        self._declare(self.grid_rule, 50000, self.kwh, "2025-04-20")
        self._commit()

    # emission analysis
    def test_analysis_sums_by_any_column(self):
        self._fill()
        by_scope = self._report(["scope"])
        self.assertAlmostEqual(by_scope["1"], 110 * 1.868533333333, 6)
        self.assertAlmostEqual(by_scope["2"], 25.0)
        by_product = self._report(["product_id"])
        self.assertAlmostEqual(by_product[self.product], 186.8533333333, 6)
        by_source = self._report(["source_id"], [("scope", "=", "2")])
        self.assertEqual(list(by_source), [self.grid])
        months = self._report(["date:month"])
        self.assertEqual(sorted(str(month) for month in months)[0], "2025-03-01")
        self.assertAlmostEqual(sum(months.values()), sum(by_scope.values()), 9)

    def test_analysis_shows_one_basis_and_both_beside_it(self):
        self._fill()
        domain = [("source_id", "=", self.grid.id)]
        sums = [self._report([], domain, [f"{name}:sum"])[None] for name in ("co2e_t", "location_t", "market_t")]
        self.assertEqual([round(value, 6) for value in sums], [25.0, 25.0, 5.0])
        self.system.electricity_basis = "market"
        self.assertAlmostEqual(self._report([], domain)[None], 5.0)

    def test_analysis_by_gas_uses_the_gwp_set_of_the_system(self):
        _source, rule = self._emitter("Vent", self.kg, 1, "VENT", gas=self._gas("CH4_FOSSIL"))
        self._declare(rule, 1000, self.kg)
        self._fill()
        self.assertAlmostEqual(self._report(["gas_group"])["CH4"], 29.8)
        masses = self._report(["gas_group"], measures=["mass_kg:sum"])
        self.assertAlmostEqual(masses["CH4"], 1000)
        self.system.gwp_set_id = self.ar4
        self.assertAlmostEqual(self._report(["gas_group"])["CH4"], 25.0)

    def test_row_without_gwp_is_counted_and_not_added(self):
        _source, rule = self._emitter("Spend", self.kg, 2, "EEIO", gas=self._gas("CO2E_AR5"))
        self._declare(rule, 100, self.kg)
        self._fill()
        count = self._report([], measures=["no_gwp_count:sum"])[None]
        self.assertEqual(count, 1)
        self.assertAlmostEqual(self._report([])[None], 110 * 1.868533333333 + 25.0, 6)

    def test_count_is_the_number_of_ledger_rows(self):
        self._fill()
        report = self.env["carbon.emission.report"]
        domain = [("company_id", "=", self.company.id)]
        self.assertEqual(report._read_group(domain, [], ["__count"]), [(4,)])
        self.assertEqual(report.search_count(domain), 4)
        counts = dict(report._read_group(domain, ["source_id"], ["__count"]))
        self.assertEqual(counts, {self.coal: 2, self.grid: 2})

    def test_rows_behind_a_sum_are_the_ledger_rows(self):
        self._fill()
        report = self.env["carbon.emission.report"]
        domain = [("company_id", "=", self.company.id), ("scope", "=", "1")]
        rows = report.search(domain, order="date")
        self.assertEqual(rows.mapped("date"), sorted(rows.mapped("date")))
        self.assertAlmostEqual(sum(rows.mapped("co2e_t")), 205.5386666667, 6)
        self.assertEqual(rows[0].product_id, self.product)
        self.assertEqual(rows[0].action_open_origin()["res_model"], "carbon.declaration")
        by_gas = report.search([*domain, ("gas_group", "=", "CO2")])
        self.assertAlmostEqual(sum(by_gas.mapped("co2e_t")), 205.5386666667, 6)
        self.assertEqual(by_gas.gas_id, self.gas_co2)

    def test_month_filter_and_pivot_agree_with_single_questions(self):
        self._fill()
        report = self.env["carbon.emission.report"]
        domain = [
            ("company_id", "=", self.company.id),
            ("date", ">=", "2025-04-01"),
            ("date", "<=", "2025-04-30"),
        ]
        sets = report._read_grouping_sets(
            domain,
            [["scope"], ["scope", "date:month"], []],
            ["co2e_t:sum", "__count"],
        )
        self.assertEqual(len(sets[1]), 2)
        self.assertAlmostEqual(sets[2][0][0], 18.68533333333 + 25.0, 6)
        self.assertEqual(sets[2][0][1], 3)

    def test_shape_from_outside_is_ignored(self):
        self._fill()
        reader = self.env["carbon.emission.report"].with_user(self._user("shape-reader", "group_carbon_reader"))
        domain = [("source_id", "=", self.grid.id)]

        def answers(report):
            row = report.search(domain, limit=1, order="id")
            return (
                report.search_count(domain),
                report.search_read(domain, ["date", "co2e_t", "counted"], order="id"),
                report.formatted_read_group(domain, ["stream"], ["co2e_t:sum", "__count"]),
                report.formatted_read_grouping_sets(domain, [["scope"], []], ["co2e_t:sum"]),
                report.web_search_read(domain, {"date": {}, "co2e_t": {}}, order="id"),
                row.read(["co2e_t", "gas_id"]),
                row.web_read({"activity_id": {}, "co2e_t": {}}),
            )

        expected = answers(reader)
        self.assertEqual(expected[0], 2)
        for shape in (
            "x", 7, True, None, [], ["x", {"y": 1}], {}, {"rows": False}, {"columns": 5, "rows": False},
            {"columns": ["date"], "by_month": True, "rows": False, "gas": True, "where": "FALSE"},
            {"where": ["1 = 1"]}, {"rows": True, "where": {"code": "TRUE"}},
        ):  # fmt: skip
            with self.subTest(shape=shape):
                self.env.invalidate_all()
                self.assertEqual(answers(reader.with_context(carbon_report=shape)), expected)

    # superseded events
    def test_event_counted_elsewhere_without_a_count_shows_as_nothing_found(self):  # R-129 R-130
        kind = self.env["carbon.event.kind"].create(
            {
                "code": "test.metered",
                "name": "Meter",
                "origin_model": "carbon.declaration",
                "recognition": "metered",
            }
        )
        meter = self._rule(kind.code, self.diesel, name="M", product_id=self.product.id)
        meter.date_to = "2025-10-31"
        silent = self._rule(
            "declared", outcome="none", reason="Metered", name="Silent",
            product_id=self.product.id,
        )  # fmt: skip
        self._declare(silent, 7, self.ton, product_id=self.product.id, name="Slip")
        self._declare(silent, 9, self.ton, "2025-11-11", product_id=self.product.id, name="After the meter")
        self._declare(self.coal_rule, 5, self.ton, product_id=self.product.id)
        self._declare(self.grid_rule, 5, self.kwh, name="No product")
        self._commit()
        rows = self.env["carbon.superseded.report"].search([("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")])
        found = {(row.label, row.status, row.rule_id) for row in rows}
        self.assertEqual(found, {("Slip", "unsupported", meter), ("D 5", "counted", self.coal_rule)})
        slip = rows.filtered(lambda row: row.label == "Slip")
        self.assertEqual(
            (slip.quantity, slip.counted_recognition, slip.source_id, slip.recognition),
            (7.0, "metered", self.diesel, "declared"),
        )
        self.assertEqual(slip.action_open_origin()["res_model"], "carbon.declaration")

    def test_superseded_events_stay_within_the_company(self):
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("sup-b", "group_carbon_reader", company=other)
        self.test_event_counted_elsewhere_without_a_count_shows_as_nothing_found()
        for model in ("carbon.superseded.report", "carbon.emission.report"):
            foreign = self.env[model].with_user(stranger)
            foreign = foreign.with_context(allowed_company_ids=other.ids)
            self.assertFalse(foreign.search([]), model)
            self.assertEqual(foreign._read_group([], [], ["__count"]), [(0,)], model)

    # intensity
    def _output(self, quantity, site=None):
        leaf = self.env.ref("carbon_accounting.emission_category_production_output")
        source = self._source("Steel", self.ton, None, leaf=leaf, kind="output", site_id=site and site.id)
        rule = self._rule("declared", source, name="Output")
        self._declare(rule, quantity, self.ton, "2025-06-30")
        return source, rule

    def test_intensity_divides_the_headline_by_the_output(self):
        self._fill()
        site = self.env["carbon.site"].create({"name": "Melt shop", "code": "MS", "company_id": self.company.id})
        self.coal.site_id = site
        source, rule = self._output(400, site)
        inventory = self._computed()
        row = inventory.intensity_ids
        self.assertEqual((row.source_id, row.quantity, row.unit), (source, 400.0, "Ton"))
        self.assertAlmostEqual(row.intensity, inventory.total_t / 400, 8)
        self.assertAlmostEqual(row.site_intensity, 205.538666667 / 400, 8)
        self._declare(rule, 100, self.ton, "2025-07-31")
        self._commit()
        inventory.action_compute()
        self.assertEqual(inventory.intensity_ids.quantity, 500.0)

    def test_manual_denominator_is_compared_and_frozen(self):
        self._fill()
        inventory = self._computed()
        inventory.intensity_ids = [(0, 0, {"name": "Revenue", "quantity": 1000, "unit": "10⁴ CNY"})]
        row = inventory.intensity_ids
        self.assertFalse(row.verdict)
        verdicts = []
        for expected, advanced in ((0.3, 0.25), (0.3, 0.1), (0.1, 0.05)):
            row.write({"expected": expected, "advanced": advanced})
            verdicts.append(row.verdict)
        self.assertEqual(verdicts, ["advanced", "expected", "above"])
        inventory.action_compute()
        self.assertEqual(inventory.intensity_ids, row)
        self._close_year()
        self._approved(inventory)
        for act in (lambda: row.sudo().write({"quantity": 1}), row.sudo().unlink):
            with self.assertRaisesRegex(Exception, "frozen"):
                act()

    def test_reader_cannot_write_intensities(self):
        self._fill()
        inventory = self._computed()
        reader = self.env["carbon.inventory.intensity"].with_user(self._user("int-reader", "group_carbon_reader"))
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            reader.create({"inventory_id": inventory.id, "name": "x", "quantity": 1, "unit": "t"})

    # the form
    def test_charts_add_up_to_the_total(self):
        self._fill()
        inventory = self._computed()
        data = inventory.chart_data
        self.assertAlmostEqual(sum(sum(month["scopes"]) for month in data["months"]), inventory.total_t, 9)
        self.assertAlmostEqual(sum(row["t"] for row in data["sources"]) + data["others"], inventory.total_t, 9)
        self.assertEqual([month["start"][:7] for month in data["months"]][::11], ["2025-01", "2025-12"])
        self.assertFalse(self._inventory(2024).chart_data)

    def test_each_figure_leads_to_its_own_rows(self):
        self._fill()
        inventory = self._computed()

        def sources(**context):
            action = inventory.with_context(**context).action_view_emissions()
            return (
                self.env["carbon.emission.line"]
                .search(action["domain"])
                .mapped(lambda row: (row.source_id, row.stream))
            )

        self.assertEqual(sources(segment="energy"), [(self.grid, "location")])
        self.assertEqual(sources(segment="energy", basis="market"), [(self.grid, "market")])
        self.assertEqual({source for source, _stream in sources(not_segment="energy")}, {self.coal})
        self.assertFalse(sources(treatment="removal"))
