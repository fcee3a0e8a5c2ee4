from odoo import api, fields, models


class CarbonSystem(models.Model):
    """When the company is told of calibrations that fall due, and who finishes them."""

    _inherit = "carbon.system"

    separate_calibration_approval = fields.Boolean(
        "Second Person for Calibrations",
        tracking=True,
        help="A calibration counts once a metrologist finished it who neither made nor recorded it.",
    )
    calibration_request_days = fields.Integer(
        "Request Before Due (Days)",
        default=60,
        aggregator=None,
        tracking=True,
        help="So long before a calibration is due its maintenance request is made, once.",
    )
    calibration_remind_days = fields.Integer("Reminder Before Due (Days)", default=30, aggregator=None, tracking=True)
    calibration_urgent_days = fields.Integer(
        "Last Reminder Before Due (Days)", default=7, aggregator=None, tracking=True
    )

    _calibration_days_check = models.Constraint(
        "CHECK(calibration_request_days >= calibration_remind_days AND calibration_remind_days >= calibration_urgent_days "
        "AND calibration_urgent_days >= 0)",
        "Reminders of a calibration come after its request: 60, 30 and 7 days before it is due, for example.",
    )

    @api.model
    def _recorded_fields(self):
        """Add who finishes calibrations, and when the company is told."""
        names = {"calibration_request_days", "calibration_remind_days", "calibration_urgent_days"}
        return super()._recorded_fields() | {"separate_calibration_approval"} | names
