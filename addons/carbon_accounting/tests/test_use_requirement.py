from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestUseRequirement(InventoryCommon):
    """An inventory is handed on only where it meets what its use asks (R-134)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.env["carbon.use.requirement"].create(
            {
                "company_id": cls.company.id,
                "intended_use": "regulator",
                "materiality": 2,
                "basis": "Notice of the province",
            }
        )

    def _full(self, **values):
        self._declare(self.coal_rule, 10, self.ton)
        inventory = self._computed(**values)
        inventory.maker_note = "Checked."
        return inventory

    def test_materiality_follows_the_use_and_may_be_stricter(self):
        inventory = self._full(intended_use="regulator")
        self.assertEqual((inventory.materiality, self._inventory(2024).materiality), (2, 5))
        inventory.materiality = 1
        inventory.action_check()
        self.assertEqual((inventory.state, inventory.materiality), ("checked", 1))

    def test_looser_materiality_than_the_use_allows_is_refused(self):
        inventory = self._full(intended_use="regulator")
        inventory.materiality = 5
        with self.assertRaisesRegex(UserError, "(?s)its use .Authority.*materiality of 2 % at most; it has 5 %"):
            inventory.action_check()

    def test_worklist_plan_boundary_and_coverage_are_asked_for_by_the_use_alone(self):
        self.authority.write(
            {"needs_empty_worklist": True, "needs_plan": True, "needs_boundary": True, "least_coverage": 90}
        )
        self._declare(self.coal_rule, 1, self.env.ref("uom.product_uom_unit"), "2025-06-01", name="No unit")
        inventory = self._full(intended_use="regulator")
        inventory.issue_note = "One piece of coal."
        self.assertEqual(inventory.issue_count, 1)
        with self.assertRaisesRegex(
            UserError, "(?s)An empty worklist; 1 records.*approved accounting boundary.*monitoring plan.*uncertainty"
        ):
            inventory.action_check()
        inventory.intended_use = "internal"
        inventory.action_check()
        self.assertEqual(inventory.state, "checked")

    def test_managers_keep_the_requirements_of_their_company(self):
        accountant = self._user("use-accountant", "group_carbon_accountant")
        self.authority.with_user(accountant).read(["materiality"])
        with self.assertRaises(AccessError):
            self.authority.with_user(accountant).materiality = 50
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("use-stranger", "group_carbon_manager", other)
        self.assertFalse(
            self.authority.with_user(stranger)
            .with_context(allowed_company_ids=other.ids)
            .search([("id", "=", self.authority.id)])
        )
        self.assertEqual(
            self._inventory(2025, name="Other", company_id=other.id, intended_use="regulator").materiality, 5
        )
