from odoo import api, models
from odoo.tools import SQL

from ..models.carbon_consolidation_totals import TOTALS
from ..tools.xlsx_stream import Column, Formula, StreamBook
from .carbon_inventory_workbook import WORDS

_RELATIONS = {
    "own": "本公司 Own company",
    "subsidiary": "子公司 Subsidiary",
    "joint": "合营企业 Joint venture",
    "associate": "联营企业 Associate",
    "franchise": "特许经营 Franchise",
    "leased": "租赁 Leased",
}
_STATES = {
    "draft": "草稿 Draft",
    "checked": "已复核 Checked",
    "approved": "已批准 Approved",
    "superseded": "已替代 Superseded",
}
_HEADLINE = SQL("CASE c.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END")


class CarbonConsolidationWorkbook(models.AbstractModel):
    """The workbook of a consolidated inventory: companies, lines, eliminations and totals as live formulas, in two languages."""

    _name = "carbon.consolidation.workbook"
    _inherit = "carbon.inventory.workbook"
    _description = "Workbook of a Consolidated Inventory"

    @api.model
    def _write_workbook(self, consolidation, stream):
        """Write the workbook.

        :param consolidation: one consolidated inventory
        :param stream: binary file object
        :raises AccessError: for people who may not enter all companies of the group
        """
        consolidation.ensure_one()
        consolidation.check_access("read")
        consolidation._check_may_see()
        self.env.flush_all()
        book = StreamBook(stream)
        # sudo: names of companies, sources and inventories of the group, all of which the user may enter
        context = {
            "book": book,
            "consolidation": consolidation.sudo(),
            "editions": consolidation.edition_ids.sorted("id"),
        }
        summary = self._begin_group_summary(context)
        context["members"] = self._write_members(context)
        context["emissions"] = self._write_lines(context)
        self._write_eliminations(context)
        self._write_decisions(context)
        self._end_group_summary(context, summary)
        book.close()

    # ------------------------------------------------------------------
    # Summary
    # ------------------------------------------------------------------
    @api.model
    def _begin_group_summary(self, context):
        columns = [
            Column("项目 Item", width=46),
            Column("总量 Total (t CO2e)", "tonne", 18),
            Column("基于位置 Location-based (t CO2e)", "tonne", 18),
            Column("基于市场 Market-based (t CO2e)", "tonne", 18),
        ]
        title = f"合并温室气体排放清单 Consolidated GHG inventory: {context['consolidation'].name}"
        return context["book"].sheet("汇总 Summary", columns, title)

    @api.model
    def _end_group_summary(self, context, sheet):
        record = context["consolidation"]
        for label, value in self._group_facts(record):
            sheet.row([label, value], "text")
        sheet.skip()
        for label, values, conditions in self._group_totals(record):
            self._sum_row(context, sheet, label, conditions, values)
        sheet.skip()
        sheet.headings([Column("按公司 By company"), *sheet.columns[1:]])
        for label, *values in self._sums_by(record, SQL("m.entity_name"), SQL("min(m.sequence)")):
            self._sum_row(context, sheet, label, {"member": sheet.cell(0)}, values)
        for position, edition in enumerate(context["editions"]):
            sheet.skip()
            title = f"按类别 By category: {self._bilingual(edition.framework_id)} ({edition.code})"
            sheet.headings([Column(title), *sheet.columns[1:]])
            for label, *values in self._sums_by(record, self._sql_category("fc"), SQL("min(fc.sequence)"), edition):
                self._sum_row(context, sheet, label, {"category": (position, sheet.cell(0))}, values)
        sheet.skip()
        sheet.headings([Column("按气体 By gas"), *sheet.columns[1:]])
        gas = SQL("CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE ga.gas_group END")
        for label, *values in self._sums_by(record, gas, SQL("min(ga.sequence)")):
            self._sum_row(context, sheet, label, {"gas": sheet.cell(0)}, values)

    @api.model
    def _group_facts(self, record):
        return [
            ("报告公司 Reporting company", record.company_id.name),
            ("期间 Period", f"{record.date_from} – {record.date_to}"),
            ("组织边界 Organisational boundary", record.boundary_id.display_name),
            ("合并方法 Consolidation approach", WORDS[record.boundary_id.approach]),
            ("GWP", record.gwp_set_id.code),
            ("电力口径 Electricity basis of the total", WORDS[record.electricity_basis]),
            ("预定用途 Intended use", WORDS[record.intended_use]),
            ("状态 State", _STATES[record.state]),
            ("未完整 Incomplete", self._incomplete(record)),
            ("数据摘要 SHA-256", record.content_sha256 or ""),
        ]

    @api.model
    def _incomplete(self, record):
        """Return the companies of which nothing is in the total, so that no total passes as complete."""
        absent = record.member_ids.filtered(lambda member: member.share and not member.counted_part)
        return ", ".join(absent.mapped("entity_name")) or "否 No"

    @api.model
    def _group_totals(self, record):
        """Return (label, [headline, location, market], conditions) of the totals."""
        energy = {"segment": WORDS["energy"]}
        all_of_it = [record.total_t, record.location_t, record.market_t]
        purchased = [record.total_t - record.without_energy_t, record.energy_location_t, record.energy_market_t]
        without = [a - b for a, b in zip(all_of_it, purchased, strict=True)]
        rows = [
            ("排放总量（含外购能源） Total with purchased energy", all_of_it, {}),
            ("其中外购能源 of it purchased energy", purchased, energy),
            ("排放总量（不含外购能源） Total without purchased energy", without, {"not_segment": WORDS["energy"]}),
        ]
        apart = {"biogenic": "生物源CO2 Biogenic CO2", "removal": "清除量 Removals", "recovered": "回收量 Recovered"}
        apart["other_gas"] = "七类以外气体 Gases outside the seven groups"
        for treatment, label in apart.items():
            rows.append((f"另行报告 Apart: {label}", [record[f"{treatment}_t"]], {"treatment": WORDS[treatment]}))
        return rows

    @api.model
    def _sumifs(self, emissions, flag, conditions):
        """Add the condition on the company."""
        if "member" not in conditions:
            return super()._sumifs(emissions, flag, conditions)
        columns = emissions.positions
        terms = [
            (columns[flag], "1"),
            (columns["treatment"], f'"{WORDS["total"]}"'),
            (columns["member"], conditions["member"]),
        ]
        parts = zip(emissions.ranges(columns["co2e"]), *(emissions.ranges(c) for c, _ in terms), strict=True)
        return "+".join(
            f"SUMIFS({total},{','.join(f'{area},{test}' for area, (_, test) in zip(areas, terms, strict=True))})"
            for total, *areas in parts
        )

    @api.model
    def _sums_by(self, record, label, order, edition=None):
        """Return [label, headline, location, market] of the consolidated lines in the total."""
        sums = SQL(", ").join(
            SQL("COALESCE(SUM(l.consolidated_kg) FILTER (WHERE %s), 0) / 1000.0", SQL(TOTALS[name]))
            for name in ("total_t", "location_t", "market_t")
        )
        return self.env.execute_query(
            SQL(
                """
                SELECT %(label)s, %(sums)s
                  FROM carbon_consolidation_line l
                  JOIN carbon_consolidation c ON c.id = l.consolidation_id
                  JOIN carbon_consolidation_member m ON m.id = l.member_id
                  JOIN carbon_gas ga ON ga.id = l.gas_id
                  LEFT JOIN carbon_framework_mapping fm
                         ON fm.edition_id = %(edition)s AND fm.emission_category_id = l.emission_category_id
                  LEFT JOIN carbon_framework_category fc ON fc.id = fm.framework_category_id
                 WHERE l.consolidation_id = %(id)s AND l.treatment = 'total'
                 GROUP BY 1 ORDER BY %(order)s NULLS LAST, 1
                """,
                label=label,
                sums=sums,
                order=order,
                edition=edition.id if edition else 0,
                id=record.id,
            )
        )

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------
    @api.model
    def _write_members(self, context):
        columns = [
            Column("公司 Company", width=32),
            Column("关系 Relation", width=22),
            Column("比例 Share", "number", 10),
            Column("计入比例 Counted part", "number", 12),
            Column("排放清单 Inventory", width=36),
            Column("清单状态 State", width=18),
            Column("问题 Problem", "wrap", 50),
        ]
        sheet = context["book"].sheet("公司 Companies", columns, "合并范围 Companies of the group")
        for member in context["consolidation"].member_ids:
            inventory = member.inventory_id
            sheet.row(
                [
                    *(member.entity_name, _RELATIONS[member.relation], member.share, member.counted_part),
                    *(inventory.name or "", WORDS.get(inventory.state, ""), member.problem or ""),
                ]
            )
        return sheet

    # ------------------------------------------------------------------
    # Lines
    # ------------------------------------------------------------------
    @api.model
    def _write_lines(self, context):
        """Write the lines with own × share − eliminated as formulas; return the sheet with the ``positions`` of its columns."""
        head = [
            Column("公司 Company", width=32),
            Column("类别 Category", width=28),
            Column("分部 Part", width=22),
            Column("气体 Gas", width=14),
            Column("气体类别 Gas group", width=10),
            Column("种类 Kind", width=16),
            Column("自有排放 Own (kg CO2e)", "number", 18),
            Column("比例 Share", "number", 10),
            Column("抵消 Eliminated (kg CO2e)", "number", 18),
            Column("合并 Consolidated (kg CO2e)", "number", 18),
            Column("合并 Consolidated (t CO2e)", "tonne", 18),
            Column("处理 Treatment", width=24),
            Column("总量口径 Headline basis (1/0)", "number", 10),
            Column("基于位置 Location (1/0)", "number", 10),
            Column("基于市场 Market (1/0)", "number", 10),
        ]
        names = [self._bilingual(edition.framework_id) for edition in context["editions"]]
        columns = [*head, *(Column(name, width=34) for name in names)]
        sheet = context["book"].sheet("合并明细 Lines", columns, "合并明细 Consolidated lines")
        for row in self._stream(self._sql_group_lines(context)):
            values = list(row)
            own, share, eliminated = (float(row[index]) for index in (6, 7, 8))
            values[9] = Formula(f"{sheet.cell(6)}*{sheet.cell(7)}-{sheet.cell(8)}", own * share - eliminated)
            values[10] = Formula(f"{sheet.cell(9)}/1000", (own * share - eliminated) / 1000)
            for index in (2, 5, 11):
                values[index] = WORDS[row[index]]
            sheet.row(values)
        sheet.positions = {
            "member": 0,
            "segment": 2,
            "gas_group": 4,
            "co2e": 10,
            "treatment": 11,
            "headline": 12,
            "location": 13,
            "market": 14,
            "categories": len(head),
        }
        return sheet

    @api.model
    def _sql_group_lines(self, context):
        editions = context["editions"]
        joins = SQL(" ").join(
            SQL(
                "LEFT JOIN carbon_framework_mapping %(m)s ON %(m)s.edition_id = %(edition)s "
                "AND %(m)s.emission_category_id = l.emission_category_id "
                "LEFT JOIN carbon_framework_category %(c)s ON %(c)s.id = %(m)s.framework_category_id",
                m=SQL.identifier(f"m{edition.id}"),
                c=SQL.identifier(f"c{edition.id}"),
                edition=edition.id,
            )
            for edition in editions
        )
        return SQL(
            """
            SELECT m.entity_name, %(category)s, l.segment, ga.code, CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE ga.gas_group END,
                   l.gas_kind, l.own_kg, l.share, l.eliminated_kg, NULL, NULL, l.treatment, %(headline)s::int,
                   l.in_location::int, l.in_market::int %(labels)s
              FROM carbon_consolidation_line l
              JOIN carbon_consolidation c ON c.id = l.consolidation_id
              JOIN carbon_consolidation_member m ON m.id = l.member_id
              JOIN carbon_emission_category k ON k.id = l.emission_category_id
              JOIN carbon_gas ga ON ga.id = l.gas_id
              %(joins)s
             WHERE l.consolidation_id = %(id)s ORDER BY m.sequence, k.id, l.id
            """,
            category=self._sql_name("k.name"),
            headline=_HEADLINE,
            labels=SQL("").join(SQL(", %s", self._sql_category(f"c{edition.id}")) for edition in editions),
            joins=joins,
            id=context["consolidation"].id,
        )

    # ------------------------------------------------------------------
    # Eliminations and decisions
    # ------------------------------------------------------------------
    @api.model
    def _write_eliminations(self, context):
        columns = [
            Column("购买方 Buyer", width=28),
            Column("销售方 Seller", width=28),
            Column("排放源 Source", width=28),
            Column("类别 Category", width=28),
            Column("分部 Part", width=22),
            Column("气体 Gas", width=14),
            Column("处理 Treatment", width=24),
            Column("台账行数 Ledger rows", "number", 10),
            Column("流量 Flow (kg CO2e)", "number", 18),
            Column("购买方比例 Share of the buyer", "number", 12),
            Column("销售方计入比例 Counted part of the seller", "number", 12),
            Column("保留 Kept (1/0)", "number", 10),
            Column("抵消 Eliminated (kg CO2e)", "number", 18),
            Column("理由 Reason", "wrap", 40),
        ]
        sheet = context["book"].sheet("内部抵消 Eliminations", columns, "集团内部抵消 Eliminations inside the group")
        for row in self._stream(self._sql_group_eliminations(context["consolidation"])):
            values = list(row)
            cells = [sheet.cell(index) for index in (8, 9, 10)]
            values[12] = Formula(f"{'*'.join(cells)}*(1-{sheet.cell(11)})", float(row[12]))
            values[4], values[6] = WORDS[row[4]], WORDS[row[6]]
            sheet.row(values)

    @api.model
    def _sql_group_eliminations(self, record):
        return SQL(
            """
            SELECT b.entity_name, s.entity_name, %(source)s, %(category)s, e.segment, ga.code, e.treatment, e.row_count, e.flow_kg,
                   e.buyer_share, e.seller_part, e.is_kept::int, e.eliminated_kg, d.reason
              FROM carbon_consolidation_elimination e
              JOIN carbon_consolidation_member b ON b.id = e.buyer_id
              JOIN carbon_consolidation_member s ON s.id = e.seller_id
              JOIN carbon_source so ON so.id = e.source_id
              JOIN carbon_emission_category k ON k.id = e.emission_category_id
              JOIN carbon_gas ga ON ga.id = e.gas_id
              LEFT JOIN carbon_consolidation_decision d ON d.id = e.decision_id
             WHERE e.consolidation_id = %(id)s ORDER BY b.sequence, s.sequence, e.source_id, e.id
            """,
            source=self._sql_name("so.name"),
            category=self._sql_name("k.name"),
            id=record.id,
        )

    @api.model
    def _write_decisions(self, context):
        columns = [
            Column("决定 Decision", width=28),
            Column("购买方 Buyer", width=28),
            Column("销售方 Seller", width=28),
            Column("排放源 Source", width=28),
            Column("部分 Part", "number", 10),
            Column("理由 Reason", "wrap", 50),
            Column("状态 State", width=20),
            Column("提出人 Asked by", width=18),
            Column("决定人 Decided by", width=18),
            Column("决定时间 Decided on", "date"),
        ]
        kinds = {"keep": "保留 Kept in the total", "add": "另行抵消 Eliminated as well"}
        states = {
            "requested": "已提出 Requested",
            "confirmed": "已确认 Confirmed",
            "refused": "已拒绝 Refused",
            "withdrawn": "已撤回 Withdrawn",
        }
        sheet = context["book"].sheet("决定 Decisions", columns, "对内部流量的决定 Decisions on flows inside the group")
        for row in context["consolidation"].decision_ids:
            sheet.row(
                [
                    *(kinds[row.kind], row.buyer_company_id.name, row.seller_company_id.name, row.source_id.name),
                    *(
                        row.part,
                        row.reason,
                        states[row.state],
                        row.requested_by_id.name or "",
                        row.decided_by_id.name or "",
                    ),
                    row.decided_on or None,
                ]
            )
