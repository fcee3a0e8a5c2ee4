import io

from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import tagged

from .uncertainty_common import UncertaintyCommon


@tagged("post_install", "-at_install")
class TestUncertaintyUnknown(UncertaintyCommon):
    """What is not known is said, and never shown as ±0 (R-138)."""

    def test_what_nobody_said_adds_nothing_and_is_told(self):
        self._burn("A", 75, 4, 3)
        self._burn("B", 25)
        inventory = self._assessed()
        self.assertAlmostEqual(inventory.uncertainty_percent, 5 * 0.75, 9)
        self.assertAlmostEqual(inventory.uncertainty_coverage, 75, 9)
        part = self.env["carbon.inventory.uncertainty"].search(
            [("inventory_id", "=", inventory.id), ("source_id.name", "=", "B")]
        )
        self.assertEqual((part.activity_origin, part.factor_origin, part.unknown), (False, False, "both"))
        for name in ("activity_percent", "factor_percent", "percent", "half_kg"):
            self.assertIs(part[name], False, name)
        source = self._results(inventory, "source")["B"]
        self.assertFalse(source.rating, "nothing is known: no rating")
        self.assertEqual(source.coverage, 0)
        for name in ("percent", "half_t", "lower_t", "upper_t"):
            self.assertIs(source[name], False, name)

    def test_one_half_alone_is_no_combined_uncertainty(self):
        # a measurement of ±5 % with a factor nobody knows, and the reverse
        self._burn("A", 60, 4, 3)
        self._burn("B", 25, 5)
        self._burn("C", 15, 0, 7)
        inventory = self._assessed()
        parts = self.env["carbon.inventory.uncertainty"].search([("inventory_id", "=", inventory.id)])
        self.assertEqual(parts.mapped("source_id.name"), ["A", "B", "C"], "the widest first, then what is not known")
        self.env.cr.execute(
            "SELECT percent, half_kg FROM carbon_inventory_uncertainty WHERE inventory_id = %s ORDER BY co2e_kg DESC",
            [inventory.id],
        )
        self.assertEqual(self.env.cr.fetchall(), [(5, 3000), (None, None), (None, None)])
        self.assertEqual(
            [
                [row[name] for name in ("activity_percent", "factor_percent", "percent", "half_kg")]
                for row in parts.read()
            ],
            [[4, 3, 5, 3000], [5, False, False, False], [False, 7, False, False]],
        )
        self.assertEqual(parts.mapped("unknown"), [False, "factor", "activity"])
        exported = parts.export_data(["source_id/name", "percent", "half_kg"])["datas"]
        self.assertEqual(exported, [["A", 5, 3000], ["B", "", ""], ["C", "", ""]])
        for direction in ("asc", "desc"):
            found = parts.search([("id", "in", parts.ids)], order=f"percent {direction}, id")
            self.assertEqual(found[0].source_id.name, "A", direction)

    def test_interval_of_a_shared_factor_says_for_how_much_it_is_known(self):
        meter = self.env["maintenance.equipment"].create({"name": "W1", "company_id": self.company.id})
        self._burn("A", 60, 4, 3, rule={"equipment_id": meter.id})
        self._burn("B", 40, 0, 3, rule={"equipment_id": meter.id})
        inventory = self._assessed()
        widest = self._results(inventory, "activity")["W1"]
        self.assertEqual((round(widest.half_t, 9), round(widest.co2e_t, 9), round(widest.coverage, 9)), (2.4, 100, 60))
        self.assertTrue(widest.is_known)
        self.assertIs(widest.score, False)
        total = self._results(inventory, "total")["With purchased energy"]
        self.assertIs(total.share, False, "a share of the variance is that of a measurement or a factor")

    def test_interval_of_what_is_mostly_unknown_is_not_shown(self):
        self._burn("A", 40, 4, 3)
        self._burn("B", 60)
        inventory = self._assessed()
        self.assertEqual((inventory.uncertainty_coverage, inventory.uncertainty_state), (40, "unknown"))
        totals = self._results(inventory, "total")
        self.assertFalse(any(row.is_known for row in totals.values()))
        self.assertTrue(self._results(inventory, "source")["A"].is_known)
        with self.assertRaisesRegex(UserError, "Only 40.0 % of the emissions"):
            inventory.action_simulate_uncertainty()
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(inventory, stream)
        rows = list(load_workbook(stream)["不确定性 Uncertainty"].values)
        total = next(row for row in rows if row[1] and "With purchased energy" in str(row[1]))
        self.assertEqual((total[3], *total[4:8]), ("未知 Not known", None, None, None, None))
        components = [row for row in rows if row[0] in ("测量 Measurement", "因子 Factor")]
        self.assertEqual([row[11] for row in components], [None, None], "halved or not, the total is not known")
        self.assertEqual([row[8] for row in components], [100, 100])
        inventory.action_compute()
        self.assertIs(inventory.uncertainty_percent, False)

    def test_interval_that_is_known_in_part_says_so(self):
        self._burn("A", 75, 4, 3)
        self._burn("B", 25)
        inventory = self._assessed()
        self.assertEqual(inventory.uncertainty_state, "partial")
        self.assertTrue(all(row.is_known for row in self._results(inventory, "total").values()))
