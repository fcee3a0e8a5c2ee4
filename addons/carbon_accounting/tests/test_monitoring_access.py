from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .monitoring_common import READINGS, MonitoringCommon


@tagged("post_install", "-at_install")
class TestMonitoringGapAccess(MonitoringCommon):
    """Who may find, propose and approve, and what nobody may (R-136)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._plan([cls._item()], "2025-01-01")

    def setUp(self):
        super().setUp()
        self.made = self._read(READINGS)
        self.gap = self._gaps()

    def test_data_owner_proposes_for_own_items_only(self):
        for user in (self.reader, self.other_owner):
            with self.assertRaisesRegex(AccessError, "m-owner"):
                self.gap.with_user(user)._propose("x")
        with self.assertRaises(AccessError):
            self.gap.with_user(self.reader).action_propose()
        with self.assertRaisesRegex(UserError, "reason"):
            self.gap.with_user(self.owner)._propose("  ")
        action = self.gap.with_user(self.owner).action_propose()
        wizard = (
            self.env["carbon.monitoring.answer.wizard"]
            .with_user(self.owner)
            .with_context(**action["context"])
            .create({"text": "Lost"})
        )
        self.assertIn("130", wizard.preview)
        wizard.action_confirm()
        self.assertEqual((self.gap.state, self.gap.reason, self.gap.proposed_by_id), ("proposed", "Lost", self.owner))

    def test_holder_of_the_role_is_responsible_too(self):
        role = self.env["carbon.role"].search([], limit=1)
        plan = self._plan([self._item(responsible_id=False, role_id=role.id)], "2025-06-01")
        self.env["carbon.role.assignment"].create(
            {
                "role_id": role.id,
                "user_id": self.other_owner.id,
                "company_id": self.company.id,
                "date_from": "2025-01-01",
            }
        )
        items = self.env["carbon.monitoring.item"].with_user(self.other_owner)
        self.assertEqual(items._mine(), plan.item_ids)

    def test_nobody_approves_their_own_proposal(self):
        self._proposed(self.gap, self.accountant)
        for me in (self.gap.with_user(self.accountant), self.gap.with_user(self.accountant).sudo()):
            with self.assertRaisesRegex(AccessError, "You proposed"):
                me.action_approve()
            with self.assertRaisesRegex(AccessError, "You proposed"):
                me._dismiss("x")
        for user in (self.owner, self.reader):
            with self.assertRaises(AccessError):
                self.gap.with_user(user).action_approve()
        self.gap.with_user(self.second).action_approve()
        self.assertEqual((self.gap.state, self.gap.decided_by_id), ("filled", self.second))

    def test_states_and_values_cannot_be_forged(self):
        gaps = self.env["carbon.data.gap"]
        for user in (self.owner, self.manager):
            gap = self.gap.with_user(user)
            for values in (
                {"state": "filled"},
                {"quantity": 5},
                {"proposed_by_id": self.reader.id},
                {"uncertainty": 0},
            ):
                with self.assertRaises(UserError):
                    gap.write(values)
                with self.assertRaises(UserError):
                    gap.sudo().with_context(carbon_gate=True, carbon_gap_act=True).write(values)
            with self.assertRaises(UserError):
                gaps.with_user(user).create(
                    {"item_id": gap.item_id.id, "date_from": "2025-05-01", "date_to": "2025-05-31"}
                )
            with self.assertRaises(UserError):
                gap.unlink()
            with self.assertRaises(UserError):
                gap.copy()
        with self.assertRaises(UserError):
            self.gap.sudo().unlink()

    def test_nothing_else_fills_a_gap(self):
        self._proposed(self.gap).with_user(self.accountant).action_approve()
        self._commit()
        declaration = self.gap.declaration_id
        declarations = self.env["carbon.declaration"].with_user(self.manager)
        values = {
            "name": "x",
            "company_id": self.company.id,
            "rule_id": declaration.rule_id.id,
            "quantity": 1,
            "uom_id": self.ton.id,
        }
        with self.assertRaisesRegex(UserError, "takes what fills gaps"), self.env.cr.savepoint():
            declarations.create(values)
        with self.assertRaisesRegex(UserError, "its own button"):
            declarations.create({**values, "gap_id": self.gap.id})
        with self.assertRaisesRegex(UserError, "takes what fills gaps"), self.env.cr.savepoint():
            declarations.with_context(default_gap_id=self.gap.id, carbon_gap_act=True).create(values)
        mine = declaration.with_user(self.manager)
        for step in (mine.action_cancel, lambda: mine.write({"state": "cancel"}), mine.unlink):
            with self.assertRaises(UserError):
                step()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            mine.copy()
        other = self._declare(self.gas_rule, 1, self.ton)
        with self.assertRaises(UserError):
            other.with_user(self.manager).write({"gap_id": self.gap.id})
        self._read({3: 127})
        self.gap.with_user(self.accountant).action_take_back()
        for step in (mine.action_draft, mine.unlink):
            with self.assertRaises(UserError):
                step()

    def test_rule_of_gaps_is_fixed(self):
        self._proposed(self.gap).with_user(self.accountant).action_approve()
        rule = self.gap.declaration_id.rule_id.with_user(self.manager)
        for values in ({"uncertainty": 1}, {"quality": "measured"}, {"is_gap_rule": False}, {"multiplier": 2}):
            with self.assertRaisesRegex(UserError, "as the monitoring plan says"):
                rule.write(values)
        with self.assertRaises(UserError):
            self.gas_rule.with_user(self.manager).write({"is_gap_rule": True})
        rules = self.env["carbon.activity.rule"].with_user(self.manager)
        kind = self.gas_rule.event_kind_id.id
        forged = rules.with_context(default_is_gap_rule=True, carbon_gap_act=True).create(
            {"name": "x", "event_kind_id": kind, "source_id": self.gas.id, "uncertainty": 20, "is_gap_rule": True}
        )
        self.assertFalse(forged.is_gap_rule)

    def test_other_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("m-stranger", "group_carbon_manager", other)
        for model in (
            "carbon.data.gap",
            "carbon.monitoring.plan",
            "carbon.monitoring.item",
            "carbon.monitoring.report",
        ):
            self.assertFalse(
                self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids).search([]), model
            )
        with self.assertRaises(AccessError):
            self.gap.with_user(stranger).with_context(allowed_company_ids=other.ids).action_propose()
        self.assertTrue(self.env["carbon.data.gap"].with_user(self.reader).search([]))

    def test_reader_does_not_look_for_gaps(self):
        with self.assertRaises(AccessError):
            self.env["carbon.data.gap"].with_user(self.reader).action_find()
        message = self.env["carbon.data.gap"].with_user(self.owner).action_find()["params"]["message"]
        self.assertIn("0 new gaps", message)
        self.assertIn(
            "0 new gaps", self.gap.with_user(self.owner).action_find()["params"]["message"], "with rows selected"
        )

    def test_scheduled_action_finds_what_the_button_finds(self):
        self.made[5].action_cancel()
        self._commit()
        with self.enter_registry_test_mode():
            self.env.ref("carbon_accounting.ir_cron_find_gaps").method_direct_trigger()
        self.env.invalidate_all()
        gaps = self.env["carbon.data.gap"].search([("company_id", "=", self.company.id)], order="date_from")
        self.assertEqual([str(gap.date_from) for gap in gaps], ["2025-03-01", "2025-05-01"])
