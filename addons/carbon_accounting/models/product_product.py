from odoo import models
from odoo.tools import float_compare


class ProductProduct(models.Model):
    """Smart button to the activity data of the product variant.

    It shows no number: the ledger has no index on products, which would slow every row written, so that counting them
    reads the whole ledger (a quarter of a second at a million rows) each time a product is opened.
    """

    _inherit = "product.product"

    def action_view_carbon_activity_data(self):
        """Open the activity data of these variants."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("product_id", "in", self.ids)], context={})

    def write(self, vals):
        """Say that the ledger waits for a collection when a weight or volume that converts quantities changes."""
        differing = self.filtered(
            lambda product: any(
                name in vals and float_compare(vals[name] or 0.0, product[name], precision_digits=6)
                for name in ("weight", "volume")
            )
        )
        result = super().write(vals)
        if differing:
            self.env["carbon.engine"]._raise_for_products(differing)
        return result
