from odoo import api, models
from odoo.tools import SQL

from ..tools.xlsx_stream import Column, Formula, StreamBook

#: What the values of this part say, Chinese and English.
WORDS = {
    "none": "不分层 No strata",
    "source": "按排放源 By source",
    "category": "按排放类别 By emission category",
    "material": "超过实质性水平 Above the materiality",
    "certain": "大于抽样间隔 Larger than the interval",
    "drawn": "抽中 Drawn",
    "waiting": "待重算 Waiting",
    "pass": "通过 Pass",
    "fail": "未通过 Fail",
    "cannot": "无法重算 Cannot be re-performed",
    "below": "低于实质性水平 Below the materiality",
    "above": "超过实质性水平 Above the materiality",
    "note": "观察项 Observation",
    "minor": "一般 Minor",
    "major": "重大错报 Material misstatement",
    "draft": "草稿 Draft",
    "submitted": "已提交 Submitted",
    "answered": "已答复 Answered",
    "closed": "已关闭 Closed",
    "performed": "已重算 Re-performed",
}
#: The algorithm, so that anybody can repeat the draw without this system (``tools/sampling.py``).
ALGORITHM = (
    "1. 每行的规模：该行计入排放清单总量的tCO2e的绝对值，以整毫克计；规模为0的行不抽取。 "
    "Size of a row: its t CO2e in the total of the inventory without sign, in whole milligrams; rows of size 0 are not drawn.",
    "2. 规模不小于实质性水平的行全部抽取。 Rows of at least the materiality are all taken.",
    "3. 样本量n分配到各层：每层至少一行，其余按规模以最大余数法分配。 "
    "The rows to draw (n) are spread over the strata: one each, the others by size with the largest remainders.",
    "4. 层内规模不小于抽样间隔（剩余规模÷剩余待抽行数）的行从大到小必抽，直至不再有这样的行；其余的规模为W，待抽n行。 "
    "In a stratum rows of at least the interval (size of what is left / rows still to draw) are taken, the largest first, until none is "
    "left; W is the size of the rest, n the rows to draw from it.",
    "5. 其余各行按SHA-256(种子|行号)的字节升序排列，首尾相接成长度为W的线。行号是活动数据行的编号。 "
    "The rest is ordered by the bytes of SHA-256(seed|row number), rising, and laid end to end on a line of length W. The row number is "
    "that of the row of activity data.",
    "6. k为SHA-256(种子|start|层编号)前8字节的整数；在线上标出点(m + k/2^64)×W/n，m = 0…n-1。有点落入的行被抽中。 "
    "k is the integer of the first 8 bytes of SHA-256(seed|start|stratum number); the points (m + k/2^64) × W / n, m = 0…n-1, are marked. "
    "A row on which a point lies is drawn.",
    "行占据的区间包括起点，不包括终点；全部为整数运算。 A row covers its first point, not its end; all arithmetic is in integers.",
)
METHOD = (
    "重算：由参考内核（精确小数）从源单据重新计算：事件、单位与换算、因子版本、气体、GWP；写入台账的引擎不参与。"
    "精确到12位小数相等才为通过。 "
    "Re-performance: the reference kernel (exact decimals) calculates each row again from its document: event, unit and conversion, factor "
    "version, gases, GWP. The engine that wrote the ledger takes no part. Equal means equal to 12 decimals.",
    "推断错报 = Σ必抽行差异 + Σ抽中行（差异÷规模×间隔）；Horvitz–Thompson (1952)，ISA 530。 "
    "Projected misstatement = Σ differences of certain rows + Σ (difference / size × interval) of drawn rows; Horvitz & Thompson (1952), "
    "ISA 530.",
    "无法重算的行按全额错报单独推断。 Rows that cannot be re-performed count as misstated in full, apart.",
)


