from odoo.tests import HttpCase, new_test_user, tagged

from .common_setup import CarbonSetupCommon


@tagged("post_install", "-at_install")
class TestTours(CarbonSetupCommon, HttpCase):
    """The road in a browser: set-up, collection, overview, and down to the document (S1, S2; R-135)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.coal_factor | cls.diesel_factor).action_archive()
        cls.fuel = cls._factor("GASOIL", cls.ton, "3095.91")
        cls.fuel.write(
            {
                "material_keywords": "柴油 gasoil", "stream_id": cls.stream.id, "emission_category_id": cls.leaf.id,
                "name": "Gasoil",
            }
        )  # fmt: skip
        gasoil = cls._product("Gasoil EN 590", cls.ton)
        box = cls._product("Corrugated box", cls.env.ref("uom.product_uom_unit"))
        # Odoo's own form of contacts uses widgets of addons that are not there
        cls.env["ir.ui.view"].create(
            {
                "name": "contact", "model": "res.partner", "type": "form", "priority": 1,
                "arch": "<form><sheet><h1><field name='name'/></h1></sheet></form>",
            }
        )  # fmt: skip
        today = str(cls.env.cr.now().date())
        cls._event("test.use", gasoil, 10, day=today, name="WH/OUT/1")
        cls._event("test.use", gasoil, 5, day=today, name="WH/OUT/2")
        cls._event("test.receipt", box, 500, day=today, name="WH/IN/1")
        cls.users = {group: cls._login(f"tour_{group}", group, cls.company) for group in ("accountant", "reader")}

    @classmethod
    def _login(cls, login, group, company):
        groups = f"base.group_user,base.group_partner_manager,carbon_management.group_carbon_{group}"
        return new_test_user(
            cls.env, login=login, password=login, groups=groups,
            company_id=company.id, company_ids=[(6, 0, company.ids)],
        )  # fmt: skip

    def _run_jobs(self):
        jobs = self.env["carbon.collection.job"].sudo()
        while jobs._process_next():
            pass
        jobs._finish_runs()
        self.env.flush_all()

    def _ruled(self):
        """Set the company up as the first tour does, and collect."""
        source = self._source("Gasoil", self.ton, self.fuel)
        product = self.env["product.product"].search([("name", "=", "Gasoil EN 590")])
        self._rule("test.use", source, product_id=product.id)
        self.env["carbon.collection.run"]._start(self.company)
        self._run_jobs()

    def test_set_up_leads_to_a_collection(self):
        self.start_tour("/odoo/carbon", "carbon_setup_tour", login="tour_accountant")
        self.env.invalidate_all()
        site = self.env["carbon.site"].search([("company_id", "=", self.company.id)])
        self.assertEqual((site.name, site.region_id.code), ("Works Nanjing", "CN-JS"))
        rule = self.env["carbon.activity.rule"].search([("company_id", "=", self.company.id)])
        self.assertEqual((len(rule), rule.product_id.name), (1, "Gasoil EN 590"))
        self.assertEqual(rule.create_uid, self.users["accountant"])
        self._run_jobs()
        self.assertEqual(float(self._sum(rule.source_id)), 15)
        self.start_tour("/odoo/carbon", "carbon_overview_tour", login="tour_accountant")

    def test_worklist_is_cleared_by_a_rule(self):
        self._ruled()
        self.start_tour("/odoo/carbon", "carbon_worklist_tour", login="tour_accountant")
        self.env.invalidate_all()
        rule = self.env["carbon.activity.rule"].search([("company_id", "=", self.company.id), ("outcome", "=", "none")])
        self.assertEqual(rule.reason, "Immaterial packaging")
        self.assertFalse(self._issues())

    def test_reader_sees_and_cannot_write(self):
        self._ruled()
        self.start_tour("/odoo/carbon", "carbon_reader_tour", login="tour_reader")

    def test_reader_of_another_company_sees_nothing(self):
        self._ruled()
        other = self.env["res.company"].create({"name": "Other works"})
        self._login("tour_stranger", "reader", other)
        self.start_tour("/odoo/carbon", "carbon_stranger_tour", login="tour_stranger")

    def test_method_is_put_to_use_and_declared_with(self):
        self.start_tour("/odoo/carbon-methods", "carbon_method_tour", login="tour_accountant")
        declaration = self.env["carbon.declaration"].search([("name", "=", "Pond 1, March")])
        self.assertEqual(declaration.state, "posted")
        quantities = {row.code: row.quantity for row in declaration.result_ids}
        self.assertEqual(quantities, {"ch4": 100, "recovered": 20})
