import re
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestFrameworkGuard(InventoryCommon):
    """What a checked or approved inventory is reported with does not change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.edition = cls.env["carbon.framework"].search([("code", "=", "GHGP")])._edition_at(date(2025, 12, 31))
        cls.mapping = cls.edition.mapping_ids.filtered(lambda m: m.emission_category_id == cls.leaf)
        cls.other = cls.edition.category_ids - cls.mapping.framework_category_id

    def _checked(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        inventory.maker_note = "ok"
        inventory.action_check()
        return inventory

    def _scopes(self, inventory):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["carbon.inventory.report"].search([("inventory_id", "=", inventory.id)]).mapped("scope")

    def test_mapping_of_a_draft_can_be_changed_and_the_report_follows(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        self.assertEqual(self._scopes(inventory), ["1"])
        self.mapping.framework_category_id = self.other.filtered(lambda c: c.scope == 3)[:1]
        self.assertEqual(self._scopes(inventory), ["3"])

    def test_mapping_of_a_checked_inventory_is_fixed_whoever_asks(self):
        inventory = self._checked()
        third = self.other.filtered(lambda c: c.scope == 3)[:1]
        manager = self.mapping.with_user(self.approver)
        for act in (
            lambda: manager.write({"framework_category_id": third.id}),
            lambda: manager.with_context(install_mode=True).write({"framework_category_id": third.id}),
            lambda: self.mapping.sudo().write({"framework_category_id": third.id}),
            lambda: self.mapping.sudo().write({"emission_category_id": self.electricity_leaf.id}),
            lambda: self.edition.sudo().write(
                {"mapping_ids": [(1, self.mapping.id, {"framework_category_id": third.id})]}
            ),
            lambda: self.mapping.sudo().unlink(),
            lambda: self.mapping.framework_category_id.sudo().write({"scope": 3}),
            lambda: self.mapping.framework_category_id.sudo().write({"code": "9"}),
            lambda: self.mapping.framework_category_id.sudo().unlink(),
            lambda: self.edition.sudo().unlink(),
            lambda: self.edition.framework_id.sudo().unlink(),
            lambda: self.leaf.sudo().unlink(),
        ):
            with self.assertRaisesRegex(UserError, f"{inventory.name}.*New Edition"), self.env.cr.savepoint():
                act()
        self.assertEqual(self._scopes(inventory), ["1"])

    def test_other_editions_wording_and_validity_stay_open(self):
        self._checked()
        self.mapping.note = "Boilers and kilns"
        self.mapping.framework_category_id.name = "Direct emissions"
        self.mapping.write({"framework_category_id": self.mapping.framework_category_id.id})
        self.edition.valid_to = "2030-12-31"
        other = self.env["carbon.framework.mapping"].search([("edition_id", "not in", self.env["carbon.inventory"].search(
            [("company_id", "=", self.company.id)]).edition_ids.ids)], limit=1)  # fmt: skip
        other.unlink()
        self.assertFalse(other.exists())

    def test_leaf_without_mapping_is_fixed_as_not_mapped_once_it_was_reported(self):
        self.mapping.unlink()
        self._checked()
        values = {"edition_id": self.edition.id, "framework_category_id": self.other[:1].id}
        mappings = self.env["carbon.framework.mapping"]
        with self.assertRaisesRegex(UserError, "New Edition"):
            mappings.create({**values, "emission_category_id": self.leaf.id})
        leaf = self.env["carbon.emission.category"].create({"code": "new_leaf", "name": "New"})
        self.assertTrue(mappings.create({**values, "emission_category_id": leaf.id}), "nobody reported it")

    def test_new_edition_takes_everything_over_and_can_be_changed(self):
        inventory = self._checked()
        action = self.edition.with_user(self.approver).action_new_edition()
        new = self.env["carbon.framework.edition"].browse(action["res_id"])
        self.assertEqual(len(new.mapping_ids), len(self.edition.mapping_ids))
        self.assertEqual(sorted(new.category_ids.mapped("code")), sorted(self.edition.category_ids.mapped("code")))
        self.assertEqual(new.mapping_ids.framework_category_id.edition_id, new)
        self.assertEqual(
            new.category_ids.parent_id.edition_id, new if self.edition.category_ids.parent_id else new.browse()
        )
        self.assertGreater(new.valid_from, self.edition.valid_to)
        mine = new.mapping_ids.filtered(lambda m: m.emission_category_id == self.leaf)
        mine.framework_category_id = new.category_ids.filtered(lambda c: c.scope == 3)[:1]
        self.assertEqual(self._scopes(inventory), ["1"])
        self.assertEqual(self.edition.action_new_edition()["res_id"], new.id, "there is one after it already")

    def test_inventory_of_another_company_is_not_named(self):
        self._checked()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._user("map-stranger", "group_carbon_manager", company=other)
        with self.assertRaises(UserError) as caught:
            self.mapping.with_user(stranger).write({"framework_category_id": self.other[:1].id})
        self.assertNotIn("Inventory 2025", str(caught.exception))
        self.assertIn("another company", str(caught.exception))


@tagged("post_install", "-at_install")
class TestSecondPerson(InventoryCommon):
    """Nobody approves an inventory that they prepared."""

    def _ready(self, maker):
        """Return an inventory computed and handed on by a user, its months closed."""
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        inventory = self._inventory().with_user(maker)
        inventory.action_compute()
        self._close_year()
        inventory.maker_note = "done"
        inventory.action_check()
        return inventory

    def _refused(self, act, person):
        with self.assertRaisesRegex(AccessError, f"prepared by {re.escape(person)}.*Ask another carbon manager"):
            act()

    def test_manager_who_computed_it_last_cannot_approve_it(self):  # R-135 R-139
        maker = self._user("four-maker", "group_carbon_manager")
        inventory = self._ready(maker)
        self._refused(inventory.action_approve, "four-maker")
        self._refused(inventory.sudo().action_approve, "four-maker")
        self._refused(inventory.with_context(carbon_gate=True, install_mode=True).action_approve, "four-maker")
        self.assertEqual(inventory.state, "checked")
        inventory.with_user(self.approver).action_approve()
        self.assertEqual((inventory.state, inventory.approved_by_id), ("approved", self.approver))

    def test_whoever_set_it_up_cannot_approve_it_either(self):
        creator = self._user("four-creator", "group_carbon_manager")
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        inventory = (
            self.env["carbon.inventory"]
            .with_user(creator)
            .create(
                {
                    "name": "Mine",
                    "company_id": self.company.id,
                    "date_from": "2025-01-01",
                    "date_to": "2025-12-31",
                    "gwp_set_id": self.ar6.id,
                    "create_uid": self.approver.id,
                    "computed_by_id": self.approver.id,
                    "maker_note": "done",
                }
            )
        )
        accountant = inventory.with_user(self._user("four-accountant", "group_carbon_accountant"))
        accountant.action_compute()
        accountant.action_check()
        self._close_year()
        self._refused(inventory.action_approve, "four-creator")

    def test_superuser_who_prepared_it_is_no_second_person(self):
        inventory = self._ready(self.env.user)
        self.assertTrue(inventory.env.su)
        self._refused(inventory.action_approve, self.env.user.name)

    def test_recomputing_makes_the_approver_a_maker(self):
        accountant = self._user("four-accountant", "group_carbon_accountant")
        inventory = self._ready(accountant)
        mine = inventory.with_user(self.approver)
        mine.action_draft()
        mine.action_compute()
        mine.action_check()
        self._refused(mine.action_approve, self.approver.name)

    def test_maker_cannot_write_himself_out(self):
        maker = self._user("four-maker", "group_carbon_manager")
        inventory = self._ready(maker)
        for values in (
            {"computed_by_id": self.approver.id},
            {"state": "approved"},
            {"state": "approved", "approved_by_id": self.approver.id},
        ):
            with self.assertRaises(UserError):
                inventory.write(values)
        inventory.with_context(default_computed_by_id=self.approver.id).write({"create_uid": self.approver.id})
        self.assertEqual(inventory.computed_by_id, maker)
        self._refused(inventory.action_approve, "four-maker")

    def test_company_that_wants_no_second_person_says_so_in_the_trail(self):
        maker = self._user("four-maker", "group_carbon_manager")
        inventory = self._ready(maker)
        with self.assertRaises(AccessError):
            self.system.with_user(self._user("four-accountant", "group_carbon_accountant")).write(
                {"separate_inventory_approval": False}
            )
        self.system.with_user(maker).separate_inventory_approval = False
        entry = self.env["carbon.trail.entry"].search(
            [("company_id", "=", self.company.id), ("event", "=", "system.configure")], order="id desc", limit=1
        )
        self.assertIn("separate_inventory_approval", str(entry.payload))
        inventory.action_approve()
        self.assertEqual(inventory.state, "approved")

    def test_second_person_is_wanted_unless_switched_off(self):
        other = self.env["res.company"].create({"name": "New works"})
        self.assertTrue(self.env["carbon.system"]._get(other).separate_inventory_approval)
