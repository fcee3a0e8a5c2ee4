from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.carbon_management.models.carbon_gate_mixin import GATE_CONTEXT_KEY

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestGate(CarbonManagementCommon):
    """carbon.boundary stands for every model behind the gate (spec c-0.1)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boundary = cls._new_boundary()

    def _attach(self, record, **values):
        return self.env["ir.attachment"].create(
            {
                "name": "plan.txt",
                "raw": b"plan",
                "res_model": record._name,
                "res_id": record.id,
                **values,
            }
        )

    def test_state_cannot_be_written(self):
        with self.assertRaisesRegex(UserError, "Group boundary"):
            self.boundary.write({"state": "approved"})
        self.assertEqual(self.boundary.state, "draft")

    def test_state_written_to_itself_is_no_change(self):
        self.boundary.write({"state": "draft", "name": "Renamed"})
        self.assertEqual(self.boundary.name, "Renamed")

    def test_record_cannot_be_created_in_another_state(self):
        with self.assertRaises(UserError):
            self._new_boundary(state="approved", date_from="2020-01-01")

    def test_defaults_cannot_bring_another_state(self):
        self.env["ir.default"].set("carbon.boundary", "state", "approved")
        boundary = (
            self.env["carbon.boundary"]
            .with_context(default_state="approved")
            .create({"name": "x", "company_id": self.company_a.id})
        )
        self.assertEqual(boundary.state, "draft")

    def test_copy_of_an_approved_record_is_a_draft_with_own_identity(self):
        self.boundary.action_approve()
        copy = self.boundary.copy()
        self.assertEqual(copy.state, "draft")
        self.assertFalse(copy.approved_on)
        self.assertNotEqual(copy.uuid, self.boundary.uuid)
        self.assertNotEqual(copy.number, self.boundary.number)

    def test_frozen_field_cannot_be_written(self):
        self.boundary.action_approve()
        for values in (
            {"name": "Other"},
            {"approach": "equity_share"},
            {"site_ids": [Command.clear()]},
            {"date_to": "2030-01-01"},
            {"company_id": self.company_b.id},
            {"approved_by_id": False},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.boundary.write(values)
        self.assertEqual(self.boundary.name, "Group boundary")

    def test_sudo_and_superuser_do_not_unlock(self):
        self.boundary.action_approve()
        self.assertTrue(self.env.su)
        with self.assertRaises(UserError):
            self.boundary.sudo().write({"name": "Other"})
        with self.assertRaises(UserError):
            self.boundary.with_user(self.env.ref("base.user_root")).write({"share": 0.5})

    def test_no_plain_context_value_unlocks(self):
        self.boundary.action_approve()
        for value in (True, 1, "_GATE", "carbon.boundary", object()):
            gated = self.boundary.with_context(
                **{GATE_CONTEXT_KEY: value},
                skip_validation_check=True,
                tracking_disable=True,
                install_mode=True,
            )
            with self.subTest(value=value), self.assertRaises(UserError):
                gated.write({"name": "Other"})
            with self.assertRaises(UserError):
                gated.write({"state": "draft"})

    def test_permission_holds_for_its_own_records_only(self):
        other = self._new_boundary(date_from="2026-01-01", name="Other")
        seen = []
        boundaries = type(self.boundary)
        original = boundaries._trail_payload

        def write_other(record):
            with self.assertRaises(UserError):
                other.with_env(record.env).write({"state": "approved"})
            seen.append(record.env.context.get(GATE_CONTEXT_KEY))
            return original(record)

        self.patch(boundaries, "_trail_payload", write_other)
        self.boundary._transition("approved", "boundary.approve")
        self.assertEqual(len(seen), 1)
        self.assertEqual(other.state, "draft")

    def test_permission_does_not_outlive_the_transition(self):
        self.boundary._transition("approved", "boundary.approve")
        self.assertNotIn(GATE_CONTEXT_KEY, self.boundary.env.context)

    def test_transition_leaves_one_trail_entry_per_record(self):
        before = len(self._trail(self.company_a))
        pair = self.boundary | self._new_boundary(date_from="2026-01-01")
        pair._transition("approved", "boundary.approve", reason="Agreed")
        entries = self._trail(self.company_a)[before:]
        self.assertEqual(entries.mapped("res_uuid"), pair.mapped("uuid"))
        self.assertEqual(entries.mapped("from_state"), ["draft", "draft"])
        self.assertEqual(entries.mapped("to_state"), ["approved", "approved"])
        self.assertEqual(entries.mapped("reason"), ["Agreed", "Agreed"])

    def test_transition_of_one_company_does_not_touch_the_stream_of_another(self):
        self.boundary._transition("approved", "boundary.approve")
        self.assertFalse(self._trail(self.company_b))

    def test_frozen_record_cannot_be_deleted(self):
        self.boundary.action_approve()
        with self.assertRaises(UserError):
            self.boundary.unlink()
        self.assertTrue(self.boundary.exists())

    def test_lines_are_frozen_with_their_record(self):
        self.boundary.company_line_ids = [Command.create({"company_id": self.company_a.id, "relation": "own"})]
        draft = self._new_boundary(date_from="2027-01-01")
        line = self.boundary.company_line_ids
        stray = self.env["carbon.boundary.company"].create({"boundary_id": draft.id, "entity_name": "Stray"})
        self.boundary.action_approve()
        with self.assertRaises(UserError):
            line.share = 0.5
        with self.assertRaises(UserError):
            line.unlink()
        with self.assertRaises(UserError):
            line.boundary_id = draft
        with self.assertRaises(UserError):
            stray.boundary_id = self.boundary
        with self.assertRaises(UserError):
            line.copy({"company_id": False, "entity_name": "More"})
        self.assertEqual(line.share, 1.0)

    def test_files_of_a_frozen_record_are_frozen(self):
        file = self._attach(self.boundary)
        loose = self._attach(self._new_boundary(date_from="2027-01-01"))
        self.boundary.action_approve()
        with self.assertRaises(UserError):
            self._attach(self.boundary)
        for values in (
            {"raw": b"forged"},
            {"name": "other.txt"},
            {"public": True},
            {"res_id": loose.res_id},
            {"res_model": "res.partner"},
            {"access_token": "x"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                file.sudo().write(values)
        with self.assertRaises(UserError):
            loose.write({"res_id": self.boundary.id})
        with self.assertRaises(UserError):
            file.unlink()
        self.assertEqual(file.raw, b"plan")

    def test_files_of_a_draft_are_free(self):
        file = self._attach(self.boundary)
        file.write({"raw": b"better"})
        self.assertEqual(file.raw, b"better")
        file.unlink()

    def test_writing_the_same_content_to_a_frozen_file_is_no_change(self):
        # Odoo does this when the storage of attachments is changed
        file = self._attach(self.boundary)
        self.boundary.action_approve()
        file.write({"raw": file.raw, "mimetype": file.mimetype})
        self.assertEqual(file.raw, b"plan")

    def test_chatter_activities_and_reviews_go_on_after_approval(self):
        self.boundary.action_approve()
        self.boundary.message_post(body="Seen")
        self.boundary.activity_schedule("mail.mail_activity_data_todo", user_id=self.users["manager"].id)
        self.boundary.action_review_done()
        self.assertEqual(self.boundary.review_outcome, "no_change")

    def test_identity_cannot_be_chosen_or_changed(self):
        wanted = "00000000-0000-4000-8000-000000000000"
        boundary = self._new_boundary(uuid=wanted, date_from="2029-01-01")
        self.assertNotEqual(boundary.uuid, wanted)
        with self.assertRaises(UserError):
            boundary.write({"uuid": wanted})

    def test_import_cannot_change_the_state(self):
        result = self.env["carbon.boundary"].load([".id", "state"], [[str(self.boundary.id), "Approved"]])
        self.assertFalse(result["ids"])
        self.assertEqual(self.boundary.state, "draft")

    def test_an_approved_version_cannot_be_approved_again(self):
        self.boundary.action_approve()
        with self.assertRaises(UserError):
            self.boundary.action_approve()
