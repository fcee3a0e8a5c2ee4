from odoo import api, fields, models

READERS = "carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier"


class CarbonMoveDocumentMixin(models.AbstractModel):
    """Documents of stock moves show the activity data that these gave.

    Nothing is stored.
    """

    _name = "carbon.move.document.mixin"
    _description = "Document of stock moves with activity data"

    carbon_activity_count = fields.Integer(compute="_compute_carbon_activity", groups=READERS)
    carbon_co2e_t = fields.Float(
        string="Emissions (tCO2e)", compute="_compute_carbon_activity", digits=(16, 3), groups=READERS
    )

    def _carbon_moves(self):
        """Return the stock moves of the documents; documents implement this."""
        return self.env["stock.move"]

    @api.model
    def _carbon_moves_domain(self, moves):
        """Return the domain of activity data that come from these moves."""
        return [
            ("company_id", "in", moves.company_id.ids),
            ("origin_model", "=", "stock.move"),
            ("origin_id", "in", moves.ids),
        ]

    def _compute_carbon_activity(self):
        moves = {document: document._carbon_moves() for document in self}
        every = self.env["stock.move"].union(*moves.values())
        activities = self.env["carbon.activity.data"].search_fetch(self._carbon_moves_domain(every), ["origin_id"])
        co2e = self.env["carbon.engine"]._co2e_by_activity(activities.ids)
        by_move = activities.grouped("origin_id")
        for document in self:
            rows = [row for move_id in moves[document].ids for row in by_move.get(move_id, ())]
            document.carbon_activity_count = len(rows)
            document.carbon_co2e_t = sum(co2e.get(row.id, 0.0) for row in rows)

    def action_view_carbon_activity(self):
        """Open the activity data of the documents.

        :return: action of the list
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=self._carbon_moves_domain(self._carbon_moves()), context={})
