from odoo import api, fields, models


class MrpWorkorder(models.Model):
    """Work orders show the criteria that they run under (R-103)."""

    _inherit = "mrp.workorder"

    carbon_criteria = fields.Json(compute="_compute_carbon_criteria")

    @api.depends("workcenter_id", "product_id")
    def _compute_carbon_criteria(self):
        """Read the criteria of each company once."""
        # sudo: criteria are for everybody who works there
        criteria = self.env["carbon.operational.criterion"].sudo()
        valid = {
            company: criteria._valid_for_production(company, fields.Date.context_today(self))
            for company in self.production_id.company_id
        }
        for order in self:
            production = order.production_id
            found = valid.get(production.company_id, criteria).filtered(
                lambda row, order=order, production=production: (
                    (not row.product_ids or production.product_id in row.product_ids)
                    and (not row.workcenter_ids or order.workcenter_id in row.workcenter_ids)
                )
            )
            order.carbon_criteria = [criterion._item() for criterion in found]
