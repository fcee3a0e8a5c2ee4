from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .consolidation_common import ConsolidationCommon


@tagged("post_install", "-at_install")
class TestConsolidation(ConsolidationCommon):
    """Shares, eliminations and totals of a group of three companies, by hand (R-123, R-124)."""

    def test_control_counts_companies_wholly_and_eliminates_what_they_sell_each_other(self):
        #
        group = self._consolidated()
        self.assertEqual(
            self._members(group),
            {
                self.works: (1.0, 100.0, 0.0, 100.0),
                self.mill: (1.0, 30.0, 10.0, 20.0),
                self.press: (1.0, 16.0, 4.0, 12.0),
            },
        )
        self.assertEqual(
            self._flows(group),
            {(self.mill, self.works): (10_000.0, 10_000.0), (self.press, self.mill): (4_000.0, 4_000.0)},
        )
        totals = self._rounded(group.total_t, group.without_energy_t, group.eliminated_t)
        self.assertEqual(totals, (132.0, 130.0, 14.0))

    def test_equity_share_multiplies_the_chain_and_eliminates_by_the_share_of_the_seller(self):
        # Mill 60 %, Press 60 % × 50 % = 30 %; Mill sells to Press: 4,000 × 30 % × 60 % = 720; Works sells to Mill: 10,000 × 60 % × 100 %
        group = self._consolidated("equity_share")
        self.assertEqual(
            self._members(group),
            {
                self.works: (1.0, 100.0, 0.0, 100.0),
                self.mill: (0.6, 30.0, 6.0, 12.0),
                self.press: (0.3, 16.0, 0.72, 4.08),
            },
        )
        self.assertEqual(
            self._flows(group),
            {(self.mill, self.works): (10_000.0, 6_000.0), (self.press, self.mill): (4_000.0, 720.0)},
        )
        totals = self._rounded(group.total_t, group.without_energy_t, group.total_t - group.without_energy_t)
        self.assertEqual(totals, (116.08, 115.0, 1.08))

    def test_a_company_outside_counts_nothing_and_its_sales_stay(self):
        group = self._consolidated(lines={"mill": {"is_included": False, "note": "Sold in December"}})
        self.assertEqual(self._members(group)[self.mill], (0.0, 0.0, 0.0, 0.0))
        self.assertEqual(self._members(group)[self.press], (1.0, 16.0, 0.0, 16.0))
        self.assertFalse(group.elimination_ids)
        self.assertEqual(round(group.total_t, 3), 116.0)

    def test_joint_control_counts_by_share_under_financial_control(self):
        group = self._consolidated("financial_control", lines={"press": {"relation": "joint"}})
        self.assertEqual([member.share for member in group.member_ids], [1.0, 1.0, 0.3])
        self.assertEqual(round(group.total_t, 3), round(100 + 20 + 16 * 0.3 - 4 * 0.3, 3))

    def test_a_parent_that_no_line_names_counts_too(self):
        site = self.env["carbon.site"].create({"name": "Site", "code": "S", "company_id": self.works.id})
        boundary = self.env["carbon.boundary"].create(
            {"name": "Alone", "company_id": self.works.id, "date_from": "2025-01-01", "site_ids": [(6, 0, site.ids)]}
        )
        boundary.action_approve()
        self._fill()
        self._inventories(self.works)
        group = self._consolidation()
        group.action_compute()
        self.assertEqual(group.boundary_id, boundary)
        self.assertEqual(self._members(group), {self.works: (1.0, 100.0, 0.0, 100.0)})

    def test_direct_emissions_are_never_eliminated(self):
        self._tell(self.mill, "fuel", 7, self.works.partner_id)
        group = self._consolidated()
        self.assertEqual(set(group.elimination_ids.mapped("segment")), {"energy"})
        direct = group.line_ids.filtered(lambda line: line.segment == "direct")
        self.assertEqual(sum(direct.mapped("eliminated_kg")), 0)
        self.assertEqual(round(sum(direct.mapped("consolidated_kg"))), 137_000)
        with self._refused_by_database():
            self.env.cr.execute(
                "UPDATE carbon_consolidation_elimination SET segment = 'direct' WHERE consolidation_id = %s", [group.id]
            )

    def test_contacts_and_merged_partners_of_a_company_are_that_company(self):
        desk = self.env["res.partner"].create({"name": "Heat desk", "parent_id": self.works.partner_id.id})
        old = self.env["res.partner"].create({"name": "Works, old record"})
        self._tell(self.mill, "steam", 1_000, desk)
        self._tell(self.mill, "steam", 500, old)
        self._commit()
        self.env["carbon.partner.merge"]._record(old, self.works.partner_id)
        group = self._consolidated()
        self.assertEqual(self._flows(group)[self.mill, self.works], (10_150.0, 10_150.0))

    def test_what_a_company_buys_from_itself_stays(self):
        self._tell(self.mill, "steam", 5_000, self.mill.partner_id)
        group = self._consolidated()
        self.assertEqual(self._flows(group)[self.mill, self.works], (10_000.0, 10_000.0))
        self.assertEqual(self._members(group)[self.mill], (1.0, 30.5, 10.0, 20.5))

    def test_goods_bought_are_eliminated_and_the_use_of_what_was_sold_is_not(self):
        goods = self.env.ref("carbon_accounting.emission_category_purchased_goods")
        use = self.env["carbon.emission.category"].create(
            {
                "code": "use_of_presses",
                "name": "Use of presses sold",
                "parent_id": self.env.ref("carbon_accounting.emission_category_product_use").id,
            }
        )
        factor = self._factor("GOODS", self.kg, "2")
        self._emits(self.press, "goods", self.kg, factor, goods)
        self._emits(self.press, "use", self.kg, factor, use)
        self._tell(self.press, "goods", 300, self.works.partner_id)
        self._tell(self.press, "use", 300, self.works.partner_id)
        group = self._consolidated()
        self.assertEqual(self._flows(group)[self.press, self.works], (600.0, 600.0))
        self.assertEqual(self._members(group)[self.press], (1.0, 17.2, 4.6, 12.6))

    def test_what_was_taken_back_is_not_eliminated(self):
        wrong = self._tell(self.mill, "steam", 30_000, self.works.partner_id, "2025-06-01")
        self._commit()
        wrong.action_cancel()
        group = self._consolidated()
        self.assertEqual(self._flows(group)[self.mill, self.works], (10_000.0, 10_000.0))
        row = group.elimination_ids.filtered(lambda row: row.seller_company_id == self.works)
        self.assertEqual(row.row_count, 1, "the row and its counter row met before")

    def test_both_bases_of_electricity_are_eliminated_side_by_side(self):
        # Works sells electricity to Mill: 10,000 kWh × 0.5 location, × 0.2 market
        power = self._emits(
            self.mill, "power", self.kwh, self._factor("GRID", self.kwh, "0.5"), self.electricity_leaf, self.location
        )
        self._add_stream(power, "GREEN", "0.2", self.market)
        self._tell(self.mill, "power", 10_000, self.works.partner_id)
        self._tell(self.mill, "power", 1_000, self.outsider)
        group = self._consolidated()
        totals = self._rounded(group.location_t, group.market_t, group.energy_location_t, group.energy_market_t)
        self.assertEqual(totals, (132.5, 132.2, 2.5, 2.2))
        rows = group.elimination_ids.filtered(lambda row: row.source_id == power)
        found = {(row.stream, row.in_location, row.in_market, round(row.eliminated_kg)) for row in rows}
        self.assertEqual(found, {("location", True, False, 5_000), ("market", False, True, 2_000)})
        group.electricity_basis = "market"
        self.assertEqual(round(group.total_t, 3), 132.2)
        self.assertTrue(group.computed_on, "the headline is no basis of the rows")

    def test_electricity_with_one_result_is_eliminated_once_for_both(self):
        self._emits(
            self.mill, "power", self.kwh, self._factor("GRID", self.kwh, "0.5"), self.electricity_leaf, self.location
        )
        self._tell(self.mill, "power", 10_000, self.works.partner_id)
        group = self._consolidated()
        self.assertEqual(self._rounded(group.location_t, group.market_t), (132.0, 132.0))
        self.assertEqual(self._members(group)[self.mill], (1.0, 35.0, 15.0, 20.0))

    def test_biogenic_co2_and_removals_stay_apart_and_are_shared(self):
        # steam of biomass: 0.3 kg biogenic CO2 and 0.01 kg fossil CO2 for each kWh; a forest of Mill removes 1,000 kg
        factor = self.env["carbon.emission.factor"].create(
            {"code": "TEST-BIO", "name": "Bio steam", "uom_id": self.kwh.id}
        )
        self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2015-01-01",
                "source_document": "test",
                "gas_line_ids": [
                    (0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 0.01, "kind": "fossil"}),
                    (0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 0.3, "kind": "biogenic"}),
                ],
            }
        ).action_approve()
        self._emits(self.press, "bio", self.kwh, factor, self.steam_leaf)
        forest = self.env["carbon.emission.factor"].create({"code": "TEST-F", "name": "Forest", "uom_id": self.kg.id})
        self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": forest.id,
                "date_from": "2015-01-01",
                "source_document": "test",
                "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 1, "kind": "removal"})],
            }
        ).action_approve()
        self._emits(self.mill, "forest", self.kg, forest, self.env.ref("carbon_accounting.emission_category_sink"))
        self._tell(self.press, "bio", 10_000, self.mill.partner_id)
        self._tell(self.press, "bio", 5_000, self.outsider)
        self._tell(self.mill, "forest", 1_000)
        group = self._consolidated("equity_share")
        # biogenic: 4,500 × 30 % − 3,000 × 30 % × 60 %; removal: 1,000 × 60 %; total: 116.08 + 150 × 30 % − 100 × 18 % kg
        totals = self._rounded(group.biogenic_t, group.removal_t, group.total_t)
        self.assertEqual(totals, (0.81, 0.6, 116.107))

    def test_lines_are_performed_again_by_themselves(self):
        group = self._consolidated("equity_share")
        for line in group.line_ids:
            self.assertAlmostEqual(line.consolidated_kg, line.own_kg * line.share - line.eliminated_kg, 9)
        for row in group.elimination_ids:
            self.assertAlmostEqual(row.eliminated_kg, row.flow_kg * row.buyer_share * row.seller_part, 9)
        own = sum(self.inventories[company].total_t for company in self.group)
        self.assertAlmostEqual(sum(group.line_ids.mapped("own_kg")) / 1000, own, 9)

    def test_computing_again_changes_nothing(self):
        group = self._consolidated("equity_share")
        before = group._content_hash(), self._members(group), self._flows(group)
        group.with_user(self.accountant).action_compute()
        self.assertEqual((group._content_hash(), self._members(group), self._flows(group)), before)

    def test_analysis_adds_up_by_company_scope_and_category(self):
        group = self._consolidated()
        report = self.env["carbon.consolidation.report"]
        domain = [("consolidation_id", "=", group.id)]
        scopes = {scope: round(t, 3) for scope, t in report._read_group(domain, ["scope"], ["total_t:sum"])}
        self.assertEqual(scopes, {"1": 130.0, "2": 2.0})
        members = report._read_group(domain, ["member_company_id"], ["total_t:sum", "own_t:sum", "eliminated_t:sum"])
        found = {company: self._rounded(*values) for company, *values in members}
        self.assertEqual(found[self.press], (12.0, 16.0, 4.0))
        for column in ("iso_category", "gbt_category", "ghg_category"):
            groups = report._read_group(domain, [column], ["total_t:sum"])
            self.assertEqual(round(sum(t for _label, t in groups), 3), 132.0, column)
            self.assertFalse([label for label, _t in groups if label == "Not mapped"], column)

    def test_the_way_down_leads_to_the_rows_of_the_ledger(self):
        group = self._consolidated()
        row = group.elimination_ids.filtered(lambda row: row.seller_company_id == self.mill)
        action = row.with_user(self.accountant).action_view_emissions()
        lines = self.env["carbon.emission.line"].search(action["domain"])
        self.assertEqual((len(lines), lines.quantity, row.row_count), (1, 40_000.0, 1))
        self.assertEqual(lines.company_id, self.press)
        line = group.line_ids.filtered(lambda line: line.member_company_id == self.press and line.eliminated_kg)
        found = self.env["carbon.inventory.line"].search(line.action_view_inventory_lines()["domain"])
        self.assertEqual(round(sum(found.mapped("co2e_kg"))), 6_000)

    def test_months_not_closed_are_consolidated_too(self):
        group = self._consolidated()
        self.assertTrue(self.inventories[self.mill]._months_not_closed())
        self.assertEqual(round(group.total_t, 3), 132.0)
        self.assertEqual(self._codes(group)[self.mill], ["draft"])

    def test_boundary_must_be_an_approved_organisational_one(self):
        boundary = self._boundary()
        accounting = self.env["carbon.boundary"].create(
            {
                "name": "Accounting",
                "company_id": self.works.id,
                "boundary_type": "accounting",
                "organisational_id": boundary.id,
                "date_from": "2025-01-01",
            }
        )
        with self.assertRaises(ValidationError):
            self._consolidation(boundary_id=accounting.id)
        draft = boundary.copy({"date_from": "2026-01-01"})
        with self.assertRaises(ValidationError):
            self._consolidation(boundary_id=draft.id)
        self.assertEqual(draft.company_line_ids.mapped("held_by_id"), self.mill, "a new version keeps the chain")

    def test_a_company_is_not_held_through_itself(self):
        with self.assertRaisesRegex(ValidationError, "held through itself"):
            self._boundary(mill={"held_by_id": self.press.id})

    def test_a_holder_that_is_not_listed_stops_the_approval_of_the_boundary(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, "not listed"):
            self._boundary("equity_share", press={"held_by_id": other.id})

    def test_the_boundary_leads_to_its_consolidated_inventories(self):
        group = self._consolidated()
        boundary = group.boundary_id
        self.assertEqual(boundary.consolidation_count, 1)
        action = boundary.action_view_consolidations()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), group)
