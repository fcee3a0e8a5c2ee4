from odoo import api, models
from odoo.tools import SQL

from ..tools.xlsx_stream import Column, Formula


class CarbonInventoryWorkbook(models.AbstractModel):
    """The long sheets: activity data, factors and emissions."""

    _inherit = "carbon.inventory.workbook"

    @api.model
    def _sql_partner(self):
        """Return the join from ``a.partner_id`` to its name, and its name.

        A merged partner has the name of the one that stayed, a deleted one its number.
        """
        join = SQL(
            "LEFT JOIN carbon_partner_merge pm ON pm.merged_id = a.partner_id "
            "LEFT JOIN res_partner p ON p.id = COALESCE(pm.partner_id, a.partner_id)"
        )
        return join, SQL("COALESCE(p.complete_name, pm.name, '#' || a.partner_id)")

    @api.model
    def _sql_product(self):
        """Return the join from ``a.product_id`` to its name, and its name."""
        join = SQL(
            "LEFT JOIN product_product pp ON pp.id = a.product_id "
            "LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id"
        )
        return join, SQL("concat_ws(' ', '[' || pp.default_code || ']', %s)", self._sql_name("pt.name"))

    # ------------------------------------------------------------------
    # Activity data
    # ------------------------------------------------------------------
    @api.model
    def _write_activity(self, context):
        columns = [
            Column("日期 Date", "date", 12),
            Column("排放源 Source", width=28),
            Column("事件 Event", width=20),
            Column("单据 Document", width=24),
            Column("产品 Product", width=28),
            Column("合作方 Partner", width=24),
            Column("数量 Quantity", "number", 16),
            Column("单位 Unit", width=10),
            Column("原始数量 Quantity of origin", "number", 16),
            Column("原始单位 Unit of origin", width=10),
            Column("数据质量 Quality", width=16),
            Column("不确定度 Uncertainty (±%)", "number", 12),
            Column("规则 Rule", width=24),
            Column("冲销 Counter row", width=10),
        ]
        inventory = context["inventory"]
        approving = self.env["carbon.engine"]._approving(inventory.company_id.ids)
        if approving:
            columns.append(Column("审批 Approval", width=24))
        sheet = context["book"].sheet("活动数据 Activity data", columns, "活动数据 Activity data")
        for row in self._stream(self._sql_activity(inventory, approving)):
            values = list(row)
            values[10] = self._word(row[10])
            values[13] = "是 Yes" if row[13] else ""
            if approving:
                values[14] = self._word(row[14])
            sheet.row(values)

    @api.model
    def _sql_activity(self, inventory, approving=()):
        """Return all activity data of the period, counter rows included, and what the checkers decided on them.

        :param approving: companies that approve their data
        """
        join, product = self._sql_product()
        with_partner, partner = self._sql_partner()
        return SQL(
            """
            SELECT a.date, %(source)s, COALESCE(%(kind)s, a.kind), a.label, %(product)s, %(partner)s, a.quantity,
                   COALESCE(%(unit)s, cu.name), a.origin_quantity, %(ounit)s, a.quality, a.uncertainty, %(rule)s, a.reverses_id
                   %(status)s
              FROM %(ledger)s a
              LEFT JOIN carbon_source s ON s.id = a.source_id
              LEFT JOIN carbon_event_kind k ON k.code = a.kind
              %(with_partner)s
              LEFT JOIN uom_uom u ON u.id = a.uom_id
              LEFT JOIN res_currency cu ON cu.id = a.currency_id
              LEFT JOIN uom_uom ou ON ou.id = a.origin_uom_id
              LEFT JOIN carbon_activity_rule r ON r.id = a.rule_id
              %(join)s
             WHERE a.company_id = %(company)s AND a.date BETWEEN %(start)s AND %(end)s
             ORDER BY a.date, a.id
            """,
            rule=self._sql_name("r.name"),
            source=self._sql_name("s.name"),
            kind=self._sql_name("k.name"),
            unit=self._sql_name("u.name"),
            ounit=self._sql_name("ou.name"),
            product=product,
            partner=partner,
            with_partner=with_partner,
            join=join,
            **self._sql_activity_status(inventory, approving),
            **self._window(inventory),
        )

    @api.model
    def _sql_activity_status(self, inventory, approving):
        """Return the relation to read activity data from, and the column of their approval."""
        if not approving:
            return {"ledger": SQL("carbon_activity_data"), "status": SQL("")}
        days = inventory.date_from, inventory.date_to
        status = self.env["carbon.engine"]._sql_status(approving, SQL("a.date BETWEEN %s AND %s", *days), *days)
        return {"ledger": SQL("(%s)", status), "status": SQL(", a.status")}

    @api.model
    def _window(self, inventory):
        return {"company": inventory.company_id.id, "start": inventory.date_from, "end": inventory.date_to}

    # ------------------------------------------------------------------
    # Factors
    # ------------------------------------------------------------------
    @api.model
    def _write_factors(self, context):
        columns = [
            Column("代码 Code", width=24),
            Column("名称 Name", width=36),
            Column("区域 Region", width=18),
            Column("生效 Valid from", "date", 12),
            Column("单位 Per unit", width=10),
            Column("低位发热值 NCV (GJ/unit)", "number", 14),
            Column("单位热值含碳量 Carbon content (tC/GJ)", "number", 14),
            Column("碳氧化率 Oxidation rate", "number", 12),
            Column("NCV×CC×OF×44/12 (tCO2/unit)", "number", 18),
            Column("气体 Gas", width=16),
            Column("种类 Kind", width=16),
            Column("因子 kg/unit", "number", 18),
            Column("GWP", "number", 10),
            Column("CO2e kg/unit", "number", 18),
            Column("不确定度 Uncertainty (±%)", "number", 12),
            Column("数据年份 Data year", "number", 10),
            Column("来源文件 Source document", width=48),
            Column("来源性质 Provenance", width=28),
            Column("许可 Licence", width=24),
            Column("不确定度下限 Uncertainty below (−%)", "number", 14),
            Column("不确定度上限 Uncertainty above (+%)", "number", 14),
        ]
        sheet = context["book"].sheet("排放因子 Factors", columns, "所用排放因子 Emission factors used")
        for row in self._stream(self._sql_factors(context["inventory"])):
            values = list(row)
            ncv, content, oxidation = row[5:8]
            if ncv and content and oxidation:
                terms = [sheet.cell(index) for index in (5, 6, 7)]
                values[8] = Formula(
                    f"{'*'.join(terms)}*44/12", float(ncv) * float(content) * float(oxidation) * 44 / 12
                )
            values[10] = self._word(row[10])
            values[13] = Formula(f"{sheet.cell(11)}*{sheet.cell(12)}", float(row[11]) * float(row[12] or 0))
            values[17] = self._word(row[17])
            if row[19]:  # the sides differ: half of their sum is no ±
                values[14] = None
            sheet.row(values)

    @api.model
    def _sql_factors(self, inventory):
        """Return the gas lines of the factor versions used, parameters on the line of CO2."""
        parameter = "CASE WHEN v.method = 'parameter' AND ga.code = 'CO2' AND g.kind = 'fossil' THEN v.{} END"
        return SQL(
            """
            SELECT f.code, %(name)s, rg.code, v.date_from, COALESCE(%(unit)s, cu.name), %(ncv)s, %(content)s, %(oxidation)s,
                   NULL, ga.code, g.kind, g.kg_per_unit, w.value, NULL, NULLIF(v.uncertainty, 0), NULLIF(v.data_year, 0),
                   v.source_document, v.provenance, v.licence, NULLIF(v.uncertainty_low, 0), NULLIF(v.uncertainty_high, 0)
              FROM (SELECT DISTINCT version_id FROM carbon_inventory_line WHERE inventory_id = %(inventory)s) used
              JOIN carbon_emission_factor_version v ON v.id = used.version_id
              JOIN carbon_emission_factor f ON f.id = v.factor_id
              JOIN carbon_emission_factor_gas g ON g.version_id = v.id
              JOIN carbon_gas ga ON ga.id = g.gas_id
              LEFT JOIN carbon_gwp_value w ON w.gas_id = g.gas_id AND w.gwp_set_id = %(gwp)s
              LEFT JOIN carbon_region rg ON rg.id = v.region_id
              LEFT JOIN uom_uom u ON u.id = f.uom_id
              LEFT JOIN res_currency cu ON cu.id = f.currency_id
             ORDER BY f.code, rg.code, v.date_from, g.id
            """,
            name=self._sql_name("f.name"),
            unit=self._sql_name("u.name"),
            ncv=SQL(parameter.format("ncv")),
            content=SQL(parameter.format("carbon_content")),
            oxidation=SQL(parameter.format("oxidation_rate")),
            inventory=inventory.id,
            gwp=inventory.gwp_set_id.id,
        )

    # ------------------------------------------------------------------
    # Emissions
    # ------------------------------------------------------------------
    @api.model
    def _write_emissions(self, context):
        """Write the lines of the inventory with their products as formulas.

        :return: the sheet, with the ``positions`` of the columns that the summary adds up
        """
        head = [
            Column("月份 Month", "date", 12),
            Column("排放源 Source", width=28),
            Column("类别 Category", width=24),
            Column("分部 Part", width=22),
            Column("结果 Result", width=28),
            Column("因子 Factor", width=30),
            Column("气体 Gas", width=14),
            Column("气体类别 Gas group", width=10),
            Column("种类 Kind", width=16),
            Column("数量 Quantity", "number", 16),
            Column("单位 Unit", width=10),
            Column("因子 kg/unit", "number", 16),
            Column("比例 Share", "number", 8),
            Column("质量 Mass (kg)", "number", 18),
            Column("GWP", "number", 10),
            Column("排放量 Emissions (t CO2e)", "tonne", 18),
            Column("处理 Treatment", width=24),
            Column("总量口径 Headline basis (1/0)", "number", 10),
            Column("基于位置 Location (1/0)", "number", 10),
            Column("基于市场 Market (1/0)", "number", 10),
            Column("排除 Excluded", width=22),
        ]
        names = [self._bilingual(edition.framework_id) for edition in context["editions"]]
        columns = [*head, *(Column(name, width=34) for name in names)]
        sheet = context["book"].sheet("排放量 Emissions", columns, "排放量 Emissions")
        total = 0.0
        for row in self._stream(self._sql_emissions(context)):
            values = list(row)
            quantity, factor, share, mass, gwp = (float(row[index] or 0) for index in (9, 11, 12, 13, 14))
            values[13] = Formula(f"{sheet.cell(9)}*{sheet.cell(11)}*{sheet.cell(12)}", quantity * factor * share)
            values[15] = Formula(f"{sheet.cell(13)}*{sheet.cell(14)}/1000", mass * gwp / 1000)
            for index in (3, 8, 16, 20):
                values[index] = self._word(row[index])
            sheet.row(values)
            total += values[15].value
        sheet.positions = {
            "segment": 3,
            "gas_group": 7,
            "co2e": 15,
            "treatment": 16,
            "headline": 17,
            "location": 18,
            "market": 19,
            "categories": len(head),
        }
        return sheet

    @api.model
    def _sql_emissions(self, context):
        """Return the lines of the inventory with one label for each edition."""
        inventory, editions = context["inventory"], context["editions"]
        labels = [self._sql_category(f"c{edition.id}") for edition in editions]
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
        headline = SQL("CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END")
        return SQL(
            """
            SELECT l.period, %(source)s, %(category)s, l.segment, COALESCE(%(stream)s, l.stream),
                   concat_ws(' ', f.code, rg.code, v.date_from::text), ga.code,
                   CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE ga.gas_group END, l.gas_kind, l.quantity,
                   COALESCE(%(unit)s, cu.name), l.kg_per_unit, l.share, l.mass_kg, l.gwp, NULL, l.treatment,
                   %(headline)s::int, l.in_location::int, l.in_market::int, l.exclusion %(labels)s
              FROM carbon_inventory_line l
              JOIN carbon_inventory i ON i.id = l.inventory_id
              JOIN carbon_source s ON s.id = l.source_id
              JOIN carbon_emission_category c ON c.id = l.emission_category_id
              JOIN carbon_emission_factor_version v ON v.id = l.version_id
              JOIN carbon_emission_factor f ON f.id = v.factor_id
              LEFT JOIN carbon_region rg ON rg.id = v.region_id
              JOIN carbon_gas ga ON ga.id = l.gas_id
              LEFT JOIN carbon_emission_stream st ON st.code = l.stream
              LEFT JOIN uom_uom u ON u.id = f.uom_id
              LEFT JOIN res_currency cu ON cu.id = f.currency_id
              %(joins)s
             WHERE l.inventory_id = %(inventory)s ORDER BY l.period, l.source_id, l.stream, l.id
            """,
            source=self._sql_name("s.name"),
            category=self._sql_name("c.name"),
            stream=self._sql_name("st.name"),
            unit=self._sql_name("u.name"),
            headline=headline,
            labels=SQL("").join(SQL(", %s", label) for label in labels),
            joins=joins,
            inventory=inventory.id,
        )
