from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .factor_common import FactorCommon

FACTOR_MODELS = (
    "carbon.emission.factor",
    "carbon.emission.factor.version",
    "carbon.emission.factor.gas",
)
REFERENCE_MODELS = (
    "carbon.gas",
    "carbon.gwp.set",
    "carbon.gwp.value",
    "carbon.emission.category",
    "carbon.framework",
    "carbon.framework.edition",
    "carbon.framework.category",
    "carbon.framework.mapping",
    "carbon.emission.stream",
)


@tagged("post_install", "-at_install")
class TestFactorAccess(FactorCommon):
    """Who may read, write, approve and load."""

    def _operations(self, role, model):
        env = self.env(user=self.users[role])
        operations = ("read", "write", "create", "unlink")
        return [op for op in operations if env[model].has_access(op)]

    def test_factors_are_written_by_accountants(self):
        everything = ["read", "write", "create", "unlink"]
        for model in FACTOR_MODELS:
            for role in ("reader", "data_owner", "verifier", "top_management"):
                self.assertEqual(self._operations(role, model), ["read"], (role, model))
            for role in ("accountant", "manager"):
                self.assertEqual(self._operations(role, model), everything)
            self.assertEqual(self._operations("meter_technician", model), [])

    def test_reference_data_are_written_by_managers(self):
        for model in REFERENCE_MODELS:
            for role in ("reader", "accountant", "verifier", "top_management"):
                self.assertEqual(self._operations(role, model), ["read"], (role, model))
            self.assertEqual(len(self._operations("manager", model)), 4, model)
            self.assertEqual(self._operations("meter_technician", model), [])

    def test_nobody_writes_packs_but_the_loader(self):
        for role in ("reader", "accountant", "manager", "verifier"):
            self.assertEqual(self._operations(role, "carbon.factor.pack"), ["read"])

    def test_only_accountants_load_and_approve(self):
        pack = self._pack("cn_heat_process")
        version = self._version(self._factor(), kg=1, approve=False)
        for role in ("reader", "data_owner", "verifier", "top_management"):
            with self.assertRaises(AccessError):
                pack.with_user(self.users[role]).action_load()
            with self.assertRaises(AccessError):
                version.with_user(self.users[role]).action_approve()
        version.with_user(self.users["accountant"]).action_approve()
        self.assertEqual(version.approved_by_id, self.users["accountant"])
        pack.with_user(self.users["accountant"]).action_load()
        self.assertEqual(pack.loaded_by_id, self.users["accountant"])
        self.assertEqual(pack.loaded_count, 14)

    def test_a_company_sees_its_own_and_shared_factors_only(self):
        other = self.env["res.company"].create({"name": "Other works"})
        user = new_test_user(
            self.env,
            "factor_other",
            groups="carbon_management.group_carbon_accountant",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        own = self._factor("OWN", company_id=self.env.company.id)
        shared = self._factor("SHARED")
        versions = self._version(own, kg=1) | self._version(shared, kg=1)
        lines = versions.gas_line_ids
        readable = (own | shared).with_user(user)._filtered_access("read")
        self.assertEqual(readable, shared)
        for records in (versions, lines):
            visible = records.with_user(user).search([("id", "in", records.ids)])
            self.assertEqual(len(visible), 1)
        with self.assertRaises(AccessError):
            versions.filtered("company_id").with_user(user).read(["date_from"])
        with self.assertRaises(AccessError):
            own.with_user(user).write({"name": "Taken"})
