import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestReferenceGuards(InventoryCommon):
    """What reports read live does not move under a fixed inventory, nor silently under a draft (R-133, R-139)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("ref-manager", "group_carbon_manager")

    def _entries(self):
        return self.env["carbon.trail.entry"].search([("event", "=", "reference.change")])

    def _changes(self):
        other = self.env.ref("carbon_accounting.emission_category_purchased_electricity")
        return {
            "group of a gas": lambda: self.gas_co2.write({"gas_group": "other"}),
            "code of a gas": lambda: self.gas_co2.write({"code": "C02"}),
            "category is direct": lambda: self.leaf.write({"direct": not self.leaf.direct}),
            "place of a category": lambda: self.leaf.write({"parent_id": other.parent_id.id}),
            "basis of a stream": lambda: self.stream.write({"basis": "market"}),
        }

    def test_nothing_that_a_checked_inventory_is_read_with_can_change(self):
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        inventory.maker_note = "Looked at."
        inventory.action_check()
        total, entries = inventory.total_t, self._entries()
        for name, change in self._changes().items():
            with self.subTest(name), self.assertRaisesRegex(UserError, inventory.name):
                change()
        self.env.invalidate_all()
        self.assertEqual(inventory.total_t, total)
        self.assertEqual(self._entries(), entries)
        self.gas_co2.note = "A gas"
        self.gas_co2.write({"gas_group": "CO2", "code": "CO2"})  # the values that it has

    def test_source_that_moves_takes_nothing_out_of_the_site_of_a_computed_inventory(self):
        sites = self.env["carbon.site"].create(
            [{"name": name, "code": name, "company_id": self.company.id} for name in ("North", "South")]
        )
        self.coal.site_id = sites[0]
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed()
        inventory.intensity_ids = [(0, 0, {"name": "Area", "unit": "m²", "quantity": 10, "site_id": sites[0].id})]
        row = inventory.intensity_ids
        before = row.site_total_t, row.site_intensity
        self.assertGreater(before[0], 0)
        self._close_year()
        self._approved(inventory)
        self.coal.site_id = sites[1]
        self.env.invalidate_all()
        self.assertEqual((row.site_total_t, row.site_intensity), before)
        groups = dict(
            self.env["carbon.inventory.report"]._read_group(
                [("inventory_id", "=", inventory.id)], ["site_id"], ["total_t:sum"]
            )
        )
        self.assertEqual(set(groups), {sites[0]})

    def test_change_empties_the_drafts_and_is_told_to_the_trail(self):
        self._declare(self.coal_rule, 100, self.ton)
        for name, change in self._changes().items():
            with self.subTest(name):
                inventory = self._computed()
                before = len(self._entries())
                change()
                self.assertEqual((inventory.computed_on, inventory.line_count), (False, 0))
                self.assertEqual(len(self._entries()), before + 1)
                inventory.unlink()
        payload = json.loads(self._entries().sorted("id")[0].payload)
        self.assertEqual((payload["before"], payload["after"]), ({"gas_group": "CO2"}, {"gas_group": "other"}))

    def test_manager_of_one_company_cannot_change_what_all_share(self):
        other = self.env["res.company"].create({"name": "Other works"})
        self.env["carbon.system"]._get(other)
        region = self.env.ref("carbon_management.region_cn_js")
        for record, values in (
            (self.gas_co2, {"gas_group": "other"}),
            (self.gas_co2, {"name": "Carbonic acid"}),
            (self.leaf, {"direct": False}),
            (self.stream, {"basis": "market"}),
            (region, {"parent_id": False}),
        ):
            with self.subTest(str(record)), self.assertRaisesRegex(AccessError, "shared by all companies"):
                record.with_user(self.manager).write(values)

    def test_moved_region_waits_for_a_collection_and_is_told(self):
        region = self.env.ref("carbon_management.region_cn_js")
        self.coal.site_id = self.env["carbon.site"].create(
            {"name": "Works", "code": "W", "company_id": self.company.id, "region_id": region.id}
        )
        self._declare(self.coal_rule, 100, self.ton)
        self.env.cr.precommit.clear()
        self._collect()
        engine = self.env["carbon.engine"]
        self.assertFalse(engine._basis_changed(self.company))
        region.parent_id = self.env.ref("carbon_management.region_world")
        self.assertEqual(engine._basis_changed(self.company), self.company)
        self.assertEqual(json.loads(self._entries().payload)["code"], region.code)
