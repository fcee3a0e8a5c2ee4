from odoo import api, models
from odoo.tools import SQL

from ..tools.certificates import CLAIMS
from ..tools.xlsx_stream import Column


class CarbonInventoryWorkbook(models.AbstractModel):
    """The certificates behind the market-based result, and the sources that began in the period."""

    _inherit = "carbon.inventory.workbook"

    @api.model
    def _write_certificates(self, context):
        columns = [
            Column("登记机构 Registry", width=12),
            Column("首号 First number", width=24),
            Column("末号 Last number", width=24),
            Column("电量 MWh", "number", 12),
            Column("发电起 Generated from", "date", 12),
            Column("发电止 Generated to", "date", 12),
            Column("发电地区 Generated in", width=24),
            Column("排放源 Source", width=28),
            Column("申报 Declaration", width=28),
            Column("使用日期 Used on", "date", 12),
            Column("其他期间或市场的理由 Reason for another period or market", width=40),
        ]
        title = "基于市场的结果所用证书 Certificates used for the market-based result"
        sheet = context["book"].sheet("绿证 Certificates", columns, title)
        for row in self._stream(self._sql_certificates(context["inventory"])):
            sheet.row(list(row))

    @api.model
    def _sql_certificates(self, inventory):
        """Return SQL of the certificates whose electricity the inventory counts.

        Rows: registry, first and last number, MWh, generated from, to, in, source, declaration, used on, reason. What a declaration
        claims counts if its rows are among those that the inventory summed and were not taken back.
        """
        return SQL(
            """
            WITH claim AS MATERIALIZED (
              SELECT a.origin_id, a.source_id
                FROM %(activities)s a
               WHERE a.company_id = %(company)s AND a.date BETWEEN %(start)s AND %(end)s AND a.origin_model = 'carbon.declaration'
                 AND a.origin_id IN (SELECT declaration_id FROM carbon_declaration_certificate WHERE company_id = %(company)s)
                 AND split_part(a.origin_part, ' ', 1) = ANY(%(results)s)
                 AND a.source_id IN (SELECT l.source_id FROM carbon_inventory_line l WHERE l.inventory_id = %(id)s AND l.exclusion IS NULL)
                 AND EXISTS (SELECT 1 FROM carbon_emission_line e WHERE e.activity_id = a.id AND e.id <= %(highest)s)
               GROUP BY 1, 2 HAVING SUM(a.quantity) <> 0)
            SELECT c.registry, c.serial_from, c.serial_to, c.quantity, c.generated_from, c.generated_to, %(region)s, %(source)s, d.name,
                   COALESCE(d.date_from, d.date), c.reason
              FROM claim x
              JOIN carbon_declaration_certificate c ON c.declaration_id = x.origin_id
              JOIN carbon_declaration d ON d.id = x.origin_id
              JOIN carbon_source s ON s.id = x.source_id
              JOIN carbon_region rg ON rg.id = c.region_id
             ORDER BY 10, c.registry, c.serial_from, c.id
            """,
            activities=inventory._sql_ledger("carbon_activity_data"),
            company=inventory.company_id.id,
            start=inventory.date_from,
            end=inventory.date_to,
            results=sorted(set(CLAIMS.values())),
            id=inventory.id,
            highest=inventory.ledger_max_id or 0,
            region=self._sql_name("rg.name"),
            source=self._sql_name("s.name"),
        )

    # ------------------------------------------------------------------
    # New facilities
    # ------------------------------------------------------------------
    @api.model
    def _write_new_facilities(self, context):
        columns = [
            Column("排放源 Source", width=30),
            Column("启用日期 In use from", "date", 14),
            Column("合计 Total (t CO2e)", "number", 16),
            Column("基于位置 Location-based (t CO2e)", "number", 18),
            Column("基于市场 Market-based (t CO2e)", "number", 18),
        ]
        title = "本期新增设施（合计的一部分） New facilities of the period, part of the total"
        sheet = context["book"].sheet("新增设施 New facilities", columns, title)
        rows = self._new_facilities(context["inventory"])
        for row in rows:
            sheet.row(list(row))
        if rows:
            sheet.row(["小计 Subtotal", None, *(sum(row[index] for row in rows) for index in (2, 3, 4))])

    @api.model
    def _new_facilities(self, inventory):
        """Return (source, first day, headline, location-based, market-based t) of sources that began in the period, by their day."""
        return self.env.execute_query(
            SQL(
                """
                SELECT %(name)s, b.date_start, %(sums)s
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  JOIN carbon_source s ON s.id = l.source_id
                  JOIN (%(starts)s) b ON b.source_id = l.source_id AND b.date_start BETWEEN i.date_from AND i.date_to
                 WHERE l.inventory_id = %(id)s AND l.treatment = 'total' AND l.exclusion IS NULL
                 GROUP BY s.id, s.name, b.date_start ORDER BY b.date_start, s.id
                """,
                name=self._sql_name("s.name"),
                sums=self._sql_sums(),
                starts=self.env["carbon.source"]._sql_starts(),
                id=inventory.id,
            )
        )
