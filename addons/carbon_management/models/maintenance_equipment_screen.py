from odoo import api, fields, models

from ..report.carbon_meter_report import STATES


class MaintenanceEquipment(models.Model):
    """What the screens of a meter show beside its own columns. Nothing of it is stored."""

    _inherit = "maintenance.equipment"

    carbon_state = fields.Selection(STATES, "Calibration", compute="_compute_carbon_state")
    carbon_multiplier_now = fields.Float("Multiplier Today", digits=0, compute="_compute_carbon_multiplier_now")
    carbon_calibration_count = fields.Integer(compute="_compute_carbon_calibration_count")
    carbon_procedures = fields.Json(compute="_compute_carbon_procedures")

    def _compute_carbon_state(self):
        """Ask the board, which has the one definition of today's state."""
        # sudo: the state of a meter that the user reads; the board hides others by company and assignment
        board = self.env["carbon.meter.report"].sudo().with_context(allowed_company_ids=self.company_id.ids)
        states = (
            {row["id"]: row["state"] for row in board.search_read([("id", "in", self.ids)], ["state"])}
            if self.ids
            else {}
        )
        for equipment in self:
            equipment.carbon_state = states.get(equipment.id, False)

    @api.depends("carbon_multiplier_ids.date_from", "carbon_multiplier_ids.multiplier")
    def _compute_carbon_multiplier_now(self):
        today = fields.Date.context_today(self)
        for equipment in self:
            # sudo: one figure of a meter that the user reads
            begun = equipment.sudo().carbon_multiplier_ids.filtered(
                lambda row: row.date_from and row.date_from <= today
            )
            equipment.carbon_multiplier_now = max(begun, key=lambda row: row.date_from).multiplier if begun else 1.0

    @api.depends("carbon_calibration_ids")
    def _compute_carbon_calibration_count(self):
        # sudo: a number; the records behind it open with the user's own rights
        groups = (
            self.env["carbon.calibration"]
            .sudo()
            ._read_group([("equipment_id", "in", self.ids)], ["equipment_id"], ["__count"])
        )
        counts = {meter.id: count for meter, count in groups}
        for equipment in self:
            equipment.carbon_calibration_count = counts.get(equipment.id, 0)

    @api.depends("is_carbon_meter")
    def _compute_carbon_procedures(self):
        for equipment in self:
            equipment.carbon_procedures = self.env["carbon.extension.point"]._get_items(
                "effective_procedure", equipment
            )

    def _carbon_open(self):
        """Return the window of this meter."""
        self.ensure_one()
        form = self.env.ref("carbon_management.carbon_meter_view_form").id
        return {
            "type": "ir.actions.act_window",
            "res_model": "maintenance.equipment",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(form, "form")],
        }

    def action_carbon_open(self):
        """Open this equipment as a meter.

        :return: the window to open
        """
        return self._carbon_open()

    def action_carbon_calibrations(self):
        """Open the calibrations of this meter.

        :return: the window to open
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calibrations"),
            "res_model": "carbon.calibration",
            "domain": [("equipment_id", "=", self.id)],
            "context": {"default_equipment_id": self.id},
            "view_mode": "list,kanban,form",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
        }

    def action_carbon_points(self):
        """Make these meters stand for places that need a meter.

        :return: the window with the places
        """
        points = self.env["carbon.metering.point"]._from_meters(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Metering Points"),
            "res_model": "carbon.metering.point",
            "domain": [("id", "in", points.ids)],
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
        }
