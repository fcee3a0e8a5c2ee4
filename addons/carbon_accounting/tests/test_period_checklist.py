from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .approval_common import ApprovalCommon
from .monitoring_common import MonitoringCommon


class ChecklistCommon(ApprovalCommon):
    """March 2025 with 100 t of coal: 186.853 t CO2e."""

    def setUp(self):
        super().setUp()
        self._enter(100)
        self.march = self._period("2025-03-01")

    def _issue(self, reason, quantity=None, uom=None, number=900001, company=None, **values):
        return (
            self.env["carbon.collection.issue"]
            .sudo()
            .create(
                {
                    "company_id": (company or self.company).id,
                    "origin_model": "carbon.declaration",
                    "origin_id": number,
                    "reason": reason,
                    "date": "2025-03-20",
                    "quantity": quantity,
                    "uom_id": (uom or self.ton).id,
                    "source_id": self.coal.id,
                    **values,
                }
            )
        )

    def _lines(self, period=None, closing=False):
        """Return {code: (count, t to the kg, unknown, share to 0.1 %, stops)}."""
        lines = self.env["carbon.period.checklist"]._weighed(period or self.march, closing)
        return {
            line["code"]: (
                *(line["count"], round(line["t"], 3), line["unknown"], round(line["share"], 1), line["stops"]),
            )
            for line in lines
        }

    def _dialog(self, user=None, period=None):
        action = (period or self.march).with_user(user or self.accountant).action_open_checklist()
        return self.env[action["res_model"]].with_user(user or self.accountant).browse(action["res_id"])


