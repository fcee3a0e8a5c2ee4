import doctest
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from odoo.addons.carbon_accounting.tools import gap_rules, periods

from .monitoring_common import MonitoringCommon

#: Story S3: twelve monthly readings, March is missing.
READINGS = {month: 100 + 10 * month for month in range(1, 13) if month != 3}


@tagged("post_install", "-at_install")
class TestMonitoringGaps(MonitoringCommon):
    """A gap is found by itself and filled by the approved rule alone (R-136, story S3)."""

    def _gap(self, rule="interpolate", readings=None, **values):
        self._plan([self._item(rule, **values)], "2025-01-01")
        self._read(READINGS if readings is None else readings)
        return self._gaps()

    def test_missing_month_is_found_once_and_filled_by_the_approved_rule(self):  # S3
        gap = self._gap()
        self.assertEqual([str(g.date_from) for g in gap], ["2025-03-01"])
        self.assertEqual(self._gaps(), gap, "looking again finds nothing new")
        self._proposed(gap)
        # between February 120 and April 140
        self.assertEqual((gap.state, gap.quantity, gap.uncertainty), ("proposed", 130, 20))
        for words in ("2025-02: 120; 2025-04: 140", "130 Ton", "± 20 %", "v1"):
            self.assertIn(words, gap.explanation)
        self.assertEqual(self._sum(self.gas), sum(READINGS.values()), "a proposal counts nothing")
        gap.with_user(self.accountant).action_approve()
        self._commit()
        self.assertEqual((gap.state, gap.declaration_id.state), ("filled", "posted"))
        self.assertEqual(self._sum(self.gas), sum(READINGS.values()) + 130)
        self.assertEqual(self._rows(self.gas)[-1], ("2025-03-01", 130, "estimated", 20))
        self.assertEqual(self._rows(self.gas)[0][2:], ("measured", 0))
        self.assertEqual(self._kg(self.gas), Decimal(2000) * (sum(READINGS.values()) + 130))
        self.assertIn("Meter stood still", gap.declaration_id.note)
        self.assertFalse(self._issues())

    def test_filling_asks_for_no_new_collection(self):
        gap = self._proposed(self._gap())
        revision = self.system.basis_revision
        gap.with_user(self.accountant).action_approve()
        self._commit()
        self.system.invalidate_recordset()
        self.assertEqual(self.system.basis_revision, revision)

    def test_every_step_is_in_the_trail(self):
        gap = self._proposed(self._gap())
        gap.with_user(self.accountant).action_approve()
        entries = self.env["carbon.trail.entry"].search([("company_id", "=", self.company.id)], order="id")
        events = [entry.event for entry in entries if entry.event.startswith("gap.")]
        self.assertEqual(events, ["gap.propose", "gap.approve", "gap.fill"])

    # ------------------------------------------------------------------ the rules, by hand
    def _value(self, rule, readings, year_before=None, **values):
        if year_before:
            self._read(year_before, 2024)
        gap = self._gap(rule, readings, **values).filtered(lambda g: str(g.date_from) == "2025-03-01")
        return self._proposed(gap).quantity

    def test_interpolation_weighs_by_distance(self):
        # 100 in January, 160 in May: March is half way, 130; February would be 115
        self.assertEqual(self._value("interpolate", {1: 100, 5: 160}), 130)
        self.assertEqual(self._proposed(self._gaps("open")[0]).quantity, 115)

    def test_same_month_last_year(self):
        self.assertEqual(self._value("last_year", READINGS, {3: 77.5}), 77.5)

    def test_mean_of_the_last_periods(self):
        # December 90, January 110, February 120
        self.assertEqual(self._value("mean", READINGS, {12: 90}), float(Decimal("106.666666666667")))
        with self.assertRaisesRegex(UserError, "Data Arrived|filled|Proposed"):
            self._gaps("proposed").with_user(self.owner)._propose("again")

    def test_proportion_to_output(self):
        self._read({1: 1000, 2: 1000, 3: 500, 4: 9000}, rule=self.panel_rule)
        # January and February: 230 t for 2000; March 500 → 57.5
        value = self._value("proxy", READINGS, proxy_source_id=self.panels.id)
        self.assertEqual(value, 57.5)
        self.assertIn("2025-01: 110 / 1000", self._gaps("proposed").explanation)

    def test_conservative_extreme(self):
        self.assertEqual(self._value("maximum", READINGS, {5: 480, 2: 999}), 480, "February 2024 is too long ago")

    def test_conservative_extreme_of_a_sink_is_the_smallest(self):
        sink = self._source("Forest", self.ton, self._factor("FOREST", self.ton, "1"), kind="sink")
        self._plan([self._item("maximum", sink)], "2025-01-01")
        self._read({1: 30, 2: 20, 4: 10}, rule=self._rule("declared", sink, name="Forest grown"))
        self.assertEqual(self._proposed(self._gaps()[0]).quantity, 20)

    def test_estimates_never_rest_on_estimates(self):
        gaps = self._gap("mean", {1: 100, 2: 200}, gap_periods=2)
        first, second = gaps[0], gaps[1]
        self._proposed(first).with_user(self.accountant).action_approve()
        self._commit()
        self.assertEqual((first.quantity, self._proposed(second).quantity), (150, 150))

    def test_rule_without_data_says_what_it_needs(self):
        gap = self._gap("last_year")
        with self.assertRaisesRegex(UserError, "real data of the same period last year"):
            self._proposed(gap)

    def test_item_without_rule_is_never_filled(self):
        gap = self._gap("none")
        with self.assertRaisesRegex(UserError, "no rule for gaps"):
            self._proposed(gap)
        gap.with_user(self.accountant)._dismiss("The boiler was shut down")
        self.assertEqual((gap.state, self._expected(source_id=self.gas)["2025-03-01"]), ("dismissed", "dismissed"))
        self.assertFalse(self._gaps())

    def test_quarter_is_filled_month_by_month(self):
        self._plan([self._item("last_year", frequency="quarter")], "2025-01-01")
        self._read({2: 90}, 2024)
        self._read({5: 50, 8: 50, 11: 50})
        gap = self._proposed(self._gaps())
        gap.with_user(self.accountant).action_approve()
        self._commit()
        rows = [row for row in self._rows(self.gas) if row[2] == "estimated"]
        # 90 days: 31, 28 and 31
        self.assertEqual([row[:2] for row in rows], [("2025-01-01", 31), ("2025-02-01", 28), ("2025-03-01", 31)])

    # ------------------------------------------------------------------ what comes later
    def test_real_data_that_arrive_later_are_a_conflict_until_the_estimate_is_taken_back(self):
        gap = self._proposed(self._gap())
        gap.with_user(self.accountant).action_approve()
        self._commit()
        with self.assertRaisesRegex(UserError, "no real data"):
            gap.with_user(self.accountant).action_take_back()
        self._read({3: 127})
        self.env.invalidate_all()
        self.assertTrue(gap.has_conflict)
        self.assertIn(gap, self.env["carbon.data.gap"].search([("has_conflict", "=", True)]))
        self.assertEqual(self._expected(source_id=self.gas)["2025-03-01"], "conflict")
        self.assertEqual(self._sum(self.gas), sum(READINGS.values()) + 130 + 127)
        gap.with_user(self.accountant).action_take_back()
        self._commit()
        self.assertEqual((gap.state, gap.declaration_id.state, gap.has_conflict), ("superseded", "cancel", False))
        self.assertEqual(self._sum(self.gas), sum(READINGS.values()) + 127)
        self.assertEqual(self._expected(source_id=self.gas)["2025-03-01"], "found")

    def test_data_that_arrive_before_close_the_gap(self):
        gap = self._proposed(self._gap())
        self._read({3: 127})
        with self.assertRaisesRegex(UserError, "Data have arrived"):
            gap.with_user(self.accountant).action_approve()
        self.assertFalse(self._gaps())
        self.assertEqual(gap.state, "superseded")

    def test_proposal_whose_neighbours_changed_is_not_approved(self):
        self._plan([self._item()], "2025-01-01")
        made = self._read(READINGS)
        gap = self._proposed(self._gaps())
        made[4].action_cancel()
        self._read({4: 160})
        with self.assertRaisesRegex(UserError, "have changed"):
            gap.with_user(self.accountant).action_approve()
        gap.with_user(self.owner).action_withdraw()
        # between February 120 and April 160
        self.assertEqual(self._proposed(gap).quantity, 140)

    # ------------------------------------------------------------------ closed months
    def test_closed_month_is_not_filled_and_the_message_says_what_to_do(self):
        gap = self._proposed(self._gap())
        period = self._period("2025-03-01")
        period.with_user(self.manager).action_close()
        with self.assertRaisesRegex(UserError, "2025-03, which is closed.*carbon manager to reopen"):
            gap.with_user(self.accountant).action_approve()
        period.with_user(self.manager).action_reopen()
        gap.with_user(self.accountant).action_approve()
        self._commit()
        self.assertEqual(self._sum(self.gas), sum(READINGS.values()) + 130)
        self._read({3: 127})
        period.with_user(self.manager).action_close()
        with self.assertRaisesRegex(UserError, "closed"):
            gap.with_user(self.accountant).action_take_back()

    # ------------------------------------------------------------------ the close checklist
    def test_open_gaps_are_counted_with_their_weight(self):
        self._plan([self._item()], "2024-01-01")
        self._read({month: 100 for month in range(1, 13)}, 2024)
        self._read({1: 110})
        gaps = self.env["carbon.data.gap"]
        day = self.env["carbon.reporting.period"]._fields["date_from"].to_date
        # 100 t × 2 t CO2e in each month of 2024; February and March are missing
        found = gaps._open_gaps(self.company, day("2025-01-01"), day("2025-03-31"))
        self.assertEqual(found, {"count": 2, "t": 400})
        domain = gaps._open_domain(self.company, day("2025-01-01"), day("2025-03-31"))
        self.assertEqual(self.env["carbon.monitoring.report"].search_count(domain), 2)
        self.assertEqual(gaps._open_gaps(self.company, day("2024-01-01"), day("2024-12-31"))["count"], 0)
        self.assertEqual((self._period("2025-02-01").gap_count, self._period("2025-01-01").gap_count), (1, 0))
        self.assertEqual(self.gas.gap_count, 0)
        self._gaps()
        self.gas.invalidate_recordset()
        self.assertEqual(self.gas.gap_count, 11)

    def test_period_awaited_counts_as_open_before_it_is_due(self):
        self._plan([self._item()], "2026-01-01")
        day = self.env["carbon.reporting.period"]._fields["date_from"].to_date
        found = self.env["carbon.data.gap"]._open_gaps(self.company, day("2026-01-01"), day("2026-01-31"))
        self.assertEqual(found, {"count": 1, "t": 0})
        self.assertFalse(self._gaps(), "it is due on 10 February")


