from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.xlsx_stream import Column
from .carbon_inventory_workbook import NOT_MAPPED


class CarbonInventoryWorkbook(models.AbstractModel):
    """What is not in the figures, and how the figures came about: worklist, superseded events, notes."""

    _inherit = "carbon.inventory.workbook"

    # ------------------------------------------------------------------
    # Worklist and superseded events
    # ------------------------------------------------------------------
    @api.model
    def _recognition(self, code):
        return self._word(code, "carbon.activity.data", "recognition")

    @api.model
    def _write_worklist(self, context):
        columns = [
            Column("日期 Date", "date", 12),
            Column("原因 Reason", width=32),
            Column("单据 Document", width=28),
            Column("事件 Event", width=20),
            Column("产品 Product", width=30),
            Column("合作方 Partner", width=26),
            Column("数量 Quantity", "number", 16),
            Column("单位 Unit", width=10),
            Column("金额 Amount", "number", 16),
            Column("币种 Currency", width=10),
            Column("排放源 Source", width=28),
        ]
        title = "未计入的待处理事项 Not in the figures: open worklist"
        sheet = context["book"].sheet("待办清单 Worklist", columns, title)
        for row in self._stream(self._sql_worklist(context["inventory"])):
            sheet.row([row[0], self._word(row[1], "carbon.collection.issue", "reason"), *row[2:]])

    @api.model
    def _sql_worklist(self, inventory):
        """Return the open worklist of the period, the heaviest first."""
        join, product = self._sql_product()
        with_partner, partner = self._sql_partner()
        return SQL(
            """
            SELECT a.date, a.reason, a.label, COALESCE(%(kind)s, a.kind), %(product)s, %(partner)s, a.quantity, %(unit)s,
                   a.amount, cu.name, %(source)s
              FROM carbon_collection_issue a
              LEFT JOIN carbon_event_kind k ON k.code = a.kind
              LEFT JOIN carbon_source s ON s.id = a.source_id
              %(with_partner)s
              LEFT JOIN uom_uom u ON u.id = a.uom_id
              LEFT JOIN res_currency cu ON cu.id = a.currency_id
              %(join)s
             WHERE a.state = 'open' AND a.company_id = %(company)s AND a.date BETWEEN %(start)s AND %(end)s
             ORDER BY abs(a.amount) DESC NULLS LAST, a.date, a.id
            """,
            source=self._sql_name("s.name"),
            kind=self._sql_name("k.name"),
            unit=self._sql_name("u.name"),
            product=product,
            partner=partner,
            with_partner=with_partner,
            join=join,
            **self._window(inventory),
        )

    @api.model
    def _write_superseded(self, context):
        columns = [
            Column("日期 Date", "date", 12),
            Column("单据 Document", width=28),
            Column("事件 Event", width=20),
            Column("确认点 Recognised when", width=16),
            Column("产品 Product", width=30),
            Column("数量 Quantity", "number", 16),
            Column("单位 Unit", width=10),
            Column("状态 Status", width=28),
            Column("改由规则计入 Counted instead by rule", width=30),
            Column("计入确认点 Counted when", width=16),
            Column("排放源 Source", width=28),
        ]
        title = "由其他确认点计入的事件 Events counted at another recognition point"
        sheet = context["book"].sheet("被替代 Superseded", columns, title)
        for row in self._stream(self._sql_superseded(context["inventory"])):
            sheet.row(
                [
                    *row[:3],
                    self._word(row[3]),
                    *row[4:7],
                    self._recognition(row[7]),
                    row[8],
                    self._recognition(row[9]),
                    row[10],
                ]
            )

    @api.model
    def _sql_superseded(self, inventory):
        """Return the superseded events of the period, also those with nothing found where they count."""
        join, product = self._sql_product()
        report = self.env["carbon.superseded.report"].with_context(allowed_company_ids=inventory.company_id.ids)
        start, end = inventory.date_from, inventory.date_to
        return SQL(
            """
            SELECT a.date, a.label, %(kind)s, a.recognition, %(product)s, a.quantity, %(unit)s, a.status, %(rule)s,
                   a.counted_recognition, %(source)s
              FROM (%(events)s) a
              JOIN carbon_event_kind k ON k.id = a.kind_id
              LEFT JOIN carbon_activity_rule r ON r.id = a.rule_id
              LEFT JOIN carbon_source s ON s.id = a.source_id
              LEFT JOIN uom_uom u ON u.id = a.uom_id
              %(join)s
             WHERE a.status <> 'counted' AND a.company_id = %(company)s AND a.date BETWEEN %(start)s AND %(end)s
             ORDER BY a.date, a.id
            """,
            kind=self._sql_name("k.name"),
            rule=self._sql_name("r.name"),
            source=self._sql_name("s.name"),
            unit=self._sql_name("u.name"),
            product=product,
            events=report._sql_report(report._window(Domain("date", ">=", start) & Domain("date", "<=", end))),
            join=join,
            **self._window(inventory),
        )

    # ------------------------------------------------------------------
    # Notes
    # ------------------------------------------------------------------
    @api.model
    def _write_notes(self, context):
        columns = [Column("说明 Note", "wrap", 40), Column("内容 Content", "wrap", 110)]
        sheet = context["book"].sheet("说明 Notes", columns, "方法与来源说明 Method and provenance")
        for label, text in self._notes(context):
            sheet.row([label, text])

    @api.model
    def _notes(self, context):
        """Return (label, text) of method and provenance."""
        inventory = context["inventory"]
        dates = {
            name: inventory[name] and f"{inventory[name]:%Y-%m-%d %H:%M} UTC" for name in ("computed_on", "approved_on")
        }
        yield from self._facts(context)
        yield "GWP来源 Source of GWP", inventory.gwp_set_id.source or inventory.gwp_set_id.name
        for edition in context["editions"]:
            yield "分类依据 Framework edition", edition.name
        yield "计算时间 Computed", f"{dates['computed_on'] or '-'} {inventory.computed_by_id.name or ''}"
        yield "批准 Approved", f"{dates['approved_on'] or '-'} {inventory.approved_by_id.name or ''}"
        yield "台账行数 Ledger rows summed", str(inventory.ledger_count)
        if inventory.is_stale:
            yield "注意 Attention", "计算后台账已变化 The ledger changed after the computation"
        if inventory.is_gwp_stale:
            yield "注意 Attention", "计算后GWP值已变化 GWP values changed after the computation"
        yield "编制说明 Maker's note", inventory.maker_note or ""
        yield "重要性 Materiality (%)", f"{inventory.materiality:g}"
        yield from self._method_notes(inventory)

    @api.model
    def _method_notes(self, inventory):
        """Return what a reader needs to perform the calculation again."""
        yield (
            "计算公式 Formula",
            "质量 = 数量 × 因子 × 比例；CO2e = 质量 × GWP。 Mass = quantity × factor × share; CO2e = mass × GWP. "
            "燃料 Fuels: 因子 factor = NCV × CC × OF × 44/12.",
        )
        yield (
            "另行报告 Reported apart",
            "生物源CO2、清除、回收及七类以外气体不计入总量。 Biogenic CO2, removals, recovered gas and gases outside the "
            "seven groups are not in the totals; offsets are never in an inventory.",
        )
        yield (
            "外购电力 Purchased electricity",
            "同时报告基于位置与基于市场的结果；只有一种结果的电力，以该结果代替另一种。 Both results are reported; "
            f"electricity with one result only lends it to the other: {inventory.fallback_t:.3f} t CO2e.",
        )
        yield (
            "表A.1–A.3 Tables A.1 to A.3",
            "按 CTS Q/STQC 002-2025 附录A；热力行为扩展行。 As in Annex A of CTS Q/STQC 002-2025; the row of heat is an "
            "extension, the annex has none.",
        )
        yield (
            NOT_MAPPED,
            "所选标准版本未映射的类别单列，不会被删除。 Categories that an edition does not map are shown, never dropped.",
        )
        for base, year, tonnes in inventory._unadjusted_spend():
            yield (
                "未调整到因子价格年份 Not at the prices of the factor",
                f"{year}年支出未折算到{base}年价格 Money of {year} counted without price index to {base}: {tonnes:.3f} t CO2e",
            )
        unverified = inventory.line_ids.version_id.filtered(lambda v: v.provenance == "recalled_unverified")
        if unverified:
            names = ", ".join(unverified.mapped("display_name"))
            yield "未核实因子 Unverified factors", names
        if inventory.excluded_count:
            yield "边界排除行数 Lines excluded by the boundary", str(inventory.excluded_count)
