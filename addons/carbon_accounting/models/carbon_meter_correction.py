from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL


class CarbonMeterCorrection(models.Model):
    """A factor on what a meter measured while it drifted: proposed by one person, approved by another (R-061).

    No reading changes. Once approved, the months of these days are derived again with the factor: a counter row and a new row in open
    months, a late adjustment in closed ones. Withdrawing it, by a second person too, takes it back in the same way.
    """

    _name = "carbon.meter.correction"
    _description = "Correction of a Drift"
    _inherit = ["mail.thread", "carbon.gate.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "equipment_id"
    _check_company_auto = True

    _gate_frozen_states = ("proposed", "approved", "refused", "withdrawn")

    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Meter",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('is_carbon_meter', '=', True), ('carbon_register', '!=', 'virtual')]",
    )
    company_id = fields.Many2one(related="equipment_id.company_id", store=True, index=True)
    calibration_id = fields.Many2one(
        "carbon.calibration",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain="[('equipment_id', '=', equipment_id), ('state', '=', 'done')]",
        help="That showed the drift.",
    )
    date_from = fields.Date("First Day", required=True)
    date_to = fields.Date("Last Day", required=True)
    factor = fields.Float(
        digits=0,
        required=True,
        default=1.0,
        aggregator=None,
        help="What was measured on these days is multiplied by this.",
    )
    reason = fields.Text(required=True, help="Why this factor and these days.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    proposed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)

    _dates_check = models.Constraint(
        "CHECK(date_from <= date_to)", "The last day of a correction cannot lie before the first."
    )
    _factor_check = models.Constraint(
        "CHECK(factor > 0 AND factor <= 10)",
        "The factor of a correction lies above 0 and goes up to 10: 0.98 takes two per cent off.",
    )

    @api.depends("proposed_by_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for correction in self:
            correction.is_mine = self.env.user in correction._makers()

    @api.depends("equipment_id", "date_from", "date_to", "factor")
    def _compute_display_name(self):
        for row in self:
            meter = row.equipment_id.carbon_code or row.equipment_id.name or ""
            row.display_name = f"{meter} × {row.factor:g}, {row.date_from} – {row.date_to}"

    @api.constrains("state", "equipment_id", "date_from", "date_to")
    def _check_overlap(self):
        """Two factors on one day would multiply."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT a.id FROM carbon_meter_correction a JOIN carbon_meter_correction b ON b.equipment_id = a.equipment_id AND "
                "b.id <> a.id "
                "AND b.state = 'approved' AND b.date_from <= a.date_to AND b.date_to >= a.date_from "
                "WHERE a.state = 'approved' AND a.id = ANY(%s) LIMIT 1",
                self.ids,
            )
        )
        for (number,) in rows:
            raise ValidationError(
                self.env._(
                    "%(correction)s overlaps with an approved correction of the same meter. Withdraw that one first.",
                    correction=self.browse(number).display_name,
                )
            )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def _makers(self):
        """Who wrote and who proposed it."""
        return super()._makers() | self.proposed_by_id

    def _needs_second_person(self):
        """Always: it changes what was measured."""
        return True

    def _check_step(self, *states):
        self.check_access("write")
        for correction in self.filtered(lambda row: row.state not in states):
            raise UserError(
                self.env._(
                    "%(correction)s is %(state)s: this step is not possible any more.",
                    correction=correction.display_name,
                    state=self._gate_state_label(correction.state),
                )
            )

    def _check_other(self):
        for correction in self:
            if self.env.user in correction._makers():
                raise AccessError(
                    self.env._(
                        "%(correction)s was prepared by %(person)s. Somebody else decides on it.",
                        correction=correction.display_name,
                        person=self.env.user.name,
                    )
                )

    def action_propose(self):
        """Ask for the decision of another person; content is frozen from now on."""
        self._check_step("draft")
        for correction in self:
            if correction.factor == 1:
                raise UserError(
                    self.env._("A factor of 1 corrects nothing. Enter what the measured quantity is multiplied by.")
                )
        return self._transition("proposed", "meter.correction.propose", values={"proposed_by_id": self.env.uid})

    def action_approve(self):
        """Let the factor count; the months concerned are derived again.

        :raises AccessError: for whoever prepared it
        """
        self._check_step("proposed")
        self._check_other()
        self._transition("approved", "meter.correction.approve", values={"decided_by_id": self.env.uid})
        return self._derive_again()

    def action_refuse(self):
        """Say no; the correction stays as it was proposed, without effect."""
        self._check_step("proposed")
        self._check_other()
        return self._transition("refused", "meter.correction.refuse", values={"decided_by_id": self.env.uid})

    def action_withdraw(self):
        """Take an approved factor back; somebody other than who prepared it does."""
        self._check_step("approved")
        self._check_other()
        self._transition("withdrawn", "meter.correction.withdraw", values={"decided_by_id": self.env.uid})
        return self._derive_again()

    def _derive_again(self):
        for correction in self:
            # sudo: the meter of a correction that the user decided on
            correction.sudo().equipment_id._carbon_derive_again(correction.date_from)
        return True

    def _trail_payload(self):
        """Meter, days, factor and reason."""
        payload = {
            "meter": self.equipment_id.carbon_code or self.equipment_id.with_context(lang=None).name,
            "date_from": str(self.date_from),
            "date_to": str(self.date_to),
            "factor": self.factor,
            "reason": self.reason,
        }
        return super()._trail_payload() | payload