@tagged("post_install", "-at_install")
class TestPeriodChecklist(ChecklistCommon):
    """What stands in the way of closing a month (R-139, R-151, story S3)."""

    def test_month_without_blockers_closes(self):
        self.assertEqual(self._lines(closing=True), {})
        dialog = self._dialog()
        self.assertEqual((dialog.is_stopped, dialog.materiality, round(dialog.total_t, 3)), (False, 5, 186.853))
        dialog.action_close()
        self.assertEqual((self.march.state, self.march.closed_by_id), ("closed", self.accountant))

    def test_blocker_below_the_materiality_does_not_stop(self):
        # 2 t of coal are 3.737 t CO2e, 2.0 % of 186.853
        self._issue("late", 2)
        self.assertEqual(self._lines(closing=True), {"late": (1, 3.737, 0, 2.0, False)})
        self.march.with_user(self.accountant).action_close()
        self.assertEqual(self.march.state, "closed")

    def test_material_blocker_stops_the_close_and_says_what_to_do(self):
        # 9,400 kg of coal, counted with the factor of the day: 17.564 t CO2e, 9.4 %
        self._issue("inactive", 9400, self.kg)
        self._issue("late", -1, number=900002)
        self.assertEqual(
            self._lines(closing=True), {"unit": (1, 17.564, 0, 9.4, True), "late": (1, 1.869, 0, 1.0, False)}
        )
        with self.assertRaisesRegex(
            UserError, r"2025-03 cannot be closed:\n.*17\.564 t CO₂e, 9\.4 % of the month"
        ) as told:
            self.march.with_user(self.accountant).action_close()
        self.assertNotIn("Late", str(told.exception))
        self.assertIn("another person confirms", str(told.exception))
        for su in (self.march.sudo(), self.march.with_user(self.manager)):
            with self.assertRaisesRegex(UserError, "cannot be closed"):
                su.action_close()
        self.assertEqual(self.march.state, "open")
        self.system.close_materiality = 10
        self.march.with_user(self.accountant).action_close()
        self.assertEqual(self.march.state, "closed")

    def test_records_of_unknown_weight_are_shown_and_stop_where_the_company_wants_it(self):
        self._issue("unmapped", 5, source_id=False)
        self._issue("failed", number=900002, date=False, source_id=False, uom_id=False)
        self._issue("unit", 5, self.litre, number=900003)
        expected = {code: (1, 0, 1, 0, False) for code in ("unmapped", "failed", "unit")}
        self.assertEqual(self._lines(closing=True), expected)
        self.system.close_unknown_stops = True
        self.assertEqual({line[4] for line in self._lines(closing=True).values()}, {True})
        with self.assertRaisesRegex(UserError, "of unknown weight"):
            self.march.with_user(self.accountant).action_close()

    def test_missing_factor_is_weighed_with_the_factor_of_today(self):
        gas = self._source("Gas", self.ton, self._factor("GAS", self.ton, "2000", date_from="2025-06-01"))
        rule = self._rule("declared", gas, name="Gas declared")
        self._enter(10, rule=rule)
        # 10 t × 2 t CO2e, of 186.853 that count
        self.assertEqual(self._lines(closing=True), {"factor": (1, 20, 0, 10.7, True)})

    def test_factor_made_for_earlier_years_is_weighed_with_what_it_counts(self):
        factor = self._factor("OLD", self.ton, "2000")
        source = self._source("Old", self.ton, factor)
        self._enter(4, rule=self._rule("declared", source, name="Old declared"))
        version = factor.version_ids
        self._tamper(
            "UPDATE carbon_emission_factor_version SET reporting_years = 'FY2023-FY2024' WHERE id = %s", version.id
        )
        # 8 t of 194.853
        self.assertEqual(self._lines(closing=True), {"expired": (1, 8, 0, 4.1, False)})
        self._tamper("UPDATE carbon_emission_factor_version SET reporting_years = 'FY2023+' WHERE id = %s", version.id)
        self.assertEqual(self._lines(closing=True), {})

    def test_data_waiting_for_approval_are_weighed_against_the_whole_month(self):
        self.system.with_user(self.manager)._switch_on_data_approval("accept", "Audit")
        self._enter(6)
        # 6 t of 106 t
        self.assertEqual(self._lines(closing=True), {"pending": (1, 11.211, 0, 5.7, True)})
        with self.assertRaisesRegex(UserError, "waiting for approval: 1"):
            self.march.with_user(self.accountant).action_close()
        self._groups().action_approve()
        self.march.with_user(self.accountant).action_close()
        self.assertEqual(self.march.state, "closed")

    def test_missing_evidence_is_shown_and_stops_where_the_company_wants_it(self):
        self.assertEqual(self._lines(), {"evidence": (1, 186.853, 0, 100, False)})
        self.system.close_evidence_stops = True
        with self.assertRaisesRegex(UserError, "no file: 1"):
            self.march.with_user(self.accountant).action_close()
        declaration = self.env["carbon.declaration"].search([("name", "=", "D 100")])
        self.env["ir.attachment"].create(
            {"name": "ticket.pdf", "raw": b"x", "res_model": "carbon.declaration", "res_id": declaration.id}
        )
        self.assertEqual(self._lines(), {})
        self.march.with_user(self.accountant).action_close()

    def test_changed_rules_are_shown_and_cannot_be_overridden(self):
        self.coal_rule.write({"multiplier": 2, "multiplier_reason": "Half is counted elsewhere"})
        self.env.flush_all()
        dialog = self._dialog()
        self.assertIn("basis", dialog.line_ids.mapped("code"))
        self.assertTrue(dialog.is_stopped)
        self.assertFalse(dialog.can_override)
        with self.assertRaisesRegex(UserError, "changed after the last collection"):
            dialog.action_close()

    def test_each_line_leads_to_its_records(self):
        self.system.with_user(self.manager)._switch_on_data_approval("accept", "Audit")
        self._enter(6)
        self._issue("late", 10)
        self._issue("failed", number=900002, date=False)
        dialog = self._dialog()
        found = {}
        for line in dialog.line_ids:
            action = line.action_open()
            found[line.code] = self.env[action["res_model"]].with_user(self.accountant).search_count(action["domain"])
            self.assertEqual(found[line.code], line.count, line.code)
        self.assertEqual(found, {"late": 1, "failed": 1, "pending": 1, "evidence": 2})

    def test_other_months_and_companies_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other works"})
        self._issue("late", 50, company=other)
        self._issue("late", 50, number=900002, date="2025-04-01")
        self._issue("late", 50, number=900003, state="resolved")
        self.assertEqual(self._lines(closing=True), {})
        stranger = self._user("ck-stranger", "group_carbon_manager", other)
        theirs = self.march.with_user(stranger).with_context(allowed_company_ids=other.ids)
        for step in (theirs.action_open_checklist, theirs.action_close):
            with self.assertRaises(AccessError):
                step()

    def test_reader_neither_opens_the_checklist_nor_closes(self):
        with self.assertRaises(AccessError):
            self.march.with_user(self.reader).action_open_checklist()
        with self.assertRaises(UserError):
            self.march.with_user(self.reader).action_close()


