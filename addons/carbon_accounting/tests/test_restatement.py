from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .seal_common import SealCommon

COAL, DIESEL = Decimal("1868.533333333333"), Decimal("3095.91")


@tagged("post_install", "-at_install")
class TestInventoryVerification(SealCommon):
    """Approved inventories are verified by somebody who did not approve them (R-139, R-140)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.body = cls.env["res.partner"].create({"name": "Verification Ltd"})

    def _statement(self, user, inventory, **values):
        action = inventory.with_user(user).action_record_verification()
        form = Form(self.env[action["res_model"]].with_user(user).with_context(**action["context"]))
        form.verification_partner_id = self.body
        form.verification_criteria = "ISO 14064-3:2019"
        form.assurance_level = "reasonable"
        form.verification_number = "V-2026-017"
        form.verification_date = "2026-03-31"
        for name, value in values.items():
            setattr(form, name, value)
        return form

    def test_verifier_records_the_statement(self):  # R-139 R-140
        inventory = self._sealed()
        self._statement(self.verifier, inventory, verification_note="No finding.").save().action_record()
        self.assertRecordValues(
            inventory,
            [
                {
                    "state": "verified",
                    "verification_partner_id": self.body.id,
                    "verification_criteria": "ISO 14064-3:2019",
                    "assurance_level": "reasonable",
                    "verification_materiality": 5.0,
                    "verification_number": "V-2026-017",
                    "verification_note": "No finding.",
                    "verified_by_id": self.verifier.id,
                }
            ],
        )
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.verify")])
        self.assertEqual(
            (entry.actor_uid, entry.from_state, entry.to_state, entry.reason),
            (self.verifier.id, "approved", "verified", "No finding."),
        )
        self.assertIn("V-2026-017", entry.payload)
        self._assert_whole(inventory)
        with self.assertRaises(UserError):
            inventory.sudo().verification_number = "other"

    def test_approver_and_people_without_role_do_not_verify(self):
        inventory = self._sealed()
        self._assert_refused(inventory.with_user(self.manager).action_record_verification, "You approved")
        self._assert_refused(inventory.with_user(self.accountant).action_record_verification, "Verifier, Manager")
        self._assert_refused(
            lambda: inventory.with_user(self.manager)._record_verification({"verification_number": "x"}), "You approved"
        )
        self._statement(self.other_manager, inventory).save().action_record()
        self.assertEqual(inventory.state, "verified")
        self._assert_refused(inventory.with_user(self.verifier).action_record_verification, "is Verified")

    def test_only_approved_inventories_are_verified(self):
        draft = self._computed()
        self._assert_refused(draft.with_user(self.verifier).action_record_verification, "follows the approval")
        for context in ({}, {"carbon_gate": True, "carbon_inventory_act": True}):
            self._assert_refused(
                lambda context=context: (
                    draft.with_user(self.manager).with_context(**context).write({"state": "verified"})
                ),
                "cannot be written",
            )

    def test_statement_dated_in_the_future_or_without_number_is_refused(self):
        inventory = self._sealed()
        with self.assertRaises(ValidationError):
            self._statement(self.verifier, inventory, verification_date="2999-01-01").save()
        with self.assertRaises(ValidationError):
            self._statement(self.verifier, inventory, verification_materiality=500).save()
        with self.assertRaises(AssertionError):  # the form asks for it
            self._statement(self.verifier, inventory, verification_number=False).save()

    def test_no_step_is_turned_back_by_plain_sql(self):
        inventory = self._sealed()
        self._statement(self.verifier, inventory).save().action_record()
        other = self._inventory(2026)
        self.env.flush_all()
        for statement in (
            f"UPDATE carbon_inventory SET state = 'approved' WHERE id = {inventory.id}",
            f"UPDATE carbon_inventory SET state = 'verified' WHERE id = {other.id}",
            f"UPDATE carbon_inventory SET state = 'approved' WHERE id = {other.id}",
            f"UPDATE carbon_inventory SET state = 'restated' WHERE id = {other.id}",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)


@tagged("post_install", "-at_install")
class TestRestatement(SealCommon):
    """A new version beside the old one; sealed months reopen with two persons; both seals verify (R-139, R-157)."""

    def test_correction_after_the_close_reaches_the_second_version_and_both_seals_verify(self):
        inventory = self._sealed()
        # what changes after the close waits as a late adjustment
        self.coal_march.action_cancel()
        self._declare(self.coal_rule, 80, self.ton, "2025-03-12", name="COAL/03 corrected")
        self._declare(self.diesel_rule, 5, self.ton, "2025-04-20", name="DIESEL late")
        self._commit()
        self.assertEqual(self._issues(), {("COAL/03", "late"), ("COAL/03 corrected", "late"), ("DIESEL late", "late")})
        self.assertEqual(inventory.late_count, 3)
        draft = self._restated(inventory)
        self.assertEqual((draft.version, draft.state, draft.restates_id), (2, "draft", inventory))
        self.assertEqual(inventory.state, "approved")
        requests = self._reopen(draft, ["2025-03-01", "2025-04-01"])
        self.assertEqual(set(requests.mapped("state")), {"open"})
        self._assert_whole(inventory)
        draft.action_take_in_late()
        self.assertFalse(self._issues())
        self._assert_whole(inventory)
        self._period("2025-03-01").action_close()
        requests[1].action_close()
        self.assertEqual(set(requests.mapped("state")), {"closed"})
        draft.action_compute()
        self._approve(draft)
        self.assertEqual((inventory.state, draft.state), ("restated", "approved"))
        self.assertEqual(round(inventory.total_t, 3), 311.239)
        self.assertEqual(
            Decimal(draft._exact_totals()["total_kg"]), (Decimal(130) * COAL + Decimal(15) * DIESEL).normalize()
        )
        self._assert_whole(inventory)
        self._assert_whole(draft)
        bridge = draft._exact_bridge()
        # what was declared anew corrects what was cancelled; the diesel was missing
        self.assertEqual(Decimal(bridge["error"]), -20 * COAL)
        self.assertEqual(Decimal(bridge["activity"]), 5 * DIESEL)
        self.assertEqual({bridge[cause] for cause in ("boundary", "method", "factor")}, {"0"})
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.supersede")])
        self.assertEqual((entry.res_uuid, entry.from_state, entry.to_state), (inventory.uuid, "approved", "restated"))

    def test_old_seal_still_tells_unlawful_rows_from_lawful_ones(self):
        inventory = self._sealed()
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01"])
        self._declare(self.coal_rule, 5, self.ton, "2025-03-20")
        self._commit()
        self._period("2025-03-01").action_close()
        self._assert_whole(inventory)
        row = self._activity(self.coal_march)
        insert = (
            "INSERT INTO carbon_activity_data (id, seq, company_id, date, origin_model, origin_id, origin_part, kind, rule_id, "
            "source_id, category_id, recognition, quantity, quality, collected_on) "
            "SELECT nextval('carbon_activity_data_id_seq'), 9, company_id, %s, origin_model, origin_id, origin_part, kind, rule_id, "
            "source_id, category_id, recognition, quantity, quality, collected_on FROM carbon_activity_data WHERE id = %s"
        )
        for day in ("2025-03-20", "2025-04-20"):  # after the reopening, and in a month that was never reopened
            with self.env.cr.savepoint() as savepoint:
                self._tamper(insert, day, row.id)
                run = self._verify(inventory)
                self.assertEqual(run.state, "differs", day)
                self.assertRegex(run.message, "added after sealing, while its month was closed")
                savepoint.rollback()
            self.env.invalidate_all()
        with self._triggers_off():  # a reopening that never happened excuses nothing
            self.env.cr.execute(
                self._sql(
                    "INSERT INTO carbon_period_reopening (uuid, period_id, company_id, month, reason, state, requested_by_id, "
                    "requested_on, activity_from_id, emission_from_id) VALUES ('x', %s, %s, '2025-04-01', 'x', 'open', 1, now(), 0, 0)",
                    self._period("2025-04-01").id,
                    self.company.id,
                )
            )
            self.env.cr.execute(self._sql(insert, "2025-04-20", row.id))
        self.assertEqual(self._verify(inventory).state, "differs")

    def test_wider_reopening_than_the_trail_says_excuses_nothing(self):
        inventory = self._sealed()
        reopening = self._reopen(self._restated(inventory), ["2025-03-01"])
        self._period("2025-03-01").action_close()
        columns = "company_id, date, source_id, category_id, stream, version_id, quantity, seq, activity_id"
        row = self._activity(self.coal_march).emission_ids
        with self._triggers_off():
            self.env.cr.execute(
                self._sql(
                    "UPDATE carbon_period_reopening SET state = 'open', emission_to_id = 2000000000 WHERE id = %s",
                    reopening.id,
                )
            )
            self.env.cr.execute(
                self._sql(
                    "INSERT INTO carbon_emission_line (%s) SELECT %s FROM carbon_emission_line WHERE id = %s",
                    *(self._sql(columns), self._sql(columns.replace("seq", "9")), row.id),
                )
            )
        run = self._verify(inventory)
        self.assertEqual((run.state, run.difference_model), ("differs", "carbon.emission.line"))

    def test_sealed_month_opens_with_two_persons_only(self):
        inventory = self._sealed()
        period = self._period("2025-03-01")
        with self.assertRaisesRegex(UserError, "sealed in Inventory 2025"):
            period.action_reopen()
        with self.assertRaisesRegex(UserError, "sealed in Inventory 2025"):
            period.with_user(self.manager).action_reopen()
        with self._refused_by_database():
            self.env.cr.execute(self._sql("UPDATE carbon_reporting_period SET state = 'open' WHERE id = %s", period.id))
        draft = self._restated(inventory)
        reopenings = self.env["carbon.period.reopening"]
        with self.assertRaisesRegex(UserError, "Write why"):
            reopenings.with_user(self.manager)._request(period, " ", draft)
        request = reopenings.with_user(self.manager)._request(period.with_user(self.manager), "Bill corrected", draft)
        with self.assertRaisesRegex(AccessError, "You asked"):
            request.action_approve()
        with self.assertRaisesRegex(AccessError, "approved by a carbon manager"):
            request.with_user(self.accountant).action_approve()
        self.assertEqual((request.state, period.state), ("requested", "closed"))
        request.with_user(self.other_manager).action_approve()
        self.assertEqual((request.state, period.state), ("open", "open"))
        self.assertEqual(request.approved_by_id, self.other_manager)
        with self.assertRaisesRegex(UserError, "is Open"):
            request.with_user(self.other_manager).action_refuse()
        entry = self.env["carbon.trail.entry"].search([("event", "=", "period.reopen")])
        self.assertEqual((entry.reason, entry.actor_uid), ("Bill corrected", self.other_manager.id))

    def test_refused_request_leaves_the_month_closed(self):
        draft = self._restated(self._sealed())
        period = self._period("2025-03-01")
        request = self.env["carbon.period.reopening"]._request(period, "Why not", draft)
        request.with_user(self.manager).action_refuse()
        self.assertEqual((request.state, period.state), ("refused", "closed"))
        again = self.env["carbon.period.reopening"]._request(period, "Now with the bill", draft)
        self.assertEqual(again.state, "requested")

    def test_reopenings_cannot_be_made_or_changed_otherwise(self):
        draft = self._restated(self._sealed())
        request = self._reopen(draft, ["2025-03-01"])
        self._period("2025-03-01").action_close()
        for act in (
            lambda: request.sudo().write({"state": "open"}),
            lambda: request.sudo().write({"activity_to_id": 99}),
            lambda: request.sudo().unlink(),
            lambda: request.with_user(self.manager).create({"period_id": request.period_id.id}),
        ):
            with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_model"):
                act()
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_period_reopening SET state = 'open'",
            "UPDATE carbon_period_reopening SET activity_to_id = 2000000000",
            "DELETE FROM carbon_period_reopening",
            "TRUNCATE carbon_period_reopening",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)
        draft.unlink()
        self.assertFalse(request.inventory_id)

    def test_reopening_and_closing_take_as_many_queries_for_any_number_of_rows(self):
        inventory = self._sealed()
        counts = []
        for rows in (1, 40):
            self._reopen(inventory, ["2025-03-01"])
            for _row in range(rows):
                self._declare(self.coal_rule, 1, self.ton, "2025-03-20")
            self._commit()
            period = self._period("2025-03-01")
            before = self.env.cr.sql_log_count
            period.action_close()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_months_that_wait_are_proposed_for_reopening(self):
        inventory = self._sealed()
        self._declare(self.diesel_rule, 5, self.ton, "2025-06-20")
        self._commit()
        draft = self._restated(inventory)
        action = draft.with_user(self.accountant).action_request_reopening()
        form = Form(self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"]))
        form.reason = "Late bill"
        opened = form.save().action_request()
        requests = self.env[opened["res_model"]].search(opened["domain"])
        self.assertEqual(requests.period_id, self._period("2025-06-01"))
        action = inventory.action_view_late()
        issue = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(issue.action_open_origin()["res_model"], "carbon.declaration")

    def test_only_what_is_approved_is_restated_and_once(self):
        self._declare(self.coal_rule, 1, self.ton)
        draft = self._computed()
        self._assert_refused(lambda: draft._restate("error", "x"), "is Draft")
        self._close_year()
        self._approve(draft)
        self._assert_refused(lambda: draft._restate("error", " "), "Write why")
        self._assert_refused(lambda: draft.with_user(self.verifier)._restate("error", "x"), "Accountant")
        action = draft.with_user(self.accountant).action_restate()
        wizard = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        wizard = wizard.create({"cause": "error", "reason": "Bill read wrong"})
        second = self.env["carbon.inventory"].browse(wizard.action_restate()["res_id"])
        self.assertEqual(second.name, "Inventory 2025, version 2")
        self.assertEqual(second.restatement_cause, "error")
        self.assertEqual(draft.action_restate()["res_id"], second.id)
        second.action_compute()
        self._approve(second)
        self._assert_refused(lambda: draft._restate("error", "again"), "is Restated")
        third = self._restated(second)
        self.assertEqual((third.name, third.version), ("Inventory 2025, version 3", 3))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.restate")], order="id", limit=1)
        self.assertEqual((entry.reason, entry.actor_uid), ("Bill read wrong", self.accountant.id))

    def test_reason_that_the_bridge_gives_nothing_is_shown_and_replaced_by_its_largest_part(self):
        inventory = self._sealed()
        self.coal_march.action_cancel()
        self._commit()
        draft = self._restated(inventory, cause="boundary")
        self._reopen(draft, ["2025-03-01"])
        draft.action_take_in_late()
        draft.action_compute()
        self.assertEqual({row.cause for row in draft.bridge_ids if row.co2e_kg}, {"error"})
        self.assertEqual(draft.bridge_cause, "error")
        self._assert_refused(draft.with_user(self.verifier).action_take_bridge_cause, "")
        draft.with_user(self.accountant).action_take_bridge_cause()
        self.assertEqual((draft.restatement_cause, draft.bridge_cause), ("error", False))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.restatement_cause")])
        self.assertEqual(entry.actor_uid, self.accountant.id)
        self.assertIn('"before":"boundary"', entry.payload.replace(" ", ""))

    def test_typed_intensities_come_along(self):
        inventory = self._computed()
        inventory.intensity_ids = [(0, 0, {"name": "Revenue", "quantity": 200, "unit": "10⁴ CNY", "expected": 2})]
        self._close_year()
        self._approve(inventory)
        draft = self._restated(inventory)
        self.assertRecordValues(draft.intensity_ids, [{"name": "Revenue", "quantity": 200.0, "expected": 2.0}])

    def test_company_b_sees_neither_reopenings_nor_bridges(self):
        inventory = self._sealed()
        draft = self._restated(inventory)
        draft.action_compute()
        self._reopen(draft, ["2025-03-01"])
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("restate-stranger", "group_carbon_manager", company=other)
        reader = self._user("restate-reader", "group_carbon_reader")
        for model in ("carbon.period.reopening", "carbon.inventory.bridge"):
            self.assertTrue(self.env[model].with_user(reader).search([]), model)
            records = self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(records.search([]), model)
            with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_model"):
                self.env[model].with_user(reader).create({})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self.env["carbon.period.reopening"].search([]).with_user(stranger).with_context(
                allowed_company_ids=other.ids
            ).action_approve()
