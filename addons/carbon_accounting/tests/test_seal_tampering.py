from odoo.tests import tagged

from ..models.carbon_inventory_seal_find import MODELS
from ..models.carbon_inventory_verification import VERIFICATION_FIELDS
from ..tools import seal_form
from .seal_common import SealCommon


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
        columns = set(seal_form.FORMS[seal_form.VERSION]["activity"]) - {"id", "company_id", "date", "quantity"}
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
        for kind in (
            "activity",
            "emission",
            "factor",
            "gas",
            "gwp",
            "line",
            "intensity",
            "bridge",
            "uncertainty",
            "interval",
        ):
            fields = self.env[MODELS[kind]]._fields
            stored = {name for name, field in fields.items() if field.store and field.column_type}
            stored -= {"create_uid", "create_date", "write_uid", "write_date"} | left_out.get(kind, set())
            self.assertEqual(set(seal_form.FORMS[seal_form.VERSION][kind]) - added.get(kind, set()), stored, kind)

    def test_head_covers_every_stored_column_that_is_written_before_the_approval(self):
        after = {"state", "approved_on", "approved_by_id", "is_public", "is_base_year", "base_year_on"}
        after |= {
            *VERIFICATION_FIELDS,
            "verification_body",
            "verified_on",
            "verified_by_id",
            "message_main_attachment_id",
        }
        after |= {"workbook_id", "workbook_sha256"}
        fields = self.env["carbon.inventory"]._fields
        stored = {name for name, field in fields.items() if field.store and field.column_type}
        stored -= {"id", "create_uid", "create_date", "write_uid", "write_date"} | after
        self.assertEqual(set(seal_form.PROPERTIES[seal_form.VERSION]["header"]), stored)

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
        columns = [name for name in seal_form.FORMS[seal_form.VERSION]["activity"] if name not in ("id", "seq")]
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
