from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .meter_common import MeterReadingCommon


@tagged("post_install", "-at_install")
class TestMeterCalibration(MeterReadingCommon):
    """Calibrations act on data, documents are compared with meters (R-061, R-130, R-138, R-155, story S9)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.close_materiality = 5
        cls.em.write(
            {"carbon_permissible_error": 1.0, "carbon_calibration_months": 12, "carbon_in_use_from": "2024-01-01"}
        )

    def _year(self):
        """A reading at the end of each month from December 2024 to June 2025, 100 kWh a month."""
        for number, day in enumerate(
            ("2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30")
        ):
            self._read(self.em, f"{day} 24:00", 100 * number, commit=False)
        self._commit()

    def _lines(self, day):
        period = self._period(day)
        return {line["code"]: line for line in self.env["carbon.period.checklist"]._weighed(period)}

    def test_months_out_of_calibration_count_as_estimated_with_a_wider_uncertainty(self):
        self._year()
        self.assertEqual(self._grades(self.power)["2025-01"], ("estimated", 2.0))  # never calibrated: 1 % × 2
        self._calibrate(self.em, "2024-04-10")
        grades = self._grades(self.power)
        # valid to 10 April 2025, that day included
        self.assertEqual(grades["2025-03"], ("measured", None))
        self.assertEqual(grades["2025-04"], ("estimated", 2.0))
        self.assertEqual(grades["2025-06"], ("estimated", 2.0))
        self._calibrate(self.em, "2025-05-10")
        self.assertEqual(self._grades(self.power)["2025-05"], ("estimated", 2.0))
        self.assertEqual(self._grades(self.power)["2025-06"], ("measured", None))
        self.assertEqual({k: str(v) for k, v in self._months(self.power).items()}["2025-06"], "100")

    def test_a_rule_that_knows_its_uncertainty_is_widened_and_never_narrowed(self):
        self.em_rule.uncertainty = 3
        self._year()
        self.assertEqual(self._grades(self.power)["2025-01"], ("estimated", 6.0))
        self.system.calibration_widening = 1
        self._collect()
        self.assertEqual(self._grades(self.power)["2025-01"], ("estimated", 3.0))
        self.em_rule.quality = "default"  # worse than estimated: it stays
        self._collect()
        self.assertEqual(self._grades(self.power)["2025-01"], ("default", 3.0))

    def test_a_failed_calibration_puts_everything_since_the_last_pass_in_doubt(self):
        # S9: permissible 1.0 %, found 2.4 %, left 0.4 %, next due twelve months later
        self._calibrate(self.em, "2025-01-15")
        self._year()
        self.assertEqual(self._grades(self.power)["2025-03"], ("measured", None))
        calibration = self._calibrate(self.em, "2025-06-10", found=2.4, left=0.4)
        self.assertEqual(
            (calibration.as_found, calibration.as_left, str(calibration.next_due)), ("fail", "pass", "2026-06-10")
        )
        grades = self._grades(self.power)
        self.assertEqual({month: grades[month] for month in ("2025-01", "2025-03", "2025-06")},
                         dict.fromkeys(("2025-01", "2025-03", "2025-06"), ("estimated", 2.4)))  # fmt: skip
        # a later pass does not clean the past
        self._calibrate(self.em, "2025-06-20")
        self.assertEqual(self._grades(self.power)["2025-03"], ("estimated", 2.4))
        self._read(self.em, "2025-07-31 24:00", 700)
        self.assertEqual(self._grades(self.power)["2025-07"], ("measured", None))
        readings = self.readings.search([("equipment_id", "=", self.em.id), ("calibration_state", "=", "failed")])
        self.assertEqual(len(readings), 5)  # January to May; the last of December was never calibrated
        self.assertEqual(set(readings.mapped("calibration_state")), {"failed"})

    def test_a_failed_calibration_opens_one_deviation_for_its_owner(self):
        self._year()
        self.em.owner_user_id = self.metrologist
        calibration = self._calibrate(self.em, "2025-06-10", found=2.4, left=0.4)
        deviation = self.env["carbon.deviation"].search([("calibration_id", "=", calibration.id)])
        self.assertEqual(
            (deviation.value, deviation.limit, deviation.owner_id, deviation.state),
            (2.4, 1.0, self.metrologist, "open"),
        )
        self.assertEqual((str(deviation.date_from), str(deviation.date_to)), ("2024-01-01", "2025-06-09"))
        self.assertEqual(deviation.activity_ids.user_id, self.metrologist)
        self.assertAlmostEqual(deviation.co2e_t, 0.3, 6)  # 600 kWh × 0.5 kg
        self.assertEqual(calibration._open_deviation(), deviation)
        with self.assertRaises(AccessError):
            deviation.with_user(self.technician).write({"cause": "Mine"})
        mine = deviation.with_user(self.metrologist)
        with self.assertRaisesRegex(UserError, "cause"):
            mine.action_close()
        mine.write({"cause": "Loose terminal", "response": "Repaired; months corrected"})
        mine.action_close()
        with self.assertRaises(UserError):
            mine.cause = "Another"

    def test_a_nonconformity_is_asked_for_where_the_company_wants_it(self):
        asked = []
        point = self.registry["carbon.extension.point"]
        original = point._get_items
        self.patch(
            point,
            "_get_items",
            lambda model, name, record: asked.append((name, record)) or original(model, name, record),
        )
        self._calibrate(self.em, "2025-03-10", found=2.4, left=0.4)
        self.assertFalse([row for row in asked if row[0] == "raise_nonconformity"])
        self.system.nonconformity_on_deviation = True
        calibration = self._calibrate(self.em, "2025-06-10", found=2.4, left=0.4)
        records = [record for name, record in asked if name == "raise_nonconformity"]
        self.assertEqual([record.calibration_id for record in records], [calibration])

    def test_closed_months_keep_their_grade_and_open_ones_follow(self):
        self._calibrate(self.em, "2025-01-01")
        self._year()
        self._collect()
        self._shut("2025-01-01", "2025-02-01")
        self._calibrate(self.em, "2025-06-10", found=2.4, left=0.4)
        grades = self._grades(self.power)
        self.assertEqual((grades["2025-01"], grades["2025-02"]), (("measured", None), ("measured", None)))
        self.assertEqual(grades["2025-03"], ("estimated", 2.4))
        self.assertFalse([issue for issue in self._issues() if issue[1] == "late"])  # no number moved

    def test_the_close_is_stopped_by_material_meters_out_of_calibration(self):
        self._year()
        lines = self._lines("2025-03-01")
        line = lines["calibration_overdue"]
        self.assertEqual((line["count"], round(line["t"], 6), line["stops"]), (1, 0.05, True))
        self._calibrate(self.em, "2025-01-01")
        self.assertNotIn("calibration_overdue", self._lines("2025-03-01"))
        self._calibrate(self.em, "2025-06-10", found=2.4, left=0.4)
        line = self._lines("2025-03-01")["calibration_failed"]
        self.assertEqual((line["count"], line["stops"]), (1, True))
        rows = self.env["carbon.meter.month.report"].search(line["action"]["domain"])
        self.assertEqual(rows.equipment_id, self.em)
        # beside a hundred times as much it is not material
        declared = self._rule("declared", self.diesel)
        self._declare(declared, 10, self.ton, "2025-03-10")
        self._commit()
        self.assertFalse(self._lines("2025-03-01")["calibration_failed"]["stops"])

    def test_a_month_that_was_not_read_to_its_end_is_told_with_what_is_missing(self):
        self._calibrate(self.em, "2025-01-01")
        self._read(self.em, "2025-02-28 24:00", 0)
        self._read(self.em, "2025-03-21 24:00", 210)
        line = self._lines("2025-03-01")["unread"]
        self.assertEqual((line["count"], round(line["t"], 4)), (1, 0.05))  # ten days of ten kWh
        self._read(self.em, "2025-04-01 08:00", 312)
        self.assertNotIn("unread", self._lines("2025-03-01"))

    def test_the_permissible_error_is_the_uncertainty_of_what_a_calibrated_meter_read(self):
        self._calibrate(self.em, "2025-01-01")
        self._year()
        uncertainty = self.env["carbon.inventory.uncertainty"]
        sql = uncertainty._sql_instruments().code
        self.assertIn("carbon_permissible_error", sql)
        rows = self.env.execute_query(
            self._sql(
                "SELECT DISTINCT meter.percent::float8 FROM carbon_activity_data a "
                + sql.replace("%", "%%")
                + " WHERE a.source_id = %s AND a.uncertainty IS NULL",
                self.power.id,
            )
        )
        self.assertEqual(rows, [(1.0,)])

    # ------------------------------------------------------------------ drift
    def _correction(self, **values):
        return self.env["carbon.meter.correction"].with_user(self.metrologist).create(
            {
                "equipment_id": self.em.id, "date_from": "2025-03-11", "date_to": "2025-04-30", "factor": 0.9, "reason": "Drift",
                **values,
            }
        )  # fmt: skip

    def test_a_drift_is_corrected_when_another_person_approved_the_factor(self):
        self._calibrate(self.em, "2025-01-01")
        self._read(self.em, "2025-02-28 24:00", 0)
        self._read(self.em, "2025-05-31 24:00", 920)  # 92 days, ten a day
        correction = self._correction()
        correction.action_propose()
        self._commit()
        self.assertEqual(str(self._months(self.power)["2025-03"]), "310")
        with self.assertRaises(AccessError):
            correction.action_approve()
        with self.assertRaises(AccessError):
            correction.with_user(self.technician).action_approve()
        with self.assertRaises(UserError):
            correction.factor = 0.5
        correction.with_user(self.metrologist_2).action_approve()
        self._commit()
        months = {month: str(quantity + 0) for month, quantity in self._months(self.power).items()}
        # 10 days in full and 21 at nine tenths; April throughout; May not
        self.assertEqual(
            {k: float(v) for k, v in months.items()}, {"2025-03": 289.0, "2025-04": 270.0, "2025-05": 310.0}
        )
        self.assertEqual([row[2] for row in self._ledger() if str(row[3])[:7] == "2025-03"], [0, 1, 2])
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.em.id)]), 2)  # no reading changed
        with self.assertRaises(ValidationError):
            other = self._correction(date_from="2025-04-30", date_to="2025-05-10")
            other.action_propose()
            other.with_user(self.metrologist_2).action_approve()
        correction.with_user(self.metrologist_2).action_withdraw()
        self._commit()
        self.assertEqual(float(self._months(self.power)["2025-04"]), 300.0)

    def test_a_correction_that_corrects_nothing_or_is_refused_has_no_effect(self):
        self._read(self.em, "2025-02-28 24:00", 0)
        self._read(self.em, "2025-03-31 24:00", 310)
        with self.assertRaisesRegex(UserError, "corrects nothing"):
            self._correction(factor=1).action_propose()
        refused = self._correction()
        refused.action_propose()
        refused.with_user(self.metrologist_2).action_refuse()
        self._commit()
        self.assertEqual(float(self._months(self.power)["2025-03"]), 310.0)
        with self.assertRaises(UserError):
            refused.with_user(self.metrologist_2).action_approve()
        with self.assertRaises(AccessError):
            self.env["carbon.meter.correction"].with_user(self.technician).create({"equipment_id": self.em.id})

    def test_a_correction_in_a_closed_month_is_a_late_adjustment(self):
        self._calibrate(self.em, "2025-01-01")
        self._year()
        self._collect()
        self._shut("2025-03-01")
        correction = self._correction()
        correction.action_propose()
        correction.with_user(self.metrologist_2).action_approve()
        self._commit()
        months = self._months(self.power)
        self.assertEqual((float(months["2025-03"]), float(months["2025-04"])), (100.0, 90.0))
        self.assertIn(("EM-01 2025-03", "late"), self._issues())

    def test_a_deviation_proposes_the_factor_that_its_errors_ask_for(self):
        self._year()
        calibration = self._calibrate(self.em, "2025-06-10", found=2.5, left=0.4)
        deviation = self.env["carbon.deviation"].search([("calibration_id", "=", calibration.id)])
        context = deviation.with_user(self.metrologist).action_propose_correction()["context"]
        self.assertEqual((context["default_factor"], context["default_equipment_id"]), (0.97561, self.em.id))

    # ------------------------------------------------------------------ metered and billed
    def _compared(self):
        self.system.close_materiality = 5
        rule = self._rule(
            "declared",
            None,
            outcome="none",
            reason="Counts by EM-01",
            name="Bills",
            compare_source_id=self.power.id,
            compare_tolerance=5,
        )
        self._calibrate(self.em, "2025-01-01")
        self._year()
        return rule

    def _check(self, month):
        self.env["carbon.cross.check"]._compare(
            self.company, self._utc("2025-01-15 00:00").date(), self._utc("2025-07-15 00:00").date()
        )
        return self.env["carbon.cross.check"].search([("source_id", "=", self.power.id), ("date", "=", month)])

    def test_bills_that_do_not_count_are_compared_with_the_meter(self):
        rule = self._compared()
        self._declare(rule, 103, self.kwh, "2025-03-28")
        self._declare(rule, 0.12, self.mwh, "2025-04-28")
        self._commit()
        self.assertEqual(float(self._months(self.power)["2025-03"]), 100.0)  # nothing counted twice
        march, april = self._check("2025-03-01"), self._check("2025-04-01")
        self.assertEqual((march.counted, march.compared, march.state), (100.0, 103.0, "match"))
        self.assertEqual((april.compared, april.state, round(april.difference, 2)), (120.0, "open", -16.67))
        issue = self.env["carbon.collection.issue"].search([("reason", "=", "mismatch"), ("origin_id", "=", april.id)])
        self.assertEqual((issue.state, issue.quantity), ("open", -20.0))
        self.assertIn("lie farther apart", issue.advice)
        line = self._lines("2025-04-01")["cross_check"]
        self.assertEqual((line["count"], round(line["t"], 6), line["stops"]), (1, 0.01, True))
        # explained, it is settled until a figure moves
        april.with_user(self.accountant)._explain("Bill of the tenant is in it")
        self.assertEqual((april.state, issue.state), ("explained", "resolved"))
        self.assertNotIn("cross_check", self._lines("2025-04-01"))
        self.assertEqual(self._check("2025-04-01").state, "explained")
        self._declare(rule, 5, self.kwh, "2025-04-29")
        self._commit()
        self.assertEqual(self._check("2025-04-01").state, "open")
        self.assertEqual(issue.action_retry(), True)

    def test_a_month_without_its_bill_differs_once_it_is_late(self):
        rule = self._compared()
        self._declare(rule, 100, self.kwh, "2025-03-28")
        self._commit()
        check = self._check("2025-05-01")
        self.assertEqual((check.compared, check.state, check.difference), (0.0, "open", False))

    def test_people_explain_and_never_type_the_figures_of_a_cross_check(self):
        rule = self._compared()
        self._declare(rule, 200, self.kwh, "2025-03-28")
        self._commit()
        check = self._check("2025-03-01").with_user(self.accountant)
        with self.assertRaises(UserError):
            check.write({"compared": 100})
        with self.assertRaises(UserError):
            check.unlink()
        with self.assertRaises(AccessError):
            check.with_user(self._user("rd", "group_carbon_reader"))._explain("x")
        with self.assertRaises(ValidationError):
            self.em_rule.compare_source_id = self.power
