from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .supplier_common import PDF, TODAY, SupplierCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSupplierEvidence(SupplierCommon):
    """Evidence counts once accepted, as long as it is valid, and does not change (R-113)."""

    def test_evidence_counts_once_it_is_accepted(self):
        evidence = self._new_evidence(accept=False)
        self.assertEqual((evidence.state, evidence.validity), ("submitted", "submitted"))
        evidence.action_accept()
        self.assertEqual(
            (evidence.state, evidence.validity, evidence.decided_by_id), ("accepted", "valid", self.env.user)
        )
        with self.assertRaises(UserError):
            evidence.action_accept()

    def test_accepted_evidence_and_its_files_are_frozen(self):
        evidence = self._new_evidence()
        file = evidence.attachment_ids
        self.assertEqual((file.res_model, file.res_id), ("carbon.supplier.evidence", evidence.id))
        for change in (
            lambda: evidence.write({"date_to": "2099-01-01"}),
            lambda: evidence.write({"attachment_ids": [Command.clear()]}),
            lambda: evidence.write({"state": "submitted"}),
            lambda: file.write({"raw": b"other"}),
            lambda: file.unlink(),
            lambda: self.env["ir.attachment"].create(
                {"name": "b", "raw": PDF, "res_model": evidence._name, "res_id": evidence.id}
            ),
            lambda: evidence.unlink(),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    def test_expired_evidence_is_not_accepted(self):
        evidence = self._new_evidence(accept=False, date_to="2026-03-09")
        self.assertTrue(evidence.is_expired)
        with self.assertRaisesRegex(UserError, "expired on 2026-03-09"):
            evidence.action_accept()
        last_day = self._new_evidence(date_to=TODAY)
        self.assertEqual((last_day.is_expired, last_day.validity), (False, "valid"))
        found = self.env["carbon.supplier.evidence"].search(
            [("is_expired", "=", True), ("company_id", "=", self.company_a.id)]
        )
        self.assertEqual(found, evidence)

    def test_a_file_must_be_there_and_be_what_its_name_says(self):
        evidence = self._new_evidence(accept=False, attachment_ids=[Command.clear()])
        with self.assertRaisesRegex(UserError, "no file"):
            evidence.action_accept()
        for name, raw, text in (("a.pdf", b"MZ\x90\x00", "not what its name says"), ("a.exe", b"MZ", "not taken")):
            file = self.env["ir.attachment"].create({"name": name, "raw": raw})
            evidence.attachment_ids = [Command.set(file.ids)]
            with self.assertRaisesRegex(UserError, text):
                evidence.action_accept()
        self.assertEqual(evidence.state, "submitted")

    def test_a_file_of_another_record_is_refused(self):
        file = self._new_evidence().attachment_ids
        with self.assertRaisesRegex(UserError, "another record"):
            self._new_evidence(accept=False, attachment_ids=[Command.set(file.ids)])

    def test_rejection_needs_a_reason_that_the_trail_keeps(self):
        evidence = self._new_evidence()
        for reason in ("", "  ", False):
            with self.assertRaises(UserError):
                evidence._reject(reason)
        wizard = self.env["carbon.supplier.evidence.reject"].with_context(**evidence.action_reject()["context"])
        wizard.create({"reason": "Of another site"}).action_reject()
        self.assertEqual((evidence.state, evidence.reject_reason), ("rejected", "Of another site"))
        self.assertEqual(self._trail(self.company_a, "supplier_evidence.rejected").reason, "Of another site")
        with self.assertRaises(UserError):
            evidence._reject("Again")

    def test_who_decided_cannot_be_typed(self):
        evidence = self._new_evidence(accept=False, decided_by_id=self.users["manager"].id, reject_reason="x")
        self.assertFalse(evidence.decided_by_id or evidence.reject_reason)
        evidence.write({"decided_by_id": self.users["manager"].id})
        self.assertFalse(evidence.decided_by_id)

    def test_data_owners_enter_and_accountants_accept(self):
        own = self._as(self.env["carbon.supplier.evidence"], "data_owner")
        evidence = own.create({"partner_id": self.supplier.id, "certificate_type_id": self.certificate.id})
        evidence.attachment_ids = [Command.create({"name": "a.pdf", "raw": PDF})]
        for step in (evidence.action_accept, evidence.action_reject, lambda: evidence._reject("x")):
            with self.assertRaises(AccessError):
                step()
        self._as(evidence, "accountant").action_accept()
        self.assertEqual(evidence.state, "accepted")

    def test_who_entered_it_does_not_accept_it_where_the_company_wants_that(self):
        self.system.separate_supplier_approval = True
        evidence = self._as(self._new_evidence(accept=False), "manager").copy()
        evidence.attachment_ids = [Command.create({"name": "a.pdf", "raw": PDF})]
        with self.assertRaises(AccessError):
            evidence.action_accept()
        self._as(evidence, "accountant").action_accept()

    def test_a_portal_user_reaches_nothing_by_himself(self):
        evidence = self._new_evidence(accept=False)
        portal = new_test_user(self.env, "carbon_portal", groups="base.group_portal", partner_id=self.contact.id)
        for record in (evidence, self._new_evaluation(self._new_criteria())):
            own = record.with_user(portal)
            for step in (own.read, lambda own=own: own.write({}), own.unlink):
                with self.assertRaises(AccessError):
                    step()
        with self.assertRaises(AccessError):
            evidence.with_user(portal).action_accept()

    @mute_logger("odoo.sql_db")
    def test_dates_in_the_wrong_order_are_refused(self):
        with self.assertRaises(CheckViolation):
            self._new_evidence(accept=False, date_from="2026-02-01", date_to="2026-01-01")

    def test_a_type_of_another_company_is_refused(self):
        foreign = self.env["carbon.certificate.type"].create({"name": "B", "company_id": self.company_b.id})
        with self.assertRaisesRegex(ValidationError, "another company"):
            self._new_evidence(accept=False, certificate_type_id=foreign.id)

    def test_the_shipped_types_belong_to_all_companies(self):
        shipped = self.env.ref("carbon_management.certificate_type_footprint")
        self.assertFalse(shipped.company_id)
        self.assertTrue(self._as(shipped, self.manager_b).name)
