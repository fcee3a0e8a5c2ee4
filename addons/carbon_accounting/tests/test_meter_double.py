from odoo.fields import Command
from odoo.tests import tagged

from .meter_common import MeterReadingCommon


@tagged("post_install", "-at_install")
class TestMeterDouble(MeterReadingCommon):
    """What a meter used counts once, whatever formulas it is part of; twice is on the checklist of the close (R-131)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sub = cls._meter("EM-02")
        cls.rest = cls._meter("V-01", carbon_register="virtual", carbon_calibration_months=0)
        cls.other = cls._source("Power of the line", cls.kwh, cls.power.factor_line_ids[:1].factor_id)

    def _formula(self, *parts, meter=None):
        (meter or self.rest).carbon_part_ids = [
            Command.create(
                {"part_id": part.id, "factor": factor, **dict(zip(("date_from", "date_to"), days, strict=False))}
            )
            for part, factor, *days in parts
        ]

    def _feed(self, meter, source=None):
        return self._rule("metered", source or self.other, equipment_id=meter.id, name=meter.carbon_code)

    def _march(self):
        """EM-01 used 1000 kWh in March, EM-02 400 of them."""
        for meter, figure in ((self.em, 1000), (self.sub, 400)):
            self._read(meter, "2025-02-28 24:00", 0, commit=False)
            self._read(meter, "2025-03-31 24:00", figure, commit=False)
        self._commit()
        self._collect()
        lines = self.env["carbon.period.checklist"]._weighed(self._period("2025-03-01"))
        return next((line for line in lines if line["code"] == "meter_double"), None)

    def test_a_formula_and_its_own_part_are_counted_twice(self):
        self._formula((self.em, 1), (self.sub, 1))
        self._feed(self.rest)
        line = self._march()
        self.assertEqual((line["count"], round(line["t"], 6)), (2, 0.5))  # 1000 kWh × 0.5 kg of EM-01
        self.assertTrue(line["stops"])
        self.assertEqual(line["action"]["domain"][0][2], sorted((self.em | self.rest).ids))

    def test_into_one_source_as_well(self):
        self._formula((self.em, 1))
        self._feed(self.rest, self.power)
        self.assertEqual(self._march()["count"], 2)

    def test_a_difference_and_what_it_takes_away_are_counted_once(self):
        self.em_rule.active = False
        self._formula((self.em, 1), (self.sub, -1))
        self._feed(self.rest)
        self._feed(self.sub)
        self.assertIsNone(self._march())
        self.assertEqual(str(self._months(self.other)["2025-03"].to_integral_value()), "1000")

    def test_a_difference_and_the_meter_before_it_are_counted_twice(self):
        self._formula((self.em, 1), (self.sub, -1))
        self._feed(self.rest)
        line = self._march()
        self.assertEqual((line["count"], round(line["t"], 6)), (2, 0.3))  # the difference: 600 kWh × 0.5 kg

    def test_shares_of_a_meter_that_add_up_to_one_are_fine_and_one_share_too_many_is_not(self):
        """How an unmetered unit gets its share of the meter above."""
        self.em_rule.active = False
        second = self._meter("V-02", carbon_register="virtual", carbon_calibration_months=0)
        self._formula((self.em, 0.6))
        self._formula((self.em, 0.4), meter=second)
        self._feed(self.rest)
        rule = self._feed(second, self.power)
        self.assertIsNone(self._march())
        self.assertEqual(
            [str(self._months(s)["2025-03"].to_integral_value()) for s in (self.other, self.power)], ["600", "400"]
        )
        second.carbon_part_ids.factor = 0.5
        self._commit()
        self._collect()
        self.assertTrue(rule.active)
        lines = {line["code"] for line in self.env["carbon.period.checklist"]._weighed(self._period("2025-03-01"))}
        self.assertIn("meter_double", lines)

    def test_formulas_that_follow_each_other_within_the_month_are_counted_once(self):
        self.em_rule.active = False
        second = self._meter("V-02", carbon_register="virtual", carbon_calibration_months=0)
        self._formula((self.em, 1, False, "2025-03-15"))
        self._formula((self.em, 1, "2025-03-16"), meter=second)
        self._feed(self.rest)
        self._feed(second, self.power)
        self.assertIsNone(self._march())

    def test_what_is_read_for_information_counts_nowhere(self):
        self._formula((self.em, 1), (self.sub, 1))
        self._rule("metered", None, equipment_id=self.rest.id, outcome="none", reason="For information", name="Sum")
        self.assertIsNone(self._march())
