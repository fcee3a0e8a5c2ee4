import random
from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .dry_run_common import DryRunCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-15")
class TestFactorDryRun(DryRunCommon):
    """What the approval of a version would move, before it is approved (R-128)."""

    def test_draft_from_the_middle_of_a_month_moves_what_follows_it(self):
        self._fill(
            (self.coal_rule, 100, "2025-03-15", self.product),
            (self.coal_rule, 50, "2025-03-16", self.product),
            (self.coal_rule, 20, "2025-04-10", self.other_product),
            (self.diesel_rule, 7, "2025-04-10", None),
        )
        draft = self._draft(self.coal_factor, 2000, "2025-03-16")
        before = self._fingerprint()
        wizard = self._try(draft)
        # 50 t and 20 t of coal: 1.868533333333 before, 2 after
        self.assertEqual(self._totals(wizard), (2, 0, 130.797333, 140.0, 9.202667))
        self.assertEqual(
            self._figures(wizard.period_line_ids),
            {"2025-03": (1, 0, 93.426667, 100.0), "2025-04": (1, 0, 37.370667, 40.0)},
        )
        self.assertEqual(self._figures(wizard.source_line_ids), {self.coal.display_name: (2, 0, 130.797333, 140.0)})
        self.assertEqual(
            self._figures(wizard.product_line_ids),
            {"Lump coal": (1, 0, 93.426667, 100.0), "Coal dust": (1, 0, 37.370667, 40.0)},
        )
        self.assertEqual(self._figures(wizard.result_line_ids), {self.stream.name: (2, 0, 130.797333, 140.0)})
        gas = wizard.gas_line_ids
        self.assertEqual((gas.name, gas.gas_kind, gas.treatment), (self.gas_co2.display_name, "fossil", "total"))
        self.assertEqual((round(gas.now_kg, 3), gas.then_kg, gas.then_t), (130797.333, 140000.0, 140.0))
        self.assertEqual(wizard.ended_versions, "TEST-COAL · 2015-01-01")
        self.assertFalse(wizard.late_count or wizard.unknown_count or wizard.pending_companies)
        self.assertEqual(self._fingerprint(), before)
        self._assert_follows(wizard)
        self.assertEqual(self._kg(self.coal), Decimal("100") * Decimal("1868.533333333333") + 140000)

    def test_later_version_ends_what_a_draft_moves(self):
        self._version(self.coal_factor, 1500, "2025-04-01")
        self._fill((self.coal_rule, 10, "2025-03-20", None), (self.coal_rule, 10, "2025-04-01", None))
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        self.assertEqual(self._figures(wizard.period_line_ids), {"2025-03": (1, 0, 18.685333, 20.0)})
        self._assert_follows(wizard)

    def test_draft_that_nobody_uses_or_that_begins_later_moves_nothing(self):
        self._fill((self.coal_rule, 10, "2025-03-20", None))
        later = self._try(self._draft(self.coal_factor, 2000, "2025-03-21"))
        self.assertEqual((self._totals(later), later.is_used), ((0, 0, 0, 0, 0), True))
        unused = self._try(self._draft(self._factor("IDLE", self.ton, 1), 2, "2020-01-01"))
        self.assertEqual((self._totals(unused), unused.is_used), ((0, 0, 0, 0, 0), False))
        self.assertFalse(unused.inventory_line_ids)

    def test_nearest_region_decides_for_drafts_too(self):
        nation, province, other = (self.env.ref(f"carbon_management.region_cn{name}") for name in ("", "_js", "_zj"))
        factor = self._factor("REGIONAL", self.kwh, "0.9", "2020-01-01", nation)
        near, far = (
            self._source(code, self.kwh, factor, site_id=self._site(code, region).id)
            for code, region in (("Near", province), ("Far", other))
        )
        self._fill(
            *((self._rule("declared", source, name=source.name), 10000, "2025-05-05", None) for source in (near, far))
        )
        # the draft of the province takes one source, that of the nation both, of both drafts the nearer one wins
        by_province = self._draft(factor, "0.5", "2025-01-01", province)
        by_nation = self._draft(factor, "0.8", "2025-02-01", nation)
        names = [source.display_name for source in (near, far)]
        self.assertEqual(self._figures(self._try(by_province).source_line_ids), {names[0]: (1, 0, 9.0, 5.0)})
        self.assertEqual(self._figures(self._try(by_nation).source_line_ids), dict.fromkeys(names, (1, 0, 9.0, 8.0)))
        both = self._try(by_province + by_nation)
        self.assertEqual(self._figures(both.source_line_ids), {names[0]: (1, 0, 9.0, 5.0), names[1]: (1, 0, 9.0, 8.0)})
        self._assert_follows(both)

    def test_counted_back_rows_are_no_rows(self):
        declarations = self._fill(
            (self.coal_rule, 100, "2025-03-20", self.product),
            (self.coal_rule, 40, "2025-03-21", self.product),
        )
        declarations[0].action_cancel()
        declarations[1].action_cancel()
        declarations[1].action_draft()
        declarations[1].quantity = 30
        declarations[1].action_post()
        self._commit()
        self.assertEqual([row[5] for row in self._ledger()], [100, -100, 40, -40, 30])
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        # 30 t are left
        self.assertEqual(self._totals(wizard), (1, 0, 56.056, 60.0, 3.944))
        self._assert_follows(wizard)

    def test_rows_of_the_worklist_would_be_counted_first_time(self):
        source, rule = self._emitter("Lime kiln", self.kg, "0.4", "LIME")
        factor = self._factor("NEWLIME", self.ton, 440, "2025-06-01")
        source.factor_line_ids.factor_id = factor
        documents = self._fill(
            (rule, 3000, "2025-05-10", self.product),
            (rule, 2000, "2025-05-11", None),
            (rule, 1000, "2025-06-01", None),
            (rule, 500, "2025-05-12", None),
        )
        documents[3].action_cancel()
        wizard = self._try(self._draft(factor, 450, "2025-05-01"))
        self.assertEqual(self._totals(wizard), (2, 2, 0.0, 2.25, 2.25))
        self.assertEqual(
            self._figures(wizard.product_line_ids),
            {"Lump coal": (1, 1, 0.0, 1.35), "Without product": (1, 1, 0.0, 0.9)},
        )
        action = wizard.action_view_issues()
        self.assertEqual(
            set(self.env[action["res_model"]].search(action["domain"]).mapped("label")),
            set(d.name for d in documents[:2]),
        )
        self._assert_follows(wizard)
        self.assertFalse(self._issues())

    def test_draft_with_parameters_is_weighed_as_approval_would_write_it(self):
        self._fill((self.coal_rule, 30, "2025-03-20", None))
        parameters = {
            "method": "parameter",
            "ncv": 20,
            "ncv_uom_id": self.ton.id,
            "carbon_content": 0.026,
            "oxidation_rate": 0.97,
        }
        draft = self._draft(self.coal_factor, 1, "2025-03-01", **parameters)
        draft.gas_line_ids.unlink()
        methane = self._gas("CH4_FOSSIL")
        draft.gas_line_ids = [(0, 0, {"gas_id": methane.id, "kg_per_unit": 0.1234567890123456})]
        wizard = self._try(draft)
        # 20 × 0.026 × 0.97 × 44 / 12 × 1000 kg CO2, and 0.123456789012 kg of methane
        self.assertEqual(
            self._figures(wizard.gas_line_ids)[self.gas_co2.display_name], (1, 0, 56.056, round(30 * 1.849466666667, 6))
        )
        self.assertEqual(len(draft.gas_line_ids), 1)
        said = {(gas, kind): kg for _version, gas, kind, kg in draft._lines_as_approved()}
        self._assert_follows(wizard)
        written = self.env.execute_query(
            self._sql(
                "SELECT gas_id, kind, kg_per_unit::text FROM carbon_emission_factor_gas WHERE version_id = %s", draft.id
            )
        )
        self.assertEqual(said, {(gas, kind): Decimal(kg) for gas, kind, kg in written})
        self.assertEqual(said[methane.id, "fossil"], Decimal("0.123456789012"))

    def test_biogenic_gas_moves_beside_the_total(self):
        self._fill((self.coal_rule, 10, "2025-03-20", None))
        draft = self._draft(self.coal_factor, 1000, "2025-03-01")
        draft.gas_line_ids = [(0, 0, {"gas_id": self.gas_co2.id, "kind": "biogenic", "kg_per_unit": 800})]
        wizard = self._try(draft)
        self.assertEqual(self._totals(wizard), (1, 0, 18.685333, 10.0, -8.685333))
        biogenic = wizard.gas_line_ids.filtered(lambda line: line.treatment == "biogenic")
        self.assertEqual((biogenic.now_t, biogenic.then_t, biogenic.then_kg), (0.0, 8.0, 8000.0))
        self._assert_follows(wizard)

    def test_gas_without_gwp_is_told(self):
        self._fill((self.coal_rule, 10, "2025-03-20", None))
        gas = self.env["carbon.gas"].create({"code": "TESTGAS", "name": "Test gas", "gas_group": "HFCs"})
        wizard = self._try(self._draft(self.coal_factor, 1, "2025-03-01", gas=gas))
        self.assertEqual((wizard.unknown_count > 0, wizard.row_count), (True, 1))

    def test_what_cannot_be_approved_is_refused_with_its_name(self):
        empty = self._draft(self.coal_factor, 1, "2025-03-01")
        empty.gas_line_ids.unlink()
        with self.assertRaisesRegex(UserError, "TEST-COAL · 2025-03-01 has no gas lines"):
            empty.action_dry_run()
        approved = self.coal_factor.version_ids - empty
        with self.assertRaisesRegex(UserError, "TEST-COAL · 2015-01-01 is approved"):
            approved.action_dry_run()
        with self.assertRaisesRegex(UserError, "Choose the draft versions"):
            self.env["carbon.factor.dry.run.wizard"].create({})
        unverified = self._draft(self.coal_factor, 1, "2025-04-01", provenance="recalled_unverified")
        self.assertTrue(unverified.action_dry_run())

    def test_closed_months_stay_and_their_rows_are_told(self):
        self._fill((self.coal_rule, 100, "2025-03-20", None), (self.coal_rule, 50, "2025-04-20", None))
        self._period("2025-03-01").action_close()
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        self.assertEqual(self._totals(wizard), (2, 0, 280.28, 300.0, 19.72))
        self.assertEqual((wizard.late_count, round(wizard.late_t, 6)), (1, 13.146667))
        self.assertEqual(wizard.period_line_ids.mapped("state"), ["closed", "open"])
        wizard.action_approve()
        self._collect()
        self.assertEqual(self._kg(self.coal), 100 * Decimal("1868.533333333333") + 100000)
        self.assertEqual(self._issues(), {("D 100", "late")})
        late = self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("reason", "=", "late")]
        )
        self.assertIn("13.147 t CO2e", late.message)

    def test_another_factor_kept_by_a_closed_month_is_replaced_with_its_unit(self):
        self._fill((self.coal_rule, 100, "2025-03-20", None))
        self._period("2025-03-01").action_close()
        by_kg = self._factor("COALKG", self.kg, "1.9")
        self.coal.factor_line_ids.factor_id = by_kg
        self._collect()
        wizard = self._try(self._draft(by_kg, "2.1", "2025-03-01"))
        # 100 t by the old factor, 100,000 kg by the new one
        self.assertEqual(self._totals(wizard), (1, 0, 186.853333, 210.0, 23.146667))
        self.assertEqual(wizard.late_count, 1)

    def test_late_adjustment_without_result_would_be_counted_first_time(self):
        source, rule = self._emitter("Furnace", self.ton, "1000", "FURNACE")
        factor = self._factor("SLAG", self.ton, 1000, "2025-06-01")
        source.factor_line_ids.factor_id = factor
        self._fill((rule, 5, "2025-05-10", None))
        self._close_anyway("2025-05-01")
        self._version(factor, 1100, "2025-05-01")
        self._collect()
        self.assertEqual(self._issues(), {("D 5", "late")})
        wizard = self._try(self._draft(factor, 1200, "2025-05-05"))
        self.assertEqual((self._totals(wizard), wizard.late_count), ((1, 1, 0.0, 6.0, 6.0), 1))

    def test_set_up_is_compared_like_any_other_month(self):
        self._begin_in_set_up()
        self._fill((self.coal_rule, 10, "2025-03-20", None))
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        self.assertEqual((self._totals(wizard)[0], wizard.period_line_ids.state), (1, "setup"))
        self._assert_follows(wizard)

    def test_whatever_is_drafted_collection_follows_the_dry_run(self):
        """Random versions in four regions for both results of electricity, tried and approved in turn."""
        regions = [False, *(self.env.ref(f"carbon_management.region_cn{name}") for name in ("", "_js", "_zj"))]
        factors = [self._factor(code, self.kwh, "0.7", "2024-07-01") for code in ("POWER", "CERTIFICATE")]
        rules = []
        for region in regions:
            source = self._source(
                f"Meter {region and region.code}",
                self.env.ref("carbon_accounting.uom_mwh"),
                factors[0],
                stream=self.location,
                leaf=self.electricity_leaf,
                site_id=region and self._site(region.code, region).id,
            )
            source.factor_line_ids = [(0, 0, {"stream_id": self.market.id, "factor_id": factors[1].id})]
            rules.append(self._rule("declared", source, name=source.name))
        chance = random.Random(7)
        day = lambda: str(date(2024, 1, 1) + timedelta(chance.randrange(700)))  # noqa: E731
        products = (self.product, self.other_product, None)
        self._fill(
            *((chance.choice(rules), chance.randrange(1, 90), day(), chance.choice(products)) for _n in range(60))
        )
        moved = 0
        for turn in range(5):
            self.system.electricity_basis = ("location", "market")[turn % 2]
            drafts = self.env["carbon.emission.factor.version"]
            for factor in factors:
                drafts += self._draft(factor, chance.randrange(1, 999) / 1000, day(), chance.choice(regions))
            wizard = self._try(drafts)
            moved += wizard.row_count
            self._assert_follows(wizard)
        self.assertGreater(moved, 60)

    def test_ledger_that_waits_for_a_collection_is_told_and_compared_as_it_is(self):
        self._fill((self.coal_rule, 100, "2025-03-20", None))
        self._version(self.coal_factor, 1900, "2025-02-01")
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        self.assertEqual(wizard.pending_companies, self.company.name)
        self.assertEqual(self._totals(wizard), (1, 0, 186.853333, 200.0, 13.146667))
        self._assert_follows(wizard)

    def test_each_sum_opens_its_rows(self):
        self._fill(
            (self.coal_rule, 100, "2025-03-15", self.product),
            (self.coal_rule, 50, "2025-03-16", self.product),
            (self.coal_rule, 20, "2025-04-10", self.other_product),
            (self.diesel_rule, 7, "2025-04-10", self.product),
        )
        drafts = self._draft(self.coal_factor, 2000, "2025-03-16") + self._draft(self.diesel_factor, 3000, "2025-04-01")
        wizard = self._try(drafts)
        opened = lambda action: self.env[action["res_model"]].search(action["domain"])  # noqa: E731
        self.assertEqual(sorted(opened(wizard.action_view_emissions()).mapped("quantity")), [7.0, 20.0, 50.0])
        for lines in (wizard.period_line_ids, wizard.source_line_ids, wizard.product_line_ids, wizard.result_line_ids):
            for line in lines:
                rows = opened(line.action_view_emissions())
                self.assertEqual(len(rows), line.row_count, line.name)
                self.assertAlmostEqual(sum(rows.mapped("co2e_t")), line.now_t, 5, line.name)

    def test_what_is_not_listed_is_one_line_that_opens_the_rest(self):
        self._fill(
            (self.coal_rule, 100, "2025-03-16", self.product),
            (self.coal_rule, 20, "2025-04-10", self.other_product),
            (self.coal_rule, 10, "2025-04-10", None),
        )
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-16"))
        _moves, sums = self.env["carbon.engine"]._factor_dry_run(wizard.version_ids, self.company)
        wizard.product_line_ids.sudo().unlink()
        lines = wizard.product_line_ids
        lines.create(lines._values(wizard, "product", [found for found in sums if found["kind"] == "product"], 1))
        wizard.invalidate_recordset()
        first, rest = wizard.product_line_ids
        self.assertEqual((first.name, rest.name, rest.row_count), ("Lump coal", "2 others", 2))
        self.assertEqual(round(first.difference_t + rest.difference_t, 9), round(wizard.difference_t, 9))
        action = rest.action_view_emissions()
        self.assertEqual(
            sorted(self.env[action["res_model"]].search(action["domain"]).mapped("quantity")), [10.0, 20.0]
        )