@tagged("post_install", "-at_install")
class TestPeriodOverride(ChecklistCommon):
    """Closing over a material blocker takes a reason and two persons (R-139)."""

    def setUp(self):
        super().setUp()
        self._issue("late", 10)  # 18.685 t CO2e, 10.0 %

    def _ask(self, user=None, reason="The supplier answers in May"):
        dialog = self._dialog(user)
        dialog.reason = reason
        dialog.action_request()
        return self.march.override_ids.sorted()[:1]

    def test_one_asks_another_confirms_and_the_month_remembers(self):
        with self.assertRaisesRegex(UserError, "Write why"):
            self._ask(reason=" ")
        override = self._ask()
        self.assertEqual((override.state, override.requested_by_id), ("requested", self.accountant))
        self.assertEqual(
            {**override.accepted["late"], "t": round(override.accepted["late"]["t"], 3)},
            {"count": 1, "t": 18.685, "unknown": 0},
        )
        with self.assertRaisesRegex(UserError, "cannot be closed"):
            self.march.with_user(self.accountant).action_close()
        self._dialog(self.manager).action_confirm()
        self.assertEqual((override.state, override.confirmed_by_id), ("confirmed", self.manager))
        dialog = self._dialog()
        self.assertEqual(
            (dialog.is_stopped, dialog.line_ids.filtered(lambda line: line.code == "late").state), (False, "overridden")
        )
        dialog.action_close()
        self.assertEqual((self.march.state, override.state), ("closed", "used"))
        entries = self.env["carbon.trail.entry"].search([("event", "=like", "period_override.%")], order="id")
        self.assertEqual(
            [(entry.event, entry.actor_login) for entry in entries if entry.event != "period_override.change"],
            [
                ("period_override.request", "seal-accountant"),
                ("period_override.confirm", "seal-manager"),
                ("period_override.use", "seal-accountant"),
            ],
        )
        self.assertIn("The supplier answers in May", entries.mapped("reason"))

    def test_nobody_confirms_their_own_request_whatever_their_rights(self):
        override = self._ask(self.manager)
        for own in (override.with_user(self.manager), override.with_user(self.manager).sudo()):
            with self.assertRaisesRegex(AccessError, "Another carbon manager"):
                own.action_confirm()
        for user in (self.accountant, self.reader, self.verifier):
            with self.assertRaisesRegex(AccessError, "confirmed by a carbon manager"):
                override.with_user(user).action_confirm()
        override.with_user(self.other_manager).action_confirm()
        self.assertEqual(override.state, "confirmed")

    def test_override_covers_what_was_asked_for_and_no_more(self):
        self._ask().with_user(self.manager).action_confirm()
        self._issue("late", 1, number=900002)
        with self.assertRaisesRegex(UserError, "Late adjustments: 2"):
            self.march.with_user(self.accountant).action_close()
        self.assertTrue(self._dialog().is_stopped)
        self.env["carbon.collection.issue"].sudo().search([("origin_id", "=", 900002)]).state = "resolved"
        self._issue("inactive", 20, number=900003)
        with self.assertRaisesRegex(UserError, "Units, values, rates or dates missing") as told:
            self.march.with_user(self.accountant).action_close()
        self.assertNotIn("Late", str(told.exception))

    def test_override_is_used_up_by_one_close(self):
        self._ask().with_user(self.manager).action_confirm()
        self.march.with_user(self.accountant).action_close()
        self.march.with_user(self.manager).action_reopen()
        with self.assertRaisesRegex(UserError, "cannot be closed"):
            self.march.with_user(self.accountant).action_close()
        self.assertEqual(self._ask().state, "requested")

    def test_refused_override_closes_nothing_and_another_one_may_be_asked_for(self):
        override = self._ask()
        with self.assertRaisesRegex(UserError, "asked for already"):
            self._ask()
        override.with_user(self.manager).action_refuse()
        with self.assertRaisesRegex(UserError, "cannot be closed"):
            self.march.with_user(self.accountant).action_close()
        with self.assertRaisesRegex(UserError, "is Refused"):
            override.with_user(self.manager).action_confirm()
        self.assertEqual(self._ask().state, "requested")

    def test_overrides_are_not_forged_by_rpc_or_sql(self):
        override = self._ask()
        for user in (self.accountant, self.manager, self.other_manager):
            for mine in (override.with_user(user), override.with_user(user).sudo().with_context(carbon_gate=True)):
                for values in ({"state": "confirmed"}, {"accepted": {}}, {"confirmed_by_id": user.id}):
                    with self.assertRaises(UserError):
                        mine.write(values)
                with self.assertRaises(UserError):
                    mine.unlink()
            with self.assertRaises(UserError):
                override.with_user(user).create({"period_id": self.march.id})
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_period_override SET state = 'confirmed', confirmed_by_id = requested_by_id WHERE id = %s",
            f"UPDATE carbon_period_override SET state = 'confirmed', confirmed_by_id = {self.manager.id} WHERE id = %s",
            "UPDATE carbon_period_override SET state = 'used' WHERE id = %s",
            "UPDATE carbon_period_override SET reason = 'other' WHERE id = %s",
            "UPDATE carbon_period_override SET accepted = '{}' WHERE id = %s",
            "DELETE FROM carbon_period_override WHERE id = %s",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement, [override.id])
        with self._refused_by_database():
            self.env.cr.execute("TRUNCATE carbon_period_override")
        self.assertEqual(override.state, "requested")

    def test_other_companies_do_not_see_overrides(self):
        override = self._ask()
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("ov-stranger", "group_carbon_manager", other)
        theirs = override.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([]))
        for step in (theirs.action_confirm, theirs.action_refuse):
            with self.assertRaises(AccessError):
                step()

    def test_nothing_to_override_is_said(self):
        self.env["carbon.collection.issue"].sudo().search([]).state = "resolved"
        with self.assertRaisesRegex(UserError, "Nothing stops"):
            self._ask()


