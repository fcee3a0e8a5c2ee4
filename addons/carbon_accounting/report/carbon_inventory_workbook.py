from odoo import api, models
from odoo.tools import SQL

from ..models.carbon_inventory_totals import TOTALS
from ..tools.one_language import one_language
from ..tools.xlsx_stream import Column, Formula, StreamBook

_FETCH = 5000
#: Labels of selection values, Chinese and English.
WORDS = {
    "measured": "实测 Measured",
    "calculated": "计算 Calculated",
    "estimated": "估算 Estimated",
    "default": "缺省 Default",
    "fossil": "化石 Fossil",
    "biogenic": "生物源 Biogenic",
    "removal": "清除 Removal",
    "recovered": "回收 Recovered",
    "direct": "直接 Direct",
    "energy": "外购能源 Purchased energy",
    "other": "其他间接 Other indirect",
    "total": "计入总量 In the total",
    "other_gas": "七类以外气体 Outside the seven groups",
    "site": "边界外场所 Site outside the boundary",
    "control": "无控制权场所 Site without control",
    "gas": "边界外气体 Gas outside the boundary",
    "category": "边界外类别 Category outside the boundary",
    "location": "基于位置 Location-based",
    "market": "基于市场 Market-based",
    "operational_control": "运营控制权 Operational control",
    "financial_control": "财务控制权 Financial control",
    "equity_share": "股权比例 Equity share",
    "legal_entity": "法人边界 Legal entity",
    "draft": "草稿 Draft",
    "checked": "已复核 Checked",
    "approved": "已批准 Approved",
    "verified": "已核查 Verified",
    "restated": "已重述 Restated",
    "internal": "内部管理 Internal management",
    "regulator": "主管部门 Authority",
    "customer": "客户 Customer",
    "neutrality": "碳中和 Carbon neutrality",
    "public": "公开披露 Public disclosure",
    "counted": "计入 Counts",
    "superseded": "被替代 Superseded",
    "unsupported": "应在别处计入，但未找到 Counted elsewhere, nothing found",
    "billed": "开票 Billed",
    "received": "收货 Received",
    "consumed": "消耗 Consumed",
    "metered": "计量 Metered",
    "declared": "申报 Declared",
    "produced": "产出 Produced",
    "unmapped": "无规则 No rule",
    "unit": "单位无法换算 Unit cannot be converted",
    "ambiguous": "单位换算不一致 Unit conversions disagree",
    "value": "金额未知 No value known",
    "currency": "无汇率 No exchange rate",
    "factor": "无适用因子版本 No factor version",
    "nofactor": "排放源无因子 Source without factor",
    "price": "无该年价格指数 No price index for the year",
    "inactive": "超出排放源有效期 Outside the dates of the source",
    "late": "结账后调整 Late adjustment",
    "failed": "失败 Failed",
    "rejected": "审批退回 Rejected by the checker",
    "pending": "待审批，不计入 Waits for approval, not counted",
    "moot": "审批前已冲销 Taken back before",
    "published": "已公布，原文 Published, primary text",
    "published_secondary": "已公布，公开副本 Published, public copy",
    "computed": "计算 Computed",
    "recalled_unverified": "未核实 Unverified",
    "supplier": "供应商 Supplier",
}
NOT_MAPPED = "未映射 Not mapped"


