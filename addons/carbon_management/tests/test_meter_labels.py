import base64
import io

import qrcode
from PIL import Image
from pypdf import PdfReader

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools import chromium
from ..tools.qr import qr_data_uri
from . import qr_reader
from .meter_common import MeterCommon


@tagged("post_install", "-at_install")
class TestQrReader(MeterCommon):
    """The reader of the tests reads what others read, and nothing else."""

    def test_codes_of_every_size_are_read_back(self):
        for length in (1, 10, 25, 60, 100, 150):
            text = ("https://carbon.example/carbon/meter/" + "aZ_9-" * 30)[:length]
            uri = qr_data_uri(text)
            image = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
            self.assertEqual(qr_reader.decode(image), text)

    def test_another_level_of_correction_is_read_too(self):
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, box_size=3, border=2)
        code.add_data("计量器具 GM-03", optimize=0)
        self.assertEqual(qr_reader.decode(code.make_image().get_image()), "计量器具 GM-03")


@tagged("post_install", "-at_install")
class TestMeterLabels(MeterCommon, HttpCase):
    """R-076: labels of meters, and what they open."""

    def _codes(self, raw):
        """Return the texts of all QR codes of a PDF."""
        pages = PdfReader(io.BytesIO(raw)).pages
        return [qr_reader.decode(image.image) for page in pages for image in page.images]

    def test_the_codes_of_the_printed_sheet_open_their_meters(self):
        self.assertTrue(chromium.find(), "Chromium is missing: apt-get install chromium fonts-noto-cjk")
        meters = self.em | self.gm
        for number in range(23):
            meters |= self._new_meter(f"WM-{number:02}", carbon_meter_kind="water", carbon_uom_id=self.m3.id)
        raw = meters._carbon_labels_pdf()
        self.assertEqual(raw[:5], b"%PDF-")
        pages = PdfReader(io.BytesIO(raw)).pages
        self.assertEqual(len(pages), 2, "25 labels are two sheets of 21")
        self.assertEqual(sorted(self._codes(raw)), sorted(meter._carbon_url() for meter in meters))
        text = "".join(page.extract_text() for page in pages)
        self.assertIn("GM-03", text)
        self.assertIn("WM-22", text)

    def test_chinese_names_are_printed(self):
        meter = self._new_meter("EM-88", name="总进线电表", carbon_location="一号配电室")
        text = PdfReader(io.BytesIO(meter._carbon_labels_pdf())).pages[0].extract_text()
        self.assertIn("总进线电表", text)
        self.assertIn("一号配电室", text)

    def test_names_are_text_on_the_label_not_markup(self):
        meter = self._new_meter("EM-89", name="<script>alert(1)</script>")
        self.assertNotIn("<script>", meter._carbon_labels_html())

    def test_every_meter_has_a_token_of_its_own_that_nobody_types(self):
        self.assertGreaterEqual(len(self.em.carbon_token), 16)
        self.assertNotEqual(self.em.carbon_token, self.gm.carbon_token)
        before = self.em.carbon_token
        self.em.write({"carbon_token": "short"})
        self.assertEqual(self.em.carbon_token, before)
        self.assertNotEqual(self.em.copy().carbon_token, before)
        late = self.env["maintenance.equipment"].create({"name": "Lathe", "company_id": self.company_a.id})
        self.assertFalse(late.carbon_token)
        late.write({"is_carbon_meter": True, "carbon_meter_kind": "other", "carbon_uom_id": self.kwh.id})
        self.assertTrue(late.carbon_token)

    def test_labels_of_nothing_and_of_too_much_say_so(self):
        lathe = self.env["maintenance.equipment"].create({"name": "Lathe", "company_id": self.company_a.id})
        with self.assertRaisesRegex(UserError, "Choose the meters"):
            lathe.action_carbon_labels()
        self.assertIn(f"ids={self.em.id}", (self.em | lathe).action_carbon_labels()["url"])

    def _get(self, url, login):
        self.authenticate(login, login)
        return self.url_open(url, allow_redirects=False)

    def test_the_label_opens_the_meter_for_who_may_read_it(self):
        token = self.em.carbon_token
        answer = self._get(f"/carbon/meter/{token}", "carbon_technician")
        if "carbon_accounting" in self.env.registry._init_modules:
            # which lets the label open the page for a reading, of this meter only
            self.assertEqual(answer.status_code, 200)
            self.assertIn("EM-01", answer.text)
            self.assertNotIn("GM-03", answer.text)
        else:
            self.assertEqual(answer.status_code, 303)
            self.assertTrue(answer.headers["Location"].endswith(f"/odoo/carbon-meters/{self.em.id}"))
        self.assertEqual(self._get(f"/carbon/meter/{token}", "carbon_reader").status_code, 303)

    @mute_logger("odoo.http")
    def test_the_label_opens_nothing_for_others(self):
        token = self.em.carbon_token
        for login in ("carbon_technician2", "carbon_metrologist_b", "carbon_plain"):
            with self.subTest(login=login):
                self.assertEqual(self._get(f"/carbon/meter/{token}", login).status_code, 403)
        self.assertEqual(self._get("/carbon/meter/nothing", "carbon_technician").status_code, 404)
        self.assertEqual(self._get(f"/carbon/meter/{self.em.id}", "carbon_technician").status_code, 404)

    def test_somebody_who_is_not_logged_in_logs_in_first(self):
        answer = self.url_open(f"/carbon/meter/{self.em.carbon_token}", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

    @mute_logger("odoo.http")
    def test_labels_are_downloaded_by_who_may_read_the_meters_and_nobody_else(self):
        url = f"/carbon/meters/labels?ids={self.em.id}"
        answer = self._get(url, "carbon_technician")
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))
        self.assertEqual(self._codes(answer.content), [self.em._carbon_url()])
        self.assertEqual(self._get(url, "carbon_technician2").status_code, 403)
        self.assertEqual(self._get(url, "carbon_metrologist_b").status_code, 403)
        for ids in ("", "abc", "0", "99999999999999999999", "-1", "1;DROP"):
            with self.subTest(ids=ids):
                self.assertEqual(self._get(f"/carbon/meters/labels?ids={ids}", "carbon_technician").status_code, 422)
