import base64
import io
import json

from PIL import Image

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .meter_common import MeterReadingCommon


@tagged("post_install", "-at_install")
class TestMeterPage(MeterReadingCommon, HttpCase):
    """The page that the label of a meter opens (story S8)."""

    def setUp(self):
        super().setUp()
        self.address = f"/carbon/meter/{self.gm.sudo().carbon_token}"
        self._read(self.gm, "2025-03-01 08:00", 1000)

    def _post(self, **params):
        response = self.url_open(
            f"{self.address}/read",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
        )
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        return response.json()

    def _log_in(self, user):
        user.password = f"{user.login}-pw-8!"
        self.authenticate(user.login, f"{user.login}-pw-8!")

    def test_the_label_opens_the_page_of_that_meter_only_after_the_login(self):
        response = self.url_open(self.address, allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])
        self._log_in(self.technician)
        page = self.url_open(self.address)
        self.assertEqual(page.status_code, 200)
        self.assertIn("GM-03", page.text)
        self.assertIn("1000 m", page.text)
        self.assertNotIn("EM-01", page.text)
        self.assertNotIn("web.assets", page.text)  # no web client
        self.assertLess(len(page.text), 12000)

    def test_an_unknown_label_and_a_meter_of_others_open_nothing(self):
        self._log_in(self.technician)
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/carbon/meter/none").status_code, 404)
        self._log_in(self.colleague)
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            self.assertNotIn("1000 m", self.url_open(self.address).text)
            answer = self._post(figure="1010", key="k")
        self.assertIn("error", answer)
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.gm.id)]), 1)

    def test_people_who_only_read_carbon_data_get_the_form(self):
        self._log_in(self._user("page-reader", "group_carbon_reader"))
        response = self.url_open(self.address, allow_redirects=False)
        self.assertIn(f"/odoo/carbon-meters/{self.gm.id}", response.headers["Location"])
        self.assertEqual(self._post(figure="1010", key="k")["result"]["state"], "refused")

    def test_a_reading_is_saved_once_however_often_it_is_sent(self):
        self._log_in(self.technician)
        for _time in range(3):
            result = self._post(figure="1 010,5", key="one", read_at="2025-03-02T00:00:00.000Z")["result"]
            self.assertIn(result["state"], ("saved", "same"))
        readings = self.readings.search([("equipment_id", "=", self.gm.id)])
        self.assertEqual(readings.mapped("value"), [1010.5, 1000])
        self.assertEqual((readings[0].source, readings[0].user_id), ("qr", self.technician))
        self.assertEqual(readings[0].read_at, self._utc("2025-03-02 08:00"))

    def test_questions_are_asked_and_answered(self):
        self._log_in(self.technician)
        result = self._post(figure="20", key="a", read_at="2025-03-02T00:00:00Z")["result"]
        self.assertEqual((result["state"], result["ask"]), ("asked", "rollover"))
        self.assertEqual(
            self._post(figure="20", key="a", read_at="2025-03-02T00:00:00Z", rollover=True)["result"]["state"], "saved"
        )
        result = self._post(figure="x", key="b")["result"]
        self.assertEqual((result["state"], result["code"]), ("refused", "number"))
        self._collect()
        self._shut("2025-02-01")
        result = self._post(figure="900", key="c", read_at="2025-02-20T00:00:00Z")["result"]
        self.assertEqual((result["state"], result["ask"]), ("asked", "correction"))
        result = self._post(
            figure="900", key="c", read_at="2025-02-20T00:00:00Z", late=True, comment="Found the sheet"
        )["result"]
        self.assertEqual(result["state"], "saved")

    def test_a_photo_stays_with_its_reading(self):
        self._log_in(self.technician)
        picture = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(picture, "JPEG")
        photo = "data:image/jpeg;base64," + base64.b64encode(picture.getvalue()).decode()
        self.assertEqual(self._post(figure="1011", key="p", photo=photo)["result"]["state"], "saved")
        reading = self.readings.search([("equipment_id", "=", self.gm.id)], limit=1)
        self.assertEqual(reading.photo_ids.mimetype, "image/jpeg")
        with self.assertRaises(UserError):
            reading.photo_ids.unlink()
        for bad in ("data:image/jpeg;base64,!!!", "data:text/html;base64," + base64.b64encode(b"<script>").decode()):
            result = self._post(figure="1012", key=f"q{len(bad)}", photo=bad)["result"]
            self.assertEqual(result["state"], "refused")
        self.assertEqual(self.readings.search_count([("equipment_id", "=", self.gm.id)]), 2)

    def test_two_people_with_the_same_figure_make_one_reading(self):
        self.team.member_ids += self.colleague
        self._log_in(self.technician)
        self.assertEqual(
            self._post(figure="1011", key="t1", read_at="2025-03-02T00:00:00Z")["result"]["state"], "saved"
        )
        self._log_in(self.colleague)
        result = self._post(figure="1011", key="t2", read_at="2025-03-02T00:03:00Z")["result"]
        self.assertEqual(result["state"], "same")
        self.assertIn(self.technician.name, result["message"])

    def test_the_page_speaks_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", "carbon_accounting")])._update_translations(["zh_CN"])
        self.technician.lang = "zh_CN"
        self._log_in(self.technician)
        page = self.url_open(self.address).text
        self.assertIn('lang="zh-CN"', page)
        self.assertIn("保存", page)
