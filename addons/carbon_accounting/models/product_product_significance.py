from odoo import models


class ProductProduct(models.Model):
    """Whether buying a product matters by its share of the emissions."""

    _inherit = "product.product"

    def _carbon_significant_by_share(self, company):
        """Return those that carry at least the share of emissions from which the company says that a product matters."""
        # sudo: one setting, and shares for people who see no carbon data; only the answer leaves
        limit = self.env["carbon.system"].sudo()._get(company).significant_share
        if not self or limit <= 0:
            return super()._carbon_significant_by_share(company)
        # sudo: as above
        rows = self.env["carbon.product.significance"].sudo()
        found = rows.search([("company_id", "=", company.id), ("product_id", "in", self.ids), ("share", ">=", limit)])
        return super()._carbon_significant_by_share(company) | self.browse(found.product_id.ids)
