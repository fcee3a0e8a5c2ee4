from odoo import api, fields, models


class CarbonSource(models.Model):
    """What monitoring says of a source."""

    _inherit = "carbon.source"

    gap_count = fields.Integer("Open Gaps", compute="_compute_monitoring_counts")
    anomaly_count = fields.Integer("Open Anomalies", compute="_compute_monitoring_counts")
    is_monitored = fields.Boolean(
        compute="_compute_is_monitored",
        search="_search_is_monitored",
        help="The monitoring plan in force has an item for it.",
    )

    def _compute_monitoring_counts(self):
        gaps = dict(
            self.env["carbon.data.gap"]._read_group(
                [("source_id", "in", self.ids), ("state", "in", ("open", "proposed"))], ["source_id"], ["__count"]
            )
        )
        anomalies = dict(
            self.env["carbon.data.anomaly"]._read_group(
                [("source_id", "in", self.ids), ("state", "=", "open")], ["source_id"], ["__count"]
            )
        )
        for source in self:
            source.gap_count = gaps.get(source, 0)
            source.anomaly_count = anomalies.get(source, 0)

    @api.model
    def _monitored_domain(self):
        today = fields.Date.context_today(self)
        return [
            *(("plan_id.state", "=", "approved"), ("plan_id.date_from", "<=", today), ("source_id", "!=", False)),
            *("|", ("plan_id.date_to", "=", False), ("plan_id.date_to", ">=", today)),
        ]

    def _compute_is_monitored(self):
        items = self.env["carbon.monitoring.item"].search([*self._monitored_domain(), ("source_id", "in", self.ids)])
        for source in self:
            source.is_monitored = source in items.source_id

    @api.model
    def _search_is_monitored(self, operator, value):
        if operator != "in":
            return NotImplemented
        items = self.env["carbon.monitoring.item"].search(self._monitored_domain())
        return [("id", "in" if True in value else "not in", items.source_id.ids)]

    def action_view_gaps(self):
        """Open the gaps of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_data_gap_action")
        return dict(action, domain=[("source_id", "in", self.ids)], context={})

    def action_view_anomalies(self):
        """Open the anomalies of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_data_anomaly_action")
        return dict(action, domain=[("source_id", "in", self.ids)], context={})

    def action_view_expected(self):
        """Open the expected data of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_monitoring_report_action")
        return dict(action, domain=[("source_id", "in", self.ids)])
