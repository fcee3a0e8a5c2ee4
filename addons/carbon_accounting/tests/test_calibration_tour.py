from datetime import date

from dateutil.relativedelta import relativedelta

from odoo.tests import HttpCase, tagged

from .meter_common import MeterReadingCommon


@tagged("post_install", "-at_install")
class TestCalibrationTourPhone(MeterReadingCommon, HttpCase):
    """Story S9 at phone size: due, found outside, repaired, valid again (R-155)."""

    browser_size = "390x844"
    touch_enabled = True

    def _raise_requests(self):
        self.env.ref("carbon_management.ir_cron_raise_calibrations").method_direct_trigger()
        self.env.invalidate_all()

    def test_story_s9_as_written(self):  # S9 R-040 R-061 R-138 R-155
        today = self.env["carbon.system"]._get(self.company)._today()
        self.em.write(
            {"carbon_permissible_error": 1.0, "carbon_calibration_months": 12, "carbon_in_use_from": "2024-01-01"}
        )
        passed = today - relativedelta(months=11)
        self._calibrate(self.em, passed)
        month = today.replace(day=1) - relativedelta(months=3)
        for number in range(4):
            self._read(self.em, str(month + relativedelta(months=number)), 100 * number, commit=False)
        self._commit()
        self.assertEqual(set(self._grades(self.power).values()), {("measured", None)})
        for _day in range(2):
            self._raise_requests()
        request = self.env["maintenance.request"].search([("equipment_id", "=", self.em.id)])
        self.assertEqual((len(request), request.carbon_due_on), (1, passed + relativedelta(months=12)))
        self.technician.password = self.technician.login
        action = self.env.ref("maintenance.hr_equipment_request_action")
        self.start_tour(
            f"/odoo/action-{action.id}/{request.id}",
            "carbon_calibration_technician_tour",
            login=self.technician.login,
            timeout=120,
        )
        self.env.invalidate_all()
        self._commit()
        calibration = request.carbon_calibration_ids
        self.assertEqual(
            (calibration.state, calibration.as_found, calibration.as_left, calibration.permissible_error),
            ("done", "fail", "pass", 1.0),
        )
        self.assertEqual((calibration.error_found, calibration.error_left), (2.4, 0.4))
        self.assertEqual(calibration.next_due, calibration.date + relativedelta(months=12))
        self.assertEqual((self.em.carbon_calibration_due_on, self.em.carbon_state), (calibration.next_due, "valid"))
        self.assertEqual(calibration.certificate_ids.name, "certificate.pdf")
        self.assertTrue(request.stage_id.done)
        flagged = self.readings.search([("equipment_id", "=", self.em.id), ("calibration_state", "=", "failed")])
        self.assertEqual(len(flagged), 4)
        self.assertEqual(set(self._grades(self.power).values()), {("estimated", 2.4)})
        deviation = self.env["carbon.deviation"].search([("calibration_id", "=", calibration.id)])
        self.assertEqual((deviation.value, deviation.limit, deviation.state), (2.4, 1.0, "open"))
        self.assertTrue(deviation.activity_ids)

    def test_a_skipped_request_leaves_the_meter_overdue(self):  # S9
        self.em.write(
            {"carbon_permissible_error": 1.0, "carbon_calibration_months": 12, "carbon_in_use_from": "2024-01-01"}
        )
        self._calibrate(self.em, date.today() - relativedelta(months=13))
        self._raise_requests()
        self.env["maintenance.request"].search([("equipment_id", "=", self.em.id)]).archive_equipment_request()
        self.assertEqual(self.em.carbon_state, "overdue")
