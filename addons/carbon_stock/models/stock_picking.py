from odoo import models


class StockPicking(models.Model):
    """Transfers show what their moves gave and tell when their partner changes."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "carbon.move.document.mixin"]

    def _carbon_moves(self):
        """Return the moves of the transfers."""
        return self.move_ids

    def write(self, vals):
        """Queue done moves and what returns them when the transfer, which names their partner, gets another one."""
        result = super().write(vals)
        engine = self.env["carbon.engine"]
        if "partner_id" in vals and engine._live_companies():
            moves = self.move_ids.browse(engine._with_returns(self.move_ids.ids))
            moves.filtered(lambda move: move.state == "done")._carbon_queue()
        return result
