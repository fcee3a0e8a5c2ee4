from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..report.carbon_monitoring_report import STANDING
from ..tools import periods

#: Activity of a plan: data are due.
DUE = "carbon_accounting.mail_activity_data_due"
#: Names of items in the note of a task; the expected data show the others.
_NAMES = 20


class CarbonMonitoringPlan(models.Model):
    """Tasks of the people who deliver data (R-057, R-151).

    One activity for each person and due date, from the end of the period on, overdue until the data are there. It goes by
    itself with the next look: when data arrived, or when a value or a dismissal was proposed.
    """

    _inherit = "carbon.monitoring.plan"

    @api.model
    def _update_tasks(self, companies):
        """Give each person the tasks of what is expected of them, and take away those that are settled.

        Data due more than a year ago are gaps to be decided on, and no task any more.

        :return: number of new tasks
        """
        new = 0
        for company in companies:
            wanted = self._wanted_tasks(company)
            # sudo: tasks are kept by this method only, whoever looks for gaps; plans of one company
            for activity in self.sudo()._due_activities(company):
                key = activity.user_id, activity.date_deadline
                rows = wanted.pop(key, None)
                if rows is None:
                    activity.unlink()
                elif (values := self._task_values(*key, rows)) and activity.summary != values["summary"]:
                    activity.write(values)
            for (user, due), rows in wanted.items():
                # sudo: as above
                plan = self.sudo()._at(company, fields.Date.context_today(self)) or rows[0].plan_id
                plan.activity_schedule(DUE, date_deadline=due, user_id=user.id, **self._task_values(user, due, rows))
            new += len(wanted)
        return new

    def _due_activities(self, company):
        plans = self.with_context(active_test=False).search([("company_id", "=", company.id)])
        return self.env["mail.activity"].search(
            [
                *(("res_model", "=", self._name), ("res_id", "in", plans.ids)),
                ("activity_type_id", "=", self.env.ref(DUE).id),
            ]
        )

    @api.model
    def _wanted_tasks(self, company):
        """Return ``{(user, due date): rows of expected data}`` of a company."""
        # sudo: what is expected does not depend on who looks
        report = self.env["carbon.monitoring.report"].sudo().with_context(allowed_company_ids=company.ids)
        report.invalidate_model()
        since = fields.Date.context_today(self) - relativedelta(years=1)
        rows = report.search(
            [("date_to", ">=", since), ("status", "in", list(STANDING))], order="date_due, date_from, item_id"
        )
        wanted = defaultdict(report.browse)
        people = {}
        for row in rows.filtered(lambda row: row.gap_id.state not in ("proposed", "dismissal")):
            item = row.item_id
            if item not in people:
                people[item] = item._people()
            for user in people[item]:
                wanted[user, row.date_due] |= row
        return wanted

    @api.model
    def _task_values(self, user, due, rows):
        """Return summary and note of a task, in the language of the person."""
        env = self.with_context(lang=user.lang).env
        rows = rows.with_env(env)
        names = [f"{row.item_id.display_name} {periods.label(row.date_from, row.frequency)}" for row in rows]
        more = [env._("and %(count)s more", count=len(names) - _NAMES)] if len(names) > _NAMES else []
        return {
            "summary": env._("%(count)s data due on %(date)s", count=len(rows), date=format_date(env, due)),
            "note": ", ".join(names[:_NAMES] + more),
        }
