from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestScope(CarbonManagementCommon):
    """The scope of the management system (R-007)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boundary = cls._new_boundary()
        cls.scope = cls.env["carbon.scope"].create(
            {
                "name": "Scope",
                "company_id": cls.company_a.id,
                "date_from": "2025-01-01",
            }
        )

    def test_every_consideration_of_the_standards_is_asked(self):
        self.assertEqual(
            self.scope.consideration_ids.mapped("kind"),
            ["issue", "party", "unit", "activity", "authority", "source"],
        )

    def test_approval_needs_boundary_and_conclusions(self):
        # six considerations and the boundary
        self.assertEqual(len(self.scope._approval_checks()), 7)
        with self.assertRaises(UserError):
            self.scope.action_approve()
        self.boundary.action_approve()
        self.scope.boundary_id = self.boundary
        for line in self.scope.consideration_ids[:5]:
            line.conclusion = "Considered"
        with self.assertRaisesRegex(UserError, "Sources and sinks"):
            self.scope.action_approve()
        self.scope.consideration_ids[5].conclusion = "All inside"
        self.scope.action_approve()
        self.assertEqual(self.scope.state, "approved")

    def test_a_deleted_consideration_does_not_help(self):
        self.boundary.action_approve()
        self.scope.boundary_id = self.boundary
        self.scope.consideration_ids.unlink()
        with self.assertRaises(UserError):
            self.scope.action_approve()

    def test_conclusions_are_frozen_with_the_scope(self):
        self.boundary.action_approve()
        self.scope.boundary_id = self.boundary
        self.scope.consideration_ids.conclusion = "Considered"
        self.scope.action_approve()
        with self.assertRaises(UserError):
            self.scope.consideration_ids[0].conclusion = "Changed"
        with self.assertRaises(UserError):
            self.scope.statement = "<p>Changed</p>"
        entry = self._trail(self.company_a, "scope.approve")
        self.assertIn('"issue":"Considered"', entry.payload)
