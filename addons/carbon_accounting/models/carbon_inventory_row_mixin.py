from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.ledger_fields import KnownFloat


class CarbonInventoryRowMixin(models.AbstractModel):
    """A row that the computation of a draft writes, beside its lines, and that is frozen with them.

    Nobody types it in, changes or deletes it; the trigger of the lines guards its table against plain SQL.
    """

    _name = "carbon.inventory.row.mixin"
    _description = "Computed Row of an Inventory"

    def init(self):
        """Install the guard of the lines: rows come and go in drafts only."""
        if not self._abstract:
            self.env["carbon.inventory.line"]._install_guard(self._table)

    @api.model
    def _computed_only(self):
        """Return the text that says where the rows come from and what to do instead."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: only the computation writes rows."""
        raise UserError(self._computed_only())

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: only the computation writes rows."""
        raise UserError(self._computed_only())

    @api.ondelete(at_uninstall=False)
    def _unlink_except_computed(self):
        raise UserError(self._computed_only())

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Sort what is not known behind every number, in both directions."""
        if not nulls.code and isinstance(self._fields.get(field_name), KnownFloat):
            nulls = SQL("NULLS LAST")
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
