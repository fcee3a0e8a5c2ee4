from odoo import fields, models
from odoo.fields import Domain


class CarbonOperationalCriterion(models.Model):
    """Criteria of production: by what is made and where."""

    _inherit = "carbon.operational.criterion"

    on_production = fields.Boolean(
        "Check When a Manufacturing Order Is Closed",
        help="Of its products and work centres; of all where none is named.",
    )
    product_ids = fields.Many2many(
        "product.product", "carbon_operational_criterion_product_rel", string="Products Made", check_company=True
    )
    workcenter_ids = fields.Many2many(
        "mrp.workcenter", "carbon_operational_criterion_workcenter_rel", string="Work Centres", check_company=True
    )

    def _of_order(self, order):
        """Return those of the criteria that an order runs under."""
        centres = order.workorder_ids.workcenter_id
        return self.filtered(
            lambda row: (
                (not row.product_ids or order.product_id in row.product_ids)
                and (not row.workcenter_ids or row.workcenter_ids & centres)
            )
        )

    def _valid_for_production(self, company, day):
        """Return the criteria of a company for production that are valid on a day."""
        return self.search(
            self._valid_domain(day) & Domain("company_id", "=", company.id) & Domain("on_production", "=", True)
        )

    def _trail_payload(self):
        """Where production is checked belongs to what was approved."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["on_production", "product_ids", "workcenter_ids"]),
        }
