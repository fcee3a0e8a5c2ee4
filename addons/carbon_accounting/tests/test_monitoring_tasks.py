from odoo.tests import freeze_time, tagged

from .monitoring_common import MonitoringCommon


@tagged("post_install", "-at_install")
class TestMonitoringTasks(MonitoringCommon):
    """Who delivers data has a task when they are due, until they are there (R-057, R-151)."""

    def _tasks(self, user=None):
        self.env["carbon.monitoring.plan"]._update_tasks(self.company)
        plans = self.env["carbon.monitoring.plan"].search([("company_id", "=", self.company.id)])
        domain = [("res_model", "=", "carbon.monitoring.plan"), ("res_id", "in", plans.ids)]
        domain += [("activity_type_id", "=", self.env.ref("carbon_accounting.mail_activity_data_due").id)]
        domain += [("user_id", "=", user.id)] if user else []
        return self.env["mail.activity"].search(domain).sorted(lambda task: (task.date_deadline, task.user_id.id))

    def test_one_task_for_each_person_and_due_date_and_not_for_each_row(self):
        others = [self._source(f"Pump {number}", self.ton, None) for number in range(3)]
        second = self._source("Second boiler", self.ton, None)
        items = [self._item(source=other) for other in (self.gas, *others)]
        plan = self._plan([*items, self._item(source=second, responsible_id=self.other_owner.id)], "2025-12-01")
        self._read({12: 100})
        tasks = self._tasks()
        # three pumps and a second boiler lack December, due on 10 January; all five sources await January, due on 10 February
        self.assertEqual(
            [(task.user_id, str(task.date_deadline), task.state, task.summary[:10]) for task in tasks],
            [
                (self.owner, "2026-01-10", "overdue", "3 data due"),
                (self.other_owner, "2026-01-10", "overdue", "1 data due"),
                (self.owner, "2026-02-10", "planned", "4 data due"),
                (self.other_owner, "2026-02-10", "planned", "1 data due"),
            ],
        )
        self.assertEqual(tasks.mapped("res_id"), [plan.id] * 4)
        self.assertIn("[S1] Item of Gas boiler 2026-01", str(tasks[2].note))
        self.assertEqual(self._tasks(), tasks, "looking again adds nothing")
        self.assertIn(
            plan, self.env["carbon.monitoring.plan"].with_user(self.owner).search([("activity_state", "=", "overdue")])
        )

    def test_task_goes_by_itself_when_the_data_are_there_or_answered(self):
        self._plan([self._item()], "2025-11-01")
        self._read({11: 100})
        self._read({11: 100}, 2024)
        december, january = self._tasks()
        self._read({1: 100}, 2026)
        self.assertEqual(self._tasks(), december)
        self._proposed(self._gaps())
        self.assertFalse(self._tasks())

    def test_period_under_way_and_what_was_due_long_ago_are_no_task(self):
        self._plan([self._item()], "2024-01-01")
        with freeze_time("2026-02-20 08:00:00"):
            deadlines = [str(task.date_deadline) for task in self._tasks()]
        self.assertEqual((len(deadlines), deadlines[0], deadlines[-1]), (12, "2025-03-10", "2026-02-10"))

    def test_holder_of_the_role_has_the_task(self):
        role = self.env["carbon.role"].search([], limit=1)
        self.env["carbon.role.assignment"].create(
            {
                "role_id": role.id,
                "user_id": self.other_owner.id,
                "company_id": self.company.id,
                "date_from": "2025-01-01",
            }
        )
        self._plan([self._item(responsible_id=False, role_id=role.id)], "2026-01-01")
        self.assertEqual(self._tasks().user_id, self.other_owner)

    def test_button_of_the_gaps_updates_the_tasks_of_all(self):
        self._plan([self._item()], "2026-01-01")
        self.env["carbon.data.gap"].with_user(self.other_owner).with_context(
            allowed_company_ids=self.company.ids
        ).action_find()
        self.assertEqual(len(self.env["mail.activity"].search([("user_id", "=", self.owner.id)])), 1)

    def test_plan_of_another_company_gives_no_task(self):
        other = self.env["res.company"].create({"name": "Other works"})
        self._plan([self._item()], "2026-01-01")
        self.env["carbon.monitoring.plan"]._update_tasks(other)
        self.assertFalse(self.env["mail.activity"].search([("user_id", "=", self.owner.id)]))
