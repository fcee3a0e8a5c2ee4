from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CarbonCalibration(models.Model):
    """The steps of a calibration: recorded by who did it, finished by who may, cancelled with a reason."""

    _inherit = "carbon.calibration"

    can_finish = fields.Boolean(compute="_compute_can_finish")

    @api.depends_context("uid")
    @api.depends("state", "recorded_by_id")
    def _compute_can_finish(self):
        for calibration in self:
            calibration.can_finish = calibration.state in ("draft", "recorded") and calibration._may_approve()

    # ------------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------------
    def _problems(self):
        """Return sentences about what this calibration needs before it can be recorded."""
        self.ensure_one()
        problems = []
        if missing := self.point_ids.filtered(lambda point: not point.is_measured):
            places = ", ".join(f"{point.nominal:g}" for point in missing)
            problems.append(self.env._("Enter the errors at %(points)s, or remove these test points.", points=places))
        elif not self.as_found or not self.as_left:
            problems.append(
                self.env._("Enter the error at one test point at least, or the conclusion of the certificate.")
            )
        if self.point_ids and any(not point.permissible_error for point in self.point_ids):
            problems.append(
                self.env._("Enter the permissible error: without it nobody can tell whether the meter passes.")
            )
        if self.is_adjusted and not self.point_ids and not self.conclusion:
            problems.append(self.env._("It was adjusted: enter how it was left."))
        if self.equipment_id.carbon_calibration_months and not self.next_due:
            problems.append(self.env._("Enter until when it holds: the meter is calibrated at intervals."))
        # sudo: anybody's step may be the first to ask for the time zone of the company
        if self.date > self.env["carbon.system"].sudo()._get(self.company_id)._today():
            problems.append(self.env._("Its day, %(day)s, lies in the future.", day=self.date))
        return problems

    def _check_complete(self):
        for calibration in self:
            if problems := calibration._problems():
                raise UserError(
                    self.env._("%(name)s is not complete.", name=calibration.display_name)
                    + "\n"
                    + "\n".join(f"• {p}" for p in problems)
                )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def action_record(self):
        """Say that the results are entered; they are frozen from then on.

        :raises UserError: if something is missing
        """
        self._check_state("draft")
        self.check_access("write")
        self._check_complete()
        return self._transition("recorded", "calibration.record", values={"recorded_by_id": self.env.uid})

    def action_draft(self):
        """Open recorded results again, as long as nobody has finished them."""
        self._check_state("recorded")
        self.check_access("write")
        return self._transition("draft", "calibration.reopen", values={"recorded_by_id": False})

    def action_done(self):
        """Finish calibrations: their results count from now on, and the request behind them is closed.

        :raises AccessError: if the company wants them approved by a metrologist who did not make them
        """
        self._check_state("draft", "recorded")
        self.check_access("write")
        self._check_may_approve()
        if drafts := self.filtered(lambda calibration: calibration.state == "draft"):
            drafts.action_record()
        self._check_may_approve()
        self._finish()
        return True

    def action_cancel(self):
        """Set a calibration aside that was not finished."""
        self._check_state("draft", "recorded")
        self.check_access("write")
        return self._transition("cancelled", "calibration.cancel")

    def _void(self, reason):
        """Take back a finished calibration that is about something else: another meter, a certificate that was withdrawn.

        It stays, with its files, and what it meant for readings ends.

        :param reason: words of the metrologist
        :raises AccessError: for everybody but a metrologist who neither made nor approved it
        """
        self._check_state("done")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the calibration does not count."))
        for calibration in self:
            people = calibration._makers() | calibration.approved_by_id
            if not self._is_metrologist() or (self.env.user in people and not self.env.su):
                raise AccessError(
                    self.env._(
                        "%(name)s can only be taken back by a metrologist who neither made nor approved it.",
                        name=calibration.display_name,
                    )
                )
        self._transition("cancelled", "calibration.void", reason=reason)
        for calibration in self:
            calibration.message_post(body=self.env._("Does not count any more: %(reason)s", reason=reason))
        # sudo: the meter's own dates follow, which nobody may type
        meters = self.sudo().equipment_id
        meters._carbon_refresh_calibration()
        for calibration in self:
            calibration.sudo().equipment_id._carbon_calibration_done(calibration)  # sudo: as above
        return True

    def action_take_back(self):
        """Ask a metrologist why this calibration does not count.

        :return: the dialog to open
        """
        self.ensure_one()
        self._check_state("done")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take Back"),
            "res_model": "carbon.calibration.void",
            "context": {"default_calibration_id": self.id},
            "view_mode": "form",
            "target": "new",
        }

    def _check_state(self, *states):
        for calibration in self.filtered(lambda calibration: calibration.state not in states):
            raise UserError(
                self.env._(
                    "%(name)s is %(state)s: this step is not possible any more.",
                    name=calibration.display_name,
                    state=self._gate_state_label(calibration.state),
                )
            )

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------
    def _is_metrologist(self):
        return self.env.su or self.env.user.has_group("carbon_management.group_carbon_metrologist")

    def _makers(self):
        """Who entered it, and who said that it is entered."""
        return super()._makers() | self.recorded_by_id

    def _may_approve(self):
        """Tell whether the user may finish this calibration."""
        self.ensure_one()
        if not self._needs_second_person():
            return True
        # sudo: who made it is asked for whoever approves
        makers = self.sudo()._makers()
        return self.state == "recorded" and self._is_metrologist() and self.env.user not in makers

    def _check_may_approve(self):
        for calibration in self.filtered(lambda calibration: calibration._needs_second_person()):
            if not self._is_metrologist():
                raise AccessError(
                    self.env._(
                        "%(name)s is finished by a metrologist, who checks the results. Record it and ask for the approval; the "
                        "request closes with it.",
                        name=calibration.display_name,
                    )
                )
            calibration._check_second_person()

    # ------------------------------------------------------------------
    # Finish
    # ------------------------------------------------------------------
    def _finish(self):
        """Finish recorded calibrations: state and approver, the meter's dates, the request, and who acts on readings."""
        for calibration in self:
            values = {"approved_by_id": self.env.uid}
            if not calibration.request_id:
                values["request_id"] = calibration._answered_request().id
            calibration._transition("done", "calibration.done", values=values)
        # sudo: dates of the meter follow from its calibrations, whoever finishes one
        self.sudo().equipment_id._carbon_refresh_calibration()
        for calibration in self.sorted(lambda c: (c.date, c.id)):
            # sudo: a technician need not read the meter to have its results count
            meter = calibration.sudo().equipment_id
            meter._carbon_calibration_done(calibration)
            if calibration.as_found == "fail":
                meter._carbon_calibration_failed(calibration)
        if not self.env.context.get("carbon_request_closing"):
            self._close_requests()

    def _answered_request(self):
        """Return the open request of the meter that this calibration answers although it was made beside it.

        One that holds no longer than the due date of the request is an older certificate, typed later.
        """
        self.ensure_one()
        # sudo: the request closes with its calibration, whoever it is assigned to
        for request in self.sudo().equipment_id.maintenance_ids.filtered("is_carbon_calibration"):
            live = request.carbon_calibration_ids.filtered(lambda calibration: calibration.state != "cancelled")
            if request.stage_id.done or request.archive or live or not request.carbon_due_on:
                continue
            until = self.next_due if self.as_left == "pass" else self.date
            if not until or until >= request.carbon_due_on:
                return request
        return self.env["maintenance.request"]

    def _close_requests(self):
        """Move the requests behind finished calibrations to a stage that is done."""
        # sudo: the request closes with its calibration, whoever it is assigned to
        requests = self.sudo().request_id.filtered(lambda request: not request.stage_id.done and not request.archive)
        stage = self.env["maintenance.stage"].search([("done", "=", True)], order="sequence, id", limit=1)
        open_ids = set(
            requests.carbon_calibration_ids.filtered(lambda c: c.state in ("draft", "recorded")).request_id.ids
        )
        requests = requests.filtered(lambda request: request.id not in open_ids)
        if stage and requests:
            requests.with_env(requests.env(user=self.env.user.id, su=True)).write({"stage_id": stage.id})
