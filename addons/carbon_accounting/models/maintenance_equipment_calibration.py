from odoo import models


class MaintenanceEquipment(models.Model):
    """What a finished calibration does to data (R-061, R-155, story S9)."""

    _inherit = "maintenance.equipment"

    def _carbon_calibration_done(self, calibration):
        """Derive the months again that lie after the calibration before this one: their grade and uncertainty may have changed."""
        result = super()._carbon_calibration_done(calibration)
        self._carbon_derive_again(calibration._in_doubt_from())
        return result

    def _carbon_calibration_failed(self, calibration):
        """Open the deviation, once, and tell its owner."""
        result = super()._carbon_calibration_failed(calibration)
        calibration._open_deviation()
        return result
