from datetime import date

from odoo.tests import freeze_time, tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-15")
class TestElectricityBasis(InventoryCommon):
    """One definition of which of the two results of electricity counts, by document (R-132, R-133).

    The market-based factor of the grid begins on 16 March: documents before lend their location-based result.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.gwp_set_id = cls.ar6
        cls.product = cls.env["product.product"].create({"name": "Power"})
        cls.partner = cls.env["res.partner"].create({"name": "Grid company"})
        cls.grid, cls.grid_rule = cls._emitter("Grid", cls.kwh, "0.5", "GRID", cls.location, cls.electricity_leaf)
        cls.green = cls._factor("GREEN", cls.kwh, "0.1", "2025-03-16")
        cls.grid.factor_line_ids = [(0, 0, {"stream_id": cls.market.id, "factor_id": cls.green.id})]
        # 10 t location only, then 20 t by location and 4 t by market in the same month, then 30 t and 6 t
        cls.kilowatthours = {"2025-03-15": 20000, "2025-03-16": 40000, "2025-04-01": 60000}
        cls.totals = {"location": 60.0, "market": 20.0}

    def _fill(self):
        return [
            self._declare(
                self.grid_rule, quantity, self.kwh, day, product_id=self.product.id, partner_id=self.partner.id
            )
            for day, quantity in self.kilowatthours.items()
        ]

    def _events(self):
        return [
            {
                "origin_id": number,
                "kind": "declared",
                "company_id": self.company.id,
                "date": date.fromisoformat(day),
                "rule_id": self.grid_rule.id,
                "quantity": quantity,
                "uom_id": self.kwh.id,
            }
            for number, (day, quantity) in enumerate(self.kilowatthours.items(), 1)
        ]

    def _lines(self):
        """Return the emission rows of the grid as (day, stream, t of the factor's gas, lends, seq), oldest first."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT e.date::text, e.stream, e.quantity::float8, e.lends IS TRUE, e.seq FROM carbon_emission_line e "
                "WHERE e.source_id = %s ORDER BY e.date, e.stream, e.seq",
                self.grid.id,
            )
        )
        return [tuple(row) for row in rows]

    def _sums(self, basis):
        """Return the total of the grid as each place tells it, in t, by the name of the place."""
        self.system.electricity_basis = basis
        self.env.flush_all()
        self.env.invalidate_all()
        inventory = self._inventory(name=basis, electricity_basis=basis)
        inventory.action_compute()
        overview = self.env["carbon.overview"].get_data(2025)
        activities = self.env["carbon.activity.data"].search([("source_id", "=", self.grid.id)])
        report = self.env["carbon.emission.report"]
        mine = [("company_id", "=", self.company.id), ("source_id", "=", self.grid.id)]
        emissions = inventory.action_view_emissions()
        figures = {
            "rows": sum(activities.mapped("co2e_t")),
            "inventory": inventory.total_t,
            "inventory, named": inventory[f"{basis}_t"],
            "inventory, in full": float(inventory._exact_totals()["total_kg"]) / 1000,
            "charts": sum(sum(month["scopes"]) for month in inventory.chart_data["months"]),
            "rows behind": sum(self.env[emissions["res_model"]].search(emissions["domain"]).mapped("co2e_t")),
            "rows behind lines": sum(
                sum(self.env["carbon.emission.line"].search(line.action_view_emissions()["domain"]).mapped("co2e_t"))
                for line in inventory.line_ids
                if line[f"in_{basis}"]
            ),
            "overview": overview["total"],
            "overview by month": sum(sum(month["scopes"]) for month in overview["months"]),
            "overview by source": sum(row["t"] for row in overview["sources"]),
            "overview by supplier": sum(row["t"] for row in overview["partners"]),
            "overview by product": sum(row["t"] for row in overview["products"]),
            "analysis": report._read_group(mine, [], ["co2e_t:sum"])[0][0],
            "analysis, named": report._read_group(mine, [], [f"{basis}_t:sum"])[0][0],
            "analysis, counted": report._read_group([*mine, ("counted", "=", True)], [], ["co2e_t:sum"])[0][0],
            "analysis by day": sum(row[1] for row in report._read_group(mine, ["date:day"], ["co2e_t:sum"])),
            "analysis by document": sum(row[1] for row in report._read_group(mine, ["activity_id"], ["co2e_t:sum"])),
            "analysis, rows": sum(report.search(mine).mapped("co2e_t")),
        }
        return {name: round(value, 9) for name, value in figures.items()}

    def _agree(self):
        for basis, total in self.totals.items():
            sums = self._sums(basis)
            self.assertEqual(sums, dict.fromkeys(sums, total), basis)

    def test_document_with_one_result_lends_it_and_all_sums_agree(self):
        self._fill()
        self._commit()
        self.assertEqual(
            self._lines(),
            [
                ("2025-03-15", "location", 20000.0, True, 0),
                ("2025-03-16", "location", 40000.0, False, 0),
                ("2025-03-16", "market", 40000.0, False, 0),
                ("2025-04-01", "location", 60000.0, False, 0),
                ("2025-04-01", "market", 60000.0, False, 0),
            ],
        )
        self._agree()
        inventory = self._computed(electricity_basis="market")
        self.assertEqual(round(inventory.fallback_t, 9), 10.0)
        march = inventory.line_ids.filtered(lambda line: line.period == date(2025, 3, 1))
        self.assertEqual(
            {(line.stream, line.quantity, line.in_location, line.in_market) for line in march},
            {
                ("location", 20000.0, True, True),
                ("location", 40000.0, True, False),
                ("market", 40000.0, False, True),
            },
        )

    def test_history_in_bulk_lends_like_a_single_document(self):
        self._fill()
        self.env.cr.precommit.clear()
        self._collect()
        self._agree()

    def test_workbook_names_both_results_of_each_line(self):
        self._fill()
        inventory = self._computed(electricity_basis="market")
        workbook = self.env["carbon.inventory.workbook"]
        editions = inventory.edition_ids
        rows = self.env.execute_query(workbook._sql_emissions({"inventory": inventory, "editions": editions}))
        tonnes = {17: 0.0, 18: 0.0, 19: 0.0}  # headline, location, market
        for row in rows:
            for column in tonnes:
                tonnes[column] += row[column] * float(row[13]) * float(row[14]) / 1000
        self.assertEqual([round(value, 9) for value in tonnes.values()], [20.0, 60.0, 20.0])

    def test_market_result_without_a_location_result_lends_too(self):
        self.grid.factor_line_ids.filtered(lambda line: line.stream_id == self.location).unlink()
        self._fill()
        self._commit()
        self.assertEqual(
            self._lines(), [("2025-03-16", "market", 40000.0, True, 0), ("2025-04-01", "market", 60000.0, True, 0)]
        )
        self.totals = {"location": 10.0, "market": 10.0}
        self._agree()

    def test_results_without_basis_never_lend(self):
        self._add_stream(self.grid, "UPSTREAM", "0.05", self.env.ref("carbon_accounting.emission_stream_upstream"))
        self._fill()
        self._commit()
        self.assertFalse([line for line in self._lines() if line[1] == "upstream" and line[3]])
        self.totals = {"location": 66.0, "market": 26.0}
        self._agree()

    def test_earlier_market_factor_ends_lending_by_counter_rows(self):
        self._fill()
        self._commit()
        self._version(self.green, "0.2", "2025-01-01")
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 3))
        self.assertEqual(
            self._lines()[:4],
            [
                ("2025-03-15", "location", 20000.0, True, 0),
                ("2025-03-15", "location", -20000.0, True, 1),
                ("2025-03-15", "location", 20000.0, False, 2),
                ("2025-03-15", "market", 20000.0, False, 0),
            ],
        )
        self.totals = {"location": 60.0, "market": 14.0}
        self._agree()
        self.assertEqual(self._collect().row_emission, 0, "a second collection changes nothing")

    def test_removed_market_factor_begins_lending(self):
        self._fill()
        self._commit()
        self.grid.factor_line_ids.filtered(lambda line: line.stream_id == self.market).unlink()
        self._collect()
        self.assertEqual(
            [line for line in self._lines() if line[0] == "2025-04-01"],
            [
                ("2025-04-01", "location", 60000.0, False, 0),
                ("2025-04-01", "location", -60000.0, False, 1),
                ("2025-04-01", "location", 60000.0, True, 2),
                ("2025-04-01", "market", 60000.0, False, 0),
                ("2025-04-01", "market", -60000.0, False, 1),
            ],
        )
        self.totals = {"location": 60.0, "market": 60.0}
        self._agree()

    def test_row_in_set_up_is_rewritten_when_lending_ends(self):
        self._begin_in_set_up()
        self._fill()
        self._commit()
        self._version(self.green, "0.2", "2025-01-01")
        self._collect()
        self.assertEqual(
            self._lines()[:2],
            [("2025-03-15", "location", 20000.0, False, 1), ("2025-03-15", "market", 20000.0, False, 0)],
        )
        self.totals = {"location": 60.0, "market": 14.0}
        self._agree()

    def test_lending_in_a_closed_month_waits_as_late_adjustment(self):
        self._fill()
        self._commit()
        self._period("2025-03-01").action_close()
        self._version(self.green, "0.2", "2025-01-01")
        self._collect()
        self.assertEqual(self._lines()[0], ("2025-03-15", "location", 20000.0, True, 0))
        self.assertEqual(self._issues(), {("D 20000", "late")})
        self._agree()

    def test_cancelled_document_takes_its_lent_result_back(self):
        declarations = self._fill()
        self._commit()
        declarations[0].action_cancel()
        self._commit()
        self.assertEqual(
            self._lines()[:2],
            [("2025-03-15", "location", 20000.0, True, 0), ("2025-03-15", "location", -20000.0, True, 0)],
        )
        self.totals = {"location": 50.0, "market": 10.0}
        self._agree()

    def test_dry_run_and_estimate_tell_what_collection_then_gives(self):
        self._fill()
        engine = self.env["carbon.engine"]
        foreseen = {}
        for basis, total in self.totals.items():
            self.system.electricity_basis = basis
            result = engine._dry_run(self.grid_rule)
            self.assertEqual((result["event_count"], result["co2e_t"]), (3, total))
            estimate = engine._estimate(self._events())
            foreseen[basis] = [estimate[number]["declared"] for number in (1, 2, 3)]
        self.assertEqual(foreseen, {"location": [10.0, 20.0, 30.0], "market": [10.0, 4.0, 6.0]})
        self._commit()
        activities = self.env["carbon.activity.data"].search([("source_id", "=", self.grid.id)], order="date")
        for basis, tonnes in foreseen.items():
            self.system.electricity_basis = basis
            activities.invalidate_recordset(["co2e_t"])
            self.assertEqual(activities.mapped("co2e_t"), tonnes)

    def test_estimate_without_any_result_of_electricity_is_unknown(self):
        self.grid.factor_line_ids.filtered(lambda line: line.stream_id == self.location).unlink()
        estimate = self.env["carbon.engine"]._estimate(self._events())
        self.assertEqual([estimate[number]["declared"] for number in (1, 2, 3)], [None, 4.0, 6.0])


