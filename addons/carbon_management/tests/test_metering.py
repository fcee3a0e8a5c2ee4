import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .meter_common import TODAY, MeterCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMeterBoard(MeterCommon):
    """R-040, R-155: the coverage board agrees with the calibrations."""

    def _board(self):
        self.env.flush_all()
        rows = self.env["carbon.meter.report"].search([("company_id", "=", self.company_a.id)])
        return {row.code: row.state for row in rows}

    def test_every_meter_in_use_stands_on_the_board_once(self):
        self._new_meter("X-1", carbon_in_use_to="2026-01-01")
        self._new_meter("X-2", active=False)
        self._new_meter("X-3", carbon_calibration_months=0)
        self._new_meter("X-4", carbon_register="virtual", carbon_calibration_months=0)
        self._done(self.em, "2026-06-01")
        self.assertEqual(self._board(), {"EM-01": "valid", "GM-03": "none", "X-3": "exempt", "X-4": "exempt"})

    def test_the_board_agrees_with_the_one_definition_of_validity(self):
        histories = {
            "H-1": [("2025-03-10", 0.1, None)],
            "H-2": [("2025-07-01", 0.1, None)],
            "H-3": [("2026-01-01", 2.0, None)],
            "H-4": [("2026-01-01", 2.0, 0.1)],
            "H-5": [("2025-06-15", 0.1, None)],
            "H-6": [("2025-06-14", 0.1, None)],
            "H-7": [("2025-01-01", 2.0, None), ("2026-02-01", 0.1, None)],
            "H-8": [],
        }
        for code, history in histories.items():
            meter = self._new_meter(code)
            for day, found, left in history:
                self._done(meter, day, found, left)
        meters = self.env["maintenance.equipment"].search([("carbon_code", "=like", "H-%")])
        states = self.env["carbon.calibration"]._state_on(meters, self._day(TODAY))
        board = self._board()
        for meter in meters:
            shown = board[meter.carbon_code]
            self.assertEqual("valid" if shown == "due" else shown, states[meter.id], meter.carbon_code)
        self.assertEqual((board["H-2"], board["H-4"], board["H-5"], board["H-6"]), ("due", "valid", "due", "overdue"))

    def test_the_board_is_grouped(self):
        self._done(self.em, "2026-06-01")
        groups = self.env["carbon.meter.report"]._read_group(
            [("company_id", "=", self.company_a.id)], ["state"], ["meter_count:sum", "is_covered:avg"]
        )
        self.assertEqual(sorted(groups), [("none", 1, 0.0), ("valid", 1, 1.0)])

    def test_days_left_are_counted_in_the_time_of_the_company(self):
        self._done(self.em, "2025-06-16")
        row = self.env["carbon.meter.report"].browse(self.em.id)
        self.assertEqual((str(row.due_on), row.days_left), ("2026-06-16", 1))
        with freeze_time("2026-06-15 17:00:00"):
            self.env.invalidate_all()
            self.assertEqual(row.days_left, 0, "in Shanghai it is the 16th")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMeteringRequirement(MeterCommon):
    """R-040: rates of equipment and gaps against what an edition asks for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.em.write({"carbon_level": "site", "carbon_accuracy_class": "0.5S"})
        cls.points = cls.env["carbon.metering.point"]
        for name, meter in (
            ("Supply", cls.em),
            ("Feeder 2", None),
            ("Feeder 3", cls._new_meter("EM-03", carbon_accuracy_class="2.0")),
        ):
            cls.points |= cls.points.create(
                {
                    "name": name,
                    "company_id": cls.company_a.id,
                    "kind": "electricity",
                    "level": "site" if name == "Supply" else "unit",
                    "equipment_id": meter and meter.id,
                }
            )

    def _requirement(self, **values):
        return self.env["carbon.metering.requirement"].create(
            {
                "edition": "Test edition 2020",
                "kind": "electricity",
                "level": "unit",
                "required_rate": 95.0,
                "accuracy_class": "1.0",
                "company_id": self.company_a.id,
                **values,
            }
        )

    def _gaps(self):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["carbon.metering.report"].search([("company_id", "=", self.company_a.id)])
        return {(row.name, row.edition or ""): row.gap for row in rows}

    def test_no_threshold_is_shipped(self):
        self.assertFalse(
            self.env["carbon.metering.requirement"]
            .with_context(active_test=False)
            .search([("create_uid", "=", 1), ("id", "<", 1)])
        )
        self.assertFalse(
            self.env["ir.model.data"].search(
                [("module", "=", "carbon_management"), ("model", "=", "carbon.metering.requirement")]
            )
        )

    def test_gaps_name_the_place_and_what_is_missing(self):
        self._requirement()
        self.assertEqual(
            self._gaps(),
            {
                ("Supply", ""): "ok",
                ("Feeder 2", "Test edition 2020"): "missing",
                ("Feeder 3", "Test edition 2020"): "class",
            },
        )
        self.points[2].equipment_id.carbon_accuracy_class = "0.5"
        self.assertEqual(self._gaps()[("Feeder 3", "Test edition 2020")], "ok")
        self.points[2].equipment_id.carbon_accuracy_class = False
        self.assertEqual(self._gaps()[("Feeder 3", "Test edition 2020")], "unknown")
        self.points[2].equipment_id.carbon_in_use_to = "2026-06-14"
        self.assertEqual(self._gaps()[("Feeder 3", "Test edition 2020")], "out_of_use")

    def test_the_rate_of_a_level_is_the_part_of_places_with_a_meter_in_use(self):
        self._requirement()
        self._requirement(level="site", required_rate=100.0, accuracy_class="0.5")
        self.env.flush_all()
        groups = self.env["carbon.metering.report"]._read_group(
            [("company_id", "=", self.company_a.id)],
            ["level"],
            ["rate:avg", "required_rate:max", "class_rate:avg", "point_count:sum"],
        )
        self.assertEqual(sorted(groups), [("site", 100.0, 100.0, 100.0, 1), ("unit", 50.0, 95.0, 0.0, 2)])

    def test_two_editions_stand_side_by_side_and_one_of_another_company_does_not(self):
        self._requirement()
        self._requirement(edition="Another edition", accuracy_class="2.0", company_id=False)
        self._requirement(edition="Foreign", company_id=self.company_b.id)
        gaps = self._gaps()
        self.assertEqual(gaps[("Feeder 3", "Test edition 2020")], "class")
        self.assertEqual(gaps[("Feeder 3", "Another edition")], "ok")
        self.assertNotIn(("Feeder 3", "Foreign"), gaps)

    @mute_logger("odoo.sql_db")
    def test_a_requirement_is_stated_once(self):
        self._requirement()
        for values, error in (({}, "UniqueViolation"), ({"edition": "X", "required_rate": 101}, "CheckViolation")):
            with self.subTest(**values), self.assertRaises(getattr(psycopg2.errors, error)), self.env.cr.savepoint():
                self._requirement(**values)
        self._requirement(edition="Shared", company_id=False)
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self._requirement(edition="Shared", company_id=False)

    def test_a_gap_makes_one_request(self):
        self._requirement()
        self.env.flush_all()
        row = self.env["carbon.metering.report"].search(
            [("gap", "=", "missing"), ("company_id", "=", self.company_a.id)]
        )
        as_accountant = row.with_user(self.users["accountant"]).with_context(allowed_company_ids=self.company_a.ids)
        request = self.env["maintenance.request"].browse(as_accountant.action_request()["res_id"])
        self.assertEqual(request.name, "Meter (Electricity) for Feeder 2")
        self.assertEqual(as_accountant.action_request()["res_id"], request.id)
        with self.assertRaises(AccessError):
            row.with_user(self.users["reader"]).action_request()

    @mute_logger("odoo.sql_db")
    def test_a_meter_stands_for_one_place_and_measures_what_it_asks_for(self):
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.points[1].equipment_id = self.em
            self.points.flush_recordset()
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "does not measure"):
            self.points[1].equipment_id = self.gm

    def test_points_begin_with_the_meters_that_are_there(self):
        self.gm.carbon_level = "unit"
        action = (self.em | self.gm).with_user(self.users["metrologist"]).action_carbon_points()
        points = self.env["carbon.metering.point"].search(action["domain"])
        self.assertRecordValues(
            points, [{"name": "Meter GM-03", "kind": "gas", "level": "unit", "equipment_id": self.gm.id}]
        )
        with self.assertRaisesRegex(UserError, "already"):
            (self.em | self.gm).action_carbon_points()

    def test_metering_is_the_company_s_own(self):
        foreign = self.points.with_user(self.metrologist_b).with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(foreign.search([]))
        self.assertFalse(
            self.env["carbon.metering.report"]
            .with_user(self.metrologist_b)
            .with_context(allowed_company_ids=self.company_b.ids)
            .search([])
        )
        requirement = self._requirement()
        own = requirement.with_user(self.metrologist_b).with_context(allowed_company_ids=self.company_b.ids)
        self.assertNotIn(requirement, own.search([]))
        for name in ("technician", "reader", "accountant"):
            self.assertFalse(requirement.with_user(self.users[name]).has_access("write"), name)

    def test_the_board_by_state_shows_all_counts_and_the_first_cards_of_each_column(self):
        """One look at the meters gives what Odoo's own way gives, which looks at them once for each column."""
        for number in range(4):
            self._new_meter(f"EX-{number}", carbon_calibration_months=0)
        self._done(self.em, "2020-01-10")
        board = self.env["carbon.meter.report"]
        spec = {"code": {}, "name": {}, "due_on": {}}
        found = board.web_read_group(
            [], ["state"], ["__count"], auto_unfold=True, unfold_read_specification=spec, unfold_read_default_limit=3
        )
        slow = board.web_read_group(
            [], ["state"], ["__count"], order="state", auto_unfold=True, unfold_read_specification=spec,
            unfold_read_default_limit=3,
        )  # fmt: skip
        self.assertEqual(found, slow)
        columns = {group["state"]: group for group in found["groups"]}
        self.assertEqual((columns["exempt"]["__count"], len(columns["exempt"]["__records"])), (4, 3))
        self.assertEqual([card["code"] for card in columns["overdue"]["__records"]], ["EM-01"])
        self.assertEqual(columns["exempt"]["__records"][0]["name"], "Meter EX-0")
        some = board.with_context(carbon_board={"ids": [], "counts": {"valid": 99}}).web_read_group(
            [("state", "=", "exempt")], ["state"], ["__count"], auto_unfold=True, unfold_read_specification=spec
        )
        self.assertEqual([(group["state"], group["__count"]) for group in some["groups"]], [("exempt", 4)])
