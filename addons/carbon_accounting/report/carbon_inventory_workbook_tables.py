from odoo import api, models

from ..tools.xlsx_stream import Column, Formula
from .carbon_inventory_workbook import WORDS

#: Rows of tables A.2 and A.3 of standard 004: (category, item, row of the source, third cell only).
TABLE_ROWS = [
    ("化石燃料燃烧 Fossil fuel combustion", "燃煤 Coal", "coal", False),
    ("", "天然气 Natural gas", "natural_gas", False),
    ("", "液化石油气 Liquefied petroleum gas", "lpg", False),
    ("", "其他 Other", "other_fuel", False),
    ("工业过程 Industrial process", "二氧化碳排放 CO2 emission", "process", True),
    ("净购入电量 Net purchased electricity", "净购入电量 Net purchased electricity", "electricity", True),
    # 004 has no row for heat
    ("净购入热力（扩展行） Net purchased heat (extension)", "净购入热力 Net purchased heat", "heat", True),
]
DASH = "-"
_NO_NCV = "方法不使用低位发热值 The method takes no calorific value"
_NOT_ASKED = "方法不使用碳氧化率 The method takes no oxidation rate"


class CarbonInventoryWorkbook(models.AbstractModel):
    """Tables A.1 to A.3 of CTS Q/STQC 002-2025, Annex A, and the sheets by month, source and product."""

    _inherit = "carbon.inventory.workbook"

    # ------------------------------------------------------------------
    # Tables A.1 to A.3
    # ------------------------------------------------------------------
    @api.model
    def _sources_in_operation(self, inventory):
        """Return the sources in operation in the period, in the order of the list."""
        sources = self.env["carbon.source"].with_context(active_test=False).with_company(inventory.company_id)
        known = sources.search(
            [("company_id", "=", inventory.company_id.id), ("kind", "!=", "output"), ("planned", "=", False)]
        )
        used = inventory.line_ids.source_id
        return known.filtered(
            lambda s: (
                s in used
                or (
                    s.active
                    and (not s.active_from or s.active_from <= inventory.date_to)
                    and (not s.active_to or s.active_to >= inventory.date_from)
                    and (not s.commissioning_date or s.commissioning_date <= inventory.date_to)
                )
            )
        )

    @api.model
    def _write_table_a1(self, context):
        columns = [
            Column("序号 No.", "number", 8),
            Column("名称 Name", "wrap", 32),
            Column("规格参数 Specification / parameters", "wrap", 36),
            Column("位置 Location", "wrap", 28),
            Column("投运时间 Commissioning date", "date", 16),
        ]
        sheet = context["book"].sheet("表A.1 Sources", columns, "表A.1 碳排放源清单 Table A.1 Emission source list")
        for number, source in enumerate(self._sources_in_operation(context["inventory"]), 1):
            sheet.row(self._row_a1(number, source))

    @api.model
    def _row_a1(self, number, source):
        """Return number, name, specification, location and date of commissioning of a source."""
        location = self._bilingual(source, "location") or source.site_id.display_name or ""
        specification = self._bilingual(source, "specification")
        return [number, self._bilingual(source), specification, location, source.commissioning_date]

    @api.model
    def _write_table_a2(self, context):
        columns = [
            Column("类别 Category", "wrap", 30),
            Column("内容 Item", "wrap", 32),
            Column("净消耗量数据来源 Source of net consumption data", "wrap", 60),
            Column("低位发热值数据来源 Source of net calorific value data", "wrap", 60),
        ]
        title = "表A.2 活动水平及其来源 Table A.2 Activity data and sources"
        sheet = context["book"].sheet("表A.2 Activity sources", columns, title)
        for row in self._rows_a2(context["inventory"]):
            sheet.row(row)

    @api.model
    def _rows_a2(self, inventory):
        """Yield category, item, source of consumption and source of calorific value."""
        by_row = self._sources_in_operation(inventory).grouped("material")
        versions = self._versions_by_source(inventory)
        inputs = self._inputs_by_source(inventory)
        for category, item, key, short in TABLE_ROWS:
            sources = by_row.get(key, self.env["carbon.source"])
            consumption = self._joined(sources, lambda s: self._consumption_source(s, inputs.get(s.id)))
            calorific = (
                DASH
                if short
                else self._joined(sources, lambda s: self._calorific_source(s, versions.get(s), inputs.get(s.id)))
            )
            yield [self._one(category), self._one(item), consumption, calorific]

    @api.model
    def _write_table_a3(self, context):
        columns = [
            Column("类别 Category", "wrap", 30),
            Column("内容 Item", "wrap", 32),
            Column("单位热值含碳量数据来源 Source of carbon content per unit heat", "wrap", 60),
            Column("碳氧化率数据来源 Source of oxidation rate", "wrap", 60),
        ]
        title = "表A.3 排放因子及其来源 Table A.3 Emission factors and sources"
        sheet = context["book"].sheet("表A.3 Factor sources", columns, title)
        for row in self._rows_a3(context["inventory"]):
            sheet.row(row)

    @api.model
    def _rows_a3(self, inventory):
        """Yield category, item, source of carbon content and source of oxidation rate."""
        by_row = self._sources_in_operation(inventory).grouped("material")
        versions = self._versions_by_source(inventory)
        inputs = self._inputs_by_source(inventory)
        for category, item, key, short in TABLE_ROWS:
            sources = by_row.get(key, self.env["carbon.source"])
            content, oxidation = (
                self._joined(sources, lambda s, name=name: self._factor_source(versions.get(s), inputs.get(s.id), name))
                for name in ("carbon", "oxidation")
            )
            yield [self._one(category), self._one(item), content, DASH if short else oxidation]

    @api.model
    def _joined(self, sources, describe):
        """Return the descriptions of sources in one cell; with their names where there are several."""
        texts = [(self._bilingual(source), describe(source)) for source in sources]
        if len(texts) == 1:
            return texts[0][1]
        return "\n".join(f"{name}: {text}" for name, text in texts if text)

    @api.model
    def _consumption_source(self, source, inputs=None):
        """Return where the consumption of a source comes from: as typed in, or by its rules, and what methods were told."""
        stated = self._told_inputs((inputs or {}).get("activity", {}), add=True)
        return "; ".join(filter(None, (stated, self._recorded_source(source))))

    @api.model
    def _recorded_source(self, source):
        if source.source_description:
            return self._bilingual(source, "source_description")
        rules = source.rule_ids.filtered(lambda rule: rule.outcome == "count")
        return "; ".join(
            f"{self._bilingual(rule.event_kind_id) or rule.event_kind} ({self._recognition(rule.recognition)})"
            for rule in rules
        )

    @api.model
    def _versions_by_source(self, inventory):
        """Return {source: factor versions used in the inventory}, without upstream results."""
        groups = self.env["carbon.inventory.line"]._read_group(
            [("inventory_id", "=", inventory.id), ("stream", "!=", "upstream")], ["source_id"], ["version_id:recordset"]
        )
        return dict(groups)

    @api.model
    def _calorific_source(self, source, versions, inputs=None):
        """Return the calorific value that methods were told, and where that of a fuel comes from."""
        stated = self._told_inputs((inputs or {}).get("ncv", {}), named=False)
        if source.ncv_source:
            return "; ".join(filter(None, (stated, self._bilingual(source, "ncv_source"))))
        if inputs:
            return stated or self._one(_NO_NCV)
        versions = versions or self.env["carbon.emission.factor.version"]
        parameters = versions.filtered(lambda version: version.method == "parameter")
        return self._documents(parameters) or self._without_parameters(versions)

    @api.model
    def _factor_source(self, versions, inputs=None, name="carbon"):
        """Return the documents of factors; carbon content and oxidation come from the same one.

        Of what methods calculated it is what they were told: carbon content or oxidation, and where a method has neither, its parameters.

        :param inputs: of the source, as :meth:`_inputs_by_source` returns
        :param name: ``carbon`` or ``oxidation``
        """
        versions = versions or self.env["carbon.emission.factor.version"]
        if not inputs:
            return self._documents(versions)
        # the mass of a gas counts as itself: what was told stands in place of that definition
        defined = versions.filtered(lambda v: v.factor_id._is_gas_mass())
        stated = self._told_inputs(inputs.get(name, {}), named=name == "carbon" and "parameter" in inputs)
        others = self._told_inputs(inputs.get("parameter", {})) if name == "carbon" else ""
        told = [stated or (self._one(_NOT_ASKED) if name == "oxidation" else ""), others]
        return "; ".join(filter(None, (*told, self._documents(versions - defined))))

    @api.model
    def _documents(self, versions):
        return "; ".join(dict.fromkeys(version.source_document for version in versions if version.source_document))

    @api.model
    def _without_parameters(self, versions):
        """Say why there is no calorific value: the factor is per unit of fuel."""
        return self._one("因子按燃料单位给出 The factor is per unit of fuel") if versions else ""

    # ------------------------------------------------------------------
    # By month and by source
    # ------------------------------------------------------------------
    @api.model
    def _begin_months(self, context):
        months = [Column(f"{month:%Y-%m}", "tonne", 13) for month in context["inventory"]._months()]
        columns = [Column("单位 t CO2e", width=40), *months, Column("合计 Total", "tonne", 15)]
        return context["book"].sheet("按月 By month", columns, "按月和范围 By month and scope (t CO2e)")

    @api.model
    def _end_months(self, context, sheet):
        self._write_matrix(context, sheet, "scope")

    @api.model
    def _begin_sources(self, context):
        months = [Column(f"{month:%Y-%m}", "tonne", 13) for month in context["inventory"]._months()]
        columns = [Column("排放源 Source", width=40), *months, Column("合计 Total", "tonne", 15)]
        return context["book"].sheet("按排放源 By source", columns, "按排放源和月 By source and month (t CO2e)")

    @api.model
    def _end_sources(self, context, sheet):
        self._write_matrix(context, sheet, "source_id")

    @api.model
    def _write_matrix(self, context, sheet, field):
        """Write t CO2e by a field and month, with sums of rows and columns."""
        inventory = context["inventory"]
        groups = self.env["carbon.inventory.report"]._read_group(
            [("inventory_id", "=", inventory.id)], [field, "period:month"], ["total_t:sum"]
        )
        cells = {}
        for key, month, total in groups:
            cells.setdefault(key, {})[month] = total or 0.0
        scopes = {"1": "范围一 Scope 1", "2": "范围二 Scope 2", "3": "范围三 Scope 3"}
        scopes |= {"0": "范围以外 Outside the scopes", "none": WORDS.get("none", "未映射 Not mapped")}
        months = inventory._months()
        for key, values in cells.items():
            label = scopes[key] if field == "scope" else self._bilingual(key)
            first, last = sheet.cell(1), sheet.cell(len(months))
            row = [values.get(month, 0.0) for month in months]
            sheet.row([label, *row, Formula(f"SUM({first}:{last})", sum(row))])
        if cells:
            sums = [sum(values.get(month, 0.0) for values in cells.values()) for month in months]
            totals = [sheet.sum_up(index, value) for index, value in enumerate([*sums, sum(sums)], 1)]
            sheet.row(["合计 Total", *totals], "total")

    # ------------------------------------------------------------------
    # Intensity
    # ------------------------------------------------------------------
    @api.model
    def _write_intensity(self, context):
        columns = [
            Column("分母 Per", width=34),
            Column("场所 Site", width=22),
            Column("数量 Quantity", "number", 16),
            Column("单位 Unit", width=12),
            Column("排放量 Emissions (t CO2e)", "tonne", 18),
            Column("强度 Intensity (t CO2e / 单位 unit)", "number", 20),
            Column("场所排放量 Emissions of the site (t CO2e)", "tonne", 18),
            Column("场所强度 Intensity of the site", "number", 20),
            Column("预期值 Expected", "number", 14),
            Column("先进值 Advanced", "number", 14),
        ]
        title = "碳排放强度 Emission intensity"
        sheet = context["book"].sheet("排放强度 Intensity", columns, title)
        for row in context["inventory"].intensity_ids:
            quantity, total, site = sheet.cell(2), sheet.cell(4), sheet.cell(6)
            sheet.row(
                [
                    self._bilingual(row),
                    row.site_id.display_name or "",
                    row.quantity,
                    row.unit,
                    row.total_t,
                    Formula(f"{total}/{quantity}", row.intensity) if row.quantity else "",
                    row.site_total_t if row.site_id else "",
                    Formula(f"{site}/{quantity}", row.site_intensity) if row.site_id and row.quantity else "",
                    row.expected or "",
                    row.advanced or "",
                ]
            )
