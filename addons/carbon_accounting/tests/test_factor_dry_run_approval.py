from odoo.tests import freeze_time, tagged

from .approval_common import ApprovalCommon
from .dry_run_common import DryRunCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-15")
class TestFactorDryRunApproval(ApprovalCommon, DryRunCommon):
    """The dry run of factor versions where data are approved before they count (R-128, R-157)."""

    def setUp(self):
        super().setUp()
        self._switch_on()

    def test_data_that_wait_or_were_rejected_are_not_in_the_figures(self):
        self._enter(100)
        self._groups().action_approve()
        self._enter(40, "2025-04-10")
        self.assertEqual(self._total(), 186.853)
        inventory = self.env["carbon.inventory"].search([("company_id", "=", self.company.id)])
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        self.assertEqual((self._totals(wizard), wizard.approves_data), ((1, 0, 186.853333, 200.0, 13.146667), True))
        self.assertEqual(wizard.inventory_line_ids.inventory_id, inventory)
        self.assertEqual(round(wizard.inventory_line_ids.difference_t, 6), 13.146667)
        self._assert_follows(wizard)
        self.assertEqual(self._total(), 200.0)

    def test_row_that_counts_until_its_counter_row_is_approved_keeps_its_version(self):
        declaration = self._enter(100)
        self._enter(10, "2025-03-11")
        self._groups().action_approve()
        declaration.action_cancel()
        self._commit()
        self.assertEqual(self._status(declaration), [(100, "approved"), (-100, "pending")])
        wizard = self._try(self._draft(self.coal_factor, 2000, "2025-03-01"))
        self.assertEqual(self._totals(wizard), (1, 0, 18.685333, 20.0, 1.314667))
        self._assert_follows(wizard)
        self.assertEqual(self._total(), 206.853)

    def test_first_results_count_where_their_data_are_approved(self):
        factor = self._factor("LATER", self.ton, 1900, "2025-06-01")
        self.coal.factor_line_ids.factor_id = factor
        self._enter(100)
        self._groups().action_approve()
        self._enter(40, "2025-03-11")
        wizard = self._try(self._draft(factor, 2000, "2025-03-01"))
        self.assertEqual(self._totals(wizard), (1, 1, 0.0, 200.0, 200.0))
        self._assert_follows(wizard)
