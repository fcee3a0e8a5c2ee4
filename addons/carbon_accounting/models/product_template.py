from odoo import models


class ProductTemplate(models.Model):
    """Smart button to the activity data of the product; a changed category moves numbers of rules on categories."""

    _inherit = "product.template"

    def action_view_carbon_activity_data(self):
        """Open the activity data of all variants."""
        return self.with_context(active_test=False).product_variant_ids.action_view_carbon_activity_data()

    def write(self, vals):
        """Say that the ledger waits for a collection when products come under other rules."""
        moving = (
            self.filtered(lambda template: template.categ_id.id != vals["categ_id"])
            if "categ_id" in vals
            else self.browse()
        )
        before = moving.categ_id.ids
        result = super().write(vals)
        if moving:
            products = moving.with_context(active_test=False).product_variant_ids
            self.env["carbon.engine"]._raise_for_products(products, before)
        return result
