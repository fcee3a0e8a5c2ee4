from odoo import models


class StockPicking(models.Model):
    """Transfers show what their moves gave and tell when their partner changes."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "carbon.move.document.mixin"]

    def _carbon_moves(self):
        """Return the moves of the transfers."""
        return self.move_ids

    def write(self, vals):
        """Queue done moves when the transfer, which names their partner, gets another one."""
        result = super().write(vals)
        if "partner_id" in vals and self.env["carbon.engine"]._live_companies():
            self.move_ids.filtered(lambda move: move.state == "done")._carbon_queue()
        return result
