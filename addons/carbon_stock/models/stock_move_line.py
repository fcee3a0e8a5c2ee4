from odoo import api, models

#: Fields of a line that decide what its done move means.
_EVENT_FIELDS = frozenset({"quantity", "product_uom_id", "move_id", "location_id", "location_dest_id", "owner_id"})


class StockMoveLine(models.Model):
    """A done move whose lines change is collected again."""

    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Queue the moves of done lines."""
        lines = super().create(vals_list)
        lines._carbon_queue_moves()
        return lines

    def write(self, vals):
        """Queue the moves of done lines whose quantity, unit, place, owner or move changes."""
        touched = not _EVENT_FIELDS.isdisjoint(vals)
        if touched and "move_id" in vals:
            self._carbon_queue_moves()
        result = super().write(vals)
        if touched:
            self._carbon_queue_moves()
        return result

    def unlink(self):
        """Queue the moves of done lines."""
        self._carbon_queue_moves()
        return super().unlink()

    def _carbon_queue_moves(self):
        """Queue the done moves of these lines."""
        if self and self.env["carbon.engine"]._live_companies():
            self.move_id.filtered(lambda move: move.state == "done")._carbon_queue()
