from odoo.tests import tagged

from .seal_common import SealCommon


@tagged("post_install", "-at_install")
class TestSealTold(SealCommon):
    """What happens to an inventory after sealing is what the trail says: the database asks for it, Verify Seal compares it (R-139)."""

    FORGED = (
        "UPDATE carbon_inventory SET state = 'verified', approved_by_id = %s, verified_by_id = %s, verification_note = 'Fine.', "
        "assurance_level = 'reasonable' WHERE id = %s"
    )

    def _verified(self):
        inventory = self._sealed()
        body = self.env["res.partner"].create({"name": "Verification Ltd"})
        inventory.with_user(self.verifier)._record_verification(
            {
                "verification_partner_id": body.id,
                "verification_criteria": "ISO 14064-3:2019",
                "assurance_level": "limited",
                "verification_materiality": 5.0,
                "verification_date": "2026-03-31",
                "verification_number": "V-1",
                "verification_note": "One misstatement, corrected.",
            }
        )
        self.env.flush_all()
        return inventory

    def _refused_sql(self, statement, *params):
        self.env.flush_all()
        with self._refused_by_database():
            self.env.cr.execute(self._sql(statement, *params))
            self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as a commit does

    def test_forged_verification_is_refused_by_the_database(self):
        inventory = self._sealed()
        self._refused_sql(self.FORGED, self.other_manager.id, self.verifier.id, inventory.id)
        self._refused_sql(
            "UPDATE carbon_inventory SET state = 'verified', verified_by_id = %s WHERE id = %s",
            *(self.verifier.id, inventory.id),
        )
        self._refused_sql("UPDATE carbon_inventory SET state = 'restated' WHERE id = %s", inventory.id)
        self.env.invalidate_all()
        self.assertEqual((inventory.state, inventory.approved_by_id), ("approved", self.manager))

    def test_nothing_of_an_approved_inventory_is_rewritten_by_plain_sql(self):
        inventory = self._sealed()
        self.assertTrue(inventory.workbook_sha256)
        for change in (
            f"approved_by_id = {self.other_manager.id}",
            "approved_on = '2020-01-01'",
            "verification_note = 'x'",
            "verified_on = '2020-01-01'",
            "assurance_level = 'reasonable'",
            "name = 'x'",
            "intended_user = 'x'",
            "maker_note = 'x'",
            "materiality = 50",
            "uncertainty_percent = 1",
            "is_base_year = TRUE",
            "workbook_sha256 = 'x'",
            "workbook_sha256 = NULL",
        ):
            with self.subTest(change):
                self._refused_sql(f"UPDATE carbon_inventory SET {change} WHERE id = %s", inventory.id)

    def test_inventory_is_not_inserted_as_approved(self):
        inventory = self._sealed()
        self._refused_sql(
            "INSERT INTO carbon_inventory (name, company_id, date_from, date_to, gwp_set_id, electricity_basis, intended_use, state) "
            "SELECT 'x', company_id, date_from, date_to, gwp_set_id, electricity_basis, intended_use, state FROM carbon_inventory "
            "WHERE id = %s",
            inventory.id,
        )

    def test_lawful_life_is_whole(self):
        inventory = self._verified()
        self._assert_whole(inventory)
        inventory.with_user(self.manager).action_set_base_year()
        self._assert_whole(inventory)
        inventory.with_user(self.manager).action_unset_base_year()
        inventory.verification_partner_id.name = "Renamed Ltd"
        self._assert_whole(inventory)
        self.assertEqual(inventory.verification_body, "Verification Ltd")

    def test_forgery_with_triggers_off_is_named_by_the_trail(self):
        inventory = self._sealed()
        told = "and the audit trail says"
        for change, message, columns in (
            ("state = 'draft'", f"State is draft, {told} approved", "state"),
            ("state = 'verified'", f"State is verified, {told} approved", "state"),
            ("is_base_year = TRUE", f"Base Year is True, {told} empty", "is_base_year"),
            (
                "workbook_sha256 = 'x'",
                f"SHA-256 of the Workbook is x, {told} {inventory.workbook_sha256}",
                "workbook_sha256",
            ),
            (f"approved_by_id = {self.other_manager.id}", told, "approved_by_id"),
            ("approved_on = '2020-01-01'", told, "approved_on"),
            ("assurance_level = 'reasonable'", f"is reasonable, {told} empty", "assurance_level"),
        ):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self._tamper(f"UPDATE carbon_inventory SET {change} WHERE id = %s", inventory.id)
                self._assert_found(inventory, "carbon.inventory", inventory.id, message, columns)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_rewritten_statement_and_verifier_are_named(self):
        inventory = self._verified()
        for change, columns in (
            ("verification_note = 'Fine.'", "verification_note"),
            (
                "assurance_level = 'reasonable', verification_materiality = 1",
                "assurance_level, verification_materiality",
            ),
            (f"verified_by_id = {self.other_manager.id}", "verified_by_id"),
            ("verification_body = 'Big Four'", "verification_body"),
            ("verification_number = 'V-2', verification_date = '2026-01-01'", "verification_date, verification_number"),
        ):
            with self.subTest(change), self.env.cr.savepoint() as savepoint:
                self._tamper(f"UPDATE carbon_inventory SET {change} WHERE id = %s", inventory.id)
                self._assert_found(inventory, "carbon.inventory", inventory.id, "audit trail says", columns)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_trail_entry_rewritten_to_fit_is_found(self):
        inventory = self._sealed()
        self._tamper(
            "UPDATE carbon_trail_entry SET payload = replace(payload, 'approved_on', 'approved_at') "
            "WHERE res_uuid = %s AND event = 'inventory.approve'",
            inventory.uuid,
        )
        self._assert_found(inventory, "carbon.inventory", inventory.id, "Entry .* of the audit trail.* was changed")

    def test_inventory_turned_back_to_draft_is_verified_by_the_weekly_run_too(self):
        inventory = self._sealed()
        self._tamper("UPDATE carbon_inventory SET state = 'draft' WHERE id = %s", inventory.id)
        self.assertIn(inventory, self.env["carbon.inventory.seal.run"]._to_verify())

    def test_missing_lines_are_named_before_what_rests_on_them(self):
        inventory = self._sealed()
        first = min(inventory.line_ids.ids)
        self._tamper("DELETE FROM carbon_inventory_line WHERE inventory_id = %s", inventory.id)
        self._assert_found(inventory, "carbon.inventory.line", first, f"Inventory line {first} is missing")
