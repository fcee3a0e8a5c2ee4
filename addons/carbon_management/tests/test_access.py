from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import CarbonManagementCommon

READ_ONLY = ("reader", "data_owner", "verifier", "top")
COMPANY_MODELS = (
    "carbon.site",
    "carbon.system",
    "carbon.clause.applicability",
    "carbon.boundary",
    "carbon.boundary.company",
    "carbon.boundary.item",
    "carbon.scope",
    "carbon.scope.consideration",
    "carbon.role.assignment",
    "carbon.process",
    "carbon.process.responsibility",
)
SHARED_MODELS = ("carbon.region", "carbon.standard", "carbon.standard.clause")
TRAIL_MODELS = ("carbon.trail.entry", "carbon.trail.head", "carbon.trail.anchor")


@tagged("post_install", "-at_install")
class TestAccess(CarbonManagementCommon):
    """Who reads and writes what, and companies that do not see each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = {
            model: record
            for company, site in (
                (cls.company_b, cls._new_site("B1", cls.company_b)),
                (cls.company_a, cls.site),
            )
            for model, record in cls._fill(company, site).items()
        }

    @classmethod
    def _fill(cls, company, site):
        """Create one record per model in a company and return those."""
        env = cls.env
        standard = env.ref("carbon_management.standard_004")
        system = cls._new_system(company, standard_ids=[Command.set(standard.ids)])
        values = {"company_id": company.id}
        boundary = cls._new_boundary(**values, site_ids=[Command.set(site.ids)])
        line = env["carbon.boundary.company"].create({"boundary_id": boundary.id, "company_id": company.id})
        item = env["carbon.boundary.item"].create({"boundary_id": boundary.id, "name": "Boiler"})
        scope = env["carbon.scope"].create({"name": "Scope", **values})
        role = env["carbon.role"].create({"name": "Role", **values})
        assignment = env["carbon.role.assignment"].create(
            {
                "role_id": role.id,
                "partner_id": company.partner_id.id,
                "date_from": "2025-01-01",
                **values,
            }
        )
        process = env["carbon.process"].create({"name": "Process", **values})
        duty = env["carbon.process.responsibility"].create({"process_id": process.id, "role_id": role.id})
        env["carbon.trail.anchor"]._anchor_streams()
        records = [
            *(site, system, system.applicability_ids[:1], boundary, line, item),
            *(scope, scope.consideration_ids[:1], role, assignment, process, duty),
        ]
        records.extend(env[model].search([("company_id", "=", company.id)], limit=1) for model in TRAIL_MODELS)
        return {record._name: record for record in records}

    def _refused(self, function, *args):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            function(*args)

    def _assert_cannot_write(self, name, record):
        own = self._as(record, name)
        for operation in ("write", "create", "unlink"):
            self.assertFalse(own.has_access(operation), f"{name} {operation} {record._name}")
        self._refused(own.write, {})
        self._refused(own.unlink)
        self._refused(own.copy)

    def test_read_only_roles_read_everything_and_write_nothing(self):
        models = (*COMPANY_MODELS, "carbon.role")
        for name in READ_ONLY:
            for model in models:
                with self.subTest(name=name, model=model):
                    record = self.records[model]
                    self.assertTrue(self._as(record, name).read([]))
                    self._assert_cannot_write(name, record)
            for model in SHARED_MODELS:
                with self.subTest(name=name, model=model):
                    record = self.env[model].search([], limit=1)
                    self.assertTrue(self._as(record, name).read([]))
                    self._assert_cannot_write(name, record)

    def test_a_reader_cannot_press_buttons_that_change_something(self):
        boundary = self.records["carbon.boundary"]
        for name in READ_ONLY:
            own = self._as(boundary, name)
            for button in (
                "action_approve",
                "action_review_done",
                "action_review_changed",
                "action_confirm",
            ):
                with self.subTest(name=name, button=button):
                    self._refused(getattr(own, button))
            self._refused(self._as(self.records["carbon.role.assignment"], name).action_notify)
        self.assertEqual(boundary.state, "draft")
        boundary.action_approve()
        for name in READ_ONLY:
            self._refused(self._as(boundary, name).action_new_version)

    def test_a_meter_technician_reads_sites_and_nothing_else(self):
        site = self.records["carbon.site"]
        self.assertTrue(self._as(site, "technician").read(["name"]))
        self._assert_cannot_write("technician", site)
        for model in (*COMPANY_MODELS[1:], "carbon.role", *TRAIL_MODELS):
            with self.subTest(model=model):
                record = self._as(self.records[model], "technician")
                self._refused(record.read, [])

    def test_the_technician_group_implies_no_other_carbon_group(self):
        groups = self.users["technician"].all_group_ids
        reader = self.env.ref("carbon_management.group_carbon_reader")
        self.assertNotIn(reader, groups)
        for name in ("verifier", "top"):
            own = self.users[name].all_group_ids
            self.assertNotIn(reader, own)
            self.assertFalse(own.privilege_id - self._carbon_privileges(name))

    def _carbon_privileges(self, name):
        suffix = {"verifier": "verification", "top": "top_management"}[name]
        base = self.env.ref("base.group_user").all_implied_ids.privilege_id
        return base | self.env.ref(f"carbon_management.privilege_carbon_{suffix}")

    def test_people_without_carbon_role_see_nothing_of_a_company(self):
        for model in (*COMPANY_MODELS, "carbon.role", *TRAIL_MODELS):
            with self.subTest(model=model):
                self._refused(self._as(self.records[model], "plain").read, [])

    def test_people_without_carbon_role_have_no_carbon_menu(self):
        # S1
        root = self.env.ref("carbon_management.carbon_menu_root")
        menus = self.env["ir.ui.menu"]
        visible = menus.with_user(self.users["plain"])._visible_menu_ids()
        self.assertNotIn(root.id, visible)
        for name in (*READ_ONLY, "accountant", "manager"):
            visible = menus.with_user(self.users[name])._visible_menu_ids()
            self.assertIn(root.id, visible, name)

    def test_an_accountant_prepares_boundaries_and_sites_only(self):
        boundary = self._as(self.records["carbon.boundary"], "accountant")
        boundary.name = "Prepared"
        boundary.item_ids.name = "Prepared"
        self._as(self.site, "accountant").name = "Prepared"
        for model in ("carbon.system", "carbon.role", "carbon.clause.applicability"):
            with self.subTest(model=model):
                self._assert_cannot_write("accountant", self.records[model])

    def test_a_manager_keeps_the_management_system(self):
        for model in ("carbon.site", "carbon.boundary", "carbon.scope", "carbon.role"):
            own = self._as(self.records[model], "manager")
            own.name = "Kept"
            self.assertTrue(own.has_access("unlink"), model)
        system = self._as(self.records["carbon.system"], "manager")
        system.use_sink = True
        self.assertFalse(system.has_access("unlink"))

    def test_a_company_sees_nothing_of_another(self):
        for model in (*COMPANY_MODELS, "carbon.role", *TRAIL_MODELS):
            record = self.records[model]
            foreign = self._as(record, self.manager_b)
            with self.subTest(model=model):
                self._refused(foreign.read, [])
                if model not in TRAIL_MODELS:
                    self._refused(foreign.write, {})
                self.assertNotIn(record, foreign.search([]))
                self.assertTrue(foreign.search([]), "its own records are visible")

    def test_a_company_cannot_be_entered_by_the_company_field(self):
        foreign = self._as(self.env["carbon.site"], self.manager_b)
        self._refused(
            foreign.create,
            {"name": "X", "code": "X", "company_id": self.company_a.id},
        )
        own = self._as(self._new_site("B2", self.company_b), self.manager_b)
        self._refused(own.write, {"company_id": self.company_a.id})

    def test_shared_roles_are_seen_by_all_companies(self):
        shared = self.env.ref("carbon_management.role_data_owner")
        self.assertEqual(self._as(shared, self.manager_b).name, "Data owner")

    def test_the_audit_trail_is_read_by_its_readers_only(self):
        entry = self.records["carbon.trail.entry"]
        for name in ("manager", "verifier", "top"):
            self.assertTrue(self._as(entry, name).read(["hash"]))
            self._assert_cannot_write(name, entry)
        for name in ("reader", "data_owner", "accountant"):
            with self.subTest(name=name):
                self._refused(self._as(entry, name).read, ["hash"])

    def test_every_model_of_the_addon_has_access_rights_and_company_rules(self):
        models = self.env["ir.model"].search([("model", "=like", "carbon.%")])
        own = [
            model
            for model in models
            if "carbon_management" in model.modules.split(", ")
            and model.model in self.env
            and not self.env[model.model]._abstract
            and not self.env[model.model]._transient
        ]
        self.assertGreaterEqual(len(own), 18)
        for model in own:
            with self.subTest(model=model.model):
                self.assertTrue(model.access_ids)
                if "company_id" in self.env[model.model]._fields:
                    self.assertTrue(model.rule_ids)
