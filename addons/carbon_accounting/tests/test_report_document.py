import io
import json
import re
import time
from unittest.mock import patch

from pypdf import PdfReader

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.carbon_management.tools import chromium

from .inventory_common import InventoryCommon
from .test_inventory_workbook import WorkbookCommon

TITLES = {
    "en_US": (
        *(
            "Reporting organisation",
            "Purpose and intended user",
            "Boundaries",
            "Greenhouse gas emissions",
            "Purchased energy",
        ),
        *("Reported apart from the totals", "Emission sources", "Activity data and their sources"),
        *("Emission factors and their sources", "Statement of methods", "Emission intensity"),
        *("Uncertainty and data quality", "Data gaps and open points", "Base year, changes and restatements"),
        *("Internal quality control", "Verification", "Statement of authenticity"),
    ),
    "zh_CN": (
        *(
            "报告主体",
            "报告目的和预定使用者",
            "边界",
            "温室气体排放量",
            "外购能源",
            "不计入合计、单独列示的项目",
            "排放源",
        ),
        *("活动数据及其来源", "排放因子及其来源", "方法说明", "排放强度", "不确定性与数据质量", "数据缺失与未决事项"),
        *("基准年、变更与重述", "内部质量控制", "核查", "真实性声明"),
    ),
}


