from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestDataApprovalAbuse(ApprovalCommon):
    """Who may not approve, and ways past the approval that are closed (R-157)."""

    def test_nobody_approves_what_they_entered(self):
        self._switch_on()
        mine, theirs = self._enter(100), self._enter(50, user=self.checker)
        with self.assertRaisesRegex(UserError, "1 rows are your own"):
            self._rows_of(mine).with_user(self.clerk).action_approve()
        told = self._groups(user=self.clerk).action_approve()
        self.assertIn("1 rows approved", told["params"]["message"])
        self.assertIn("1 rows are your own", told["params"]["message"])
        self.assertEqual((self._status(mine), self._status(theirs)), ([(100, "pending")], [(50, "approved")]))

    def test_superuser_rights_do_not_approve_ones_own_data_and_jobs_approve_nothing(self):
        self._switch_on()
        declaration = self._enter(100)
        with self.assertRaisesRegex(UserError, "your own"):
            self._rows_of(declaration).with_user(self.clerk).sudo().action_approve()
        with self.assertRaisesRegex(AccessError, "by a person"):
            self._rows_of(declaration).sudo().action_approve()
        with self.assertRaises(AccessError):
            self._rows_of(declaration).with_user(self.reader).sudo().action_approve()

    def test_whoever_changed_a_declaration_is_among_its_makers_and_nobody_removes_them(self):
        self._switch_on()
        declaration = (
            self.env["carbon.declaration"]
            .with_user(self.clerk)
            .create(
                {
                    "name": "D",
                    "company_id": self.company.id,
                    "rule_id": self.coal_rule.id,
                    "quantity": 5,
                    "uom_id": self.ton.id,
                    "date": "2025-03-10",
                    "maker_ids": [(6, 0, self.reader.ids)],
                }
            )
        )
        declaration.with_user(self.checker).quantity = 50
        declaration.with_user(self.checker).write({"maker_ids": [(5, 0, 0)]})
        self.assertEqual(declaration.maker_ids, self.clerk + self.checker)
        declaration.with_user(self.accountant).action_post()
        self._commit()
        row = self._rows_of(declaration)
        for user in (self.clerk, self.checker):
            with self.assertRaisesRegex(UserError, "your own"):
                row.with_user(user).action_approve()
        row.with_user(self.accountant).action_approve()
        self.assertEqual(row.approval, "approved")

    def test_reader_and_verifier_decide_nothing(self):
        self._switch_on()
        declaration = self._enter(100)
        for user in (self.reader, self.verifier):
            self.assertEqual(self._groups(user=user).row_count, 1, "waiting data are visible")
            for records in (self._rows_of(declaration).with_user(user), self._groups(user=user)):
                for outcome in ("approved", "rejected", "withdrawn"):
                    with self.assertRaises(AccessError):
                        records._decide_rows(outcome, "x")

    def test_approvals_and_decisions_are_not_written_by_rpc_whatever_the_role(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        approval = self._rows_of(declaration).approval_ids
        values = {"activity_id": approval.activity_id.id, "company_id": self.company.id, "date": "2025-03-10"}
        for model, record in (("carbon.data.approval", approval), ("carbon.data.decision", approval.decision_id)):
            for user in (self.reader, self.clerk, self.checker, self.manager):
                for model_env in (self.env[model].with_user(user), self.env[model].with_user(user).sudo()):
                    with self.assertRaises(UserError):
                        model_env.create({**values, "outcome": "approved"})
                    with self.assertRaises(UserError):
                        model_env.browse(record.id).write({"outcome": "approved"})
                    with self.assertRaises(UserError):
                        model_env.browse(record.id).unlink()
        with self.assertRaises(AccessError):
            self.env["carbon.data.decision.wizard"].with_user(self.reader).create(
                {"outcome": "rejected", "res_model": "carbon.activity.data", "res_ids": [1]}
            )
        forged = self.env["carbon.data.decision.wizard"].with_user(self.checker)
        forged = forged.create({"outcome": "withdrawn", "res_model": "res.users", "res_ids": [1], "reason": "x"})
        with self.assertRaisesRegex(UserError, "Choose the rows"):
            forged.action_confirm()

    def test_database_refuses_to_change_or_remove_approvals(self):
        self._switch_on()
        self._enter(100)
        self._groups().action_approve()
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_data_approval SET outcome = 'rejected'",
            "DELETE FROM carbon_data_approval",
            "TRUNCATE carbon_data_approval",
            "UPDATE carbon_data_decision SET user_id = 1",
            "DELETE FROM carbon_data_decision",
            "TRUNCATE carbon_data_decision",
            "INSERT INTO carbon_data_approval (decision_id, activity_id, company_id, date, outcome, seq) "
            "SELECT decision_id, activity_id, company_id, date + 40, outcome, seq + 1 FROM carbon_data_approval",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)
        self._period("2025-03-01").action_close()
        with self._refused_by_database():
            self.env.cr.execute(
                "INSERT INTO carbon_data_approval (decision_id, activity_id, company_id, date, outcome, seq) "
                "SELECT decision_id, activity_id, company_id, date, 'withdrawn', seq + 1 FROM carbon_data_approval"
            )

    def test_other_companies_neither_see_nor_decide(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        self._enter(50)
        other = self.env["res.company"].create({"name": "Other works"})
        self.env["carbon.system"]._get(other)
        stranger = self._user("ap-stranger", "group_carbon_manager", other)
        for model in ("carbon.data.approval", "carbon.data.decision", "carbon.data.approval.report"):
            theirs = self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(theirs.search([]), model)
        rows = self._rows_of(declaration).with_user(stranger).with_context(allowed_company_ids=other.ids)
        with self.assertRaises(AccessError):
            rows.action_approve()
        ids = self._groups().ids
        forged = self.env["carbon.data.approval.report"].with_user(stranger).with_context(allowed_company_ids=other.ids)
        with self.assertRaises(UserError):
            forged.browse(ids).action_approve()
        with self.assertRaises(AccessError):
            self.env["carbon.data.decision"].with_user(stranger)._decide(
                "approved", self.company, self._sql("a.id = %s", rows.id)
            )
        self.assertEqual(self._groups().quantity, 50)

    def test_company_that_does_not_approve_takes_no_decision(self):
        declaration = self._enter(100)
        with self.assertRaisesRegex(UserError, "does not approve its data"):
            self._rows_of(declaration).with_user(self.checker).action_approve()

    # ------------------------------------------------------------------ seal
    def test_seal_keeps_what_was_counted(self):
        self._switch_on()
        approved, _waiting = self._enter(100), self._enter(50, "2025-04-10")
        self._groups().filtered(lambda group: group.date == self._month(3)).action_approve()
        inventory = self._computed()
        self._close_anyway("2025-04-01")
        self._close_year()
        self._approve(inventory)
        self.assertEqual((inventory.state, round(inventory.total_t, 3)), ("approved", 186.853))
        self.assertEqual(inventory.approval_basis, "[]")
        self._assert_whole(inventory)
        approval = self._rows_of(approved).approval_ids
        with self.env.cr.savepoint() as savepoint:
            self._tamper("UPDATE carbon_data_approval SET outcome = 'rejected' WHERE id = %s", approval.id)
            run = self._verify(inventory)
            self.assertEqual(
                (run.state, run.difference_model, run.difference_id), ("differs", "carbon.data.approval", approval.id)
            )
            savepoint.rollback()
        self.env.invalidate_all()
        with self.env.cr.savepoint() as savepoint:
            self._tamper(
                "INSERT INTO carbon_data_approval (decision_id, activity_id, company_id, date, outcome, seq) "
                "SELECT %s, id, company_id, date, 'approved', 0 FROM carbon_activity_data WHERE company_id = %s AND quantity = 50",
                *(approval.decision_id.id, self.company.id),
            )
            run = self._verify(inventory)
            self.assertRegex(run.message, "added after sealing, while its month was closed")
            savepoint.rollback()
        self.env.invalidate_all()
        self._assert_whole(inventory)

    def test_rows_of_a_lawful_reopening_may_be_approved_after_sealing(self):
        self._switch_on()
        self._enter(100)
        self._enter(50)
        self._rows_of(self.env["carbon.declaration"].search([("name", "=", "D 100")])).with_user(
            self.checker
        ).action_approve()
        inventory = self._computed()
        self._close_anyway("2025-03-01")
        self._close_year()
        self._approve(inventory)
        periods = self._period("2025-03-01")
        request = self.env["carbon.period.reopening"].with_user(self.manager)._request(periods, "Approve the rest")
        request.with_user(self.other_manager).action_approve()
        self._groups().action_approve()
        request.with_user(self.other_manager).action_close()
        self._assert_whole(inventory)
        self.assertEqual(self._total(), round(150 * 1.868533333333333, 3))
