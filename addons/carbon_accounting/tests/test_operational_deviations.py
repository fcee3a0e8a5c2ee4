from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.carbon_management.tests.test_operational import OperationalCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestOperationalDeviations(OperationalCommon):
    """A check outside its limits opens a deviation, once, for who is responsible (R-104)."""

    def _answered(self, figure, **values):
        check = self._check(self._criterion(has_serious=True, serious_margin=20.0, **values), figure=figure)
        self._as(check, "plain").action_done()
        return check, self.env["carbon.deviation"].search([("check_id", "=", check.id)])

    def test_a_value_outside_opens_a_deviation_with_owner_and_activity(self):
        check, deviation = self._answered("195.5")
        self.assertEqual(
            (deviation.value, deviation.limit, deviation.unit, deviation.is_serious, deviation.state),
            (195.5, 180.0, "°C", False, "open"),
        )
        self.assertEqual((deviation.equipment_id, deviation.owner_id), (self.boiler, self.users["plain"]))
        self.assertEqual(deviation.name, "Temperature of the flue gas (Boiler 2): 195.5 °C outside ≤ 180 °C")
        self.assertEqual(deviation.activity_ids.user_id, self.users["plain"])
        check._open_deviation()
        self.assertEqual(self.env["carbon.deviation"].search_count([("check_id", "=", check.id)]), 1)
        self.assertIn("195.5", self._as(check, "reader").deviations[0]["label"])
        self.assertIn("195.5", self._as(check, "plain").deviations[0]["label"])
        other = self._check(check.criterion_id, user_id=self.users["technician2"].id, figure="200")
        other.action_done()
        self.assertFalse(self._as(other, "technician2").deviations)

    def test_its_owner_writes_cause_and_response_and_somebody_else_closes_it(self):
        deviation = self._answered("195.5")[1]
        own = self._as(deviation, "plain")
        own.write({"cause": "Soot", "response": "Cleaned"})
        for step in (lambda: own.write({"value": 1.0}), own.action_close, lambda: own.write({"owner_id": 1})):
            with self.assertRaises(AccessError):
                step()
        for name in ("reader", "technician", "verifier"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._as(deviation, name).write({"cause": "X"})
        self._as(deviation, "data_owner").action_close()
        self.assertEqual(deviation.state, "closed")

    def test_beyond_the_margin_it_is_serious(self):
        self.assertTrue(self._answered("200.1")[1].is_serious)

    def test_a_value_inside_opens_none(self):
        self.assertFalse(self._answered("180")[1])

    def test_the_limit_that_was_broken_is_named(self):
        _check, deviation = self._answered("1", limit_kind="range", limit_low=2.0, limit_high=5.0)
        self.assertEqual(deviation.limit, 2.0)

    def test_what_is_not_as_described_opens_one_in_words(self):
        criterion = self._criterion(limit_kind="statement", description="The lid is closed.", parameter="Lid")
        check = self._check(criterion, conforms="no")
        check.action_done()
        deviation = self.env["carbon.deviation"].search([("check_id", "=", check.id)])
        self.assertEqual(deviation.name, "Lid (Boiler 2): not as described")
        with self.assertRaises(UserError):
            deviation.action_close()

    def test_a_criterion_names_its_emission_unit(self):
        unit = self.env["carbon.emission.unit"].create({"name": "Boiler house", "company_id": self.company_a.id})
        criterion = self._criterion(emission_unit_id=unit.id)
        with self.assertRaises(UserError):
            criterion.emission_unit_id = False
