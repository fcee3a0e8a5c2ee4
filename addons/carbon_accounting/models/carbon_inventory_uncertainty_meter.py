from odoo import api, models
from odoo.tools import SQL


class CarbonInventoryUncertainty(models.Model):
    """The uncertainty of meters: their permissible error, where neither rule nor calibration state says more (R-061, R-138)."""

    _inherit = "carbon.inventory.uncertainty"

    @api.model
    def _sql_instrument(self):
        """Return the permissible error of the meter of an activity row; the parts of a formula add up in the rows of their own."""
        return SQL("meter.percent")

    @api.model
    def _sql_instruments(self):
        """Return the join that gives :meth:`_sql_instrument`: meters are few, rows are many."""
        return SQL(
            "LEFT JOIN (SELECT eq.id, NULLIF(eq.carbon_permissible_error, 0) AS percent FROM maintenance_equipment eq "
            "WHERE eq.is_carbon_meter) meter ON meter.id = a.equipment_id"
        )
