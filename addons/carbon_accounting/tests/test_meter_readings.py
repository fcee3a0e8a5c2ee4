from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.carbon_accounting.models.carbon_meter_reading_enter import read_number
from odoo.addons.carbon_accounting.models.carbon_meter_reading_push import read_moment

from .meter_common import ZONE, MeterReadingCommon


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
        reading = self._read(self.gm, "2025-03-05 08:00", 20, user=self.technician, rollover=True, comment="New counter round")
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
        weigh = self._meter("WB-1", carbon_meter_kind="weighbridge", carbon_uom_id=self.ton.id, carbon_register="interval")
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
        self.assertEqual((right.value, right.replaces_id, right.is_correction, right.comment), (100, wrong, True, "Digits mixed up"))
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
        late = self._read(self.em, "2025-03-15 08:00", 150, user=self.technician, is_correction=True, comment="Sheet found")
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

    # ------------------------------------------------------------------ files
    def _file(self, text, name="readings.csv", user=None, **values):
        import base64  # noqa: PLC0415

        raw = text if isinstance(text, bytes) else text.encode()
        wizard = self.env["carbon.meter.import.wizard"].with_user(user or self.accountant).create(
            {"file": base64.b64encode(raw), "filename": name, **values}
        )  # fmt: skip
        wizard.action_import()
        return wizard

    def _told(self, wizard):
        return [(line.row, line.column, line.message) for line in wizard.line_ids]

    def test_a_broken_file_changes_nothing_and_names_row_and_column(self):
        text = (
            "meter,read at,reading,comment\n"
            "EM-01,2025-03-01 08:00,100,\n"
            "EM-99,2025-03-01 08:00,100,\n"
            "\n"
            "GM-03,31.3.2025,12,\n"
            "GM-03,2025-03-02,12a,\n"
        )
        wizard = self._file(text)
        self.assertEqual((wizard.state, wizard.saved_count), ("wrong", 0))
        told = self._told(wizard)
        self.assertEqual([row[:2] for row in told], [(3, "meter"), (5, "read at"), (6, "reading")])
        self.assertIn("EM-99", told[0][2])
        self.assertFalse(self.readings.search([("company_id", "=", self.company.id)]))

    def test_readings_of_a_file_are_checked_against_each_other_and_against_what_is_there(self):
        self._read(self.em, "2025-03-01 08:00", 1000)
        wizard = self._file("meter,read at,reading\nEM-01,2025-03-05 08:00,1100\nEM-01,2025-03-04 08:00,1200\nEM-01,2025-02-01,2000\n")
        self.assertEqual(wizard.state, "wrong")
        # the row of the 5th is lower than the row of the 4th, that of February higher than what was there
        self.assertEqual({(row[0], row[1]) for row in self._told(wizard)}, {(2, "reading"), (4, "reading")})
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.em.id)]), 1)

    def test_a_file_comes_in_any_order_twice_and_with_chinese_headings(self):
        text = "表号,抄表时间,读数,备注\nEM-01,2025-03-11,200,\nEM-01,2025/3/1,\"1,00\",\nGM-03,2025-03-01 24:00,5.5,新表\n"
        text = text.replace('"1,00"', "100")
        wizard = self._file(text.encode("gb18030"))
        self.assertEqual((wizard.state, wizard.saved_count), ("done", 3), self._told(wizard))
        again = self._file(text.encode("gb18030"))
        self.assertEqual((again.state, again.saved_count, again.known_count), ("done", 0, 3), self._told(again))
        # a day alone is its end
        first = self.readings.search([("equipment_id", "=", self.em.id)], order="read_at", limit=1)
        self.assertEqual(first.read_at, self._utc("2025-03-01 24:00"))

    def test_an_excel_file_keeps_its_digits_and_names_its_rows(self):
        import io  # noqa: PLC0415
        from datetime import datetime  # noqa: PLC0415

        from openpyxl import Workbook  # noqa: PLC0415

        book = Workbook()
        book.active.append(["Meter", "Read At", "Reading"])
        book.active.append(["EM-01", datetime(2025, 3, 1, 8), 123456789.123])
        book.active.append(["EM-01", "2025-03-02 08:00", "123456790.5"])
        file = io.BytesIO()
        book.save(file)
        wizard = self._file(file.getvalue(), "r.xlsx")
        self.assertEqual(wizard.state, "done", self._told(wizard))
        rows = self.env.execute_query(self._sql("SELECT value::text FROM carbon_meter_reading WHERE equipment_id = %s ORDER BY 1", self.em.id))
        self.assertEqual(rows, [("123456789.123",), ("123456790.5",)])
        book.active.append(["EM-01", None, 5])
        file = io.BytesIO()
        book.save(file)
        self.assertEqual(self._told(self._file(file.getvalue(), "r.xlsx"))[0][:2], (4, "Read At"))

    def test_what_is_no_table_of_readings_is_refused_in_words(self):
        for content, words in (
            (b"\x89PNG\r\n\x1a\n\0\0\0", "neither a CSV"),
            (b"PK\x03\x04 no workbook", "Excel"),
            (b"", "no reading|first row|Choose a file"),
            (b"a,b,c\n1,2,3\n", "lacks a column"),
            (b"meter,read at,reading\n", "no reading"),
        ):
            with self.subTest(content=content), self.assertRaisesRegex(UserError, words):
                self._file(content)

    def test_an_unusual_figure_of_a_file_needs_its_comment(self):
        self._usual()
        wizard = self._file("meter,read at,reading,comment\nGM-03,2025-03-05 08:00,1100,\n")
        self.assertEqual(self._told(wizard)[0][:2], (2, "comment"))
        wizard = self._file("meter,read at,reading,comment\nGM-03,2025-03-05 08:00,1100,Test run\n")
        self.assertEqual(wizard.state, "done")
        self.assertEqual(self.readings.search([("batch", "=", wizard.batch)]).flag, "unusual")

    # ------------------------------------------------------------------ numbers and moments
    def test_figures_are_read_as_people_type_them(self):
        cases = {
            "12": "12", " 12 345,6 ": "12345.6", "12,345.6": "12345.6", "12.345,6": "12345.6", "0,5": "0.5", "1'234.5": "1234.5",
            "-3": "-3", ".5": ".5", "12,345": "12345", "12a": None, "": None, None: None, "1e5": None, "NaN": None, "Infinity": None,
            "1.2.3": None, "--1": None, 12.5: "12.5", "１２．５": "12.5",
        }  # fmt: skip
        for text, number in cases.items():
            with self.subTest(text=text):
                self.assertEqual(read_number(text), number)

    def test_moments_are_read_in_the_time_of_the_plant(self):
        cases = {
            "2025-03-01 08:00": "2025-03-01 00:00:00", "2025-03-01T00:15:00+08:00": "2025-02-28 16:15:00",
            "2025-03-01T00:15:00Z": "2025-03-01 00:15:00", "2025/3/1 8:05": "2025-03-01 00:05:00", "2025-03-01": "2025-03-01 16:00:00",
            "2025-02-28 24:00": "2025-02-28 16:00:00", "2025-12-31 24:00": "2025-12-31 16:00:00",
        }  # fmt: skip
        for text, moment in cases.items():
            with self.subTest(text=text):
                self.assertEqual(str(read_moment(text, ZONE)), moment)
        for text in ("", None, "yesterday", "2025-02-30", "2025-13-01", "31.3.2025", "2025-03-01 25:00", "2025-03-01 08:61", 5):
            with self.subTest(text=text):
                self.assertIsNone(read_moment(text, ZONE))

    # ------------------------------------------------------------------ data loggers
    def _push(self, rows, user=None, **values):
        report = self.readings.with_user(user or self.logger_user).push(rows, **values)
        self._commit()
        return report

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logger_user = cls._user("meter-logger", "group_carbon_reader")
        cls.logger_user.group_ids = [
            (6, 0, (cls.env.ref("base.group_user") | cls.env.ref("carbon_accounting.group_carbon_meter_logger")).ids)
        ]

    def test_a_logger_sends_many_readings_once(self):
        rows = [{"meter": "EM-01", "at": f"2025-03-01T{h:02d}:{m:02d}:00+08:00", "value": f"{100 + h + m / 60:.4f}"}
                for h in range(24) for m in (0, 15, 30, 45)]  # fmt: skip
        self.assertEqual(self._push(rows), {"saved": 96, "repeated": 0, "errors": []})
        self.assertEqual(self._push(rows), {"saved": 0, "repeated": 96, "errors": []})
        self.assertEqual(self._push(rows[:3] + [{**rows[3], "at": "2025-03-02T00:00:00+08:00", "value": "125"}])["saved"], 1)
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.em.id)]), 97)
        self.assertEqual(str(self._months(self.power)["2025-03"]), "25")
        self.assertEqual(self.readings.search([("equipment_id", "=", self.em.id)], limit=1).source, "api")

    def test_one_wrong_reading_of_a_call_saves_none_and_is_named(self):
        report = self._push([
            {"meter": "EM-01", "at": "2025-03-01 08:00", "value": 100},
            {"meter": "EM-01", "at": "2025-03-01 08:15", "value": 99},
            {"meter": "EM-00", "at": "2025-03-01 08:15", "value": 99},
        ])  # fmt: skip
        self.assertEqual((report["saved"], [(e["row"], e["field"]) for e in report["errors"]]), (0, [(3, "meter")]))
        report = self._push([
            {"meter": "EM-01", "at": "2025-03-01 08:00", "value": 100}, {"meter": "EM-01", "at": "2025-03-01 08:15", "value": 99},
            "nonsense",
        ][:2])  # fmt: skip
        self.assertEqual((report["saved"], [(e["row"], e["code"]) for e in report["errors"]]), (0, [(2, "below")]))
        self.assertEqual(self._push(["nonsense"])["errors"][0]["row"], 1)
        self.assertFalse(self.readings.search([("equipment_id", "=", self.em.id)]))

    def test_a_counter_of_a_logger_restarts_by_itself(self):
        self._push([{"meter": "GM-03", "at": "2025-03-01 08:00", "value": 99995}, {"meter": "GM-03", "at": "2025-03-01 08:15", "value": 7}])
        self.assertEqual(str(self._months(self.boiler)["2025-03"]), "12")
        self.assertEqual(self.readings.search([("equipment_id", "=", self.gm.id)], limit=1).flag, "rollover")
        # far from its end it is a mistake
        report = self._push([{"meter": "GM-03", "at": "2025-03-01 08:30", "value": 5}])
        self.assertEqual(report["errors"][0]["code"], "lower")

    def test_stamps_of_the_beginning_are_moved_to_the_end(self):
        logger = self._meter("EM-15", carbon_register="interval", carbon_interval_minutes=15)
        self._rule("metered", self.power, equipment_id=logger.id, name="Logger")
        self._push([{"meter": "EM-15", "at": "2025-03-31 23:45", "value": 2}], stamp="begin")
        self.assertEqual({k: str(v) for k, v in self._months(self.power).items()}, {"2025-03": "2"})
        report = self._push([{"meter": "EM-01", "at": "2025-03-31 23:45", "value": 2}], stamp="begin")
        self.assertEqual(report["errors"][0]["code"], "interval")

    def test_an_interval_is_sent_once_and_corrected_by_its_difference(self):
        logger = self._meter("EM-15", carbon_register="interval", carbon_interval_minutes=15)
        self._rule("metered", self.power, equipment_id=logger.id, name="Logger")
        self._push([{"meter": "EM-15", "at": "2025-03-01 00:15", "value": 2}, {"meter": "EM-15", "at": "2025-03-01 00:30", "value": 3}])
        report = self._push([{"meter": "EM-15", "at": "2025-03-01 00:30", "value": 4, "key": "other"}])
        self.assertEqual(report["errors"][0]["code"], "moment")
        self.readings.search([("equipment_id", "=", logger.id)], limit=1)._correct("Pulse lost", "3.5")
        self._commit()
        self.assertEqual(str(self._months(self.power)["2025-03"]), "5.5")
        rows = self._ledger()
        self.assertEqual([row[2] for row in rows], [0, 1, 2])

    def test_silent_loggers_and_gaps_are_listed(self):
        logger = self._meter("EM-15", carbon_register="interval", carbon_interval_minutes=60)
        report = self.env["carbon.meter.logger.report"]
        self.assertEqual(report.search([("equipment_id", "=", logger.id)]).state, "never")
        now = self.env.execute_query(self._sql("SELECT date_trunc('hour', now() AT TIME ZONE 'UTC')"))[0][0]
        from datetime import timedelta  # noqa: PLC0415

        rows = [{"meter": "EM-15", "at": f"{now - timedelta(hours=h):%Y-%m-%dT%H:%M:%S}Z", "value": 1} for h in range(24)]
        self._push(rows[5:])
        self.env.invalidate_all()
        row = report.search([("equipment_id", "=", logger.id)])
        self.assertEqual((row.state, row.missing), ("silent", 4))
        self._push(rows[:3])
        self.env.invalidate_all()
        self.assertEqual(report.search([("equipment_id", "=", logger.id)]).state, "gaps")
        self._push(rows)
        self.env.invalidate_all()
        self.assertEqual(report.search([("equipment_id", "=", logger.id)]).state, "ok")

    # ------------------------------------------------------------------ who may
    def test_people_enter_readings_of_their_own_meters_only(self):
        other = self._meter("EM-07", technician_user_id=False, maintenance_team_id=False)
        for user in (self.colleague, self._user("just-reader", "group_carbon_reader"), self._user("boss", "group_carbon_top_management")):
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
        for model in ("carbon.inventory", "carbon.activity.data", "carbon.emission.line", "carbon.source", "carbon.meter.correction"):
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
                theirs["carbon.meter.reading"].create({"equipment_id": self.em.id, "value": 5, "read_at": "2025-03-02 08:00:00"})
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
        self.assertEqual((gm.state, tour.saved, self.readings.search_count([("equipment_id", "=", self.em.id)])), ("saved", 2, 1))
        with self.assertRaisesRegex(UserError, "No meter is assigned"):
            self.env["carbon.meter.round"].with_user(self.colleague).action_start()
