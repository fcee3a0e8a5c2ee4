import datetime
import hashlib

from psycopg2.errors import RaiseException

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .supplier_common import TODAY, SupplierCommon

DAY = datetime.date(2026, 3, 10)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSupplierRegisters(SupplierCommon):
    """Notices, outsourced processes, changes and green plans (R-106, R-107, R-110, R-114)."""

    def _notice(self, **values):
        return self.env["carbon.supplier.notice"]._log(self.company_a, self.contact, "mail", record=self.site, **values)

    def test_a_notice_keeps_whom_when_how_and_the_words_in_both_languages(self):
        self.system.write({"supplier_notice_zh": "碳绩效是准则。", "supplier_notice_en": "Carbon performance counts."})
        notice = self._notice(recipient="sales@example.com")
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": self.supplier.id,
                    "partner_name": "Steel Works",
                    "recipient": "sales@example.com",
                    "channel": "mail",
                    "res_model": "carbon.site",
                    "res_id": self.site.id,
                    "languages": "zh_CN,en_US",
                    "notice": "碳绩效是准则。\nCarbon performance counts.",
                    "sha256": hashlib.sha256("碳绩效是准则。\nCarbon performance counts.".encode()).hexdigest(),
                }
            ],
        )
        self.assertEqual(self.env["carbon.supplier.notice"]._last_for(self.site), {self.site.id: notice})

    def test_whoever_sends_a_document_notes_it(self):
        notices = self._as(self.env["carbon.supplier.notice"], "plain")
        notice = notices._log(self.company_a, self.supplier, "print")
        self.assertEqual((notice.sudo().user_id, notice.sudo().company_id), (self.users["plain"], self.company_a))
        with self.assertRaises(AccessError):
            notice.read()

    def test_a_company_without_words_tells_nothing(self):
        self.system.write({"supplier_notice_zh": " ", "supplier_notice_en": False})
        self.assertFalse(self._notice())

    def test_a_notice_is_neither_written_nor_changed_nor_deleted(self):
        notice = self._notice()
        forged = notice.with_context(carbon_act=True, install_mode=True).sudo()
        for change in (
            lambda: forged.write({"recipient": "x"}),
            forged.unlink,
            forged.copy,
            lambda: forged.create({"company_id": self.company_a.id}),
            lambda: self._as(notice, "manager").write({"recipient": "x"}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_too_and_lets_merged_partners_follow(self):
        notice = self._notice()
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_supplier_notice SET recipient = 'x'",
            "DELETE FROM carbon_supplier_notice",
            "TRUNCATE carbon_supplier_notice",
        ):
            with self.assertRaises(RaiseException), self.cr.savepoint():
                self.cr.execute(statement)
        twin = self.env["res.partner"].create({"name": "Steel Works Ltd", "is_company": True})
        self.env["base.partner.merge.automatic.wizard"]._merge((self.supplier | twin).ids, twin)
        notice.invalidate_recordset()
        self.assertEqual((notice.partner_id, notice.partner_name), (twin, "Steel Works"))

    def test_merged_suppliers_keep_all_their_evaluations(self):
        criteria = self._new_criteria()
        twin = self.env["res.partner"].create({"name": "Steel Works Ltd", "is_company": True})
        first, second = self._new_evaluation(criteria), self._new_evaluation(criteria, partner_id=twin.id)
        (first | second).action_approve()
        self.env["base.partner.merge.automatic.wizard"]._merge((self.supplier | twin).ids, twin)
        self.env.invalidate_all()
        self.assertEqual((first | second).partner_id, twin)
        self.assertEqual(self.env["carbon.supplier.evaluation"]._live(twin, self.company_a)[twin][0], second)
        draft = self.env["carbon.supplier.evaluation"].browse(second.action_start_again()["res_id"])
        draft.action_approve()
        self.assertEqual((first | second).mapped("state"), ["superseded", "superseded"])

    def _new_process(self, **values):
        return self.env["carbon.outsourced.process"].create(
            {"name": "Galvanising", "partner_id": self.supplier.id, "company_id": self.company_a.id, **values}
        )

    def test_an_outsourced_process_shows_the_evaluation_of_who_runs_it(self):
        process = self._new_process(review_interval_months=6)
        self.assertEqual(
            (process.evaluation_state, process.grade, str(process.review_next_date)), ("none", False, "2026-09-10")
        )
        self._new_evaluation(self._new_criteria(code="S")).action_approve()
        criteria = self._new_criteria(code="OUT", subject="outsourced_process")
        self.assertEqual(process.action_evaluate()["context"]["default_criteria_id"], criteria.id)
        evaluation = self._new_evaluation(criteria)
        evaluation.line_ids.answer_yes_no = "yes"
        evaluation.action_approve()
        self.env.invalidate_all()
        self.assertEqual((process.evaluation_id, process.grade, process.evaluation_state), (evaluation, "A", "valid"))
        self.assertEqual(process.action_evaluate()["res_id"], evaluation.id)
        for day, state in (("2027-01-08", "valid"), ("2027-01-09", "due"), ("2027-03-11", "expired")):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(process.evaluation_state, state, day)
        process.action_review_done()
        self.assertEqual(str(process.review_next_date), "2026-09-10")
        self.assertIn("review.done", self._trail(self.company_a).mapped("event"))

    def _new_change(self, **values):
        return self.env["carbon.change"].create(
            {"name": "Gas", "company_id": self.company_a.id, "date": TODAY, **values}
        )

    def test_a_planned_change_is_approved_before_and_closed_after(self):
        change = self._new_change(description="Paint line on gas")
        with self.assertRaisesRegex(UserError, "Review the consequences"):
            change.action_approve()
        change.consequences = "Diesel ends"
        change.action_approve()
        self.assertEqual((change.state, change.decided_by_id), ("approved", self.env.user))
        with self.assertRaises(UserError):
            change.consequences = "None"
        with self.assertRaisesRegex(UserError, "what came of it"):
            change.action_close()
        change.outcome = "As expected"
        change.action_close()
        with self.assertRaises(UserError):
            change.outcome = "Else"
        events = [event for event in self._trail(self.company_a).mapped("event") if event.startswith("change.")]
        self.assertEqual(events, ["change.approved", "change.close"])

    def test_an_unplanned_change_needs_mitigation_and_cannot_be_rejected(self):
        change = self._new_change(kind="unplanned", description="Leak", consequences="12 kg lost")
        with self.assertRaisesRegex(UserError, "not planned"):
            change.action_approve()
        with self.assertRaisesRegex(UserError, "has happened"):
            change.action_reject()
        change.mitigation = "Valve changed"
        change.action_approve()
        planned = self._new_change(description="x", consequences="y")
        planned.action_reject()
        self.assertEqual((change.state, planned.state), ("approved", "rejected"))

    def test_changes_are_decided_by_a_manager_and_another_person_where_the_company_wants_it(self):
        change = self._as(self._new_change(description="x", consequences="y"), "data_owner")
        change.description = "Better"
        with self.assertRaises(AccessError):
            change.action_approve()
        self.system.separate_supplier_approval = True
        own = self._as(change, "manager")
        own.consequences = "None"
        with self.assertRaises(AccessError):
            own.action_approve()
        change.consequences = "None, because nothing moves"
        own.action_approve()

    def _new_plan(self, approve=True, **values):
        plan = self.env["carbon.green.plan"].create(
            {
                "name": "Works 1",
                "company_id": self.company_a.id,
                "site_id": self.site.id,
                "year": 2026,
                "date_from": "2026-01-01",
                "measure_ids": [
                    Command.create(
                        {"name": "Roof", "topic": "green_energy", "capacity": 500, "unit": "kW", "saving_t": 310.5}
                    ),
                    Command.create({"name": "Doors", "topic": "low_carbon_buildings"}),
                    Command.create({"name": "Trucks", "topic": "transport_logistics", "saving_t": 0}),
                ],
                **values,
            }
        )
        if approve:
            plan.action_approve()
        return plan

    def test_a_green_plan_adds_up_what_is_known_and_tells_what_is_not(self):
        plan = self._new_plan(approve=False)
        self.assertEqual((plan.saving_t, plan.done_t, plan.unknown_count), (310.5, 0.0, 1))
        self.assertEqual(plan.green_energy_ids.mapped("name"), ["Roof"])
        labels = [item["label"] for item in plan.check_result]
        self.assertEqual(len([label for label in labels if "topic" in label]), 2)
        with self.assertRaisesRegex(UserError, "no measures"):
            self._new_plan(measure_ids=[], year=2027)

    def test_measures_are_frozen_but_move_on(self):
        plan = self._new_plan()
        roof = plan.green_energy_ids
        for change in (
            lambda: roof.write({"saving_t": 1}),
            lambda: roof.write({"progress": "done", "name": "x"}),
            roof.unlink,
            lambda: plan.write({"green_energy_ids": [Command.create({"name": "More"})]}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()
        with self.assertRaises(UserError), self.cr.savepoint():
            roof.write({"progress": "done"})  # its buttons move it
        roof.action_start()
        roof.action_done()
        self.assertEqual((roof.progress, str(roof.done_on), plan.done_t), ("done", TODAY, 310.5))
        with self.assertRaises(UserError):
            roof.action_done()
        self.assertIn("green_measure.done", self._trail(self.company_a).mapped("event"))

    def test_versions_are_counted_by_site_and_year(self):
        first = self._new_plan()
        second = self.env["carbon.green.plan"].browse(first.action_new_version()["res_id"])
        self.assertEqual((second.version, len(second.measure_ids)), (2, 3))
        self.assertEqual(self._new_plan(site_id=False).version, 1)
        self.assertEqual(self._new_plan(year=2027).version, 1)
        second.action_approve()
        self.assertEqual(first.state, "superseded")
