from odoo import api, fields, models


class CarbonSystem(models.Model):
    """What lapsed calibrations do to data, and how far metered and billed may lie apart."""

    _inherit = "carbon.system"

    calibration_widening = fields.Float(
        "Uncertainty of Meters Out of Calibration (×)",
        digits=0,
        default=2.0,
        aggregator=None,
        tracking=True,
        help="While a meter is overdue, failed or was never calibrated, its uncertainty is multiplied by this, and what it measured counts "
        "as estimated. The standards give no figure; 2 is our proposal.",
    )
    nonconformity_on_deviation = fields.Boolean(
        "Nonconformity for Deviations",
        tracking=True,
        help="A failed calibration asks for a nonconformity, where the audit application is installed.",
    )

    _calibration_widening_check = models.Constraint(
        "CHECK(calibration_widening IS NULL OR calibration_widening BETWEEN 1 AND 100)",
        "The factor on the uncertainty of meters out of calibration lies between 1 and 100.",
    )

    @api.model
    def _recorded_fields(self):
        """Add what lapsed calibrations do."""
        return super()._recorded_fields() | {"calibration_widening", "nonconformity_on_deviation"}

    @api.model
    def _basis_fields(self):
        """The factor moves the uncertainty of rows."""
        return super()._basis_fields() | {"calibration_widening"}

    def write(self, vals):
        """Give meters the months in which their readings lie in the new time zone."""
        moved = self.filtered(lambda system: system.tz != vals["tz"]) if "tz" in vals else self.browse()
        result = super().write(vals)
        for system in moved:
            # sudo: readings of the company, whoever may choose its time zone
            self.env["carbon.meter.reading"].sudo()._touch_company(system.company_id)
        return result
