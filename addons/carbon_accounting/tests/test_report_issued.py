import hashlib

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .seal_common import SealCommon
from .test_report_document import ReportCommon


@tagged("post_install", "-at_install")
class TestReportIssued(HttpCase, ReportCommon, SealCommon):
    """Reports of sealed inventories are filed with number, version and hash (R-140)."""

    def test_sealed_report_names_number_and_seal_on_each_page_and_is_filed_once(self):
        inventory = self._sealed()
        reader = self._user("issue-reader", "group_carbon_reader")
        pages = self._print(inventory, user=reader)
        report = inventory.report_ids
        self.assertEqual((len(report), report.version, report.lang), (1, "1.1", "en_US"))
        self.assertRegex(report.number, r"^GHGR-\d{4,}$")
        for page in pages:
            text = self._flat([page])
            self.assertNotIn("DRAFT", text)
            self._assert_in(text, report.number, inventory.seal_root)
        raw = self.raw
        self._print(inventory, user=self.verifier)
        self.assertEqual((self.raw, len(inventory.report_ids)), (raw, 1))
        self.assertEqual(hashlib.sha256(raw).hexdigest(), report.sha256)
        self.assertEqual(report.issued_by_id, reader)
        entry = self.env["carbon.trail.entry"].search(
            [("event", "=", "inventory.report"), ("res_id", "=", inventory.id)]
        )
        self.assertIn(report.sha256, entry.payload)
        self.authenticate("issue-reader", "issue-reader")
        self.assertEqual(self.url_open(report.action_download()["url"]).content, raw)
        self._assert_whole(inventory)

    def test_languages_frameworks_verification_and_restatement_are_told_apart(self):
        inventory = self._sealed()
        for lang in ("en_US", "zh_CN"):
            self._print(inventory, lang=lang)
        self._print(inventory, "document_ghg_iso")
        chinese = self.env["carbon.report"]._issued(inventory, "GBT32150", "zh_CN")
        english = self.env["carbon.report"]._issued(inventory, "GBT32150", "en_US")
        iso = self.env["carbon.report"]._issued(inventory, "ISO14064-1", "en_US")
        self.assertEqual((chinese.number, chinese.version), (english.number, "1.1"))
        self.assertNotEqual(iso.number, english.number)
        inventory.with_user(self.verifier)._record_verification(
            {
                "verification_partner_id": self.env["res.partner"].create({"name": "Assure Ltd"}).id,
                "verification_criteria": "ISO 14064-3:2019",
                "assurance_level": "limited",
                "verification_date": "2026-03-01",
                "verification_number": "V-77",
            }
        )
        text = self._flat(self._print(inventory))
        self._assert_in(text, "Assure Ltd", "V-77", "Limited")
        self.assertEqual(self.env["carbon.report"]._issued(inventory, "GBT32150", "en_US").version, "1.2")
        second = self._restated(inventory)
        second.action_compute()
        text = self._flat(self._print(second))
        self._assert_in(text, "DRAFT", "A bill was read wrong.", "From the version before to this one")
        self._approve(second)
        text = self._flat(self._print(second))
        newest = self.env["carbon.report"]._issued(second, "GBT32150", "en_US")
        self.assertEqual((newest.number, newest.version), (english.number, "2.1"))
        text = self._flat(self._print(inventory))
        self._assert_in(text, "RESTATED", "this version was replaced by")

    def test_issued_report_cannot_be_written_deleted_or_exchanged(self):
        inventory = self._sealed()
        self._print(inventory)
        report = inventory.report_ids
        for act in (
            lambda: report.sudo().write({"number": "X"}),
            lambda: report.sudo().unlink(),
            lambda: report.sudo().copy(),
            lambda: report.attachment_id.sudo().write({"raw": b"x"}),
            lambda: report.attachment_id.sudo().unlink(),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                act()
        self._tamper(
            "UPDATE ir_attachment SET db_datas = %s, store_fname = NULL WHERE id = %s",
            b"other",
            report.attachment_id.id,
        )
        with self.assertRaisesRegex(UserError, "SHA-256 differs"):
            self._print(inventory)

    def test_issued_reports_of_other_companies_are_out_of_reach(self):
        inventory = self._sealed()
        self._print(inventory)
        report = inventory.report_ids
        abroad = self.env["res.company"].create({"name": "Abroad"})
        foreign = self._user("issue-foreign", "group_carbon_manager")
        foreign.write({"company_ids": [(6, 0, abroad.ids)], "company_id": abroad.id})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            report.with_user(foreign).with_context(allowed_company_ids=abroad.ids).action_download()
        outsider = self._user("issue-outsider", "group_carbon_meter_technician")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            report.with_user(outsider).read(["number"])