class CarbonInventoryWorkbook(models.AbstractModel):
    """The workbook of an inventory (R-140): bilingual, streamed, with live formulas.

    Rows come through a server-side cursor and go straight to the file, so memory does not grow with the
    ledger. A reader can check every product where it stands: quantity × factor × share × GWP.
    """

    _name = "carbon.inventory.workbook"
    _description = "Inventory Workbook"

    @api.model
    def _write(self, inventory, stream, sheet_rows=None, told=None):
        """Write the workbook of one inventory.

        :param stream: binary file object
        :param sheet_rows: rows after which a table continues on another sheet
        :param told: called with the number of rows written, every some thousand
        """
        inventory.ensure_one()
        inventory.check_access("read")
        self.env.flush_all()
        book = StreamBook(stream, **({"sheet_rows": sheet_rows} if sheet_rows else {}), told=told)
        context = {"book": book, "inventory": inventory, "editions": inventory.edition_ids.sorted("id")}
        # sheets stand in the order in which they are created; rows of one sheet go from top to bottom
        summary = self._begin_summary(context)
        months = self._begin_months(context)
        by_source = self._begin_sources(context)
        self._write_table_a1(context)
        self._write_table_a2(context)
        self._write_table_a3(context)
        self._write_activity(context)
        self._write_factors(context)
        self._write_inputs(context)
        context["emissions"] = self._write_emissions(context)
        self._write_worklist(context)
        self._write_superseded(context)
        self._write_certificates(context)
        self._write_new_facilities(context)
        self._write_intensity(context)
        self._write_uncertainty(context)
        self._write_notes(context)
        self._end_summary(context, summary)
        self._end_months(context, months)
        self._end_sources(context, by_source)
        book.close()

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------
    @api.model
    def _stream(self, query):
        """Yield the rows of a query through a server-side cursor, some thousand at a time."""
        cr = self.env.cr
        cr.execute(SQL("DECLARE carbon_workbook NO SCROLL CURSOR FOR %s", query))
        try:
            while True:
                cr.execute(SQL("FETCH FORWARD %s FROM carbon_workbook", _FETCH))
                rows = cr.fetchall()
                if not rows:
                    break
                yield from rows
        finally:
            cr.execute("CLOSE carbon_workbook")

    @api.model
    def _sql_name(self, column):
        """Return SQL of a translated name: Chinese before English, once if they are the same; NULL without a record.

        With ``report_lang`` in the context it is the name in that language alone, or in English where there is none.
        """
        if lang := self.env.context.get("report_lang"):
            return SQL("NULLIF(COALESCE(%(c)s->>%(lang)s, %(c)s->>'en_US'), '')", c=SQL(column), lang=lang)
        return SQL(
            "CASE WHEN COALESCE(%(c)s->>'zh_CN', %(c)s->>'en_US') = %(c)s->>'en_US' THEN %(c)s->>'en_US' "
            "ELSE NULLIF(concat_ws(' ', %(c)s->>'zh_CN', %(c)s->>'en_US'), '') END",
            c=SQL(column),
        )

    @api.model
    def _bilingual(self, record, field="name"):
        """Return a translated value of a record in Chinese and English."""
        if not record:
            return ""
        column = f"r.{field}"
        row = self.env.execute_query(
            SQL("SELECT %s FROM %s r WHERE r.id = %s", self._sql_name(column), SQL.identifier(record._table), record.id)
        )
        return row[0][0] if row else ""

    @api.model
    def _one(self, text):
        """Return the part of a text "中文 English" in the language of ``report_lang``; all of it where none is asked for."""
        return one_language(text, self.env.context.get("report_lang"))

    @api.model
    def _word(self, value, model=None, field=None):
        """Return a code in Chinese and English.

        :param model: model whose field says what codes mean that are not among :data:`WORDS`, such as those of bridges
        :param field: name of its selection field
        """
        if value in WORDS or not model:
            return self._one(WORDS.get(value, value or ""))
        words = []
        report_lang = self.env.context.get("report_lang")
        for lang in [report_lang] if report_lang else ("zh_CN", "en_US"):
            env = self.env(context={"lang": lang})
            words.append(dict(env[model]._fields[field]._description_selection(env)).get(value, value))
        return " ".join(dict.fromkeys(words)) if value else ""

    # ------------------------------------------------------------------
    # Summary
    # ------------------------------------------------------------------
    @api.model
    def _begin_summary(self, context):
        inventory = context["inventory"]
        columns = [
            Column("项目 Item", width=46),
            Column("总量 Total (t CO2e)", "tonne", 18),
            Column("基于位置 Location-based (t CO2e)", "tonne", 18),
            Column("基于市场 Market-based (t CO2e)", "tonne", 18),
        ]
        return context["book"].sheet("汇总 Summary", columns, f"温室气体排放清单 GHG inventory: {inventory.name}")

    @api.model
    def _end_summary(self, context, sheet):
        """Write the totals as sums over the emissions sheet."""
        inventory = context["inventory"]
        for label, value in self._facts(context):
            sheet.row([label, value], "text")
        sheet.skip()
        for label, total, conditions in self._total_rows(inventory):
            self._sum_row(context, sheet, label, conditions, total)
        for position, edition in enumerate(context["editions"]):
            sheet.skip()
            title = f"按类别 By category: {self._bilingual(edition.framework_id)} ({edition.code})"
            sheet.headings([Column(title), *sheet.columns[1:]])
            for label, *values in self._by_category(inventory, edition):
                self._sum_row(context, sheet, label, {"category": (position, sheet.cell(0))}, values)
        sheet.skip()
        sheet.headings([Column("按气体 By gas"), *sheet.columns[1:]])
        for label, *values in self._by_gas(inventory):
            self._sum_row(context, sheet, label, {"gas": sheet.cell(0)}, values)

    @api.model
    def _facts(self, context):
        """Return (label, value) of what the inventory is."""
        inventory = context["inventory"]
        return [
            ("组织名称 Organisation", inventory.company_id.name),
            ("期间 Period", f"{inventory.date_from} – {inventory.date_to}"),
            ("核算边界 Accounting boundary", inventory.boundary_id.display_name or "全部台账 Everything in the ledger"),
            ("GWP", inventory.gwp_set_id.code),
            ("电力口径 Electricity basis of the total", self._word(inventory.electricity_basis)),
            ("预定用途 Intended use", self._word(inventory.intended_use)),
            ("预定使用者 Intended user", inventory.intended_user or ""),
            ("状态 State", self._word(inventory.state)),
        ]

    @api.model
    def _total_rows(self, inventory):
        """Return (label, [headline, location, market], conditions on emissions) of the totals."""
        energy = {"segment": WORDS["energy"]}
        with_energy = [inventory.total_t, inventory.location_t, inventory.market_t]
        purchased = [
            inventory.total_t - inventory.without_energy_t,
            inventory.energy_location_t,
            inventory.energy_market_t,
        ]
        without = [a - b for a, b in zip(with_energy, purchased, strict=True)]
        rows = [
            ("排放总量（含外购能源） Total with purchased energy", with_energy, {}),
            ("其中外购能源 of it purchased energy", purchased, energy),
            ("排放总量（不含外购能源） Total without purchased energy", without, {"not_segment": WORDS["energy"]}),
        ]
        apart = {"biogenic": "生物源CO2 Biogenic CO2", "removal": "清除量 Removals", "recovered": "回收量 Recovered"}
        apart["other_gas"] = "七类以外气体 Gases outside the seven groups"
        for treatment, label in apart.items():
            value = inventory[f"{treatment}_t"]
            rows.append((f"另行报告 Apart: {label}", [value], {"treatment": WORDS[treatment]}))
        return [(self._one(label), *row) for label, *row in rows]

    @api.model
    def _sum_row(self, context, sheet, label, conditions, values):
        """Write a row of live sums over the emissions sheet."""
        emissions = context["emissions"]
        flags = ("headline", "location", "market")[: len(values)]
        sheet.row(
            [
                label,
                *(
                    Formula(self._sumifs(emissions, flag, conditions), value)
                    for flag, value in zip(flags, values, strict=True)
                ),
            ]
        )

    @api.model
    def _sumifs(self, emissions, flag, conditions):
        """Return the text of a SUMIFS over all parts of the emissions sheet."""
        columns = emissions.positions
        treatment = conditions.get("treatment", WORDS["total"])
        terms = [(columns[flag], "1"), (columns["treatment"], f'"{treatment}"')]
        if "segment" in conditions:
            terms.append((columns["segment"], f'"{conditions["segment"]}"'))
        if "not_segment" in conditions:
            terms.append((columns["segment"], f'"<>{conditions["not_segment"]}"'))
        if "category" in conditions:
            position, cell = conditions["category"]
            terms.append((columns["categories"] + position, cell))
        if "gas" in conditions:
            terms.append((columns["gas_group"], conditions["gas"]))
        parts = zip(emissions.ranges(columns["co2e"]), *(emissions.ranges(c) for c, _ in terms), strict=True)
        return "+".join(
            f"SUMIFS({total},{','.join(f'{area},{test}' for area, (_, test) in zip(areas, terms, strict=True))})"
            for total, *areas in parts
        )

    @api.model
    def _sql_sums(self):
        """Return SQL of headline, location and market sums of lines ``l`` of inventory ``i``, in t."""
        return SQL(", ").join(
            SQL("COALESCE(SUM(l.co2e_kg) FILTER (WHERE %s), 0) / 1000.0", SQL(TOTALS[name]))
            for name in ("total_t", "location_t", "market_t")
        )

    @api.model
    def _by_category(self, inventory, edition):
        """Return [label, headline, location, market] by category of an edition, not mapped last."""
        return self.env.execute_query(
            SQL(
                """
                SELECT %(label)s, %(sums)s
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  LEFT JOIN carbon_framework_mapping m
                         ON m.edition_id = %(edition)s AND m.emission_category_id = l.emission_category_id
                  LEFT JOIN carbon_framework_category c ON c.id = m.framework_category_id
                 WHERE l.inventory_id = %(inventory)s
                 GROUP BY c.id, c.sequence, c.code, c.name ORDER BY c.sequence NULLS LAST, c.code
                """,
                label=self._sql_category("c"),
                sums=self._sql_sums(),
                edition=edition.id,
                inventory=inventory.id,
            )
        )

    @api.model
    def _sql_category(self, alias):
        """Return SQL of the label of a framework category; it never looks like a number."""
        return SQL(
            "COALESCE(%s || ' ' || %s, %s)",
            SQL(f"{alias}.code"),
            self._sql_name(f"{alias}.name"),
            self._one(NOT_MAPPED),
        )

    @api.model
    def _by_gas(self, inventory):
        """Return [gas group, headline, location, market]."""
        return self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE ga.gas_group END AS label, %s
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  JOIN carbon_gas ga ON ga.id = l.gas_id
                 WHERE l.inventory_id = %s AND l.treatment = 'total'
                 GROUP BY label ORDER BY min(ga.sequence), label
                """,
                self._sql_sums(),
                inventory.id,
            )
        )
