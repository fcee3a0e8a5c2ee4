from odoo import api, fields, models

#: Values of a document that decide its events.
EVENT_FIELDS = {"state", "date", "invoice_date", "currency_id", "partner_id"}
_CARBON = "carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier"


class AccountMove(models.Model):
    """Bills tell the engine when they are posted or reset, and show what they gave."""

    _inherit = "account.move"

    carbon_activity_count = fields.Integer(
        string="Carbon Activity Data",
        compute="_compute_carbon_activity",
        groups=_CARBON,
    )
    carbon_co2e_t = fields.Float(
        string="Emissions (tCO2e)",
        compute="_compute_carbon_activity",
        digits=(16, 3),
        groups=_CARBON,
    )

    @api.depends("line_ids")
    def _compute_carbon_activity(self):
        rows = self.env["carbon.activity.data"].search_fetch(self._carbon_activity_domain(), ["origin_id"])
        co2e = self.env["carbon.engine"]._co2e_by_activity(rows.ids)
        by_line = rows.grouped("origin_id")
        for move in self:
            mine = [row for line in move.line_ids.ids for row in by_line.get(line, ())]
            move.carbon_activity_count = len(mine)
            move.carbon_co2e_t = sum(co2e.get(row.id, 0.0) for row in mine)

    def _carbon_activity_domain(self):
        """Return the domain of activity data that come from these documents."""
        return [
            ("company_id", "in", self.company_id.ids),
            ("origin_model", "=", "account.move.line"),
            ("origin_id", "in", self.line_ids.ids),
        ]

    def action_view_carbon_activity_data(self):
        """Open the activity data of the documents."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=self._carbon_activity_domain(), context={})

    def _carbon_relevant(self):
        """Return the documents that can have events, in companies collected live."""
        engine = self.env["carbon.engine"]
        if not (live := engine._live_companies()):
            return self.browse()
        kinds = dict.fromkeys(self.get_purchase_types(include_receipts=True), live)
        kinds["entry"] = set(live).intersection(engine._entry_companies())
        return self.filtered(lambda m: m.company_id.id in kinds.get(m.move_type, ()))

    def write(self, vals):
        """Queue the lines of documents that are posted now or were until now."""
        relevant = EVENT_FIELDS & vals.keys() and self._carbon_relevant()
        if relevant and vals.get("state") != "posted":
            relevant = relevant.filtered(lambda move: move.state == "posted")
        result = super().write(vals)
        if relevant:
            self.env["carbon.engine"]._queue("account.move.line", relevant.line_ids.ids, relevant.company_id.ids)
        return result
