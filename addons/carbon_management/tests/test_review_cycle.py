from odoo.fields import Date
from odoo.tests import freeze_time, tagged

from .common import CarbonManagementCommon

REVIEW = "carbon_management.mail_activity_review"


@tagged("post_install", "-at_install")
class TestReviewCycle(CarbonManagementCommon):
    """Planned intervals, raised once, dated when done (R-004)."""

    @classmethod
    @freeze_time("2025-01-15")
    def setUpClass(cls):
        super().setUpClass()
        cls.boundary = cls._new_boundary(review_user_id=cls.users["manager"].id)
        cls.boundary.action_approve()
        cls.env.flush_all()

    def _activities(self):
        return self.boundary.activity_ids.filtered(lambda a: a.activity_type_id == self.env.ref(REVIEW))

    def _run(self):
        self.env["carbon.review.cycle.mixin"]._cron_raise_review_activities()

    def test_the_next_date_follows_from_the_interval(self):
        self.assertEqual(self.boundary.review_next_date, Date.to_date("2026-01-15"))
        with freeze_time("2025-06-01"):
            self.boundary.action_review_done()
        self.assertEqual(self.boundary.review_next_date, Date.to_date("2026-06-01"))

    def test_no_interval_means_no_review(self):
        self.boundary.review_interval_months = 0
        self.assertFalse(self.boundary.review_next_date)

    def test_nothing_is_raised_before_it_is_due(self):
        with freeze_time("2026-01-14"):
            self._run()
        self.assertFalse(self._activities())

    def test_a_due_review_is_raised_once(self):
        with freeze_time("2026-01-15"):
            self._run()
            self._run()
        self.assertEqual(len(self._activities()), 1)
        self.assertEqual(self._activities().user_id, self.users["manager"])
        self.assertEqual(self._activities().date_deadline, Date.to_date("2026-01-15"))

    def test_a_late_cron_catches_up_once(self):
        with freeze_time("2026-03-01"):
            self._run()
        with freeze_time("2026-03-02"):
            self._run()
        self.assertEqual(len(self._activities()), 1)

    def test_a_dismissed_activity_does_not_come_back_for_the_same_date(self):
        with freeze_time("2026-01-15"):
            self._run()
            self._activities().unlink()
            self._run()
        self.assertFalse(self._activities())

    def test_a_reviewer_who_left_or_may_not_see_is_replaced_by_a_manager(self):
        self.boundary.review_user_id = self.users["plain"]
        with freeze_time("2026-01-15"):
            self._run()
        asked = self._activities().user_id
        self.assertTrue(asked.has_group("carbon_management.group_carbon_manager"))
        self.assertIn(self.company_a, asked.company_ids)

    def test_an_archived_reviewer_does_not_stop_the_job(self):
        leaver = self._new_user("carbon_gone", "base.group_user", self.company_a)
        self.boundary.review_user_id = leaver
        leaver.active = False
        with freeze_time("2026-01-15"):
            self._run()
        self.assertEqual(len(self._activities()), 1)
        self.assertNotEqual(self._activities().user_id, leaver)

    def test_a_review_closes_its_activity_and_is_recorded(self):
        with freeze_time("2026-01-20"):
            self._run()
            self._as(self.boundary, "manager").action_review_changed()
        self.assertFalse(self._activities())
        self.assertEqual(self.boundary.review_outcome, "changed")
        self.assertEqual(self.boundary.review_last_date, Date.to_date("2026-01-20"))
        entry = self._trail(self.company_a, "review.done")
        self.assertIn('"outcome":"changed"', entry.payload)
        with freeze_time("2027-01-20"):
            self._run()
            self.assertEqual(len(self._activities()), 1)

    def test_drafts_are_not_under_review(self):
        with freeze_time("2025-01-15"):
            draft = self._new_boundary(date_from="2027-01-01")
            self.env.flush_all()
        with freeze_time("2026-02-01"):
            self._run()
        self.assertFalse(draft.activity_ids)

    def test_overdue_can_be_searched(self):
        boundaries = self.env["carbon.boundary"]
        domain = [("id", "=", self.boundary.id), ("review_overdue", "=", True)]
        with freeze_time("2026-01-15"):
            self.assertFalse(boundaries.search(domain))
        with freeze_time("2026-01-16"):
            self.env.invalidate_all()
            self.assertTrue(boundaries.search(domain))
            self.assertTrue(self.boundary.review_overdue)
            not_overdue = [
                ("id", "=", self.boundary.id),
                ("review_overdue", "=", False),
            ]
            self.assertFalse(boundaries.search(not_overdue))

    def test_records_without_date_are_not_overdue(self):
        self.boundary.review_interval_months = 0
        domain = [("id", "=", self.boundary.id), ("review_overdue", "=", False)]
        self.assertTrue(self.env["carbon.boundary"].search(domain))

    def test_the_usual_interval_comes_from_the_system(self):
        self._new_system(self.company_a, review_interval_months=6)
        process = self.env["carbon.process"].create({"name": "Collect", "company_id": self.company_a.id})
        self.assertEqual(process.review_interval_months, 6)
