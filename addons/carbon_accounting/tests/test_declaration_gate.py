from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestDeclarationGate(CarbonCommon):
    """What was declared, and its evidence, outlives whoever wants it gone (R-157, architecture section 3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls._user("declares", "group_carbon_data_owner")
        cls.rule = cls._rule("declared", cls.coal)
        cls.row = cls._declare(cls.rule, 5, cls.ton)
        cls.file = cls.env["ir.attachment"].create(
            {"name": "log.txt", "raw": b"5 t", "res_model": "carbon.declaration", "res_id": cls.row.id}
        )

    def setUp(self):
        super().setUp()
        self._commit()
        self.mine = self.row.with_user(self.owner)

    def _entries(self):
        entries = self.env["carbon.trail.entry"].search(
            [("res_model", "=", "carbon.declaration"), ("res_uuid", "=", self.row.uuid)], order="id"
        )
        return [(entry.event, entry.actor_uid) for entry in entries]

    def _close(self):
        self.env["carbon.reporting.period"]._ensure(self.company, self.row.date, self.row.date).action_close()

    def test_state_is_not_written_past_the_buttons(self):
        for state in ("draft", "cancel"):
            with self.subTest(state=state), self.assertRaisesRegex(UserError, "cannot be written"):
                self.mine.write({"state": state})
        with self.assertRaisesRegex(UserError, "starts as Draft"):
            self.mine.copy({"state": "posted"})
        found = (
            self.env["carbon.declaration"]
            .with_user(self.owner)
            .load(
                ["name", "rule_id/.id", "quantity", "uom_id/.id", "state"],
                [["Imported", str(self.rule.id), "3", str(self.ton.id), "posted"]],
            )
        )
        self.assertFalse(found["ids"])
        self.assertIn("Create it so and use its buttons", found["messages"][0]["message"])

    def test_what_was_posted_once_is_never_deleted(self):
        with self.assertRaisesRegex(UserError, "was posted and is kept"):
            self.mine.unlink()
        self.mine.action_cancel()
        with self.assertRaisesRegex(UserError, "was posted and is kept"):
            self.mine.unlink()
        self.mine.action_draft()
        with self.assertRaisesRegex(UserError, "was posted and is kept"):
            self.mine.unlink()

    def test_draft_that_never_counted_is_deleted(self):
        draft = self.mine.copy()
        draft.action_cancel()
        draft.unlink()
        self.assertFalse(draft.exists())

    def test_files_of_what_was_posted_stay_and_others_may_be_added(self):
        file = self.file.with_user(self.owner)
        for step in (lambda: None, self.mine.action_cancel, self.mine.action_draft):
            step()
            with self.assertRaisesRegex(UserError, "frozen"):
                file.write({"raw": b"forged"})
            with self.assertRaisesRegex(UserError, "frozen"):
                file.write({"res_id": False})
            with self.assertRaisesRegex(UserError, "frozen"):
                file.unlink()
        self.mine.action_post()
        added = (
            self.env["ir.attachment"]
            .with_user(self.owner)
            .create({"name": "bill.txt", "raw": b"more", "res_model": "carbon.declaration", "res_id": self.row.id})
        )
        self.mine.message_post(body="bill", attachments=[("mail.txt", b"mail")])
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "carbon.declaration"), ("res_id", "=", self.row.id)]
        )
        self.assertEqual(sorted(files.mapped("name")), ["bill.txt", "log.txt", "mail.txt"])
        with self.assertRaisesRegex(UserError, "frozen"):
            added.unlink()
        self.assertEqual(self.file.raw, b"5 t")

    def test_each_step_is_in_the_trail_with_what_it_said(self):
        self.mine.action_cancel()
        self.mine.action_draft()
        self.mine.quantity = 6
        self.mine.action_post()
        self.assertEqual(
            self._entries(),
            [
                ("declaration.post", self.env.uid),
                ("declaration.cancel", self.owner.id),
                ("declaration.draft", self.owner.id),
                ("declaration.post", self.owner.id),
            ],
        )
        last = self.env["carbon.trail.entry"].search([("res_uuid", "=", self.row.uuid)], order="id desc", limit=1)
        self.assertIn('"quantity":"6.0"', last.payload.replace(" ", ""))
        self.assertIn("log.txt", last.payload)
        self.assertIn(self.owner, self.row.maker_ids)

    def test_declaration_of_a_closed_month_is_cancelled_and_stays_as_it_was(self):
        self._close()
        self.mine.action_cancel()
        self._commit()
        self.assertEqual(self._sum(self.row.source_id), 5, "the month is closed: a late adjustment")
        with self.assertRaisesRegex(UserError, "stays as it was"):
            self.mine.action_draft()
        with self.assertRaisesRegex(UserError, "is cancelled"):
            self.mine.quantity = 12345
        self.assertEqual(self.row.quantity, 5)
        self.assertEqual(self._entries()[-1], ("declaration.cancel", self.owner.id))

    def test_note_may_be_added_after_posting(self):
        self.mine.note = "read twice"
        self.assertEqual(self.row.note, "read twice")

    def test_reader_takes_no_step(self):
        reader = self.row.with_user(self._user("reads", "group_carbon_reader"))
        for step in (reader.action_post, reader.action_cancel, reader.action_draft):
            with self.subTest(step=step.__name__), self.assertRaises(AccessError):
                step()
        self.assertEqual(self.row.state, "posted")
