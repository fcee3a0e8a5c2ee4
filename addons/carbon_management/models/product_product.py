from odoo import models


class ProductProduct(models.Model):
    """Whether buying a variant matters: its template's flag, the nearest category's, then its share of emissions."""

    _inherit = "product.product"

    def _carbon_significant(self, company):
        """Tell which of these products matter for the carbon performance of a company.

        The number of queries does not depend on the number of products.

        :param company: ``res.company``
        :return: dictionary of product to True or False
        """
        # sudo: only the flags of products and categories are read, for people who see no carbon data
        products = self.sudo().with_company(company)
        flags = {product.id: product.product_tmpl_id.carbon_significance for product in products}
        paths = {
            product.id: [int(part) for part in reversed((product.categ_id.parent_path or "").split("/")) if part]
            for product in products
        }
        above = list({cid for ids in paths.values() for cid in ids})
        by_category = {
            category.id: category.carbon_significance
            for category in products.env["product.category"].browse(above)
            if category.carbon_significance
        }
        found, open_products = {}, self.browse()
        for product in self:
            flag = flags[product.id] or next(
                (by_category[cid] for cid in paths[product.id] if cid in by_category), None
            )
            if not flag:
                open_products |= product
            found[product] = flag == "significant"
        for product in open_products._carbon_significant_by_share(company):
            found[product] = True
        return found

    def _carbon_significant_by_share(self, company):
        """Return those of these products that matter by their share of emissions; filled by the accounting addon.

        :param company: ``res.company``
        :return: ``product.product`` records
        """
        return self.browse()
