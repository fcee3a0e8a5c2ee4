from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .monitoring_common import MonitoringCommon

#: A calm year: 100 and 110 in turn. Mean 105, sample standard deviation 5.2223.
CALM = {month: 100 + 10 * (month % 2 == 0) for month in range(1, 13)}


@tagged("post_install", "-at_install")
class TestMonitoringAnomalies(MonitoringCommon):
    """What stands out is found by source and month, and counts as open until a person has explained it (R-153, R-154)."""

    def _found(self):
        anomalies = self.env["carbon.data.anomaly"]
        anomalies._find(self.company)
        return anomalies.search([("company_id", "=", self.company.id), ("state", "=", "open")], order="date")

    def _flags(self, row):
        names = ("is_change_previous", "is_change_year", "is_z", "is_limit", "is_unit")
        return {name for name in names if row[name]}

    def test_calm_source_has_no_anomaly(self):
        self._plan([self._item(allowed_change=50)])
        self._read(CALM, 2024)
        self._read(CALM)
        self.assertFalse(self._found())

    def test_change_beyond_the_allowed_percentage(self):
        self._plan([self._item(allowed_change=12)])
        self._read({1: 100, 2: 100}, 2024)
        # +10 % on January, −15 % on February, +17.6 % on March
        self._read({1: 100, 2: 110, 3: 93.5, 4: 110})
        rows = self._found()
        self.assertEqual([str(row.date) for row in rows], ["2025-03-01", "2025-04-01"])
        self.assertEqual([round(row.change_previous, 4) for row in rows], [-15, 17.6471])
        self.assertEqual(self._flags(rows[0]), {"is_change_previous"})
        self.assertIn("-15 % on the month before", rows[0].summary)

    def test_change_on_last_year_alone(self):
        self._plan([self._item(allowed_change=50, change_basis="year")])
        self._read({1: 100, 2: 20}, 2024)
        self._read({1: 170, 2: 21})
        rows = self._found()
        self.assertEqual([(str(row.date), round(row.change_year, 6)) for row in rows], [("2025-01-01", 70)])
        self.assertEqual(self._flags(rows), {"is_change_year"})

    def test_z_score_over_the_months_before(self):
        self._read(CALM, 2024)
        self._read({1: 125})
        row = self._found()
        # (125 − 105) / 5.2223 = 3.8297
        self.assertEqual((self._flags(row), round(row.z_score, 4), row.mean), ({"is_z"}, 3.8297, 105))
        self.assertFalse(row.is_serious)

    def test_season_that_comes_every_year_is_no_anomaly(self):
        self._read({**CALM, 2: 60}, 2024)
        self._read({1: 105, 2: 58})
        # (58 − 101.15) / 13.25 = −3.26, but 60 in the February before
        self.assertFalse(self._found())

    def test_eleven_months_are_too_few_for_a_z_score(self):
        self._read({month: value for month, value in CALM.items() if month > 1}, 2024)
        self._read({1: 125})
        self.assertFalse(self._found())

    def test_limits_of_the_item_are_serious(self):
        self._plan([self._item(uom_id=self.kg.id, expected_min=90000, expected_max=120000)])
        self._read({1: 100, 2: 80, 3: 121})
        rows = self._found()
        self.assertEqual([str(row.date) for row in rows], ["2025-02-01", "2025-03-01"])
        self.assertEqual({frozenset(self._flags(row)) for row in rows}, {frozenset({"is_limit"})})
        self.assertTrue(all(rows.mapped("is_serious")))

    def test_unit_mistakes_of_1000_and_10000(self):
        self._read({1: 100, 2: 110, 3: 90, 4: 0.1, 5: 1050000, 6: 100})
        rows = self._found()
        self.assertEqual(
            [(str(row.date), row.unit_factor) for row in rows], [("2025-04-01", 0.001), ("2025-05-01", 10000)]
        )
        self.assertTrue(all(rows.mapped("is_unit")))
        self.assertIn("× 10000", rows[1].summary)

    def test_month_under_way_is_not_judged(self):
        self._read({1: 100, 2: 100, 3: 100})
        with freeze_time("2026-02-20 08:00:00"):
            self._read({2: 0.1}, 2026)
            self.assertFalse(self._found())

    def test_explanation_by_a_person_settles_it_until_the_quantity_changes(self):
        self._plan([self._item(allowed_change=12)])
        self._read({1: 100, 2: 150})
        row = self._found()
        for user in (self.reader, self.other_owner):
            with self.assertRaisesRegex(AccessError, "m-owner"):
                row.with_user(user)._explain("x")
        with self.assertRaisesRegex(UserError, "Write why"):
            row.with_user(self.owner)._explain(" ")
        action = row.with_user(self.owner).action_explain()
        wizard = self.env["carbon.monitoring.answer.wizard"].with_user(self.owner).with_context(**action["context"])
        wizard.create({"text": "Second shift"}).action_confirm()
        self.assertEqual((row.state, row.comment, row.explained_by_id), ("explained", "Second shift", self.owner))
        self.assertFalse(self._found())
        made = self._read({2: 30})
        self.assertEqual((self._found(), row.quantity, row.comment), (row, 180, "Second shift"))
        row.with_user(self.accountant)._explain("Third shift")
        row.with_user(self.second).action_reopen()
        self.assertEqual(row.state, "open")
        made[2].action_cancel()
        self._read({1: 45})
        self.assertFalse(self._found(), "150 after 145")
        self.assertEqual(row.state, "settled")
        events = self.env["carbon.trail.entry"].search([("event", "=like", "anomaly.%")], order="id").mapped("event")
        self.assertEqual(
            events,
            ["anomaly.explain", "anomaly.reopen", "anomaly.explain", "anomaly.reopen", "anomaly.settle"],
        )

    def test_states_cannot_be_forged(self):
        self._plan([self._item(allowed_change=12)])
        self._read({1: 100, 2: 150})
        row = self._found()
        for user in (self.owner, self.manager):
            mine = row.with_user(user)
            for values in ({"state": "explained"}, {"comment": "x"}, {"quantity": 1}, {"is_serious": False}):
                with self.assertRaises(UserError):
                    mine.write(values)
                with self.assertRaises(UserError):
                    mine.sudo().with_context(carbon_gate=True).write(values)
            with self.assertRaises(UserError):
                mine.unlink()
            with self.assertRaises(UserError):
                mine.create({"source_id": self.gas.id, "date": "2025-09-01"})
        with self.assertRaises(AccessError):
            row.with_user(self.owner).action_reopen()
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("a-stranger", "group_carbon_manager", other)
        theirs = self.env["carbon.data.anomaly"].with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([]))

    def test_open_anomalies_are_counted_with_their_weight(self):
        self._plan([self._item(allowed_change=12)])
        self._read({1: 100, 2: 150, 3: 100})
        rows = self._found()
        day = self.env["carbon.reporting.period"]._fields["date_from"].to_date
        found = self.env["carbon.data.anomaly"]._open_anomalies(self.company, day("2025-01-01"), day("2025-03-31"))
        # 150 t and 100 t × 2 t CO2e
        self.assertEqual(found, {"count": 2, "t": 500})
        self.assertEqual(rows.mapped("co2e_t"), [300, 200])
        self.assertEqual((self._period("2025-02-01").anomaly_count, self.gas.anomaly_count), (1, 2))
        rows[0].with_user(self.owner)._explain("Test run")
        found = self.env["carbon.data.anomaly"]._open_anomalies(self.company, day("2025-02-01"), day("2025-02-28"))
        self.assertEqual(found, {"count": 0, "t": 0})

    def test_closed_months_are_looked_at_and_reported(self):
        self._plan([self._item(allowed_change=12)])
        self._read({1: 100, 2: 150})
        period = self._period("2025-02-01")
        self._override(period)
        period.with_user(self.manager).action_close()
        row = self._found()
        self.assertEqual((str(row.date), row.quantity, row.state), ("2025-02-01", 150, "open"))
        row.with_user(self.accountant)._explain("Closed over it: second shift")
        self.assertFalse(self._found())

    def test_constant_series_hides_no_jump(self):
        self._read(dict.fromkeys(range(1, 13), 100), 2024)
        self._read(dict.fromkeys(range(1, 12), 100) | {12: 45000})
        row = self._found()
        # 45,000 is no factor of 1,000 or 10,000; 5 % of the mean stand for the spread: (45000 − 100) / 5
        self.assertEqual((str(row.date), self._flags(row), row.z_score), ("2025-12-01", {"is_z"}, 8980))

    def test_constant_series_may_move_a_little(self):
        self._read(dict.fromkeys(range(1, 13), 100), 2024)
        self._read({1: 115})
        self.assertFalse(self._found())

    def test_month_under_way_is_judged_upwards(self):
        self._read(CALM)
        with freeze_time("2026-02-20 08:00:00"):
            self._read({1: 105, 2: 112000}, 2026)
            row = self._found()
            self.assertEqual((str(row.date), row.unit_factor), ("2026-02-01", 1000))
            row.with_user(self.accountant)._explain("Stock of the whole year")
            self._read({2: 5}, 2026)
            self.assertFalse(self._found(), "the month grows: that alone asks nothing again")
            self._read({2: 130000}, 2026)
            self.assertEqual(self._found(), row)

    def test_company_without_plan_is_looked_at_every_night(self):
        self._read(CALM)
        self._read({1: 112000}, 2026)
        companies = self.env["carbon.data.gap"]._companies_to_look_at()
        self.assertIn(self.company, companies)
        self.env["carbon.data.gap"]._find(companies)
        self.env["carbon.data.anomaly"]._find(companies)
        rows = self.env["carbon.data.anomaly"].search([("company_id", "=", self.company.id)])
        self.assertEqual([(str(row.date), row.unit_factor) for row in rows], [("2026-01-01", 1000)])

    def test_what_was_entered_today_stands_out_before_anybody_has_looked(self):
        self._read(CALM | {12: 112000})
        day = self.env["carbon.reporting.period"]._fields["date_from"].to_date
        found = self.env["carbon.data.anomaly"]._open_anomalies(self.company, day("2025-12-01"), day("2025-12-31"))
        self.assertEqual(found, {"count": 1, "t": 224000})
        self.assertFalse(self.env["carbon.data.anomaly"].search([("company_id", "=", self.company.id)]))

    def test_looking_costs_the_same_for_one_source_and_for_many(self):
        self._read({1: 100, 2: 100, 3: 100, 4: 100})
        self._found()
        with self.assertQueryCount(12):
            self.env["carbon.data.anomaly"]._find(self.company)
