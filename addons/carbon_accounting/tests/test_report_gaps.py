import re

from odoo.tests import tagged

from .inventory_common import InventoryCommon
from .monitoring_common import MonitoringCommon


@tagged("post_install", "-at_install")
class TestReportGaps(MonitoringCommon, InventoryCommon):
    """What the GHG report says of gaps and anomalies is looked for, not only remembered (R-136, R-153)."""

    def _text(self, inventory):
        html = str(self.env["carbon.inventory.document"].with_user(self.reader)._html(inventory, "GBT32150", "en_US"))
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    def _section(self, inventory):
        return self.env["carbon.inventory.document"].with_user(self.reader)._section_gaps(inventory, None)

    def test_report_without_plan_says_that_gaps_were_not_looked_for(self):
        self._read({1: 100, 2: 100, 3: 100})
        text = self._text(self._computed())
        self.assertIn("2025-01-01 – 2025-12-31: no monitoring plan was in force, gaps were not looked for.", text)
        self.assertNotIn("No gap is on record", text)
        self.assertIn("No month of this period stands out.", text)

    def test_report_names_the_days_without_plan(self):
        self._plan([self._item()], "2025-04-01", date_to="2025-09-30")
        self._read({month: 100 for month in range(1, 13)})
        found = self._section(self._computed())["unplanned"]
        self.assertEqual(
            [tuple(map(str, days)) for days in found], [("2025-01-01", "2025-03-31"), ("2025-10-01", "2025-12-31")]
        )

    def test_report_names_missing_data_that_nobody_has_looked_for(self):
        self._plan([self._item()])
        self._read({month: 100 for month in range(1, 12) if month != 3})
        inventory = self._computed()
        self.assertFalse(self.env["carbon.data.gap"].search([("company_id", "=", self.company.id)]))
        rows = self._section(inventory)["missing"]
        # December 2025 is due on 10 January 2026
        self.assertEqual(
            [(str(row.date_from), row.status) for row in rows], [("2025-03-01", "missing"), ("2025-12-01", "missing")]
        )
        text = self._text(inventory)
        self.assertIn("Expected and not there", text)
        self.assertIn("2025-03-01 – 2025-03-31 Missing", text)
        self._gaps()
        self.env.invalidate_all()
        section = self._section(inventory)
        self.assertEqual((len(section["missing"]), len(section["rows"])), (0, 2))

    def test_report_of_complete_data_says_so(self):
        self._plan([self._item()])
        self._read({month: 100 for month in range(1, 13)})
        text = self._text(self._computed())
        self.assertIn("of what it expects for this period nothing is missing", text)

    def test_report_names_what_stands_out_before_anybody_has_looked(self):
        self._read(dict.fromkeys(range(1, 12), 100) | {12: 112000})
        inventory = self._computed()
        section = self._section(inventory)
        self.assertEqual(section["anomaly_counts"], [("Open", 1)])
        self.assertIn("× 1000 of the usual", self._text(inventory))
        self.assertFalse(self.env["carbon.data.anomaly"].search([("company_id", "=", self.company.id)]))
