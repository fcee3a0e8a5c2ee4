import json
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools import seal_form
from .seal_common import SealCommon


@tagged("post_install", "-at_install")
class TestSeal(SealCommon):
    """Approval seals, the database refuses changes, and what gets past it is found and named (R-139, R-157)."""

    def test_approval_seals_and_the_trail_keeps_the_root(self):
        inventory = self._sealed()
        seal = inventory.seal_id
        self.assertEqual(
            (inventory.state, seal.form_version, seal.sealed_by_id), ("approved", seal_form.VERSION, self.manager)
        )
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.approve")], order="id desc", limit=1)
        told = json.loads(entry.payload)["seal"]
        self.assertEqual(
            told,
            {"form": seal_form.VERSION, "root": seal.root_hash, "rows": seal.row_count, "batches": seal.batch_count},
        )
        self.assertEqual(inventory.seal_run_ids.mapped("state"), ["sealed"])
        kinds = self.env["carbon.inventory.seal.batch"]._read_group(
            [("seal_id", "=", seal.id)], ["kind"], ["row_count:sum"]
        )
        counts = dict(kinds)
        self.assertEqual((counts["activity"], counts["emission"], counts["line"]), (3, 3, 3))
        self.assertEqual((counts["factor"], counts["gas"], counts["gwp"]), (2, 2, 1))

    def test_whole_seal_verifies_again_and_again(self):
        inventory = self._sealed()
        for user in (self.verifier, self.manager, self.accountant):
            run = self._verify(inventory, user)
            self.assertEqual((run.state, run.user_id, run.progress), ("ok", user, 100.0))
            self.assertEqual(run.row_count, inventory.seal_id.row_count)
        self.assertEqual(inventory.seal_result, "ok")
        entries = self.env["carbon.trail.entry"].search([("event", "=", "inventory.seal_verify")])
        self.assertEqual(len(entries), 3)
        self.assertEqual(set(entries.mapped("actor_uid")), {self.verifier.id, self.manager.id, self.accountant.id})

    def test_verifying_does_not_depend_on_how_the_session_writes_dates(self):
        inventory = self._sealed()
        run = self.env["carbon.inventory.seal.run"]._prepare(inventory, "verify")
        self.env.flush_all()
        while run.state == "running":
            self.env.cr.execute("SET LOCAL datestyle = 'SQL, DMY'")
            run._process()
        self.assertEqual(run.state, "ok", run.message)

    def test_columns_of_other_addons_do_not_break_a_seal(self):
        inventory = self._sealed()
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE carbon_activity_data ADD COLUMN x_bridge integer DEFAULT 7")
        self.env.cr.execute("ALTER TABLE carbon_inventory_line ADD COLUMN x_bridge text DEFAULT 'x'")
        self._assert_whole(inventory)

    def test_seal_of_an_older_form_is_verified_with_its_own(self):
        with patch.object(seal_form, "VERSION", 1):
            inventory = self._sealed()
        self.assertEqual(inventory.seal_id.form_version, 1)
        self._assert_whole(inventory)

    def test_root_can_be_computed_again_outside_the_database(self):
        inventory = self._sealed()
        run = self._verify(inventory).sudo()
        chain = seal_form.genesis(seal_form.VERSION, inventory.uuid)
        number = 0
        for what, kind, month in run._steps():
            rows = run._current_rows(kind, month, None, None) if what == "rows" else {}
            if not rows:
                continue
            digests = [SQL("SELECT sha256(convert_to(%s, 'UTF8'))", "|".join(texts)) for texts in rows.values()]
            content = b"".join(bytes(self.env.execute_query(query)[0][0]) for query in digests)
            number += 1
            chain = seal_form.chained(
                *(chain, number, kind, month or "", min(rows), max(rows), len(rows)),
                seal_form.hashlib.sha256(content).hexdigest(),
            )
        self.assertEqual(chain, inventory.seal_id.root_hash)

    def test_many_batches_are_chained_and_verified(self):
        self.patch(seal_form, "BATCH_ROWS", 2)
        for number in range(9):
            self._declare(self.coal_rule, 1 + number, self.ton, "2025-03-10", name=f"COAL/{number}")
        inventory = self._sealed()
        batches = self.env["carbon.inventory.seal.batch"].search([("seal_id", "=", inventory.seal_id.id)])
        march = batches.filtered(lambda b: b.kind == "activity" and f"{b.period:%m}" == "03")
        self.assertEqual(march.mapped("row_count"), [2, 2, 2, 2, 2])
        self.assertEqual(batches.mapped("number"), list(range(1, len(batches) + 1)))
        self._assert_whole(inventory)
        rows = self.env["carbon.activity.data"].search([("date", "=", "2025-03-10")], order="id")
        self._tamper("DELETE FROM carbon_activity_data WHERE id = %s", rows[4].id)
        self._assert_found(inventory, "carbon.activity.data", rows[4].id, "missing: it was deleted")

    def test_inventory_without_boundary_rows_or_months_seals_too(self):
        inventory = self._computed()
        self._close_year()
        self._approve(inventory)
        self.assertEqual(
            inventory.seal_id.row_count,
            len(seal_form.PROPERTIES[seal_form.VERSION]["header"]) + len(inventory.edition_ids),
        )
        self._assert_whole(inventory)
        self._tamper(
            "INSERT INTO carbon_activity_data (id, company_id, date, origin_model, origin_id, origin_part, seq, kind, rule_id, "
            "source_id, category_id, recognition, quantity, quality, collected_on) "
            "VALUES (-1, %s, '2025-06-01', 'x', 1, '', 0, 'declared', %s, %s, %s, 'declared', 5, 'default', now())",
            *(self.company.id, self.coal_rule.id, self.coal.id, self.leaf.id),
        )
        self._assert_found(inventory, "carbon.activity.data", -1, "added after sealing")

    # ------------------------------------------------------------------
    # Refused
    # ------------------------------------------------------------------
    def test_seal_and_batches_cannot_be_written_by_orm_or_sudo(self):
        inventory = self._sealed()
        seal = inventory.seal_id
        batch = self.env["carbon.inventory.seal.batch"].search([("seal_id", "=", seal.id)], limit=1)
        run = inventory.seal_run_ids
        for act in (
            lambda: seal.sudo().write({"root_hash": "x"}),
            lambda: seal.sudo().unlink(),
            lambda: seal.sudo().create({"inventory_id": inventory.id}),
            lambda: batch.sudo().write({"content_hash": "x"}),
            lambda: batch.sudo().unlink(),
            lambda: batch.sudo().create({"seal_id": seal.id}),
            lambda: run.sudo().write({"state": "ok"}),
            lambda: run.sudo().with_context(carbon_act=True).write({"state": "ok"}),
            # a step of another model may not write here
            lambda: run.with_env(self.env["carbon.collection.run"].sudo()._acting().env).write({"state": "ok"}),
            lambda: run.sudo().create({"inventory_id": inventory.id}),
            lambda: run.sudo().unlink(),
            lambda: inventory.sudo().write({"version": 3}),
            lambda: inventory.sudo().write({"verified_on": "2026-01-01"}),
            lambda: inventory.sudo().write({"is_base_year": True}),
        ):
            with self.assertRaises(UserError):
                act()

    def test_seal_and_batches_cannot_be_changed_by_plain_sql(self):
        inventory = self._sealed()
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_inventory_seal SET root_hash = 'x'",
            "DELETE FROM carbon_inventory_seal",
            "TRUNCATE carbon_inventory_seal",
            "UPDATE carbon_inventory_seal_batch SET content_hash = 'x'",
            "DELETE FROM carbon_inventory_seal_batch",
            "TRUNCATE carbon_inventory_seal_batch",
            "INSERT INTO carbon_inventory_seal_batch (seal_id, company_id, number, kind, first_key, last_key, row_count, content_hash, "
            "hash) SELECT id, company_id, 999, 'header', 1, 1, 1, 'x', 'x' FROM carbon_inventory_seal",
            "INSERT INTO carbon_inventory_seal (inventory_id, company_id, form_version, root_hash, batch_count, row_count, "
            "activity_max_id, emission_max_id, sealed_on, sealed_by_id) SELECT id, company_id, 1, 'x', 0, 0, 0, 0, now(), 1 "
            f"FROM carbon_inventory WHERE id = {inventory.id}",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)

    def test_people_without_role_cannot_verify(self):
        inventory = self._sealed()
        for group in ("group_carbon_reader", "group_carbon_top_management"):
            user = self._user(f"seal-{group}", group)
            with self.assertRaisesRegex(UserError, "Verifier"):
                inventory.with_user(user).action_verify_seal()

    def test_company_b_sees_no_seal_of_company_a(self):
        inventory = self._sealed()
        self._verify(inventory)
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("seal-stranger", "group_carbon_manager", company=other)
        for model in ("carbon.inventory.seal", "carbon.inventory.seal.batch", "carbon.inventory.seal.run"):
            self.assertTrue(self.env[model].with_user(self.verifier).search([]), model)
            records = self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(records.search([]), model)
        with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_rule"):
            inventory.with_user(stranger).with_context(allowed_company_ids=other.ids).action_verify_seal()

    # ------------------------------------------------------------------
    # Background
    # ------------------------------------------------------------------
    def test_long_sealing_goes_on_in_the_background(self):
        inventory = self._prepared()
        self.patch_request_seconds(0)
        inventory.with_user(self.manager).action_approve()
        self.assertEqual((inventory.state, inventory.is_sealing), ("checked", True))
        with self.assertRaisesRegex(UserError, "is being sealed"):
            inventory.with_user(self.manager).action_approve()
        self._work_off()
        self.assertEqual((inventory.state, inventory.is_sealing), ("approved", False))
        self.assertEqual((inventory.approved_by_id, inventory.seal_id.sealed_by_id), (self.manager, self.manager))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.approve")], order="id desc", limit=1)
        self.assertEqual(entry.actor_uid, self.manager.id)
        run = self._verify(inventory)
        self.assertEqual(run.state, "running")
        self._work_off()
        self.assertEqual(run.state, "ok", run.message)

    def test_month_reopened_while_sealing_stops_the_approval(self):
        inventory = self._prepared()
        self.patch_request_seconds(0)
        inventory.with_user(self.manager).action_approve()
        self._period("2025-05-01").action_reopen()
        with mute_logger("odoo.addons.carbon_accounting.models.carbon_inventory_seal_background"):
            self._work_off()
        self.assertEqual((inventory.state, inventory.is_sealing), ("checked", False))
        run = inventory.seal_run_ids
        self.assertEqual(run.state, "failed")
        self.assertIn("2025-05 was reopened", run.message)
        self.assertFalse(self.env["carbon.inventory.seal.batch"].search([("seal_id", "=", run.seal_key)]))

    def test_back_to_draft_cancels_a_sealing(self):
        inventory = self._prepared()
        self.patch_request_seconds(0)
        inventory.with_user(self.manager).action_approve()
        self.env["carbon.inventory.seal.run"]._process_next()
        inventory.action_draft()
        self.assertEqual((inventory.state, inventory.seal_run_ids.state), ("draft", "cancelled"))
        self._work_off()
        self.assertEqual(inventory.state, "draft")

    def test_weekly_job_verifies_every_sealed_inventory(self):
        inventory = self._sealed()
        draft = self._restated(inventory)
        draft.action_compute()
        self._approve(draft)
        self._inventory(2026)
        cron = self.env.ref("carbon_accounting.ir_cron_verify_seals")
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "weeks"))
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        runs = self.env["carbon.inventory.seal.run"].search([("kind", "=", "verify")])
        self.assertEqual(set(runs.mapped("state")), {"ok"})
        self.assertEqual(runs.inventory_id, inventory + draft)

    def test_every_role_reads_the_life_of_an_inventory(self):
        inventory = self._sealed()
        draft = self._restated(inventory)
        draft.action_compute()
        self._verify(inventory)
        names = [name for name in inventory._fields if not inventory._fields[name].groups]
        for group in ("reader", "verifier", "top_management", "accountant", "manager"):
            user = self._user(f"life-{group}", f"group_carbon_{group}")
            self.env.invalidate_all()
            for record in inventory + draft:
                values = record.with_user(user).read(names)[0]
                self.assertEqual(values["seal_result"], "ok" if record == inventory else False)
            self.assertTrue(record.with_user(user).get_view(view_type="form"))

    def test_weekly_verification_gives_the_manager_one_to_do(self):
        inventory = self._sealed()
        self._tamper("UPDATE carbon_inventory_line SET co2e_kg = co2e_kg + 1 WHERE inventory_id = %s", inventory.id)
        runs = self.env["carbon.inventory.seal.run"]
        for _week in range(2):
            runs._prepare(inventory, "verify")
            self._work_off()
        self.assertEqual(inventory.seal_result, "differs")
        activity = inventory.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, self.manager))
        self.assertIn("co2e_kg", activity.note)

    def _prepared(self):
        """Return an inventory that only waits for its approval."""
        self._declare(self.coal_rule, 100, self.ton, "2025-03-10")
        inventory = self._computed()
        self._close_year()
        inventory.maker_note = "ok"
        inventory.action_check()
        return inventory

    def patch_request_seconds(self, seconds):
        from ..models import carbon_inventory_seal_run  # noqa: PLC0415

        self.patch(carbon_inventory_seal_run, "REQUEST_SECONDS", seconds)

    def _work_off(self):
        while self.env["carbon.inventory.seal.run"]._process_next():
            pass
        self.env.invalidate_all()
