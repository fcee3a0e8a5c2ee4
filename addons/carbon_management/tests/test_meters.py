import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .meter_common import TODAY, MeterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMeters(MeterCommon):
    """R-061, R-076: what a meter says, and what it refuses."""

    def _trail(self, meter):
        return self.env["carbon.trail.entry"].search(
            [("res_model", "=", "maintenance.equipment"), ("res_id", "=", meter.id)]
        )

    def test_a_meter_shows_the_number_of_the_plant(self):
        self.assertEqual(self.em.display_name, "EM-01 Meter EM-01")
        found = self.env["maintenance.equipment"].name_search("GM-03")
        self.assertEqual([meter_id for meter_id, _name in found], self.gm.ids)

    def test_other_equipment_is_untouched(self):
        lathe = self.env["maintenance.equipment"].create({"name": "Lathe", "serial_no": "S-1", "company_id": False})
        lathe.write({"name": "Lathe 2", "cost": 5})
        self.assertEqual(lathe.display_name, "Lathe 2/S-1")
        self.assertFalse(self._trail(lathe))

    def test_a_meter_says_what_it_measures_and_in_which_unit(self):
        for name in ("carbon_meter_kind", "carbon_uom_id", "carbon_register"):
            with self.subTest(name=name), self.assertRaisesRegex(ValidationError, "say what it measures"):
                self._new_meter(f"X-{name}", **{name: False})

    @mute_logger("odoo.sql_db")
    def test_impossible_values_are_refused(self):
        cases = (
            {"company_id": False},
            {"carbon_register_max": -1},
            {"carbon_permissible_error": -0.1},
            {"carbon_calibration_months": -1},
            {"carbon_range_min": 10, "carbon_range_max": 5},
            {"carbon_in_use_from": "2025-02-01", "carbon_in_use_to": "2025-01-31"},
            {"carbon_code": "GM-03"},
        )
        for values in cases:
            with self.subTest(**values), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
                self.em.write(values)
                self.em.flush_recordset()
            self.env.invalidate_all()

    def test_the_same_number_is_free_in_another_company(self):
        meter = self._new_meter("EM-01", company_id=self.company_b.id, maintenance_team_id=False)
        self.assertEqual(meter.carbon_code, "EM-01")

    def test_calibration_dates_are_not_typed(self):
        for values in (
            {"carbon_calibrated_on": "2026-01-01"},
            {"carbon_calibration_due_on": "2030-01-01"},
            {"carbon_calibration_result": "pass"},
        ):
            with self.subTest(**values), self.assertRaisesRegex(UserError, "not typed"):
                self.em.write(values)
            with self.subTest(**values), self.assertRaisesRegex(UserError, "not typed"):
                self._new_meter("EM-99", **values)
        with self.assertRaisesRegex(UserError, "not typed"):
            self.em.with_context(carbon_meter_step=True).write({"carbon_calibration_result": "pass"})
        self.em.write({"carbon_calibrated_on": False, "name": "As it was"})
        self._done(self.em, "2026-01-01")
        with self.assertRaisesRegex(UserError, "not typed"):
            self.em.write({"carbon_calibration_due_on": False})

    def test_what_decides_readings_is_in_the_audit_trail(self):
        self.assertEqual(self._trail(self.em).mapped("event"), ["meter.create"])
        self.em.write({"carbon_permissible_error": 2.0})
        self.em.write({"name": "Renamed", "carbon_permissible_error": 2.0})
        entries = self._trail(self.em)
        self.assertEqual(entries.mapped("event"), ["meter.change", "meter.create"])
        self.assertIn('"carbon_permissible_error":2.0', entries[0].payload)
        row = self.env["carbon.meter.multiplier"].create(
            {"equipment_id": self.em.id, "date_from": "2025-01-01", "multiplier": 80, "reason": "Transformer 400/5"}
        )
        row.multiplier = 60
        row.unlink()
        events = self._trail(self.em).mapped("event")[:3]
        self.assertEqual(events, ["meter.multiplier.remove", "meter.multiplier.change", "meter.multiplier.add"])

    @mute_logger("odoo.sql_db")
    def test_multipliers_are_positive_and_one_a_day(self):
        values = {"equipment_id": self.em.id, "date_from": "2025-01-01", "multiplier": 80, "reason": "Transformer"}
        rows = self.env["carbon.meter.multiplier"]
        rows.create(values)
        for wrong, error in (
            (values, "UniqueViolation"),
            ({**values, "date_from": "2025-02-01", "multiplier": 0}, "CheckViolation"),
        ):
            with self.subTest(error=error), self.assertRaises(getattr(psycopg2.errors, error)), self.env.cr.savepoint():
                rows.create(wrong)
        rows.create({**values, "date_from": "2026-12-01", "multiplier": 100})
        self.assertEqual(self.em.carbon_multiplier_now, 80)
        self.assertEqual(self.gm.carbon_multiplier_now, 1)

    def test_virtual_meters_add_and_take_away_others(self):
        virtual = self._new_meter("VM-01", carbon_register="virtual", carbon_calibration_months=0)
        second = self._new_meter("EM-02")
        virtual.carbon_part_ids = [
            Command.create({"part_id": self.em.id}),
            Command.create({"part_id": second.id, "factor": -1}),
        ]
        self.assertEqual(virtual.carbon_part_ids.mapped("factor"), [1.0, -1.0])
        with self.assertRaisesRegex(ValidationError, "formula of other meters"):
            virtual.carbon_register = "cumulative"

    def test_formulas_that_mean_nothing_are_refused(self):
        virtual = self._new_meter("VM-01", carbon_register="virtual", carbon_calibration_months=0)
        other = self._new_meter("VM-02", carbon_register="virtual", carbon_calibration_months=0)
        lathe = self.env["maintenance.equipment"].create({"name": "Lathe", "company_id": self.company_a.id})
        foreign = self._new_meter("EM-09", company_id=self.company_b.id, maintenance_team_id=False)
        parts = self.env["carbon.meter.part"]
        for meter, part, text in (
            (self.em, self.gm, "read itself"),
            (virtual, lathe, "no meter"),
            (virtual, self.gm, "do not convert"),
            (virtual, virtual, "part of itself"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(ValidationError, text), self.env.cr.savepoint():
                parts.create({"meter_id": meter.id, "part_id": part.id})
        with self.assertRaises(UserError):
            parts.create({"meter_id": virtual.id, "part_id": foreign.id})
        parts.create({"meter_id": virtual.id, "part_id": other.id})
        with self.assertRaisesRegex(ValidationError, "part of itself"), self.env.cr.savepoint():
            parts.create({"meter_id": other.id, "part_id": virtual.id})
        third = self._new_meter("VM-03", carbon_register="virtual", carbon_calibration_months=0)
        parts.create({"meter_id": other.id, "part_id": third.id})
        with self.assertRaisesRegex(ValidationError, "part of itself"):
            parts.create({"meter_id": third.id, "part_id": virtual.id})

    def test_a_part_is_in_a_formula_once_on_any_day(self):
        virtual = self._new_meter("VM-01", carbon_register="virtual", carbon_calibration_months=0)
        parts = self.env["carbon.meter.part"]
        parts.create({"meter_id": virtual.id, "part_id": self.em.id, "date_to": "2025-06-30"})
        later = parts.create({"meter_id": virtual.id, "part_id": self.em.id, "date_from": "2025-07-01", "factor": 0.5})
        with self.assertRaisesRegex(ValidationError, "twice on some days"):
            later.date_from = "2025-06-30"

    def test_a_unit_that_breaks_a_formula_is_refused(self):
        virtual = self._new_meter("VM-01", carbon_register="virtual", carbon_calibration_months=0)
        self.env["carbon.meter.part"].create({"meter_id": virtual.id, "part_id": self.em.id})
        with self.assertRaisesRegex(ValidationError, "do not convert"):
            self.em.carbon_uom_id = self.m3

    def test_virtual_meters_are_not_calibrated(self):
        with self.assertRaisesRegex(ValidationError, "Only those are calibrated"):
            self._new_meter("VM-00", carbon_register="virtual")
        virtual = self._new_meter("VM-01", carbon_register="virtual", carbon_calibration_months=0)
        with self.assertRaisesRegex(ValidationError, "no meter that can be calibrated"):
            self._calibration(virtual, "2026-01-01")

    def test_a_meter_continues_the_one_it_replaces(self):
        new = self._new_meter("EM-01b", carbon_replaces_id=self.em.id)
        self.assertEqual(new.carbon_replaces_id, self.em)
        with self.assertRaisesRegex(ValidationError, "cannot replace itself"), self.env.cr.savepoint():
            self.em.carbon_replaces_id = new
        with self.assertRaisesRegex(ValidationError, "cannot continue the readings"), self.env.cr.savepoint():
            self._new_meter("GM-04", carbon_meter_kind="gas", carbon_uom_id=self.m3.id, carbon_replaces_id=new.id)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self._new_meter("EM-01c", carbon_replaces_id=self.em.id)

    def test_a_calibrated_meter_stays_a_meter_of_its_company(self):
        self._done(self.em, "2026-01-01")
        with self.assertRaisesRegex(UserError, "stays a meter"):
            self.em.is_carbon_meter = False
        with self.assertRaisesRegex(UserError, "stays a meter"):
            self.em.company_id = self.company_b
        self.gm.is_carbon_meter = False
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
            self.em.unlink()

    def test_the_form_makes_a_meter_that_is_complete(self):
        meters = (
            self.env["maintenance.equipment"]
            .with_user(self.users["metrologist"])
            .with_context(default_is_carbon_meter=True)
        )
        form = Form(meters, view="carbon_management.carbon_meter_view_form")
        form.carbon_code, form.name = "EM-77", "Feeder 7"
        form.carbon_meter_kind, form.carbon_uom_id = "electricity", self.kwh
        meter = form.save()
        self.assertEqual((meter.is_carbon_meter, meter.company_id), (True, self.company_a))
        self.assertTrue(meter.sudo().carbon_token)

    def test_the_screen_has_the_state_of_today(self):
        self.assertEqual(self.em.carbon_state, "none")
        self._done(self.em, "2025-03-10")
        self.env.invalidate_all()
        self.assertEqual(self.em.carbon_state, "overdue")
        self._done(self.em, "2025-07-20")
        self.env.invalidate_all()
        self.assertEqual(self.em.carbon_state, "due", "within 60 days")
        self._done(self.em, "2026-06-01", found=2.0)
        self.env.invalidate_all()
        self.assertEqual(self.em.carbon_state, "failed")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMeterAccess(MeterCommon):
    """Who sees and writes what of meters, calibrations and requests."""

    def _as(self, record, name):
        user = self.users.get(name, name)
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _sees(self, record, name):
        return record in self._as(record.browse(), name).with_context(active_test=False).search([]).sudo(
            False
        ).with_env(record.env)

    def test_a_technician_sees_the_meters_assigned_to_him_or_his_team_only(self):
        self.assertTrue(self._sees(self.em, "technician"))
        self.assertFalse(self._sees(self.gm, "technician"))
        self.assertFalse(self._sees(self.em, "technician2"))
        self.team.member_ids = self.users["technician2"]
        self.assertTrue(self._sees(self.em, "technician2"))
        self.assertTrue(self._sees(self.gm, "technician2"))

    def test_metrologists_and_carbon_roles_see_all_meters_of_the_company(self):
        foreign = self._new_meter("B-01", company_id=self.company_b.id, maintenance_team_id=False)
        for name in ("metrologist", "reader", "accountant", "manager", "verifier", "top"):
            with self.subTest(name=name):
                self.assertTrue(self._sees(self.em, name))
                self.assertTrue(self._sees(self.gm, name))
                self.assertFalse(self._sees(foreign, name))
        self.assertFalse(self._sees(self.em, "plain"))
        self.assertFalse(self._sees(self.em, self.metrologist_b))
        self.assertTrue(self._sees(foreign, self.metrologist_b))

    def test_a_metrologist_does_not_see_equipment_that_is_no_meter(self):
        lathe = self.env["maintenance.equipment"].create({"name": "Lathe", "company_id": self.company_a.id})
        self.assertFalse(self._sees(lathe, "metrologist"))
        self.assertFalse(self._sees(lathe, "technician"))

    def test_only_metrologists_write_meters(self):
        for name in ("technician", "reader", "accountant", "manager", "verifier", "top"):
            with self.subTest(name=name):
                self.assertFalse(self._as(self.em, name).has_access("write"))
        self._as(self.em, "metrologist").carbon_location = "Room 7"
        self.assertFalse(self._as(self.em, "metrologist").has_access("unlink"))
        self.assertFalse(self._as(self.em, self.metrologist_b).has_access("write"))

    def test_calibrations_follow_the_meters(self):
        mine, other = self._calibration(self.em, "2026-01-01"), self._calibration(self.gm, "2026-01-01")
        for record, visible in ((mine, True), (other, False), (mine.point_ids, True), (other.point_ids, False)):
            with self.subTest(record=record):
                self.assertEqual(self._sees(record, "technician"), visible)
                for name in ("metrologist", "accountant", "verifier", "top"):
                    self.assertTrue(self._sees(record, name))
                self.assertFalse(self._sees(record, self.metrologist_b))
        for name in ("reader", "accountant", "manager", "verifier", "top"):
            self.assertFalse(self._as(mine, name).has_access("write"))
        with self.assertRaises(AccessError):
            self._as(mine, "plain").read(["state"])

    def test_a_technician_calibrates_a_meter_of_somebody_else_when_asked_to(self):
        request = self._request(self.gm)
        calibration = self._calibration(self.gm, "2026-01-01", request_id=request.id)
        self.assertTrue(self._sees(calibration, "technician"))
        self.assertFalse(self._sees(calibration, "technician2"))

    def test_requests_of_meters_are_seen_by_who_keeps_them(self):
        request = self._request(self.em, user_id=False)
        for name in ("technician", "metrologist", "accountant", "reader", "verifier"):
            with self.subTest(name=name):
                self.assertTrue(self._sees(request, name))
        self.assertFalse(self._sees(request, "technician2"))
        self.assertFalse(self._sees(request, self.metrologist_b))
        self.assertFalse(self._as(request, "accountant").has_access("write"))
        self.assertTrue(self._as(request, "metrologist").has_access("write"))

    def test_the_board_shows_what_one_may_see(self):
        board = self.env["carbon.meter.report"]
        rows = lambda name: set(self._as(board, name).search([]).mapped("equipment_id").ids)  # noqa: E731
        self.assertEqual(rows("technician"), set(self.em.ids))
        self.assertEqual(rows("metrologist"), set((self.em | self.gm).ids))
        self.assertEqual(rows("reader"), set((self.em | self.gm).ids))
        self.assertEqual(rows("technician2"), set())
        self.assertEqual(rows(self.metrologist_b), set())

    def test_a_technician_finds_the_meters_and_nothing_else_of_carbon(self):
        menus = self._as(self.env["ir.ui.menu"], "technician").load_menus(False)
        root = menus[self.env.ref("carbon_management.carbon_menu_root").id]
        meters = self.env.ref("carbon_management.carbon_menu_meters")
        self.assertEqual(root["children"], meters.ids)
        names = {
            self.env["ir.ui.menu"].browse(child).get_external_id()[child] for child in menus[meters.id]["children"]
        }
        self.assertIn("carbon_management.carbon_meter_menu", names)
        self.assertIn("carbon_management.carbon_meter_request_menu", names)
        self.assertNotIn("carbon_management.carbon_metering_requirement_menu", names)

    def test_an_accountant_finds_the_meters(self):
        menus = self._as(self.env["ir.ui.menu"], "accountant").load_menus(False)
        root = menus[self.env.ref("carbon_management.carbon_menu_root").id]
        self.assertIn(self.env.ref("carbon_management.carbon_menu_meters").id, root["children"])

    def test_the_token_is_not_read_by_everybody(self):
        self.assertNotIn("carbon_token", self._as(self.env["maintenance.equipment"], "plain").fields_get())
        with self.assertRaises(AccessError):
            self._as(self.env["maintenance.equipment"], "plain").search([("carbon_token", "!=", False)])
