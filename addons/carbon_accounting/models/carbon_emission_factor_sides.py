from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonEmissionFactorVersion(models.Model):
    """A factor whose source gives different percentages below and above its value keeps both (R-138).

    Invariant: both or none; where there are two, ``uncertainty`` is half their sum. Below never reaches 100 %: a factor is above zero.
    """

    _inherit = "carbon.emission.factor.version"

    uncertainty_low = fields.Float(
        string="Uncertainty Below (−%)",
        digits=0,
        aggregator=None,
        help="Where the 95 % interval is not symmetric: how far its lower end lies below the value, in per cent of it.",
    )
    uncertainty_high = fields.Float(
        string="Uncertainty Above (+%)",
        digits=0,
        aggregator=None,
        help="Where the 95 % interval is not symmetric: how far its upper end lies above the value, in per cent of it.",
    )

    @api.depends("uncertainty_low", "uncertainty_high")
    def _compute_uncertainty(self):
        """Half the width of an interval with two sides; what somebody typed stays where there are none."""
        for version in self:
            if version.uncertainty_low and version.uncertainty_high:
                version.uncertainty = (version.uncertainty_low + version.uncertainty_high) / 2
            else:
                version.uncertainty = version.uncertainty

    @api.constrains("uncertainty", "uncertainty_low", "uncertainty_high")
    def _check_sides(self):
        for version in self:
            low, high = version.uncertainty_low, version.uncertainty_high
            if not low and not high:
                continue
            if not (0 < low < 100 and high > 0):
                raise ValidationError(
                    self.env._(
                        "The uncertainty of %(version)s is −%(low)s %% / +%(high)s %%. Enter both sides, above zero, the lower one below "
                        "100 %%; or leave both empty and enter one percentage for both.",
                        version=version.display_name,
                        low=f"{low:g}",
                        high=f"{high:g}",
                    )
                )
            if version.uncertainty != (low + high) / 2:
                raise ValidationError(
                    self.env._(
                        "%(version)s has two sides of uncertainty, −%(low)s %% / +%(high)s %%, and ±%(half)s %% besides. Empty the sides "
                        "to enter one percentage for both.",
                        version=version.display_name,
                        low=f"{low:g}",
                        high=f"{high:g}",
                        half=f"{version.uncertainty:g}",
                    )
                )
