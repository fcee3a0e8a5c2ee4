from odoo import models


class ProductCategory(models.Model):
    """A category says whether its products matter, unless they or a nearer category say otherwise."""

    _name = "product.category"
    _inherit = ["product.category", "carbon.significance.mixin"]
