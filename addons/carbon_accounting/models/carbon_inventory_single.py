from odoo import models
from odoo.exceptions import UserError

from .carbon_inventory_seal import SEALED_STATES


class CarbonInventory(models.Model):
    """One approved inventory for the same months, boundary and use: a correction is a restatement (R-139)."""

    _inherit = "carbon.inventory"

    def _require_single(self):
        """Refuse what would stand beside an approved inventory as a second truth.

        :raises UserError: naming the approved one
        """
        for inventory in self:
            if rival := inventory._rival():
                raise UserError(
                    self.env._(
                        "%(rival)s, approved for the same use (%(use)s) and boundary, covers months of %(inventory)s. Restate it "
                        "(button Restate on %(rival)s), or choose another intended use or boundary.",
                        rival=rival.name,
                        use=dict(self._fields["intended_use"]._description_selection(self.env))[inventory.intended_use],
                        inventory=inventory.name,
                    )
                )

    def _rival(self):
        """Return an approved inventory of the same use and boundary with common months that this one does not restate."""
        self.ensure_one()
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("boundary_id", "=", self.boundary_id.id),
                ("intended_use", "=", self.intended_use),
                ("state", "in", SEALED_STATES),
                ("state", "!=", "restated"),
                ("date_from", "<=", self.date_to),
                ("date_to", ">=", self.date_from),
                ("id", "not in", (self | self.restates_id).ids),
            ],
            limit=1,
        )

    def action_check(self):
        """Refuse a second truth before anybody spends time on it."""
        self._require_single()
        return super().action_check()

    def action_approve(self):
        """Refuse a second truth."""
        self._require_single()
        return super().action_approve()
