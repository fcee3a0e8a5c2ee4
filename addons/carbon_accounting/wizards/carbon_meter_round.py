from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.carbon_management.tools.figures import read_number


class CarbonMeterRound(models.TransientModel):
    """A round through the plant: all meters of the user in one list, in the order of the round."""

    _name = "carbon.meter.round"
    _description = "Round of Meters"

    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    read_at = fields.Datetime(required=True, default=fields.Datetime.now, help="Of all meters of the round.")
    line_ids = fields.One2many("carbon.meter.round.line", "round_id")
    saved = fields.Integer(readonly=True)
    open_count = fields.Integer(compute="_compute_open_count", export_string_translation=False)

    def _compute_display_name(self):
        for tour in self:
            tour.display_name = self.env._("Round of Meters")

    @api.depends("line_ids.message", "line_ids.state")
    def _compute_open_count(self):
        for tour in self:
            tour.open_count = len(tour.line_ids.filtered(lambda line: line.state == "asked"))

    @api.model
    def action_start(self):
        """Open the list of the meters that the user reads.

        :return: window action
        :raises UserError: if there is none
        """
        domain = [
            *[
                ("is_carbon_meter", "=", True),
                ("carbon_register", "!=", "virtual"),
                ("company_id", "=", self.env.company.id),
            ],
            *["|", ("carbon_interval_minutes", "=", 0), ("carbon_interval_minutes", "=", False)],
            *["|", ("carbon_in_use_to", "=", False), ("carbon_in_use_to", ">=", fields.Date.context_today(self))],
        ]
        meters = self.env["maintenance.equipment"].search(
            domain, order="carbon_site_id, carbon_location, carbon_code, id"
        )
        meters = meters._carbon_readable()
        if not meters:
            raise UserError(
                self.env._(
                    "No meter is assigned to you. The metrologist makes you the technician of a meter, or a member of its team."
                )
            )
        tour = self.create({"line_ids": [Command.create({"equipment_id": meter.id}) for meter in meters]})
        return tour._action()

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Round of Meters"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }

    def action_save(self):
        """Save what can be saved; lines with a question stay, with it.

        :return: window action of the round
        """
        self.ensure_one()
        typed = self.line_ids.filtered(lambda line: (line.figure or "").strip() and line.state != "saved")
        if not typed:
            raise UserError(self.env._("Nothing is entered yet."))
        for line in typed:
            line._save_one()
        self.saved = len(self.line_ids.filtered(lambda line: line.state == "saved"))
        return self._action()


class CarbonMeterRoundLine(models.TransientModel):
    """One meter of a round."""

    _name = "carbon.meter.round.line"
    _description = "Meter of a Round"
    _order = "id"

    round_id = fields.Many2one("carbon.meter.round", required=True, ondelete="cascade")
    equipment_id = fields.Many2one("maintenance.equipment", "Meter", required=True, readonly=True, ondelete="cascade")
    location = fields.Char(related="equipment_id.carbon_location")
    uom_id = fields.Many2one(related="equipment_id.carbon_uom_id", string="Unit")
    last_reading = fields.Char(related="equipment_id.carbon_last_reading")
    last_read_at = fields.Datetime(related="equipment_id.carbon_last_read_at")
    figure = fields.Char("Reading")
    rollover = fields.Boolean("Counter Restarted")
    comment = fields.Char()
    state = fields.Selection([("saved", "Saved"), ("asked", "Look again")], readonly=True)
    message = fields.Char(readonly=True)

    def _save_one(self):
        """Enter the figure, or keep the question that it raises."""
        self.ensure_one()
        entry = {
            "n": 1,
            "meter_id": self.equipment_id.id,
            "read_at": self.round_id.read_at,
            "figure": read_number(self.figure),
            "rollover": self.rollover,
            "comment": self.comment or None,
            "key": f"round-{self.id}-{self.round_id.create_date:%Y%m%d%H%M%S}",
            "is_correction": False,
            "replaces_id": None,
        }
        report = self.env["carbon.meter.reading"]._enter([entry], "manual")
        problems = "\n".join(problem["message"] for problem in report["problems"])
        self.write({"state": "asked" if problems else "saved", "message": problems or False})
