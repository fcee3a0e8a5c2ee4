from odoo import api, fields, models
from odoo.exceptions import UserError


class MaintenanceRequest(models.Model):
    """A request that asks for the calibration of a meter: it ends with results, or not at all (R-155).

    Cancelling or skipping it changes nothing about the meter: due dates come from its calibrations.
    """

    _inherit = "maintenance.request"

    is_carbon_calibration = fields.Boolean(
        "Calibration of a Meter", help="It is done when the results of the calibration are recorded."
    )
    carbon_due_on = fields.Date(
        "Calibration Due", readonly=True, copy=False, help="Due date of the meter for which the request was made."
    )
    carbon_reminded = fields.Integer(
        readonly=True, copy=False, aggregator=None, help="Reminders sent so far.", export_string_translation=False
    )
    carbon_calibration_ids = fields.One2many("carbon.calibration", "request_id", "Calibrations")
    carbon_is_meter = fields.Boolean(related="equipment_id.is_carbon_meter", string="Equipment Is a Meter")
    carbon_procedures = fields.Json(compute="_compute_carbon_procedures")

    _carbon_due_uniq = models.UniqueIndex(
        "(equipment_id, carbon_due_on) WHERE carbon_due_on IS NOT NULL",
        "A request for this due date of the meter exists already.",
    )

    @api.depends("equipment_id")
    def _compute_carbon_procedures(self):
        for request in self:
            request.carbon_procedures = self.env["carbon.extension.point"]._get_items("effective_procedure", request)

    @api.model_create_multi
    def create(self, vals_list):
        """A calibration is not born done."""
        requests = super().create(vals_list)
        requests.filtered(lambda request: request.stage_id.done)._carbon_finish()
        return requests

    def write(self, vals):
        """Finish the calibrations of requests that are moved to a stage that is done; keep what their results are about."""
        self._carbon_check_kept(vals)
        if vals.get("stage_id") and self.env["maintenance.stage"].browse(vals["stage_id"]).done:
            self.filtered(lambda request: not request.stage_id.done)._carbon_finish()
        return super().write(vals)

    def _carbon_check_kept(self, vals):
        if not {"equipment_id", "is_carbon_calibration"} & vals.keys():
            return
        # sudo: calibrations that the user may not see keep their request too
        for request in self.sudo().filtered(lambda r: any(c.state != "cancelled" for c in r.carbon_calibration_ids)):
            moved = "equipment_id" in vals and vals["equipment_id"] != request.equipment_id.id
            if moved or not vals.get("is_carbon_calibration", True):
                raise UserError(
                    self.env._(
                        "%(name)s has results of a calibration of %(meter)s: cancel the calibration before you change the request.",
                        name=request.display_name,
                        meter=request.equipment_id.display_name,
                    )
                )

    def _carbon_finish(self):
        """Finish the calibrations of these requests, with the rights of who moves the request.

        :raises UserError: where there are no results yet
        """
        for request in self.filtered("is_carbon_calibration"):
            # sudo: whether there are results; to finish them asks for the user's own rights
            live = request.sudo().carbon_calibration_ids.filtered(lambda calibration: calibration.state != "cancelled")
            if not live:
                raise UserError(
                    self.env._(
                        "%(name)s is a calibration and has no results yet. Record them first, or cancel the request: %(meter)s stays due.",
                        name=request.display_name,
                        meter=request.equipment_id.display_name or "",
                    )
                )
            if waiting := live.filtered(lambda calibration: calibration.state != "done"):
                waiting.with_env(self.env).with_context(carbon_request_closing=True).action_done()

    def action_carbon_calibrate(self):
        """Open the results of this calibration: those that were begun, or new ones.

        :return: the window to open
        """
        self.ensure_one()
        if not self.equipment_id.is_carbon_meter:
            raise UserError(self.env._("Choose the meter that is calibrated first."))
        calibrations = self.env["carbon.calibration"]
        found = self.carbon_calibration_ids.filtered(lambda calibration: calibration.state != "cancelled")[:1]
        if not found and not self.done and not self.archive:
            values = {**calibrations._from_request(self), "point_ids": calibrations._first_points(self.equipment_id)}
            found = calibrations.create(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calibration"),
            "res_model": "carbon.calibration",
            "res_id": found.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------
    # Reminders
    # ------------------------------------------------------------------
    @api.model
    def _carbon_remind(self, system):
        """Remind of the open calibrations of a company, twice at most before each due date.

        :param system: ``carbon.system`` of the company
        """
        today = system._today()
        for level, days in enumerate((system.calibration_remind_days, system.calibration_urgent_days), start=1):
            due = self.search(
                [
                    ("company_id", "=", system.company_id.id),
                    ("is_carbon_calibration", "=", True),
                    ("carbon_due_on", "!=", False),
                    ("carbon_due_on", "<=", fields.Date.add(today, days=days)),
                    ("carbon_reminded", "<", level),
                    ("stage_id.done", "=", False),
                    ("archive", "=", False),
                ]
            )
            for request in due:
                request._carbon_raise_activity()
            due.write({"carbon_reminded": level})

    def _carbon_raise_activity(self):
        """Remind who is responsible, or a metrologist where nobody is."""
        self.ensure_one()
        # sudo: the job looks up people of any company; only one user leaves
        metrologists = self.env.ref("carbon_management.group_carbon_metrologist").sudo().all_user_ids
        people = self.user_id | metrologists.filtered(lambda user: self.company_id in user.company_ids)
        for user in people.filtered("active"):
            if self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids).has_access("read"):
                self.activity_schedule(
                    "carbon_management.mail_activity_calibration",
                    date_deadline=self.carbon_due_on,
                    summary=self.env._(
                        "%(meter)s is due on %(day)s", meter=self.equipment_id.display_name, day=self.carbon_due_on
                    ),
                    user_id=user.id,
                )
                return
