from odoo import api, models


class CarbonEmissionFactorGas(models.Model):
    """Whoever enters or changes the gases of a version is one of its makers."""

    _inherit = "carbon.emission.factor.gas"

    @api.model_create_multi
    def create(self, vals_list):
        """Note the maker."""
        lines = super().create(vals_list)
        lines.version_id._note_maker()
        return lines

    def write(self, vals):
        """Note the maker."""
        result = super().write(vals)
        self.version_id._note_maker()
        return result

    def unlink(self):
        """Note the maker."""
        versions = self.version_id
        result = super().unlink()
        versions.exists()._note_maker()
        return result
