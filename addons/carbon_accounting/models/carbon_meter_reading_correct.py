from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL


class CarbonMeterReading(models.Model):
    """How a wrong reading is put right: a counter line takes it back, a further reading says what is true (R-157)."""

    _inherit = "carbon.meter.reading"

    def _correct(self, reason, figure=None, read_at=None, rollover=False):
        """Take a reading back and enter the right one instead.

        In a closed month the figures stay; what the correction would move is shown as a late adjustment.

        :param reason: why it was wrong
        :param figure: the right figure; None: nothing was read at all
        :param read_at: the right moment, UTC; None: that of the wrong one
        :param rollover: whether the counter restarted before the right one
        :return: the right reading, empty if nothing was read
        :raises UserError: for a reading that was taken back already, without reason, or when the right figure cannot be right
        """
        self.ensure_one()
        reason = (reason or "").strip()
        self._check_may_enter([{"meter_id": self.equipment_id.id}])
        if not reason:
            raise UserError(self.env._("Write the reason of the correction."))
        self._check_stands()
        counter = self._take_back(SQL("r.id = %s", self.id), reason)
        found = self.browse()
        if figure is not None:
            entry = {
                "n": 1,
                "meter_id": self.equipment_id.id,
                "read_at": read_at or self.read_at,
                "figure": figure,
                "rollover": rollover,
                "comment": reason,
                "key": None,
                "is_correction": True,
                "replaces_id": self.id,
            }
            report = self._enter([entry], "manual")
            if report["problems"]:
                raise ValidationError("\n".join(problem["message"] for problem in report["problems"]))
            found = self.browse(report["ids"])
        self._touch_saved(counter)
        self.env["carbon.trail.entry"]._append(
            self.company_id,
            "meter.reading.correct",
            payload={
                "reading": self._phrase(),
                "instead": found._phrase() if found else None,
                "reason": reason,
            },
        )
        return found

    def _check_stands(self):
        if self.corrects_id:
            raise UserError(self.env._("This line takes another reading back. Correct the reading that stands."))
        if counter := self.sudo().search([("corrects_id", "=", self.id)], limit=1):  # sudo: whoever took it back
            raise UserError(
                self.env._(
                    "%(reading)s was taken back by %(person)s already: %(reason)s",
                    reading=self._phrase(),
                    person=counter.user_id.name,
                    reason=counter.comment,
                )
            )

    @api.model
    def _take_back(self, where, reason):
        """Insert the counter lines of the readings ``r`` under a condition that stand; return their ids."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO carbon_meter_reading (company_id, equipment_id, read_at, value, consumption, comment, source, user_id,
                    entered_on,
                       is_correction, corrects_id)
                SELECT r.company_id, r.equipment_id, r.read_at, r.value, -r.consumption, %s, 'manual', %s, now() AT TIME ZONE 'UTC',
                    TRUE, r.id
                  FROM carbon_meter_reading r WHERE %s AND %s ORDER BY r.id RETURNING id
                """,
                reason,
                self.env.uid,
                where,
                self._sql_stands("r"),
            )
        )
        ids = sorted(row[0] for row in self.env.cr.fetchall())
        self.invalidate_model(flush=False)
        return ids

    @api.model
    def _take_back_batch(self, batch, reason):
        """Take back all that one file or call brought and that still stands.

        :return: number of readings taken back
        """
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise UserError(self.env._("An import is taken back by an accountant."))
        if not (reason or "").strip():
            raise UserError(self.env._("Write the reason of the correction."))
        companies = self.env.companies
        ids = self._take_back(SQL("r.batch = %s AND r.company_id = ANY(%s)", batch, companies.ids), reason.strip())
        self._touch_saved(ids)
        if ids:
            self.env["carbon.trail.entry"]._append(
                self.browse(ids[0]).company_id,
                "meter.readings.takeback",
                payload={"batch": batch, "count": len(ids), "reason": reason.strip()},
            )
        return len(ids)

    def action_correct(self):
        """Open the dialog that corrects the reading.

        :return: window action
        """
        self.ensure_one()
        self.check_access("read")
        self._check_stands()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct a Reading"),
            "res_model": "carbon.meter.reading.correct.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_reading_id": self.id},
        }
