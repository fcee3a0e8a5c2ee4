from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.carbon_accounting.models.carbon_meter_reading_push import read_moment
from odoo.addons.carbon_management.tools.figures import read_number

from .meter_common import ZONE, MeterReadingCommon


@tagged("post_install", "-at_install")
class TestMeterFiles(MeterReadingCommon):
    """Readings from files and data loggers (R-156)."""

    def _usual(self):
        for day in range(1, 5):
            self._read(self.gm, f"2025-03-0{day} 08:00", 1000 + 10 * day)

    # ------------------------------------------------------------------ files
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
        wizard = self._file(
            "meter,read at,reading\nEM-01,2025-03-05 08:00,1100\nEM-01,2025-03-04 08:00,1200\nEM-01,2025-02-01,2000\n"
        )
        self.assertEqual(wizard.state, "wrong")
        # the row of the 5th is lower than the row of the 4th, that of February higher than what was there
        self.assertEqual({(row[0], row[1]) for row in self._told(wizard)}, {(2, "reading"), (4, "reading")})
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.em.id)]), 1)

    def test_a_file_comes_in_any_order_twice_and_with_chinese_headings(self):
        text = (
            '表号,抄表时间,读数,备注\nEM-01,2025-03-11,200,\nEM-01,2025/3/1,"1,00",\nGM-03,2025-03-01 24:00,5.5,新表\n'
        )
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
        rows = self.env.execute_query(
            self._sql("SELECT value::text FROM carbon_meter_reading WHERE equipment_id = %s ORDER BY 1", self.em.id)
        )
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
        for text in (
            "",
            None,
            "yesterday",
            "2025-02-30",
            "2025-13-01",
            "31.3.2025",
            "2025-03-01 25:00",
            "2025-03-01 08:61",
            5,
        ):
            with self.subTest(text=text):
                self.assertIsNone(read_moment(text, ZONE))

    # ------------------------------------------------------------------ data loggers
    def _push(self, rows, user=None, **values):
        report = self.readings.with_user(user or self.logger_user).push(rows, **values)
        self._commit()
        return report

    def test_a_logger_sends_many_readings_once(self):
        rows = [{"meter": "EM-01", "at": f"2025-03-01T{h:02d}:{m:02d}:00+08:00", "value": f"{100 + h + m / 60:.4f}"}
                for h in range(24) for m in (0, 15, 30, 45)]  # fmt: skip
        self.assertEqual(self._push(rows), {"saved": 96, "repeated": 0, "errors": []})
        self.assertEqual(self._push(rows), {"saved": 0, "repeated": 96, "errors": []})
        self.assertEqual(
            self._push(rows[:3] + [{**rows[3], "at": "2025-03-02T00:00:00+08:00", "value": "125"}])["saved"], 1
        )
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
        self._push(
            [
                {"meter": "GM-03", "at": "2025-03-01 08:00", "value": 99995},
                {"meter": "GM-03", "at": "2025-03-01 08:15", "value": 7},
            ]
        )
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
        self._push(
            [
                {"meter": "EM-15", "at": "2025-03-01 00:15", "value": 2},
                {"meter": "EM-15", "at": "2025-03-01 00:30", "value": 3},
            ]
        )
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

        rows = [
            {"meter": "EM-15", "at": f"{now - timedelta(hours=h):%Y-%m-%dT%H:%M:%S}Z", "value": 1} for h in range(24)
        ]
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
