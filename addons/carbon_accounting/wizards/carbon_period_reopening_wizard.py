from odoo import api, fields, models


class CarbonPeriodReopeningWizard(models.TransientModel):
    """Asks for closed months to be opened again for a restatement; another person approves."""

    _name = "carbon.period.reopening.wizard"
    _description = "Ask for Months to be Reopened"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True)
    company_id = fields.Many2one(related="inventory_id.company_id")
    date_from = fields.Date(related="inventory_id.date_from")
    date_to = fields.Date(related="inventory_id.date_to")
    period_ids = fields.Many2many(
        "carbon.reporting.period",
        string="Months",
        compute="_compute_period_ids",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        domain="[('company_id', '=', company_id), ('date_from', '>=', date_from), ('date_from', '<=', date_to), ('state', '=', 'closed')]",
    )
    reason = fields.Text(required=True)

    @api.depends("inventory_id")
    def _compute_period_ids(self):
        """Propose the closed months that late adjustments wait for."""
        for wizard in self:
            inventory = wizard.inventory_id
            issues = self.env["carbon.collection.issue"].search(inventory._late_domain()) if inventory else []
            months = {day.replace(day=1) for issue in issues for day in issue._late_days()}
            wizard.period_ids = (
                inventory._periods().filtered(lambda p, months=months: p.state == "closed" and p.date_from in months)
                if inventory
                else False
            )

    def action_request(self):
        """Ask for the months.

        :return: window action of the requests
        """
        self.ensure_one()
        self.env["carbon.period.reopening"]._request(self.period_ids, self.reason, self.inventory_id)
        return self.inventory_id.action_view_reopenings()
