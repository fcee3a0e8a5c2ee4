from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestEngineResults(CarbonCommon):
    """Factors, worklist and failures on the road from an event to an emission."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coal_rule = cls._rule("declared", cls.coal, name="Coal declared")
        cls.diesel_rule = cls._rule("declared", cls.diesel, name="Diesel declared")

    def test_factor_version_of_the_date_applies(self):
        self._version(self.coal_factor, "2000", "2025-07-01")
        self._declare(self.coal_rule, 1, self.ton, "2025-06-30")
        self._declare(self.coal_rule, 1, self.ton, "2025-07-01")
        self._commit()
        self.assertEqual(self._kg(self.coal), Decimal("3868.533333333333"))

    def test_nearest_region_wins_over_a_later_national_version(self):
        nation, province = (
            self.env.ref("carbon_management.region_cn"),
            self.env.ref("carbon_management.region_cn_js"),
        )
        factor = self._factor("GRID", self.kwh, "0.9", "2020-01-01", nation)
        self._version(factor, "0.5", "2021-01-01", province)
        self._version(factor, "0.8", "2024-01-01", nation)
        sites = self.env["carbon.site"].create(
            [
                {
                    "name": name,
                    "code": name,
                    "company_id": self.company.id,
                    "region_id": region.id,
                }
                for name, region in (("A", province), ("B", nation))
            ]
        )
        a, b = (self._source(site.name, self.kwh, factor, site_id=site.id) for site in sites)
        for source in (a, b):
            self._declare(
                self._rule("declared", source, name=source.name),
                100,
                self.kwh,
                "2025-01-02",
            )
        self._commit()
        self.assertEqual((self._kg(a), self._kg(b)), (Decimal("50"), Decimal("80")))

    def test_missing_factor_version_keeps_the_fact_and_lists_it(self):
        self._declare(self.coal_rule, 7, self.ton, "2010-05-05", name="Old coal")
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("7"))
        self.assertEqual(self._kg(self.coal), 0)
        self.assertEqual(self._issues(), {("Old coal", "factor")})
        self._version(self.coal_factor, "1000", "2005-01-01")
        self._collect()
        self.assertEqual(self._kg(self.coal), Decimal("7000"))
        self.assertFalse(self._issues())

    def test_retry_resolves_a_missing_factor_as_its_advice_says(self):
        self._declare(self.coal_rule, 7, self.ton, "2010-05-05", name="Old coal")
        self._commit()
        self._version(self.coal_factor, "1000", "2005-01-01")
        self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)]).action_retry()
        self.assertEqual(self._kg(self.coal), Decimal("7000"))
        self.assertFalse(self._issues())

    def test_changed_quality_reaches_open_months_and_leaves_closed_ones(self):
        self.coal_rule.quality = "measured"
        self._declare(self.coal_rule, 10, self.ton, "2025-01-10")
        self._declare(self.coal_rule, 20, self.ton, "2025-02-10")
        self._commit()
        self._period("2025-01-01").action_close()
        self.coal_rule.write({"quality": "estimated", "uncertainty": 25})
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (1, 1))
        self.assertFalse(self._issues())
        rows = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="date, seq")
        self.assertEqual(rows.mapped("quality"), ["measured", "measured", "measured", "estimated"])
        self.assertEqual(self._sum(self.coal), Decimal("30"))

    def test_worklist_rows_cannot_be_forged(self):
        self._declare(self.coal_rule, 7, self.ton, "2010-05-05", name="Old coal")
        self._commit()
        owner = self._user("owner", "group_carbon_data_owner")
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)]).with_user(owner)
        for vals in ({"state": "resolved"}, {"quantity": 0}, {"company_id": 1}, {"origin_id": 9}):
            with self.assertRaises(UserError):
                issue.write(vals)
        issue.write({"note": "asked the laboratory"})
        self.assertEqual(issue.note, "asked the laboratory")

    def test_defaults_of_a_context_open_no_state(self):
        periods = self.env["carbon.reporting.period"].with_context(default_state="closed")
        self.assertEqual(periods.create({"company_id": self.company.id, "date_from": "2030-01-01"}).state, "open")
        declaration = (
            self.env["carbon.declaration"]
            .with_context(default_state="posted")
            .create({"name": "D", "company_id": self.company.id, "rule_id": self.coal_rule.id, "date": "2025-01-01"})
        )
        self.assertEqual(declaration.state, "draft")
        run = self._collect()
        with self.assertRaises(UserError):
            run.write({"state": "failed"})

    def test_changed_factor_reverses_emissions_alone(self):
        self._declare(self.coal_rule, 10, self.ton)
        self._commit()
        self._version(self.coal_factor, "2000", "2025-01-01")
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 2))
        self.assertEqual(self._kg(self.coal), Decimal("20000"))
        lines = self.env["carbon.emission.line"].search([("company_id", "=", self.company.id)], order="seq")
        self.assertEqual(lines.mapped("seq"), [0, 1, 2])
        self.assertEqual(lines[1].reverses_id, lines[0])
        run = self._collect()
        self.assertEqual(run.row_emission, 0)

    def test_source_without_factor_is_listed(self):
        bare = self._source("Bare", self.ton, None)
        self._declare(self._rule("declared", bare), 5, self.ton, name="Bare")
        self._commit()
        self.assertEqual(self._issues(), {("Bare", "nofactor")})

    def test_event_outside_the_dates_of_its_source_is_listed(self):
        self.coal.active_from = "2025-04-01"
        self._declare(self.coal_rule, 5, self.ton, name="Too early")
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {("Too early", "inactive")})

    def test_currency_without_rate_is_listed_and_never_taken_as_one(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].search([("currency_id", "in", (usd + self.company.currency_id).ids)]).unlink()
        spend = self.env["carbon.emission.factor"].create(
            {
                "code": "TEST-SPEND",
                "name": "Spend",
                "currency_id": usd.id,
                "price_year": 2022,
                "price_basis": "purchaser",
            }
        )
        self._version(spend, "0.5", "2020-01-01")
        source = self.env["carbon.source"].create(
            {
                "name": "Services",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": usd.id,
                "factor_line_ids": [(0, 0, {"stream_id": self.stream.id, "factor_id": spend.id})],
            }
        )
        rule = self._rule("declared", source, quantity_basis="amount")
        self._declare(rule, 0, amount=700, currency_id=self.company.currency_id.id, name="Advice")
        self._commit()
        self.assertEqual(self._issues(), {("Advice", "currency")})
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "name": "2025-01-01",
                "rate": 0.14,
                "company_id": self.company.id,
            }
        )
        self._collect()
        self.assertEqual(self._sum(source), Decimal("98"))
        self.assertEqual(self._kg(source), Decimal("49"))

    def test_failing_collection_leaves_the_document_posted_and_is_retryable(self):
        with mute_logger("odoo.sql_db", "odoo.addons.carbon_accounting.models.carbon_engine"):
            self.patch(
                type(self.env["carbon.engine"]),
                "_collect_ids",
                lambda *a: self.env.cr.execute("SELECT 1/0"),
            )
            declaration = self._declare(self.coal_rule, 100, self.ton, name="Broken")
            self._commit()
        self.assertEqual(declaration.state, "posted")
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual((issue.reason, issue.state), ("failed", "open"))
        self.assertIn("division by zero", issue.message)

    def test_failed_issue_is_resolved_by_the_next_collection(self):
        declaration = self._declare(self.coal_rule, 100, self.ton)
        with mute_logger("odoo.addons.carbon_accounting.models.carbon_engine"):
            self.env["carbon.engine"]._note_failure({"carbon.declaration": declaration.ids}, ValueError("boom"))
        self._collect()
        self.assertEqual(self._sum(self.coal), Decimal("100"))
        self.assertFalse(self._issues())

    def test_nothing_is_collected_before_the_accountant_starts(self):  # S1
        self.system.collect_live = False
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.assertFalse(self._ledger())

    def test_no_rule_means_no_row(self):
        self.coal_rule.write({"outcome": "none", "reason": "burned elsewhere", "source_id": False})
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.assertFalse(self._ledger())
        self.assertFalse(self._issues())

    def test_multiplier_counts_a_share(self):
        self.coal_rule.write({"multiplier": 0.3, "multiplier_reason": "The rest feeds the workshop"})
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("30"))

    def test_dry_run_tells_what_a_multiplier_leaves_out(self):
        self.coal_rule.write({"multiplier": 0.3, "multiplier_reason": "The rest feeds the workshop"})
        self._declare(self.coal_rule, 100, self.ton)
        self._declare(self.coal_rule, 50, self.litre, name="Litres")
        wizard = self.env["carbon.rule.dry.run.wizard"].create({"rule_id": self.coal_rule.id})
        self.assertAlmostEqual(wizard.quantity, 30.0, 9)
        self.assertAlmostEqual(wizard.left_out, 70.0, 9)
        self.coal_rule.multiplier = 1.25
        wizard.invalidate_recordset()
        self.assertAlmostEqual(wizard.left_out, -25.0, 9)
        self.coal_rule.multiplier = 1
        wizard.invalidate_recordset()
        self.assertEqual((wizard.quantity, wizard.left_out), (100.0, 0.0))

    def test_dry_run_writes_nothing_and_tells_the_emission(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._declare(self.coal_rule, 50, self.litre, name="Litres")
        self.env.cr.precommit.clear()
        wizard = self.env["carbon.rule.dry.run.wizard"].create({"rule_id": self.coal_rule.id})
        self.assertEqual((wizard.event_count, wizard.problem_count, wizard.quantity), (2, 1, 100.0))
        self.assertAlmostEqual(wizard.co2e_t, 186.853, 3)
        self.assertFalse(self._ledger())

    def test_unit_change_of_a_used_source_is_refused(self):
        self._declare(self.coal_rule, 1, self.ton)
        self._commit()
        with self.assertRaisesRegex(UserError, "has activity data"):
            self.coal.uom_id = self.kg
        with self.assertRaises(UserError):
            self.coal.unlink()

    def test_company_b_events_stay_with_company_b(self):
        other = self.env["res.company"].create({"name": "B"})
        self._declare(self.coal_rule, 1, self.ton)
        self._collect()
        self.assertFalse(self._ledger(company=other))

    def test_kind_of_record_without_date_column_is_refused_naming_it(self):
        sources = self.env.registry["carbon.event.source"]
        provider = {"table": "res_partner_bank", "query": lambda predicate: SQL("SELECT 1"), "where": SQL("TRUE")}
        with (
            patch.object(sources, "_providers", lambda model: {"res.partner.bank": provider}),
            self.assertRaisesRegex(ValueError, "res.partner.bank: table res_partner_bank has no column date"),
        ):
            self.env["carbon.collection.run"]._start(self.company)
