import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
_BATCH = 100


class MaintenanceEquipment(models.Model):
    """Calibrations that fall due: one request for each due date of a meter, and reminders of it (R-155).

    The dates are those of the meter. Whoever cancels or forgets a request changes nothing about them.
    """

    _inherit = "maintenance.equipment"

    @api.model
    def _cron_raise_calibrations(self):
        """Make the requests of meters that are due soon, and remind of those that are open."""
        failed = set()
        for system in self._carbon_systems():
            while meters := self._carbon_due_without_request(system, failed):
                for meter, due in meters:
                    if not meter._carbon_try_request(due):
                        failed.add(meter.id)
                if not self.env["ir.cron"]._commit_progress(len(meters)):
                    return
            self.env["maintenance.request"]._carbon_remind(system)
            self.env["ir.cron"]._commit_progress(0)

    @api.model
    def _carbon_systems(self):
        """Return the systems of all companies that have meters, made where they are missing."""
        groups = self._read_group([("is_carbon_meter", "=", True)], ["company_id"])
        systems = self.env["carbon.system"]
        return systems.union(*(systems._get(company) for (company,) in groups))

    @api.model
    def _carbon_due_without_request(self, system, skipped=()):
        """Return the next meters of a company that are due soon and have no request for it, with their due dates.

        A meter that was never calibrated is due from its first day on.

        :param system: ``carbon.system`` of the company
        :param skipped: ids of meters to leave out
        :return: list of (meter, due date)
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT q.id, due.day FROM maintenance_equipment q
                     CROSS JOIN LATERAL (SELECT COALESCE(q.carbon_calibration_due_on, q.carbon_in_use_from, q.effective_date) AS day) due
                    WHERE q.is_carbon_meter AND q.active AND q.company_id = %(company)s AND q.carbon_register <> 'virtual'
                      AND q.carbon_calibration_months > 0 AND COALESCE(q.carbon_in_use_to, 'infinity') >= %(today)s
                      AND due.day <= %(today)s::date + %(days)s AND q.id <> ALL(%(skipped)s)
                      AND NOT EXISTS (SELECT 1 FROM maintenance_request r LEFT JOIN maintenance_stage s ON s.id = r.stage_id
                                       WHERE r.equipment_id = q.id AND r.is_carbon_calibration
                                         AND (r.carbon_due_on = due.day
                                              OR NOT COALESCE(s.done, FALSE) AND NOT COALESCE(r.archive, FALSE)))
                    ORDER BY due.day, q.id LIMIT %(limit)s""",
                company=system.company_id.id,
                today=system._today(),
                days=system.calibration_request_days,
                skipped=list(skipped),
                limit=_BATCH,
            )
        )
        return [(self.browse(meter_id), due) for meter_id, due in rows]

    def _carbon_try_request(self, due):
        """Make the request of one meter; one that cannot be made must not stop those of all others."""
        try:
            with self.env.cr.savepoint():
                self._carbon_make_request(due)
        except UserError as error:
            _logger.warning("No calibration request for %s: %s", self.display_name, error)
            return False
        return True

    def _carbon_make_request(self, due):
        """Return the request for the calibration of this meter that is due on a day.

        :param due: date, or False for a calibration beside the schedule
        :return: ``maintenance.request``
        """
        self.ensure_one()
        company, today = self.company_id, fields.Date.context_today(self)
        requests = self.env["maintenance.request"].with_company(company)
        kind = dict(self._fields["carbon_calibration_kind"]._description_selection(self.env)).get(
            self.carbon_calibration_kind
        )
        return requests.create(
            {
                "name": self.env._(
                    "%(kind)s of %(meter)s, due %(day)s", kind=kind or "", meter=self.display_name, day=due
                )
                if due
                else self.env._("%(kind)s of %(meter)s", kind=kind or "", meter=self.display_name),
                "company_id": company.id,
                "equipment_id": self.id,
                "is_carbon_calibration": True,
                "carbon_due_on": due,
                "maintenance_type": "preventive",
                "maintenance_team_id": self._carbon_team().id,
                "schedule_date": fields.Datetime.to_datetime(max(due or today, today)),
            }
        )

    def _carbon_team(self):
        """Return the team of this meter, else one of its company or of all, made if there is none at all."""
        self.ensure_one()
        teams = self.env["maintenance.team"]
        company = self.company_id
        found = self.maintenance_team_id or teams.search(
            [("company_id", "in", (company.id, False))], order="company_id, id", limit=1
        )
        # sudo: a request needs a team, and the one who asks for it may not be allowed to make one
        return found or teams.sudo().create({"name": self.env._("Metering"), "company_id": company.id})

    def action_carbon_calibrate(self):
        """Open the results of the next calibration of this meter, in one step.

        :return: the window to open
        """
        request = self.action_carbon_request()["res_id"]
        return self.env["maintenance.request"].browse(request).action_carbon_calibrate()

    def action_carbon_request(self):
        """Open the request for the next calibration of this meter, made if there is none.

        :return: the window to open
        """
        self.ensure_one()
        requests = self.env["maintenance.request"]
        found = requests.search(
            [
                ("equipment_id", "=", self.id),
                ("is_carbon_calibration", "=", True),
                ("done", "=", False),
                ("archive", "=", False),
            ],
            limit=1,
        )
        if not found:
            due = self.carbon_calibration_due_on or self.carbon_in_use_from or fields.Date.context_today(self)
            # sudo: a request that the user may not see has the due date too
            known = requests.sudo().search_count([("equipment_id", "=", self.id), ("carbon_due_on", "=", due)], limit=1)
            found = self._carbon_make_request(False if known else due)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calibration"),
            "res_model": "maintenance.request",
            "res_id": found.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
