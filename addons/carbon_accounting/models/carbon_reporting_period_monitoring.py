from odoo import fields, models


class CarbonReportingPeriod(models.Model):
    """What monitoring says of a period before it is closed."""

    _inherit = "carbon.reporting.period"

    gap_count = fields.Integer("Data Expected and Not There", compute="_compute_gap_count")
    anomaly_count = fields.Integer("Open Anomalies", compute="_compute_anomaly_count")

    def _compute_gap_count(self):
        rows = self.env["carbon.monitoring.report"]
        counts = {}
        if self.ids:
            domain = [
                ("company_id", "in", self.company_id.ids),
                ("date_to", ">=", min(self.mapped("date_from"))),
                ("date_to", "<=", max(self.mapped("date_to"))),
                ("status", "in", ("awaited", "missing", "conflict")),
            ]
            groups = rows._read_group(domain, ["company_id", "date_to:month"], ["__count"])
            counts = {(company.id, month): count for company, month, count in groups}
        for period in self:
            period.gap_count = counts.get((period.company_id.id, period.date_from), 0)

    def _compute_anomaly_count(self):
        counts = self._count_by_month("carbon.data.anomaly", [("state", "=", "open")])
        for period in self:
            period.anomaly_count = counts.get((period.company_id.id, period.date_from), 0)

    def action_view_expected(self):
        """Open the data that the plan expects until the end of the month and that are not there."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_monitoring_report_action")
        domain = self.env["carbon.data.gap"]._open_domain(self.company_id, self.date_from, self.date_to)
        return dict(action, domain=domain, context={})

    def action_view_anomalies(self):
        """Open the anomalies of the month."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_data_anomaly_action")
        return dict(action, domain=self._rows_domain(), context={})
