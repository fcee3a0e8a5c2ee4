from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .consolidation_common import ConsolidationCommon


@tagged("post_install", "-at_install")
class TestConsolidationLife(ConsolidationCommon):
    """Blockers, decisions on flows, approval, and what changes afterwards (R-123, R-124)."""

    def _refused(self, text, function):
        with self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
            function()

    def _decision(self, group, kind="keep", buyer=None, seller=None, name="steam", **values):
        buyer, seller = buyer or self.mill, seller or self.works
        return (
            self.env["carbon.consolidation.decision"]
            .with_user(self.accountant)
            .create(
                {
                    "consolidation_id": group.id,
                    "kind": kind,
                    "buyer_company_id": buyer.id,
                    "seller_company_id": seller.id,
                    "source_id": self.rules[buyer, name].source_id.id,
                    "reason": "Works only passes it on.",
                    **values,
                }
            )
        )

    # ------------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------------
    def test_a_missing_inventory_is_named_and_its_sales_are_not_eliminated(self):
        # never silently zero
        self._boundary()
        self._fill()
        self._inventories(self.works + self.press)
        group = self._consolidation()
        group.action_compute()
        self.assertTrue(group.is_incomplete)
        self.assertEqual(self._codes(group)[self.mill], ["missing"])
        self.assertEqual(self._members(group)[self.press], (1.0, 16.0, 0.0, 16.0))
        mill = group.member_ids.filtered(lambda member: member.member_company_id == self.mill)
        self.assertEqual((mill.share, mill.counted_part), (1.0, 0.0))
        self.assertIn("Mill has no inventory", mill.problem)
        self.assertIn("Mill has no inventory", group.check_result[0]["label"])
        group.maker_note = "Without Mill."
        self._refused("Mill has no inventory", group.action_check)

    def test_an_inventory_of_another_gwp_set_or_use_is_named(self):
        self._boundary()
        self._fill()
        self._inventories(self.works)
        self._inventories(self.mill, gwp=self.ar5)
        self._inventories(self.press, intended_use="customer")
        group = self._consolidation()
        group.action_compute()
        self.assertEqual(self._codes(group), {self.works: ["draft"], self.mill: ["gwp"], self.press: ["use"]})
        self.assertEqual(round(group.total_t, 3), 100.0)
        texts = " ".join(item["label"] for item in group.check_result)
        self.assertTrue("another GWP set (AR5)" in texts and "another use (Customer)" in texts, texts)

    def test_an_inventory_that_was_never_computed_counts_nothing(self):
        self._boundary()
        self._fill()
        self._inventories(self.works + self.press)
        self._inventory(2025, company_id=self.mill.id, boundary_id=False)
        group = self._consolidation()
        group.action_compute()
        self.assertEqual(self._codes(group)[self.mill], ["not_computed"])
        self.assertTrue(group.is_incomplete)

    def test_a_stale_draft_and_another_edition_are_named(self):
        group = self._consolidated()
        self._tell(self.mill, "fuel", 1)
        self._commit()
        self.inventories[self.press].edition_ids -= self.inventories[self.press].edition_ids[:1]
        codes = self._codes(group)
        self.assertEqual((codes[self.mill], codes[self.press]), (["draft", "stale"], ["draft", "edition"]))
        group.maker_note = "Checked."
        self._refused("older than its ledger", group.with_user(self.accountant).action_check)

    def test_a_unit_that_is_no_company_in_odoo_is_named(self):
        group = self._consolidated(lines={"farm": {"entity_name": "Farm", "share": 0.4}})
        farm = group.member_ids.filtered(lambda member: member.entity_name == "Farm")
        self.assertIn("Farm is no company in Odoo", farm.problem)
        self.assertTrue(group.is_incomplete)

    def test_a_share_is_not_applied_twice(self):
        self._boundary("equity_share")
        site = self.env["carbon.site"].create({"name": "M", "code": "M", "company_id": self.mill.id})
        common = {"company_id": self.mill.id, "date_from": "2025-01-01", "site_ids": [Command.set(site.ids)]}
        base = self.env["carbon.boundary"].create({**common, "name": "Mill", "approach": "equity_share", "share": 0.6})
        base.action_approve()
        own = self.env["carbon.boundary"].create(
            {
                **common,
                "name": "Mill accounting",
                "boundary_type": "accounting",
                "organisational_id": base.id,
                "base_year": 2024,
            }
        )
        own.action_approve()
        self._fill()
        self._inventories(self.works + self.press)
        inventory = self._inventory(2025, company_id=self.mill.id, boundary_id=own.id)
        inventory.action_compute()
        group = self._consolidation()
        group.action_compute()
        self.assertEqual(self._codes(group)[self.mill], ["draft", "share"])

    def test_a_boundary_that_is_not_in_force_is_named(self):
        group = self._consolidated()
        newer = group.boundary_id.copy({"date_from": "2025-07-01"})
        newer.action_approve()
        self.assertEqual(group.boundary_id.state, "superseded")
        self.assertIn("not the organisational boundary in force", group.check_result[0]["label"])
        group.maker_note = "Checked."
        self._refused("not the organisational boundary in force", group.with_user(self.accountant).action_check)
        group.boundary_id = newer
        group.action_compute()
        self.assertEqual(round(group.total_t, 3), 132.0)
        self.assertFalse(group._boundary_problems())

    def test_a_deleted_inventory_empties_the_draft_that_rests_on_it(self):
        group = self._consolidated()
        self.inventories[self.mill].unlink()
        self.assertFalse(group.computed_on or group.member_ids)

    def test_an_approved_inventory_goes_before_a_draft(self):
        group = self._consolidated(approve=True)
        self._inventory(2025, company_id=self.mill.id, boundary_id=False).action_compute()
        group.action_compute()
        self.assertEqual(group.member_ids.inventory_id, self.env["carbon.inventory"].concat(*self.inventories.values()))
        self.assertFalse(self._codes(group))

    # ------------------------------------------------------------------
    # Decisions on flows
    # ------------------------------------------------------------------
    def test_a_kept_flow_stays_in_the_total_once_a_second_person_confirmed_it(self):
        group = self._consolidated()
        decision = self._decision(group)
        group.action_compute()
        self.assertEqual(round(group.total_t, 3), 132.0, "a request counts nothing")
        self._refused("wait for a second person", self._handed_on_later(group))
        with self.assertRaises(AccessError):
            decision.with_user(self.accountant).action_confirm()
        decision.with_user(self.manager).action_confirm()
        self.assertFalse(group.computed_on, "what was computed without the decision is old")
        group.action_compute()
        self.assertEqual(self._members(group)[self.mill], (1.0, 30.0, 0.0, 30.0))
        self.assertEqual(self._flows(group)[self.mill, self.works], (10_000.0, 0.0))
        kept = group.elimination_ids.filtered("is_kept")
        self.assertEqual((kept.decision_id, round(group.total_t, 3)), (decision, 142.0))
        events = self.env["carbon.trail.entry"].search([("res_uuid", "=", decision.uuid)], order="seq")
        self.assertEqual(events.mapped("event"), ["consolidation_flow.request", "consolidation_flow.confirm"])
        self.assertIn("Works only passes it on.", events[1].reason)
        decision.with_user(self.manager).action_withdraw()
        group.action_compute()
        self.assertEqual(round(group.total_t, 3), 132.0)

    def _handed_on_later(self, group):
        group.maker_note = "Compared."
        return group.with_user(self.accountant).action_check

    def test_a_manager_does_not_confirm_what_he_asked_for(self):
        group = self._consolidated()
        decision = self._decision(group).sudo().copy({"kind": "add", "part": 0.5}).with_user(self.manager)
        own = decision.with_user(self.manager).create(
            {**decision.copy_data({"seller_company_id": self.press.id, "part": 0.5})[0]}
        )
        with self.assertRaisesRegex(AccessError, "You asked"):
            own.action_confirm()
        own.with_user(self.manager).sudo().env.flush_all()
        with self.assertRaisesRegex(AccessError, "You asked"):
            own.sudo().with_user(self.manager).action_refuse()

    def test_a_flow_without_partner_is_added_by_its_part(self):
        # Press bought a quarter of the steam that names Heat Co from Works: 2,000 × 25 %
        group = self._consolidated()
        decision = self._decision(group, "add", self.press, self.works, part=0.25)
        decision.with_user(self.manager).action_confirm()
        group.action_compute()
        flows = self._flows(group)
        self.assertEqual(flows[self.press, self.works], (500.0, 500.0))
        self.assertEqual(flows[self.press, self.mill], (4_000.0, 4_000.0))
        row = group.elimination_ids.filtered(lambda row: row.decision_id == decision)
        lines = self.env["carbon.emission.line"].search(row.action_view_emissions()["domain"])
        self.assertEqual(lines.mapped("quantity"), [20_000.0])

    def test_no_more_than_the_whole_of_a_source_is_added(self):
        group = self._consolidated()
        self._decision(group, "add", self.press, self.works, part=0.7)
        self._refused("More than the whole", lambda: self._decision(group, "add", self.press, self.mill, part=0.4))

    def test_direct_emissions_and_strangers_take_no_decision(self):
        group = self._consolidated()
        self._refused("never eliminated", lambda: self._decision(group, "add", name="fuel"))
        other = self.env["res.company"].create({"name": "Other"})
        self._refused("inside the boundary", lambda: self._decision(group, seller=other))
        self._refused(
            "no source of the buyer",
            lambda: self._decision(group, source_id=self.rules[self.press, "steam"].source_id.id),
        )
        self._refused("Write why", lambda: self._decision(group, reason=" "))

    def test_decisions_are_kept_as_they_are(self):
        group = self._consolidated()
        decision = self._decision(group)
        self._refused("frozen", lambda: decision.sudo().write({"reason": "Other"}))
        self._refused("buttons", lambda: decision.sudo().write({"state": "confirmed"}))
        self._refused("frozen", lambda: decision.sudo().unlink())

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def test_approval_rests_on_approved_inventories_and_a_second_person(self):
        #
        group = self._handed_on(self._consolidated())
        self.assertEqual(group.state, "checked")
        self._refused("is Draft. Approve it first", group.with_user(self.manager).action_approve)
        for inventory in self.inventories.values():
            self._approve_of(inventory)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            group.with_user(self.accountant).action_approve()
        self.assertFalse(group.is_stale)
        group.with_user(self.manager).action_approve()
        self.assertEqual((group.state, group.approved_by_id), ("approved", self.manager))
        entry = self.env["carbon.trail.entry"].search(
            [("res_uuid", "=", group.uuid), ("event", "=", "consolidation.approve")]
        )
        self.assertIn(group.content_sha256, entry.payload)
        self.assertIn(self.inventories[self.mill].uuid, entry.payload)
        self.assertNotIn("_kg", entry.payload)

    def test_the_maker_does_not_approve(self):
        group = self._consolidated(approve=True)
        group.with_user(self.manager).action_compute()
        self._handed_on(group)
        with self.assertRaises(AccessError):
            group.with_user(self.manager).action_approve()

    def test_what_is_checked_or_approved_changes_no_more(self):
        group = self._handed_on(self._consolidated(approve=True))
        self._refused("frozen", lambda: group.sudo().write({"gwp_set_id": self.ar5.id}))
        self._refused("begins at Draft", group.with_user(self.accountant).action_compute)
        for table in ("member", "line", "elimination"):
            with self._refused_by_database():
                self.env.cr.execute(f"DELETE FROM carbon_consolidation_{table} WHERE consolidation_id = %s", [group.id])
        with self._refused_by_database():
            self.env.cr.execute("UPDATE carbon_consolidation_line SET share = 1")
        group.with_user(self.manager).action_approve()
        for statement in (
            "UPDATE carbon_consolidation SET state = 'draft' WHERE id = %s",
            "UPDATE carbon_consolidation SET content_sha256 = 'x' WHERE id = %s",
            "DELETE FROM carbon_consolidation WHERE id = %s",
        ):
            with self._refused_by_database():
                self.env.cr.execute(statement, [group.id])
        self._refused("frozen", lambda: group.sudo().unlink())

    def test_approval_by_plain_sql_needs_the_check_in_the_trail(self):
        group = self._consolidated()
        with self._refused_by_database():
            self.env.cr.execute("UPDATE carbon_consolidation SET state = 'approved' WHERE id = %s", [group.id])
        with self._refused_by_database():
            self.env.cr.execute("UPDATE carbon_consolidation SET state = 'checked' WHERE id = %s", [group.id])
            self.env.cr.execute("UPDATE carbon_consolidation SET state = 'approved' WHERE id = %s", [group.id])

    def test_rows_changed_with_triggers_off_are_found(self):
        group = self._handed_on(self._consolidated(approve=True))
        self.assertEqual(group.action_verify()["params"]["type"], "success")
        self.env.cr.execute("ALTER TABLE carbon_consolidation_line DISABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE carbon_consolidation_line SET own_kg = own_kg + 1, consolidated_kg = round((own_kg + 1) * share, 12) - eliminated_kg "
            "WHERE consolidation_id = %s",
            [group.id],
        )
        self.env.cr.execute("ALTER TABLE carbon_consolidation_line ENABLE TRIGGER USER")
        self.assertEqual(group.action_verify()["params"]["type"], "danger")
        self._refused("not those that were checked", group.with_user(self.manager).action_approve)

    def test_a_restated_company_makes_it_stale_and_a_new_version_follows(self):
        group = self._handed_on(self._consolidated(approve=True))
        group.with_user(self.manager).action_approve()
        old = self.inventories[self.mill]
        new = old._restate("error", "Fuel of a second boiler was forgotten.")
        self.assertFalse(group.is_stale, "a draft restates nothing")
        new.action_compute()
        self._approve_of(new)
        group.invalidate_recordset()
        self.assertEqual(old.state, "restated")
        self.assertTrue(group.is_stale)
        self.assertIn("restated by", group.stale_reason)
        self.assertEqual(round(group.total_t, 3), 132.0, "its figures stay")
        self.assertEqual(
            group.activity_ids.mapped(lambda a: (a.summary, a.user_id)), [("Mill was restated", self.manager)]
        )
        action = group.with_user(self.accountant).action_new_version()
        version = self.env["carbon.consolidation"].browse(action["res_id"])
        self.assertEqual((version.version, version.replaces_id, version.state), (2, group, "draft"))
        version.with_user(self.accountant).action_compute()
        self.assertIn(new, version.member_ids.inventory_id)
        self._handed_on(version).with_user(self.manager).action_approve()
        self.assertEqual((group.state, version.state), ("superseded", "approved"))

    def test_a_member_that_was_computed_again_makes_a_checked_one_stale(self):
        group = self._handed_on(self._consolidated())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE carbon_inventory SET computed_on = computed_on + interval '1 minute' WHERE id = %s",
            [self.inventories[self.mill].id],
        )
        self.env.invalidate_all()
        self.assertIn("was computed again", group.stale_reason)
        self._refused("computed again", group.with_user(self.manager).action_approve)
        group.with_user(self.accountant).action_draft()
        self.assertEqual((group.state, group.content_sha256), ("draft", False))

    def test_a_changed_basis_empties_the_draft(self):
        group = self._consolidated()
        group.gwp_set_id = self.ar5
        self.assertFalse(group.computed_on or group.line_ids or group.member_ids)

    def test_a_draft_is_deleted_with_its_rows_and_requests(self):
        group = self._consolidated()
        self._decision(group)
        group.unlink()
        self.assertFalse(
            self.env["carbon.consolidation.line"].search_count([("member_company_id", "in", self.group.ids)])
        )
