from odoo import api, models

from ..tools.xlsx_stream import Column, StreamBook

_WORDS = {
    "base_year": "基准年 Base year",
    "typical_year": "典型年 Typical year",
    "mean": "多年平均 Mean of several years",
    "projection": "预测 Projection",
    "draft": "草稿 Draft",
    "approved": "已批准 Approved",
    "superseded": "已被取代 Superseded",
    "rejected": "已否决 Rejected",
    "parameter": "a) 参数不再反映绩效 Parameters no longer reflect performance",
    "static": "b) 静态因素重大变化 Static factors changed greatly",
    "method": "c) 预先设定的方法 A method set beforehand",
    "advanced_national": "国内先进值 Advanced, national",
    "advanced_international": "国际先进值 Advanced, international",
    "own_best": "自身最好值 Own best",
    "limit": "限值 Limit",
}


class CarbonBaselineHistory(models.AbstractModel):
    """All versions of a baseline with adjustments, static factors, variables and benchmarks, as a workbook (R-055)."""

    _name = "carbon.baseline.history"
    _description = "Baseline History"

    @api.model
    def _write(self, baseline, stream):
        """Write the workbook.

        :param baseline: any version of the baseline
        :param stream: binary file object
        """
        versions = baseline._same_thing().sorted("version")
        book = StreamBook(stream)
        self._write_versions(book, versions)
        self._write_lines(book, versions)
        self._write_adjustments(book, versions)
        self._write_static_factors(book, versions)
        parameters = self.env["carbon.performance.parameter"].search(
            [("company_id", "=", baseline.company_id.id), ("baseline_id", "in", versions.ids)]
        )
        self._write_variables(book, parameters)
        self._write_benchmarks(book, parameters.benchmark_ids)
        book.close()

    @api.model
    def _write_versions(self, book, versions):
        columns = [
            Column("编号 Number", width=12),
            Column("名称 Name", width=36),
            Column("版本 Version", "number", 10),
            Column("方法 Method", width=26),
            Column("有效自 Valid from", "date"),
            Column("有效至 Valid until", "date"),
            Column("状态 State", width=18),
            Column("排放清单 Inventories", "wrap", 40),
            Column("GWP", width=10),
            Column("气体 Gases", width=24),
            Column("批准值 As approved (t CO2e)", "tonne", 18),
            Column("调整后 Adjusted (t CO2e)", "tonne", 18),
            Column("代表性 Why representative", "wrap", 40),
            Column("变更理由 Reason for the change", "wrap", 40),
            Column("编制人 Prepared by", width=18),
            Column("批准人 Approved by", width=18),
            Column("批准时间 Approved on", "date"),
        ]
        sheet = book.sheet("版本 Versions", columns, "碳基准历史 Baseline history")
        for version in versions:
            sheet.row(
                [
                    *(version.number or "", version.name, version.version, _WORDS[version.method]),
                    *(version.date_from, version.date_to, _WORDS[version.state]),
                    *(
                        ", ".join(version.inventory_ids.mapped("name")),
                        version.gwp_set_id.code or "",
                        version.gases or "",
                    ),
                    *(version.original_t, version.total_t, version.representative or "", version.change_reason or ""),
                    *(version.prepared_by_id.name or "", version.approved_by_id.name or "", version.approved_on),
                ]
            )

    @api.model
    def _write_lines(self, book, versions):
        columns = [
            Column("版本 Version", "number", 10),
            Column("排放类别 Category", width=40),
            Column("批准值 As approved (t CO2e)", "tonne", 18),
            Column("调整后 Adjusted (t CO2e)", "tonne", 18),
        ]
        sheet = book.sheet("类别 Categories", columns)
        for line in versions.line_ids.sorted(lambda line: (line.baseline_id.version, -line.original_t)):
            category = line.emission_category_id
            names = (category.with_context(lang=lang).name for lang in ("zh_CN", None))
            name = " ".join(dict.fromkeys(names))
            sheet.row([line.baseline_id.version, name, line.original_t, line.adjusted_t])

    @api.model
    def _write_adjustments(self, book, versions):
        columns = [
            Column("版本 Version", "number", 10),
            Column("编号 Number", width=12),
            Column("主题 Subject", width=30),
            Column("触发 Trigger", "wrap", 36),
            Column("静态因素 Static factor", width=24),
            Column("类别 Category", width=24),
            Column("调整前 Before (t CO2e)", "tonne", 18),
            Column("调整后 After (t CO2e)", "tonne", 18),
            Column("说明 Explanation", "wrap", 50),
            Column("状态 State", width=18),
            Column("编制人 Prepared by", width=18),
            Column("批准人 Approved by", width=18),
            Column("批准时间 Approved on", "date"),
        ]
        sheet = book.sheet("调整 Adjustments", columns)
        for row in versions.adjustment_ids.sorted("id"):
            sheet.row(
                [
                    *(row.baseline_id.version, row.number or "", row.name, _WORDS[row.trigger]),
                    *(row.static_factor_id.name or "", row.emission_category_id.name or "", row.old_t, row.new_t),
                    *(row.explanation, _WORDS[row.state], row.prepared_by_id.name or ""),
                    *(row.approved_by_id.name or "", row.approved_on),
                ]
            )

    @api.model
    def _write_static_factors(self, book, versions):
        columns = [
            Column("静态因素 Static factor", width=30),
            Column("单位 Unit", width=12),
            Column("基准中的值 In the baseline", "number", 16),
            Column("阈值 Threshold (%)", "number", 12),
            Column("日期 Date", "date"),
            Column("读数 Reading", "number", 14),
            Column("证据 Evidence", "wrap", 40),
        ]
        sheet = book.sheet("静态因素 Static factors", columns)
        for factor in versions.with_context(active_test=False).static_factor_ids:
            head = [factor.name, factor.unit, factor.reference_value, factor.threshold]
            sheet.row(head)
            for reading in factor.reading_ids.sorted("date"):
                sheet.row([*head, reading.date, reading.value, reading.note or ""])

    @api.model
    def _write_variables(self, book, parameters):
        columns = [
            Column("相关变量 Variable", width=30),
            Column("单位 Unit", width=12),
            Column("月份 Month", "date"),
            Column("值 Value", "number", 16),
            Column("证据 Evidence", "wrap", 40),
        ]
        sheet = book.sheet("相关变量 Variables", columns)
        variables = self.env["carbon.relevant.variable"].union(*(parameter._variables() for parameter in parameters))
        for row in variables.value_ids.sorted(lambda row: (row.variable_id.id, row.date)):
            sheet.row([row.variable_id.name, row.unit, row.date, row.value, row.note or ""])

    @api.model
    def _write_benchmarks(self, book, benchmarks):
        columns = [
            Column("对标值 Benchmark", width=36),
            Column("类型 Type", width=28),
            Column("值 Value", "number", 14),
            Column("单位 Unit", width=14),
            Column("来源 Source", "wrap", 50),
            Column("年份 Years", width=14),
        ]
        sheet = book.sheet("对标值 Benchmarks", columns)
        for row in benchmarks:
            years = f"{row.year_from}–{row.year_to or ''}"
            sheet.row([row.display_name, _WORDS[row.kind], row.value, row.unit, row.source_document, years])