class CarbonVerificationPaper(models.AbstractModel):
    """The working paper of a sample: bilingual, streamed, repeatable by anybody who holds the population (R-140)."""

    _name = "carbon.verification.paper"
    _description = "Working Paper of a Sample"
    _inherit = "carbon.inventory.workbook"

    @api.model
    def _write_paper(self, sample, stream):
        """Write the working paper.

        :param sample: one ``carbon.verification.sample`` that the user may read
        :param stream: binary file object
        """
        sample.ensure_one()
        sample.check_access("read")
        self.env.flush_all()
        book = StreamBook(stream)
        self._write_summary(book, sample)
        self._write_strata(book, sample)
        self._write_rows(book, sample)
        self._write_gases(book, sample)
        self._write_findings(book, sample)
        self._write_signatures(book, sample)
        book.close()

    @api.model
    def _word(self, value, model=None, field=None):
        """Return a code in Chinese and English, in the words of this part first."""
        return self._one(WORDS[value]) if value in WORDS else super()._word(value, model, field)

    # ------------------------------------------------------------------
    # Summary
    # ------------------------------------------------------------------
    @api.model
    def _write_summary(self, book, sample):
        columns = [Column("项目 Item", width=58), Column("值 Value", width=44)]
        sheet = book.sheet("汇总 Summary", columns, f"核查抽样工作底稿 Verification working paper: {sample.name}")
        for label, value in self._sample_facts(sample):
            sheet.row([label, value], "text")
        sheet.skip()
        sheet.headings([Column("总体与结果 Population and result"), Column("值 Value")])
        for label, value in self._sample_numbers(sample):
            sheet.row([label, value], "number")
        sheet.row(["结论 Conclusion", self._word(sample.conclusion) if sample.conclusion else ""], "text")
        for title, lines in (
            ("抽样算法 How the sample is drawn", ALGORITHM),
            ("重算与推断 Re-performance and projection", METHOD),
        ):
            sheet.skip()
            sheet.headings([Column(title)])
            for line in lines:
                sheet.text(line)

    @api.model
    def _sample_facts(self, sample):
        inventory = sample.inventory_id
        return [
            ("组织名称 Organisation", inventory.company_id.name),
            ("排放清单 Inventory", inventory.name),
            ("期间 Period", f"{inventory.date_from} – {inventory.date_to}"),
            ("状态 State of the inventory", self._word(inventory.state)),
            ("封存根哈希 Root of the seal (SHA-256)", inventory.seal_root or ""),
            ("GWP", inventory.gwp_set_id.code),
            ("电力口径 Electricity basis", self._word(inventory.electricity_basis)),
            ("核查员 Verifier", sample.user_id.name),
            ("种子 Seed", sample.seed),
            ("待抽行数 Rows to draw", str(sample.size)),
            ("分层 Strata", self._word(sample.stratify)),
            ("实质性水平 Materiality (%)", repr(sample.materiality)),
            ("抽取时间 Drawn on (UTC)", str(sample.drawn_on or "")),
            ("重算时间 Re-performed on (UTC)", str(sample.performed_on or "")),
            ("样本行号的哈希 SHA-256 of the row numbers (rising, joined by commas)", sample._ids_digest()),
            ("范围与样本量的理由 Scope and reason of the size", sample.note or ""),
        ]

    @api.model
    def _sample_numbers(self, sample):
        return [
            ("总体行数 Rows in the population", sample.population_count),
            ("规模为0的行 Rows of size 0", sample.empty_count),
            ("总体 Population (t CO2e)", sample.population_t),
            ("清单总量 Total of the inventory (t CO2e)", sample.inventory_t),
            ("总体减清单 Population less inventory (t CO2e)", sample.untold_t),
            ("总体（绝对值） Population without signs (t CO2e)", sample.gross_t),
            ("实质性水平 Materiality (t CO2e)", sample.threshold_t),
            ("样本行数 Rows in the sample", sample.row_count),
            ("通过 Passed", sample.pass_count),
            ("未通过 Failed", sample.fail_count),
            ("无法重算 Cannot be re-performed", sample.cannot_count),
            ("已发现差异 Errors found (t CO2e)", sample.known_t),
            ("推断错报 Projected misstatement (t CO2e)", sample.projected_t),
            ("推断错报（绝对值） Projected without signs (t CO2e)", sample.projected_gross_t),
            ("推断无依据 Not supported, projected (t CO2e)", sample.unsupported_t),
        ]

    # ------------------------------------------------------------------
    # Strata and rows
    # ------------------------------------------------------------------
    @api.model
    def _write_strata(self, book, sample):
        columns = [
            Column("层编号 Stratum no.", "number", 12),
            Column("层 Stratum", width=34),
            *(
                Column(title, "number", 16)
                for title in ("总体行数 Rows", "超过实质性水平的行 Above the materiality", "抽取行数 Drawn (n)")
            ),
            Column("总体 Population (t CO2e)", "number", 18),
            Column("必抽自 Certain from (kg CO2e)", "number", 18),
            Column("其余规模 Rest W (kg CO2e)", "number", 18),
            Column("间隔 Interval (t CO2e)", "number", 18),
            Column("随机起点k Random start k (of 2^64)", width=24),
        ]
        sheet = book.sheet("层 Strata", columns, "层 Strata")
        for stratum in sample.stratum_ids:
            part = stratum.source_id or stratum.category_id
            sheet.row(
                [
                    *(stratum.key, self._bilingual(part) or "全部 Whole population", stratum.row_count),
                    *(stratum.material_count, stratum.draw_count, stratum.net_t, stratum.certain_kg, stratum.rest_kg),
                    *(stratum.interval_t, stratum.start),
                ]
            )

    @api.model
    def _write_rows(self, book, sample):
        columns = [
            Column("行号 Row no.", "number", 10),
            Column("日期 Date", "date", 12),
            Column("单据 Document", width=28),
            Column("排放源 Source", width=28),
            Column("层编号 Stratum no.", "number", 10),
            Column("选取 Taken", width=24),
            Column("规模 Size (t CO2e)", "number", 16),
            Column("台账数量 Quantity, ledger", "number", 18),
            Column("重算数量 Quantity, re-performed", "number", 18),
            Column("单位 Unit", width=10),
            Column("清单 Inventory (kg CO2e)", "number", 20),
            Column("重算 Re-performed (kg CO2e)", "number", 20),
            Column("差异 Difference (kg CO2e)", "number", 18),
            Column("间隔 Interval (t CO2e)", "number", 16),
            Column("推断 Projected (t CO2e)", "number", 18),
            Column("结果 Result", width=26),
            Column("说明", "wrap", 50),
            Column("Reason", "wrap", 50),
            Column("链接 Link", width=44),
        ]
        sheet = book.sheet("样本 Sample", columns, "样本 Sampled rows")
        base, total = sample.get_base_url(), 0.0
        for row_id, detail, result, *values in self._stream(self._sql_rows(sample)):
            row = list(values)
            projected, formula = self._projected(*(row[index] for index in (12, 6, 13))), f"{sheet.cell(12)}/1000"
            if row[13]:
                formula = f"{formula}/{sheet.cell(6)}*{sheet.cell(13)}"
            row[5] = self._word(row[5])
            failed = result == "fail"
            row += [Formula(formula, projected) if failed else 0, self._word(result)]
            sheet.row([*row, *self._reasons(detail), f"{base}/odoo/carbon-sampled-rows/{row_id}"])
            total += projected if failed else 0.0
        if total:
            sheet.row([*[""] * 13, "合计 Total", sheet.sum_up(14, total)], "bold")

    @api.model
    def _projected(self, difference_kg, size_t, interval_t):
        """Return what the difference of a row stands for in the population, in t CO2e: of a drawn row its share of the interval."""
        tonnes = float(difference_kg or 0) / 1000
        return tonnes / float(size_t) * float(interval_t) if interval_t else tonnes

    @api.model
    def _reasons(self, detail, langs=("zh_CN", "en_US")):
        """Return what differs in Chinese and in English."""
        checks = (detail or {}).get("checks", ())
        told = []
        for lang in langs:
            rows = self.env["carbon.verification.row"].with_context(lang=lang)
            told.append("\n".join(rows._sentence(check) for check in checks))
        return told

    @api.model
    def _sql_rows(self, sample):
        return SQL(
            """
            SELECT r.id, r.detail, r.result, r.activity_key, r.date, r.label, %(source)s, st.key, r.pick, r.size_t, r.ledger_quantity,
                   r.kernel_quantity, COALESCE(%(unit)s, cu.name), r.book_kg, r.kernel_kg, r.difference_kg,
                   CASE WHEN r.pick = 'drawn' THEN st.rest_kg / st.draw_count / 1000 END
              FROM carbon_verification_row r
              JOIN carbon_verification_stratum st ON st.id = r.stratum_id
              LEFT JOIN carbon_source s ON s.id = r.source_id
              LEFT JOIN carbon_activity_data a ON a.id = r.activity_id
              LEFT JOIN uom_uom u ON u.id = a.uom_id
              LEFT JOIN res_currency cu ON cu.id = a.currency_id
             WHERE r.sample_id = %(sample)s ORDER BY r.size_t DESC, r.id
            """,
            source=self._sql_name("s.name"),
            unit=self._sql_name("u.name"),
            sample=sample.id,
        )

    @api.model
    def _write_gases(self, book, sample):
        """Write both calculations gas by gas; numbers are texts, so that no digit is lost."""
        columns = [
            Column("行号 Row no.", "number", 10),
            Column("单据 Document", width=28),
            *(Column(title, width=16) for title in ("结果 Result", "气体 Gas", "种类 Kind")),
            *(Column(title, width=26) for title in ("台账质量 Mass, ledger (kg)", "重算质量 Mass, re-performed (kg)")),
            *(Column(title, width=12) for title in ("台账GWP Ledger", "重算GWP Re-performed")),
            *(Column(title, width=26) for title in ("台账 Ledger (kg CO2e)", "重算 Re-performed (kg CO2e)")),
            Column("合并比例 Share", width=12),
        ]
        names = (
            "stream",
            "gas",
            "kind",
            "ledger_kg",
            "kernel_kg",
            "ledger_gwp",
            "kernel_gwp",
            "ledger_co2e",
            "kernel_co2e",
            "share",
        )
        sheet = book.sheet("气体 Gases", columns, "各气体两次计算（100 %） Both calculations by gas (100 %)")
        query = SQL(
            "SELECT activity_key, label, detail FROM carbon_verification_row WHERE sample_id = %s ORDER BY size_t DESC, id",
            sample.id,
        )
        for key, label, detail in self._stream(query):
            for gas in (detail or {}).get("gases", ()):
                sheet.row([key, label, *(self._word(gas[name]) if name == "kind" else gas[name] for name in names)])

    # ------------------------------------------------------------------
    # Findings and signatures
    # ------------------------------------------------------------------
    @api.model
    def _write_findings(self, book, sample):
        columns = [
            Column("编号 No.", width=12),
            Column("行号 Row no.", "number", 10),
            Column("严重程度 Severity", width=18),
            Column("发现 Finding", "wrap", 60),
            Column("错报 Misstatement (t CO2e)", "number", 18),
            Column("组织答复 Response", "wrap", 50),
            Column("核查员结论 Conclusion", "wrap", 50),
            Column("状态 State", width=18),
        ]
        sheet = book.sheet("发现 Findings", columns, "发现 Findings")
        for finding in sample.finding_ids.sorted("id"):
            sheet.row(
                [
                    *(finding.name, finding.row_id.activity_key or None, self._word(finding.severity)),
                    *(finding.description, finding.misstatement_t, finding.response or "", finding.closing_note or ""),
                    self._word(finding.state),
                ]
            )

    @api.model
    def _write_signatures(self, book, sample):
        columns = [
            Column("角色 Role", width=34),
            *(Column(t, width=30) for t in ("姓名 Name", "签字 Signature", "日期 Date")),
        ]
        sheet = book.sheet("签字 Signatures", columns, "签字 Signatures")
        for role, name in self._signers(sample):
            sheet.skip()
            sheet.row([role, name])

    @api.model
    def _signers(self, sample):
        return [
            ("核查员 Verifier", sample.user_id.name),
            ("核查组长 Lead verifier", ""),
            ("受核查组织 Verified organisation", ""),
        ]
