import io
import re

from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools import sampling
from .test_report_document import ReportCommon
from .verification_common import VerificationCommon


class PaperCommon(VerificationCommon):
    """A sample with a row that was changed after it was sealed, and a finding about it."""

    def _book(self, sample, user=None):
        stream = io.BytesIO()
        self.env["carbon.verification.paper"].with_user(user or self.verifier)._write_paper(
            sample.with_user(user or self.verifier), stream
        )
        return load_workbook(stream)

    def _failed_sample(self, size=3):
        inventory = self._sealed()
        self.env.flush_all()
        self.env.cr.execute("UPDATE carbon_declaration SET quantity = 120 WHERE id = %s", [self.coal_march.id])
        self.env.invalidate_all()
        sample = self._performed(inventory, size, stratify="source", materiality=100, note="Half of the rows.")
        finding = (
            self.env["carbon.verification.finding"]
            .with_user(self.verifier)
            .create(
                {
                    "inventory_id": inventory.id,
                    "sample_id": sample.id,
                    "row_id": self._row_of(sample, self.coal_march).id,
                    "description": "The bill says 120 t.",
                }
            )
        )
        return sample, finding


@tagged("post_install", "-at_install")
class TestVerificationPaper(PaperCommon, HttpCase):
    """The working paper says all that is needed to repeat the sample elsewhere (R-140)."""

    def test_paper_holds_seed_algorithm_rows_and_findings(self):
        sample, finding = self._failed_sample()
        book = self._book(sample)
        self.assertEqual(
            book.sheetnames,
            ["汇总 Summary", "层 Strata", "样本 Sample", "气体 Gases", "发现 Findings", "签字 Signatures"],
        )
        facts = {row[0]: row[1] for row in book["汇总 Summary"].iter_rows(values_only=True) if row[0]}
        self.assertEqual((facts["种子 Seed"], facts["待抽行数 Rows to draw"]), ("2025", "3"))
        self.assertEqual(facts["封存根哈希 Root of the seal (SHA-256)"], sample.inventory_id.seal_root)
        self.assertEqual(facts["总体行数 Rows in the population"], 3)
        self.assertAlmostEqual(facts["推断错报 Projected misstatement (t CO2e)"], sample.projected_t, places=9)
        self.assertTrue(any("SHA-256(seed|row number)" in text for text in facts))
        rows = list(book["样本 Sample"].iter_rows(min_row=3, values_only=True))
        told = {row[2]: row for row in rows if row[2]}
        coal = told["COAL/03"]
        self.assertEqual((coal[7], coal[8], coal[15]), (100, 120, "未通过 Fail"))
        self.assertIn("Quantity: the ledger has 100, re-performed 120.", coal[17])
        self.assertIn(f"/odoo/carbon-sampled-rows/{self._row_of(sample, self.coal_march).id}", coal[18])
        gases = list(book["气体 Gases"].iter_rows(min_row=3, values_only=True))
        coal = next(row for row in gases if row[1] == "COAL/03")
        self.assertEqual(coal[5:7], ("186853.3333333333", "224223.99999999996"))
        noted = list(book["发现 Findings"].iter_rows(min_row=3, values_only=True))
        self.assertEqual((noted[0][0], noted[0][3], noted[0][7]), (finding.name, "The bill says 120 t.", "草稿 Draft"))
        signed = [row[0] for row in book["签字 Signatures"].iter_rows(values_only=True) if row[0]]
        self.assertIn("核查员 Verifier", signed)

    def test_reason_is_chinese_where_the_language_is_installed(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", "carbon_accounting")])._update_translations(["zh_CN"])
        sample, _finding = self._failed_sample()
        rows = list(self._book(sample)["样本 Sample"].iter_rows(min_row=3, values_only=True))
        coal = next(row for row in rows if row[2] == "COAL/03")
        self.assertIn("重算", coal[16])

    def test_sample_can_be_repeated_from_the_paper_alone(self):
        """Population and paper are enough: no record of the system is read."""
        sample, _finding = self._failed_sample(2)
        book = self._book(sample)
        facts = {row[0]: row[1] for row in book["汇总 Summary"].iter_rows(values_only=True) if row[0]}
        population = self.env.execute_query(
            self._sql(
                "SELECT e.activity_id, e.source_id, round(abs(e.quantity * g.kg_per_unit) * 1000000)::text FROM carbon_emission_line e "
                "JOIN carbon_emission_factor_gas g ON g.version_id = e.version_id WHERE e.company_id = %s",
                self.company.id,
            )
        )
        rows = [(row[0], row[1], int(row[2])) for row in population]
        threshold = round(facts["实质性水平 Materiality (t CO2e)"] * 1000 * sampling.MG_PER_KG)
        drawn = sampling.draw(rows, facts["种子 Seed"], int(facts["待抽行数 Rows to draw"]), threshold)
        told = {
            row[0]
            for row in book["样本 Sample"].iter_rows(min_row=3, values_only=True)
            if isinstance(row[0], (int, float))
        }
        self.assertEqual(told, set(drawn))

    def test_download_for_those_who_may_read_the_sample(self):
        sample, _finding = self._failed_sample()
        self.env.flush_all()
        self.authenticate("seal-verifier", "seal-verifier")
        response = self.url_open(sample.action_download()["url"])
        self.assertEqual(response.status_code, 200)
        self.assertIn(f"{sample.name}.xlsx", response.headers["Content-Disposition"])
        self.assertEqual(load_workbook(io.BytesIO(response.content)).sheetnames[0], "汇总 Summary")
        other = self.env["res.company"].create({"name": "Other"})
        self._user("paper-stranger", "group_carbon_verifier", other)
        self.authenticate("paper-stranger", "paper-stranger")
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            self.assertEqual(self.url_open(sample.action_download()["url"]).status_code, 403)


@tagged("post_install", "-at_install")
class TestVerificationPaperPdf(ReportCommon, PaperCommon):
    """The working paper as PDF says what its workbook says, in English or in Chinese (R-140)."""

    def _printed(self, sample, lang="en_US", user=None):
        """Print as the button does, and return the text without white space."""
        user = user or self.verifier
        action = sample.with_user(user).with_context(paper_lang=lang).action_print()
        self.assertEqual(action["report_name"], "carbon_accounting.document_verification_paper")
        self.pages = self._print(sample, "document_verification_paper", user=user, **action["data"])
        return self._flat(self.pages)

    def test_pdf_holds_what_the_workbook_holds(self):
        sample, finding = self._failed_sample()
        text = self._printed(sample)
        self._assert_in(text, "Verification working paper", sample.name, "Seed 2025", "Rows to draw 3", "Works")
        self._assert_in(text, sample.inventory_id.seal_root, sample._ids_digest(), "Half of the rows.")
        self._assert_in(
            text, "1. Size of a row: its t CO2e", "SHA-256(seed|row number)", "all arithmetic is in integers."
        )
        self._assert_in(text, "Projected misstatement = Σ differences of certain rows", "Horvitz & Thompson (1952)")
        row = self._row_of(sample, self.coal_march)
        self._assert_in(
            text, str(row.activity_key), "COAL/03", "Quantity: the ledger has 100, re-performed 120.", "Fail"
        )
        self._assert_in(text, "186853.3333333333", "224223.99999999996")
        self._assert_in(text, f"Projected misstatement (t CO2e) {sample.projected_t:,.3f}")
        for stratum in sample.stratum_ids:
            self._assert_in(text, stratum.start or "Strata")
        self._assert_in(text, finding.name, "The bill says 120 t.", "Draft", "Lead verifier", "Verified organisation")
        self.assertNotIn("核查", text)

    def test_every_column_has_room_for_figures_of_a_large_company(self):
        """A column of a fixed table without width is as wide as its heading, and big figures print over the next one."""
        sample, _finding = self._failed_sample()
        html = self.env["carbon.inventory.document"]._paper_html(sample, "en_US")
        tables = re.findall(r'<table class="fixed">\s*<thead>(.*?)</thead>', html, re.DOTALL)
        self.assertEqual(len(tables), 3)
        self.assertNotIn('table-layout: fixed"', html)
        for head in tables:
            widths = [int(width) for width in re.findall(r"width: (\d+)%", head)]
            self.assertEqual((len(widths), sum(widths)), (head.count("<th"), 100), head)
        self.assertIn("COAL/<wbr/>03", html)
        self.assertRegex(html, r"\.fixed \.n \{ white-space: normal; overflow-wrap: anywhere; \}")

    def test_pdf_in_chinese_has_chinese_headings_headers_and_page_numbers(self):
        sample, _finding = self._failed_sample()
        text = self._printed(sample, "zh_CN")
        self._assert_in(
            text,
            "核查抽样工作底稿",
            "种子 2025",
            "推断错报 (t CO2e)",
            "待抽行数 3",
            "每行的规模：",
            "推断错报=Σ必抽行差异",
            "未通过",
            "签字",
        )
        self._assert_in(text, "台账", "重算", "发现", "层", "组织答复")
        for title in ("Signatures", "Sampled rows", "Seed", "Rows to draw", "Findings", "Population"):
            self.assertNotIn(title.replace(" ", ""), text)
        for number, page in enumerate(self.pages, 1):
            flat = self._flat([page])
            self._assert_in(flat, f"第 {number} 页，共 {len(self.pages)} 页", sample.name, "Works")

    def test_draft_of_a_paper_is_marked_and_readers_of_other_companies_print_none(self):
        sample = self._sample(self._sealed(), 2)
        self._assert_in(self._printed(sample), "DRAFT")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("paper-pdf-stranger", "group_carbon_verifier", other)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            sample.with_user(stranger).with_context(allowed_company_ids=other.ids).action_print()
