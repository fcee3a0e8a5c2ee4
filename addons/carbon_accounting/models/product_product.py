from odoo import fields, models


class ProductProduct(models.Model):
    """Smart button to the activity data of the product variant."""

    _inherit = "product.product"

    # overrides the field that product.template lends
    carbon_activity_count = fields.Integer(
        string="Carbon Activity Data",
        compute="_compute_carbon_activity_count",
        groups="carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier",
    )

    def _compute_carbon_activity_count(self):
        counts = self.env["carbon.activity.data"]._count_by("product_id", self.ids)
        for product in self:
            product.carbon_activity_count = counts.get(product.id, 0)

    def action_view_carbon_activity_data(self):
        """Open the activity data of these variants."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("product_id", "in", self.ids)], context={})
