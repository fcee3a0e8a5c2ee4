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
        self.assertRecordValues(
            calibration, [{"state": "done", "as_found": "fail", "as_left": "pass", "next_due": self._day("2027-06-10")}]
        )
        self.assertEqual(failed, [(self.em, calibration)])
        self.assertEqual(done, [(self.em, calibration)])
        self.assertEqual(
            (self.em.carbon_calibration_result, str(self.em.carbon_calibration_due_on)), ("pass", "2027-06-10")
        )
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

    def test_test_points_of_the_last_time_are_proposed_and_pass_nobody(self):
        self._done(self.em, "2025-05-20", found=0.2)
        request = self._request(self.em)
        calibration = self.env["carbon.calibration"].browse(request.action_carbon_calibrate()["res_id"])
        self.assertRecordValues(calibration.point_ids, [{"nominal": 100.0, "is_measured": False}])
        self.assertFalse(calibration.as_found)
        with self.assertRaisesRegex(UserError, "Enter the errors at 100"):
            request.stage_id = self.stage_done
        calibration.point_ids.error_found = 0.0
        self.assertEqual(calibration.as_found, "pass")

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
            calibration,
            [{"as_found": "fail", "as_left": "pass", "permissible_error": 1.0, "next_due": self._day("2027-06-01")}],
        )

    def test_the_certificate_is_frozen_with_the_calibration(self):
        calibration = self._calibration(self.em, "2026-06-01")
        file = self.env["ir.attachment"].create(
            {"name": "certificate.pdf", "raw": b"%PDF-1", "res_model": "carbon.calibration"}
        )
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
        entries = self.env["carbon.trail.entry"].search(
            [("res_model", "=", "carbon.calibration"), ("res_id", "=", calibration.id)]
        )
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
            self._as(self.env["carbon.calibration"], "technician").create(
                {"equipment_id": self.gm.id, "date": "2026-06-01"}
            )

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
            self.em,
            [{"carbon_calibrated_on": False, "carbon_calibration_due_on": False, "carbon_calibration_result": False}],
        )