@tagged("post_install", "-at_install")
class TestPeriodChecklistMonitoring(MonitoringCommon):
    """Gaps and anomalies in the checklist (R-057, R-153)."""

    def _lines(self, day):
        lines = self.env["carbon.period.checklist"]._weighed(self._period(day), True)
        return {line["code"]: (line["count"], round(line["t"], 3), line["unknown"], line["stops"]) for line in lines}

    def test_gap_weighs_what_the_source_emitted_before_and_stops(self):
        self._plan([self._item()], "2024-01-01")
        self._read({month: 100 for month in range(1, 13)}, 2024)
        self._read({1: 110})
        self.assertEqual(self._lines("2025-01-01"), {})
        # mean of the year before: (11 × 100 t + 110 t) × 2 t CO2e / 12
        self.assertEqual(self._lines("2025-02-01"), {"gap": (1, 201.667, 0, True)})
        with self.assertRaisesRegex(UserError, "Expected data not there: 1, 201.667 t"):
            self._period("2025-02-01").with_user(self.accountant).action_close()
        gap = self._gaps().filtered(lambda row: str(row.date_from) == "2025-02-01")
        gap.with_user(self.accountant)._dismiss("Shut down")
        gap.with_user(self.second)._dismiss("Shut down")
        self._period("2025-02-01").with_user(self.accountant).action_close()
        self.assertEqual(self._period("2025-02-01").state, "closed")

    def test_anomaly_stops_until_somebody_explains_it(self):
        self._plan([self._item(allowed_change=12)])
        self._read({1: 100, 2: 150})
        self.env["carbon.data.anomaly"]._find(self.company)
        self.assertEqual(self._lines("2025-02-01"), {"anomaly": (1, 300, 0, True)})
        anomaly = self.env["carbon.data.anomaly"].search([("company_id", "=", self.company.id)])
        anomaly.with_user(self.owner)._explain("Second shift")
        self._period("2025-02-01").with_user(self.accountant).action_close()

    def test_month_with_a_unit_mistake_of_today_is_not_closed(self):
        self._read(dict.fromkeys(range(1, 12), 100) | {12: 112000})
        december = self._period("2025-12-01")
        self.assertEqual(self._lines("2025-12-01"), {"anomaly": (1, 224000, 0, True)})
        with self.assertRaisesRegex(UserError, "Anomalies nobody has explained: 1, 224000.000 t"):
            december.with_user(self.accountant).action_close()
        self.assertFalse(self.env["carbon.data.anomaly"].search([("company_id", "=", self.company.id)]))
        # the dialog keeps what it finds, so that its list can be answered
        action = december.with_user(self.accountant).action_open_checklist()
        line = self.env[action["res_model"]].browse(action["res_id"]).line_ids.filtered(lambda x: x.code == "anomaly")
        self.assertEqual((line.count, round(line.t, 3), line.state), (1, 224000, "stops"))
        action = line.action_open()
        anomaly = self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])
        self.assertEqual((anomaly.unit_factor, anomaly.quantity), (1000, 112000))
        anomaly._explain("Stock of the year")
        december.with_user(self.accountant).action_close()
        self.assertEqual(december.state, "closed")
