from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.carbon_management import hooks
from odoo.addons.carbon_management.models.ir_module_module import ALLOW_UNINSTALL

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestUninstall(CarbonManagementCommon):
    def setUp(self):
        super().setUp()
        self.module = self.env.ref("base.module_carbon_management")

    def test_evidence_is_not_uninstalled_by_accident(self):
        self.env["carbon.trail.entry"]._append(self.company_a, "test.step")
        with self.assertRaisesRegex(UserError, "audit trail"):
            self.module._carbon_check_uninstall()
        with self.assertRaisesRegex(UserError, "audit trail"):
            self.env.ref("base.module_mail")._carbon_check_uninstall()
        self.env["ir.config_parameter"].set_param(ALLOW_UNINSTALL, "1")
        self.module._carbon_check_uninstall()

    def test_without_evidence_nothing_is_asked(self):
        self.patch(type(self.module), "_carbon_evidence", lambda self: {})
        self.module._carbon_check_uninstall()

    def test_addons_without_evidence_may_go(self):
        self.env["carbon.trail.entry"]._append(self.company_a, "test.step")
        leaf = self.env["ir.module.module"].search([("state", "!=", "installed")])[:1]
        leaf._carbon_check_uninstall()

    def test_the_hook_names_every_trigger_function(self):
        self.env.cr.execute(
            """SELECT DISTINCT p.proname FROM pg_trigger t
                 JOIN pg_class c ON c.oid = t.tgrelid
                 JOIN pg_proc p ON p.oid = t.tgfoid
                WHERE (c.relname LIKE 'carbon_trail_%' OR c.relname = 'carbon_supplier_notice') AND NOT t.tgisinternal"""
        )
        found = {name for (name,) in self.env.cr.fetchall()}
        self.assertEqual(found, set(hooks.TRIGGER_FUNCTIONS))
