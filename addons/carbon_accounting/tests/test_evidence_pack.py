import csv
import hashlib
import io
import json
import zipfile
from unittest.mock import patch

from pypdf import PdfReader

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.carbon_management.tools import chromium
from odoo.addons.carbon_management.tools.canonical import trail_hash

from ..tools import evidence_zip
from .seal_common import SealCommon
from .test_report_document import ReportCommon


@tagged("post_install", "-at_install")
class TestEvidenceZip(TransactionCase):
    """The zip with its manifest, by itself."""

    def _pack(self):
        stream = io.BytesIO()
        book = evidence_zip.EvidenceZip(stream)
        book.add("a/one.txt", "one")
        self.assertEqual(book.add("A/ONE.txt", b"two"), "A/ONE_2.txt")
        self.assertEqual(book.add_csv("t.csv", ("x", "y"), [("=1+1", None), (3, "中文")]), 2)
        book.add_stream("s.bin", io.BytesIO(b"0" * 3_000_000))
        book.close(of="test")
        return stream

    def test_manifest_is_right(self):
        stream = self._pack()
        self.assertEqual(evidence_zip.differences(stream), [])
        with zipfile.ZipFile(stream) as pack:
            manifest = json.loads(pack.read("manifest.json"))
            self.assertEqual(manifest["of"], "test")
            self.assertEqual([file["size"] for file in manifest["files"]][-1], 3_000_000)
            self.assertEqual(pack.read("t.csv").decode("utf-8-sig").splitlines(), ["x,y", "'=1+1,", "3,中文"])

    def test_changed_missing_and_added_files_are_told(self):
        stream, other = self._pack(), io.BytesIO()
        with zipfile.ZipFile(stream) as old, zipfile.ZipFile(other, "w") as new:
            for name in old.namelist():
                if name == "t.csv":
                    continue
                new.writestr(name, b"forged" if name == "a/one.txt" else old.read(name))
            new.writestr("extra.txt", b"x")
        self.assertEqual(evidence_zip.differences(other), ["changed: a/one.txt", "missing: t.csv", "added: extra.txt"])


