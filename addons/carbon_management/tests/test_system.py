import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestSystem(CarbonManagementCommon):
    """One management system per company (R-010)."""

    def test_a_company_has_one_system(self):
        self._new_system(self.company_a)
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._new_system(self.company_a)

    def test_get_creates_the_system_once(self):
        systems = self.env["carbon.system"]
        self.company_a.partner_id.tz = "Asia/Shanghai"
        system = systems._get(self.company_a)
        self.assertEqual(system, systems._get(self.company_a))
        self.assertEqual(system.company_id, self.company_a)
        self.assertEqual(system.tz, "Asia/Shanghai")
        self.assertEqual((system.phase, system.collect_live), ("setup", False))

    def test_the_time_zone_is_the_countrys_not_the_users(self):
        # user in Brussels; one zone, one legal time, several with the same time, none
        self.company_a.partner_id.tz = self.env.user.tz = "Europe/Brussels"
        zones = {"cn": "Asia/Shanghai", "jp": "Asia/Tokyo", "de": "Europe/Berlin", "au": "UTC", "us": "UTC"}
        for code, zone in zones.items():
            self.company_a.country_id = self.env.ref(f"base.{code}")
            self.assertEqual(self.env["carbon.system"]._default_tz(self.company_a), zone, code)
        self.company_a.country_id = False
        self.assertEqual(self.env["carbon.system"]._default_tz(self.company_a), "Europe/Brussels")

    def test_the_users_zone_counts_where_it_lies_in_the_country(self):
        self.company_a.partner_id.tz = "Europe/Brussels"
        self.env.user.tz = "Australia/Perth"
        self.company_a.country_id = self.env.ref("base.au")
        self.assertEqual(self.env["carbon.system"]._get(self.company_a).tz, "Australia/Perth")

    def test_a_country_with_several_zones_asks_for_one(self):
        self.company_a.partner_id.tz = self.env.user.tz = "Europe/Brussels"
        self.company_a.country_id = self.env.ref("base.au")
        system = self.env["carbon.system"]._get(self.company_a)
        self.assertTrue(system._tz_missing())
        with self.assertRaisesRegex(UserError, "Australia has several time zones"):
            system._require_tz()
        system.tz = "Australia/Hobart"
        self.assertFalse(system._tz_missing())
        system._require_tz()

    def test_utc_is_chosen_by_nobody_unless_it_is_the_time_of_the_country(self):
        self.company_a.partner_id.tz = self.env.user.tz = False
        self.company_a.country_id = False
        system = self.env["carbon.system"]._get(self.company_a)
        self.assertEqual((system.tz, system._tz_missing()), ("UTC", False), "nothing is known of the company")
        for code, missing in (("cn", True), ("uk", True), ("gh", False), ("is", False), ("us", True)):
            self.company_a.country_id = self.env.ref(f"base.{code}")
            self.assertEqual(system._tz_missing(), missing, code)
        self.company_a.country_id = self.env.ref("base.cn")
        with self.assertRaisesRegex(UserError, "counts in UTC, which is not the time of China"):
            system._require_tz()
        system.tz = "Asia/Shanghai"
        system._require_tz()

    def test_get_works_for_anybody(self):
        system = self._as(self.env["carbon.system"], "plain")._get(self.company_a)
        self.assertEqual(system.sudo().company_id, self.company_a)

    def test_sub_systems_other_than_emission_are_off_after_installation(self):
        system = self.env["carbon.system"]._get(self.company_a)
        self.assertTrue(system.use_emission)
        for name in ("use_trading", "use_asset", "use_neutrality", "use_sink"):
            self.assertFalse(system[name], name)

    def test_a_sub_system_opens_its_menus_by_a_feature_group(self):
        #
        group = self.env.ref("carbon_management.group_carbon_use_trading")
        reader = self.users["reader"]
        system = self._new_system(self.company_a)
        other = self._new_system(self.company_b)
        self.assertNotIn(group, reader.all_group_ids)
        system.use_trading = other.use_trading = True
        self.assertIn(group, reader.all_group_ids)
        self.assertIn(group, self.users["verifier"].all_group_ids)
        self.assertNotIn(group, self.users["technician"].all_group_ids)
        system.use_trading = False
        self.assertIn(group, reader.all_group_ids)
        other.use_trading = False
        self.assertNotIn(group, reader.all_group_ids)

    def test_a_manager_switches_sub_systems(self):
        system = self._as(self._new_system(self.company_a), "manager")
        system.use_sink = True
        group = self.env.ref("carbon_management.group_carbon_use_sink")
        self.assertIn(group, self.users["reader"].all_group_ids)

    def test_the_time_zone_is_free_until_a_period_was_closed(self):
        system = self._new_system(self.company_a)
        system.tz = "Europe/London"
        self.patch(type(system), "_tz_locked", lambda self: True)
        with self.assertRaisesRegex(UserError, "Europe/London"):
            system.tz = "Asia/Shanghai"
        system.write({"tz": "Europe/London", "name": "Same zone"})
        self.assertEqual(system.name, "Same zone")

    def test_a_system_stays_with_its_company(self):
        system = self._new_system(self.company_a)
        with self.assertRaises(UserError):
            system.company_id = self.company_b

    def test_configuration_is_recorded(self):
        system = self._new_system(self.company_a)
        system.standard_ids = [Command.link(self.standard_004.id)]
        system.use_sink = True
        entries = self._trail(self.company_a, "system.configure")
        self.assertEqual(len(entries), 2)
        self.assertIn("CTS Q/STQC 002-2025", entries[0].payload)
        self.assertEqual(entries[1].payload, '{"use_sink":true}')

    def test_open_items_are_counted_per_phase(self):
        system = self._new_system(self.company_a, standard_ids=[Command.set(self.standard_004.ids)])
        self._new_boundary()
        counts = {
            item["label"]: item["count"] for phase in ("plan", "do", "check", "act") for item in system[f"pdca_{phase}"]
        }
        self.assertEqual(counts["requirements without owner"], 22)
        self.assertEqual(counts["boundaries in draft"], 1)
        self.assertGreaterEqual(counts["roles nobody holds"], 4)
        item = system.pdca_plan[0]
        self.assertEqual(item["action"]["res_model"], "carbon.clause.applicability")
        found = self.env["carbon.clause.applicability"].search(item["action"]["domain"])
        self.assertEqual(len(found), 22)

    def test_open_items_of_another_company_do_not_count(self):
        system = self._new_system(self.company_b)
        self._new_boundary()
        labels = {item["label"]: item["count"] for item in system.pdca_plan}
        self.assertEqual(labels["boundaries in draft"], 0)

    def test_every_role_that_sees_the_system_can_open_its_form(self):
        system = self._new_system(self.company_a, standard_ids=[Command.set(self.standard_004.ids)])
        for name in ("reader", "accountant", "manager", "verifier", "top"):
            with self.subTest(name=name), Form(self._as(system, name)) as form:
                self.assertEqual(form.name, "Carbon A")

    def test_the_menu_opens_the_system_of_the_current_company(self):
        systems = self._as(self.env["carbon.system"], "manager")
        action = systems._action_open_current()
        system = self.env["carbon.system"].browse(action["res_id"])
        self.assertEqual(system.company_id, self.company_a)
        self.assertEqual(systems._action_open_current()["res_id"], system.id)

    def test_the_menu_creates_nothing_for_a_reader(self):
        action = self._as(self.env["carbon.system"], "reader")._action_open_current()
        self.assertFalse(action.get("res_id"))
        self.assertFalse(self.env["carbon.system"].search([("company_id", "=", self.company_a.id)]))
