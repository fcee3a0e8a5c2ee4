import math

from odoo import api, models
from odoo.tools import SQL

from ..tools.xlsx_stream import Column, Formula

#: Results and grades in both languages.
_LEVELS = {
    "total": "合计 Total",
    "segment": "类型 Kind",
    "category": "类别 Category",
    "source": "排放源 Source",
    "activity": "测量 Measurement",
    "factor": "因子 Factor",
}
_MEASURES = {
    "total_t": "含外购能源 With purchased energy",
    "without_energy_t": "不含外购能源 Without purchased energy",
    "location_t": "基于位置 Location-based",
    "market_t": "基于市场 Market-based",
    "biogenic_t": "生物源CO2 Biogenic CO2",
    "removal_t": "清除 Removals",
}
_ORIGINS = {
    "record": "记录 Record",
    "instrument": "仪表 Instrument",
    "version": "因子版本 Factor version",
    "grade": "数据等级 Data grade",
    "input": "方法输入 Inputs of the method",
    "definition": "定义值，准确 Exact by definition",
}
_DISTRIBUTIONS = {
    "normal": "正态 Normal",
    "lognormal": "对数正态 Lognormal",
    "uniform": "均匀 Uniform",
    "triangular": "三角 Triangular",
}
_UNKNOWN = "未知 Not known"


