from datetime import date

from odoo.fields import Domain
from odoo.tests import freeze_time, tagged

from ..tools.question import date_bounds, known_ids
from .common import CarbonCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15")
class TestQuestion(CarbonCommon):
    """What reports read of a domain before they read history: never less than the domain can meet."""

    def _bounds(self, *domain):
        report = self.env["carbon.superseded.report"]
        return tuple(day and str(day) for day in date_bounds(Domain(list(domain)).optimize_full(report), "date"))

    def test_year_of_the_search_view_is_a_range(self):
        year = ["&", ("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")]
        self.assertEqual(self._bounds(*year), ("2025-01-01", "2025-12-31"))
        self.assertEqual(
            self._bounds("&", "|", ("status", "=", "superseded"), ("status", "=", "unsupported"), *year),
            ("2025-01-01", "2025-12-31"),
        )

    def test_two_years_give_the_range_around_both(self):
        years = [
            *("|", "&", ("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")),
            *("&", ("date", ">=", "2022-01-01"), ("date", "<=", "2022-12-31")),
        ]
        self.assertEqual(self._bounds(*years), ("2022-01-01", "2025-12-31"))

    def test_narrower_conditions_win(self):
        self.assertEqual(
            self._bounds(("date", ">=", "2025-01-01"), ("date", ">", "2025-03-31"), ("date", "<", "2025-05-01")),
            ("2025-03-31", "2025-05-01"),
        )
        self.assertEqual(self._bounds(("date", "=", "2025-03-31")), ("2025-03-31", "2025-03-31"))
        self.assertEqual(self._bounds(("date", ">=", "today -1d")), ("2025-06-14", None))

    def test_what_may_lie_outside_leaves_the_range_open(self):
        for domain in (
            [],
            [("status", "=", "counted")],
            ["|", ("date", ">=", "2025-01-01"), ("status", "=", "counted")],
            [("date", "!=", "2025-01-01")],
            ["!", ("date", "=", "2025-01-01")],
            [("date", "=", False)],
            [("date", "in", ["2025-01-01", False])],
            [("date", ">=", "0001-01-01"), ("date", "<=", "9999-12-31")],
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self._bounds(*domain), (None, None))

    def test_numbers_are_known_only_where_every_row_has_one_of_them(self):
        report = self.env["carbon.superseded.report"]

        def ids(*domain):
            return known_ids(Domain(list(domain)).optimize_full(report))

        self.assertEqual(ids(("id", "in", [5, 7])), [5, 7])
        self.assertEqual(ids(("id", "in", [5, 7]), ("status", "=", "counted")), [5, 7])
        self.assertIsNone(ids("|", ("id", "in", [5, 7]), ("status", "=", "counted")))
        self.assertIsNone(ids(("id", "not in", [5, 7])))

    def test_forged_window_is_ignored(self):
        report = self.env["carbon.superseded.report"].with_context(carbon_superseded_window=["2030-01-01", None, {}])
        self.assertNotIn("2030", str(report._table_query.params))

    def test_only_documents_of_the_days_asked_for_are_read(self):
        report = self.env["carbon.superseded.report"]
        query = report._search([("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")]).select()
        self.assertIn("o.date >= %s AND o.date < %s", query.code)
        self.assertIn(date(2024, 12, 31), query.params)
        self.assertIn(date(2026, 1, 2), query.params)
        self.assertNotIn("o.date >= %s", report._search([]).select().code)
