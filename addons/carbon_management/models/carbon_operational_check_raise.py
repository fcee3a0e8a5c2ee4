import logging

from psycopg2 import OperationalError

from odoo import api, fields, models, tools
from odoo.tools import SQL, clean_context

_logger = logging.getLogger(__name__)


class CarbonOperationalCheck(models.Model):
    """Checks come by the calendar and from documents that are done, each once."""

    _inherit = "carbon.operational.check"

    # ------------------------------------------------------------------
    # Schedule
    # ------------------------------------------------------------------
    @api.model
    def _cron_raise_checks(self):
        """Make the checks that fell due, and tell criteria to people whom they concern since yesterday."""
        for system in self.env["carbon.system"].search([("company_id", "!=", False)]):
            company, today = system.company_id, system._today()
            criteria = self.env["carbon.operational.criterion"].with_company(company)
            own = fields.Domain("company_id", "=", company.id)
            valid = criteria.search(own & criteria._valid_domain(today))
            valid.filtered(lambda row: row.state == "approved")._tell()
            self.with_company(company)._raise_scheduled(valid.filtered("repeat_every"), today)

    @api.model
    def _raise_scheduled(self, criteria, today):
        """Make one check for each due day that has passed since the last one.

        :return: the new checks
        """
        last = self._last_due(criteria)
        values = []
        for criterion in criteria:
            for equipment in criterion._checked_equipment():
                values += [
                    self._check_values(criterion, equipment, day, "schedule")
                    for day in criterion._due_days(
                        last.get((criterion.company_id.id, criterion.code, equipment.id or 0)), today
                    )
                ]
        return self._make(values)

    @api.model
    def _last_due(self, criteria):
        """Return {(company id, code, equipment id or 0): last due day}: versions of a criterion go on with its schedule."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT k.company_id, c.code, COALESCE(k.equipment_id, 0), max(k.due_on) FROM carbon_operational_check k "
                "JOIN carbon_operational_criterion c ON c.id = k.criterion_id "
                "WHERE k.origin = 'schedule' AND k.company_id = ANY(%s) AND c.code = ANY(%s) GROUP BY 1, 2, 3",
                criteria.company_id.ids,
                criteria.mapped("code"),
            )
        )
        return {row[:3]: row[3] for row in rows}

    @api.model
    def _check_values(self, criterion, equipment, day, origin, **values):
        return {
            "criterion_id": criterion.id,
            "equipment_id": equipment.id,
            "due_on": day,
            "origin": origin,
            "user_id": criterion.responsible_id.id,
            **values,
        }

    @api.model
    def _person(self, person, criterion):
        """Return who is asked: who closed the document, if that is somebody who can answer."""
        answers = not person._is_superuser() and person._is_internal() and criterion.company_id in person.company_ids
        return person if answers else criterion.responsible_id

    @api.model
    def _make(self, values):
        """Make checks with their activities, as the system: people answer checks, documents and days ask for them."""
        # sudo: who closes a document need not be allowed to make checks
        checks = self.sudo().create(values)
        for check in checks:
            check.activity_schedule(
                "carbon_management.mail_activity_check",
                date_deadline=check.due_on,
                user_id=check.user_id.id,
                summary=self.env._("Check %(what)s", what=check.display_name),
            )
        return checks

    # ------------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------------
    @api.model
    def _raise_from(self, documents, make):
        """Make the checks that finished documents ask for. The document itself never fails because of them.

        :param documents: records that were just done
        :param make: function that takes them, as superuser, and makes the checks
        """
        # sudo: whoever closes the document; defaults of its screen are not for checks
        documents = documents.sudo().with_context(**clean_context(self.env.context))
        if not self._are_wanted(frozenset(documents.company_id.ids)):
            return
        try:
            # flushing the cursor would run what waits for the end of the transaction: collection among it
            self.env.flush_all()
            with self.env.cr.savepoint(flush=False):
                make(documents)
                self.env.flush_all()
        except OperationalError:
            raise  # Odoo tries the whole transaction again
        except Exception:
            _logger.exception("operational checks of %s could not be made", documents)
            self.env.invalidate_all()

    @api.model
    @tools.ormcache("company_ids")
    def _are_wanted(self, company_ids):
        """Whether companies ever had a criterion: documents of those that have none ask the database nothing."""
        # sudo: whether there is one, for whoever closes the document
        return bool(
            self.env["carbon.operational.criterion"]
            .sudo()
            .search_count([("company_id", "in", list(company_ids))], limit=1)
        )

    @api.model
    def _raise_from_requests(self, requests):
        """Make the checks that preventive maintenance requests ask for, once each."""
        values = []
        for request in requests.filtered(lambda row: row.maintenance_type == "preventive" and row.equipment_id):
            criteria = self.env["carbon.operational.criterion"]
            day = fields.Date.context_today(request)
            valid = criteria.search(
                criteria._valid_domain(day)
                & fields.Domain("on_maintenance", "=", True)
                & fields.Domain("company_id", "=", request.company_id.id)
                & fields.Domain("equipment_ids", "in", request.equipment_id.ids)
            )
            made = self.search([("request_id", "=", request.id)]).criterion_id.mapped("code")
            person = request.user_id or self.env.user
            values += [
                self._check_values(
                    *(criterion, request.equipment_id, day, "maintenance"),
                    request_id=request.id,
                    origin_name=request.display_name,
                    user_id=self._person(person, criterion).id,
                )
                for criterion in valid
                if criterion.code not in made
            ]
        return self._make(values)
