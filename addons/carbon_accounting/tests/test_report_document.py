import io
import re

from pypdf import PdfReader

from odoo.tests import tagged

from ..tools import chromium
from .test_inventory_workbook import WorkbookCommon


class ReportCommon(WorkbookCommon):
    """Prints reports through the way of Odoo's Print menu and reads them back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.env["ir.module.module"].search([("state", "=", "installed")])._update_translations(["zh_CN"], overwrite=True)

    def _print(self, record, name="document_ghg_gbt", lang="en_US", user=None):
        """Return the pages of a document as texts."""
        reports = self.env["ir.actions.report"].with_user(user or self.env.user)
        raw, kind = reports.with_context(lang=lang, force_report_rendering=True)._render_qweb_pdf(
            f"carbon_accounting.{name}", record.ids
        )
        self.assertEqual(kind, "pdf")
        self.raw = raw
        return [page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages]

    @staticmethod
    def _flat(pages):
        """Return a text without white space, which lines and columns put in."""
        return re.sub(r"\s+", "", "".join(pages))

    def _assert_in(self, text, *parts):
        for part in parts:
            self.assertIn(re.sub(r"\s+", "", part), text)


@tagged("post_install", "-at_install")
class TestReportDocument(ReportCommon):
    """The GHG report as PDF: sections, figures, pages and marks (R-140)."""

    def setUp(self):
        super().setUp()
        self.assertTrue(chromium.find(), "Chromium is missing: apt-get install chromium fonts-noto-cjk")
        self._fill()

    def test_report(self):
        inventory = self._computed()
        inventory.action_assess_uncertainty()
        for lang in ("en_US", "zh_CN"):
            for name in ("document_ghg_gbt", "document_ghg_iso"):
                pages = self._print(inventory, name, lang)
                open(f"/tmp/s6_{name}_{lang}.pdf", "wb").write(self.raw)
