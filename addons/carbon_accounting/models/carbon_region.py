from odoo import api, models


class CarbonRegion(models.Model):
    """A region that moves in the tree brings sources under other factor versions."""

    _name = "carbon.region"
    _inherit = ["carbon.region", "carbon.basis.mixin", "carbon.reference.mixin"]

    @api.model
    def _basis_fields(self):
        """The chain of parents is the order in which versions are looked for."""
        return super()._basis_fields() | {"parent_id"}

    def _basis_companies(self):
        """Return the companies with a site in these regions or below."""
        # sudo: regions are shared, sites of any company lie in them
        return self.env["carbon.site"].sudo().search([("region_id", "child_of", self.ids)]).company_id

    @api.model
    def _reference_fields(self):
        """Told to the trail; lines name their factor version, so no inventory is read with a region."""
        return super()._reference_fields() | {"parent_id", "code"}

    def _reference_domain(self):
        return [("id", "=", 0)]