@tagged("post_install", "-at_install")
class TestEvidencePack(HttpCase, ReportCommon, SealCommon):
    """The evidence pack of an inventory and of a month (R-140)."""

    def _background(self):
        self.env.flush_all()
        self.env.ref("carbon_accounting.ir_cron_evidence_pack").method_direct_trigger()
        self.env.invalidate_all()

    def _written(self, record, user=None):
        action = record.with_user(user or self.accountant).action_evidence_pack()
        pack = self.env["carbon.evidence.pack"].browse(action["res_id"])
        self._background()
        self.assertEqual((pack.state, pack.progress), ("done", 100.0), pack.message)
        return pack, io.BytesIO(pack.attachment_id.raw)

    def _filled(self):
        inventory = self._sealed()
        self.env["ir.attachment"].create(
            {"name": "bill 7.pdf", "raw": b"bill", "res_model": "carbon.declaration", "res_id": self.coal_march.id}
        )
        return inventory

    def test_every_hash_of_the_pack_of_an_inventory_is_right(self):
        inventory = self._filled()
        pack, stream = self._written(inventory)
        self.assertEqual(hashlib.sha256(stream.getvalue()).hexdigest(), pack.sha256)
        with zipfile.ZipFile(stream) as book:
            manifest = json.loads(book.read("manifest.json"))
            self.assertEqual(hashlib.sha256(book.read("manifest.json")).hexdigest(), pack.manifest_sha256)
            for file in manifest["files"]:
                raw = book.read(file["path"])
                self.assertEqual(
                    (len(raw), hashlib.sha256(raw).hexdigest()), (file["size"], file["sha256"]), file["path"]
                )
            names = [file["path"] for file in manifest["files"]]
            self.assertEqual((len(names), manifest["seal"]), (pack.file_count, inventory.seal_root))
            self.assertEqual(json.loads(book.read("seal/v1/seal.json"))["root_hash"], inventory.seal_root)
            chain = list(csv.reader(io.StringIO(book.read("seal/v1/batches.csv").decode("utf-8-sig"))))
            self.assertEqual(chain[-1][-1], inventory.seal_root)
            (bill,) = [name for name in names if name.endswith("bill_7.pdf")]
            self.assertEqual(book.read(bill), b"bill")
            self.assertIn("COAL/03", book.read("evidence/index.csv").decode("utf-8-sig"))
            for name in ("report/GBT32150_zh_CN.pdf", "report/ISO14064-1_en_US.pdf"):
                text = self._flat(page.extract_text() for page in PdfReader(io.BytesIO(book.read(name))).pages)
                self._assert_in(text, inventory.seal_root, "GHGR-")
            workbook = hashlib.sha256(book.read(f"workbook/{inventory._workbook_name()}")).hexdigest()
            self.assertEqual(workbook, inventory.workbook_sha256)
            self.assertIn("TEST-COAL", book.read("factors/factor_versions.csv").decode("utf-8-sig"))
            months = json.loads(book.read("control/months.json"))
            self.assertEqual({month["state"] for month in months}, {"closed"})
            self.assertEqual(len(months), 12)
            entries = [json.loads(line) for line in book.read("trail/trail.jsonl").decode().splitlines()]
            self.assertIn("inventory.approve", {entry["event"] for entry in entries})
            for entry in entries:
                self.assertEqual(trail_hash(entry["hash_version"], entry), entry["hash"], entry["event"])
        self.assertEqual(len(inventory.report_ids), 4)
        entry = self.env["carbon.trail.entry"].search([("event", "=", "evidence_pack.write")], limit=1)
        self.assertIn(pack.sha256, entry.payload)
        self.assertEqual((entry.res_id, entry.actor_login), (inventory.id, self.accountant.login))

    def test_forged_file_is_told_by_the_manifest(self):
        _pack, stream = self._written(self._filled())
        self.assertEqual(evidence_zip.differences(stream), [])
        other = io.BytesIO()
        with zipfile.ZipFile(stream) as old, zipfile.ZipFile(other, "w") as new:
            for name in old.namelist():
                new.writestr(name, b"another bill" if name.endswith("bill_7.pdf") else old.read(name))
        (difference,) = evidence_zip.differences(other)
        self.assertRegex(difference, r"^changed: evidence/.*bill_7\.pdf$")

    def test_pack_of_a_month_has_its_rows_and_evidence_only(self):
        self._filled()
        with patch.object(chromium, "find", return_value=None):
            pack, stream = self._written(self._period("2025-04-01"), self.verifier)
        self.assertTrue(pack.missing_count)
        with zipfile.ZipFile(stream) as book:
            rows = book.read("ledger/activity_data.csv").decode("utf-8-sig")
            self.assertTrue("COAL/04" in rows and "DIESEL/04" in rows and "COAL/03" not in rows)
            self.assertFalse([name for name in book.namelist() if name.endswith("bill_7.pdf")])
            self.assertIn("apt-get install chromium", book.read("README.txt").decode())
            self.assertEqual([m["month"] for m in json.loads(book.read("control/months.json"))], ["2025-04"])

    def test_file_that_the_store_lost_is_named_and_not_invented(self):
        inventory = self._filled()
        self._tamper("UPDATE ir_attachment SET db_datas = NULL, store_fname = NULL WHERE name = 'bill 7.pdf'")
        with patch.object(chromium, "find", return_value=None):
            pack, stream = self._written(inventory)
        with zipfile.ZipFile(stream) as book:
            self.assertRegex(" ".join(json.loads(book.read("manifest.json"))["missing"]), "bill_7.pdf")

    def test_only_accountant_manager_and_verifier_ask_for_packs_of_their_companies(self):
        inventory = self._filled()
        reader = self._user("pack-reader", "group_carbon_reader")
        with self.assertRaisesRegex(UserError, "roles"):
            inventory.with_user(reader).action_evidence_pack()
        pack = self.env["carbon.evidence.pack"].browse(
            inventory.with_user(self.manager).action_evidence_pack()["res_id"]
        )
        self.assertEqual(inventory.with_user(self.verifier).action_evidence_pack()["res_id"], pack.id)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            pack.with_user(reader).read(["sha256"])
        abroad = self.env["res.company"].create({"name": "Abroad"})
        foreign = self._user("pack-foreign", "group_carbon_manager")
        foreign.write({"company_ids": [(6, 0, abroad.ids)], "company_id": abroad.id})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            pack.with_user(foreign).with_context(allowed_company_ids=abroad.ids).read(["sha256"])
        for act in (
            lambda: pack.sudo().write({"sha256": "x"}),
            lambda: pack.sudo().unlink(),
            lambda: pack.sudo().copy(),
        ):
            with self.assertRaisesRegex(UserError, "buttons"), self.env.cr.savepoint():
                act()

    def test_pack_of_a_person_who_lost_the_role_is_not_written(self):
        inventory = self._filled()
        person = self._user("pack-gone", "group_carbon_accountant")
        pack = self.env["carbon.evidence.pack"].browse(inventory.with_user(person).action_evidence_pack()["res_id"])
        person.group_ids = self.env.ref("base.group_user")
        with mute_logger(
            "odoo.addons.carbon_accounting.models.carbon_export_mixin", "odoo.addons.base.models.ir_model"
        ):
            self._background()
        self.assertEqual((pack.state, bool(pack.attachment_id)), ("failed", False))
