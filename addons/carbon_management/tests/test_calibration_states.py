import random
from datetime import timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from .meter_common import TODAY, MeterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCalibrationStates(MeterCommon):
    """R-061, R-155: what calibrations mean for the days between them."""

    def test_a_meter_that_was_never_calibrated_has_none(self):
        self.assertEqual(self._spans(self.em), [("2024-01-01", None, "none")])

    def test_a_meter_without_first_day_has_none_since_ever(self):
        meter = self._new_meter("EM-02", carbon_in_use_from=False)
        self.assertEqual(self._spans(meter), [("1900-01-01", None, "none")])

    def test_a_pass_holds_until_its_due_date_included_and_is_overdue_afterwards(self):
        self._done(self.em, "2025-03-10")
        self.assertEqual(
            self._spans(self.em),
            [
                ("2024-01-01", "2025-03-10", "none"),
                ("2025-03-10", "2026-03-11", "valid"),
                ("2026-03-11", None, "overdue"),
            ],
        )
        on = self.env["carbon.calibration"]._state_on
        self.assertEqual(on(self.em, self._day("2026-03-10")), {self.em.id: "valid"})
        self.assertEqual(on(self.em, self._day("2026-03-11")), {self.em.id: "overdue"})

    def test_a_failed_as_found_spoils_everything_since_the_last_pass_and_a_later_pass_does_not_clean_it(self):
        self._done(self.em, "2024-06-01")
        self._done(self.em, "2025-05-20", found=2.4, left=0.4)
        self._done(self.em, "2026-05-01")
        self.assertEqual(
            self._spans(self.em),
            [
                ("2024-01-01", "2024-06-01", "none"),
                ("2024-06-01", "2025-05-20", "failed"),
                ("2025-05-20", "2026-05-01", "valid"),
                ("2026-05-01", "2027-05-02", "valid"),
                ("2027-05-02", None, "overdue"),
            ],
        )

    def test_a_first_calibration_that_fails_spoils_everything_since_the_first_day(self):
        self._done(self.em, "2025-05-20", found=-1.2, left=0.1)
        self.assertEqual(self._spans(self.em)[0], ("2024-01-01", "2025-05-20", "failed"))

    def test_what_was_overdue_before_a_failure_is_failed_as_a_whole(self):
        self._done(self.em, "2024-02-01")
        self._done(self.em, "2026-02-01", found=1.5, left=0.0)
        self.assertEqual(self._spans(self.em)[1], ("2024-02-01", "2026-02-01", "failed"))

    def test_what_was_overdue_before_a_pass_stays_overdue(self):
        self._done(self.em, "2024-02-01")
        self._done(self.em, "2026-02-01")
        self.assertEqual(
            self._spans(self.em)[1:3], [("2024-02-01", "2025-02-02", "valid"), ("2025-02-02", "2026-02-01", "overdue")]
        )

    def test_a_meter_left_outside_stays_failed_until_it_is_left_inside(self):
        self._done(self.em, "2025-01-10")
        self._done(self.em, "2025-02-10", found=0.5, left=1.1)
        self._done(self.em, "2025-03-10", found=1.1, left=1.1)
        self._done(self.em, "2025-04-10", found=1.1, left=0.2)
        self.assertEqual(
            self._spans(self.em)[1:5],
            [
                ("2025-01-10", "2025-02-10", "valid"),
                ("2025-02-10", "2025-03-10", "failed"),
                ("2025-03-10", "2025-04-10", "failed"),
                ("2025-04-10", "2026-04-11", "valid"),
            ],
        )

    def test_a_meter_that_was_not_adjusted_was_left_as_it_was_found(self):
        self._done(self.em, "2025-01-10", found=2.4)
        self.assertEqual(self._spans(self.em), [("2024-01-01", "2025-01-10", "failed"), ("2025-01-10", None, "failed")])

    def test_a_defective_meter_was_found_outside(self):
        self._done(self.em, "2025-01-10")
        self._done(self.em, "2025-09-10", found=0.0, left=0.1, is_defective=True)
        self.assertEqual(self._spans(self.em)[1], ("2025-01-10", "2025-09-10", "failed"))
        self.assertEqual(self._spans(self.em)[2][2], "valid")

    def test_of_two_calibrations_on_a_day_the_newest_says_how_it_was_left_and_either_how_it_was_found(self):
        self._done(self.em, "2025-01-10")
        self._done(self.em, "2025-06-01", found=1.4, left=1.4)
        self._done(self.em, "2025-06-01", found=0.3)
        self.assertEqual(
            self._spans(self.em)[1:3], [("2025-01-10", "2025-06-01", "failed"), ("2025-06-01", "2026-06-02", "valid")]
        )
        other = self._new_meter("EM-03")
        self._done(other, "2025-06-01", found=0.3)
        self._done(other, "2025-06-01", found=1.4, left=1.4)
        self.assertEqual(self._spans(other), [("2024-01-01", "2025-06-01", "failed"), ("2025-06-01", None, "failed")])

    def test_calibrations_that_are_not_done_mean_nothing(self):
        draft = self._calibration(self.em, "2025-01-10")
        self._calibration(self.em, "2025-02-10").action_record()
        cancelled = self._calibration(self.em, "2025-03-10")
        cancelled.action_cancel()
        self.assertEqual(self._spans(self.em), [("2024-01-01", None, "none")])
        self.assertEqual((draft.state, cancelled.state), ("draft", "cancelled"))

    def test_the_order_of_entry_does_not_matter_only_the_days_do(self):
        self._done(self.em, "2026-05-01")
        self._done(self.em, "2024-06-01")
        self._done(self.em, "2025-05-20", found=2.4, left=0.4)
        self.assertEqual(
            [state for _from, _to, state in self._spans(self.em)], ["none", "failed", "valid", "valid", "overdue"]
        )
        self.assertEqual(str(self.em.carbon_calibrated_on), "2026-05-01")

    def test_meters_without_interval_need_no_calibration(self):
        meter = self._new_meter("WM-01", carbon_calibration_months=0)
        self.assertEqual(self._spans(meter), [])

    def test_setting_the_interval_to_nothing_does_not_clean_a_failure(self):
        self._done(self.em, "2025-01-10")
        self._done(self.em, "2025-05-20", found=2.4, left=0.4)
        self.em.carbon_calibration_months = 0
        self.assertEqual(
            self._spans(self.em), [("2025-01-10", "2025-05-20", "failed"), ("2025-05-20", "2026-05-21", "valid")]
        )

    def test_a_changed_interval_leaves_due_dates_that_were_given(self):
        self._done(self.em, "2025-03-10")
        self.em.carbon_calibration_months = 6
        self.assertEqual(self._spans(self.em)[1], ("2025-03-10", "2026-03-11", "valid"))
        self.assertEqual(str(self._calibration(self.em, "2026-03-10").next_due), "2026-09-10")

    def test_spans_lie_within_the_days_of_use(self):
        self._done(self.em, "2023-06-01")
        self.em.carbon_in_use_to = "2024-03-31"
        self.assertEqual(self._spans(self.em), [("2024-01-01", "2024-04-01", "valid")])
        self.em.carbon_in_use_from = "2024-03-31"
        self.assertEqual(self._spans(self.em), [("2024-03-31", "2024-04-01", "valid")])

    def test_virtual_meters_and_other_equipment_have_no_state(self):
        virtual = self._new_meter("VM-01", carbon_register="virtual", carbon_calibration_months=0)
        other = self.env["maintenance.equipment"].create({"name": "Lathe", "company_id": self.company_a.id})
        self.assertEqual(self.env["carbon.calibration"]._states(virtual | other), {virtual.id: [], other.id: []})

    def test_archived_meters_keep_their_history(self):
        self._done(self.em, "2025-03-10")
        self.em.active = False
        self.assertEqual(len(self._spans(self.em)), 3)

    def test_the_query_agrees_with_a_slow_reading_of_the_rules_on_any_history(self):
        rng = random.Random(20260615)
        first, last = self._day("2024-01-01"), self._day("2026-06-15")
        for number in range(40):
            months = rng.choice([0, 1, 3, 12])
            meter = self._new_meter(f"R-{number}", carbon_calibration_months=months)
            history = []
            for _index in range(rng.randint(0, 6)):
                day = first + timedelta(days=rng.choice([0, 30, 60, 61, 200, 400, rng.randint(-100, 890)]))
                found, left = rng.choice([0.2, -1.0, 1.5]), rng.choice([None, 0.1, -2.0])
                history.append(self._done(meter, day, found, left))
            spans = self.env["carbon.calibration"]._states(meter)[meter.id]
            for _index in range(60):
                day = first + timedelta(days=rng.randint(0, (last - first).days))
                expected = self._slow_state(meter, history, day)
                actual = [state for start, end, state in spans if start <= day and (end is None or day < end)]
                self.assertEqual(
                    actual,
                    [expected] if expected else [],
                    (number, day, [(c.date, c.as_found, c.as_left) for c in history]),
                )

    def _slow_state(self, meter, history, day):
        """Read the rules as they are written: look back to the last day of calibrations, and forward to the next."""
        before = max((c.date for c in history if c.date <= day), default=None)
        after = min((c.date for c in history if c.date > day), default=None)
        if after and any(c.as_found == "fail" for c in history if c.date == after):
            return "failed"
        if not before:
            return "none" if meter.carbon_calibration_months else None
        newest = max((c for c in history if c.date == before), key=lambda c: c.id)
        if newest.as_left == "fail":
            return "failed"
        if not newest.next_due or day <= newest.next_due:
            return "valid"
        return "overdue" if meter.carbon_calibration_months else None

    def test_the_dates_of_the_meter_agree_with_the_newest_calibration(self):
        self._done(self.em, "2025-03-10")
        self.assertRecordValues(
            self.em,
            [
                {
                    "carbon_calibrated_on": self._day("2025-03-10"),
                    "carbon_calibration_due_on": self._day("2026-03-10"),
                    "carbon_calibration_result": "pass",
                }
            ],
        )
        self._done(self.em, "2025-09-10", found=3.0)
        self.assertEqual(
            (self.em.carbon_calibration_result, str(self.em.carbon_calibration_due_on)), ("fail", "2025-09-10")
        )
        self._done(self.em, "2024-09-10")
        self.assertEqual(
            str(self.em.carbon_calibrated_on), "2025-09-10", "an older certificate typed later changes nothing"
        )

    def test_results_follow_from_errors_and_permissible_error(self):
        calibration = self._calibration(self.em, "2025-05-20", found=2.4, left=0.4)
        self.assertRecordValues(
            calibration, [{"as_found": "fail", "as_left": "pass", "error_found": 2.4, "error_left": 0.4}]
        )
        self.assertEqual(str(calibration.next_due), "2026-05-20")
        calibration.point_ids.error_found = -1.0
        self.assertEqual(
            (calibration.as_found, calibration.error_left), ("pass", -1.0), "the boundary passes, in both directions"
        )
        calibration.point_ids = [Command.create({"nominal": 20, "error_found": 1.8, "own_permissible": 2.0})]
        self.assertEqual(calibration.as_found, "pass")
        calibration.permissible_error = 0.5
        self.assertEqual(calibration.as_found, "fail")

    def test_a_point_that_nobody_measured_again_is_not_passed(self):
        calibration = self._calibration(self.em, "2025-05-20", found=2.4)
        calibration.is_adjusted = True
        self.assertEqual(calibration.as_left, "fail")

    def test_a_certificate_without_errors_needs_its_conclusion_and_a_fail_is_never_overruled(self):
        bare = self.env["carbon.calibration"].create({"equipment_id": self.em.id, "date": "2025-05-20"})
        self.assertEqual((bare.as_found, bare.as_left), (False, False))
        bare.conclusion = "pass"
        self.assertEqual((bare.as_found, bare.as_left), ("pass", "pass"))
        fine = self._calibration(self.em, "2025-05-20", found=0.1, conclusion="fail")
        self.assertEqual((fine.as_found, fine.as_left), ("fail", "fail"))
        outside = self._calibration(self.em, "2025-05-20", found=1.1, conclusion="pass")
        self.assertEqual((outside.as_found, outside.as_left), ("fail", "fail"))
