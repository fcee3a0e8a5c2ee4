from odoo import api, models
from odoo.tools import SQL

from ..models.carbon_calculation_input import parse_decimal
from ..tools.kernel_methods.roles import meaning, role
from ..tools.xlsx_stream import Column

_ROLES = {"activity": "活动数据 Activity data", "parameter": "参数 Parameter", "constant": "常数 Constant"}
#: Values told one by one; of more the range is told.
_SINGLE = 6
_NO_SOURCE = "来源未说明 source not stated"
_DEFAULT = "方法缺省值 default of the method"


class CarbonInventoryWorkbook(models.AbstractModel):
    """What was stated with calculation methods: fuel, calorific value, carbon content, oxidation and every other input (R-127, R-128).

    The ledger holds kilograms of gas of these; tables A.2, A.3 and the sheet of inputs tell what they were calculated from.
    """

    _inherit = "carbon.inventory.workbook"

    @api.model
    def _sql_inputs(self, inventory):
        """Return the inputs of the declarations that the inventory counts, with the sources that their results belong to."""
        return SQL(
            """
            WITH counted AS (
              SELECT origin_id, source_id FROM (
                SELECT a.origin_id, a.source_id, split_part(a.origin_part, ' ', 1) AS part, SUM(a.quantity) AS quantity
                  FROM %(ledger)s a
                 WHERE a.company_id = %(company)s AND a.date BETWEEN %(start)s AND %(end)s AND a.origin_model = 'carbon.declaration'
                 GROUP BY 1, 2, 3) n
               WHERE quantity <> 0 GROUP BY 1, 2),
            named AS (
              SELECT c.origin_id, string_agg(%(source)s, '; ' ORDER BY s.sequence, s.id) AS sources, array_agg(s.id) AS source_ids
                FROM counted c JOIN carbon_source s ON s.id = c.source_id GROUP BY 1)
            SELECT o.date, o.name, n.sources, %(method)s || ' v' || m.version, m.clause, %(input)s, NULLIF(i.row, 0), i.label, i.value,
                   COALESCE(%(own)s, d.unit), i.basis, i.provenance, i.source, i.uncertainty, m.code, d.code, n.source_ids,
                   %(choice)s, d.default_value, d.unit, o.id
              FROM named n
              JOIN carbon_declaration o ON o.id = n.origin_id AND o.method_id IS NOT NULL
              JOIN carbon_calculation_method m ON m.id = o.method_id
              JOIN carbon_declaration_input i ON i.declaration_id = o.id
              JOIN carbon_calculation_input d ON d.id = i.input_id
              LEFT JOIN carbon_calculation_choice ch ON ch.id = i.choice_id
              LEFT JOIN uom_uom u ON u.id = i.uom_id AND i.uom_id IS DISTINCT FROM d.uom_id
             WHERE COALESCE(i.value, '') <> '' OR i.choice_id IS NOT NULL
             ORDER BY o.date, o.id, i.rank, i.id
            """,
            ledger=inventory._sql_ledger("carbon_activity_data"),
            source=self._sql_name("s.name"),
            method=self._sql_name("m.name"),
            input=self._sql_name("d.name"),
            own=self._sql_name("u.name"),
            choice=self._sql_name("ch.name"),
            **self._window(inventory),
        )

    @api.model
    def _inputs(self, inventory):
        """Yield a dict for each input that was stated, with its role and source in words."""
        names = (
            *("date", "declaration", "sources", "method", "clause", "input", "row", "label", "value", "unit", "basis"),
            *(
                "provenance",
                "source",
                "uncertainty",
                "code",
                "name",
                "source_ids",
                "choice",
                "default",
                "asked",
                "origin",
            ),
        )
        for values in self._stream(self._sql_inputs(inventory)):
            row = dict(zip(names, values, strict=True))
            row["number"] = parse_decimal(row["value"])
            row["role"] = role(row["code"], row["name"])
            row["meaning"] = meaning(row["code"], row["name"])
            row["told"] = self._told_source(row)
            yield row

    @api.model
    def _told_source(self, row):
        """Return source and kind of a value in words; that nobody said it, or that the method proposes it."""
        kind = self._word(row["provenance"]) if row["provenance"] else ""
        if (row["source"] or "").strip():
            return "; ".join(filter(None, (row["source"].strip(), kind)))
        if row["number"] is not None and row["number"] == parse_decimal(row["default"]):
            return f"{self._one(_DEFAULT)}: {row['clause']}"
        return "; ".join(filter(None, (self._one(_NO_SOURCE), kind)))

    # ------------------------------------------------------------------
    # Sheet of inputs
    # ------------------------------------------------------------------
    @api.model
    def _write_inputs(self, context):
        columns = [
            Column("日期 Date", "date", 12),
            Column("申报 Declaration", width=28),
            Column("排放源 Source", "wrap", 32),
            Column("核算方法 Method", width=32),
            Column("依据 Source and clause", width=34),
            Column("输入 Input", width=30),
            Column("行 Row", "number", 6),
            Column("说明 Label", width=20),
            Column("数值 Value", "number", 16),
            Column("单位 Unit", width=14),
            Column("选择 Choice", width=20),
            Column("基准 Basis", width=14),
            Column("用途 Role", width=22),
            Column("性质 Kind of value", width=28),
            Column("来源文件 Source document", "wrap", 48),
            Column("不确定度 Uncertainty (±%)", "number", 12),
        ]
        title = "核算方法的输入：数值、单位、来源 Inputs of calculation methods: value, unit, source"
        sheet = context["book"].sheet("方法输入 Method inputs", columns, title)
        for row in self._inputs(context["inventory"]):
            percent = parse_decimal(row["uncertainty"])
            sheet.row(
                [
                    *(
                        row[name]
                        for name in ("date", "declaration", "sources", "method", "clause", "input", "row", "label")
                    ),
                    None if row["number"] is None else float(row["number"]),
                    row["unit"],
                    row["choice"],
                    self._word(row["basis"], "carbon.declaration.input", "basis"),
                    self._one(_ROLES[row["role"]]),
                    self._word(row["provenance"]),
                    row["told"] if row["number"] is not None else row["source"],
                    None if percent is None else float(percent),
                ]
            )

    # ------------------------------------------------------------------
    # Tables A.2 and A.3
    # ------------------------------------------------------------------
    @api.model
    def _inputs_by_source(self, inventory):
        """Return ``{source id: {meaning: {(input, label, unit): [(value, source in words)]}}}`` of the numbers that were stated."""
        found = {}
        for row in self._inputs(inventory):
            if row["number"] is None or row["role"] == "constant":
                continue
            key = row["input"], row["label"] or "", row["unit"] or ""
            for source_id in row["source_ids"]:
                by_meaning = found.setdefault(source_id, {})
                by_meaning.setdefault(row["meaning"], {}).setdefault(key, []).append((row["number"], row["told"]))
        return found

    @api.model
    def _told_inputs(self, groups, add=False, named=True):
        """Return what was stated in one text: values with their sources.

        :param groups: ``{(input, label, unit): [(value, source in words)]}``
        :param add: tell the sum of the values, of quantities
        :param named: begin with the name of the input
        """
        texts = []
        for (name, label, unit), stated in groups.items():
            values = list(dict.fromkeys(value for value, _told in stated))
            if add:
                numbers = _plain(sum(value for value, _told in stated))
            elif len(values) <= _SINGLE:
                numbers = ", ".join(map(_plain, values))
            else:
                numbers = f"{_plain(min(values))} – {_plain(max(values))}"
            title = " ".join(filter(None, (name, label))) if named or len(groups) > 1 else ""
            sources = " | ".join(dict.fromkeys(told for _value, told in stated))
            texts.append(f"{title + ': ' if title else ''}{numbers} {unit}".strip() + f" ({sources})")
        return "; ".join(texts)


def _plain(value):
    """Return a number as it was stated, without exponent."""
    return f"{value.normalize():f}"
