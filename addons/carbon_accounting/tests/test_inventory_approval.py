import json
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestInventoryApproval(InventoryCommon):
    """Freshness, approval, immutability, access and the way back to documents."""

    def test_ledger_change_shows_as_stale(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self.assertFalse(inventory.is_stale)
        self._declare(self.coal_rule, 5, self.ton, "2024-05-05")
        self._commit()
        self.assertFalse(inventory.is_stale, "another year does not matter")
        self._declare(self.coal_rule, 5, self.ton)
        self._commit()
        self.assertTrue(inventory.is_stale)
        inventory.action_compute()
        self.assertFalse(inventory.is_stale)

    def test_draft_says_that_gwp_values_changed_since_it_was_computed(self):
        self._declare(self.coal_rule, 100, self.ton)
        own = self.ar6.copy({"code": "OWN", "value_ids": [(0, 0, {"gas_id": self.gas_co2.id, "value": 1})]})
        inventory = self._computed(gwp=own)
        inventory.maker_note = "ok"
        self.assertFalse(inventory.is_gwp_stale)
        own.value_ids.value = 1.5
        self.assertTrue(inventory.is_gwp_stale)
        self.assertEqual(round(inventory.total_t, 3), 186.853, "the figures stay until somebody computes")
        with self.assertRaisesRegex(UserError, "Compute"):
            inventory.action_check()
        inventory.action_compute()
        self.assertFalse(inventory.is_gwp_stale)
        self.assertEqual(round(inventory.total_t, 2), 280.28)
        inventory.action_check()
        with self.assertRaisesRegex(UserError, "OWN|fixed"):
            own.value_ids.value = 1

    def test_row_rewritten_in_set_up_shows_as_stale(self):
        self._begin_in_set_up()
        declaration = self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        declaration.action_cancel()
        self._commit()
        self.assertTrue(inventory.is_stale)

    def test_open_worklist_items_are_counted_with_their_weight(self):
        rule = self._rule("declared", self._source("No factor", self.kg, None), name="No factor")
        self._declare(rule, 3, self.kg, amount=1200, currency_id=self.env.ref("base.CNY").id)
        inventory = self._computed()
        self.assertEqual(inventory.issue_count, 1)
        self.assertIn("Source without factor: 1", inventory.issue_summary)
        self.assertIn("1,200", inventory.issue_summary)

    def test_open_worklist_needs_an_acknowledgement_that_the_trail_keeps(self):
        rule = self._rule("declared", self._source("No factor", self.kg, None), name="No factor")
        self._declare(self.coal_rule, 100, self.ton)
        self._declare(rule, 3, self.kg, amount=1200, currency_id=self.env.ref("base.CNY").id)
        inventory = self._computed()
        inventory.maker_note = "ok"
        with self.assertRaisesRegex(UserError, "Inventory 2025 wait on the worklist: Source without factor: 1"):
            inventory.action_check()
        inventory.issue_note = "Three kilograms; the factor is asked for."
        inventory.action_check()
        expected = {"nofactor": {"count": 1, "amount": {"CNY": "1200.00"}}}
        self.assertEqual(inventory.acknowledged_issues, expected)
        with self.assertRaises(UserError):
            inventory.issue_note = "x"
        with self.assertRaises(UserError):
            inventory.with_user(self.approver).write({"acknowledged_issues": {}})
        self._close_year()
        inventory.with_user(self.approver).action_approve()
        entries = self.env["carbon.trail.entry"].search(
            [("res_model", "=", inventory._name), ("res_id", "=", inventory.id)], order="id"
        )
        self.assertEqual(entries.mapped("event"), ["inventory.check", "inventory.approve", "inventory.workbook"])
        for entry in entries:
            payload = json.loads(entry.payload)
            self.assertEqual(payload["worklist"], expected)
            self.assertEqual(payload["worklist_note"], inventory.issue_note)

    def test_worklist_that_grew_after_the_check_stops_the_approval(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        inventory.maker_note = "ok"
        inventory.issue_note = "None expected."
        inventory.action_check()
        self._close_year()
        self._declare(self.coal_rule, 9, self.ton, name="Late bill")
        self._commit()
        self.assertEqual(self._issues(), {("Late bill", "late")})
        manager = inventory.with_user(self.approver)
        with self.assertRaisesRegex(UserError, "More records of Inventory 2025"):
            manager.action_approve()
        inventory.action_draft()
        inventory.issue_note = "The bill came after the close; below the materiality."
        inventory.action_check()
        manager.action_approve()
        self.assertEqual(inventory.state, "approved")

    def test_changed_basis_empties_the_draft(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        inventory.gwp_set_id = self.ar4
        self.assertFalse(inventory.computed_on)
        self.assertFalse(inventory.line_ids)

    def test_approval_waits_for_all_months_to_be_closed(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        inventory.maker_note = "ok"
        inventory.action_check()
        with self.assertRaisesRegex(UserError, "2025-01.*2025-12"):
            inventory.with_user(self.approver).action_approve()
        periods = self._close_year()
        periods.filtered(lambda p: p.date_from == date(2025, 7, 1)).action_reopen()
        with self.assertRaisesRegex(UserError, "open: 2025-07"):
            inventory.with_user(self.approver).action_approve()
        periods.filtered(lambda p: p.state == "open").action_close()
        inventory.with_user(self.approver).action_approve()
        self.assertEqual(inventory.state, "approved")

    def test_checking_needs_a_note_and_fresh_figures(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        inventory = self._inventory()
        inventory.maker_note = "ok"
        with self.assertRaisesRegex(UserError, "Compute"):
            inventory.action_check()
        inventory.action_compute()
        inventory.maker_note = " "
        with self.assertRaisesRegex(UserError, "maker's note"):
            inventory.action_check()

    def test_approval_leaves_exact_totals_in_the_trail(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self._close_year()
        self._approved(inventory)
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.approve")], order="id desc", limit=1)
        self.assertIn("186853.3333333333", str(entry.read()[0]))

    def test_approved_inventory_is_immutable_for_orm_and_sudo(self):  # R-139 R-157
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self._close_year()
        self._approved(inventory)
        for act in (
            lambda: inventory.sudo().write({"gwp_set_id": self.ar4.id}),
            lambda: inventory.sudo().write({"state": "draft"}),
            lambda: inventory.sudo().write({"computed_on": False}),
            lambda: inventory.sudo().action_compute(),
            lambda: inventory.sudo().unlink(),
            lambda: inventory.line_ids.sudo().write({"mass_kg": 1}),
            lambda: inventory.line_ids.sudo().unlink(),
            lambda: self.env["carbon.inventory.line"].sudo().create({"inventory_id": inventory.id}),
        ):
            with self.assertRaises(UserError):
                act()
        inventory.is_public = True  # publishing is no change of content
        self.assertEqual(round(inventory.total_t, 3), 186.853)

    def test_approved_inventory_is_immutable_for_plain_sql(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self._close_year()
        self._approved(inventory)
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_inventory_line SET mass_kg = 1",
            "DELETE FROM carbon_inventory_line",
            "TRUNCATE carbon_inventory_line",
            "INSERT INTO carbon_inventory_line (inventory_id, company_id, period, "
            "source_id, emission_category_id, segment, stream, version_id, gas_id, "
            "gas_kind, treatment) SELECT inventory_id, company_id, period, source_id, "
            "emission_category_id, segment, 'x', version_id, gas_id, gas_kind, "
            "treatment FROM carbon_inventory_line",
            "DELETE FROM carbon_inventory",
            "UPDATE carbon_inventory SET state = 'draft'",
            "UPDATE carbon_inventory SET date_to = '2030-12-31'",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)

    def test_later_factor_version_does_not_change_an_approved_inventory(self):  # S3
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self._close_year()
        self._approved(inventory)
        self._version(self.coal_factor, "3000", "2025-01-01")
        self._collect()
        self.assertEqual(round(inventory.total_t, 3), 186.853)
        self.assertFalse(inventory.is_stale)

    def test_reader_reads_and_cannot_write(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        reader = inventory.with_user(self._user("inv-reader", "group_carbon_reader"))
        self.assertEqual(round(reader.total_t, 3), 186.853)
        self.assertEqual(
            len(reader.env["carbon.inventory.report"].search([("inventory_id", "=", inventory.id)])),
            1,
        )
        for act in (
            reader.action_compute,
            reader.action_check,
            lambda: reader.write({"name": "x"}),
            reader.unlink,
            lambda: reader.create({"name": "x"}),
        ):
            with (
                self.assertRaises(AccessError),
                mute_logger("odoo.addons.base.models.ir_rule"),
            ):
                act()

    def test_accountant_computes_and_only_the_manager_approves(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        accountant = self._user("inv-accountant", "group_carbon_accountant")
        inventory = self._inventory().with_user(accountant)
        inventory.action_compute()
        self._close_year()
        inventory.maker_note = "done"
        inventory.action_check()
        with self.assertRaisesRegex(UserError, "Manager"):
            inventory.action_approve()
        inventory.with_user(self._user("inv-manager", "group_carbon_manager")).action_approve()
        self.assertEqual(inventory.state, "approved")
        self.assertEqual(inventory.computed_by_id, accountant)

    def test_company_b_sees_nothing_of_company_a(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("inv-stranger", "group_carbon_manager", company=other)
        for model in (
            "carbon.inventory",
            "carbon.inventory.line",
            "carbon.inventory.report",
        ):
            records = self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(records.search([]), model)
        with (
            self.assertRaises(AccessError),
            mute_logger("odoo.addons.base.models.ir_rule"),
        ):
            records.env["carbon.inventory"].browse(inventory.id).read(["name"])

    def test_total_leads_to_the_document_in_two_clicks(self):
        declaration = self._declare(self.coal_rule, 100, self.ton)
        self._declare(self.coal_rule, 7, self.ton, "2024-03-01")
        inventory = self._computed()
        action = inventory.action_view_emissions()
        emissions = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(len(emissions), 1)
        opened = emissions.action_open_origin()
        self.assertEqual(
            (opened["res_model"], opened["res_id"]),
            ("carbon.declaration", declaration.id),
        )
        action = inventory.line_ids.action_view_emissions()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), emissions)
