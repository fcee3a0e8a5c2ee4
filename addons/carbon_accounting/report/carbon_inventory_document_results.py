from odoo import api, models
from odoo.tools import SQL

#: Treatments that are never in a total.
APART = ("biogenic", "removal", "recovered", "other_gas")


class CarbonInventoryDocument(models.AbstractModel):
    """The figures of an inventory: by scope, category, gas, source and month, and what is apart."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _section_results(self, inventory, edition):
        """Return totals and their parts; each row is label, headline, location-based, market-based in t."""
        book = self.env["carbon.inventory.workbook"]
        sources = self._by_source(inventory)
        return {
            "totals": [(label, values) for label, values, _conditions in book._total_rows(inventory)[:3]],
            "scopes": self._by_scope(inventory),
            "categories": [row for row in book._by_category(inventory, edition) if any(row[1:])],
            "gases": self._by_gas(inventory),
            "segments": self._by_segment(inventory),
            "sources": sources,
            "months": self._by_month(inventory),
            "facilities": book._new_facilities(inventory),
            "top": self._bars(sources),
        }

    @api.model
    def _by_scope(self, inventory):
        """Return rows by scope of the GHG Protocol, where the inventory names an edition of it."""
        if "GHGP" not in inventory.edition_ids.framework_id.mapped("code"):
            return []
        report = self.env["carbon.inventory.report"]
        labels = dict(report._fields["scope"]._description_selection(self.env))
        groups = report._read_group(
            [("inventory_id", "=", inventory.id), ("treatment", "=", "total")],
            ["scope"],
            ["total_t:sum", "location_t:sum", "market_t:sum"],
        )
        return [
            (labels[scope], *(value or 0.0 for value in values))
            for scope, *values in sorted(groups, key=lambda g: g[0])
        ]

    @api.model
    def _by_gas(self, inventory):
        """Return (gas group, t CO2e direct, purchased energy, other indirect, together, mass in t) on the headline basis."""
        return self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN ga.is_pseudo THEN 'CO2e' ELSE ga.gas_group END AS label,
                       COALESCE(SUM(l.co2e_kg) FILTER (WHERE l.segment = 'direct'), 0) / 1000.0,
                       COALESCE(SUM(l.co2e_kg) FILTER (WHERE l.segment = 'energy'), 0) / 1000.0,
                       COALESCE(SUM(l.co2e_kg) FILTER (WHERE l.segment = 'other'), 0) / 1000.0,
                       COALESCE(SUM(l.co2e_kg), 0) / 1000.0, COALESCE(SUM(l.mass_kg), 0) / 1000.0
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  JOIN carbon_gas ga ON ga.id = l.gas_id
                 WHERE l.inventory_id = %s AND l.treatment = 'total'
                   AND CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END
                 GROUP BY label ORDER BY min(ga.sequence), label
                """,
                inventory.id,
            )
        )

    @api.model
    def _by_segment(self, inventory):
        """Return ``{segment: t CO2e}`` of the headline total: direct, purchased energy, other indirect."""
        groups = self.env["carbon.inventory.report"]._read_group(
            [("inventory_id", "=", inventory.id), ("treatment", "=", "total")], ["segment"], ["total_t:sum"]
        )
        return {"direct": 0.0, "energy": 0.0, "other": 0.0} | dict(groups)

    @api.model
    def _by_source(self, inventory, where="l.treatment = 'total'"):
        """Return dicts of sources, the largest first: name, category, t on the three bases.

        :param where: condition on lines ``l``, from this code
        """
        book = self.env["carbon.inventory.workbook"]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.id, %(name)s, %(category)s, %(sums)s
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  JOIN carbon_source s ON s.id = l.source_id
                  JOIN carbon_emission_category c ON c.id = l.emission_category_id
                 WHERE l.inventory_id = %(id)s AND %(where)s AND l.exclusion IS NULL
                 GROUP BY s.id, s.name, c.id, c.name ORDER BY 4 DESC, s.id
                """,
                name=book._sql_name("s.name"),
                category=book._sql_name("c.name"),
                sums=book._sql_sums(),
                id=inventory.id,
                where=SQL(where),
            )
        )
        names = ("id", "name", "category", "total", "location", "market")
        return [dict(zip(names, row, strict=True)) for row in rows]

    @api.model
    def _by_month(self, inventory):
        """Return (month, direct, purchased energy, other indirect, together) in t on the headline basis."""
        groups = self.env["carbon.inventory.report"]._read_group(
            [("inventory_id", "=", inventory.id), ("treatment", "=", "total")],
            ["period:month", "segment"],
            ["total_t:sum"],
        )
        cells = {(month, segment): total or 0.0 for month, segment, total in groups}
        rows = []
        for month in inventory._months():
            parts = [cells.get((month, segment), 0.0) for segment in ("direct", "energy", "other")]
            rows.append((f"{month:%Y-%m}", *parts, sum(parts)))
        return rows

    @api.model
    def _bars(self, sources):
        """Return (name, t, width in percent) of the ten largest sources."""
        largest = [row for row in sources if row["total"] > 0][:10]
        most = float(largest[0]["total"]) if largest else 0.0
        return [(row["name"], row["total"], max(0.5, 100.0 * float(row["total"]) / most)) for row in largest]

    # ------------------------------------------------------------------
    # Purchased energy, and what is apart
    # ------------------------------------------------------------------
    @api.model
    def _section_electricity(self, inventory, edition):
        """Return purchased energy on both bases, by source, and the certificates behind the market-based one."""
        certificates = self.env["carbon.inventory.workbook"]._sql_certificates(inventory)
        return {
            "rows": self._by_source(inventory, "l.treatment = 'total' AND l.segment = 'energy'"),
            "certificates": self.env.execute_query(certificates),
        }

    @api.model
    def _section_apart(self, inventory, edition):
        """Return what is in no total, by treatment and source."""
        labels = dict(self.env["carbon.inventory.line"]._fields["treatment"]._description_selection(self.env))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.treatment, %(name)s, SUM(l.co2e_kg) / 1000.0
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  JOIN carbon_source s ON s.id = l.source_id
                 WHERE l.inventory_id = %(id)s AND l.treatment <> 'total'
                   AND CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END
                 GROUP BY 1, 2 ORDER BY 1, 3 DESC
                """,
                name=self.env["carbon.inventory.workbook"]._sql_name("s.name"),
                id=inventory.id,
            )
        )
        by_treatment = {name: [] for name in APART}
        for treatment, source, total in rows:
            by_treatment[treatment].append((source, total))
        return {"rows": [(labels[name], inventory[f"{name}_t"], by_treatment[name]) for name in APART]}

    @api.model
    def _section_intensity(self, inventory, edition):
        """Return the intensities of the inventory."""
        return {"rows": inventory.intensity_ids}
