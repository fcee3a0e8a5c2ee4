import json
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .monitoring_common import READINGS, MonitoringCommon


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
        self.assertEqual((gap.state, self._expected(source_id=self.gas)["2025-03-01"]), ("dismissal", "missing"))
        gap.with_user(self.second)._dismiss("The boiler was shut down")
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
        self._override(period)
        period.with_user(self.manager).action_close()
        with self.assertRaisesRegex(UserError, "2025-03, which is closed.*carbon manager to reopen"):
            gap.with_user(self.accountant).action_approve()
        period.with_user(self.manager).action_reopen()
        gap.with_user(self.accountant).action_approve()
        self._commit()
        self.assertEqual(self._sum(self.gas), sum(READINGS.values()) + 130)
        self._read({3: 127})
        self._override(period)
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

    # ------------------------------------------------------------------ what one person does not hide
    def test_material_gap_is_dismissed_by_two_persons(self):
        gap = self._gap()
        gap.with_user(self.accountant)._dismiss("Counted elsewhere")
        self.assertEqual((gap.state, gap.dismissal_by_id), ("dismissal", self.accountant))
        with self.assertRaisesRegex(UserError, "Expected data not there: 1"):
            self._period("2025-03-01").with_user(self.accountant).action_close()
        for me in (gap.with_user(self.accountant), gap.with_user(self.accountant).sudo()):
            with self.assertRaisesRegex(AccessError, "You asked"):
                me._dismiss("Still")
        gap.with_user(self.second)._dismiss("Seen in the other ledger")
        self.assertEqual(
            (gap.state, gap.decided_by_id, gap.dismissal_by_id), ("dismissed", self.second, self.accountant)
        )
        self._period("2025-03-01").with_user(self.accountant).action_close()
        events = self.env["carbon.trail.entry"].search([("event", "=like", "gap.%")], order="id").mapped("event")
        self.assertEqual(events, ["gap.ask_dismissal", "gap.dismiss"])

    def test_small_gap_is_dismissed_by_one_and_pieces_add_up(self):
        others = [
            self._source(f"Pump {number}", self.ton, self._factor(f"F{number}", self.ton, "2000")) for number in (1, 2)
        ]
        rules = [self._rule("declared", other, name=f"{other.name} read") for other in others]
        self._plan([self._item(source=other) for other in others], "2025-01-01")
        self._read({1: 100, 2: 100, 3: 100})
        for rule in rules:
            self._read({1: 3, 2: 3, 4: 3}, rule=rule)
        first, second = self._gaps().filtered(lambda gap: str(gap.date_from) == "2025-03-01")
        # 3 t of 100 t are below 5 %, both together are not
        first.with_user(self.accountant)._dismiss("Not needed")
        second.with_user(self.accountant)._dismiss("Not needed")
        self.assertEqual((first.state, second.state), ("dismissed", "dismissal"))
        second.with_user(self.second).action_reopen()
        self.assertEqual((second.state, second.dismissal_by_id.id), ("open", False))

    def test_source_in_operation_is_not_called_planned(self):
        gap = self._gap()
        for change in ({"planned": True}, {"active_to": "2025-02-28"}, {"active_from": "2025-04-01"}):
            with (
                self.assertRaisesRegex(UserError, "in operation|would not be expected any more"),
                self.env.cr.savepoint(),
            ):
                self.gas.with_user(self.accountant).write(change)
        self.gas.invalidate_recordset()
        self.assertEqual(self._expected(source_id=self.gas)["2025-03-01"], "missing")
        self.gas.with_user(self.accountant).active_to = "2026-03-31"
        entry = self.env["carbon.trail.entry"].search([("event", "=", "source.change")])
        payload = json.loads(entry.payload)
        self.assertEqual(
            (entry.actor_login, payload["before"], payload["after"]),
            ("m-accountant", {"active_to": None}, {"active_to": "2026-03-31"}),
        )
        gap.with_user(self.accountant)._dismiss("Scrapped in March")
        gap.with_user(self.second)._dismiss("Scrapped in March")
        self.gas.with_user(self.accountant).active_from = "2025-04-01"

    def test_source_that_a_plan_expects_data_of_is_not_called_planned_before_its_first_data(self):
        self._plan([self._item()], "2026-01-01")
        with self.assertRaisesRegex(UserError, "in operation"):
            self.gas.with_user(self.accountant).planned = True
        future = self._source("Heat pump", self.ton, None)
        future.with_user(self.accountant).planned = True
        self.assertTrue(future.planned)

    def test_archived_source_is_expected_until_its_last_day(self):
        self._gap()
        self.gas_rule.active = False
        self.gas.with_user(self.accountant).active = False
        self.assertEqual(self._expected()["2025-03-01"], "missing")
