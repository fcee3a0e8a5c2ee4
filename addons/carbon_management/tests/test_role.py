import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import GROUPS, CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestRole(CarbonManagementCommon):
    """Roles are assigned, told, acknowledged and ended (R-024)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env.ref(GROUPS["data_owner"])
        cls.role = cls.env["carbon.role"].create(
            {
                "name": "Energy data owner",
                "duties": "<p>Reads the meters</p>",
                "group_id": cls.group.id,
            }
        )
        cls.person = cls.users["plain"]

    def _assign(self, **values):
        return self.env["carbon.role.assignment"].create(
            {
                "role_id": self.role.id,
                "company_id": self.company_a.id,
                "user_id": self.person.id,
                "date_from": "2025-01-01",
                **values,
            }
        )

    def test_the_access_role_is_given_and_taken_back_with_the_dates(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign(date_to="2025-12-31")
            self.assertIn(self.group, self.person.all_group_ids)
            self.assertTrue(assignment.has_granted)
        with freeze_time("2026-01-01"):
            self.env.invalidate_all()
            self.env["carbon.role.assignment"]._cron_apply_access()
            self.assertNotIn(self.group, self.person.all_group_ids)
            self.assertFalse(assignment.has_granted)

    def test_a_future_assignment_gives_nothing_yet(self):
        with freeze_time("2024-12-31"):
            self._assign()
            self.assertNotIn(self.group, self.person.all_group_ids)
        with freeze_time("2025-01-01"):
            self.env.invalidate_all()
            self.env["carbon.role.assignment"]._cron_apply_access()
            self.assertIn(self.group, self.person.all_group_ids)

    def test_access_that_was_there_before_stays(self):
        self.person.group_ids |= self.group
        with freeze_time("2025-06-01"):
            assignment = self._assign()
            self.assertFalse(assignment.has_granted)
            assignment.date_to = "2025-05-31"
        self.assertIn(self.group, self.person.all_group_ids)

    def test_access_stays_while_another_assignment_runs(self):
        with freeze_time("2025-06-01"):
            first = self._assign()
            second = self._assign(site_id=self.site.id)
            first.date_to = "2025-05-31"
            self.assertIn(self.group, self.person.all_group_ids)
            second.date_to = "2025-05-31"
            self.assertNotIn(self.group, self.person.all_group_ids)

    def test_a_deleted_assignment_takes_its_access_along(self):
        with freeze_time("2025-06-01"):
            self._assign().unlink()
        self.assertNotIn(self.group, self.person.all_group_ids)

    def test_another_access_role_replaces_the_one_before(self):
        with freeze_time("2025-06-01"):
            self._assign()
            self.role.group_id = self.env.ref(GROUPS["verifier"])
        self.assertNotIn(self.group, self.person.all_group_ids)
        self.assertIn(self.env.ref(GROUPS["verifier"]), self.person.all_group_ids)

    def test_a_role_cannot_carry_rights_beyond_carbon_management(self):
        role = self._as(self.role, "manager")
        for xmlid in ("base.group_system", "base.group_erp_manager", "base.group_user"):
            with self.subTest(xmlid=xmlid), self.assertRaises(ValidationError):
                role.group_id = self.env.ref(xmlid).id

    def test_a_carbon_group_that_reaches_administration_cannot_be_given(self):
        self.group.implied_ids |= self.env.ref("base.group_erp_manager")
        with self.assertRaises(ValidationError):
            self.env["carbon.role"].create({"name": "x", "group_id": self.group.id})
        with freeze_time("2025-06-01"):
            self._assign()
        self.assertNotIn(self.group, self.person.all_group_ids)

    def test_a_manager_gives_access_without_being_an_administrator(self):
        with freeze_time("2025-06-01"):
            self._as(self.env["carbon.role.assignment"], "manager").create(
                {
                    "role_id": self.role.id,
                    "company_id": self.company_a.id,
                    "user_id": self.person.id,
                    "date_from": "2025-01-01",
                }
            )
        self.assertIn(self.group, self.person.all_group_ids)

    def test_the_holder_is_told_and_asked_to_acknowledge(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign()
        self.assertTrue(assignment.notified_on)
        message = assignment.message_ids.filtered("body")[:1]
        self.assertIn("Reads the meters", message.body)
        self.assertIn(self.person.partner_id, message.partner_ids)
        self.assertEqual(assignment.activity_ids.user_id, self.person)

    def test_only_the_holder_acknowledges(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign()
            for name in ("manager", "reader"):
                with self.subTest(name=name), self.assertRaises(UserError):
                    self._as(assignment, name).action_acknowledge()
            self._as(assignment, "plain").action_acknowledge()
        self.assertTrue(assignment.acknowledged_on)
        self.assertFalse(assignment.activity_ids)
        entry = self._trail(self.company_a, "role.acknowledge")
        self.assertEqual(entry.actor_login, "carbon_plain")

    def test_acknowledgement_cannot_be_written(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign(acknowledged_on="2025-06-01 00:00:00")
        self.assertFalse(assignment.acknowledged_on)
        for name in ("acknowledged_on", "notified_on"):
            with self.subTest(name=name), self.assertRaises(UserError):
                assignment.write({name: "2025-06-01 00:00:00"})
        with self.assertRaises(UserError):
            assignment.write({"has_granted": False})

    def test_an_acknowledged_assignment_is_kept(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign()
            self._as(assignment, "plain").action_acknowledge()
        with self.assertRaises(UserError):
            assignment.unlink()

    def test_another_holder_has_to_acknowledge_anew(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign()
            self._as(assignment, "plain").action_acknowledge()
            assignment.user_id = self.users["reader"]
        self.assertFalse(assignment.acknowledged_on)

    def test_a_user_of_another_company_cannot_be_assigned(self):
        with self.assertRaises(UserError):
            self._assign(user_id=self.manager_b.id)

    def test_people_without_user_can_hold_roles(self):
        partner = self.env["res.partner"].create({"name": "Contractor"})
        with freeze_time("2025-06-01"):
            assignment = self._assign(user_id=False, partner_id=partner.id)
            self.assertEqual(self.role.holder_ids, partner)
        self.assertFalse(assignment.has_granted)

    def test_exactly_one_holder_is_named(self):
        for values in (
            {"user_id": False},
            {"partner_id": self.env.user.partner_id.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self._assign(**values)

    def test_people_without_carbon_role_see_their_own_assignment_only(self):
        with freeze_time("2025-06-01"):
            own = self._assign()
            other = self._assign(user_id=self.users["technician"].id)
        self.role.group_id = False
        self.assertEqual(self._as(own, "plain").role_id.name, "Energy data owner")
        with self.assertRaises(AccessError):
            self._as(other, "plain").read(["date_from"])
        found = self._as(self.env["carbon.role.assignment"], "plain").search([])
        self.assertEqual(found, own)

    def test_every_step_is_in_the_trail(self):
        with freeze_time("2025-06-01"):
            assignment = self._assign()
            assignment.date_to = "2025-12-31"
        events = self._trail(self.company_a).mapped("event")
        self.assertEqual(events, ["role.assign", "role.change"])

    def test_one_role_is_accountable_for_a_process(self):
        process = self.env["carbon.process"].create({"name": "Collect", "company_id": self.company_a.id})
        lines = self.env["carbon.process.responsibility"]
        values = {"process_id": process.id, "role_id": self.role.id}
        lines.create([{**values, "raci": "a"}, {**values, "raci": "r"}])
        other = self.env.ref("carbon_management.role_representative")
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            lines.create({**values, "role_id": other.id, "raci": "a"})

    def test_processes_may_form_a_loop_but_none_follows_itself(self):
        #
        processes = self.env["carbon.process"].create(
            [{"name": name, "pdca": name, "company_id": self.company_a.id} for name in ("plan", "do", "check", "act")]
        )
        for before, after in zip(processes, processes[1:] + processes[:1], strict=True):
            after.predecessor_ids |= before
        self.assertEqual(processes[0].successor_ids, processes[1])
        self.assertEqual(processes[0].predecessor_ids, processes[3])
        with self.assertRaises(ValidationError):
            processes[0].predecessor_ids |= processes[0]
