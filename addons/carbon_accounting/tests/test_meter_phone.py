from decimal import Decimal

from odoo.tests import tagged

from .meter_common import MeterReadingCommon
from .phone_common import PhoneCase


@tagged("post_install", "-at_install")
class TestMeterPhone(MeterReadingCommon, PhoneCase):
    """Story S8 in a real browser of the size of a phone, on the network and off it."""

    def setUp(self):
        super().setUp()
        self.address = f"/carbon/meter/{self.gm.sudo().carbon_token}"
        for number, day in enumerate(("2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30")):
            self._read(self.gm, f"{day} 24:00", 1000 + 100 * number, commit=False)
        self._commit()

    def _stand(self):
        self.env.invalidate_all()
        return self.readings.search([("equipment_id", "=", self.gm.id), ("stands", "=", True)])

    def _at(self, phone, moment):
        phone.tap("#show_time")
        phone.type("#time", moment)

    def test_story_s8_as_written(self):  # S8 R-061 R-076 R-131 R-157
        with self._phone(self.address, self.technician) as phone:
            self.assertEqual(phone.text("h1"), "GM-03")
            self.assertEqual(phone.text("#last"), "1300 m³")
            phone.shot("s8_open")
            # lower than the last: rollover or mistake?
            phone.type("#figure", "1299")
            self._at(phone, "2025-05-31T23:00")
            phone.tap("#save")
            phone.wait("!document.querySelector('#ask_rollover').hidden")
            self.assertIn("1300", phone.text("#ask_text"))
            phone.shot("s8_lower")
            phone.tap("#mistake")
            self.assertEqual(len(self._stand()), 4)
            # four times the usual: a comment is asked for, and nothing saved without
            phone.type("#figure", "1700")
            phone.tap("#save")
            phone.wait("!document.querySelector('#comment_box').hidden")
            phone.shot("s8_three_times")
            phone.tap("#save")
            phone.wait("!document.querySelector('#save').disabled")
            self.assertEqual(len(self._stand()), 4)
            phone.type("#comment", "Second boiler was on")
            phone.tap("#save")
            phone.wait("document.querySelector('#message').className === 'good'")
            self.assertEqual(phone.text("#last"), "1700 m³")
            phone.shot("s8_saved")
        reading = self._stand()[0]
        self.assertEqual((reading.value, reading.comment, reading.source), (1700.0, "Second boiler was on", "qr"))
        self.assertTrue(reading.flag)
        self._commit()
        months = self._months(self.boiler)
        self.assertGreater(months["2025-05"], Decimal(380))
        self.assertEqual((months["2025-04"], sum(months.values())), (Decimal(100), Decimal(700)))

    def test_a_closed_month_takes_a_correction_line_only(self):  # S8 R-157
        self._collect()
        self._shut("2025-02-01", "2025-03-01")
        before = self._months(self.boiler)
        with self._phone(self.address, self.technician) as phone:
            phone.type("#figure", "1150")
            self._at(phone, "2025-03-15T12:00")
            phone.tap("#save")
            phone.wait("!document.querySelector('#comment_box').hidden")
            phone.shot("s8_closed")
            self.assertEqual(len(self._stand()), 4)
            phone.type("#comment", "Found the sheet")
            phone.tap("#save")
            phone.wait("document.querySelector('#message').className === 'good'")
        reading = self._stand().filtered(lambda row: row.value == 1150.0)
        self.assertTrue(reading.is_correction)
        self._commit()
        self.assertEqual(self._months(self.boiler), before)

    def test_without_network_the_reading_waits_on_the_phone_and_arrives_once(self):
        with self._phone(self.address, self.technician) as phone:
            phone.offline()
            self._at(phone, "2025-05-31T23:00")
            phone.type("#figure", "1400")
            phone.tap("#save")
            phone.wait("!document.querySelector('#queue').hidden")
            phone.shot("s8_offline")
            self.assertIn("1", phone.text("#queue"))
            self.assertEqual(len(self._stand()), 4)
            self.assertEqual(phone.js("localStorage.length"), 1)
            phone.offline(False)
            phone.js("window.dispatchEvent(new Event('online'))")
            phone.wait("document.querySelector('#queue').hidden")
            phone.shot("s8_online")
        reading = self._stand()[0]
        self.assertEqual((len(self._stand()), reading.value), (5, 1400.0))

    def test_what_was_saved_though_the_answer_was_lost_is_not_saved_again(self):
        """The same key twice: the answer of the first sending got lost on the way."""
        with self._phone(self.address, self.technician) as phone:
            phone.js(
                "window.realFetch = window.fetch; window.fetch = async (...all) => "
                "{ await window.realFetch(...all); throw new TypeError('answer lost'); }"
            )
            self._at(phone, "2025-05-31T23:00")
            phone.type("#figure", "1400")
            phone.tap("#save")
            phone.wait("!document.querySelector('#queue').hidden")
            self.assertEqual(len(self._stand()), 5)
            phone.js("window.fetch = window.realFetch; window.dispatchEvent(new Event('online'))")
            phone.wait("document.querySelector('#queue').hidden")
        self.assertEqual(len(self._stand()), 5)

    def test_a_reading_that_waits_survives_that_the_page_is_closed(self):
        with self._phone(self.address, self.technician) as phone:
            phone.offline()
            self._at(phone, "2025-05-31T23:00")
            phone.type("#figure", "1400")
            phone.tap("#save")
            phone.wait("!document.querySelector('#queue').hidden")
            phone.offline(False)
            phone.js("location.reload()")
            phone.wait("document.querySelector('#queue') && document.querySelector('#queue').hidden && !localStorage"
                       ".getItem(Object.keys(localStorage)[0] || '').includes('1400')")  # fmt: skip
        self.assertEqual(self._stand()[0].value, 1400.0)

    def test_the_page_is_chinese_for_chinese_people(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", "carbon_accounting")])._update_translations(["zh_CN"])
        self.technician.lang = "zh_CN"
        with self._phone(self.address, self.technician) as phone:
            phone.type("#figure", "1299")
            self._at(phone, "2025-05-31T23:00")
            phone.tap("#save")
            phone.wait("!document.querySelector('#ask_rollover').hidden")
            phone.shot("s8_zh")
            self.assertEqual(phone.text("#save"), "保存")
            self.assertRegex(phone.text("#ask"), "[\u4e00-\u9fff]{4}")
