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

    def test_shared_factors_are_changed_only_by_people_of_all_companies(self):
        here, other = self.env.company, self.env["res.company"].create({"name": "Works B"})
        systems = self.env["carbon.system"]
        all_companies = (systems._get(here) | systems._get(other) | systems.sudo().search([])).company_id
        shared, kg = self._factor("SHARED5"), self.env.ref("uom.product_uom_kgm")
        version = self._version(shared, kg=1, approve=False)
        for role in ("accountant", "manager"):
            user = new_test_user(
                self.env,
                f"b_only_{role}",
                groups=f"carbon_management.group_carbon_{role}",
                company_id=other.id,
                company_ids=[(6, 0, other.ids)],
            )
            env = self.env(user=user, context={"allowed_company_ids": other.ids})
            with self.assertRaisesRegex(AccessError, "shared by all companies"), self.env.cr.savepoint():
                shared.with_env(env).name = "Taken"
            with self.assertRaisesRegex(AccessError, "shared by all companies"):
                version.with_env(env).action_approve()
            with self.assertRaisesRegex(AccessError, "shared by all companies"), self.env.cr.savepoint():
                env["carbon.emission.factor.version"].create(
                    {"factor_id": shared.id, "date_from": "2031-01-01", "source_document": "t"}
                )
            values = {
                "product_id": self.env["product.product"].create({"name": f"P {role}"}).id,
                "from_uom_id": self.env.ref("uom.product_uom_litre").id,
                "factor": 1,
                "to_uom_id": kg.id,
                "source_document": "t",
            }
            with self.assertRaisesRegex(AccessError, "shared by all companies"), self.env.cr.savepoint():
                env["carbon.unit.conversion"].create(values)
            self.assertTrue(env["carbon.unit.conversion"].create({**values, "company_id": other.id}))
        both = new_test_user(
            self.env,
            "all_accountant",
            groups="carbon_management.group_carbon_accountant",
            company_id=here.id,
            company_ids=[(6, 0, all_companies.ids)],
        )
        shared.with_user(both).name = "Corrected"
        self.assertEqual(shared.name, "Corrected")
        category = self.env["carbon.emission.category"].search([("code", "=", "stationary_combustion")])
        stream = self.env["carbon.emission.stream"].search([("code", "=", "combustion")])
        self.env["carbon.source"].create(
            {
                "name": "Boiler of B",
                "company_id": other.id,
                "category_id": category.id,
                "uom_id": shared.uom_id.id,
                "factor_line_ids": [(0, 0, {"stream_id": stream.id, "factor_id": shared.id})],
            }
        )
        version.with_user(both).action_approve()
        entries = (
            self.env["carbon.trail.entry"]
            .search([("event", "=", "factor_version.approve"), ("company_id", "in", (here | other).ids)])
            .filtered(lambda entry: shared.code in (entry.payload or ""))
        )
        self.assertEqual(entries.company_id, here | other, "each company that uses it sees the approval")

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
