from odoo import Command, api, fields, models

from ..models.maintenance_equipment import RESULTS


class CarbonCalibrationVisitLine(models.TransientModel):
    """One meter on the sheet of a laboratory visit, with its largest error."""

    _name = "carbon.calibration.visit.line"
    _description = "Meter of a Laboratory Visit"

    visit_id = fields.Many2one("carbon.calibration.visit", required=True, ondelete="cascade")
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Meter",
        required=True,
        domain=[("is_carbon_meter", "=", True), ("carbon_register", "!=", "virtual")],
    )
    nominal = fields.Float("Test Point", digits=0)
    error_found = fields.Float("As Found (%)", digits=0)
    is_measured = fields.Boolean("Measured", help="The error of this row was entered, also if it is 0.")
    is_adjusted = fields.Boolean("Adjusted")
    error_left = fields.Float("As Left (%)", digits=0, compute="_compute_error_left", store=True, readonly=False)
    permissible_error = fields.Float(
        "Permissible (%)", digits=0, compute="_compute_permissible_error", store=True, readonly=False
    )
    conclusion = fields.Selection(RESULTS, help="Where the certificate names no errors.")
    certificate_number = fields.Char()
    certificate = fields.Binary("File", attachment=False)
    certificate_name = fields.Char()
    verdict = fields.Selection(RESULTS, "As Left", compute="_compute_verdict")

    @api.depends("error_found")
    def _compute_error_left(self):
        for line in self:
            line.error_left = line.error_found

    @api.onchange("error_found")
    def _onchange_error_found(self):
        if self.error_found:
            self.is_measured = True

    @api.model_create_multi
    def create(self, vals_list):
        """An error other than 0 was measured."""
        return super().create([{"is_measured": bool(vals.get("error_found")), **vals} for vals in vals_list])

    def write(self, vals):
        """As above."""
        return super().write({"is_measured": True, **vals} if vals.get("error_found") else vals)

    @api.depends("equipment_id")
    def _compute_permissible_error(self):
        for line in self:
            line.permissible_error = line.equipment_id.carbon_permissible_error

    @api.depends(
        "nominal", "error_found", "error_left", "is_measured", "is_adjusted", "permissible_error", "conclusion"
    )
    def _compute_verdict(self):
        calibrations = self.env["carbon.calibration"]
        for line in self:
            draft = (
                calibrations.new({**line._calibration_vals(), "certificate_ids": False})
                if line.equipment_id
                else calibrations
            )
            line.verdict = draft.as_left

    def _problems(self):
        """Return what is wrong with this row, each with the name of the meter."""
        self.ensure_one()
        name, problems = self.equipment_id.display_name, []
        if not (self.nominal and self.is_measured) and not self.conclusion:
            problems.append(self.env._("%(meter)s: enter the test point and its error, or the conclusion.", meter=name))
        if self.nominal and self.is_measured and not self.permissible_error:
            problems.append(self.env._("%(meter)s: enter the permissible error.", meter=name))
        if self.equipment_id.company_id != self.visit_id.company_id:
            problems.append(self.env._("%(meter)s belongs to another company.", meter=name))
        if len(self.visit_id.line_ids.filtered(lambda line: line.equipment_id == self.equipment_id)) > 1:
            problems.append(self.env._("%(meter)s is on the sheet more than once.", meter=name))
        return problems

    def _calibration_vals(self):
        """Return what the calibration of this row is created with."""
        self.ensure_one()
        values = {
            "equipment_id": self.equipment_id.id,
            "is_adjusted": self.is_adjusted,
            "conclusion": self.conclusion,
            "permissible_error": self.permissible_error,
            "certificate_number": self.certificate_number,
        }
        if self.nominal and self.is_measured:
            point = {
                "nominal": self.nominal,
                "error_found": self.error_found,
                "error_left": self.error_left,
                "is_measured": True,
            }
            values["point_ids"] = [Command.create(point)]
        if self.certificate:
            file = {
                "name": self.certificate_name or self.certificate_number or "certificate",
                "datas": self.certificate,
            }
            values["certificate_ids"] = [Command.create({**file, "res_model": "carbon.calibration"})]
        return values