@tagged("post_install", "-at_install")
class TestOwnCompany(InventoryCommon):
    """Each row is shown as its own company shows it, whichever company is ticked first (R-132, R-133)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.write({"gwp_set_id": cls.ar6.id, "electricity_basis": "location"})
        cls.other = cls.env["res.company"].create({"name": "Other works"})
        cls.env.user.company_ids += cls.other
        cls.other_system = cls.env["carbon.system"]._get(cls.other)
        cls.other_system.write(
            {"collect_live": True, "phase": "live", "gwp_set_id": cls.ar4.id, "electricity_basis": "market"}
        )
        cls.methane = cls._factor("CH4", cls.ton, 1000, gas=cls._gas("CH4"))
        cls.grid_factor = cls._factor("GRID", cls.kwh, 1)
        cls.green_factor = cls._factor("GREEN", cls.kwh, "0.1")
        cls.rows = {company: cls._fill(company) for company in (cls.company, cls.other)}
        cls.env.flush_all()
        cls.env.cr.precommit.run()

    @classmethod
    def _fill(cls, company):
        """Declare a tonne of methane and 1,000 kWh in a company; return the rules."""
        gas = cls._source("Leak", cls.ton, cls.methane, company_id=company.id)
        grid = cls._source(
            "Grid", cls.kwh, cls.grid_factor, stream=cls.location, leaf=cls.electricity_leaf, company_id=company.id
        )
        grid.factor_line_ids = [(0, 0, {"stream_id": cls.market.id, "factor_id": cls.green_factor.id})]
        rules = [cls._rule("declared", source, name=source.name, company_id=company.id) for source in (gas, grid)]
        cls._declare(rules[0], 1, cls.ton, company_id=company.id)
        cls._declare(rules[1], 1000, cls.kwh, company_id=company.id)
        return rules

    def _ticked(self, *companies):
        """Return an environment with these companies ticked, in this order."""
        ids = [company.id for company in companies]
        return self.env(context=dict(self.env.context, allowed_company_ids=ids))

    def test_rows_do_not_change_with_the_company_ticked_first(self):
        methane = [self.env["carbon.gwp.value"].search([("gas_id", "=", self._gas("CH4").id), ("gwp_set_id", "=", s.id)]).value
                   for s in (self.ar6, self.ar4)]  # fmt: skip
        self.assertNotEqual(*methane)
        for order in ((self.company, self.other), (self.other, self.company)):
            env = self._ticked(*order)
            env.invalidate_all()
            rows = env["carbon.activity.data"].search([("company_id", "in", [c.id for c in order])])
            shown = {(row.company_id.id, row.source_id.name): round(row.co2e_t, 6) for row in rows}
            self.assertEqual(
                shown,
                {
                    (self.company.id, "Leak"): methane[0],
                    (self.other.id, "Leak"): methane[1],
                    (self.company.id, "Grid"): 1.0,
                    (self.other.id, "Grid"): 0.1,
                },
                order[0].name,
            )
            leaks = rows.filtered(lambda row: row.source_id.name == "Leak").emission_ids
            self.assertEqual(
                {line.company_id.id: round(line.co2e_t, 6) for line in leaks},
                {self.company.id: methane[0], self.other.id: methane[1]},
            )

    def test_estimate_weighs_each_event_as_its_company_does(self):
        events = [
            {
                "origin_id": number,
                "kind": "declared",
                "company_id": company.id,
                "date": date(2025, 3, 10),
                "rule_id": self.rows[company][0].id,
                "quantity": 1,
                "uom_id": self.ton.id,
            }
            for number, company in enumerate((self.company, self.other))
        ]
        first = self._ticked(self.company, self.other)["carbon.engine"]._estimate(events)
        second = self._ticked(self.other, self.company)["carbon.engine"]._estimate(events)
        self.assertEqual(first, second)
        self.assertEqual(round(first[1]["declared"], 6), 25.0)

    def test_inventory_begins_with_the_settings_of_its_own_company(self):
        values = {"name": "I", "company_id": self.other.id, "date_from": "2025-01-01", "date_to": "2025-12-31"}
        inventory = self._ticked(self.company, self.other)["carbon.inventory"].create(values)
        self.assertEqual((inventory.gwp_set_id, inventory.electricity_basis), (self.ar4, "market"))
        inventory = inventory.create({**values, "gwp_set_id": self.ar5.id})
        self.assertEqual((inventory.gwp_set_id, inventory.electricity_basis), (self.ar5, "market"))
