from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestDataApproval(ApprovalCommon):
    """Approval of data before they count (R-127, R-157, story S3)."""

    # ------------------------------------------------------------------ what counts
    def test_where_data_count_at_once_the_statements_name_the_ledger_itself(self):
        engine = self.env["carbon.engine"]
        self.assertEqual(
            engine._sql_counted("carbon_emission_line", self.company.ids), SQL.identifier("carbon_emission_line")
        )
        declaration = self._enter(100)
        self.assertEqual(self._status(declaration), [(100, False)])
        self.assertEqual(engine._waiting(self.company, date(2025, 1, 1), date(2025, 12, 31)), {})
        self.assertEqual(self._total(), 186.853)

    def test_pending_data_are_visible_and_not_in_totals(self):
        self._switch_on()
        declaration = self._enter(100)
        self.assertEqual(self._status(declaration), [(100, "pending")])
        self.assertEqual(self._rows_of(declaration).co2e_t, 186.853333)
        self.assertEqual(self._total(), 0)
        group = self._groups()
        self.assertEqual(
            (group.source_id, group.date, group.row_count, group.quantity, round(group.co2e_t, 3)),
            (self.coal, date(2025, 3, 1), 1, 100, 186.853),
        )
        group.action_approve()
        self.assertEqual(self._status(declaration), [(100, "approved")])
        self.assertEqual(self._total(), 186.853)
        self.assertFalse(self._groups())
        self.assertEqual(self._groups("approved").row_count, 1)

    def test_overview_analysis_uncertainty_and_workbook_count_what_is_approved(self):
        self._switch_on()
        counted = self._enter(100)
        self._enter(7, rule=self.diesel_rule)
        self._groups().filtered(lambda group: group.source_id == self.coal).action_approve()
        data = self.env["carbon.overview"].get_data(2025)
        self.assertEqual((round(data["total"], 3), data["waiting"]["count"]), (186.853, 1))
        self.assertEqual(round(data["waiting"]["t"], 3), 21.671, "7 t × 3.09591")
        report = self.env["carbon.emission.report"]
        rows = report._read_group(
            [("company_id", "=", self.company.id)], ["is_approved"], ["co2e_t:sum", "waiting_t:sum"]
        )
        self.assertEqual(
            {(flag, round(total, 3), round(waiting, 3)) for flag, total, waiting in rows},
            {(True, 186.853, 0), (False, 0, 21.671)},
        )
        lines = report.search([("company_id", "=", self.company.id)])
        self.assertEqual(
            {(line.source_id, line.is_approved, round(line.co2e_t, 3)) for line in lines},
            {(self.coal, True, 186.853), (self.diesel, False, 0)},
        )
        inventory = self._computed()
        self.assertEqual((inventory.waiting_count, round(inventory.waiting_t, 3)), (1, 21.671))
        parts = self.env["carbon.inventory.uncertainty"]
        parts._fill(inventory)
        self.assertEqual(parts.search([("inventory_id", "=", inventory.id)]).source_id, self.coal)
        workbook = self.env["carbon.inventory.workbook"]
        engine = self.env["carbon.engine"]
        rows = self.env.execute_query(workbook._sql_activity(inventory, engine._approving(self.company.ids)))
        self.assertEqual({(row[3], row[14]) for row in rows}, {(counted.name, "approved"), ("D 7", "pending")})

    def test_a_whole_month_of_a_source_is_approved_in_one_decision(self):
        self._switch_on()
        for quantity in range(1, 21):
            self._enter(quantity)
        self._enter(500, "2025-04-02")
        march = self._groups().filtered(lambda group: group.date == self._month(3))
        self.assertEqual((march.row_count, march.quantity), (20, 210))
        march.action_approve()
        decision = self.env["carbon.data.decision"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual(
            (decision.outcome, decision.row_count, decision.user_id, str(decision.date_from), str(decision.date_to)),
            ("approved", 20, self.checker, "2025-03-01", "2025-03-31"),
        )
        self.assertEqual(decision.source_names, self.coal.display_name)
        entry = self.env["carbon.trail.entry"].search([("event", "=", "data.approve")], limit=1)
        self.assertEqual((entry.actor_login, entry.company_id), ("ap-checker", self.company))
        self.assertIn('"2025-03",20,"210"', entry.payload.replace(" ", ""))
        self.assertEqual(self._total(), round(210 * 1.868533333333333, 3))
        self.assertEqual(self._groups().date, self._month(4))

    # ------------------------------------------------------------------ corrections
    def test_total_stays_as_approved_until_a_correction_is_approved_with_its_counter_row(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        declaration.action_cancel()
        declaration.action_draft()
        declaration.quantity = 120
        declaration.action_post()
        self._commit()
        self.assertEqual(self._status(declaration), [(100, "approved"), (-100, "pending"), (120, "pending")])
        self.assertEqual(self._total(), 186.853)
        group = self._groups()
        self.assertEqual((group.row_count, group.correction_count, group.quantity), (2, 1, 20))
        group.action_approve()
        self.assertEqual(self._status(declaration), [(100, "approved"), (-100, "approved"), (120, "approved")])
        self.assertEqual(self._total(), 224.224)

    def test_counter_row_is_never_decided_without_what_follows_it(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        declaration.action_cancel()
        declaration.action_draft()
        declaration.quantity = 120
        declaration.action_post()
        self._commit()
        counter = self._rows_of(declaration)[1]
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            counter.with_user(self.checker).action_approve()
        self._rows_of(declaration)[2].with_user(self.checker).action_approve()
        self.assertEqual(self._total(), 224.224)

    def test_cancelled_before_approval_needs_no_decision(self):
        self._switch_on()
        declaration = self._enter(100)
        declaration.action_cancel()
        self._commit()
        self.assertEqual(self._status(declaration), [(100, "moot"), (-100, "moot")])
        self.assertFalse(self._groups())
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            self._rows_of(declaration).with_user(self.checker).action_approve()
        self.assertEqual(self._total(), 0)

    def test_removal_of_approved_data_waits_for_approval(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        declaration.with_user(self.clerk).action_cancel()
        self._commit()
        self.assertEqual(self._total(), 186.853)
        with self.assertRaisesRegex(UserError, "your own"):
            self._groups().with_user(self.clerk).action_approve()
        self._groups().action_approve()
        self.assertEqual(self._total(), 0)
        self._rows_of(declaration)[1].with_user(self.checker)._decide_rows("withdrawn", "Not cancelled after all")
        self.assertEqual(self._total(), 186.853)

    # ------------------------------------------------------------------ rejection
    def test_rejected_data_stay_out_and_wait_on_the_worklist_until_the_document_is_corrected(self):
        self._switch_on()
        declaration = self._enter(1000)
        action = self._groups().action_reject()
        wizard = self.env[action["res_model"]].with_user(self.checker).browse(action["res_id"])
        with self.assertRaisesRegex(UserError, "Write the reason"):
            wizard.action_confirm()
        wizard.reason = "The delivery note says 100 t"
        wizard.action_confirm()
        issue = self.env["carbon.collection.issue"].search([("reason", "=", "rejected"), ("state", "=", "open")])
        self.assertEqual(
            (issue.origin_id, issue.message, issue.quantity, issue.source_id),
            (declaration.id, "The delivery note says 100 t", 1000, self.coal),
        )
        self._collect()
        self.assertEqual((issue.state, self._total()), ("open", 0))
        declaration.action_cancel()
        declaration.action_draft()
        declaration.quantity = 100
        declaration.action_post()
        self._commit()
        issue.invalidate_recordset()
        self.assertEqual(issue.state, "resolved")
        self.assertEqual(self._status(declaration), [(1000, "moot"), (-1000, "moot"), (100, "pending")])
        self._groups().action_approve()
        self.assertEqual(self._total(), 186.853)

    def test_rejected_correction_leaves_what_was_approved(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        for quantity, step in ((120, "rejected"), (130, "approved")):
            declaration.action_cancel()
            declaration.action_draft()
            declaration.quantity = quantity
            declaration.action_post()
            self._commit()
            self._groups()._decide_rows(step, "Meter read twice")
            if step == "rejected":
                self.assertEqual(self._status(declaration)[1:], [(-100, "rejected"), (120, "rejected")])
                self.assertEqual(self._total(), 186.853)
        self.assertEqual(
            self._status(declaration),
            [(100, "approved"), (-100, "approved"), (120, "moot"), (-120, "moot"), (130, "approved")],
        )
        self.assertEqual(self._total(), round(130 * 1.868533333333333, 3))

    def test_rejected_row_may_be_approved_after_all(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups()._decide_rows("rejected", "Too much")
        self._rows_of(declaration).with_user(self.checker).action_approve()
        self.assertEqual(self._total(), 186.853)
        self.assertFalse(self._issues())
        outcomes = self._rows_of(declaration).approval_ids.sorted("seq").mapped("outcome")
        self.assertEqual(outcomes, ["rejected", "approved"])

    # ------------------------------------------------------------------ withdrawal
    def test_approval_is_withdrawn_while_the_month_is_open_only(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        with self.assertRaisesRegex(UserError, "Write the reason"):
            self._groups("approved")._decide_rows("withdrawn", " ")
        self._groups("approved")._decide_rows("withdrawn", "Wrong meter")
        self.assertEqual((self._status(declaration), self._total()), ([(100, "pending")], 0))
        self._groups().action_approve()
        self._period("2025-03-01").action_close()
        for outcome in ("withdrawn", "approved", "rejected"):
            with self.assertRaisesRegex(UserError, "closed month|Nothing is left"):
                self._rows_of(declaration).with_user(self.checker)._decide_rows(outcome, "Too late")
        self.assertEqual(self._total(), 186.853)

    def test_withdrawal_of_a_correction_brings_back_what_was_approved_before(self):
        self._switch_on()
        declaration = self._enter(100)
        self._groups().action_approve()
        for quantity in (120, 130):
            declaration.action_cancel()
            declaration.action_draft()
            declaration.quantity = quantity
            declaration.action_post()
            self._commit()
            self._groups().action_approve()
        self.assertEqual(self._total(), round(130 * 1.868533333333333, 3))
        self._rows_of(declaration)[-1].with_user(self.checker)._decide_rows("withdrawn", "Second look")
        self.assertEqual(self._total(), 224.224)
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            self._rows_of(declaration)[0].with_user(self.checker)._decide_rows("withdrawn", "An older row")
        self._groups().action_approve()
        self.assertEqual(self._total(), round(130 * 1.868533333333333, 3))

    # ------------------------------------------------------------------ anomalies
    def test_open_anomaly_needs_its_explanation_before_the_data_are_approved(self):
        self._switch_on()
        self._enter(100)
        self._enter(3, rule=self.diesel_rule)
        anomaly = (
            self.env["carbon.data.anomaly"]
            .sudo()
            .create({"company_id": self.company.id, "source_id": self.coal.id, "date": "2025-03-01", "quantity": 100})
        )
        groups = self._groups()
        self.assertEqual([(g.source_id, g.has_anomaly) for g in groups], [(self.coal, True), (self.diesel, False)])
        with self.assertRaisesRegex(UserError, "anomaly nobody has explained"):
            groups[0].action_approve()
        told = groups.action_approve()
        self.assertIn("1 rows approved", told["params"]["message"])
        anomaly.with_user(self.clerk)._explain("New boiler")
        self._groups().action_approve()
        self.assertEqual(self._total(), round(186.853333 + 9.28773, 3))

    def test_unit_mistake_of_today_is_asked_for_before_it_is_approved(self):
        for month in (12, 1, 2):
            day = f"{2024 if month == 12 else 2025}-{month:02d}-10"
            self._declare(self.coal_rule, 100, self.ton, day)
        self._commit()
        self._switch_on("accept")
        self._enter(112000)
        self._enter(3, rule=self.diesel_rule)
        groups = self._groups()
        self.assertFalse(any(groups.mapped("has_anomaly")), "nobody has looked yet")
        rows = self.env["carbon.activity.data"].search([("quantity", "=", 112000)])
        told = rows.with_user(self.checker)._decide_rows("approved")
        self.assertEqual((told["params"]["type"], rows.approval), ("warning", "pending"))
        self.assertIn("1 rows belong to months whose anomaly nobody has explained", told["params"]["message"])
        anomaly = self.env["carbon.data.anomaly"].search([("company_id", "=", self.company.id)])
        self.assertEqual((anomaly.source_id, anomaly.unit_factor, anomaly.state), (self.coal, 1000, "open"))
        with self.assertRaisesRegex(UserError, "anomaly nobody has explained"):
            rows.with_user(self.checker)._decide_rows("approved")
        anomaly.with_user(self.clerk)._explain("Delivery of the whole year")
        self.assertIn("2 rows approved", self._groups().action_approve()["params"]["message"])

    # ------------------------------------------------------------------ switching
    def test_switching_on_counts_older_rows_by_a_recorded_decision(self):
        self._enter(100)
        self._switch_on("accept")
        self.assertEqual((self._total(), self._groups().ids), (186.853, []))
        decision = self.env["carbon.data.decision"].search([("company_id", "=", self.company.id)])
        self.assertEqual((decision.outcome, decision.row_count, decision.user_id), ("accepted", 1, self.manager))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "data.accept")], limit=1)
        self.assertEqual((entry.reason, entry.actor_login), ("Third-party verification", "seal-manager"))
        self._enter(50)
        self.assertEqual((self._total(), self._groups().quantity), (186.853, 50))

    def test_switching_on_leaves_closed_months_as_they_are_and_asks_for_the_others(self):
        for month in (1, 2, 5, 7):
            self._enter(10, f"2025-0{month}-10")
        for month in (1, 2, 5):
            self._period(f"2025-0{month}-01").action_close()
        self._switch_on("approve")
        self.assertEqual([group.date for group in self._groups()], [self._month(7)])
        self.assertEqual(self._total(), round(30 * 1.868533333333333, 3))
        spans = self.env["carbon.data.decision"].search([("company_id", "=", self.company.id)], order="id")
        self.assertEqual(
            [(str(row.date_from), str(row.date_to), row.row_count) for row in spans],
            [("2025-01-01", "2025-02-28", 2), ("2025-05-01", "2025-05-31", 1)],
        )

    def test_switching_off_changes_no_closed_month(self):
        self._switch_on()
        self._enter(10)
        self._enter(20, "2025-04-10")
        self._groups().filtered(lambda group: group.date == self._month(4)).action_approve()
        self._period("2025-04-01").action_close()
        system = self.system.with_user(self.manager)
        system._switch_off_data_approval("Too much work")
        self.assertEqual(self._total(), round(30 * 1.868533333333333, 3))
        self.assertEqual(self.env["carbon.trail.entry"].search_count([("event", "=", "data.switch_off")]), 1)

    def test_switching_off_is_refused_while_a_closed_month_has_rows_that_do_not_count(self):
        self._switch_on()
        self._enter(10)
        self._close_anyway("2025-03-01")
        with self.assertRaisesRegex(UserError, "not approved"):
            self.system.with_user(self.manager)._switch_off_data_approval("Too much work")

    def test_switch_is_thrown_in_the_dialog_only(self):
        for user in (self.manager, self.env.user):
            with self.assertRaisesRegex(UserError, "with its button"):
                self.system.with_user(user).write({"data_approval": True})
            with self.assertRaisesRegex(UserError, "with its button"):
                self.system.with_user(user).with_context(carbon_switch_act=True).write({"data_approval": True})
        with self.assertRaises(AccessError):
            self.system.with_user(self.clerk)._switch_on_data_approval("accept", "I would like to")
        company = self.env["res.company"].create({"name": "Third works"})
        system = self.env["carbon.system"].create({"name": "x", "company_id": company.id, "data_approval": True})
        self.assertFalse(system.data_approval)
        wizard = self.env["carbon.data.approval.switch.wizard"].with_user(self.manager)
        wizard = wizard.create({"system_id": self.system.id, "reason": "Audit"})
        with self.assertRaisesRegex(UserError, "Choose what becomes"):
            wizard.action_confirm()
        wizard.past = "accept"
        wizard.action_confirm()
        self.assertTrue(self.system.data_approval)

    # ------------------------------------------------------------------ inventories
    def test_checked_inventory_is_stale_once_an_approval_changes_what_counts(self):
        self._switch_on()
        declaration = self._enter(100)
        inventory = self._computed()
        self.assertFalse(inventory.is_stale)
        self._groups().action_approve()
        inventory.invalidate_recordset()
        self.assertTrue(inventory.is_stale)
        inventory.action_compute()
        self.assertFalse(inventory.is_stale)
        self._rows_of(declaration).with_user(self.checker)._decide_rows("withdrawn", "Wrong")
        inventory.invalidate_recordset()
        self.assertTrue(inventory.is_stale)
        with self.assertRaisesRegex(UserError, "ledger of today"):
            inventory.maker_note = "x"
            inventory.action_check()

    def test_intensity_divides_by_approved_output_only(self):
        panels = self._source("Panels", self.ton, None, kind="output", code="P1")
        rule = self._rule("declared", panels, name="Panels made")
        self._switch_on()
        self._enter(100)
        self._enter(40, rule=rule)
        self._enter(10, rule=rule)
        rows = self.env["carbon.activity.data"].search(
            [("source_id", "in", (panels + self.coal).ids), ("quantity", "!=", 10)]
        )
        rows.with_user(self.checker).action_approve()
        inventory = self._computed()
        self.assertEqual(inventory.intensity_ids.quantity, 40)