@tagged("post_install", "-at_install")
class TestMonitoringGapAccess(MonitoringCommon):
    """Who may find, propose and approve, and what nobody may (R-136)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._plan([cls._item()], "2025-01-01")

    def setUp(self):
        super().setUp()
        self.made = self._read(READINGS)
        self.gap = self._gaps()

    def test_data_owner_proposes_for_own_items_only(self):
        for user in (self.reader, self.other_owner):
            with self.assertRaisesRegex(AccessError, "m-owner"):
                self.gap.with_user(user)._propose("x")
        with self.assertRaises(AccessError):
            self.gap.with_user(self.reader).action_propose()
        with self.assertRaisesRegex(UserError, "reason"):
            self.gap.with_user(self.owner)._propose("  ")
        action = self.gap.with_user(self.owner).action_propose()
        wizard = (
            self.env["carbon.monitoring.answer.wizard"]
            .with_user(self.owner)
            .with_context(**action["context"])
            .create({"text": "Lost"})
        )
        self.assertIn("130", wizard.preview)
        wizard.action_confirm()
        self.assertEqual((self.gap.state, self.gap.reason, self.gap.proposed_by_id), ("proposed", "Lost", self.owner))

    def test_holder_of_the_role_is_responsible_too(self):
        role = self.env["carbon.role"].search([], limit=1)
        plan = self._plan([self._item(responsible_id=False, role_id=role.id)], "2025-06-01")
        self.env["carbon.role.assignment"].create(
            {
                "role_id": role.id,
                "user_id": self.other_owner.id,
                "company_id": self.company.id,
                "date_from": "2025-01-01",
            }
        )
        items = self.env["carbon.monitoring.item"].with_user(self.other_owner)
        self.assertEqual(items._mine(), plan.item_ids)

    def test_nobody_approves_their_own_proposal(self):
        self._proposed(self.gap, self.accountant)
        for me in (self.gap.with_user(self.accountant), self.gap.with_user(self.accountant).sudo()):
            with self.assertRaisesRegex(AccessError, "You proposed"):
                me.action_approve()
            with self.assertRaisesRegex(AccessError, "You proposed"):
                me._dismiss("x")
        for user in (self.owner, self.reader):
            with self.assertRaises(AccessError):
                self.gap.with_user(user).action_approve()
        self.gap.with_user(self.second).action_approve()
        self.assertEqual((self.gap.state, self.gap.decided_by_id), ("filled", self.second))

    def test_states_and_values_cannot_be_forged(self):
        gaps = self.env["carbon.data.gap"]
        for user in (self.owner, self.manager):
            gap = self.gap.with_user(user)
            for values in (
                {"state": "filled"},
                {"quantity": 5},
                {"proposed_by_id": self.reader.id},
                {"uncertainty": 0},
            ):
                with self.assertRaises(UserError):
                    gap.write(values)
                with self.assertRaises(UserError):
                    gap.sudo().with_context(carbon_gate=True, carbon_gap_act=True).write(values)
            with self.assertRaises(UserError):
                gaps.with_user(user).create(
                    {"item_id": gap.item_id.id, "date_from": "2025-05-01", "date_to": "2025-05-31"}
                )
            with self.assertRaises(UserError):
                gap.unlink()
            with self.assertRaises(UserError):
                gap.copy()
        with self.assertRaises(UserError):
            self.gap.sudo().unlink()

    def test_nothing_else_fills_a_gap(self):
        self._proposed(self.gap).with_user(self.accountant).action_approve()
        self._commit()
        declaration = self.gap.declaration_id
        declarations = self.env["carbon.declaration"].with_user(self.manager)
        values = {
            "name": "x",
            "company_id": self.company.id,
            "rule_id": declaration.rule_id.id,
            "quantity": 1,
            "uom_id": self.ton.id,
        }
        with self.assertRaisesRegex(UserError, "takes what fills gaps"), self.env.cr.savepoint():
            declarations.create(values)
        with self.assertRaisesRegex(UserError, "its own button"):
            declarations.create({**values, "gap_id": self.gap.id})
        with self.assertRaisesRegex(UserError, "takes what fills gaps"), self.env.cr.savepoint():
            declarations.with_context(default_gap_id=self.gap.id, carbon_gap_act=True).create(values)
        mine = declaration.with_user(self.manager)
        for step in (mine.action_cancel, lambda: mine.write({"state": "cancel"}), mine.unlink):
            with self.assertRaises(UserError):
                step()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            mine.copy()
        other = self._declare(self.gas_rule, 1, self.ton)
        with self.assertRaises(UserError):
            other.with_user(self.manager).write({"gap_id": self.gap.id})
        self._read({3: 127})
        self.gap.with_user(self.accountant).action_take_back()
        for step in (mine.action_draft, mine.unlink):
            with self.assertRaises(UserError):
                step()

    def test_rule_of_gaps_is_fixed(self):
        self._proposed(self.gap).with_user(self.accountant).action_approve()
        rule = self.gap.declaration_id.rule_id.with_user(self.manager)
        for values in ({"uncertainty": 1}, {"quality": "measured"}, {"is_gap_rule": False}, {"multiplier": 2}):
            with self.assertRaisesRegex(UserError, "as the monitoring plan says"):
                rule.write(values)
        with self.assertRaises(UserError):
            self.gas_rule.with_user(self.manager).write({"is_gap_rule": True})
        rules = self.env["carbon.activity.rule"].with_user(self.manager)
        kind = self.gas_rule.event_kind_id.id
        forged = rules.with_context(default_is_gap_rule=True, carbon_gap_act=True).create(
            {"name": "x", "event_kind_id": kind, "source_id": self.gas.id, "uncertainty": 20, "is_gap_rule": True}
        )
        self.assertFalse(forged.is_gap_rule)

    def test_other_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("m-stranger", "group_carbon_manager", other)
        for model in (
            "carbon.data.gap",
            "carbon.monitoring.plan",
            "carbon.monitoring.item",
            "carbon.monitoring.report",
        ):
            self.assertFalse(
                self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids).search([]), model
            )
        with self.assertRaises(AccessError):
            self.gap.with_user(stranger).with_context(allowed_company_ids=other.ids).action_propose()
        self.assertTrue(self.env["carbon.data.gap"].with_user(self.reader).search([]))

    def test_reader_does_not_look_for_gaps(self):
        with self.assertRaises(AccessError):
            self.env["carbon.data.gap"].with_user(self.reader).action_find()
        message = self.env["carbon.data.gap"].with_user(self.owner).action_find()["params"]["message"]
        self.assertIn("0 new gaps", message)
        self.assertIn("0 new gaps", self.gap.with_user(self.owner).action_find()["params"]["message"], "with rows selected")

    def test_scheduled_action_finds_what_the_button_finds(self):
        self.made[5].action_cancel()
        self._commit()
        with self.enter_registry_test_mode():
            self.env.ref("carbon_accounting.ir_cron_find_gaps").method_direct_trigger()
        self.env.invalidate_all()
        gaps = self.env["carbon.data.gap"].search([("company_id", "=", self.company.id)], order="date_from")
        self.assertEqual([str(gap.date_from) for gap in gaps], ["2025-03-01", "2025-05-01"])


@tagged("post_install", "-at_install")
class TestGapFormulas(TransactionCase):
    """The formulas themselves, without a database (R-136)."""

    def test_doctests(self):
        for module in (periods, gap_rules):
            self.assertEqual(doctest.testmod(module).failed, 0, module.__name__)

    def test_values_are_rounded_once_half_away_from_zero(self):
        day = date(2025, 4, 1)
        series = {
            date(2025, 3, 1): Decimal("1"),
            date(2025, 2, 1): Decimal("1"),
            date(2025, 1, 1): Decimal("0.000000000001"),
        }
        self.assertEqual(str(gap_rules.mean(series, day, "month", 3)[0]), "0.666666666667")
        self.assertEqual(str(gap_rules.rounded(Decimal("0.0000000000005"))), "1E-12")
        big = {date(2025, 3, 1): Decimal("123456789012345678.123456789012")}
        self.assertEqual(str(gap_rules.mean(big, day, "month", 1)[0]), "123456789012345678.123456789012")

    def test_nothing_is_made_of_nothing(self):
        day, none = date(2025, 4, 1), (None, [])
        self.assertEqual(gap_rules.interpolate({}, day, "month"), none)
        self.assertEqual(gap_rules.interpolate({date(2025, 3, 1): Decimal(1)}, day, "month"), none)
        self.assertEqual(
            gap_rules.interpolate({date(2024, 3, 1): Decimal(1), date(2025, 5, 1): Decimal(1)}, day, "month"), none
        )
        self.assertEqual(gap_rules.extreme({}, day, "month"), none)
        self.assertEqual(
            gap_rules.proxy(
                {date(2025, 3, 1): Decimal(1)}, {date(2025, 3, 1): Decimal(0), day: Decimal(1)}, day, "month"
            ),
            none,
        )
