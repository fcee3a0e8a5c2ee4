from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .meter_common import TODAY, MeterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCalibration(MeterCommon):
    """R-155: a calibration from the request to its result, and what nobody may do to it."""

    def _as(self, record, name):
        user = self.users.get(name, name)
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _calls(self, name):
        """Return a patch that notes the calls of a hook of the meter."""
        calls = []
        meters = self.env.registry["maintenance.equipment"]
        return calls, patch.object(meters, name, lambda meter, calibration: calls.append((meter, calibration)))

    # ------------------------------------------------------------------
    # S9
    # ------------------------------------------------------------------
    def test_story_s9_calibration_fails_and_the_request_is_closed_by_the_technician(self):
        self._done(self.em, "2025-05-20", found=0.2)
        request = self._as(self._request(self.em), "technician")
        failed, patch_failed = self._calls("_carbon_calibration_failed")
        done, patch_done = self._calls("_carbon_calibration_done")
        action = request.action_carbon_calibrate()
        form = Form(self._as(self.env["carbon.calibration"].browse(action["res_id"]), "technician"))
        form.date = self._day("2026-06-10")
        form.is_adjusted = True
        with form.point_ids.edit(0) as point:
            self.assertEqual(point.nominal, 100.0, "the test points of the last time are proposed")
            point.error_found = 2.4
            point.error_left = 0.4
        form.certificate_number = "HX-2026-17"
        calibration = form.save()
        file = self._as(self.env["ir.attachment"], "technician").create(
            {"name": "certificate.pdf", "raw": b"%PDF-1", "res_model": "carbon.calibration", "res_id": calibration.id}
        )
        calibration.certificate_ids = file
        with patch_failed, patch_done:
            request.stage_id = self.stage_done
        self.assertRecordValues(calibration, [{"state": "done", "as_found": "fail", "as_left": "pass", "next_due": self._day("2027-06-10")}])
        self.assertEqual(failed, [(self.em, calibration)])
        self.assertEqual(done, [(self.em, calibration)])
        self.assertEqual((self.em.carbon_calibration_result, str(self.em.carbon_calibration_due_on)), ("pass", "2027-06-10"))
        self.assertEqual(
            self._spans(self.em)[1:3], [("2025-05-20", "2026-06-10", "failed"), ("2026-06-10", "2027-06-11", "valid")]
        )
        self.assertTrue(request.done)

    def test_a_request_without_results_is_not_done(self):
        request = self._request(self.em)
        with self.assertRaisesRegex(UserError, "has no results yet"):
            request.stage_id = self.stage_done
        with self.assertRaisesRegex(UserError, "has no results yet"):
            self._request(self.em, stage_id=self.stage_done.id)
        self._as(request, "technician").action_carbon_calibrate()
        with self.assertRaisesRegex(UserError, "Enter the error at one test point"):
            request.stage_id = self.stage_done
        self.assertFalse(self.em.carbon_calibrated_on)

    def test_a_skipped_cancelled_or_deleted_request_leaves_the_meter_overdue(self):
        self._done(self.em, "2025-03-10")
        for step in ("archive_equipment_request", "unlink"):
            request = self._request(self.em)
            getattr(request, step)()
            self.env.invalidate_all()
            self.assertEqual(self.em.carbon_state, "overdue", step)
        self.assertEqual(str(self.em.carbon_calibration_due_on), "2026-03-10")

    def test_ordinary_requests_close_as_ever(self):
        request = self._request(self.em, is_carbon_calibration=False, maintenance_type="corrective")
        request.stage_id = self.stage_done
        self.assertTrue(request.done)

    def test_a_recurring_request_comes_again_without_its_results(self):
        request = self._request(self.em, recurring_maintenance=True, repeat_unit="year", repeat_interval=1)
        self._calibration(self.em, "2026-06-01", request_id=request.id)
        request.stage_id = self.stage_done
        again = self.env["maintenance.request"].search([("equipment_id", "=", self.em.id), ("id", "!=", request.id)])
        self.assertEqual((len(again), again.is_carbon_calibration, len(again.carbon_calibration_ids)), (1, True, 0))

    def test_a_request_that_is_done_twice_calibrates_once(self):
        request = self._request(self.em)
        calibration = self._calibration(self.em, "2026-06-01", request_id=request.id)
        request.stage_id = self.stage_done
        request.stage_id = self.stage_new
        request.stage_id = self.stage_done
        self.assertEqual(request.carbon_calibration_ids, calibration)

    def test_finishing_the_calibration_closes_its_request(self):
        request = self._request(self.em)
        self._calibration(self.em, "2026-06-01", request_id=request.id).action_done()
        self.assertTrue(request.stage_id.done)

    def test_a_calibration_made_beside_the_request_answers_it(self):
        self._done(self.em, "2025-06-20")
        for meter, due in self.env["maintenance.equipment"]._carbon_due_without_request(self.system):
            meter._carbon_make_request(due)
        request = self.env["maintenance.request"].search([("equipment_id", "=", self.em.id)])
        older = self._done(self.em, "2025-01-01")
        self.assertFalse(older.request_id, "an older certificate, typed later, answers nothing")
        self.assertFalse(request.done)
        newer = self._done(self.em, "2026-06-01")
        self.assertEqual(newer.request_id, request)
        self.assertTrue(request.done)

    def test_a_request_with_results_keeps_its_meter(self):
        request = self._request(self.em)
        calibration = self._calibration(self.em, "2026-06-01", request_id=request.id)
        for values in ({"equipment_id": self.gm.id}, {"is_carbon_calibration": False}):
            with self.subTest(**values), self.assertRaisesRegex(UserError, "cancel the calibration"):
                request.write(values)
        calibration.action_cancel()
        request.is_carbon_calibration = False
        with self.assertRaisesRegex(ValidationError, "another meter"):
            self._calibration(self.gm, "2026-06-01", request_id=request.id)

    # ------------------------------------------------------------------
    # Frozen
    # ------------------------------------------------------------------
    def test_nothing_of_a_finished_calibration_changes(self):
        calibration = self._done(self.em, "2026-06-01", found=2.4, left=0.4)
        file = self.env["ir.attachment"].create
        for values in (
            {"date": "2026-05-01"},
            {"as_found": "pass"},
            {"error_found": 0.1},
            {"next_due": "2036-01-01"},
            {"permissible_error": 9},
            {"state": "draft"},
            {"equipment_id": self.gm.id},
            {"certificate_number": "X"},
            {"point_ids": [Command.clear()]},
            {"point_ids": [Command.create({"nominal": 1, "error_found": 0})]},
        ):
            with self.subTest(**values), self.assertRaises(UserError):
                calibration.write(values)
        for values in ({"error_found": 0.1}, {"error_left": 0.1}, {"nominal": 3}, {"own_permissible": 5}):
            with self.subTest(**values), self.assertRaises(UserError):
                calibration.point_ids.write(values)
        with self.assertRaises(UserError):
            calibration.point_ids.unlink()
        with self.assertRaises(UserError):
            calibration.unlink()
        with self.assertRaises(UserError):
            file({"name": "x", "raw": b"x", "res_model": "carbon.calibration", "res_id": calibration.id})
        self.em.carbon_permissible_error = 10
        self.em.carbon_calibration_months = 24
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            calibration, [{"as_found": "fail", "as_left": "pass", "permissible_error": 1.0, "next_due": self._day("2027-06-01")}]
        )

    def test_the_certificate_is_frozen_with_the_calibration(self):
        calibration = self._calibration(self.em, "2026-06-01")
        file = self.env["ir.attachment"].create({"name": "certificate.pdf", "raw": b"%PDF-1", "res_model": "carbon.calibration"})
        calibration.certificate_ids = file
        self.assertEqual((file.res_model, file.res_id), ("carbon.calibration", calibration.id))
        calibration.action_done()
        for values in ({"raw": b"%PDF-2"}, {"res_id": 0}, {"name": "other"}):
            with self.subTest(**values), self.assertRaises(UserError):
                file.write(values)
        with self.assertRaises(UserError):
            file.unlink()

    def test_files_of_other_records_are_no_certificates(self):
        other = self._calibration(self.gm, "2026-06-01")
        file = self.env["ir.attachment"].create(
            {"name": "x.pdf", "raw": b"x", "res_model": "carbon.calibration", "res_id": other.id}
        )
        with self.assertRaisesRegex(UserError, "belongs to another record"):
            self._calibration(self.em, "2026-06-01", certificate_ids=[Command.link(file.id)])

    def test_states_are_not_created_or_forged(self):
        with self.assertRaises(UserError):
            self._calibration(self.em, "2026-06-01", state="done")
        calibration = self._calibration(self.em, "2026-06-01")
        with self.assertRaises(UserError):
            calibration.with_context(carbon_gate=True, carbon_request_closing=True).write({"state": "done"})

    def test_recorded_results_are_frozen_and_can_be_opened_again(self):
        calibration = self._calibration(self.em, "2026-06-01")
        calibration.action_record()
        with self.assertRaises(UserError):
            calibration.point_ids.error_found = 0.1
        calibration.action_draft()
        calibration.point_ids.error_found = 0.1
        calibration.action_done()
        for step in ("action_draft", "action_record", "action_done", "action_cancel"):
            with self.subTest(step=step), self.assertRaisesRegex(UserError, "not possible any more"):
                getattr(calibration, step)()

    def test_what_is_not_complete_is_not_recorded(self):
        tomorrow = self._day(TODAY) + timedelta(days=1)
        cases = (
            ({"point_ids": False}, "Enter the error at one test point"),
            ({"permissible_error": 0}, "Enter the permissible error"),
            ({"date": tomorrow}, "lies in the future"),
            ({"next_due": False}, "Enter until when it holds"),
        )
        for values, text in cases:
            with self.subTest(text=text):
                calibration = self._calibration(self.em, "2026-06-01")
                calibration.write({"point_ids": [Command.clear()]} if "point_ids" in values else values)
                with self.assertRaisesRegex(UserError, text):
                    calibration.action_done()
                self.assertEqual(calibration.state, "draft")

    def test_every_step_is_in_the_audit_trail_with_what_was_found(self):
        calibration = self._done(self.em, "2026-06-01", found=2.4, left=0.4)
        entries = self.env["carbon.trail.entry"].search([("res_model", "=", "carbon.calibration"), ("res_id", "=", calibration.id)])
        self.assertEqual(entries.mapped("event"), ["calibration.done", "calibration.record"])
        self.assertIn('"as_found":"fail"', entries[0].payload)
        self.assertIn("[100.0,2.4,0.4,1.0]", entries[0].payload)

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def test_a_second_person_approves_where_the_company_wants_it(self):
        self.system.separate_calibration_approval = True
        request = self._as(self._request(self.em), "technician")
        calibration = self._as(self._calibration(self.em, "2026-06-01", request_id=request.id), "technician")
        self.assertFalse(calibration.can_finish)
        with self.assertRaisesRegex(AccessError, "finished by a metrologist"):
            request.stage_id = self.stage_done
        calibration.action_record()
        with self.assertRaisesRegex(AccessError, "finished by a metrologist"):
            calibration.action_done()
        own = self._as(self._calibration(self.gm, "2026-06-01"), "metrologist")
        own.action_record()
        with self.assertRaisesRegex(AccessError, "prepared by"):
            own.action_done()
        self.assertFalse(own.can_finish)
        self._as(own, "metrologist2").action_done()
        self._as(calibration, "metrologist").action_done()
        self.assertEqual((calibration.state, calibration.approved_by_id), ("done", self.users["metrologist"]))
        self.assertTrue(request.done)

    def test_people_without_the_meter_cannot_calibrate_it(self):
        calibration = self._calibration(self.em, "2026-06-01")
        for name in ("technician2", "reader", "accountant", "verifier", "plain", self.metrologist_b):
            for step in ("action_record", "action_done", "action_cancel"):
                with self.subTest(name=name, step=step), self.assertRaises(AccessError):
                    getattr(self._as(calibration, name), step)()
        with self.assertRaises(AccessError):
            self._as(self.env["carbon.calibration"], "technician").create({"equipment_id": self.gm.id, "date": "2026-06-01"})

    def test_a_technician_finishes_without_being_allowed_to_edit_the_meter(self):
        calibration = self._as(self._calibration(self.em, "2026-06-01"), "technician")
        calibration.action_done()
        self.assertEqual(str(self.em.carbon_calibrated_on), "2026-06-01")

    # ------------------------------------------------------------------
    # Taken back
    # ------------------------------------------------------------------
    def test_a_calibration_is_taken_back_by_another_metrologist_with_a_reason(self):
        good = self._done(self.em, "2025-05-20")
        wrong = self._as(self._calibration(self.em, "2026-06-01", found=2.4), "technician")
        wrong.action_done()
        self.assertEqual(self._spans(self.em)[1][2], "failed")
        with self.assertRaises(AccessError):
            self._as(wrong, "technician")._void("Wrong meter")
        with self.assertRaisesRegex(UserError, "Say why"):
            self._as(wrong, "metrologist")._void("  ")
        wizard = self._as(self.env["carbon.calibration.void"], "metrologist").create(
            {"calibration_id": wrong.id, "reason": "Certificate of EM-10"}
        )
        wizard.action_void()
        self.assertEqual(wrong.state, "cancelled")
        self.assertEqual((self.em.carbon_calibrated_on, self.em.carbon_calibration_result), (good.date, "pass"))
        self.assertEqual([state for _f, _t, state in self._spans(self.em)], ["none", "valid", "overdue"])
        entry = self.env["carbon.trail.entry"].search([("event", "=", "calibration.void")], limit=1)
        self.assertEqual(entry.reason, "Certificate of EM-10")
        with self.assertRaises(UserError):
            wrong.point_ids.error_found = 0.0

    def test_nobody_takes_back_what_he_approved(self):
        calibration = self._as(self._calibration(self.em, "2026-06-01", found=2.4), "metrologist")
        calibration.action_done()
        with self.assertRaisesRegex(AccessError, "neither made nor approved"):
            calibration._void("Looks bad")

    def test_the_last_calibration_taken_back_leaves_a_meter_that_was_never_calibrated(self):
        wrong = self._done(self.em, "2026-06-01")
        self._as(wrong, "metrologist")._void("Certificate of EM-10")
        self.assertRecordValues(
            self.em, [{"carbon_calibrated_on": False, "carbon_calibration_due_on": False, "carbon_calibration_result": False}]
        )


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
        for day, count in (("2026-12-20", 0), ("2026-12-21", 1), ("2026-12-22", 1), ("2027-01-12", 1), ("2027-01-13", 2), ("2027-02-13", 2)):
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
        self.assertFalse(self._requests(out) | self._requests(away) | self._requests(never) | self._requests(virtual) | self._requests(later))

    def test_an_open_request_of_somebody_is_not_doubled(self):
        own = self._request(self.em)
        self._run("2026-06-15")
        self.assertEqual(self._requests(self.em), own)

    def test_one_meter_that_cannot_be_asked_for_does_not_stop_the_others(self):
        meters = self.env.registry["maintenance.equipment"]
        make = meters._carbon_make_request

        def fail_first(meter, due):
            if meter.carbon_code == "EM-01":
                raise UserError("No")
            return make(meter, due)

        with patch.object(meters, "_carbon_make_request", fail_first), self.assertLogs("odoo.addons.carbon_management", "WARNING"):
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


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLaboratoryVisit(MeterCommon):
    """R-155: one sheet for many meters."""

    def _visit(self, meters, **values):
        visits = self.env["carbon.calibration.visit"].with_user(self.users["metrologist"])
        visits = visits.with_context(active_model="carbon.meter.report", active_ids=meters.ids, allowed_company_ids=self.company_a.ids)
        return visits.create({**visits.default_get(list(visits._fields)), "date": "2026-06-10", "laboratory_id": self.laboratory.id, **values})

    def test_a_visit_calibrates_all_its_meters(self):
        third = self._new_meter("EM-02")
        visit = self._visit(self.em | self.gm | third, method="JJG 596")
        self.assertEqual(visit.line_ids.equipment_id, self.em | third | self.gm)
        for line, (found, left) in zip(visit.line_ids, ((0.4, None), (2.4, 0.3), (-1.7, None)), strict=True):
            line.write({"nominal": 100, "error_found": found, "certificate_number": f"C-{line.equipment_id.carbon_code}"})
            if left is not None:
                line.write({"is_adjusted": True, "error_left": left})
        self.assertEqual(visit.line_ids.mapped("verdict"), ["pass", "pass", "fail"])
        done = self.env["carbon.calibration"].search(visit.action_finish()["domain"])
        result = {c.equipment_id.carbon_code: (c.state, c.as_found, c.as_left, c.method, c.laboratory_id.name) for c in done}
        same = ("JJG 596", "Institute of Metrology")
        self.assertEqual(
            result,
            {"EM-01": ("done", "pass", "pass", *same), "EM-02": ("done", "fail", "pass", *same), "GM-03": ("done", "fail", "fail", *same)},
        )

    def test_a_sheet_that_is_not_complete_names_its_rows_and_saves_nothing(self):
        visit = self._visit(self.em | self.gm)
        visit.line_ids[0].nominal = 100
        with self.assertRaisesRegex(UserError, "GM-03.*enter the test point"):
            visit.action_save()
        self.assertFalse(self.env["carbon.calibration"].search([("equipment_id", "in", (self.em | self.gm).ids)]))
        visit.line_ids[1].equipment_id = self.em
        with self.assertRaisesRegex(UserError, "more than once"):
            visit.action_save()

    def test_a_certificate_without_errors_and_its_file_are_kept(self):
        visit = self._visit(self.em)
        visit.line_ids.write({"conclusion": "pass", "certificate": "JVBERi0x", "certificate_name": "em01.pdf"})
        calibration = self.env["carbon.calibration"].search(visit.action_save()["domain"])
        self.assertEqual((calibration.state, calibration.as_found, calibration.certificate_ids.name), ("recorded", "pass", "em01.pdf"))
        self.assertEqual(calibration.certificate_ids.res_id, calibration.id)

    def test_meters_of_two_companies_are_two_visits(self):
        foreign = self._new_meter("B-01", company_id=self.company_b.id, maintenance_team_id=False)
        visits = self.env["carbon.calibration.visit"].with_context(
            active_model="maintenance.equipment", active_ids=(self.em | foreign).ids
        )
        with self.assertRaisesRegex(UserError, "one company"):
            visits.default_get(["line_ids"])
