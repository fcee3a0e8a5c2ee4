import json

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.carbon_inventory_seal_find import MODELS
from ..tools import seal_form
from .seal_common import SealCommon


@tagged("post_install", "-at_install")
class TestSeal(SealCommon):
    """Approval seals, the database refuses changes, and what gets past it is found and named (R-139, R-157)."""

    def test_approval_seals_and_the_trail_keeps_the_root(self):
        inventory = self._sealed()
        seal = inventory.seal_id
        self.assertEqual((inventory.state, seal.form_version, seal.sealed_by_id), ("approved", 1, self.manager))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.approve")], order="id desc", limit=1)
        told = json.loads(entry.payload)["seal"]
        self.assertEqual(told, {"form": 1, "root": seal.root_hash, "rows": seal.row_count, "batches": seal.batch_count})
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

    def test_root_can_be_computed_again_outside_the_database(self):
        inventory = self._sealed()
        run = self._verify(inventory).sudo()
        chain = seal_form.genesis(1, inventory.uuid)
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
            inventory.seal_id.row_count, len(seal_form.PROPERTIES[1]["header"]) + len(inventory.edition_ids)
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
            lambda: run.sudo().with_context(carbon_seal_act=True).write({"state": "ok"}),
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


@tagged("post_install", "-at_install")
class TestSealTampering(SealCommon):
    """Changes made by plain SQL with all triggers switched off are found, and named (R-139, R-157)."""

    def test_changed_activity_quantity_is_named_with_what_was_sealed(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        self._tamper("UPDATE carbon_activity_data SET quantity = 90 WHERE id = %s", row.id)
        self._assert_found(
            inventory,
            "carbon.activity.data",
            row.id,
            rf"Activity data {row.id} \(COAL/03\) was changed: quantity was 100 when sealed and is 90 now",
            "quantity",
        )

    def test_every_column_of_activity_data_is_sealed(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        changes = {
            "label": "'other'", "origin_model": "'res.partner'", "origin_id": "origin_id + 1000", "origin_part": "'x'", "seq": "7",
            "reverses_id": "1", "kind": "'x'", "rule_id": "rule_id + 1", "source_id": str(self.diesel.id),
            "category_id": "category_id + 1", "product_id": "1", "partner_id": "1", "equipment_id": "1", "pair_id": "1",
            "recognition": "'billed'", "uom_id": "uom_id + 1", "currency_id": "1", "origin_quantity": "1",
            "origin_uom_id": "1", "quality": "'estimated'", "uncertainty": "99", "collected_on": "'2020-01-01'",
        }  # fmt: skip
        columns = set(seal_form.FORMS[1]["activity"]) - {"id", "company_id", "date", "quantity"}
        self.assertEqual(set(changes), columns)
        for column, value in changes.items():
            with self.subTest(column), self.env.cr.savepoint() as savepoint:
                self._tamper(f"UPDATE carbon_activity_data SET {column} = {value} WHERE id = %s", row.id)
                run = self._verify(inventory)
                self.assertEqual((run.state, run.difference_id), ("differs", row.id), column)
                self.assertIn(run.difference_columns, (False, column))
                savepoint.rollback()
            self.env.invalidate_all()

    def test_form_covers_every_stored_column(self):
        """A new column needs a new version of the form, or a place among those that say nothing about the content."""
        left_out = {
            "factor": {"company_id", "uuid"},
            "gwp": {"source", "provenance", "note"},
            "intensity": {"company_id"},
            "bridge": {"company_id"},
        }
        added = {"factor": {"factor_code", "factor_uom_id", "factor_currency_id"}}
        for kind in ("activity", "emission", "factor", "gas", "gwp", "line", "intensity", "bridge"):
            fields = self.env[MODELS[kind]]._fields
            stored = {name for name, field in fields.items() if field.store and field.column_type}
            stored -= {"create_uid", "create_date", "write_uid", "write_date"} | left_out.get(kind, set())
            self.assertEqual(set(seal_form.FORMS[1][kind]) - added.get(kind, set()), stored, kind)

    def test_activity_moved_to_another_month_or_year_is_named(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        self._tamper("UPDATE carbon_activity_data SET date = '2026-03-10' WHERE id = %s", row.id)
        self._assert_found(
            inventory, "carbon.activity.data", row.id, r"COAL/03\) was moved away: its date is 2026-03-10 now", "date"
        )

    def test_changed_emission_is_named(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march).emission_ids
        self._tamper("UPDATE carbon_emission_line SET quantity = 99.5 WHERE id = %s", row.id)
        self._assert_found(
            inventory,
            "carbon.emission.line",
            row.id,
            r"Emission \d+ \(COAL/03\) was changed: quantity was 100 when sealed and is 99.5 now",
            "quantity",
        )

    def test_changed_gas_line_of_a_factor_is_named(self):
        inventory = self._sealed()
        gas = self.coal_factor.version_ids.gas_line_ids
        self._tamper("UPDATE carbon_emission_factor_gas SET kg_per_unit = 1 WHERE id = %s", gas.id)
        self._assert_found(
            inventory,
            "carbon.emission.factor.gas",
            gas.id,
            r"TEST-COAL .*CO2\) was changed: kg_per_unit was 1868.533333333333 when sealed and is 1 now",
            "kg_per_unit",
        )

    def test_changed_factor_version_is_named(self):
        inventory = self._sealed()
        version = self.coal_factor.version_ids
        self._tamper("UPDATE carbon_emission_factor_version SET source_document = 'x' WHERE id = %s", version.id)
        self._assert_found(inventory, "carbon.emission.factor.version", version.id, r"TEST-COAL.* was changed")

    def test_changed_gwp_value_is_named(self):
        inventory = self._sealed()
        value = self.ar6.value_ids.filtered(lambda v: v.gas_id == self.gas_co2)
        self._tamper("UPDATE carbon_gwp_value SET value = 2 WHERE id = %s", value.id)
        self._assert_found(
            inventory,
            "carbon.gwp.value",
            value.id,
            r"AR6, CO2\) was changed: value was 1 when sealed and is 2 now",
            "value",
        )

    def test_changed_inventory_line_is_named(self):
        inventory = self._sealed()
        line = inventory.line_ids.filtered(lambda x: x.source_id == self.diesel)
        self._tamper("UPDATE carbon_inventory_line SET quantity = 9 WHERE id = %s", line.id)
        self._assert_found(
            inventory,
            "carbon.inventory.line",
            line.id,
            r"2025-04, Diesel engine, CO2\) was changed: quantity was 10 when sealed and is 9 now",
            "quantity",
        )

    def test_two_figures_changed_together_are_named_both(self):
        inventory = self._sealed()
        line = inventory.line_ids.filtered(lambda x: x.source_id == self.diesel)
        self._tamper("UPDATE carbon_inventory_line SET mass_kg = 1, co2e_kg = 1 WHERE id = %s", line.id)
        self._assert_found(
            inventory, "carbon.inventory.line", line.id, "mass_kg was 30959.1 .* co2e_kg was", "mass_kg, co2e_kg"
        )

    def test_changed_head_is_named_with_its_column(self):
        inventory = self._sealed()
        self._tamper("UPDATE carbon_inventory SET intended_user = 'x' WHERE id = %s", inventory.id)
        self._assert_found(inventory, "carbon.inventory", inventory.id, "intended_user was changed", "intended_user")

    def test_changed_boundary_is_named_with_its_column(self):
        site = self.env["carbon.site"].create({"name": "Works", "code": "W", "company_id": self.company.id})
        common = {"company_id": self.company.id, "date_from": "2025-01-01", "site_ids": [(6, 0, site.ids)]}
        base = self.env["carbon.boundary"].create({**common, "name": "Organisation"})
        base.action_approve()
        values = {**common, "name": "Accounting", "boundary_type": "accounting", "organisational_id": base.id}
        account = self.env["carbon.boundary"].create({**values, "base_year": 2025})
        account.action_approve()
        inventory = self._sealed(boundary_id=account.id)
        self._assert_whole(inventory)
        self._tamper("UPDATE carbon_boundary SET gas_ch4 = FALSE WHERE id = %s", account.id)
        self._assert_found(inventory, "carbon.boundary", account.id, "gas_ch4 was changed", "gas_ch4")

    def test_deleted_rows_are_named(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        emission = row.emission_ids
        with self.env.cr.savepoint() as savepoint:
            self._tamper("DELETE FROM carbon_emission_line WHERE id = %s", emission.id)
            self._assert_found(inventory, "carbon.emission.line", emission.id, f"Emission {emission.id} is missing")
            savepoint.rollback()
        self._tamper("DELETE FROM carbon_activity_data WHERE id = %s", row.id)
        self._assert_found(inventory, "carbon.activity.data", row.id, "missing: it was deleted")

    def test_deleted_gwp_value_and_line_are_named(self):
        inventory = self._sealed()
        value = self.ar6.value_ids.filtered(lambda v: v.gas_id == self.gas_co2)
        line = inventory.line_ids[0]
        for model, record in (("carbon.gwp.value", value), ("carbon.inventory.line", line)):
            with self.env.cr.savepoint() as savepoint:
                self._tamper("DELETE FROM %s WHERE id = %s", self._sql(self.env[model]._table), record.id)
                self._assert_found(inventory, model, record.id, "is missing")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_inserted_row_is_named_whatever_its_id(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        columns = [name for name in seal_form.FORMS[1]["activity"] if name not in ("id", "seq")]
        for key in (-5, row.id + 1000000):
            with self.env.cr.savepoint() as savepoint:
                self._tamper(
                    "INSERT INTO carbon_activity_data (id, seq, %s) SELECT %s, 5, %s FROM carbon_activity_data WHERE id = %s",
                    self._sql(", ".join(columns)),
                    key,
                    self._sql(", ".join(columns)),
                    row.id,
                )
                self._assert_found(
                    inventory, "carbon.activity.data", key, rf"Activity data {key} \(COAL/03\) was added after sealing"
                )
                savepoint.rollback()
            self.env.invalidate_all()

    def test_inserted_emission_is_named(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march).emission_ids
        columns = "activity_id, company_id, date, source_id, category_id, stream, version_id, quantity"
        self._tamper(
            "INSERT INTO carbon_emission_line (id, seq, %s) SELECT %s, 5, %s FROM carbon_emission_line WHERE id = %s",
            *(self._sql(columns), row.id + 1000000, self._sql(columns), row.id),
        )
        self._assert_found(inventory, "carbon.emission.line", row.id + 1000000, "added after sealing, while its month")

    def test_changed_batch_of_the_seal_is_named(self):
        inventory = self._sealed()
        batches = self.env["carbon.inventory.seal.batch"].search([("seal_id", "=", inventory.seal_id.id)])
        model, batch = batches._name, batches[3]
        for change in (
            "content_hash = 'x'",
            "hash = 'x'",
            "first_key = 0",
            "row_count = 2",
            "number = 999",
        ):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self._tamper(f"UPDATE carbon_inventory_seal_batch SET {change} WHERE id = %s", batch.id)
                run = self._verify(inventory)
                self.assertEqual((run.state, run.difference_model), ("differs", model), run.message)
                self.assertIn("Batch 4 of the seal itself was changed", run.message)
                savepoint.rollback()
            self.env.invalidate_all()
        self._tamper("UPDATE carbon_inventory_seal_batch SET row_index = 'x' WHERE id = %s", batch.id)
        self._assert_found(inventory, model, batch.id, "Batch 4 of the seal itself was changed")

    def test_removed_batch_is_found(self):
        inventory = self._sealed()
        batches = self.env["carbon.inventory.seal.batch"].search([("seal_id", "=", inventory.seal_id.id)])
        with self.env.cr.savepoint() as savepoint:
            self._tamper("DELETE FROM carbon_inventory_seal_batch WHERE id = %s", batches[2].id)
            self.assertIn("Batch 3 of the seal itself", self._verify(inventory).message)
            savepoint.rollback()
        self._tamper("DELETE FROM carbon_inventory_seal_batch WHERE id = %s", batches[-1].id)
        self._assert_found(inventory, "carbon.inventory.seal", inventory.seal_id.id, "root does not end the chain")

    def test_seal_written_anew_over_changed_rows_does_not_match_the_trail(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        seal = inventory.seal_id
        self._tamper("UPDATE carbon_activity_data SET quantity = 1 WHERE id = %s", row.id)
        self._tamper("DELETE FROM carbon_inventory_seal_batch WHERE seal_id = %s", seal.id)
        forger = self._forge(inventory)
        self.assertNotEqual(forger.chain, seal.root_hash)
        self._tamper(
            "UPDATE carbon_inventory_seal SET root_hash = %s, row_count = %s, batch_count = %s WHERE id = %s",
            *(forger.chain, forger.row_count, forger.batch_count, seal.id),
        )
        self._assert_found(inventory, "carbon.inventory.seal", seal.id, "audit trail names another root")

    def _forge(self, inventory):
        """Write the batches of the seal anew, as somebody who reads this code could; return the run."""
        runs = self.env["carbon.inventory.seal.run"]
        run = runs._prepare(inventory, "verify")
        run._act(kind="seal")
        run._pin_settings()
        with self._triggers_off():
            for what, kind, month in run._steps():
                self.assertEqual(what, "rows")
                run._seal_step(kind, month)
            self.env.flush_all()
        run._act(kind="verify", state="cancelled")
        return run
