from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .meter_common import TODAY, MeterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCalibrationDue(MeterCommon):
    """R-155: requests and reminders from the dates of the meters."""

    def _requests(self, meter):
        return self.env["maintenance.request"].search([("equipment_id", "=", meter.id)])

    def _run(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref("carbon_management.ir_cron_raise_calibrations").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_request_is_made_once_60_days_before_the_due_date(self):
        self._done(self.em, "2026-01-20")
        self._done(self.gm, "2026-06-01")
        self._run("2026-11-20")
        self.assertFalse(self._requests(self.em))
        self._run("2026-11-21")
        request = self._requests(self.em)
        self.assertRecordValues(
            request,
            [
                {
                    "is_carbon_calibration": True,
                    "maintenance_type": "preventive",
                    "carbon_due_on": self._day("2027-01-20"),
                    "user_id": self.users["technician"].id,
                    "maintenance_team_id": self.team.id,
                    "company_id": self.company_a.id,
                }
            ],
        )
        self.assertEqual(str(request.schedule_date.date()), "2027-01-20")
        for day in ("2026-11-21", "2026-11-22", "2027-03-01"):
            self._run(day)
        self.assertEqual(self._requests(self.em), request)
        self.assertFalse(self._requests(self.gm))

    def test_activities_come_30_and_7_days_before_once_each(self):
        self._done(self.em, "2026-01-20")
        reminders = lambda: self._requests(self.em).activity_ids.filtered(  # noqa: E731
            lambda a: a.activity_type_id == self.env.ref("carbon_management.mail_activity_calibration")
        )
        for day, count in (
            ("2026-12-20", 0),
            ("2026-12-21", 1),
            ("2026-12-22", 1),
            ("2027-01-12", 1),
            ("2027-01-13", 2),
            ("2027-02-13", 2),
        ):
            self._run(day)
            self.assertEqual(len(reminders()), count, day)
        self.assertEqual(reminders().user_id, self.users["technician"])
        reminders().action_feedback()
        self._run("2027-02-14")
        self.assertFalse(reminders(), "what was done does not come again")

    def test_a_cancelled_request_does_not_come_again_and_the_meter_stays_overdue(self):
        self._done(self.em, "2025-03-10")
        self._run("2026-06-15")
        request = self._requests(self.em)
        request.archive_equipment_request()
        self._run("2026-06-16")
        self.assertEqual(len(self._requests(self.em)), 1)
        self.assertEqual(self.em.carbon_state, "overdue")

    def test_a_meter_that_was_never_calibrated_is_asked_for(self):
        self._run("2026-06-15")
        self.assertEqual(str(self._requests(self.em).carbon_due_on), "2024-01-01")

    def test_a_meter_that_was_left_outside_is_asked_for_at_once(self):
        self._done(self.em, "2026-06-01", found=2.4)
        self._run("2026-06-15")
        self.assertEqual(str(self._requests(self.em).carbon_due_on), "2026-06-01")

    def test_meters_out_of_use_archived_or_without_interval_are_not_asked_for(self):
        out = self._new_meter("X-1", carbon_in_use_to="2026-01-01")
        away = self._new_meter("X-2", active=False)
        never = self._new_meter("X-3", carbon_calibration_months=0)
        virtual = self._new_meter("X-4", carbon_register="virtual", carbon_calibration_months=0)
        later = self._new_meter("X-5", carbon_in_use_from="2027-01-01")
        self._run("2026-06-15")
        self.assertFalse(
            self._requests(out)
            | self._requests(away)
            | self._requests(never)
            | self._requests(virtual)
            | self._requests(later)
        )

    def test_an_open_request_of_somebody_is_not_doubled(self):
        own = self._request(self.em)
        self._run("2026-06-15")
        self.assertEqual(self._requests(self.em), own)

    def test_one_meter_that_cannot_be_asked_for_does_not_stop_the_others(self):
        meters = self.env.registry["maintenance.equipment"]
        make = meters._carbon_make_request

        def fail_first(meter, due):
            if meter.carbon_code == "EM-01":
                raise UserError("No")  # pylint: disable=translation-required
            return make(meter, due)

        with (
            patch.object(meters, "_carbon_make_request", fail_first),
            self.assertLogs("odoo.addons.carbon_management", "WARNING"),
        ):
            self._run("2026-06-15")
        self.assertFalse(self._requests(self.em))
        self.assertTrue(self._requests(self.gm))

    def test_a_company_without_team_gets_one(self):
        self.env["maintenance.team"].search([]).active = False
        meter = self._new_meter("B-01", company_id=self.company_b.id, maintenance_team_id=False)
        self._run("2026-06-15")
        self.assertEqual(self._requests(meter).maintenance_team_id.company_id, self.company_b)

    def test_the_days_of_notice_are_the_company_s_and_in_order(self):
        self.system.write({"calibration_request_days": 10, "calibration_remind_days": 5, "calibration_urgent_days": 1})
        self._done(self.em, "2026-01-20")
        self._run("2027-01-09")
        self.assertFalse(self._requests(self.em))
        self._run("2027-01-10")
        self.assertTrue(self._requests(self.em))

    def test_the_meter_opens_its_request_or_makes_one(self):
        meter = self.em.with_user(self.users["technician"]).with_context(allowed_company_ids=self.company_a.ids)
        first = meter.action_carbon_request()["res_id"]
        self.assertEqual(meter.action_carbon_request()["res_id"], first)
        self.env["maintenance.request"].browse(first).archive_equipment_request()
        second = meter.action_carbon_request()["res_id"]
        self.assertNotEqual(second, first)
        self.assertEqual(self.env["maintenance.request"].browse(second).user_id, self.users["technician"])
        results = self.env["carbon.calibration"].browse(meter.action_carbon_calibrate()["res_id"])
        self.assertEqual((results.request_id.id, results.state), (second, "draft"))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLaboratoryVisit(MeterCommon):
    """R-155: one sheet for many meters."""

    def _visit(self, meters, **values):
        visits = self.env["carbon.calibration.visit"].with_user(self.users["metrologist"])
        visits = visits.with_context(
            active_model="carbon.meter.report", active_ids=meters.ids, allowed_company_ids=self.company_a.ids
        )
        return visits.create(
            {
                **visits.default_get(list(visits._fields)),
                "date": "2026-06-10",
                "laboratory_id": self.laboratory.id,
                **values,
            }
        )

    def test_a_visit_calibrates_all_its_meters(self):
        third = self._new_meter("EM-02")
        visit = self._visit(self.em | self.gm | third, method="JJG 596")
        self.assertEqual(visit.line_ids.equipment_id, self.em | third | self.gm)
        for line, (found, left) in zip(visit.line_ids, ((0.4, None), (2.4, 0.3), (-1.7, None)), strict=True):
            line.write(
                {"nominal": 100, "error_found": found, "certificate_number": f"C-{line.equipment_id.carbon_code}"}
            )
            if left is not None:
                line.write({"is_adjusted": True, "error_left": left})
        self.assertEqual(visit.line_ids.mapped("verdict"), ["pass", "pass", "fail"])
        done = self.env["carbon.calibration"].search(visit.action_finish()["domain"])
        result = {
            c.equipment_id.carbon_code: (c.state, c.as_found, c.as_left, c.method, c.laboratory_id.name) for c in done
        }
        same = ("JJG 596", "Institute of Metrology")
        self.assertEqual(
            result,
            {
                "EM-01": ("done", "pass", "pass", *same),
                "EM-02": ("done", "fail", "pass", *same),
                "GM-03": ("done", "fail", "fail", *same),
            },
        )

    def test_a_sheet_that_is_not_complete_names_its_rows_and_saves_nothing(self):
        visit = self._visit(self.em | self.gm)
        visit.line_ids[0].nominal = 100
        with self.assertRaisesRegex(UserError, "GM-03.*enter the test point"):
            visit.action_save()
        visit.line_ids[1].nominal = 5
        with self.assertRaisesRegex(UserError, "EM-01.*enter the test point and its error"):
            visit.action_save()
        visit.line_ids.write({"error_found": 0.0, "is_measured": True})
        self.assertEqual(
            visit.line_ids.mapped("verdict"), ["pass", "pass"], "an error of 0 counts once somebody says so"
        )
        self.assertFalse(self.env["carbon.calibration"].search([("equipment_id", "in", (self.em | self.gm).ids)]))
        visit.line_ids[1].equipment_id = self.em
        with self.assertRaisesRegex(UserError, "more than once"):
            visit.action_save()

    def test_a_certificate_without_errors_and_its_file_are_kept(self):
        visit = self._visit(self.em)
        self.assertFalse(visit.line_ids.verdict)
        visit.line_ids.write({"conclusion": "pass", "certificate": "JVBERi0x", "certificate_name": "em01.pdf"})
        calibration = self.env["carbon.calibration"].search(visit.action_save()["domain"])
        self.assertEqual(
            (calibration.state, calibration.as_found, calibration.certificate_ids.name),
            ("recorded", "pass", "em01.pdf"),
        )
        self.assertEqual(calibration.certificate_ids.res_id, calibration.id)

    def test_meters_of_two_companies_are_two_visits(self):
        foreign = self._new_meter("B-01", company_id=self.company_b.id, maintenance_team_id=False)
        visits = self.env["carbon.calibration.visit"].with_context(
            active_model="maintenance.equipment", active_ids=(self.em | foreign).ids
        )
        with self.assertRaisesRegex(UserError, "one company"):
            visits.default_get(["line_ids"])
