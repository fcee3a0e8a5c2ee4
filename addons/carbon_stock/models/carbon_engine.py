from odoo import api, models


class CarbonEngine(models.AbstractModel):
    """From a row of the ledger to the document of its stock move."""

    _inherit = "carbon.engine"

    @api.model
    def _origin_action(self, record):
        """Open the document of a stock move, for instance its transfer."""
        if record._name == "stock.move":
            record = record._carbon_document()
        return super()._origin_action(record)
