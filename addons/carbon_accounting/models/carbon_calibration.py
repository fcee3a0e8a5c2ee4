from datetime import timedelta

from odoo import models


class CarbonCalibration(models.Model):
    """Deviations of failed calibrations."""

    _inherit = "carbon.calibration"

    def _in_doubt_from(self):
        """Return the day of the finished calibration before this one, False without any: since then the meter is in doubt."""
        self.ensure_one()
        before = self.sudo().search(  # sudo: calibrations of the meter, whoever finishes this one
            [
                *[
                    ("equipment_id", "=", self.equipment_id.id),
                    ("state", "=", "done"),
                    ("id", "!=", self.id),
                    ("date", "<=", self.date),
                ],
            ],
            order="date desc, id desc",
            limit=1,
        )
        return before.date or self.sudo().equipment_id.carbon_in_use_from  # sudo: as above

    def _open_deviation(self):
        """Open the deviation of a calibration that found its meter outside the permissible error.

        :return: the ``carbon.deviation``
        """
        self.ensure_one()
        # sudo: a technician finishes a calibration and may open no deviations himself
        deviations = self.env["carbon.deviation"].sudo()
        if found := deviations.search([("calibration_id", "=", self.id)], limit=1):
            return found
        meter = self.sudo().equipment_id  # sudo: as above
        owner = meter.owner_user_id or self._metering_owner() or self.env.user
        deviation = deviations.create(
            {
                "name": self.env._(
                    "%(meter)s was found outside its permissible error on %(day)s",
                    meter=meter.display_name,
                    day=self.date,
                ),
                "company_id": meter.company_id.id,
                "date": self.date,
                "equipment_id": meter.id,
                "calibration_id": self.id,
                "value": self.error_found,
                "limit": self.permissible_error,
                "unit": "%",
                "date_from": self._in_doubt_from(),
                "date_to": self.date - timedelta(days=1),
                "owner_id": owner.id,
            }
        )
        deviation.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=owner.id,
            summary=self.env._("Find the cause, decide about the data since the last calibration"),
        )
        # sudo: a switch of the company
        if self.env["carbon.system"].sudo()._get(meter.company_id).nonconformity_on_deviation:
            self.env["carbon.extension.point"]._get_items("raise_nonconformity", deviation)
        return deviation

    def _metering_owner(self):
        """Return a metrologist of the company: who made the results, if that person is one, else the first."""
        # sudo: members of a group, to find who is told
        group = self.env.ref("carbon_management.group_carbon_metrologist").sudo()
        people = group.all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids and not user.share
        )
        return (people & self.env.user) or people.sorted("id")[:1]


class CarbonMeterCorrection(models.Model):
    """Proposals that come from a deviation."""

    _inherit = "carbon.meter.correction"

    def _propose(self, deviation):
        """Return the action of a draft for the days in doubt, with the factor that the mean error as found asks for."""
        self.check_access("create")
        calibration = deviation.calibration_id
        errors = calibration.point_ids.mapped("error_found")
        mean = sum(errors) / len(errors) if errors else 0.0
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correction of a Drift"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_equipment_id": deviation.equipment_id.id,
                "default_calibration_id": calibration.id,
                "default_date_from": deviation.date_from,
                "default_date_to": deviation.date_to,
                "default_factor": round(1 / (1 + mean / 100), 6) if mean > -100 else 1.0,
                "default_reason": self.env._(
                    "Mean error as found %(error)s %%: measured × 1 / (1 + %(error)s / 100). Judge since when it was so.",
                    error=f"{mean:+.2f}",
                ),
            },
        }
