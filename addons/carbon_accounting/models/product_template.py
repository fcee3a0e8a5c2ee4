from odoo import fields, models


class ProductTemplate(models.Model):
    """Smart button to the activity data of the product."""

    _inherit = "product.template"

    carbon_activity_count = fields.Integer(
        string="Carbon Activity Data",
        compute="_compute_carbon_activity_count",
        groups="carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier",
    )

    def _compute_carbon_activity_count(self):
        variants = self.with_context(active_test=False).product_variant_ids
        counts = self.env["carbon.activity.data"]._count_by("product_id", variants.ids)
        for template in self:
            mine = template.with_context(active_test=False).product_variant_ids
            template.carbon_activity_count = sum(counts.get(variant.id, 0) for variant in mine)

    def action_view_carbon_activity_data(self):
        """Open the activity data of all variants."""
        return self.with_context(active_test=False).product_variant_ids.action_view_carbon_activity_data()
