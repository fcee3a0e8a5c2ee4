from odoo import fields, models


class CarbonReportingPeriod(models.Model):
    """What a person sees of a period before closing it: its rows and what still waits on the worklist."""

    _inherit = "carbon.reporting.period"

    activity_count = fields.Integer(string="Activity Data", compute="_compute_activity_count")
    issue_count = fields.Integer(string="Worklist", compute="_compute_issue_count")

    def _count_by_month(self, model, domain):
        """Return {(company, first of month): count} over the range of these periods, in one query."""
        if not self.ids:
            return {}
        rows = self.env[model]._read_group(
            [
                ("company_id", "in", self.company_id.ids),
                ("date", ">=", min(self.mapped("date_from"))),
                ("date", "<=", max(self.mapped("date_to"))),
                *domain,
            ],
            ["company_id", "date:month"],
            ["__count"],
        )
        return {(company.id, month): count for company, month, count in rows}

    def _compute_activity_count(self):
        counts = self._count_by_month("carbon.activity.data", [])
        for period in self:
            period.activity_count = counts.get((period.company_id.id, period.date_from), 0)

    def _compute_issue_count(self):
        counts = self._count_by_month("carbon.collection.issue", [("state", "=", "open")])
        for period in self:
            period.issue_count = counts.get((period.company_id.id, period.date_from), 0)

    def _rows_domain(self):
        self.ensure_one()
        return [
            ("company_id", "=", self.company_id.id),
            ("date", ">=", fields.Date.to_string(self.date_from)),
            ("date", "<=", fields.Date.to_string(self.date_to)),
        ]

    def action_view_activity_data(self):
        """Open the activity data of the month."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=self._rows_domain(), context={})

    def action_view_issues(self):
        """Open what is still on the worklist of the month."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_issue_action")
        return dict(action, domain=self._rows_domain())
