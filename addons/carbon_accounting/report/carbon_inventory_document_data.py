from odoo import api, models
from odoo.tools import SQL


class CarbonInventoryDocument(models.AbstractModel):
    """Sources, activity data, factors and methods: tables A.1 to A.3 and what stands behind them."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _section_sources(self, inventory, edition):
        """Return the rows of table A.1 with gases and category of each source."""
        book = self.env["carbon.inventory.workbook"]
        sources = book._sources_in_operation(inventory)
        labels = self._category_labels(edition)
        gases = self._gases_by_source(inventory)
        rows = [
            [
                *book._row_a1(number, source),
                labels.get(source.category_id.id, book._one("未映射 Not mapped")),
                gases.get(source.id, ""),
            ]
            for number, source in enumerate(sources, 1)
        ]
        return {"rows": rows}

    @api.model
    def _category_labels(self, edition):
        """Return {id of a leaf: label of its category in an edition}."""
        return {m.emission_category_id.id: m.framework_category_id.display_name for m in edition.mapping_ids}

    @api.model
    def _gases_by_source(self, inventory):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.source_id, string_agg(DISTINCT CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE split_part(ga.code, '_', 1) END, ', ')
                  FROM carbon_inventory_line l JOIN carbon_gas ga ON ga.id = l.gas_id
                 WHERE l.inventory_id = %s GROUP BY 1
                """,
                inventory.id,
            )
        )
        return dict(rows)

    # ------------------------------------------------------------------
    # Activity data
    # ------------------------------------------------------------------
    @api.model
    def _section_activity(self, inventory, edition):
        """Return table A.2 and the quantity of each source with its quality."""
        book = self.env["carbon.inventory.workbook"]
        return {"table_a2": list(book._rows_a2(inventory)), "rows": self._activity_by_source(inventory)}

    @api.model
    def _activity_by_source(self, inventory):
        """Return a dict per source: name, quantity, unit, rows, estimated share of the quantity, quality in words.

        What the inventory counts of the ledger, 100 % of the company.
        """
        book = self.env["carbon.inventory.workbook"]
        found = self.env.execute_query(
            SQL(
                """
                SELECT a.source_id, a.quality, SUM(a.quantity), count(*), %(name)s, COALESCE(%(unit)s, cu.name)
                  FROM %(ledger)s a
                  JOIN carbon_source s ON s.id = a.source_id
                  LEFT JOIN uom_uom u ON u.id = s.uom_id
                  LEFT JOIN res_currency cu ON cu.id = s.currency_id
                 WHERE a.company_id = %(company)s AND a.date BETWEEN %(start)s AND %(end)s AND s.kind <> 'output'
                 GROUP BY a.source_id, a.quality, s.name, u.name, cu.name, s.sequence
                 ORDER BY s.sequence, a.source_id, SUM(a.quantity) DESC
                """,
                name=book._sql_name("s.name"),
                unit=book._sql_name("u.name"),
                ledger=inventory._sql_ledger("carbon_activity_data"),
                **book._window(inventory),
            )
        )
        rows = {}
        for source_id, quality, quantity, count, name, unit in found:
            row = rows.setdefault(
                source_id, {"name": name, "unit": unit or "", "quantity": 0.0, "count": 0, "parts": []}
            )
            row["quantity"] += float(quantity)
            row["count"] += count
            if quantity:
                row["parts"].append((book._word(quality), float(quantity)))
        for row in rows.values():
            row["quality"] = self._quality_words(row["parts"], row["quantity"])
        return [row for row in rows.values() if row["parts"]]

    @api.model
    def _quality_words(self, parts, total):
        """Say how much of a quantity has which quality."""
        if len(parts) == 1 or not total:
            return ", ".join(word for word, _quantity in parts)
        return ", ".join(f"{word} {self._percent(100.0 * quantity / total)}" for word, quantity in parts)

    # ------------------------------------------------------------------
    # Factors
    # ------------------------------------------------------------------
    @api.model
    def _section_factors(self, inventory, edition):
        """Return table A.3 and the factor versions used, each with its gases."""
        book = self.env["carbon.inventory.workbook"]
        versions = {}
        for row in self.env.execute_query(book._sql_factors(inventory)):
            key = row[0], row[2], row[3]
            version = versions.setdefault(
                key,
                {
                    **dict(zip(("code", "name", "region", "date_from", "unit"), row[:5], strict=True)),
                    "parameters": None,
                    "gases": [],
                    **dict(zip(("uncertainty", "data_year", "document"), row[14:17], strict=True)),
                    "provenance": book._word(row[17]),
                    **dict(zip(("below", "above"), row[19:21], strict=True)),
                },
            )
            if row[5] is not None:
                version["parameters"] = row[5:8]
            version["gases"].append((row[9], book._word(row[10]), row[11], row[12]))
        unverified = inventory.line_ids.version_id.filtered(lambda v: v.provenance == "recalled_unverified")
        return {
            "table_a3": list(book._rows_a3(inventory)),
            "inputs": self._stated_inputs(inventory),
            "rows": list(versions.values()),
            "unverified": ", ".join(unverified.mapped("display_name")),
        }

    @api.model
    def _stated_inputs(self, inventory):
        """Return (source, input, values, where they come from) of what calculation methods were told."""
        book = self.env["carbon.inventory.workbook"]
        inputs = book._inputs_by_source(inventory)
        return [
            (
                source.name,
                " ".join(filter(None, key[:2])),
                book._told_inputs({key: stated}, add=name == "activity", named=False),
            )
            for source in self.env["carbon.source"].browse(inputs).sorted(lambda s: (s.sequence, s.id))
            for name, groups in inputs[source.id].items()
            for key, stated in groups.items()
        ]

    # ------------------------------------------------------------------
    # Methods
    # ------------------------------------------------------------------
    @api.model
    def _section_methods(self, inventory, edition):
        """Return the calculation methods behind the activity data, and the gases weighted."""
        rules = self._rules_used(inventory)
        methods = rules.method_id.sorted(lambda m: (m.sequence, m.id))
        plain = rules.filtered(lambda r: not r.method_id).source_id
        return {
            "methods": methods,
            "plain_sources": ", ".join(plain.sorted("id").mapped("name")),
            "gwp": self._gwp_used(inventory),
        }

    @api.model
    def _rules_used(self, inventory):
        ids = self.env.execute_query(
            SQL(
                "SELECT DISTINCT a.rule_id FROM %s a WHERE a.company_id = %s AND a.date BETWEEN %s AND %s",
                inventory._sql_ledger("carbon_activity_data"),
                *(inventory.company_id.id, inventory.date_from, inventory.date_to),
            )
        )
        rules = self.env["carbon.activity.rule"].browse([row[0] for row in ids if row[0]]).exists()
        return rules.filtered(lambda r: r.source_id.kind != "output")

    @api.model
    def _gwp_used(self, inventory):
        """Return (gas, GWP) of the gases of the inventory, as they were multiplied."""
        return self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE ga.code END, l.gwp
                  FROM carbon_inventory_line l JOIN carbon_gas ga ON ga.id = l.gas_id
                 WHERE l.inventory_id = %s GROUP BY 1, 2 ORDER BY min(ga.sequence), 1
                """,
                inventory.id,
            )
        )
