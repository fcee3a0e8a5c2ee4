from odoo import api, models


class CarbonSite(models.Model):
    """The region of a site decides which factor versions its sources take."""

    _name = "carbon.site"
    _inherit = ["carbon.site", "carbon.basis.mixin"]

    @api.model
    def _basis_fields(self):
        """Region, and the address that gives it where none was chosen."""
        return super()._basis_fields() | {"region_id", "partner_id"}

    def _basis_companies(self):
        """Return the companies of the sources at these sites."""
        # sudo: sources of any company, whoever corrects a site
        sources = self.env["carbon.source"].sudo().with_context(active_test=False)
        return self.env["res.company"].browse(sources.search([("site_id", "in", self.ids)]).company_id.ids)
