from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .meter_common import MeterReadingCommon


@tagged("post_install", "-at_install")
class TestMeterReadings(MeterReadingCommon):
    """What is accepted as a reading, and how a wrong one is put right (R-131, R-157, story S8)."""

    def _usual(self):
        """Four readings of GM-03, ten a day."""
        for day in range(1, 5):
            self._read(self.gm, f"2025-03-0{day} 08:00", 1000 + 10 * day)

    def _refused(self, pattern, *args, **values):
        with self.assertRaisesRegex(UserError, pattern):
            self._read(*args, **values)

    def test_a_lower_reading_asks_whether_the_counter_restarted(self):
        self._usual()
        self._refused("restart.*mistake", self.gm, "2025-03-05 08:00", 20, user=self.technician)
        reading = self._read(
            self.gm, "2025-03-05 08:00", 20, user=self.technician, rollover=True, comment="New counter round"
        )
        self.assertEqual(reading.flag, "unusual")  # 98,980 m³ in a day
        with self.assertRaisesRegex(UserError, "not lower"):
            self._read(self.em, "2025-03-05 08:00", 20, rollover=True)

    def test_a_counter_that_never_restarts_takes_no_lower_reading(self):
        self._read(self.em, "2025-03-01 08:00", 500)
        self._refused("never restarts", self.em, "2025-03-02 08:00", 400)
        self._refused("less than 0", self.em, "2025-03-02 08:00", -1)

    def test_more_than_three_times_the_usual_needs_a_comment_and_is_flagged(self):
        self._usual()
        self._refused("times the usual", self.gm, "2025-03-05 08:00", 1075, user=self.technician)
        reading = self._read(self.gm, "2025-03-05 08:00", 1075, user=self.technician, comment="Boiler 2 started")
        self.assertEqual((reading.flag, reading.comment), ("unusual", "Boiler 2 started"))
        # exactly three times is no more than three times
        self.assertFalse(self._read(self.gm, "2025-03-06 08:00", 1105).flag)

    def test_a_reading_above_a_later_one_or_at_its_moment_is_refused(self):
        self._usual()
        self._refused("higher than 1030", self.gm, "2025-03-02 20:00", 1035)
        self._refused("another reading", self.gm, "2025-03-02 08:00", 1021)

    def test_days_to_come_days_out_of_use_and_figures_beyond_the_counter_are_refused(self):
        self.gm.write({"carbon_in_use_from": "2025-01-01", "carbon_in_use_to": "2025-06-30"})
        self._refused("not in use", self.gm, "2024-12-31 20:00", 1)
        self._refused("not in use", self.gm, "2025-07-01 08:00", 1)
        self._refused("restarts at 100000", self.gm, "2025-03-01 08:00", 100000)
        self._refused("still to come", self.em, "2199-03-01 08:00", 1)
        self._refused("outside the accounts", self.em, "1989-03-01 08:00", 1)

    def test_the_same_reading_of_two_people_is_one(self):
        self.team.member_ids += self.colleague
        first = self._read(self.em, "2025-03-01 08:00", 500, user=self.technician)
        second = self._read(self.em, "2025-03-01 08:12", 500, user=self.colleague)
        self.assertEqual(first, second)
        third = self._read(self.em, "2025-03-01 09:12", 500, user=self.colleague)
        self.assertNotEqual(first, third)  # an hour later it still shows the same: a reading

    def test_the_same_key_is_the_same_reading(self):
        first = self._read(self.em, "2025-03-01 08:00", 500, key="abc")
        self.assertEqual(self._read(self.em, "2025-03-01 08:00", 500, key="abc"), first)
        self._refused("used for another", self.em, "2025-03-02 08:00", 600, key="abc")
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.em.id)]), 1)

    def test_the_same_delivery_twice_needs_a_word(self):
        weigh = self._meter(
            "WB-1", carbon_meter_kind="weighbridge", carbon_uom_id=self.ton.id, carbon_register="interval"
        )
        self._rule("metered", self.coal, equipment_id=weigh.id, name="Coal weighed")
        self._read(weigh, "2025-03-01 08:00", 25.4)
        self._refused("nearly the same time", weigh, "2025-03-01 08:05", 25.4)
        self.assertEqual(self._read(weigh, "2025-03-01 08:05", 25.4, comment="Second truck").flag, "again")
        self._read(weigh, "2025-03-01 08:05", 24.9)
        self.assertEqual(str(self._months(self.coal)["2025-03"]), "75.7")

    # ------------------------------------------------------------------ correcting
    def test_a_wrong_reading_is_taken_back_and_replaced(self):
        self._read(self.em, "2025-03-01 00:00", 0)
        wrong = self._read(self.em, "2025-03-11 00:00", 1000)
        right = wrong.with_user(self.technician)._correct("Digits mixed up", "100")
        self._commit()
        self.assertEqual(str(self._months(self.power)["2025-03"]), "100")
        self.assertEqual(
            (right.value, right.replaces_id, right.is_correction, right.comment), (100, wrong, True, "Digits mixed up")
        )
        counter = self.readings.search([("corrects_id", "=", wrong.id)])
        self.assertEqual((counter.value, counter.user_id), (1000, self.technician))
        self.assertEqual((wrong.stands, counter.stands, right.stands), (False, False, True))
        self.assertEqual(wrong.value, 1000)
        for reading in (wrong, counter):
            with self.assertRaises(UserError):
                reading._correct("Again", "5")
        entry = self.env["carbon.trail.entry"].search([("event", "=", "meter.reading.correct")], limit=1)
        self.assertTrue(entry)

    def test_a_correction_needs_a_reason_and_a_figure_that_can_be_right(self):
        self._read(self.em, "2025-03-01 00:00", 50)
        wrong = self._read(self.em, "2025-03-11 00:00", 1000)
        with self.assertRaisesRegex(UserError, "reason"):
            wrong._correct("  ", "100")
        with self.assertRaisesRegex(UserError, "lower than 50"), self.env.cr.savepoint():
            wrong._correct("Mistyped", "10")
        self.assertTrue(wrong.stands)
        with self.assertRaisesRegex(UserError, "no number"), self.env.cr.savepoint():
            wrong._correct("Mistyped", "?")

    def test_the_dialog_corrects_moment_and_figure(self):
        self._read(self.em, "2025-03-01 00:00", 0)
        wrong = self._read(self.em, "2025-04-11 00:00", 310)
        wizard = self.env["carbon.meter.reading.correct.wizard"].with_user(self.technician).create(
            {"reading_id": wrong.id, "reason": "Read on the last of March"}
        )  # fmt: skip
        self.assertEqual(wizard.figure, "310")
        wizard.read_at = self._utc("2025-03-31 24:00")
        wizard.action_correct()
        self._commit()
        self.assertEqual({k: str(v) for k, v in self._months(self.power).items()}, {"2025-03": "310"})

    def test_a_closed_month_takes_corrections_only_and_its_figures_stay(self):
        self._read(self.em, "2025-02-28 24:00", 0)
        wrong = self._read(self.em, "2025-03-31 24:00", 310)
        self._collect()
        self._shut("2025-03-01")
        self._refused("closed", self.em, "2025-03-15 08:00", 150, user=self.technician)
        with self.assertRaisesRegex(UserError, "reason"):
            self._read(self.em, "2025-03-15 08:00", 150, user=self.technician, is_correction=True)
        late = self._read(
            self.em, "2025-03-15 08:00", 150, user=self.technician, is_correction=True, comment="Sheet found"
        )
        self.assertEqual(late.flag, "late")
        wrong.with_user(self.technician)._correct("One digit", "300")
        self._commit()
        self.assertEqual(str(self._months(self.power)["2025-03"]), "310")  # as it was closed
        self.assertEqual(self._issues(), {("EM-01 2025-03", "late")})

    def test_an_import_is_taken_back_as_a_whole(self):
        wizard = self._file("meter,read at,reading\nEM-01,2025-03-01 00:00,0\nEM-01,2025-03-11 00:00,77\n")
        self.assertEqual(wizard.state, "done", wizard.line_ids.mapped("message"))
        self._commit()
        self.assertEqual(str(self._months(self.power)["2025-03"]), "77")
        with self.assertRaises(UserError):
            self.readings.with_user(self.technician)._take_back_batch(wizard.batch, "Wrong file")
        self.assertEqual(self.readings.with_user(self.accountant)._take_back_batch(wizard.batch, "Wrong file"), 2)
        self._commit()
        self.assertEqual(self._months(self.power), {})

    # ------------------------------------------------------------------ who may
    def test_people_enter_readings_of_their_own_meters_only(self):
        other = self._meter("EM-07", technician_user_id=False, maintenance_team_id=False)
        for user in (
            self.colleague,
            self._user("just-reader", "group_carbon_reader"),
            self._user("boss", "group_carbon_top_management"),
        ):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._read(self.em, "2025-03-01 08:00", 1, user=user)
        with self.assertRaises(UserError):
            self._read(other, "2025-03-01 08:00", 1, user=self.technician)
        self._read(other, "2025-03-01 08:00", 1, user=self.metrologist)
        self._read(other, "2025-03-02 08:00", 2, user=self.accountant)
        with self.assertRaises(AccessError):
            self.readings.with_user(self.technician).push([])
        with self.assertRaises(AccessError):
            self.readings.with_user(self.logger_user).search([])

    def test_a_technician_sees_readings_of_assigned_meters_and_no_inventory(self):
        other = self._meter("EM-07", technician_user_id=False, maintenance_team_id=False)
        self._read(self.em, "2025-03-01 08:00", 1)
        self._read(other, "2025-03-01 08:00", 1)
        mine = self.readings.with_user(self.technician).search([])
        self.assertEqual(mine.equipment_id, self.em)
        for model in (
            "carbon.inventory",
            "carbon.activity.data",
            "carbon.emission.line",
            "carbon.source",
            "carbon.meter.correction",
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.technician).search([])

    def test_another_company_sees_and_touches_nothing(self):
        company_b = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("stranger", "group_carbon_accountant", company_b)
        technician_b = self._user("tech-b", "group_carbon_meter_technician", company_b)
        reading = self._read(self.em, "2025-03-01 08:00", 1)
        for user in (stranger, technician_b):
            theirs = self.env(user=user, context={"allowed_company_ids": company_b.ids})
            self.assertFalse(theirs["carbon.meter.reading"].search([]))
            self.assertFalse(theirs["carbon.meter.month.report"].search([]))
            with self.assertRaises(AccessError):
                reading.with_env(theirs).read(["value"])
            with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_rule"):
                theirs["carbon.meter.reading"].create(
                    {"equipment_id": self.em.id, "value": 5, "read_at": "2025-03-02 08:00:00"}
                )
            with self.assertRaises(UserError):
                reading.with_env(theirs)._correct("Mine now", "3")
        with self.assertRaises(AccessError):
            theirs["carbon.meter.reading"].with_user(stranger).push([], company=self.company.id)
        logger_b = self._user("logger-b", "group_carbon_reader", company_b)
        logger_b.group_ids += self.env.ref("carbon_accounting.group_carbon_meter_logger")
        model = self.readings.with_user(logger_b).with_context(allowed_company_ids=company_b.ids)
        report = model.push([{"meter": "EM-01", "at": "2025-03-02 08:00", "value": 9}])
        self.assertEqual(report["errors"][0]["code"], "meter")

    def test_a_round_saves_what_is_right_and_keeps_the_questions(self):
        self._read(self.gm, "2025-03-01 08:00", 500)
        self.env.user.company_id = self.company
        action = self.env["carbon.meter.round"].with_user(self.technician).with_company(self.company).action_start()
        tour = self.env["carbon.meter.round"].with_user(self.technician).browse(action["res_id"])
        self.assertEqual(tour.line_ids.equipment_id, self.em | self.gm)
        with self.assertRaisesRegex(UserError, "Nothing is entered"):
            tour.action_save()
        em, gm = (tour.line_ids.filtered(lambda line, m=m: line.equipment_id == m) for m in (self.em, self.gm))
        em.figure, gm.figure = "1,234.5", "4"
        tour.action_save()
        self.assertEqual((em.state, gm.state, tour.saved), ("saved", "asked", 1))
        self.assertIn("restart", gm.message)
        gm.figure = "540"
        tour.action_save()
        self.assertEqual(
            (gm.state, tour.saved, self.readings.search_count([("equipment_id", "=", self.em.id)])), ("saved", 2, 1)
        )
        with self.assertRaisesRegex(UserError, "No meter is assigned"):
            self.env["carbon.meter.round"].with_user(self.colleague).action_start()
