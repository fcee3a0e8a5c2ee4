import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .supplier_common import TODAY, SupplierCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSupplierEvaluation(SupplierCommon):
    """Score, grade, reasons, validity and history of evaluations (R-113, R-148, R-107)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(TODAY):
            cls.criteria = cls._new_criteria(
                [
                    cls._certificate_line(must_have=True),
                    cls._footprint_line(),
                    {"name": "Data", "kind": "data_quality", "weight": 1},
                    {"name": "Free", "kind": "restricted", "weight": 1},
                    {"name": "Plan", "kind": "question", "answer_type": "text", "weight": 1},
                ]
            )

    def _answered(self, **values):
        evaluation = self._new_evaluation(self.criteria, **values)
        self._line(evaluation, "footprint").answer_number = 1500
        self._line(evaluation, "data_quality").answer_number = 80
        self._line(evaluation, "restricted").answer_yes_no = "yes"
        self._line(evaluation, "question").write({"answer_text": "Electric furnace in 2028", "judgement": "50"})
        return evaluation

    def test_an_evaluation_asks_what_its_criteria_ask(self):
        evaluation = self._new_evaluation(self.criteria)
        self.assertEqual(evaluation.line_ids.mapped("name"), ["Certified", "Footprint", "Data", "Free", "Plan"])
        self.assertEqual((evaluation.score, evaluation.grade), (0.0, "D"))
        self.assertEqual(set(evaluation.line_ids.mapped("reason_code")), {"no_answer", "evidence_none"})
        self.assertEqual(evaluation.data_quality_text, "unknown")

    def test_score_and_grade_follow_from_the_answers(self):
        self._new_evidence()
        evaluation = self._answered()
        # (2×100 + 3×75 + 1×80 + 1×100 + 1×50) ÷ 8
        self.assertEqual(evaluation.line_ids.mapped("score"), [100.0, 75.0, 80.0, 100.0, 50.0])
        self.assertEqual((evaluation.score, evaluation.grade, evaluation.unmet_must), (81.88, "B", 0))
        self.assertEqual(evaluation.data_quality_text, "80 % primary data")
        self.assertEqual(self._line(evaluation, "footprint").reason, "1500 on a scale from 3000 (0 %) to 1000 (100 %)")

    def test_a_footprint_is_compared_in_the_unit_of_the_criterion(self):
        evaluation = self._answered()
        line = self._line(evaluation, "footprint")
        line.write({"answer_number": 1.5, "answer_uom_id": self.kg.id})
        self.assertEqual((line.score, line.answer), (75.0, "1.5 kg CO₂e/kg"))
        line.answer_number = 2.6
        self.assertEqual((line.score, line.met, line.reason), (0.0, False, "2600 is above the ceiling of 2500"))
        with self.assertRaisesRegex(ValidationError, "cannot be compared"):
            line.answer_uom_id = self.litre

    def test_zero_is_an_answer_and_silence_is_not(self):
        evaluation = self._new_evaluation(self.criteria)
        line = self._line(evaluation, "data_quality")
        self.assertEqual((line.reason, evaluation.data_quality_known), ("no answer", False))
        line.answer_number = 0
        self.assertEqual((line.reason_code, line.met), ("scale", True))
        self.assertEqual((evaluation.data_quality_known, evaluation.data_quality_text), (True, "0 % primary data"))

    def test_a_must_have_that_is_not_met_makes_it_a_d(self):
        evaluation = self._answered()
        # without certificate: (0 + 225 + 80 + 100 + 50) ÷ 8
        self.assertEqual((evaluation.score, evaluation.grade, evaluation.unmet_must), (56.88, "D", 1))
        labels = " ".join(item["label"] for item in evaluation.check_result)
        self.assertIn("Must-have not met: Certified", labels)
        evaluation.action_approve()
        self.assertEqual((evaluation.state, evaluation.grade), ("approved", "D"))

    def test_evidence_that_is_accepted_later_is_found_by_itself(self):
        evaluation = self._answered()
        evidence = self._new_evidence(accept=False)
        self.assertEqual(self._line(evaluation, "certificate").reason, "C-1 was not checked yet")
        evidence.action_accept()
        self.assertEqual((evaluation.grade, self._line(evaluation, "certificate").evidence_id), ("B", evidence))
        self.assertEqual(self._line(evaluation, "certificate").reason, "C-1, valid until 2026-12-31")

    def test_expired_evidence_counts_as_none_and_says_so(self):
        self._new_evidence(date_to="2026-03-31")
        evaluation = self._answered()
        self.assertEqual(evaluation.grade, "B")
        with freeze_time("2026-04-01"):
            evaluation._assess()
            line = self._line(evaluation, "certificate")
            self.assertEqual((line.score, line.reason), (0.0, "C-1 expired on 2026-03-31"))
            renewed = self._new_evidence(number="C-2", date_from="2026-03-15", date_to="2027-03-31")
            self.assertEqual((line.evidence_id, evaluation.grade), (renewed, "B"))

    def test_an_evaluation_ends_with_the_evidence_of_its_must_haves(self):
        evidence = self._new_evidence(date_to="2026-12-31")
        evaluation = self._answered()
        evaluation.action_approve()
        self.assertEqual((str(evaluation.valid_until), evaluation.valid_evidence_id), ("2026-12-31", evidence))
        self.assertIn("a must-have rests on it", evaluation.valid_reason)

    def test_an_evaluation_is_valid_for_the_months_of_its_criteria(self):
        self._new_evidence(date_to="2027-03-11")
        evaluation = self._answered()
        evaluation.action_approve()
        self.assertEqual((str(evaluation.valid_until), evaluation.valid_evidence_id.id), ("2027-03-10", False))
        self.assertEqual(evaluation.valid_reason, "12 months after the approval")

    def test_an_answer_in_words_needs_a_judgement(self):
        evaluation = self._answered()
        self._line(evaluation, "question").judgement = False
        with self.assertRaisesRegex(UserError, "Judge the answer to: Plan"):
            evaluation.action_approve()

    def test_asked_answered_approved(self):
        evaluation = self._new_evaluation(self.criteria)
        evaluation.action_request()
        self.assertEqual((evaluation.state, str(evaluation.answer_due)), ("requested", "2026-04-09"))
        with self.assertRaises(UserError):
            evaluation.action_approve()
        with self.assertRaisesRegex(UserError, "back to draft"):
            evaluation.criteria_id = self._new_criteria(code="OTHER", subject="carbon_service")
        evaluation.action_answered()
        evaluation.action_approve()
        events = self._trail(self.company_a).mapped("event")
        for event in ("request", "answer", "approve"):
            self.assertIn(f"supplier_evaluation.{event}", events)

    def test_the_newer_evaluation_supersedes(self):
        first = self._answered()
        first.action_approve()
        service = self._new_evaluation(self._new_criteria(code="AGENT", subject="carbon_service"))
        service.action_approve()
        with freeze_time("2026-05-01"):
            second = self._answered()
            second.action_approve()
        self.assertEqual((first.state, second.state, second.previous_id), ("superseded", "approved", first))
        self.assertEqual(service.state, "approved")
        live = self.env["carbon.supplier.evaluation"]._live(self.contact, self.company_a)
        self.assertEqual(live[self.contact], second)
        agent = self.env["carbon.supplier.evaluation"]._live(self.supplier, self.company_a, "carbon_service")
        self.assertEqual(agent[self.supplier], service)

    def test_an_approved_evaluation_does_not_change_whatever_happens(self):
        evidence = self._new_evidence()
        evaluation = self._answered()
        evaluation.action_approve()
        for change in (
            lambda: evaluation.write({"conclusion": "x"}),
            lambda: evaluation.write({"state": "draft"}),
            lambda: evaluation.line_ids.write({"answer_number": 1}),
            lambda: evaluation.line_ids.unlink(),
            lambda: evaluation.write({"line_ids": [Command.clear()]}),
            lambda: evaluation.unlink(),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()
        evidence._reject("Forged")
        with freeze_time("2030-01-01"):
            evaluation._assess()
        self.assertEqual((evaluation.score, evaluation.grade, evaluation.state), (81.88, "B", "approved"))
        self.assertEqual(self._line(evaluation, "certificate").reason, "C-1, valid until 2026-12-31")
        self.assertTrue(evaluation.is_due, "it rests on evidence that was rejected")
        self.assertIn(evaluation, evaluation.search([("is_due", "=", True)]))

    def test_nobody_types_results(self):
        evaluation = self._new_evaluation(self.criteria, score=100, grade="A", valid_until="2099-01-01")
        self.assertEqual((evaluation.score, evaluation.grade, evaluation.valid_until), (0.0, "D", False))
        evaluation.write({"score": 100, "grade": "A", "unmet_must": 0, "prepared_by_id": self.users["manager"].id})
        self.assertEqual((evaluation.score, evaluation.grade, evaluation.unmet_must), (0.0, "D", 1))
        self.assertEqual(evaluation.prepared_by_id, self.env.user)
        evaluation.line_ids.write({"score": 100, "met": True, "reason_code": "good"})
        self.assertEqual(set(evaluation.line_ids.mapped("score")), {0.0})
        with self.assertRaises(UserError):
            self._new_evaluation(self.criteria, state="approved")

    @mute_logger("odoo.sql_db")
    def test_answers_that_no_supplier_can_give_are_refused(self):
        evaluation = self._new_evaluation(self.criteria)
        for kind, number in (
            ("data_quality", 101),
            ("data_quality", -1),
            ("footprint", float("nan")),
            ("footprint", 1e16),
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self._line(evaluation, kind).answer_number = number

    def test_evidence_of_another_supplier_company_or_kind_is_refused(self):
        line = self._line(self._new_evaluation(self.criteria), "certificate")
        other = self.env["res.partner"].create({"name": "Other"})
        shared = self.env["carbon.certificate.type"].create({"name": "Shared", "company_id": False})
        foreign = {"company_id": self.company_b.id, "certificate_type_id": shared.id}
        for values in ({"partner_id": other.id}, foreign, {"certificate_type_id": shared.id}):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.cr.savepoint():
                line.evidence_id = self._new_evidence(accept=False, **values)

    def test_criteria_of_another_company_or_not_approved_are_refused(self):
        with self.assertRaises(UserError), self.cr.savepoint():
            self._new_evaluation(self.criteria, company_id=self.company_b.id)
        with self.assertRaisesRegex(ValidationError, "not approved"):
            self._new_evaluation(self._new_criteria(approve=False, code="DRAFT"))

    def test_a_contact_stands_for_its_company(self):
        evaluation = self._new_evaluation(self.criteria, partner_id=self.contact.id)
        self.assertEqual(evaluation.partner_id, self.supplier)
        self.assertEqual((self.contact.carbon_evaluation_count, self.contact.carbon_grade), (1, False))
        evaluation.action_approve()
        self.env.invalidate_all()
        self.assertEqual(self.contact.carbon_grade, "D")

    def test_other_criteria_bring_other_lines_while_it_is_a_draft(self):
        evaluation = self._answered()
        other = self._new_criteria(code="OTHER", subject="carbon_service")
        evaluation.criteria_id = other
        self.assertEqual(evaluation.line_ids.criterion_id, other.criterion_ids)
        self.assertEqual(evaluation.subject, "carbon_service")

    def test_a_manager_approves_and_another_one_where_the_company_wants_it(self):
        evaluation = self._as(self._answered(), "data_owner")
        self._line(evaluation, "data_quality").answer_number = 50
        evaluation.action_answered()
        with self.assertRaises(AccessError):
            evaluation.action_approve()
        self.system.separate_supplier_approval = True
        own = self._as(evaluation, "manager")
        self._line(own, "data_quality").answer_number = 51
        with self.assertRaisesRegex(AccessError, "another carbon manager"):
            own.action_approve()
        self._line(evaluation, "data_quality").answer_number = 50
        own.action_approve()
        self.assertEqual(
            (evaluation.approved_by_id, evaluation.prepared_by_id), (self.users["manager"], self.users["data_owner"])
        )

    def test_accepting_evidence_makes_nobody_a_maker_of_the_evaluation(self):
        evaluation = self._as(self._answered(), "data_owner")
        self._line(evaluation, "data_quality").answer_number = 50
        self._as(self._new_evidence(accept=False), "manager").action_accept()
        self.assertEqual(evaluation.prepared_by_id, self.users["data_owner"])

    def test_due_ones_are_begun_again_together_once(self):
        self._new_evidence(date_to="2027-12-31")
        first, other = self._answered(), self.env["res.partner"].create({"name": "Other"})
        second = self._answered(partner_id=other.id)
        (first | second).action_approve()
        with freeze_time("2027-01-08"):
            self.env.invalidate_all()
            self.assertFalse(first.is_due)
        with freeze_time("2027-01-09"):
            self.env.invalidate_all()
            due = self.env["carbon.supplier.evaluation"].search([("is_due", "=", True)])
            self.assertEqual(due, first | second)
            self.assertFalse(first.is_expired)
            action = due.action_start_again()
            drafts = self.env["carbon.supplier.evaluation"].search(action["domain"])
            self.assertEqual((len(drafts), drafts.previous_id), (2, first | second))
            self.assertEqual(due.action_start_again()["domain"], action["domain"])
            self.assertFalse(due.search([("is_due", "=", True), ("is_in_work", "=", False)]))
            draft = drafts.filtered(lambda e: e.partner_id == self.supplier)
            self.assertEqual(self._line(draft, "certificate").score, 100.0, "valid evidence is found again")
            self.assertEqual(self._line(draft, "footprint").reason, "no answer", "other answers are asked anew")
        with freeze_time("2027-03-11"):
            self.env.invalidate_all()
            self.assertTrue(first.is_expired)
            self.assertEqual(first._status(), "expired")

    def test_a_due_evaluation_begins_again_by_the_criteria_in_force(self):
        evaluation = self._answered()
        evaluation.action_approve()
        version = self.env["carbon.supplier.criteria"].browse(self.criteria.action_new_version()["res_id"])
        version.action_approve()
        draft = self.env["carbon.supplier.evaluation"].browse(evaluation.action_start_again()["res_id"])
        self.assertEqual(draft.criteria_id, version)

    def test_one_activity_is_raised_for_each_date(self):
        evaluation = self._answered(user_id=self.users["data_owner"].id)
        evaluation.action_approve()
        with freeze_time("2027-02-01"):
            self.env["carbon.supplier.evaluation"]._cron_raise_due()
            self.env["carbon.supplier.evaluation"]._cron_raise_due()
        activity = evaluation.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, self.users["data_owner"]))
        self.assertEqual(activity.date_deadline, datetime.date(2027, 3, 10))
        with freeze_time("2027-02-02"):
            self._answered().action_approve()
        self.assertFalse(evaluation.activity_ids)

    def test_the_form_scores_what_was_typed(self):
        self._new_evidence()
        with Form(self._as(self.env["carbon.supplier.evaluation"], "data_owner")) as form:
            form.partner_id = self.supplier
            form.criteria_id = self.criteria
        evaluation = form.record
        with Form(evaluation) as form, form.line_ids.edit(1) as line:
            line.answer_number = 1500
        self.assertEqual((self._line(evaluation, "footprint").score, evaluation.score), (75.0, 53.13))

    def test_the_trail_proves_the_decision_by_itself(self):
        self._new_evidence()
        self._answered().action_approve()
        entry = self._trail(self.company_a, "supplier_evaluation.approve")
        for text in ('"grade":"B"', '"score":81.88', '"answer":"1500 kg CO\\u2082e/Ton"', '"supplier":"Steel Works"'):
            self.assertIn(text, entry.payload)

    def test_lookups_take_one_query_whatever_the_number_of_partners(self):
        partners = self.env["res.partner"].create([{"name": f"P{number}"} for number in range(40)])
        self._new_evaluation(self.criteria, partner_id=partners[0].id).action_approve()
        model = self.env["carbon.supplier.evaluation"]
        self.env.flush_all()
        model._live(partners[:1], self.company_a)
        with self.assertQueryCount(1):
            model._live(partners, self.company_a)
