from odoo import api, fields, models


class CarbonProductScopeMixin(models.AbstractModel):
    """Something that is said of one product, or of a category with all that is below it.

    Invariant: it names either the product or the category. What is said of a product stands before what is said of its
    category; of categories the nearest one stands first.
    """

    _name = "carbon.product.scope.mixin"
    _description = "Said of a Product or Category"

    product_tmpl_id = fields.Many2one(
        "product.template", "Product", index="btree_not_null", ondelete="restrict", check_company=True
    )
    product_category_id = fields.Many2one(
        "product.category",
        index="btree_not_null",
        ondelete="restrict",
        help="With the categories below it.",
    )
    applies_to = fields.Char(compute="_compute_applies_to")

    _scope_check = models.Constraint(
        "CHECK((product_tmpl_id IS NULL) <> (product_category_id IS NULL))",
        "Choose a product or a product category: one of them, not both.",
    )

    @api.depends("product_tmpl_id", "product_category_id")
    def _compute_applies_to(self):
        for record in self:
            record.applies_to = record.product_tmpl_id.display_name or record.product_category_id.display_name

    @api.model
    def _scope_domain(self, products):
        """Return the domain of all records that could apply to these products, and the category ids of each, nearest first.

        :param products: ``product.product`` records
        :return: (domain, dictionary of product to list of category ids)
        """
        # sudo: which category a product is in; names of neither leave
        paths = {product: _category_ids(product.sudo().categ_id) for product in products}
        domain = [
            "|",
            ("product_tmpl_id", "in", products.product_tmpl_id.ids),
            ("product_category_id", "in", list({cid for ids in paths.values() for cid in ids})),
        ]
        return domain, paths


def _category_ids(category):
    """Return the ids of a category and those above it, nearest first."""
    return [int(part) for part in reversed((category.parent_path or "").split("/")) if part]
