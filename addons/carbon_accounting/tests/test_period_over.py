from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestPeriodOver(CarbonCommon):
    """What is not over is not closed, and what is yet to come is not declared (R-139, R-157)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.tz = "Asia/Shanghai"
        cls.coal_rule = cls._rule("declared", cls.coal)

    def test_month_is_closed_from_its_next_day_on_in_the_time_zone_of_the_company(self):
        december = self._period("2025-12-01")
        with (
            freeze_time("2025-12-31 15:59:59"),
            self.assertRaisesRegex(UserError, "12/2025.*not over.*01/01/2026|2025"),
        ):
            december.action_close()
        with freeze_time("2025-12-31 15:59:59"):
            checklist = self.env["carbon.period.checklist"].browse(december.action_open_checklist()["res_id"])
            self.assertTrue(checklist.is_stopped)
            self.assertEqual(checklist.line_ids.mapped("code"), ["running"])
            self.assertFalse(checklist.can_override)
        with freeze_time("2025-12-31 16:00:01"):  # 1 January in Shanghai
            december.action_close()
        self.assertEqual(december.state, "closed")

    def test_year_with_a_running_month_closes_none_of_its_months(self):
        months = self.env["carbon.reporting.period"]._ensure(self.company, date(2025, 1, 1), date(2025, 12, 31))
        with freeze_time("2025-12-24"), self.assertRaisesRegex(UserError, "not over"):
            months.action_close()
        self.assertEqual(set(months.mapped("state")), {"open"})

    def test_declaration_of_a_day_that_is_yet_to_come_is_not_posted(self):
        with freeze_time("2025-03-14 15:00:00"), self.assertRaisesRegex(UserError, "Coal of March.*yet to come"):
            self._declare(self.coal_rule, 10, self.ton, "2025-03-15", name="Coal of March")
        with freeze_time("2025-03-14 16:00:01"):  # 15 March in Shanghai
            self._declare(self.coal_rule, 10, self.ton, "2025-03-15", name="Coal of March")
            self._commit()
        self.assertEqual(self._sum(self.coal), 10)
