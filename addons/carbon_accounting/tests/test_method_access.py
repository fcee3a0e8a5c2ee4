from odoo.exceptions import AccessError
from odoo.tests import tagged

from .method_common import MethodCommon

DEFINITIONS = ("carbon.calculation.method", "carbon.calculation.input", "carbon.calculation.result")
COAL = {"quantity": "1", "ncv": "20", "carbon_content": "0.026", "oxidation": "0.98"}


@tagged("post_install", "-at_install")
class TestMethodAccess(MethodCommon):
    """Who may read, change and use methods, and of which company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        roles = ("reader", "data_owner", "accountant", "verifier", "top_management", "meter_technician")
        cls.users = {role: cls._user(f"method_{role}", f"group_carbon_{role}") for role in roles}
        cls.rule = cls._use("fuel_heat_content", "Kiln")

    def _as(self, user, records):
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _operations(self, role, model):
        env = self.env(user=self.users[role])
        return [op for op in ("read", "write", "create", "unlink") if env[model].has_access(op)]

    def test_definitions_are_written_by_accountants(self):
        for model in DEFINITIONS:
            for role in ("reader", "data_owner", "verifier", "top_management"):
                self.assertEqual(self._operations(role, model), ["read"], (role, model))
            self.assertEqual(len(self._operations("accountant", model)), 4)
            self.assertEqual(self._operations("meter_technician", model), [])

    def test_inputs_belong_to_data_owners_and_results_to_the_kernel(self):
        for role in ("reader", "verifier", "top_management"):
            self.assertEqual(self._operations(role, "carbon.declaration.input"), ["read"])
        self.assertEqual(len(self._operations("data_owner", "carbon.declaration.input")), 4)
        for role in ("reader", "data_owner", "accountant", "verifier", "top_management"):
            self.assertEqual(self._operations(role, "carbon.declaration.result"), ["read"])
            self.assertEqual(self._operations(role, "carbon.calculation.choice"), ["read"])

    def test_data_owner_declares_with_a_method(self):
        rule = self.rule.with_user(self.users["data_owner"])
        declaration = self.env(user=self.users["data_owner"])["carbon.declaration"].create(
            {
                "name": "March",
                "company_id": self.company.id,
                "rule_id": rule.id,
                "date": "2025-03-01",
                "input_ids": self._commands(self.rule.method_id, COAL),
            }
        )
        self.assertIn("1868.533333", declaration.result_preview)
        declaration.action_post()
        self.assertEqual(declaration.result_ids.mapped("code"), ["co2"])

    def test_reader_posts_nothing(self):
        declaration = self._calculated(self.rule, COAL, post=False)
        with self.assertRaises(AccessError):
            declaration.with_user(self.users["reader"]).action_post()
        self.assertFalse(declaration.result_ids)

    def test_only_accountants_approve_and_use_methods(self):
        draft = self._method("lime").copy()
        for role in ("reader", "data_owner", "verifier"):
            with self.assertRaises(AccessError):
                draft.with_user(self.users[role]).action_approve()
            self.assertFalse(self._operations(role, "carbon.method.use.wizard"))
        draft.with_user(self.users["accountant"]).action_approve()
        self.assertEqual(draft.approved_by_id, self.users["accountant"])

    def test_accountant_uses_a_method_without_rights_on_shared_factors(self):
        dialog = self.env(user=self.users["accountant"])["carbon.method.use.wizard"]
        wizard = dialog.with_context(default_method_id=self._method("lime").id).create({"name": "Lime"})
        wizard.action_create()
        self.assertEqual(wizard.line_ids.rule_id.source_id.company_id, self.company)

    def test_a_company_sees_its_own_and_shared_methods_only(self):
        own = self._method("clinker").copy()
        self.assertEqual(own.company_id, self.company)
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("method_stranger", "group_carbon_accountant", other)
        for records in (own, own.input_ids, own.result_ids):
            self.assertFalse(self._as(stranger, records).search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                self._as(stranger, records).read(["name"])
        self.assertTrue(self._as(stranger, self._method("clinker")).name)

    def test_a_company_sees_its_own_inputs_and_results_only(self):
        declaration = self._calculated(self.rule, COAL)
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("method_stranger", "group_carbon_accountant", other)
        for records in (declaration.input_ids, declaration.result_ids):
            self.assertFalse(self._as(stranger, records).search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                self._as(stranger, records[0]).read(["declaration_id"])
