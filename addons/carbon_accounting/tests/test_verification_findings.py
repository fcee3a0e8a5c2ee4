from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .verification_common import VerificationCommon

SAMPLE, FINDING = "carbon.verification.sample", "carbon.verification.finding"


@tagged("post_install", "-at_install")
class TestVerificationFindings(VerificationCommon):
    """Findings, who may do what at the desk, and whose company it is (R-140)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls._user("desk-reader", "group_carbon_reader")
        cls.management = cls._user("desk-management", "group_carbon_top_management")

    def _finding(self, inventory, user=None, **values):
        findings = self.env[FINDING].with_user(user or self.verifier)
        return findings.create({"inventory_id": inventory.id, "description": "The bill says 120 t.", **values})

    def _submitted(self, inventory, **values):
        finding = self._finding(inventory, **values)
        finding.action_submit()
        return finding

    def _assert_denied(self, act):
        muted = mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
        with muted, self.assertRaises(UserError), self.env.cr.savepoint():  # an AccessError is one
            act()

    # ------------------------------------------------------------------
    # Life of a finding
    # ------------------------------------------------------------------
    def test_finding_goes_from_verifier_to_company_and_back(self):
        inventory = self._sealed()
        sample = self._performed(inventory)
        row = self._row_of(sample, self.coal_march)
        action = row.with_user(self.verifier).action_note_finding()
        findings = self.env[FINDING].with_user(self.verifier).with_context(**action["context"])
        finding = findings.create({"description": "The bill says 120 t.", "severity": "major", "misstatement_t": 37.4})
        self.assertEqual((finding.inventory_id, finding.sample_id, finding.row_id), (inventory, sample, row))
        self.assertRegex(finding.name, r"^FND-\d{4}$")
        finding.action_submit()
        self.assertIn(f"Finding {finding.name}", inventory.activity_ids.mapped("summary"))
        own = finding.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "Write the response"):
            own.action_answer()
        own.response = "Typing error."
        own.action_answer()
        self.assertEqual((finding.state, finding.answered_by_id), ("answered", self.accountant))
        self.assertEqual(finding.activity_ids.user_id, self.verifier)
        finding.closing_note = "Show the bill."
        finding.action_return()
        own.response = "Typing error; the inventory is restated."
        own.action_answer()
        finding.closing_note = "Restated as version 2."
        finding.action_close()
        self.assertEqual((finding.state, inventory.finding_count, inventory.open_finding_count), ("closed", 1, 0))
        self.assertFalse(finding.activity_ids)
        entries = self.env["carbon.trail.entry"].search([("res_uuid", "=", finding.uuid)], order="seq")
        self.assertEqual(
            [(entry.event, entry.actor_uid, entry.reason) for entry in entries],
            [
                ("finding.submit", self.verifier.id, None or False),
                ("finding.answer", self.accountant.id, "Typing error."),
                ("finding.return", self.verifier.id, "Show the bill."),
                ("finding.answer", self.accountant.id, "Typing error; the inventory is restated."),
                ("finding.close", self.verifier.id, "Restated as version 2."),
            ],
        )

    def test_what_was_submitted_never_changes(self):
        finding = self._submitted(self._sealed())
        for values in (
            {"description": "x"},
            {"severity": "note"},
            {"misstatement_t": 1},
            {"state": "closed"},
            {"name": "x"},
        ):
            self._assert_denied(lambda values=values: finding.write(values))
            self._assert_denied(lambda values=values: finding.sudo().write(values))
            self._assert_denied(lambda values=values: finding.with_user(self.manager).write(values))
        self._assert_denied(finding.unlink)
        self._assert_denied(lambda: finding.write({"response": "We agree with ourselves."}))
        self._assert_denied(lambda: finding.write({"closing_note": "Too early."}))
        self._assert_denied(finding.action_close)

    def test_nobody_answers_own_finding(self):
        both = self._user("desk-both", "group_carbon_accountant")
        both.group_ids += self.env.ref("carbon_management.group_carbon_verifier")
        inventory = self._sealed()
        finding = self._finding(inventory, both)
        finding.action_submit()
        finding.response = "Fine."
        with self.assertRaisesRegex(AccessError, "answered by somebody else"):
            finding.action_answer()

    def test_drafts_are_seen_by_verifiers_only(self):
        inventory = self._sealed()
        draft, submitted = self._finding(inventory), self._submitted(inventory)
        for user in (self.reader, self.management, self.accountant, self.manager):
            self.assertEqual(self.env[FINDING].with_user(user).search([]), submitted, user.login)
        self.assertEqual(self.env[FINDING].with_user(self.verifier).search([], order="id"), draft + submitted)

    def test_row_belongs_to_the_sample_and_the_sample_to_the_inventory(self):
        inventory = self._sealed()
        first, second = self._performed(inventory), self._performed(inventory)
        with self.assertRaisesRegex(ValidationError, "belongs together"), self.env.cr.savepoint():
            self._finding(inventory, sample_id=first.id, row_id=second.row_ids[0].id)

    # ------------------------------------------------------------------
    # Roles
    # ------------------------------------------------------------------
    def test_only_verifiers_draw_reperform_and_raise(self):
        inventory = self._sealed()
        sample = self._sample(inventory)
        for user in (self.reader, self.management, self.accountant, self.manager, self.other_manager):
            self._assert_denied(lambda user=user: self._sample(inventory, user=user))
            self._assert_denied(lambda user=user: self._finding(inventory, user))
            self._assert_denied(sample.with_user(user).action_perform)
            self._assert_denied(sample.with_user(user).action_repeat)
            self._assert_denied(lambda user=user: sample.with_user(user).write({"note": "x"}))
            self.assertEqual(sample.with_user(user).row_ids.mapped("result"), ["waiting"] * 3)
        self._assert_denied(lambda: self._sample(inventory, user=self.env.user))

    def test_verifier_writes_nothing_else(self):
        inventory = self._sealed()
        sample = self._performed(inventory)
        row = self._activity(self.coal_march)
        for record, values in (
            (row, {"quantity": 1}),
            (row.emission_ids, {"quantity": 1}),
            (inventory, {"name": "x"}),
            (inventory.line_ids[0], {"quantity": 1}),
            (self.coal_march, {"quantity": 1}),
            (self.coal_rule, {"multiplier": 2}),
            (self.coal_factor.version_ids, {"note": "x"}),
            (sample, {"seed": "x"}),
            (sample, {"population_t": 1}),
            (sample, {"state": "draft"}),
            (sample, {"is_running": True}),
            (sample.row_ids[0], {"result": "pass"}),
            (sample.stratum_ids, {"rest_kg": 1}),
        ):
            with self.subTest(record=record._name, values=values):
                self._assert_denied(lambda record=record, values=values: record.with_user(self.verifier).write(values))
                self._assert_denied(lambda record=record: record.with_user(self.verifier).unlink())

    def test_results_cannot_be_forged_when_a_sample_is_made(self):
        inventory = self._sealed()
        forged = {
            "population_t": 1,
            "is_running": True,
            "drawn_on": "2025-01-01",
            "user_id": self.manager.id,
            "state": "performed",
        }
        samples = self.env[SAMPLE].with_user(self.verifier)
        context = {f"default_{name}": value for name, value in forged.items()}
        for made in (
            samples.create(
                {"inventory_id": inventory.id, **{name: forged[name] for name in forged if name != "state"}}
            ),
            samples.with_context(**context).create({"inventory_id": inventory.id}),
        ):
            self.assertEqual((made.population_t, made.is_running, made.drawn_on), (0, False, False))
            self.assertEqual((made.user_id, made.state), (self.verifier, "draft"))

    def test_draws_are_kept_in_the_trail_and_never_deleted(self):
        inventory = self._sealed()
        sample = self._sample(inventory)
        entry = self.env["carbon.trail.entry"].search([("res_uuid", "=", sample.uuid)])
        self.assertEqual((entry.event, entry.actor_uid), ("verification_sample.draw", self.verifier.id))
        self.assertIn('"seed":"2025"', entry.payload.replace(" ", ""))
        self.assertIn(sample._ids_digest(), entry.payload)
        self._assert_denied(sample.unlink)
        self._assert_denied(lambda: sample.with_user(self.verifier).unlink())

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------
    def test_other_companies_see_nothing(self):
        inventory = self._sealed()
        sample = self._performed(inventory)
        finding = self._submitted(inventory)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("desk-stranger", "group_carbon_verifier", other)
        theirs = {"allowed_company_ids": other.ids}
        for own in (sample, sample.row_ids, sample.stratum_ids, finding):
            records = own.with_user(stranger).with_context(**theirs)
            self.assertFalse(records.search([("id", "in", own.ids)]), own._name)
            self._assert_denied(lambda records=records: records.read(["company_id"]))
        for name in (SAMPLE, FINDING):
            desk = self.env[name].with_user(stranger).with_context(**theirs)
            self._assert_denied(lambda desk=desk: desk.create({"inventory_id": inventory.id, "description": "x"}))

    def test_verifier_sees_the_document_of_a_row_without_rights_on_documents(self):
        sample = self._performed(self._sealed())
        row = self._row_of(sample, self.coal_march).with_user(self.verifier)
        self.assertEqual(row.action_open_activity()["res_id"], row.activity_id.id)
        self.assertIn(row.action_open_origin()["res_model"], ("carbon.declaration", "carbon.activity.data"))


@tagged("post_install", "-at_install")
class TestVerificationOverHttp(VerificationCommon, HttpCase):
    """The same over RPC, where a context is plain JSON."""

    def _call(self, user, model, method, *args, **kwargs):
        self.authenticate(user.login, user.login)
        payload = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        response = self.url_open(f"/web/dataset/call_kw/{model}/{method}", json={"params": payload})
        return response.json()

    def test_verifier_writes_no_ledger_and_no_result_over_rpc(self):
        inventory = self._sealed()
        sample = self._performed(inventory)
        row = self._activity(self.coal_march)
        context = {"context": {"carbon_sample_act": True, "carbon_gate": True}}
        self.env.flush_all()
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule"):
            for model, method, *args in (
                ("carbon.activity.data", "write", row.ids, {"quantity": 1}),
                ("carbon.emission.line", "unlink", row.emission_ids.ids),
                ("carbon.inventory", "write", inventory.ids, {"name": "x"}),
                ("carbon.inventory", "action_draft", inventory.ids),
                (SAMPLE, "write", sample.ids, {"threshold_t": 1e9}),
                (SAMPLE, "write", sample.ids, {"seed": "x"}),
                (SAMPLE, "_transition", sample.ids, "draft", "x"),
                (SAMPLE, "_keep", sample.ids, [], {}),
                ("carbon.verification.row", "write", sample.row_ids.ids, {"result": "pass"}),
                ("carbon.verification.row", "create", [{"sample_id": sample.id}]),
                ("carbon.verification.reperformance", "_perform", inventory.id, row.ids),
            ):
                kwargs = context if method in ("write", "create") else {}
                with self.subTest(model=model, method=method):
                    self.assertIn("error", self._call(self.verifier, model, method, *args, **kwargs))
        self.env.invalidate_all()
        self.assertEqual((sample.seed, set(sample.row_ids.mapped("result"))), ("2025", {"pass"}))

    def test_reader_draws_nothing_over_rpc(self):
        inventory = self._sealed()
        reader = self._user("rpc-reader", "group_carbon_reader")
        sample = self.env[SAMPLE].with_user(self.verifier).create({"inventory_id": inventory.id})
        self.env.flush_all()
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule"):
            for method, *args in (("create", [{"inventory_id": inventory.id}]), ("action_draw", sample.ids)):
                self.assertIn("error", self._call(reader, SAMPLE, method, *args), method)
        self.assertNotIn("error", self._call(self.verifier, SAMPLE, "action_draw", sample.ids))
        self.env.invalidate_all()
        self.assertEqual((sample.state, sample.row_count), ("drawn", 3))
