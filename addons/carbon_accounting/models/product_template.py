from odoo import models


class ProductTemplate(models.Model):
    """Smart button to the activity data of the product."""

    _inherit = "product.template"

    def action_view_carbon_activity_data(self):
        """Open the activity data of all variants."""
        return self.with_context(active_test=False).product_variant_ids.action_view_carbon_activity_data()
