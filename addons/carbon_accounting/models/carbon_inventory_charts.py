from odoo import api, fields, models

TOP = 8


class CarbonInventory(models.Model):
    """The charts on the form of an inventory: by month and scope, and by source."""

    _inherit = "carbon.inventory"

    chart_data = fields.Json(compute="_compute_chart_data", export_string_translation=False)

    @api.depends("computed_on", "electricity_basis")
    def _compute_chart_data(self):
        for inventory in self:
            inventory.chart_data = inventory._get_chart_data() if inventory.computed_on else False

    def _get_chart_data(self):
        """Return months by scope, and the largest sources, in t CO2e on the headline basis."""
        report = self.env["carbon.inventory.report"]
        domain = [("inventory_id", "=", self.id)]
        months = {month: [0.0, 0.0, 0.0] for month in self._months()}
        for scope, month, total in report._read_group(domain, ["scope", "period:month"], ["total_t:sum"]):
            if scope in ("1", "2", "3"):
                months[month][int(scope) - 1] += total or 0.0
        groups = report._read_group(domain, ["source_id"], ["total_t:sum"])
        sources = sorted(((source, total or 0.0) for source, total in groups), key=lambda pair: -abs(pair[1]))
        rows = [{"id": source.id, "name": source.name, "t": total} for source, total in sources[:TOP] if total]
        return {
            "year": self.date_from.year,
            "months": [
                {"start": fields.Date.to_string(month), "scopes": scopes, "previous": 0}
                for month, scopes in months.items()
            ],
            "sources": rows,
            "others": sum(total for _source, total in sources[TOP:]),
            "company": self.company_id.id,
            "start": fields.Date.to_string(self.date_from),
            "end": fields.Date.to_string(self.date_to),
        }
