from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common_setup import CarbonSetupCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15")
class TestSetup(CarbonSetupCommon):
    """The guided set-up proposes, a person confirms (issue part 6)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.coal_factor | cls.diesel_factor).action_archive()
        cls.fuel = cls._factor("GASOIL", cls.ton, "3095.91")
        cls.fuel.write(
            {
                "material_keywords": "柴油 gasoil", "stream_id": cls.stream.id, "emission_category_id": cls.leaf.id,
                "name": "Gasoil (test pack)",
            }
        )  # fmt: skip
        cls.gasoil = cls._product("Gasoil EN 590", cls.ton)
        cls.box = cls._product("Corrugated box", cls.env.ref("uom.product_uom_unit"))
        cls.pump = cls._product("Pump", cls.env.ref("uom.product_uom_unit"))
        cls.accountant = cls._user("setup_accountant", "group_carbon_accountant")
        cls.manager = cls._user("setup_manager", "group_carbon_manager")

    def _open(self, user=None):
        """Open the set-up as a user and return the wizard."""
        wizards = self.env["carbon.setup.wizard"].with_user(user or self.accountant).with_company(self.company)
        wizards = wizards.with_context(allowed_company_ids=self.company.ids)
        return wizards.browse(wizards.action_open()["res_id"])

    def _at_rules(self):
        wizard = self._open()
        wizard.region_id = self.env.ref("carbon_management.region_cn_js")
        wizard.action_next()
        wizard.action_next()
        self.assertEqual(wizard.step, "rules")
        return wizard

    def test_boundary_step_creates_site_and_draft_boundary_once(self):
        wizard = self._open()
        self.assertEqual(wizard.step, "boundary")
        self.assertEqual(wizard.region_id.code, "CN-JS")
        wizard.action_next()
        wizard.action_back()
        wizard.action_next()
        self.assertEqual(wizard.step, "packs")
        site = self.env["carbon.site"].search([("company_id", "=", self.company.id)])
        self.assertEqual(site.region_id.code, "CN-JS")
        boundary = self.env["carbon.boundary"].search([("company_id", "=", self.company.id)])
        self.assertEqual((boundary.state, boundary.boundary_type, boundary.site_ids), ("draft", "organisational", site))

    def test_manager_says_what_becomes_of_money_without_index(self):
        self.system.spend_unadjusted = False
        wizard = self._open(self.manager)
        wizard.spend_unadjusted = True
        self.assertTrue(self.system.spend_unadjusted)
        with self.assertRaises(AccessError):
            self._open().spend_unadjusted = False
        self.assertTrue(self.system.spend_unadjusted)

    def test_draft_of_a_boundary_is_not_in_force_until_it_is_approved(self):
        wizard = self._open()
        self.assertEqual(wizard.missing_boundary, "organisational")
        wizard.action_next()
        draft = self.env["carbon.boundary"].search([("company_id", "=", self.company.id)])
        self.assertFalse(wizard.boundary_ids)
        self.assertEqual((wizard.draft_boundary_ids, wizard.missing_boundary), (draft, "organisational"))
        action = wizard.action_view_boundaries()
        self.assertEqual((action["res_model"], action["res_id"]), ("carbon.boundary", draft.id))
        with self.assertRaises(AccessError):
            draft.with_user(self.accountant).action_approve()
        draft.with_user(self.manager).action_approve()
        wizard.invalidate_recordset()
        self.assertEqual((wizard.boundary_ids, wizard.missing_boundary), (draft, "accounting"))
        self.assertFalse(wizard.draft_boundary_ids)
        accounting = self._accounting_boundary(draft)
        wizard.invalidate_recordset()
        self.assertEqual((wizard.draft_boundary_ids, wizard.missing_boundary), (accounting, "accounting"))
        accounting.action_approve()
        wizard.invalidate_recordset()
        self.assertEqual((wizard.boundary_ids, wizard.missing_boundary), (draft | accounting, False))
        wizard.action_back()
        wizard.action_next()
        self.assertEqual(self.env["carbon.boundary"].search_count([("company_id", "=", self.company.id)]), 2)

    def _accounting_boundary(self, organisational):
        return self.env["carbon.boundary"].create(
            {
                "name": "Accounting 2025",
                "company_id": self.company.id,
                "boundary_type": "accounting",
                "organisational_id": organisational.id,
                "site_ids": [(6, 0, organisational.site_ids.ids)],
                "base_year": 2025,
            }
        )

    def test_boundary_of_last_year_or_next_year_is_not_in_force(self):
        wizard = self._open()
        wizard.action_next()
        draft = wizard.draft_boundary_ids
        draft.date_from = "2026-01-01"
        draft.with_user(self.manager).action_approve()
        wizard.invalidate_recordset()
        self.assertFalse(wizard.boundary_ids)
        self.assertEqual(wizard.missing_boundary, "organisational")
        wizard.action_back()
        wizard.action_next()
        self.assertEqual(self.env["carbon.boundary"].search_count([("company_id", "=", self.company.id)]), 1)

    def test_inventory_without_boundary_says_why(self):
        inventory = self.env["carbon.inventory"].create(
            {"name": "2025", "date_from": "2025-01-01", "date_to": "2025-12-31", "company_id": self.company.id}
        )
        self.assertRegex(inventory.no_boundary, r"No accounting boundary is in force on 12/31/2025.*in full\.$")
        wizard = self._open()
        wizard.action_next()
        draft = wizard.draft_boundary_ids
        inventory.invalidate_recordset(["no_boundary"])
        self.assertRegex(inventory.no_boundary, f"in full. {draft.number} .* is a draft")
        draft.with_user(self.manager).action_approve()
        accounting = self._accounting_boundary(draft)
        inventory.invalidate_recordset(["no_boundary"])
        self.assertRegex(inventory.no_boundary, f"{accounting.number} .* is a draft")
        accounting.action_approve()
        inventory.invalidate_recordset(["no_boundary"])
        self.assertFalse(inventory.boundary_id)
        self.assertRegex(
            inventory.no_boundary, f"^{accounting.number} .* is in force on 12/31/2025, and this inventory"
        )
        inventory.boundary_id = accounting
        self.assertFalse(inventory.no_boundary)

    def test_site_without_region_is_refused_with_the_reason(self):
        wizard = self._open()
        wizard.region_id = False
        with self.assertRaisesRegex(UserError, "region"):
            wizard.action_next()

    def test_set_up_is_left_and_resumed_where_it_was(self):
        wizard = self._at_rules()
        self.assertEqual(self._open(), wizard)
        wizard.unlink()
        self.assertEqual(self._open().step, "rules")

    def test_time_zone_of_the_country_is_proposed_to_the_manager(self):
        self.system.tz = "UTC"
        self._open()
        self.assertEqual(self.system.tz, "UTC")
        self._open(self.manager)
        self.assertEqual(self.system.tz, "Asia/Shanghai")

    def _move(self, country, state=None):
        """Set the company's address."""
        self.company.partner_id.write(
            {"country_id": self.env.ref(country).id, "state_id": state and self.env.ref(state).id}
        )

    def test_region_and_time_zone_follow_the_address_until_there_is_a_site(self):
        self._move("base.us", "base.state_us_5")
        self.system.tz = "UTC"
        wizard = self._open(self.manager)
        self.assertEqual((wizard.region_id.country_id.code, wizard.tz_missing), ("US", True))
        self._move("base.cn", "base.state_cn_JS")
        again = self._open(self.manager)
        self.assertEqual(again, wizard)
        self.assertEqual((again.region_id.code, again.tz, again.tz_missing), ("CN-JS", "Asia/Shanghai", False))
        again.action_next()
        site = self.env["carbon.site"].search([("company_id", "=", self.company.id)])
        self.assertEqual((site.region_id.code, self.system.tz), ("CN-JS", "Asia/Shanghai"))
        self._move("base.de")
        self._open(self.manager)
        self.assertEqual((again.region_id.code, self.system.tz), ("CN-JS", "Asia/Shanghai"), "the site is there")

    def test_region_and_time_zone_that_somebody_chose_stay(self):
        self._move("base.us", "base.state_us_5")
        self.system.tz = "UTC"
        wizard = self._open(self.manager)
        wizard.region_id = self.env.ref("carbon_management.region_gb")
        wizard.tz = "Europe/London"
        self._move("base.cn", "base.state_cn_JS")
        for _time in range(2):
            self.assertEqual(self._open(self.manager), wizard)
            self.assertEqual((wizard.region_id.code, self.system.tz), ("GB", "Europe/London"))
        self.assertTrue(wizard.tz_elsewhere)

    def test_utc_that_nobody_chose_is_asked_for_where_the_country_has_one_zone(self):
        self._move("base.us", "base.state_us_5")
        self.system.tz = "UTC"
        wizard = self._open(self.manager)
        self._move("base.cn", "base.state_cn_JS")
        self.env.invalidate_all()
        self.assertTrue(wizard.tz_missing)
        with self.assertRaisesRegex(UserError, "decides in which month"):
            wizard.action_next()
        with self.assertRaisesRegex(UserError, "counts in UTC, which is not the time of China"):
            self._open().action_go_live()
        wizard.tz_choice = "Asia/Shanghai"
        wizard.action_next()
        self.assertEqual((wizard.step, self.system.tz), ("packs", "Asia/Shanghai"))

    def test_several_time_zones_are_asked_for_and_none_is_preselected(self):
        self.company.country_id = self.env.ref("base.au")
        self.company.partner_id.tz = self.manager.tz = "Europe/Brussels"
        self.system.tz = "UTC"
        wizard = self._open(self.manager)
        self.assertTrue(wizard.tz_missing)
        self.assertFalse(wizard.tz_choice)
        wizard.region_id = self.env["carbon.region"].search([], limit=1)
        with self.assertRaisesRegex(UserError, "decides in which month"):
            wizard.action_next()
        offered = wizard.with_company(self.company)._selection_tz_choice()
        self.assertIn(("Australia/Sydney", "Australia/Sydney"), offered)
        self.assertFalse([zone for zone, _label in offered if not zone.startswith(("Australia/", "Antarctica/"))])
        wizard.tz_choice = "Australia/Sydney"
        wizard.action_next()
        self.assertEqual((self.system.tz, wizard.step), ("Australia/Sydney", "packs"))
        self.assertFalse(wizard.tz_missing)

    def test_nothing_is_closed_before_the_time_zone_is_chosen(self):
        period = self.env["carbon.reporting.period"].create({"company_id": self.company.id, "date_from": "2025-03-01"})
        period.action_open()
        self.system.collect_live = True
        self._since_ever(self.system)
        self.company.country_id = self.env.ref("base.au")
        self.system.tz = "UTC"
        with self.assertRaisesRegex(UserError, "several time zones"):
            period.action_close()
        with self.assertRaisesRegex(UserError, "several time zones"):
            self._open().action_go_live()
        self.system.tz = "Australia/Perth"
        period.action_close()
        self.assertEqual(period.state, "closed")

    def test_a_time_zone_of_another_country_is_pointed_at(self):
        self.system.tz = "Europe/Brussels"
        self.assertTrue(self._open().tz_elsewhere)
        self.system.tz = "Asia/Shanghai"
        wizard = self._open()
        wizard.invalidate_recordset()
        self.assertFalse(wizard.tz_elsewhere)

    def test_proposals_come_from_the_business_and_count_nothing(self):
        self._event("test.receipt", self.gasoil, 12, day="2025-03-10")
        self._event("test.receipt", self.gasoil, 3000, uom=self.kg, day="2025-04-10")
        self._event("test.use", self.gasoil, 9, day="2025-04-11")
        self._event("test.receipt", self.box, 500)
        self._event("test.made", self.pump, 40)
        self._event("test.receipt", self.gasoil, 99, day="2019-04-10", name="Too old")
        wizard = self._at_rules()
        rows = {row.product_id: row for row in wizard.proposal_ids}
        self.assertEqual(set(rows), {self.gasoil, self.box, self.pump})
        gasoil = rows[self.gasoil]
        self.assertEqual(gasoil.factor_id, self.fuel)
        self.assertEqual(gasoil.event_kind_id.code, "test.use")  # a fuel counts where it is used
        self.assertEqual((gasoil.event_count, gasoil.quantity), (1, 9))
        gasoil.event_kind_id = self.kinds[0]
        self.assertEqual((gasoil.event_count, gasoil.quantity, gasoil.amount), (2, 15, 301200))
        self.assertEqual(gasoil.source_name, "Gasoil")
        self.assertFalse(rows[self.box].factor_id)
        self.assertIn("Choose a factor", rows[self.box].hint)
        self.assertTrue(rows[self.pump].is_output)
        self.assertFalse(any(row.selected for row in wizard.proposal_ids))
        self.assertFalse(self.env["carbon.activity.rule"].search([("company_id", "=", self.company.id)]))

    def test_only_ticked_proposals_become_sources_and_rules(self):
        self._event("test.use", self.gasoil, 9)
        self._event("test.receipt", self.box, 500)
        self._event("test.made", self.pump, 40)
        wizard = self._at_rules()
        with self.assertRaisesRegex(UserError, "Tick"):
            wizard.action_create_rules()
        wizard.proposal_ids.filtered(lambda row: row.product_id != self.box).selected = True
        wizard.action_create_rules()
        rules = self.env["carbon.activity.rule"].search([("company_id", "=", self.company.id)])
        self.assertEqual(rules.product_id, self.gasoil | self.pump)
        fuel = rules.filtered(lambda rule: rule.product_id == self.gasoil).source_id
        self.assertEqual((fuel.name, fuel.code, fuel.uom_id, fuel.category_id), ("Gasoil", "S-01", self.ton, self.leaf))
        self.assertEqual(fuel.factor_line_ids.factor_id, self.fuel)
        self.assertEqual(fuel.site_id.region_id.code, "CN-JS")
        output = rules.filtered(lambda rule: rule.product_id == self.pump).source_id
        self.assertEqual((output.kind, output.code, len(output.factor_line_ids)), ("output", "P-01", 0))
        self.assertEqual(wizard.proposal_ids.product_id, self.box)
        wizard.action_propose()
        self.assertEqual(wizard.proposal_ids.product_id, self.box)

    def test_two_products_of_one_factor_share_a_source(self):
        winter = self._product("Gasoil, winter", self.ton)
        self._event("test.use", self.gasoil, 9)
        self._event("test.use", winter, 4)
        wizard = self._at_rules()
        wizard.proposal_ids.selected = True
        wizard.action_create_rules()
        rules = self.env["carbon.activity.rule"].search([("company_id", "=", self.company.id)])
        self.assertEqual((len(rules), len(rules.source_id)), (2, 1))

    def test_no_emission_needs_a_reason_and_makes_a_rule(self):
        self._event("test.receipt", self.box, 500)
        wizard = self._at_rules()
        row = wizard.proposal_ids
        row.selected = True
        with self.assertRaisesRegex(UserError, "Choose a factor"):
            wizard.action_create_rules()
        with self.assertRaisesRegex(UserError, "reason"):
            wizard.action_no_emission()
        wizard.no_emission_reason = "Reported by the supplier of the parcel service"
        wizard.action_no_emission()
        wizard.action_create_rules()
        rule = self.env["carbon.activity.rule"].search([("company_id", "=", self.company.id)])
        self.assertEqual((rule.outcome, rule.reason), ("none", "Reported by the supplier of the parcel service"))

    def test_unit_of_another_kind_asks_for_a_property(self):
        litres = self._product("Gasoil, tank 2", self.litre)
        pieces = self._product("Gasoil pump", self.env.ref("uom.product_uom_unit"))
        self._event("test.use", litres, 900)
        self._event("test.receipt", pieces, 2)
        wizard = self._at_rules()
        rows = {row.product_id: row for row in wizard.proposal_ids}
        self.assertEqual(rows[litres].factor_id, self.fuel)
        self.assertIn("density", rows[litres].hint)
        self.assertFalse(rows[pieces].factor_id)
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": litres.id, "from_uom_id": self.litre.id, "factor": 0.84, "to_uom_id": self.kg.id,
                "source_document": "data sheet",
            }
        )  # fmt: skip
        wizard.action_propose()
        self.assertFalse(wizard.proposal_ids.filtered(lambda row: row.product_id == litres).hint)

    def test_factor_of_a_foreign_region_is_not_proposed(self):
        foreign = self._factor("FOREIGN", self.ton, "9", region=self.env.ref("carbon_management.region_gb"))
        foreign.material_keywords = "winter wheat"
        wheat = self._product("Winter wheat", self.ton)
        self._event("test.receipt", wheat, 2)
        self.assertFalse(self._at_rules().proposal_ids.factor_id)

    def test_from_collection_to_going_live(self):
        self._event("test.use", self.gasoil, 10, day="2025-03-10")
        self._event("test.use", self.gasoil, 5, day="2025-04-10")
        self._event("test.receipt", self.box, 500)
        wizard = self._at_rules()
        wizard.proposal_ids.filtered("factor_id").selected = True
        wizard.action_create_rules()
        wizard.action_next()
        self.assertFalse(wizard.run_id)
        wizard.action_collect()
        self.assertEqual(wizard.run_id.state, "running")
        jobs = self.env["carbon.collection.job"].sudo()
        while jobs._process_next():
            pass
        jobs._finish_runs()
        self.env.invalidate_all()
        self.assertEqual((wizard.run_state, wizard.issue_count), ("done", 1))
        source = self.env["carbon.source"].search([("company_id", "=", self.company.id), ("name", "=", "Gasoil")])
        self.assertEqual(float(self._sum(source)), 15)
        wizard.action_next()
        self.assertEqual((wizard.setup_period_count, wizard.open_period_count), (2, 0))
        wizard.action_go_live()
        self.env.invalidate_all()
        self.assertEqual((wizard.setup_period_count, wizard.open_period_count, self.system.phase), (0, 2, "live"))
        self.assertEqual(self._open(), wizard)

    def test_without_events_there_is_nothing_to_propose(self):
        wizard = self._at_rules()
        self.assertFalse(wizard.proposal_ids)
        self.assertTrue(wizard.proposed)

    def test_set_up_is_the_accountants(self):
        owner = self._user("setup_owner", "group_carbon_data_owner")
        with self.assertRaises(AccessError):
            self._open(owner)

    def test_accountant_of_another_company_sees_no_proposal(self):
        self._event("test.use", self.gasoil, 10)
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("setup_stranger", "group_carbon_accountant", other)
        wizards = (
            self.env["carbon.setup.wizard"]
            .with_user(stranger)
            .with_context(allowed_company_ids=other.ids)
            .with_company(other)
        )
        wizard = wizards.browse(wizards.action_open()["res_id"])
        wizard._propose()
        self.assertFalse(wizard.proposal_ids)