class ReportCommon(InventoryCommon):
    """Prints reports through the way of Odoo's Print menu and reads them back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.env["ir.module.module"].search(
            [("name", "=like", "carbon_%"), ("state", "=", "installed")]
        )._update_translations(["zh_CN"], overwrite=True)

    def setUp(self):
        super().setUp()
        self.assertTrue(chromium.find(), "Chromium is missing: apt-get install chromium fonts-noto-cjk")

    def _print(self, record, name="document_ghg_gbt", lang="en_US", user=None, **data):
        """Return the pages of a document as texts."""
        reports = self.env["ir.actions.report"].with_user(user or self.env.user)
        self.raw, kind = reports.with_context(lang=lang, force_report_rendering=True)._render_qweb_pdf(
            f"carbon_accounting.{name}", record.ids, data=data
        )
        self.assertEqual(kind, "pdf")
        return [page.extract_text() for page in PdfReader(io.BytesIO(self.raw)).pages]

    @staticmethod
    def _flat(pages):
        """Return a text without white space, which lines and columns put in."""
        return re.sub(r"\s+", "", "".join(pages))

    def _assert_in(self, text, *parts):
        for part in parts:
            self.assertIn(re.sub(r"\s+", "", part), text)


@tagged("post_install", "-at_install")
class TestReportDocument(ReportCommon, WorkbookCommon):
    """The GHG report as PDF: sections, figures, pages and marks (R-140)."""

    def setUp(self):
        super().setUp()
        self._fill()

    def test_every_section_is_there_in_both_languages(self):
        inventory = self._computed()
        for lang, titles in TITLES.items():
            text = self._flat(self._print(inventory, lang=lang))
            for number, title in enumerate(titles, 1):
                self._assert_in(text, f"{number}. {title}")
            self._assert_in(text, "GB/T 32150-2015", "A.1", "A.2", "A.3", "Furnace", "35 t/h", "Laboratory report 7")

    def test_chinese_report_has_no_english_heading(self):
        text = self._flat(self._print(self._computed(), lang="zh_CN"))
        for title in TITLES["en_US"]:
            self.assertNotIn(re.sub(r"\s+", "", title), text)
        self._assert_in(text, "温室气体排放报告", "第1页", "法定代表人")

    def test_edition_in_force_and_order_of_the_framework(self):
        inventory = self._computed()
        text = self._flat(self._print(inventory, "document_ghg_iso"))
        self._assert_in(text, "ISO 14064-1:2018", "By category of ISO 14064-1:2018", "1 Direct emissions and removals")
        self.assertLess(text.index("4.Emissionsources"), text.index("6.Greenhousegasemissions"))
        late = self._inventory(2026, name="Next year")
        late.action_compute()
        self._assert_in(self._flat(self._print(late)), "GB/T 32150-2025")

    def test_figures_are_those_of_the_inventory(self):
        inventory = self._computed()
        pages = self._print(inventory)
        text = self._flat(pages)
        document = self.env["carbon.inventory.document"]
        for name in ("total_t", "without_energy_t", "location_t", "market_t", "energy_location_t"):
            self._assert_in(text, document._t3(inventory[name]))
        for line in inventory.line_ids.filtered(lambda x: x.treatment == "total"):
            self._assert_in(text, document._t3(line.co2e_t))
        # coal 100 t x 20 GJ x 0.026 x 0.98 x 44/12; grid 50,000 kWh x 0.5; CH4 1,000 kg x 29.8
        self._assert_in(text, "186.853", "25.000", "29.800", "216.653", "241.653")
        rows = self.env["carbon.inventory.workbook"]._by_gas(inventory)
        for row in rows:
            self._assert_in(text, document._t3(row[1]))

    def test_sums_of_the_tables_are_the_total(self):
        inventory = self._computed()
        document = self.env["carbon.inventory.document"]._in_language(inventory, "en_US")
        values = document._section_results(inventory, document._edition(inventory, "GBT32150"))
        for name, column in (("categories", 1), ("scopes", 1), ("gases", 4), ("months", 4)):
            self.assertAlmostEqual(sum(float(row[column]) for row in values[name]), inventory.total_t, 9, name)
        self.assertAlmostEqual(sum(float(row["total"]) for row in values["sources"]), inventory.total_t, 9)
        activity = {row["name"]: row["quantity"] for row in document._activity_by_source(inventory)}
        self.assertEqual((activity["Furnace"], activity["Grid"]), (100.0, 50000.0))

    def test_draft_says_so_and_every_page_has_its_number(self):
        inventory = self._computed()
        for lang, mark, page in (("en_US", "DRAFT", "Page {} of {}"), ("zh_CN", "草稿", "第 {} 页，共 {} 页")):
            pages = self._print(inventory, lang=lang)
            self.assertGreater(len(pages), 8)
            for number, text in enumerate(pages, 1):
                self._assert_in(self._flat([text]), mark, page.format(number, len(pages)), "Works")
        self.assertFalse(inventory.report_ids)

    def test_unknown_uncertainty_is_said_to_be_unknown(self):
        inventory = self._computed()
        self._assert_in(
            self._flat(self._print(inventory)), "The uncertainty of this inventory was not assessed. It is not known."
        )
        inventory.action_assess_uncertainty()
        document = self.env["carbon.inventory.document"]
        self.assertFalse(all(inventory.uncertainty_total_ids.mapped("is_known")))
        text = self._flat(self._print(inventory))
        self._assert_in(text, "not known")
        self.assertNotIn("±0.0%", text)
        self._assert_in(text, document._t3(inventory.total_t))

    def test_what_is_not_in_the_figures_is_named(self):
        text = self._flat(self._print(self._computed()))
        self._assert_in(text, "Waits on the worklist because", "Source without factor")

    def test_report_lists_no_rows_of_the_ledger(self):
        inventory = self._computed()
        pages = len(self._print(inventory))
        for day in range(1, 29):
            self._declare(self.fuel_rule, 1, self.ton, f"2025-06-{day:02}", name=f"ROW{day:02}")
        self._commit()
        inventory.action_compute()
        text = self._print(inventory)
        self.assertLessEqual(len(text), pages + 1)  # June is a month more
        self.assertNotIn("ROW07", self._flat(text))

    def test_dialog_prints_in_the_language_chosen(self):
        inventory = self._computed()
        action = inventory.action_print_report()
        dialog = (
            self.env["carbon.report.wizard"]
            .with_context(**action["context"])
            .create({"lang": "zh_CN", "framework": "ISO14064-1"})
        )
        report = dialog.action_print()
        self.assertEqual(report["report_name"], "carbon_accounting.document_ghg_iso")
        raw = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(report["report_name"], None, data=dict(report["data"]))[0]
        )
        self._assert_in(
            self._flat(page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages), "温室气体排放报告"
        )

    def test_without_chromium_the_error_says_what_to_install(self):
        inventory = self._computed()
        with (
            patch.object(chromium, "find", return_value=None),
            self.assertRaisesRegex(UserError, "apt-get install chromium"),
        ):
            self._print(inventory)

    def test_nothing_in_a_name_gets_into_the_page_as_markup(self):
        self.fuel.name = "</style><script>document.title='x'</script><b>Oven</b>"
        self.company.name = 'Works"; } </style><b>x'
        text = self._flat(self._print(self._computed()))
        self._assert_in(text, "<b>Oven</b>", "</style><b>x", "Page 1 of")

    def test_reader_and_verifier_print_and_others_do_not(self):
        inventory = self._computed()
        for login, group in (("doc-reader", "group_carbon_reader"), ("doc-verifier", "group_carbon_verifier")):
            self._assert_in(self._flat(self._print(inventory, user=self._user(login, group))), "241.653")
        other = self._user("doc-other", "group_carbon_meter_technician")
        with (
            self.assertRaises(AccessError),
            mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model"),
        ):
            self._print(inventory, user=other)
        abroad = self.env["res.company"].create({"name": "Abroad"})
        foreign = self._user("doc-foreign", "group_carbon_manager")
        foreign.write({"company_ids": [(6, 0, abroad.ids)], "company_id": abroad.id})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._print(inventory.with_context(allowed_company_ids=abroad.ids), user=foreign)

    def test_aggregates_take_little_time(self):
        inventory = self._computed()
        begin = time.monotonic()
        self.env["carbon.inventory.document"]._html(inventory, "GBT32150", "en_US")
        self.assertLess(time.monotonic() - begin, 20)


@tagged("post_install", "-at_install")
class TestReportDownload(HttpCase, ReportCommon):
    """The way of the Print menu over HTTP."""

    def test_print_menu_sends_a_pdf_with_the_name_of_the_inventory(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self._user("doc-http", "group_carbon_reader")
        self.authenticate("doc-http", "doc-http")
        bound = self.env["ir.actions.actions"].get_bindings("carbon.inventory")["report"]
        self.assertIn(self.env.ref("carbon_accounting.carbon_report_ghg_gbt").id, [action["id"] for action in bound])
        # tests of Odoo get HTML where they do not ask for the PDF
        context = json.dumps({"force_report_rendering": True, "lang": "en_US", "allowed_company_ids": self.company.ids})
        url = f"/report/pdf/carbon_accounting.document_ghg_gbt/{inventory.id}"
        token = http.Request.csrf_token(self)
        with mute_logger("odoo.addons.web.controllers.report"):
            response = self.url_open(
                "/report/download",
                data={"data": json.dumps([url, "qweb-pdf"]), "context": context, "csrf_token": token},
                timeout=120,
            )
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn("Inventory_2025_GBT32150.pdf", response.headers["Content-Disposition"])
        self.assertIn("Works", PdfReader(io.BytesIO(response.content)).pages[0].extract_text())
