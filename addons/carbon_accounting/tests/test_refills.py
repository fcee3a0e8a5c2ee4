from decimal import Decimal

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .refill_common import RefillCommon


@tagged("post_install", "-at_install")
class TestRefills(RefillCommon):
    """Refills on maintenance requests become fugitive activity once (S10; R-131)."""

    # ------------------------------------------------------------------ S10
    def test_five_kilograms_added_are_drafted_once_and_count_when_posted(self):
        request = self._request()
        refill = self._refill(request, 5)
        self.assertEqual((refill.state, self._declarations()), ("draft", self.env["carbon.declaration"]))
        self._done(request)
        refill = self._seen(refill)
        declaration = self._declarations()
        self.assertEqual(len(declaration), 1)
        self.assertEqual(
            (
                declaration.state,
                declaration.quantity,
                declaration.uom_id,
                declaration.source_id,
                declaration.refill_request_id.id,
            ),
            ("draft", 5, self.kg, self.chillers, request.id),
        )
        self.assertEqual((refill.state, refill.declaration_id, refill.lost_kg), ("declared", declaration, 5))
        self.assertEqual(declaration.refill_ids, refill)
        self.assertEqual(declaration.date.isoformat(), "2025-06-20")
        self._commit()
        self.assertEqual(self._sum(self.chillers), 0, "a draft counts nothing")
        declaration.with_user(self.accountant).action_post()
        self._commit()
        self.assertEqual(self._sum(self.chillers), 5)

    def test_emission_is_that_of_the_gases_of_the_device(self):
        self._job(("added", 5))
        self._declarations().action_post()
        inventory = self._computed(gwp=self.ar6)
        # AR6: HFC-32 771, HFC-125 3740
        self.assertEqual(round(inventory.total_t, 6), round(5 * (0.5 * 771 + 0.5 * 3740) / 1000, 6))

    def test_done_back_and_done_again_makes_no_second_declaration(self):
        request = self._request()
        self._refill(request, 5)
        for stage in (self.done_stage, self.new_stage, self.done_stage, self.done_stage):
            request.write({"stage_id": stage.id})
        self.assertEqual(len(self._declarations()), 1)
        trail = self.env["carbon.trail.entry"].search(
            [("company_id", "=", self.company.id), ("event", "=like", "refill.%")]
        )
        self.assertEqual(trail.mapped("event"), ["refill.declare"])
        self.assertIn('"quantity":"5.0"', trail.payload)
        self.assertEqual(trail.actor_login, "refill-tech")

    def test_database_refuses_a_second_declaration_of_one_job(self):
        self._job(("added", 5))
        row = self._declarations()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["carbon.declaration"]._refill_act().create(
                {
                    "name": "again", "company_id": self.company.id, "rule_id": self.refill_rule.id, "quantity": 5, "uom_id": self.kg.id,
                    "refill_request_id": row.refill_request_id.id, "refill_key": row.refill_key, "refill_revision": row.refill_revision,
                }
            )  # fmt: skip

    def test_request_that_begins_in_a_done_stage_is_settled(self):
        request = self._request()
        self._done(request)
        refill = self._seen(self._refill(request, 3))
        self.assertEqual((refill.state, refill.declaration_id.quantity), ("declared", 3))

    def test_lines_of_one_request_make_one_declaration(self):
        refills = self._job(("added", 5), ("added", 3))
        self.assertEqual(self._declarations().quantity, 8)
        self.assertEqual(sum(refills.mapped("lost_kg")), 8)

    def test_a_further_bottle_after_the_end_takes_the_place_of_the_draft(self):
        refills = self._job(("added", 5))
        first = self._declarations()
        more = self._seen(self._refill(refills.request_id.with_user(self.technician), 3))
        second = self._declarations() - first
        self.assertEqual((first.state, second.state, second.quantity), ("cancel", "draft", 8))
        self.assertEqual((refills | more).declaration_id, second)

    def test_other_units_of_mass_are_converted(self):
        pound = self.env.ref("uom.product_uom_lb")
        self._job(("added", 10), uom_id=pound.id)
        self.assertAlmostEqual(self._declarations().quantity, 4.53592, 4)

    def test_photo_and_file_become_the_evidence_of_the_declaration(self):
        pixel = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        refill = self._job(("added", 5), photo=pixel, file=b"MSwy", file_name="scale.csv")
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "carbon.declaration"), ("res_id", "=", refill.declaration_id.id)]
        )
        self.assertEqual(sorted(files.mapped("name"))[-1], "scale.csv")
        self.assertEqual(sorted(files.mapped("mimetype"))[0], "image/png")
        refill.declaration_id.action_post()
        self._commit()
        missing = self.env.execute_query(
            self.env["carbon.event.source"]._sql_without_evidence(self._sql("a.company_id = %s", self.company.id))
        )
        self.assertFalse(missing)
        with self.assertRaises(UserError):
            refill.with_user(self.technician).write({"photo": False})

    # ------------------------------------------------------------------ what is lost
    def test_first_charge_is_no_emission(self):
        refill = self._job(("initial", 20))
        self.assertEqual((refill.state, refill.lost_kg, len(self._declarations())), ("recorded", 0, 0))

    def test_recovered_and_filled_again_is_no_emission(self):
        self._job(("recovered", 8), ("added", 10))
        self.assertEqual(self._declarations().quantity, 2)

    def test_recovered_in_one_request_counts_for_the_next(self):
        first = self._job(("recovered", 8), day="2025-05-10")
        self.assertEqual((first.state, first.lost_kg), ("recorded", 0))
        self._job(("added", 10), day="2025-06-10")
        self.assertEqual(self._declarations().quantity, 2)

    def test_device_taken_out_of_service_loses_what_was_not_taken_out(self):
        self._job(("disposed", 17), is_retired=True)
        self.assertEqual(self._declarations().quantity, 3)

    def test_emptied_in_an_earlier_request_nothing_is_lost_at_the_end(self):
        self._job(("recovered", 20), day="2025-05-10")
        self._job(("disposed", 0), is_retired=True)
        self.assertFalse(self._declarations())

    def test_late_line_of_an_earlier_day_changes_what_the_later_job_shows(self):
        self._job(("added", 10), day="2025-06-10")
        first = self._declarations()
        self._job(("recovered", 8), day="2025-05-10")
        self.assertEqual((first.state, self._declarations("draft").quantity), ("cancel", 2))

    # ------------------------------------------------------------------ corrections
    def _correct(self, refill, quantity, user=None, reason="Typed wrong"):
        wizard = self.env["carbon.refill.correction.wizard"].with_user(user or self.technician)
        wizard = wizard.with_context(default_refill_id=refill.id).create({"quantity": quantity, "reason": reason})
        wizard.action_correct()
        self.env.invalidate_all()
        return self.env["carbon.refill"].search([("replaces_id", "=", refill.id)])

    def test_corrected_draft_gives_way_to_another_one(self):
        refill = self._job(("added", 15))
        first = self._declarations()
        new = self._correct(refill, 1.5)
        self.assertEqual((refill.state, refill.replaced_by_id, refill.lost_kg), ("replaced", new, 0))
        self.assertEqual((new.state, new.reason, new.lost_kg), ("declared", "Typed wrong", 1.5))
        self.assertEqual((first.state, new.declaration_id.state, new.declaration_id.quantity), ("cancel", "draft", 1.5))

    def test_posted_declaration_is_taken_back_when_the_corrected_one_is_posted(self):
        refill = self._job(("added", 15))
        first = self._declarations()
        first.with_user(self.accountant).action_post()
        self._commit()
        second = self._correct(refill, 1.5).declaration_id
        self._commit()
        self.assertEqual((first.state, self._sum(self.chillers)), ("posted", 15))
        self.assertIn(first.name, second.refill_warning)
        second.with_user(self.accountant).action_post()
        self._commit()
        self.assertEqual((first.state, second.state, self._sum(self.chillers)), ("cancel", "posted", Decimal("1.5")))

    def test_replaced_declaration_cannot_be_posted_again(self):
        refill = self._job(("added", 15))
        first = self._declarations()
        self._correct(refill, 1.5)
        first.with_user(self.accountant).action_draft()
        with self.assertRaisesRegex(UserError, "took its place"):
            first.with_user(self.accountant).action_post()

    def test_nothing_was_added_after_all(self):
        refill = self._job(("added", 15))
        new = self._correct(refill, 0)
        self.assertEqual((new.state, self._declarations().state), ("recorded", "cancel"))

    def test_posted_and_nothing_after_all_waits_for_the_accountant(self):
        refill = self._job(("added", 15))
        declaration = self._declarations()
        declaration.action_post()
        new = self._correct(refill, 0)
        self.assertEqual((new.state, new.problem), ("waiting", "cancel"))
        self.assertIn(declaration.name, new.next_step)
        declaration.with_user(self.accountant).action_cancel()
        self.assertEqual(self._seen(new).state, "recorded")

    def test_correction_asks_for_reason_and_change(self):
        refill = self._job(("added", 15))
        with self.assertRaisesRegex(UserError, "Nothing was changed"):
            self._correct(refill, 15)
        with self.assertRaisesRegex(UserError, "what was wrong"):
            self._correct(refill, 14, reason="  ")
        new = self._correct(refill, 14)
        with self.assertRaisesRegex(UserError, "corrected already"):
            refill.action_correct()
        self.assertEqual(self._correct(new, 13).declaration_id.quantity, 13)

    def test_corrected_recovery_changes_the_later_job(self):
        early = self._job(("recovered", 8), day="2025-05-10")
        self._job(("added", 10), day="2025-06-10")
        self._correct(early, 3)
        self.assertEqual(self._declarations("draft").quantity, 7)

    def test_correction_in_a_closed_month_is_a_late_adjustment(self):
        refill = self._job(("added", 15), day="2025-03-10")
        self._declarations().action_post()
        self._commit()
        self._period("2025-03-01").action_close()
        second = self._correct(refill, 5).declaration_id
        second.action_post()
        self._commit()
        self.assertEqual(self._sum(self.chillers), 15, "a closed month stays as it is")
        self.assertEqual({reason for _label, reason in self._issues()}, {"late"})

    # ------------------------------------------------------------------ guards
    def test_what_is_done_does_not_change(self):
        refill = self._job(("added", 5))
        mine = refill.with_user(self.technician)
        for values in ({"quantity": 1}, {"kind": "initial"}, {"date": "2025-01-01"}, {"photo": False, "note": "x"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "Correct"):
                mine.write(values)
        with self.assertRaises(UserError):
            mine.unlink()
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            refill.request_id.with_user(self.technician).unlink()
        with self.assertRaisesRegex(UserError, "kept"):
            self._declarations().with_user(self.accountant).unlink()

    def test_request_with_entries_only_can_be_deleted(self):
        request = self._request()
        refill = self._refill(request, 5)
        request.unlink()
        self.assertFalse(refill.exists())

    def test_what_the_system_finds_cannot_be_forged(self):
        request = self._request()
        other = self._device("Chiller 2")
        refill = self._refill(
            request,
            5,
            lost_kg=1,
            problem="x",
            equipment_id=other.id,
            state="draft",
            elsewhere_reason="x",
            replaces_id=1,
            company_id=1,
        )
        seen = self._seen(refill)
        self.assertEqual(
            (seen.lost_kg, seen.problem, seen.equipment_id, seen.replaces_id.id), (0, False, self.chiller, False)
        )
        self.assertEqual((seen.company_id, seen.elsewhere_reason), (self.company, False))
        for values in ({"lost_kg": 1}, {"state": "recorded"}, {"equipment_id": other.id}, {"replaces_id": refill.id}):
            with self.subTest(values=values), self.assertRaises(UserError):
                refill.write(values)
        with self.assertRaisesRegex(UserError, "stays with its request"):
            refill.write({"request_id": self._request().id})
        declaration = self.env["carbon.declaration"].with_context(
            default_refill_request_id=request.id, default_refill_key="x"
        )
        forged = declaration.create(
            {"name": "x", "company_id": self.company.id, "rule_id": self.refill_rule.id, "quantity": 1}
        )
        self.assertFalse(forged.refill_request_id)
        with self.assertRaises(UserError):
            forged.write({"refill_request_id": request.id})

    def test_what_no_scale_says_is_refused(self):
        request = self._request()
        with self.assertRaises(ValidationError):
            self._refill(request, 0)
        for quantity in (-5, float("nan"), float("inf"), 1e9):
            with (
                self.subTest(quantity=quantity),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._refill(request, quantity)
        with self.assertRaisesRegex(ValidationError, "no mass"):
            self._refill(request, 5, uom_id=self.litre.id)
        with self.assertRaisesRegex(ValidationError, "yet to come"):
            self._refill(request, 5, date="2025-07-10")
        with self.assertRaises(ValidationError):
            self._refill(request, 5, date="0225-07-10")
        with self.assertRaisesRegex(ValidationError, "more than Chiller 1 holds"):
            self._refill(request, 50)
        self.assertTrue(self._refill(request, 50, note="Leak at the valve, filled twice"))
        with self.assertRaisesRegex(ValidationError, "emptied"):
            self._refill(request, 5, is_retired=True)

    def test_device_stays_that_of_the_day(self):
        refill = self._job(("added", 5))
        other = self._device("Chiller 2")
        refill.request_id.equipment_id = other
        self.assertEqual(self._seen(refill).equipment_id, self.chiller)
        self.chiller.carbon_substance_id = self._blend("R-32", {self.r32: 1})
        self.assertEqual(self._seen(refill).substance_id, self.r410a)
