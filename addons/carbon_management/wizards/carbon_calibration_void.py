from odoo import fields, models


class CarbonCalibrationVoid(models.TransientModel):
    """Asks a metrologist why a finished calibration does not count."""

    _name = "carbon.calibration.void"
    _description = "Take Back a Calibration"

    calibration_id = fields.Many2one("carbon.calibration", required=True, readonly=True)
    reason = fields.Text(
        required=True, help="For example: the certificate is about another meter, or the laboratory withdrew it."
    )

    def action_void(self):
        """Take the calibration back; the reason is in the audit trail.

        :return: the action that closes the dialog
        """
        self.ensure_one()
        self.calibration_id._void(self.reason)
        return {"type": "ir.actions.act_window_close"}
