from odoo import models


class MrpProduction(models.Model):
    """Manufacturing orders show what their components, output and by-products gave."""

    _name = "mrp.production"
    _inherit = ["mrp.production", "carbon.move.document.mixin"]

    def _carbon_moves(self):
        """Return the moves of the orders, scrap included."""
        return self.move_raw_ids | self.move_finished_ids | self.scrap_ids.move_ids
