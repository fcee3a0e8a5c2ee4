from odoo.fields import Command
from odoo.tests import tagged

from .common import CarbonMrpCommon


@tagged("post_install", "-at_install")
class TestMrpChecks(CarbonMrpCommon):
    """Criteria of production are shown on work orders and checked when orders are closed (R-103, R-104)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.furnace, cls.mill = cls.env["mrp.workcenter"].create(
            [{"name": name, "company_id": cls.company.id} for name in ("Furnace", "Mill")]
        )
        cls.bom.operation_ids = [
            Command.create({"name": "Melt", "workcenter_id": cls.furnace.id, "time_cycle_manual": 10})
        ]

    @classmethod
    def _criterion(cls, **values):
        criterion = cls.env["carbon.operational.criterion"].create(
            {
                "name": "Furnace",
                "code": "OC-FURNACE",
                "company_id": cls.company.id,
                "date_from": "2020-01-01",
                "parameter": "Oxygen in the furnace",
                "limit_kind": "max",
                "limit_high": 3.0,
                "unit": "%",
                "on_production": True,
                "responsible_id": cls.env.user.id,
                **values,
            }
        )
        criterion.action_approve()
        return criterion

    def _checks(self, order):
        return self.env["carbon.operational.check"].search([("production_id", "=", order.id)])

    def test_a_closed_order_asks_for_its_checks_once(self):
        criterion = self._criterion(workcenter_ids=[Command.set(self.furnace.ids)])
        self._criterion(code="OC-MILL", workcenter_ids=[Command.set(self.mill.ids)])
        self._criterion(code="OC-OTHER", product_ids=[Command.set(self.slag.ids)])
        order = self._order(self.bom)
        self.assertFalse(self._checks(order))
        done = self._make(self.bom)
        check = self._checks(done)
        self.assertEqual(check.criterion_id, criterion)
        self.assertEqual((check.origin, check.origin_name, done.carbon_check_count), ("production", done.name, 1))
        check._raise_from(done, check.sudo()._raise_from_orders)
        self.assertEqual(len(self._checks(done)), 1)

    def test_a_value_outside_opens_a_deviation(self):
        self._criterion()
        check = self._checks(self._make(self.bom))
        check.figure = "3.4"
        check.action_done()
        deviation = self.env["carbon.deviation"].search([("check_id", "=", check.id)])
        self.assertEqual((deviation.value, deviation.limit), (3.4, 3.0))

    def test_work_orders_show_the_criteria_they_run_under(self):
        self._criterion(workcenter_ids=[Command.set(self.furnace.ids)])
        self._criterion(code="OC-MILL", parameter="Rolls", workcenter_ids=[Command.set(self.mill.ids)])
        order = self._order(self.bom)
        labels = [item["label"] for item in order.workorder_ids.carbon_criteria]
        self.assertEqual(len(labels), 1)
        self.assertIn("Oxygen in the furnace: ≤ 3 %", labels[0])
