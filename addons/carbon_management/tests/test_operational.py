from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .meter_common import MeterCommon


class OperationalCommon(MeterCommon):
    """A boiler whose flue gas must not be hotter than 180 °C."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boiler = cls.env["maintenance.equipment"].create(
            {"name": "Boiler 2", "company_id": cls.company_a.id, "technician_user_id": cls.users["technician"].id}
        )

    @classmethod
    def _criterion(cls, approve=True, **values):
        criterion = cls.env["carbon.operational.criterion"].create(
            {
                "name": "Flue gas",
                "code": "OC-FLUE",
                "company_id": cls.company_a.id,
                "date_from": "2026-01-01",
                "parameter": "Temperature of the flue gas",
                "limit_kind": "max",
                "limit_high": 180.0,
                "unit": "°C",
                "control_level": "reduce",
                "equipment_ids": [Command.set(cls.boiler.ids)],
                "responsible_id": cls.users["plain"].id,
                **values,
            }
        )
        if approve:
            criterion.action_approve()
        return criterion

    def _check(self, criterion, **values):
        return self.env["carbon.operational.check"].create(
            {
                "criterion_id": criterion.id,
                "equipment_id": criterion.equipment_ids[:1].id,
                "user_id": self.users["plain"].id,
                **values,
            }
        )

    def _checks(self, criterion):
        return self.env["carbon.operational.check"].search([("criterion_id", "=", criterion.id)], order="due_on, id")


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestOperationalCriteria(OperationalCommon):
    """What must hold while something runs, who knows it, and who may change it (R-102, R-103)."""

    def test_values_are_inside_outside_or_seriously_outside(self):
        criterion = self._criterion(has_serious=True, serious_margin=20.0)
        self.assertEqual(criterion._judge(180.0, False), ("in", False))
        self.assertEqual(criterion._judge(180.1, False), ("out", False))
        self.assertEqual(criterion._judge(200.0, False), ("out", False))
        self.assertEqual(criterion._judge(200.1, False), ("out", True))
        span = self._criterion(code="OC-2", limit_kind="range", limit_low=2.0, limit_high=5.0)
        self.assertEqual([span._judge(x, False)[0] for x in (1.9, 2.0, 5.0, 5.1)], ["out", "in", "in", "out"])
        least = self._criterion(code="OC-3", limit_kind="min", limit_low=-1.0, has_serious=True, serious_margin=0.0)
        self.assertEqual(least._judge(-1.01, False), ("out", True))
        words = self._criterion(code="OC-4", limit_kind="statement", description="The lid is closed.")
        self.assertEqual([words._judge(0.0, x)[0] for x in ("yes", "no")], ["in", "out"])
        self.assertEqual([c.limit_text for c in (criterion, span, least)], ["≤ 180 °C", "2 – 5 °C", "≥ -1 °C"])

    def test_a_range_ends_above_its_beginning_and_words_are_written(self):
        with self.assertRaises(ValidationError):
            self._criterion(limit_kind="range", limit_low=5.0, limit_high=5.0)
        with self.assertRaises(UserError):
            self._criterion(limit_kind="statement")

    def test_an_approved_criterion_is_replaced_not_changed(self):
        criterion = self._criterion()
        with self.assertRaises(UserError):
            criterion.limit_high = 200.0
        with self.assertRaises(UserError):
            criterion.equipment_ids = [Command.clear()]
        draft = self.env["carbon.operational.criterion"].browse(criterion.action_new_version()["res_id"])
        self.assertEqual((draft.version, draft.state, draft.equipment_ids), (2, "draft", self.boiler))
        draft.write({"limit_high": 160.0, "date_from": "2026-07-01"})
        draft.action_approve()
        self.assertEqual((criterion.state, criterion.date_to), ("superseded", date(2026, 6, 30)))
        model = criterion.search([("code", "=", "OC-FLUE")])
        self.assertEqual(model.filtered_domain(model._valid_domain(date(2026, 6, 30))), criterion)
        self.assertEqual(model.filtered_domain(model._valid_domain(date(2026, 7, 1))), draft)

    def test_only_a_manager_approves(self):
        draft = self._criterion(approve=False)
        with self.assertRaises(AccessError):
            self._as(draft, "metrologist").action_approve()
        self._as(draft, "manager").action_approve()
        entry = self.env["carbon.trail.entry"].search(
            [("company_id", "=", self.company_a.id), ("event", "=", "criterion.approve")]
        )
        self.assertEqual(len(entry), 1)
        self.assertIn("180", entry.payload if isinstance(entry.payload, str) else str(entry.payload))

    def test_criteria_are_shown_where_people_work(self):
        self._criterion()
        self._criterion(approve=False, code="OC-DRAFT", parameter="Not yet")
        request = self.env["maintenance.request"].create(
            {"name": "Clean", "equipment_id": self.boiler.id, "company_id": self.company_a.id}
        )
        for record in (self.boiler, request):
            with self.subTest(record=record._name):
                (item,) = self._as(record, "plain").sudo().carbon_criteria
                self.assertIn("Temperature of the flue gas: ≤ 180 °C", item["label"])
                self.assertIn("6 Reduce", item["label"])
        self.assertFalse(self.gm.carbon_criteria)

    def test_people_concerned_are_told_once_and_acknowledge(self):
        role = self.env["carbon.role"].create({"name": "Stoker", "company_id": self.company_a.id})
        criterion = self._criterion(role_ids=[Command.set(role.ids)])
        told = criterion.acknowledgement_ids
        self.assertEqual(told.user_id, self.users["plain"] | self.users["technician"])
        self.env["carbon.role.assignment"].create(
            {
                "role_id": role.id,
                "user_id": self.users["reader"].id,
                "company_id": self.company_a.id,
                "date_from": "2026-06-01",
            }
        )
        criterion.action_tell()
        criterion.action_tell()
        self.assertEqual(len(criterion.acknowledgement_ids), 3)
        own = self._as(criterion, "technician")
        self.assertTrue(own.asks_me)
        self.assertIn("please acknowledge", own._items_of(self.boiler)[self.boiler.id][0]["label"])
        self.assertEqual(len(criterion.activity_ids), 3)
        own.action_acknowledge()
        self.assertFalse(own.asks_me)
        self.assertEqual(len(criterion.activity_ids), 2)
        self.assertTrue(told.filtered(lambda row: row.user_id == self.users["technician"]).acknowledged_on)
        with self.assertRaises(UserError):
            self._as(criterion, "verifier").action_acknowledge()
        with self.assertRaises(AccessError):
            self._as(told, "manager").write({"acknowledged_on": "2026-06-15 00:00:00"})

    def test_a_new_version_asks_again(self):
        criterion = self._criterion()
        self._as(criterion, "plain").action_acknowledge()
        draft = criterion.browse(criterion.action_new_version()["res_id"])
        draft.action_approve()
        self.assertTrue(self._as(draft, "plain").asks_me)

    def test_companies_and_roles_see_what_is_theirs(self):
        criterion, draft = self._criterion(), self._criterion(approve=False, code="OC-DRAFT")
        check, rows = self._check(criterion), criterion.acknowledgement_ids
        for record in (criterion, check, rows[:1]):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.manager_b).with_context(allowed_company_ids=self.company_b.ids).read(["id"])
        self.assertTrue(self._as(criterion, "plain").read(["name"]))
        with self.assertRaises(AccessError):
            self._as(draft, "plain").read(["name"])
        self.assertEqual(self._as(rows, "plain").search([]).user_id, self.users["plain"])
        for name in ("plain", "technician", "reader", "verifier", "top"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._as(draft, name).write({"name": "X"})
        for name in ("reader", "verifier", "top"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._as(check, name).write({"figure": "1"})


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestOperationalChecks(OperationalCommon):
    """Checks come by themselves, once, and their answers stay (R-104, R-105)."""

    def test_the_calendar_asks_once_for_each_due_day(self):
        criterion = self._criterion(repeat_every=1, repeat_unit="weeks")
        checks = self.env["carbon.operational.check"]
        checks._cron_raise_checks()
        checks._cron_raise_checks()
        self.assertEqual(self._checks(criterion).mapped("due_on"), [date(2026, 6, 15)])
        with freeze_time("2026-07-07 04:00:00"):
            checks._cron_raise_checks()
        self.assertEqual([str(d) for d in self._checks(criterion).mapped("due_on")],
                         ["2026-06-15", "2026-06-22", "2026-06-29", "2026-07-06"])  # fmt: skip
        first = self._checks(criterion)[0]
        self.assertEqual((first.user_id, first.equipment_id, first.state), (self.users["plain"], self.boiler, "open"))
        self.assertEqual(first.activity_ids.user_id, self.users["plain"])

    def test_months_do_not_drift_from_their_last_day(self):
        criterion = self._criterion(repeat_every=1, repeat_unit="months", date_from="2026-06-15")
        self.assertEqual(
            [str(day) for day in criterion._due_days(date(2026, 8, 31), date(2026, 12, 31))],
            ["2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"],
        )

    def test_a_new_version_goes_on_with_the_schedule(self):
        criterion = self._criterion(repeat_every=7, repeat_unit="days")
        checks = self.env["carbon.operational.check"]
        checks._cron_raise_checks()
        draft = criterion.browse(criterion.action_new_version()["res_id"])
        draft.write({"date_from": "2026-06-17"})
        draft.action_approve()
        with freeze_time("2026-06-22 04:00:00"):
            checks._cron_raise_checks()
        self.assertEqual([str(d) for d in self._checks(criterion).mapped("due_on")], ["2026-06-15"])
        self.assertEqual([str(d) for d in self._checks(draft).mapped("due_on")], ["2026-06-22"])

    def test_preventive_maintenance_asks_when_it_is_done_and_once(self):
        criterion = self._criterion(on_maintenance=True)
        request = self.env["maintenance.request"].create(
            {
                "name": "Service",
                "equipment_id": self.boiler.id,
                "company_id": self.company_a.id,
                "maintenance_type": "preventive",
                "user_id": self.users["technician"].id,
            }
        )
        self.assertFalse(self._checks(criterion))
        request.stage_id = self.stage_done
        request.stage_id = self.stage_new
        request.stage_id = self.stage_done
        check = self._checks(criterion)
        self.assertEqual(len(check), 1)
        self.assertEqual((check.request_id, check.origin_name, check.origin), (request, "Service", "maintenance"))
        self.assertEqual((check.user_id, request.carbon_check_count), (self.users["technician"], 1))
        request.copy({"maintenance_type": "corrective"}).stage_id = self.stage_done
        self.assertEqual(len(self._checks(criterion)), 1)

    def test_a_request_is_done_even_if_its_checks_cannot_be_made(self):  # architecture, invariant 7
        self._criterion(on_maintenance=True)
        request = self.env["maintenance.request"].create(
            {
                "name": "Service",
                "equipment_id": self.boiler.id,
                "company_id": self.company_a.id,
                "maintenance_type": "preventive",
            }
        )
        self.env.cr.execute("ALTER TABLE carbon_operational_check ADD CONSTRAINT no_more CHECK (false) NOT VALID")
        with mute_logger("odoo.sql_db", "odoo.addons.carbon_management.models.carbon_operational_check_raise"):
            request.stage_id = self.stage_done
        self.assertTrue(request.stage_id.done)
        self.assertFalse(request.carbon_check_ids)

    def test_an_answer_is_typed_kept_and_traced(self):
        check = self._as(self._check(self._criterion()), "plain")
        self.assertFalse(check.result)
        with self.assertRaises(UserError):
            check.action_done()
        with self.assertRaises(UserError):
            check.figure = "warm"
        check.figure = "0"
        self.assertEqual((check.value, check.result), (0.0, "in"))
        check.figure = "180,5"
        check.action_done()
        self.assertEqual((check.value, check.result, check.state, check.done_share), (180.5, "out", "done", 100.0))
        self.assertEqual(check.done_by_id, self.users["plain"])
        for values in ({"figure": "170"}, {"note": "x"}, {"state": "open"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                check.write(values)
        with self.assertRaises(UserError):
            check.sudo().unlink()
        entry = self.env["carbon.trail.entry"].search(
            [("company_id", "=", self.company_a.id), ("event", "=", "check.done")]
        )
        self.assertEqual(len(entry), 1)

    def test_what_a_check_is_about_does_not_change(self):
        criterion = self._criterion()
        check, other = self._check(criterion), self._criterion(code="OC-2")
        for values in ({"criterion_id": other.id}, {"due_on": "2030-01-01"}, {"origin": "schedule"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                check.write(values)
        forged = self._as(check, "metrologist").create(
            {"criterion_id": criterion.id, "equipment_id": self.boiler.id, "origin": "schedule", "origin_name": "X"}
        )
        self.assertEqual((forged.origin, forged.origin_name), ("manual", False))
        with self.assertRaises(UserError):
            self._check(criterion, equipment_id=self.gm.id)

    def test_a_check_that_is_not_possible_says_why_and_counts_as_not_done(self):
        criterion = self._criterion()
        check, done = self._check(criterion), self._check(criterion, figure="170")
        with self.assertRaises(UserError):
            check.action_skip()
        check.note = "Boiler is cold"
        check.action_skip()
        done.action_done()
        ((rate, number),) = check._read_group([("criterion_id", "=", criterion.id)], [], ["done_share:avg", "__count"])
        self.assertEqual((check.state, rate, number), ("skipped", 50.0, 2))

    def test_people_answer_their_own_checks_and_technicians_those_of_their_equipment(self):
        check = self._check(self._criterion())
        self._as(check, "technician").figure = "150"
        with self.assertRaises(AccessError):
            self._as(check, "technician2").write({"figure": "150"})
        with self.assertRaises(AccessError):
            self._as(check, "plain").unlink()

    def test_late_checks_are_found(self):
        criterion = self._criterion()
        late, today = self._check(criterion, due_on="2026-06-14"), self._check(criterion, due_on="2026-06-15")
        self.assertEqual((late.is_late, today.is_late), (True, False))
        self.assertEqual(late.search([("is_late", "=", True), ("criterion_id", "=", criterion.id)]), late)

    def test_the_schedule_makes_no_check_twice_at_one_time(self):
        criterion = self._criterion(repeat_every=1, repeat_unit="days")
        checks = self.env["carbon.operational.check"]
        checks._cron_raise_checks()
        values = checks._check_values(criterion, self.boiler, date(2026, 6, 15), "schedule")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            checks.sudo().create(values)

    def test_the_form_of_a_check_is_filled_by_an_employee(self):
        check = self._as(self._check(self._criterion()), "plain")
        with Form(check, "carbon_management.carbon_operational_check_view_form") as form:
            form.figure = "181"
        self.assertEqual(check.result, "out")
        check.action_done()
