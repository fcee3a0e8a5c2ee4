import hashlib
import io
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models import carbon_inventory_filing
from .test_inventory_workbook import WorkbookCommon


@tagged("post_install", "-at_install")
class TestInventoryExport(HttpCase, WorkbookCommon):
    """Workbooks that are too large for a request (R-140)."""

    def setUp(self):
        super().setUp()
        # every inventory is large here: the sizes decide which way is taken, nothing else
        self.patch(carbon_inventory_filing, "_IN_REQUEST", 0)
        self._fill()
        self.inventory = self._computed()

    def _ask(self, user=None):
        inventory = self.inventory.with_user(user) if user else self.inventory
        action = inventory.action_export_xlsx()
        self.assertEqual(action["res_model"], "carbon.inventory.export")
        return self.env["carbon.inventory.export"].browse(action["res_id"])

    def _background(self):
        self.env.flush_all()
        self.env.ref("carbon_accounting.ir_cron_export").method_direct_trigger()
        self.env.invalidate_all()

    def test_large_workbook_is_written_in_the_background_and_downloaded(self):
        reader = self._user("export-reader", "group_carbon_reader")
        export = self._ask(reader)
        self.assertEqual(
            (export.state, export.user_id, export.row_count), ("waiting", reader, self.inventory.ledger_count)
        )
        self.assertEqual(self.inventory.export_state, "waiting")
        self._background()
        self.assertEqual((export.state, export.progress, export.attempts), ("done", 100.0, 1))
        action = self.inventory.with_user(reader).action_export_xlsx()
        self.assertEqual(action, export.with_user(reader).action_download())
        self.authenticate("export-reader", "export-reader")
        response = self.url_open(action["url"])
        self.assertEqual(response.status_code, 200)
        self.assertEqual(hashlib.sha256(response.content).hexdigest(), export.sha256)
        self.assertIn("Inventory_2025.xlsx", response.headers["Content-Disposition"])
        self.assertEqual(len(load_workbook(io.BytesIO(response.content)).sheetnames), 16)

    def test_second_person_who_asks_gets_the_same_file(self):
        export = self._ask()
        other = self._user("export-other", "group_carbon_verifier")
        self.assertEqual(self._ask(other), export)
        self._background()
        self.inventory.action_compute()
        self.assertNotEqual(self._ask(other), export)

    def test_progress_is_told_while_the_file_is_written(self):
        export, seen = self._ask(), []
        told = type(export)._told

        def watched(record, rows):
            told(record, rows)
            self.env.cr.execute("SELECT state, row_done FROM carbon_inventory_export WHERE id = %s", [record.id])
            seen.append(self.env.cr.fetchone())

        with (
            patch("odoo.addons.carbon_accounting.tools.xlsx_stream.TOLD_ROWS", 5),
            patch.object(type(export), "_told", watched),
        ):
            self._background()
        self.assertEqual(seen[:2], [("running", 5), ("running", 10)])
        self.assertEqual(export.state, "done")

    def test_cancelled_file_is_thrown_away(self):
        export = self._ask()
        told = type(export)._told

        def cancels(record, rows):
            record.action_cancel()
            record.env.flush_all()
            told(record, rows)

        with (
            patch("odoo.addons.carbon_accounting.tools.xlsx_stream.TOLD_ROWS", 5),
            patch.object(type(export), "_told", cancels),
        ):
            self._background()
        self.assertFalse(export.attachment_id)
        self.assertNotEqual(export.state, "done")

    def test_waiting_file_is_cancelled_and_asked_for_again(self):
        export = self._ask()
        export.action_cancel()
        self._background()
        self.assertEqual((export.state, self.inventory.export_state), ("cancelled", False))
        export.action_retry()
        self._background()
        self.assertEqual(export.state, "done")

    def test_file_whose_process_was_stopped_twice_fails_and_says_what_to_do(self):
        export = self._ask()
        for _attempt in range(2):
            self.assertTrue(export._begin())
        self._background()
        self.assertEqual((export.state, export.attempts), ("failed", 2))
        self.assertIn("limit_time_real_cron", export.message)
        export.action_retry()
        self._background()
        self.assertEqual((export.state, export.message), ("done", False))

    def test_file_of_a_person_who_lost_their_rights_is_not_written(self):
        reader = self._user("export-gone", "group_carbon_reader")
        export = self._ask(reader)
        reader.group_ids = self.env.ref("base.group_user")
        with mute_logger("odoo.addons.carbon_accounting.models.carbon_export_mixin"):
            self._background()
        self.assertEqual((export.state, export.attachment_id.id), ("failed", False))

    def test_large_workbook_is_filed_after_the_approval(self):
        self.patch(carbon_inventory_filing, "_AT_ONCE", 0)
        self._close_year()
        self._approved(self.inventory)
        export = self.inventory.export_ids
        self.assertEqual((export.is_filing, export.state, self.inventory.workbook_id.id), (True, "waiting", False))
        with self.assertRaisesRegex(UserError, "cannot be cancelled"):
            export.action_cancel()
        self._background()
        self.assertEqual(export.state, "done")
        self.assertEqual(self.inventory.workbook_sha256, hashlib.sha256(self.inventory.workbook_id.raw).hexdigest())
        self.assertEqual(self.inventory.workbook_sha256, export.sha256)
        trail = self.env["carbon.trail.entry"].search_count([("event", "=", "inventory.workbook")])
        self.assertEqual(trail, 1)

    def test_approval_takes_the_place_of_a_workbook_that_somebody_waits_for(self):
        self.patch(carbon_inventory_filing, "_AT_ONCE", 0)
        asked = self._ask()
        self._close_year()
        self._approved(self.inventory)
        filing = self.inventory.export_ids - asked
        self.assertEqual((asked.state, filing.state, filing.is_filing), ("cancelled", "waiting", True))
        self._background()
        self.assertEqual((filing.state, self.inventory.workbook_sha256), ("done", filing.sha256))

    def test_nobody_writes_an_export_by_rpc(self):
        export = self._ask()
        manager = self._user("export-manager", "group_carbon_manager")
        for model in (self.env, self.env(user=manager)):
            records = model["carbon.inventory.export"]
            for change in (
                lambda records=records: records.create({"inventory_id": self.inventory.id}),
                lambda records=records: records.browse(export.id).write({"state": "done"}),
                lambda records=records: records.browse(export.id).with_context(carbon_act=True).unlink(),
            ):
                with self.assertRaises(UserError):
                    change()

    def test_other_company_sees_no_export(self):
        export = self._ask()
        self._background()
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("export-b", "group_carbon_reader", company=other)
        foreign = self.env(user=stranger, context={"allowed_company_ids": other.ids})["carbon.inventory.export"]
        self.assertFalse(foreign.search([("id", "=", export.id)]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            foreign.browse(export.id).action_download()

    def test_files_that_can_be_written_again_are_thrown_away_after_a_month(self):
        export = self._ask()
        self._background()
        attachment = export.attachment_id
        export._acting().write({"finished_on": "2020-01-01 00:00:00"})
        self.env["carbon.inventory.export"]._gc_files()
        self.assertFalse(export.exists() or attachment.exists())
