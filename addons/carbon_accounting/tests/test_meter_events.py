from datetime import timedelta
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .meter_common import MeterReadingCommon


@tagged("post_install", "-at_install")
class TestMeterEvents(MeterReadingCommon):
    """Readings become activity data, by month (R-131)."""

    def test_two_readings_of_a_counter_give_their_difference(self):
        self._read(self.em, "2025-03-05 08:00", 1000)
        self.assertEqual(self._months(self.power), {})
        self._read(self.em, "2025-03-25 08:00", 1500.5)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal("500.5")})
        self.assertEqual(self._kg(self.power), Decimal("250.25"))
        row = self.env["carbon.activity.data"].search([("source_id", "=", self.power.id)])
        self.assertEqual((row.kind, row.label, row.recognition), ("metered", "EM-01 2025-03", "metered"))
        self.assertEqual(row.equipment_id, self.em)
        self.assertEqual(str(row.date), "2025-03-05")

    def test_a_difference_over_month_ends_is_split_by_time_and_adds_up_to_the_last_decimal(self):
        # 21 March 00:00 to 10 May 00:00 is 50 days: 11 in March, 30 in April, 9 in May
        self._read(self.em, "2025-03-21 00:00", 0)
        self._read(self.em, "2025-05-10 00:00", 100)
        months = self._months(self.power)
        self.assertEqual(months, {"2025-03": Decimal(22), "2025-04": Decimal(60), "2025-05": Decimal(18)})
        self._read(self.gm, "2025-01-01 00:07", 0)
        self._read(self.gm, "2025-12-24 17:03", 9999.999)
        months = self._months(self.boiler)
        self.assertEqual(len(months), 12)
        self.assertEqual(sum(months.values()), Decimal("9999.999"))

    def test_the_month_is_that_of_the_plant_and_not_of_utc(self):
        # midnight of 1 April in Shanghai is 16:00 UTC on 31 March
        self._read(self.em, "2025-03-31 12:00", 0)
        self._read(self.em, "2025-03-31 24:00", 12)
        self._read(self.em, "2025-04-01 12:00", 36)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(12), "2025-04": Decimal(24)})

    def test_a_reading_between_two_others_moves_only_what_lies_between_them(self):
        self._read(self.em, "2025-03-01 00:00", 0)
        self._read(self.em, "2025-04-30 24:00", 610)  # 61 days, ten a day
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(310), "2025-04": Decimal(300)})
        self._read(self.em, "2025-03-31 24:00", 400)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(400), "2025-04": Decimal(210)})

    def test_a_counter_that_restarts_counts_on(self):
        self._read(self.gm, "2025-03-01 00:00", 99990)
        self._read(self.gm, "2025-03-11 00:00", 15, rollover=True)
        self.assertEqual(self._months(self.boiler), {"2025-03": Decimal(25)})

    def test_a_multiplier_counts_from_the_reading_on_its_first_day(self):
        self._read(self.em, "2025-03-01 00:00", 0)
        self._read(self.em, "2025-03-16 09:00", 100)
        self._read(self.em, "2025-03-31 00:00", 150)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(150)})
        multiplier = self.env["carbon.meter.multiplier"].create(
            {"equipment_id": self.em.id, "date_from": "2025-03-16", "multiplier": 40, "reason": "New transformer"}
        )
        self._commit()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(100 + 50 * 40)})
        multiplier.multiplier = 20
        self._commit()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(100 + 50 * 20)})
        multiplier.unlink()
        self._commit()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(150)})

    def test_intervals_belong_to_the_month_in_which_they_end(self):
        logger = self._meter("EM-15", carbon_register="interval", carbon_interval_minutes=15)
        self._rule("metered", self.power, equipment_id=logger.id, name="Logger")
        self._read(logger, "2025-03-31 23:45", 1)
        self._read(logger, "2025-03-31 24:00", 2)
        self._read(logger, "2025-04-01 00:15", 4)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(3), "2025-04": Decimal(4)})
        self.env["carbon.meter.multiplier"].create(
            {"equipment_id": logger.id, "date_from": "2025-04-01", "multiplier": 10, "reason": "CT"}
        )
        self._commit()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(3), "2025-04": Decimal(40)})

    def test_a_virtual_meter_adds_and_takes_away_its_parts(self):
        sub = self._meter("EM-02", carbon_uom_id=self.mwh.id)
        rest = self._meter("EM-R", carbon_register="virtual")
        self.em_rule.write({"outcome": "none", "reason": "Counted as rest", "source_id": False})
        self._rule("metered", None, equipment_id=sub.id, outcome="none", reason="Tenant", name="Tenant")
        self._rule("metered", self.power, equipment_id=rest.id, name="Rest")
        self._read(self.em, "2025-03-01 00:00", 0)
        self._read(self.em, "2025-03-31 24:00", 10000)
        self._read(sub, "2025-03-01 00:00", 0)
        self._read(sub, "2025-03-31 24:00", 3)  # MWh
        self.assertEqual(self._months(self.power), {})
        self.env["carbon.meter.part"].create([
            {"meter_id": rest.id, "part_id": self.em.id, "factor": 1},
            {"meter_id": rest.id, "part_id": sub.id, "factor": -1},
        ])  # fmt: skip
        self._commit()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(7000)})
        # a later reading of a part reaches the formula
        self._read(sub, "2025-04-10 00:00", 4)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(7000), "2025-04": Decimal(-1000)})

    def test_a_part_counts_on_its_days_only_and_formulas_of_formulas_are_followed(self):
        hall = self._meter("EM-H", carbon_register="virtual")
        plant = self._meter("EM-P", carbon_register="virtual", carbon_uom_id=self.mwh.id)
        self.env["carbon.meter.part"].create([
            {"meter_id": hall.id, "part_id": self.em.id, "factor": 2, "date_from": "2025-03-11", "date_to": "2025-03-20"},
            {"meter_id": plant.id, "part_id": hall.id, "factor": 0.5},
        ])  # fmt: skip
        self.em_rule.unlink()
        self._rule("metered", self.power, equipment_id=plant.id, name="Plant")
        self._read(self.em, "2025-03-01 00:00", 0)
        self._read(self.em, "2025-03-31 24:00", 31000)  # 1,000 a day, 10 days
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(10000)})

    def test_a_meter_that_replaces_another_follows_its_rule_and_stays_the_instrument(self):
        self._read(self.em, "2025-03-01 00:00", 100)
        self._read(self.em, "2025-03-11 00:00", 200)
        new = self._meter("EM-01b", carbon_replaces_id=self.em.id)
        self._read(new, "2025-03-11 00:00", 0)
        self._read(new, "2025-03-31 24:00", 50)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(150)})
        rows = self.env["carbon.activity.data"].search([("source_id", "=", self.power.id)])
        self.assertEqual(rows.equipment_id, self.em | new)
        # a rule of its own takes over
        rule = self._rule("metered", self.boiler, equipment_id=new.id, name="Other source")
        rule.source_id = self._source("Power 2", self.kwh, self._factor("P2", self.kwh, "1"))
        self._collect()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(100)})

    def test_a_meter_without_rule_is_on_the_worklist_and_gets_its_rule_from_there(self):
        other = self._meter("EM-09")
        self._read(other, "2025-03-01 00:00", 0)
        self._read(other, "2025-03-31 24:00", 10)
        self.assertEqual(self._issues(), {("EM-09 2025-03", "unmapped")})
        issue = self.env["carbon.collection.issue"].search([("label", "=", "EM-09 2025-03")])
        self.assertIn("EM-09", issue.advice)
        action = issue.action_create_rule()
        self.assertEqual(action["context"]["default_equipment_id"], other.id)
        self._rule("metered", self.power, equipment_id=other.id, name="EM-09")
        issue.action_retry()
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(10)})
        self.assertFalse(self._issues())

    def test_what_is_collected_live_is_what_the_history_gives(self):
        self._read(self.em, "2025-01-17 08:00", 0)
        self._read(self.em, "2025-03-02 19:30", 777.7)
        self._read(self.gm, "2025-01-01 00:00", 5)
        self._read(self.gm, "2025-02-01 00:00", 77)
        before = self._ledger()
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))
        self.assertEqual(self._ledger(), before)

    def test_other_meters_of_a_unit_that_does_not_convert_wait(self):
        weigh = self._meter(
            "WB-1", carbon_meter_kind="weighbridge", carbon_uom_id=self.ton.id, carbon_register="interval"
        )
        self._rule("metered", self.power, equipment_id=weigh.id, name="Weighbridge")
        self._read(weigh, "2025-03-05 10:00", 25)
        self.assertEqual(self._issues(), {("WB-1 2025-03", "unit")})

    def test_the_material_of_a_meter_converts_what_it_reads(self):
        gas = self.env["product.product"].create({"name": "Natural gas", "type": "consu", "uom_id": self.m3.id})
        energy = self._source("Gas by energy", self.kwh, self._factor("GASE", self.kwh, "0.2"))
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": gas.id,
                "company_id": self.company.id,
                "from_uom_id": self.m3.id,
                "to_uom_id": self.kwh.id,
                "factor": 10,
                "source_document": "x",
            }
        )
        meter = self._meter("GM-09", carbon_meter_kind="gas", carbon_uom_id=self.m3.id, carbon_product_id=gas.id)
        self._rule("metered", energy, equipment_id=meter.id, name="Gas energy")
        self._read(meter, "2025-03-01 00:00", 0)
        self._read(meter, "2025-03-21 00:00", 30)
        self.assertEqual(self._months(energy), {"2025-03": Decimal(300)})

    def test_a_closed_month_takes_nothing_in_and_only_that_month_waits(self):
        self._read(self.em, "2025-02-28 24:00", 0)
        self._read(self.em, "2025-03-28 24:00", 280)
        self.env["carbon.collection.run"].search([]).mapped("state")
        self._collect()
        self._shut("2025-03-01")
        # the reading after the close says what the last three days of March used: ten a day; April is counted at once
        self._read(self.em, "2025-04-10 24:00", 410)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(280), "2025-04": Decimal(100)})
        self.assertEqual(self._issues(), {("EM-01 2025-03", "late")})

    def test_the_engine_forgets_a_meter_month_whose_readings_were_all_taken_back(self):
        first = self._read(self.em, "2025-03-01 00:00", 0)
        second = self._read(self.em, "2025-03-11 00:00", 100)
        second._correct("Read from another meter")
        self._commit()
        self.assertEqual(self._months(self.power), {})
        first._correct("Also")
        self._commit()
        rows = self._ledger()
        self.assertEqual(sum(row[5] for row in rows), 0)
        self.assertEqual(len(rows), 2)  # the row and its counter row

    def test_formulas_and_meters_in_circles_or_are_refused(self):
        virtual = self._meter("EM-V", carbon_register="virtual")
        with self.assertRaisesRegex(ValidationError, "formula of other meters"):
            self._read(virtual, "2025-03-01 00:00", 1)
        with self.assertRaises(ValidationError):
            self.env["carbon.meter.part"].create({"meter_id": virtual.id, "part_id": virtual.id})

    def test_the_months_of_a_meter_are_listed_with_their_readings(self):
        self._read(self.em, "2025-03-21 00:00", 0)
        self._read(self.em, "2025-04-11 00:00", 210)
        report = self.env["carbon.meter.month.report"].search([("equipment_id", "=", self.em.id)], order="date")
        self.assertEqual([(str(row.date), row.quantity, row.state) for row in report],
                         [("2025-03-01", 110.0, "counted"), ("2025-04-01", 100.0, "counted")])  # fmt: skip
        action = report[1].action_open_readings()
        self.assertEqual(len(self.readings.search(action["domain"])), 2)
        row = self.env["carbon.activity.data"].search([("source_id", "=", self.power.id)], limit=1)
        self.assertEqual(row.action_open_origin()["res_model"], "carbon.meter.reading")
        self.assertEqual(row.document_number, "EM-01 2025-04")

    def test_a_system_that_changes_its_time_zone_has_its_months_anew(self):
        self._read(self.em, "2025-03-31 12:00", 0)
        self._read(self.em, "2025-04-01 12:00", 24)
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(12), "2025-04": Decimal(12)})
        self.system.tz = "UTC"
        self._commit()
        self._collect()
        # 04:00 UTC to 04:00 UTC
        self.assertEqual(self._months(self.power), {"2025-03": Decimal(20), "2025-04": Decimal(4)})

    def test_months_meters_and_counter_lines_are_kept_by_the_database(self):
        reading = self._read(self.em, "2025-03-31 12:00", 0)
        for statement in (
            "UPDATE carbon_meter_reading SET value = 1",
            "DELETE FROM carbon_meter_reading",
            "TRUNCATE carbon_meter_reading",
        ):
            with self._refused_by_database():
                self.env.cr.execute(statement)
        for change in (
            lambda: reading.write({"value": 3}),
            reading.unlink,
            lambda: self.env["carbon.meter.month"].search([]).write({"date": "2020-01-01"}),
            lambda: self.env["carbon.meter.month"].create({"equipment_id": self.em.id}),
            self.em.unlink,
            lambda: self.em.write({"is_carbon_meter": False}),
        ):
            with self.assertRaises(UserError):
                change()
        self.assertEqual(reading.value, 0)

    def test_a_long_gap_between_readings_gives_every_month_its_share(self):
        self._read(self.em, "2020-01-01 00:00", 0)
        self._read(
            self.em,
            "2025-01-01 00:00",
            (self._utc("2025-01-01 00:00") - self._utc("2020-01-01 00:00")) / timedelta(days=1),
        )
        months = self._months(self.power)
        self.assertEqual(len(months), 60)
        self.assertEqual(months["2024-02"], 29)
