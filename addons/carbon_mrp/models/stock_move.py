from odoo import api, models


class StockMove(models.Model):
    """Manufacturing adds fields that decide what a done move means."""

    _inherit = "stock.move"

    @api.model
    def _carbon_event_fields(self):
        """Add the links to manufacturing and unbuild orders."""
        return super()._carbon_event_fields() | {
            "raw_material_production_id",
            "production_id",
            "unbuild_id",
            "workorder_id",
            "operation_id",
        }

    def _carbon_document(self):
        """Open the manufacturing or unbuild order."""
        document = super()._carbon_document()
        return self.scrap_id or self.raw_material_production_id or self.production_id or self.unbuild_id or document
