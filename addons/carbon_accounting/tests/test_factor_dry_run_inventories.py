from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .dry_run_common import DryRunCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-15")
class TestFactorDryRunInventories(DryRunCommon):
    """Two results of electricity, inventories that would change, companies and roles (R-128, R-139)."""

    def _verdicts(self, wizard):
        """Return {inventory: (rows, difference in t, %, what follows)}."""
        return {
            line.inventory_id: (line.row_count, round(line.difference_t, 6), round(line.percent, 4), line.verdict)
            for line in wizard.inventory_line_ids
        }

    # ------------------------------------------------------------------
    # Electricity
    # ------------------------------------------------------------------
    def _grid(self):
        grid, rule = self._emitter("Grid", self.kwh, "0.5", "GRID", self.location, self.electricity_leaf)
        green = self._factor("GREEN", self.kwh, "0.1", "2025-05-01")
        grid.factor_line_ids = [(0, 0, {"stream_id": self.market.id, "factor_id": green.id})]
        days = {"2025-04-15": 20000, "2025-04-16": 40000, "2025-05-01": 60000}
        self._fill(*((rule, quantity, day, self.product) for day, quantity in days.items()))
        return green

    def test_market_based_version_takes_the_place_of_the_lent_result(self):
        green = self._grid()
        draft = self._draft(green, "0.2", "2025-04-16")
        for basis, totals in (("location", (2, 1, 20.0, 20.0, 0.0)), ("market", (2, 1, 20.0, 8.0, -12.0))):
            self.system.electricity_basis = basis
            wizard = self._try(draft)
            self.assertEqual(self._totals(wizard), totals)
            self.assertEqual(
                self._figures(wizard.result_line_ids),
                {self.location.name: (1, 0, 20.0, 20.0), self.market.name: (1, 1, 0.0, 8.0)},
            )
        self._assert_follows(wizard)

    def test_last_version_of_a_basis_ends_no_loan_before_it_begins(self):
        green = self._grid()
        self.system.electricity_basis = "market"
        wizard = self._try(self._draft(green, "0.2", "2025-05-01", self.env.ref("carbon_management.region_cn")))
        self.assertEqual(self._totals(wizard), (0, 0, 0, 0, 0))  # the grid has no site: no region is near

    def test_inventories_are_told_on_their_own_basis(self):
        green = self._grid()
        by_location, by_market = (
            self._computed(name=basis, electricity_basis=basis) for basis in ("location", "market")
        )
        wizard = self._try(self._draft(green, "0.2", "2025-04-16"))
        # market: 10 t lent, 20 t lent and 6 t; of these the 20 t become 8 t
        self.assertEqual(
            self._verdicts(wizard),
            {by_location: (2, 0.0, 0.0, "compute"), by_market: (2, -12.0, round(-1200 / 36, 4), "compute")},
        )
        wizard.action_approve()
        self._collect()
        (by_location + by_market).action_compute()
        self.assertEqual([round(i.total_t, 6) for i in (by_location, by_market)], [60.0, 24.0])

    # ------------------------------------------------------------------
    # Inventories
    # ------------------------------------------------------------------
    def test_sealed_inventory_above_its_materiality_needs_a_restatement(self):
        self._fill((self.coal_rule, 100, "2025-03-10", None), (self.diesel_rule, 10, "2025-04-11", None))
        sealed = self._computed(materiality=5)
        self._close_year()
        self._approved(sealed)
        # 186.853333 of 217.812433 t: a hundredth more of coal is 0.86 % of the total, a tenth 8.58 %
        below = self._try(self._draft(self.coal_factor, 1868.533333333333 * 1.01, "2025-01-01"))
        self.assertEqual(self._verdicts(below), {sealed: (1, 1.868533, 0.8579, "below")})
        self.assertFalse(below.restate_count or below.inventory_line_ids.passes_threshold)
        above = self._try(self._draft(self.coal_factor, 1868.533333333333 * 1.1, "2025-01-02"))
        self.assertEqual(self._verdicts(above), {sealed: (1, 18.685333, 8.5786, "restate")})
        self.assertEqual((above.restate_count, above.late_count), (1, 1))
        line = above.inventory_line_ids
        self.assertEqual((line.passes_threshold, line.threshold, line.late_t), (True, 5.0, line.difference_t))
        self.assertEqual(line.action_open()["res_id"], sealed.id)
        above.action_approve()
        self._collect()
        self.assertEqual((sealed.state, round(sealed.total_t, 6), sealed.late_count), ("approved", 217.812433, 1))

    def test_materiality_itself_is_not_passed_and_the_threshold_is_reached(self):
        self._fill((self.diesel_rule, 100, "2025-03-10", None))
        sealed = self._computed(materiality=5)
        self._close_year()
        self._approved(sealed)
        # 3095.91 × 1.05, then a trillionth of a kilogram more
        for day, kg, verdict in (("2025-01-01", "3250.7055", "below"), ("2025-01-02", "3250.705500000001", "restate")):
            draft = self._draft(self.diesel_factor, 1, day)
            draft.gas_line_ids._write_exact({draft.gas_line_ids.id: Decimal(kg)})
            line = self._try(draft).inventory_line_ids
            self.assertEqual((line.verdict, line.passes_threshold), (verdict, True))

    def test_drafts_and_checked_inventories_wait_for_their_turn(self):
        self._fill((self.coal_rule, 100, "2025-03-10", None), (self.coal_rule, 10, "2024-03-10", None))
        checked, draft, empty = self._computed(), self._inventory(2024), self._inventory(2023)
        self._computed(2024, name="Second")
        checked.maker_note = "Checked"
        checked.action_check()
        self.env["carbon.inventory"].search([("name", "=", "Second"), ("company_id", "=", self.company.id)]).unlink()
        wizard = self._try(self._draft(self.coal_factor, 2000, "2020-01-01"))
        self.assertEqual(
            self._verdicts(wizard),
            {checked: (1, 13.146667, 7.0358, "hand"), draft: (1, 1.314667, 0.0, "compute")},
        )
        self.assertNotIn(empty, wizard.inventory_line_ids.inventory_id)
        for year in (2024, 2025):
            self._close_year(year)
        wizard = self._try(self._draft(self.coal_factor, 2000, "2020-01-02"))
        self.assertEqual(set(wizard.inventory_line_ids.mapped("verdict")), {"closed"})

    def test_restated_inventory_is_history_and_the_newest_version_counts(self):
        self._fill((self.coal_rule, 100, "2025-03-10", None))
        sealed = self._computed()
        self._close_year()
        self._approved(sealed)
        second = sealed._restate("error", "A bill was read wrong.")
        second.action_compute()
        self._approved(second)
        wizard = self._try(self._draft(self.coal_factor, 2500, "2025-01-01"))
        self.assertEqual(
            {line.inventory_id: line.verdict for line in wizard.inventory_line_ids},
            {sealed: "replaced", second: "restate"},
        )
        self.assertEqual(wizard.restate_count, 1)

    def test_boundary_and_gwp_set_of_the_inventory_apply(self):
        site, annex = self.env["carbon.site"].create(
            [
                {"name": "Works", "code": "W", "company_id": self.company.id, "share": 0.8},
                {"name": "Annex", "code": "A", "company_id": self.company.id},
            ]
        )
        self.coal.site_id, self.diesel.site_id = site, annex
        common = {"company_id": self.company.id, "date_from": "2025-01-01", "site_ids": [(6, 0, site.ids)]}
        base = self.env["carbon.boundary"].create(
            {
                **common,
                "name": "Organisation",
                "boundary_type": "organisational",
                "approach": "equity_share",
                "share": 0.5,
            }
        )
        base.action_approve()
        boundary = self.env["carbon.boundary"].create(
            {
                **common,
                "name": "Accounting",
                "boundary_type": "accounting",
                "organisational_id": base.id,
                "base_year": 2024,
            }
        )
        boundary.action_approve()
        self._fill((self.coal_rule, 100, "2025-03-10", None), (self.diesel_rule, 10, "2025-03-10", None))
        with_shares, in_full = (
            self._inventory(gwp=self.ar4, boundary_id=boundary.id),
            self._inventory(name="Full", boundary_id=False),
        )
        (with_shares + in_full).action_compute()
        methane = self._gas("CH4_FOSSIL")
        drafts = self._draft(self.coal_factor, 10, "2025-01-01", gas=methane)
        drafts += self._draft(self.diesel_factor, 3000, "2025-01-01")
        ar4, ar6 = (
            self.env["carbon.gwp.value"].search([("gwp_set_id", "=", gwp.id), ("gas_id", "=", methane.id)]).value
            for gwp in (self.ar4, self.ar6)
        )
        wizard = self._try(drafts)
        verdicts = self._verdicts(wizard)
        self.assertEqual(verdicts[with_shares][1], round((ar4 - 186.8533333333) * 0.4, 6))
        self.assertEqual(verdicts[in_full][1], round(ar6 - 186.8533333333 - 0.9591, 6))
        totals = {line.inventory_id: line.total_t + line.difference_t for line in wizard.inventory_line_ids}
        wizard.action_approve()
        self._collect()
        for inventory, total in totals.items():
            inventory.action_compute()
            self.assertEqual(round(inventory.total_t, 6), round(total, 6), inventory.name)

    # ------------------------------------------------------------------
    # Companies and roles
    # ------------------------------------------------------------------
    def _other_company(self):
        """Return another company with a source of the same factor and a row of 10 t, weighted with AR5."""
        other = self.env["res.company"].create({"name": "Works B", "currency_id": self.env.ref("base.CNY").id})
        self.env.user.company_ids += other
        self.env["carbon.system"]._get(other).write({"phase": "live", "collect_live": True, "gwp_set_id": self.ar5.id})
        source = self.coal.with_company(other).copy({"company_id": other.id, "name": "Coal B"})
        if not source.factor_line_ids:
            source.factor_line_ids = [(0, 0, {"stream_id": self.stream.id, "factor_id": self.coal_factor.id})]
        rule = self.coal_rule.copy({"company_id": other.id, "source_id": source.id, "name": "Coal B declared"})
        declaration = self.env["carbon.declaration"].create(
            {
                "name": "B",
                "company_id": other.id,
                "rule_id": rule.id,
                "quantity": 10,
                "uom_id": self.ton.id,
                "date": "2025-03-10",
            }
        )
        declaration.action_post()
        return other

    def test_each_company_sees_its_own_rows_with_its_own_gwp_set(self):
        self._fill((self.coal_rule, 100, "2025-03-10", None))
        other = self._other_company()
        self._commit()
        methane = self._gas("CH4_FOSSIL")
        draft = self._draft(self.coal_factor, 10, "2025-01-01", gas=methane)
        ar5, ar6 = (
            self.env["carbon.gwp.value"].search([("gwp_set_id", "=", gwp.id), ("gas_id", "=", methane.id)]).value
            for gwp in (self.ar5, self.ar6)
        )
        self.assertNotEqual(ar5, ar6)
        here, there = (
            self._user("dry-a", "group_carbon_accountant"),
            self._user("dry-b", "group_carbon_accountant", other),
        )
        mine, theirs = self._try(draft, here), self._try(draft, there)
        self.assertEqual(self._totals(mine)[:4], (1, 0, 186.853333, round(ar6, 6)))
        self.assertEqual(self._totals(theirs)[:4], (1, 0, 18.685333, round(ar5 / 10, 6)))
        self.assertEqual(theirs.period_line_ids.company_id, other)
        both = self.env(context=dict(self.env.context, allowed_company_ids=[self.company.id, other.id]))
        wizard = self._try(draft.with_env(both))
        self.assertEqual(self._totals(wizard)[:4], (2, 0, 205.538667, round(ar6 + ar5 / 10, 6)))
        lines = self.env["carbon.factor.dry.run.line"]
        self.assertFalse(lines.with_env(theirs.env).search([("wizard_id", "=", mine.id)]))
        with self.assertRaises(AccessError):
            mine.with_env(theirs.env).read(["version_ids"])
        with self.assertRaises(AccessError):
            mine.period_line_ids.with_env(theirs.env).read(["now_t"])

    def test_sums_of_a_company_are_hidden_without_that_company(self):
        self._fill((self.coal_rule, 100, "2025-03-10", None))
        other = self._other_company()
        self._commit()
        both = self.company + other
        user = self._user("dry-both", "group_carbon_accountant", both[0])
        user.company_ids = both
        inventory = self._inventory()
        draft = self._draft(self.coal_factor, 2000, "2025-01-01")
        env = self.env(user=user, context=dict(self.env.context, allowed_company_ids=both.ids))
        action = draft.with_env(env).action_dry_run()
        domain = [("wizard_id", "=", action["res_id"])]
        for model, companies in (("line", both), ("inventory", inventory.company_id)):
            records = env[f"carbon.factor.dry.run.{model}"]
            self.assertEqual(records.search(domain).company_id, companies)
            one = records.with_context(allowed_company_ids=other.ids)
            self.assertEqual(one.search(domain).company_id, companies & other)

    def test_only_accountants_try_and_nobody_writes_results(self):
        draft = self._draft(self.coal_factor, 2000, "2025-01-01")
        for role in ("reader", "data_owner", "verifier", "top_management"):
            user = self._user(f"dry-{role}", f"group_carbon_{role}")
            with self.subTest(role), self.assertRaises(AccessError):
                draft.with_user(user).action_dry_run()
            for model in ("wizard", "line", "inventory"):
                self.assertFalse(
                    self.env[f"carbon.factor.dry.run.{model}"].with_user(user).has_access("read"), (role, model)
                )
        accountant = self._user("dry-accountant", "group_carbon_accountant")
        wizard = self._try(draft, accountant)
        for model in ("line", "inventory"):
            records = self.env[f"carbon.factor.dry.run.{model}"].with_user(accountant)
            self.assertEqual([op for op in ("read", "write", "create", "unlink") if records.has_access(op)], ["read"])
        with self.assertRaisesRegex(UserError, "are calculated"):
            wizard.write({"moves": []})
        with self.assertRaisesRegex(UserError, "are calculated"):
            self.env[wizard._name].browse(wizard.id).with_user(accountant).sudo().write({"version_ids": [(5,)]})
        forged = wizard.create({"version_ids": [(6, 0, draft.ids)], "moves": [[1, "x", "2025-01-01", None]]})
        self.assertEqual(forged.moves, wizard.moves)
