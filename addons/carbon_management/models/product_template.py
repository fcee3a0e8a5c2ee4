from odoo import models


class ProductTemplate(models.Model):
    """A product says whether buying it matters."""

    _name = "product.template"
    _inherit = ["product.template", "carbon.significance.mixin"]
