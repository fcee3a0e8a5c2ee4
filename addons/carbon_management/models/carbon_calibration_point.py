from odoo import api, fields, models
from odoo.tools import float_compare

#: Errors are compared to this many digits behind the point of a percentage.
DIGITS = 6


class CarbonCalibrationPoint(models.Model):
    """One value at which a meter was compared with the standard: its error as found and as left, in percent (R-155)."""

    _name = "carbon.calibration.point"
    _inherit = ["carbon.gate.line.mixin"]
    _description = "Test Point of a Calibration"
    _order = "calibration_id, nominal, id"
    _rec_name = "nominal"

    _gate_parent_field = "calibration_id"

    calibration_id = fields.Many2one("carbon.calibration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="calibration_id.company_id", store=True, index=True)
    uom_id = fields.Many2one(related="calibration_id.equipment_id.carbon_uom_id")
    nominal = fields.Float(
        "Test Point", digits=0, required=True, aggregator=None, help="In the meter's unit, or percent of its range."
    )
    error_found = fields.Float("Error as Found (%)", digits=0, aggregator=None)
    is_measured = fields.Boolean(
        "Measured", help="Points of the last time are proposed, and count once their errors are entered."
    )
    error_left = fields.Float(
        "Error as Left (%)",
        digits=0,
        aggregator=None,
        compute="_compute_error_left",
        store=True,
        readonly=False,
        help="After adjustment or repair. It starts as what was found, so that a point that nobody measured again is not passed.",
    )
    own_permissible = fields.Float(
        "Own Permissible Error (%)",
        digits=0,
        aggregator=None,
        help="Where this point has another than the meter. 0: that of the meter.",
    )
    permissible_error = fields.Float(
        "Permissible Error (%)", digits=0, aggregator=None, compute="_compute_permissible_error", store=True
    )

    _permissible_check = models.Constraint(
        "CHECK(COALESCE(own_permissible, 0) >= 0)", "A permissible error cannot be negative."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """A point is measured if its error is given, also if that is 0."""
        return super().create([{"is_measured": "error_found" in vals, **vals} for vals in vals_list])

    def write(self, vals):
        """A point is measured once its error is entered."""
        return super().write({"is_measured": True, **vals} if "error_found" in vals else vals)

    @api.onchange("error_found")
    def _onchange_error_found(self):
        if self.error_found:
            self.is_measured = True

    @api.depends("error_found")
    def _compute_error_left(self):
        for point in self:
            point.error_left = point.error_found

    @api.depends("own_permissible", "calibration_id.permissible_error")
    def _compute_permissible_error(self):
        for point in self:
            point.permissible_error = point.own_permissible or point.calibration_id.permissible_error

    def _verdict(self, name):
        """Return pass or fail for these points, False if there is none or one is still to be measured.

        :param name: ``error_found`` or ``error_left``
        """
        if not self or not all(point.is_measured for point in self):
            return False
        outside = self.filtered(lambda p: float_compare(abs(p[name]), p.permissible_error, precision_digits=DIGITS) > 0)
        return "fail" if outside else "pass"

    def _largest(self, name):
        """Return the error that is farthest from 0, with its sign."""
        return max(self.mapped(name), key=abs, default=0.0)
