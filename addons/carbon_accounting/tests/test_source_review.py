import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .performance_common import PerformanceCommon


@tagged("post_install", "-at_install")
class TestSourceReview(PerformanceCommon):
    """Every source is looked at with its figures, and what is said of it is kept (R-034, R-036)."""

    def setUp(self):
        super().setUp()
        # 12, 14 … 34 t, 276 t in all; coal once 10 t at 1868.533… kg: 18.685 t of 294.685
        self._set(self.output, 2024, range(1, 13))
        self._burn(2024, [10 + 2 * unit for unit in range(1, 13)])
        self._declare(self.coal_rule, 10, self.ton, "2024-03-10", name="COAL/2024")
        self._commit()
        self.inventory = self._computed(2024)

    def _review(self, **values):
        review = (
            self.env["carbon.source.review"]
            .with_user(self.accountant)
            .create(
                {
                    "name": "Review 2024",
                    "company_id": self.company.id,
                    "inventory_id": self.inventory.id,
                    "date_from": "2025-01-01",
                    **values,
                }
            )
        )
        review.action_compute()
        return review

    def _line(self, review, source):
        return review.line_ids.filtered(lambda line: line.source_id == source)

    def _decided(self, review):
        review.line_ids.filtered(lambda line: not line.significance).significance = "no"
        review.line_ids.filtered("lacks_comment").comment = "Heating season; the kiln was new in January."
        review.write({"conclusion": "Meter the kiln.", "offset_rules": "CCER, retired in the registry each June."})

    def test_line_tells_activity_share_lowest_and_highest_month_and_deviation(self):
        line = self._line(self._review(), self.kiln)
        self._assert_numbers(line, activity=276, emissions_t=276, month_min_t=12, month_max_t=34)
        # share 276 / 294.685333…; mean 23, variance of 12, 14 … 34 = 4 × (12² − 1) / 12 = 47.666…
        self.assertAlmostEqual(line.share_percent, 100 * 276 / (276 + 18.685333333333), 6)
        self.assertAlmostEqual(line.deviation_percent, 100 * (572 / 12) ** 0.5 / 23, 9)
        self.assertEqual((line.factors, line.gases, line.significance), ("TEST-KILN", "CO2", "yes"))

    def test_month_without_data_counts_as_nothing(self):
        line = self._line(self._review(), self.coal)
        self._assert_numbers(line, month_min_t=0)
        self.assertAlmostEqual(line.month_max_t, 18.685333333333, 9)
        # one month of twelve: the deviation is √11 of the mean
        self.assertAlmostEqual(line.deviation_percent, 100 * 11**0.5, 6)

    def test_sources_without_figures_and_planned_ones_are_listed_too(self):
        planned = self._source("Line 2", self.ton, self.coal_factor, planned=True)
        ended = self._source("Old boiler", self.ton, self.coal_factor, active_to="2023-12-31")
        later = self._source("Boiler of 2025", self.ton, self.coal_factor, active_from="2025-02-01")
        sources = self._review().line_ids.source_id
        self.assertLessEqual(planned | self.diesel | self.kiln, sources)
        self.assertFalse((ended | later) & sources)

    def test_change_against_the_inventory_before_is_told_and_wants_a_comment(self):
        self._burn(2023, [20] * 12)
        before = self._computed(2023)
        review = self._review(previous_id=before.id)
        line = self._line(review, self.kiln)
        self._assert_numbers(line, before_t=240, change_percent=15)
        coal = self._line(review, self.coal)
        coal.significance = "yes"
        self.assertTrue(coal.lacks_comment, "it appeared, and one month of twelve has all of it")
        coal.comment = "Trial of one delivery."
        self.assertFalse(coal.lacks_comment)

    def test_large_source_is_not_called_insignificant_without_a_reason(self):
        review = self._review()
        line = self._line(review, self.kiln)
        line.significance = "no"
        self.assertTrue(line.lacks_comment)

    def test_approval_wants_decisions_comments_conclusion_and_a_settled_inventory(self):
        review = self._review()
        with self.assertRaisesRegex(
            UserError, "(?s)is a draft.*Say of each whether it is significant.*Write the conclusion"
        ):
            review.with_user(self.manager).action_approve()
        self._decided(review)
        with self.assertRaisesRegex(UserError, "Inventory 2024 is a draft"):
            review.with_user(self.manager).action_approve()
        self._close_year(2024)
        self._approve(self.inventory)
        review.with_user(self.manager).action_approve()
        self.assertEqual((review.state, self.kiln.significance), ("approved", "yes"))
        self.assertEqual((self.coal.significance, self.kiln.reviewed_on), ("yes", review.approved_on))
        self.assertEqual(self.diesel.significance, "no")
        entry = self.env["carbon.trail.entry"].search([("event", "=", "source_review.approve")])
        self.assertEqual(json.loads(entry.payload)["lines"][self.kiln.code or str(self.kiln.id)]["significant"], "yes")

    def test_who_prepared_a_review_does_not_approve_it(self):
        review = self._review()
        self._decided(review)
        self._close_year(2024)
        self._approve(self.inventory)
        with self.assertRaises(AccessError):
            review.with_user(self.accountant).action_approve()
        review.with_user(self.manager).action_compute()
        with self.assertRaisesRegex(AccessError, "prepared by"):
            review.with_user(self.manager).action_approve()

    def test_forged_figures_and_missing_sources_stop_the_approval(self):
        self._close_year(2024)
        self._approve(self.inventory)
        for forge in (
            lambda review: self._line(review, self.kiln).write({"month_max_t": 1}),
            lambda review: self._line(review, self.kiln).write({"share_percent": 1}),
            lambda review: self._line(review, self.diesel).unlink(),
            lambda review: self._source("Forgotten", self.ton, self.coal_factor),
        ):
            review = self._review()
            self._decided(review)
            forge(review)
            self._decided(review)
            with self.assertRaisesRegex(UserError, "Press Compute"), self.env.cr.savepoint():
                review.with_user(self.manager).action_approve()

    def test_computing_again_keeps_what_was_written(self):
        review = self._review()
        self._decided(review)
        line = self._line(review, self.kiln)
        said = line.comment
        review.action_compute()
        self.assertEqual((line.exists(), line.comment, line.significance), (line, said, "yes"))

    def test_what_removals_leave_is_the_quantity_that_could_be_offset(self):
        removal = self._factor("GROWTH", self.ton, "1", gas=self.gas_co2)
        sink = self._source("Shelter belt", self.ton, removal, kind="sink")
        review = self._review(eligible_t=94.685)
        line = self._line(review, self.kiln)
        self._assert_numbers(line, emissions_t=276)
        self.assertIn(sink, review.line_ids.source_id)
        self.assertAlmostEqual(review.residual_t, 276 + 18.685333333333, 6)
        self.assertAlmostEqual(review.gap_t, 200 + 0.000333333333, 6)
        self.assertAlmostEqual(self.inventory.total_t, 294.685333333333, 6, "no offset enters the inventory")

    def test_approved_review_is_frozen_with_its_lines(self):
        review = self._review()
        self._decided(review)
        self._close_year(2024)
        self._approve(self.inventory)
        review.with_user(self.manager).action_approve()
        line = self._line(review, self.kiln)
        for act in (
            lambda: line.write({"significance": "no"}),
            line.unlink,
            lambda: review.write({"conclusion": "Nothing."}),
            review.action_compute,
            review.unlink,
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                act()

    def test_readers_see_reviews_of_their_company_and_change_none(self):
        review = self._review()
        review.with_user(self.reader).read(["emissions_t"])
        with self.assertRaises(AccessError):
            review.with_user(self.reader).action_compute()
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("review-stranger", "group_carbon_manager", other)
        self.assertFalse(
            review.with_user(stranger).with_context(allowed_company_ids=other.ids).search([("id", "=", review.id)])
        )
        self.assertFalse(
            review.line_ids.with_user(stranger)
            .with_context(allowed_company_ids=other.ids)
            .search([("review_id", "=", review.id)])
        )
