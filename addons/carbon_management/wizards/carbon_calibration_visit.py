from odoo import Command, api, fields, models
from odoo.exceptions import UserError

#: What all calibrations of a visit share.
SHARED = ("date", "laboratory_id", "reference_standard", "temperature", "humidity", "method")


class CarbonCalibrationVisit(models.TransientModel):
    """The visit of a laboratory: many meters, one day, one sheet to fill in (R-155).

    All of it is saved or nothing: a row that is wrong is named, and none of the others is kept without it.
    """

    _name = "carbon.calibration.visit"
    _description = "Laboratory Visit"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date = fields.Date(required=True, default=lambda self: self.env["carbon.calibration"]._default_date())
    laboratory_id = fields.Many2one("res.partner")
    reference_standard = fields.Char()
    temperature = fields.Char()
    humidity = fields.Char()
    method = fields.Char()
    line_ids = fields.One2many("carbon.calibration.visit.line", "visit_id", "Meters")

    @api.model
    def default_get(self, fields_list):
        """Begin with the meters that were chosen in a list."""
        values = super().default_get(fields_list)
        meters = self._chosen_meters()
        if meters and "line_ids" in fields_list:
            if len(meters.company_id) > 1:
                raise UserError(self.env._("A visit is entered for one company: choose its meters."))
            values["company_id"] = meters.company_id.id
            values["line_ids"] = [Command.create(line) for line in self._lines_of(meters)]
            values["laboratory_id"] = meters.carbon_laboratory_id[:1].id
        return values

    @api.model
    def _chosen_meters(self):
        """Return the meters of the list from which the dialog was opened."""
        ids = self.env.context.get("active_ids") or []
        if self.env.context.get("active_model") not in ("maintenance.equipment", "carbon.meter.report"):
            ids = []
        meters = self.env["maintenance.equipment"].browse(ids).exists()
        return meters.filtered(lambda m: m.is_carbon_meter and m.carbon_register != "virtual").sorted("carbon_code")

    @api.model
    def _lines_of(self, meters):
        last = self.env["carbon.calibration"]._last_done(meters)
        return [
            {
                "equipment_id": meter.id,
                "permissible_error": meter.carbon_permissible_error,
                "nominal": last[meter].point_ids[:1].nominal,
            }
            for meter in meters
        ]

    def action_save(self):
        """Record a calibration for every meter of the sheet, to be checked and finished.

        :return: the window with the calibrations
        :raises UserError: naming every row that is not complete
        """
        calibrations = self._make()
        calibrations.action_record()
        return self._window(calibrations)

    def action_finish(self):
        """Record and finish them all.

        :return: the window with the calibrations
        """
        calibrations = self._make()
        calibrations.action_done()
        return self._window(calibrations)

    def _make(self):
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Add the meters that were calibrated."))
        problems = [problem for line in self.line_ids for problem in line._problems()]
        if problems:
            raise UserError(
                self.env._("Nothing was saved yet:") + "\n" + "\n".join(f"• {problem}" for problem in problems)
            )
        shared = {name: self[name].id if self._fields[name].type == "many2one" else self[name] for name in SHARED}
        return self.env["carbon.calibration"].create([{**shared, **line._calibration_vals()} for line in self.line_ids])

    def _window(self, calibrations):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calibrations of %(day)s", day=self.date),
            "res_model": "carbon.calibration",
            "domain": [("id", "in", calibrations.ids)],
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
        }
