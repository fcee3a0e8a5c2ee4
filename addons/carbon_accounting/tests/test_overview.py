from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .overview_common import OverviewCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15")
class TestOverview(OverviewCommon):
    """The overview adds up the ledger (R-135; issue part 6)."""

    def test_totals_scopes_and_months(self):
        self._fill()
        data = self.overview.get_data(2025)
        coal, grid, green, steel = 15 * 1.868533333333, 5.0, 1.0, 6.0
        self.assertAlmostEqual(data["total"], coal + grid + green + steel, 6)
        self.assertEqual([round(row["t"], 6) for row in data["scopes"]], [round(coal, 6), 6.0, 6.0])
        self.assertAlmostEqual(sum(row["share"] for row in data["scopes"]), 1.0)
        self.assertAlmostEqual(data["months"][0]["scopes"][0], 18.68533333333)
        self.assertAlmostEqual(data["months"][1]["scopes"][1], 6.0)
        self.assertAlmostEqual(data["months"][0]["previous"], 37.37066666666)
        self.assertEqual(data["last_month"], 3)
        self.assertAlmostEqual(data["previous"], 28 * 1.868533333333)
        self.assertAlmostEqual(data["previous_to_date"], 20 * 1.868533333333)
        self.assertAlmostEqual(data["outside"], 0.7)

    def test_months_under_way_are_not_compared_with_whole_ones(self):
        self._fill()
        coal, whole = 1.868533333333, 15 * 1.868533333333 + 12.0

        def compared(today):
            with freeze_time(today):
                data = self.overview.get_data(2025)
            self.assertAlmostEqual(data["total"], whole, 6)
            scope = data["scopes"][0]
            self.assertAlmostEqual(
                scope["to_date"], min(data["last_month"], 1) * 10 * coal + (data["last_month"] > 1) * 5 * coal
            )
            return data["last_month"], round(data["to_date"], 6), round(data["previous_to_date"], 6)

        self.assertEqual(compared("2025-01-20"), (0, 0, 0))
        self.assertEqual(compared("2025-02-28"), (1, round(10 * coal, 6), round(20 * coal, 6)))
        self.assertEqual(compared("2026-02-28"), (3, round(whole, 6), round(20 * coal, 6)))
        periods = self.env["carbon.reporting.period"]
        periods._ensure(self.company, date(2025, 1, 1), date(2025, 1, 1)).action_close()
        self.assertEqual(compared("2025-03-20")[0], 1, "February is over, its bills are still to come")
        periods._ensure(self.company, date(2025, 2, 1), date(2025, 2, 1)).action_close()
        self.assertEqual(compared("2025-03-20")[:2], (2, round(15 * coal + 6.0, 6)))

    def test_electricity_counts_once_on_the_basis_of_the_system(self):
        # as inventories do: market replaces location, and stands in where a source has no location result
        self._fill()
        self.assertAlmostEqual(self.overview.get_data(2025)["scopes"][1]["t"], 6.0)
        self.system.electricity_basis = "market"
        self.assertAlmostEqual(self.overview.get_data(2025)["scopes"][1]["t"], 9.0)
        self.assertEqual(self.overview.get_data(2025)["basis"]["electricity"], "market")

    def test_sources_suppliers_and_products(self):
        self._fill()
        data = self.overview.get_data(2025)
        self.assertEqual(
            [row["id"] for row in data["sources"]], [self.coal.id, self.steel.id, self.grid.id, self.green.id]
        )
        self.assertEqual([(row["name"], round(row["t"], 4)) for row in data["partners"]], [("Pit 4", 23.6853)])
        self.assertEqual([(row["name"], round(row["t"], 4)) for row in data["products"]], [("Coal nuts", 28.028)])

    def test_one_factor_in_both_streams_counts_once_for_suppliers(self):
        factor = self.grid.factor_line_ids.filtered(lambda line: line.stream_id.code == "location").factor_id
        self.grid.factor_line_ids.filtered(lambda line: line.stream_id.code == "market").factor_id = factor
        self._fill()
        rows = self.overview.get_data(2025)["partners"]
        self.assertAlmostEqual(rows[0]["t"], 10 * 1.868533333333 + 5.0)

    def test_quality_is_weighted_by_emissions(self):
        self._fill()
        data = self.overview.get_data(2025)
        shares = {row["quality"]: row["t"] for row in data["quality"]}
        self.assertAlmostEqual(shares["estimated"], 6.0)
        self.assertAlmostEqual(shares["measured"], data["total"] - 6.0)
        self.assertEqual(shares["default"], 0)

    def test_intensity_is_per_unit_of_output(self):
        self._fill()
        data = self.overview.get_data(2025)
        self.assertEqual(len(data["intensity"]), 1)
        self.assertAlmostEqual(data["intensity"][0]["t_per_unit"], data["total"] / 50)

    def test_missing_potential_is_said_and_not_hidden(self):
        gas = self.env["carbon.gas"].create({"code": "XQ", "name": "Gas without potential", "gas_group": "HFCs"})
        self.steel.factor_line_ids.factor_id = self._factor("XQ", self.ton, "3", gas=gas)
        self._fill()
        data = self.overview.get_data(2025)
        self.assertEqual(len(data["warnings"]["version_ids"]), 1)
        self.assertEqual(data["scopes"][2]["t"], 0)

    def test_worklist_is_weighted_in_the_company_currency(self):
        usd = self.env.ref("base.USD")
        self.env["res.currency.rate"].create(
            {"name": "2020-01-01", "currency_id": usd.id, "rate": 0.2, "company_id": self.company.id}
        )
        for quantity, currency in ((10, usd), (20, self.company.currency_id)):
            self._declare(self.rules[self.coal], quantity, self.litre, amount=100, currency_id=currency.id)
        self._commit()
        rows = self.overview.get_data()["worklist"]
        self.assertEqual(rows["count"], 2)
        self.assertEqual([(row["reason"], row["count"], row["amount"]) for row in rows["rows"]], [("unit", 2, 600.0)])

    def test_empty_ledger_says_so(self):
        data = self.overview.get_data()
        self.assertTrue(data["is_empty"])
        self.assertEqual(data["year"], 2025)
        self.assertNotIn("total", data)
        self.assertFalse(data["collection"]["run_id"])

    def test_year_defaults_to_the_latest_with_data(self):
        self._declare(self.rules[self.coal], 1, self.ton, day="2022-05-01")
        self._declare(self.rules[self.coal], 1, self.ton, day="2024-05-01")
        self._commit()
        data = self.overview.get_data()
        self.assertEqual((data["year"], data["years"]), (2024, [2022, 2024]))

    def test_another_company_sees_nothing(self):
        self._fill()
        other = self.env["res.company"].create({"name": "Other works"})
        self.env.user.company_ids += other
        reader = self._user("overview_reader", "group_carbon_reader", other)
        data = self.overview.with_user(reader).with_context(allowed_company_ids=other.ids).get_data(2025)
        self.assertTrue(data["is_empty"])
        self.assertEqual(data["worklist"]["count"], 0)
        with self.assertRaises(AccessError):
            self.overview.with_user(reader).with_context(allowed_company_ids=self.company.ids).get_data(2025)

    def test_only_carbon_users_read_the_overview(self):
        clerk = self._user("overview_clerk", "group_carbon_meter_technician")
        with self.assertRaises(AccessError):
            self.overview.with_user(clerk).get_data(2025)

    def test_reader_verifier_and_management_read_the_same(self):
        self._fill()
        total = self.overview.get_data(2025)["total"]
        for group in ("reader", "verifier", "top_management"):
            user = self._user(f"overview_{group}", f"group_carbon_{group}")
            data = self.overview.with_user(user).get_data(2025)
            self.assertAlmostEqual(data["total"], total)
            self.assertEqual(data["products"][0]["name"], "Coal nuts")

    def test_report_agrees_with_the_overview(self):
        self._fill()
        data = self.overview.get_data(2025)
        self.env.flush_all()
        rows = self.env["carbon.emission.report"]._read_group(
            [*data["domain"], ("counted", "=", True), ("scope", "in", ["1", "2", "3"])], ["scope"], ["co2e_t:sum"]
        )
        self.assertEqual(
            [(scope, round(tonnes, 6)) for scope, tonnes in sorted(rows)],
            [(str(row["scope"]), round(row["t"], 6)) for row in data["scopes"]],
        )
        row = self.env["carbon.emission.report"].search([("source_id", "=", self.steel.id)])
        self.assertEqual(row.action_open_origin()["res_model"], "carbon.declaration")

    def test_inventory_agrees_with_the_overview(self):
        self._fill()
        inventory = self.env["carbon.inventory"].create(
            {"name": "2025", "company_id": self.company.id, "date_from": "2025-01-01", "date_to": "2025-12-31"}
        )
        inventory.action_compute()
        data = self.overview.get_data(2025)
        self.assertAlmostEqual(inventory.total_t, data["total"] + data["outside"], 3)
