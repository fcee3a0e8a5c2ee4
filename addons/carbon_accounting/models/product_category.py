from odoo import models


class ProductCategory(models.Model):
    """A category that moves brings its products under other rules."""

    _inherit = "product.category"

    def write(self, vals):
        """Say that the ledger waits for a collection when the products of a category come under other rules."""
        moving = self.filtered(lambda c: c.parent_id.id != vals["parent_id"]) if "parent_id" in vals else self.browse()
        before = moving.parent_id.ids
        result = super().write(vals)
        if moving:
            self.env["carbon.engine"]._raise_for_products(self.env["product.product"], before + moving.ids)
        return result
