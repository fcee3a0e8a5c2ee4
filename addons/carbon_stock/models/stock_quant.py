from odoo import models


class StockQuant(models.Model):
    """A count keeps the accounting date that was entered for it.

    Odoo gives that date to the entry of the count and forgets it where there is none: without automated valuation, or
    without an account on the location.
    """

    _inherit = "stock.quant"

    def _get_inventory_move_values(self, qty, location_id, location_dest_id, package_id=False, package_dest_id=False):
        """Add the accounting date of the count."""
        values = super()._get_inventory_move_values(qty, location_id, location_dest_id, package_id, package_dest_id)
        day = self.env.context.get("force_period_date")
        return values | {"carbon_accounting_date": day} if day else values
