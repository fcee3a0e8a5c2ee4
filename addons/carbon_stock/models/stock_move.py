from odoo import api, fields, models

#: Fields that decide what a done move means; writing another one changes no event.
# fmt: off
_EVENT_FIELDS = frozenset({
    "state", "date", "company_id", "product_id", "product_uom", "partner_id", "picking_id", "location_id",
    "location_dest_id", "is_inventory", "scrap_id", "origin_returned_move_id", "purchase_line_id",
    "carbon_accounting_date", "account_move_id",
})
# fmt: on


class StockMove(models.Model):
    """Done moves, and done moves that change, are collected at commit."""

    _inherit = "stock.move"

    # read by the query of the events only: nothing else may become slower
    carbon_accounting_date = fields.Date(
        string="Accounting Date of the Count",
        readonly=True,
        copy=False,
        prefetch=False,
        help="Entered when the count was applied.",
    )

    def write(self, vals):
        """Queue moves that are or were done."""
        if not self._carbon_matters(vals):
            return super().write(vals)
        were_done = self.browse()
        if vals.get("state", "done") != "done":
            were_done = self.filtered(lambda move: move.state == "done")
        result = super().write(vals)
        (were_done | self.filtered(lambda move: move.state == "done"))._carbon_queue()
        return result

    def unlink(self):
        """Queue done moves: their rows get a counter row."""
        if self.env["carbon.engine"]._live_companies():
            self.filtered(lambda move: move.state == "done")._carbon_queue()
        return super().unlink()

    @api.model
    def _carbon_event_fields(self):
        """Return the fields that decide what a done move means."""
        return _EVENT_FIELDS

    @api.model
    def _carbon_matters(self, vals):
        """Whether these values can change an event that is collected live."""
        engine = self.env["carbon.engine"]
        live = engine._live_companies()
        if not live:
            return False
        if not self._carbon_event_fields().isdisjoint(vals):
            return True
        # value of stock_account: matters to rules that count money
        return "value" in vals and engine._profile(live)["has_amount"]

    def _carbon_queue(self):
        """Put the moves into the set that is derived before the transaction commits."""
        if self:
            self.env["carbon.engine"]._queue("stock.move", self.ids, self.company_id.ids)

    def _carbon_document(self):
        """Return the document that people know the move by, or the move itself."""
        self.ensure_one()
        return self.scrap_id or self.picking_id or self
