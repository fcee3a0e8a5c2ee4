from odoo import api, models
from odoo.tools import SQL


class CarbonSource(models.Model):
    """The day on which a source began."""

    _inherit = "carbon.source"

    @api.model
    def _sql_starts(self):
        """Return SQL of ``(source_id, date_start)`` of the sources whose first day is known."""
        return SQL(
            """SELECT s.id AS source_id, COALESCE(s.active_from, s.commissioning_date, q.effective_date, u.date_start) AS date_start
                 FROM carbon_source s LEFT JOIN maintenance_equipment q ON q.id = s.equipment_id
                 LEFT JOIN carbon_emission_unit u ON u.id = s.emission_unit_id"""
        )