class CarbonInventoryWorkbook(models.AbstractModel):
    """The uncertainty of an inventory (R-138): results, and the parts with their product as a live formula."""

    _inherit = "carbon.inventory.workbook"

    @api.model
    def _write_uncertainty(self, context):
        """Write both sheets of an assessed inventory."""
        if context["inventory"].uncertainty_on:
            self._write_uncertainty_results(context)
            self._write_uncertainty_parts(context)

    @api.model
    def _write_uncertainty_results(self, context):
        columns = [
            Column("层级 Level", width=20),
            Column("名称 Name", "wrap", 40),
            Column("tCO2e", "tonne", 16),
            Column("±%（95 %）", "number", 12),
            Column("−%", "number", 12),
            Column("+%", "number", 12),
            Column("下限 From (tCO2e)", "tonne", 16),
            Column("上限 To (tCO2e)", "tonne", 16),
            Column("已知占比 Known (%)", "number", 12),
            Column("质量得分 Quality score", "number", 12),
            Column("方差占比 Share of the variance (%)", "number", 14),
            Column("减半后合计 Total if halved (±%)", "number", 14),
        ]
        title = "不确定性（IPCC 2006 第1卷第3章 方法1） Uncertainty (IPCC 2006, volume 1, chapter 3, approach 1)"
        sheet = context["book"].sheet("不确定性 Uncertainty", columns, title)
        inventory = context["inventory"]
        headline_known = inventory.uncertainty_state != "unknown"
        for row in inventory.uncertainty_result_ids.sorted(lambda r: (r.level in ("activity", "factor"), r.sequence)):
            component = row.level in ("activity", "factor")
            sheet.row(
                [
                    _LEVELS[row.level],
                    self._uncertainty_name(row),
                    row.co2e_t,
                    *self._uncertainty_interval(sheet, row),
                    *(
                        [row.coverage, None, row.share, headline_known and row.halved_percent]
                        if component
                        else [row.coverage, row.score, None, None]
                    ),
                ]
            )
        if inventory.simulated_high_t:
            sheet.skip()
            for label, value in (
                ("模拟次数 Trials", inventory.simulation_trials),
                ("随机种子 Seed", inventory.simulation_seed),
                (
                    "分布 Distribution",
                    _DISTRIBUTIONS.get(inventory.simulation_distribution, ""),
                ),
                ("2.5 % (tCO2e)", inventory.simulated_low_t),
                ("均值 Mean (tCO2e)", inventory.simulated_mean_t),
                ("97.5 % (tCO2e)", inventory.simulated_high_t),
                ("区间端点仍变动 Ends still moving (%)", inventory.simulated_moved),
                ("已知占比 Known (%)", inventory.uncertainty_coverage),
            ):
                sheet.row(["蒙特卡洛模拟 Monte Carlo", label, value])

    @api.model
    def _uncertainty_interval(self, sheet, row):
        """Return one percentage or those of both sides, and the bounds, or that they are not known."""
        if not row.is_known:
            return [_UNKNOWN, None, None, None, None]
        if row.percent is False:  # of a total of nothing
            return [None, None, None, row.lower_t, row.upper_t]
        differs = row.below_t is not False
        below, above = (f"ABS({sheet.cell(2)})*{sheet.cell(index)}/100" for index in ((4, 5) if differs else (3, 3)))
        return [
            *((None, row.below_percent, row.above_percent) if differs else (row.percent, None, None)),
            Formula(f"{sheet.cell(2)}-{below}", row.lower_t),
            Formula(f"{sheet.cell(2)}+{above}", row.upper_t),
        ]

    @api.model
    def _uncertainty_name(self, row):
        if row.measure:
            return _MEASURES[row.measure]
        if row.segment:
            return self._word(row.segment)
        record = row.emission_category_id or row.equipment_id or row.source_id or row.factor_id
        name = record.display_name if record._name == "maintenance.equipment" else self._bilingual(record)
        if row.level == "factor" and row.source_id:
            return f"{name}: {self._one('方法参数 parameters of the method')}"
        return f"{name} ({self._word(row.quality)})" if row.quality else name

    @api.model
    def _write_uncertainty_parts(self, context):
        columns = [
            Column("排放源 Source", width=34),
            Column("仪表 Instrument", width=24),
            Column("活动数据 Activity data", width=20),
            Column("因子代码 Factor", width=26),
            Column("kgCO2e", "number", 18),
            Column("活动数据 Activity data (±%)", "number", 14),
            Column("来自 From", width=20),
            Column("因子 Factor (±%)", "number", 14),
            Column("来自 From", width=22),
            Column("合成 Combined (±%)", "number", 14),
            Column("± kgCO2e", "number", 18),
            Column("得分 Score (1–9)", "number", 10),
            *(Column(title, "number", 14) for title in ("因子 Factor (−%)", "因子 Factor (+%)")),
            *(Column(title, "number", 14) for title in ("合成 Combined (−%)", "合成 Combined (+%)")),
        ]
        title = "不确定性的组成：合成 = √(活动数据² + 因子²) Parts: combined = √(activity data² + factor²)"
        sheet = context["book"].sheet("不确定性组成 Parts", columns, title)
        for row in self._stream(self._sql_uncertainty_parts(context["inventory"])):
            values = list(row)
            values[2] = self._word(row[2])
            values[6], values[8] = (_ORIGINS.get(row[index], _UNKNOWN) for index in (6, 8))
            values[9:11] = self._uncertainty_product(sheet, *(row[index] for index in (4, 5, 7)))
            if row[12] is not None:
                self._tell_sides(sheet, values)
            sheet.row(values)

    @api.model
    def _uncertainty_product(self, sheet, kg, activity, factor):
        """Return the combined percentage and its kg as formulas, or that it is not known: one half alone is none."""
        if activity is None or factor is None:
            return [_UNKNOWN, None]
        combined = math.hypot(activity, factor)
        return [
            Formula(f"SQRT({sheet.cell(5)}^2+{sheet.cell(7)}^2)", combined),
            Formula(f"ABS({sheet.cell(4)})*{sheet.cell(9)}/100", abs(float(kg)) * combined / 100),
        ]

    @api.model
    def _tell_sides(self, sheet, values):
        """Put both sides of a part in the place of one number that holds for neither."""
        values[7] = None
        if values[9] != _UNKNOWN:
            activity, *sides = values[5], values[12], values[13]
            values[9] = values[10] = None
            values[14:] = [
                Formula(f"SQRT({sheet.cell(5)}^2+{sheet.cell(index)}^2)", math.hypot(activity, side))
                for index, side in zip((12, 13), sides, strict=True)
            ]

    @api.model
    def _sql_uncertainty_parts(self, inventory):
        return SQL(
            """
            SELECT %(source)s, eq.name->>'en_US', u.quality, f.code, u.co2e_kg, u.activity_percent, u.activity_origin,
                   u.factor_percent, u.factor_origin, NULL, NULL, u.score, u.factor_low_percent, u.factor_high_percent, NULL, NULL
              FROM carbon_inventory_uncertainty u
              LEFT JOIN carbon_source s ON s.id = u.source_id
              LEFT JOIN maintenance_equipment eq ON eq.id = u.equipment_id
              LEFT JOIN carbon_emission_factor f ON f.id = u.factor_id
             WHERE u.inventory_id = %(id)s
             ORDER BY abs(u.co2e_kg) * sqrt(u.activity_percent ^ 2 + u.factor_percent ^ 2) DESC NULLS LAST, abs(u.co2e_kg) DESC, u.id
            """,
            source=self._sql_name("s.name"),
            id=inventory.id,
        )
