from odoo import api, models
from odoo.exceptions import UserError

from .carbon_gate_mixin import gate_is_open


class CarbonGateLineMixin(models.AbstractModel):
    """A line of a gated record: frozen when its parent is.

    Set ``_gate_parent_field`` to the Many2one of the parent. Invariant: no line of
    a frozen parent is created, changed, moved or deleted outside its transition.
    """

    _name = "carbon.gate.line.mixin"
    _description = "Line of a record behind a transition gate"

    _gate_parent_field = None
    _gate_line_unfrozen = ()  # fields that go on after the approval of the parent; the line guards them itself

    def _gate_check_parents(self, parents):
        if gate_is_open(self.env, parents._name, parents.ids):
            return
        if frozen := parents._gate_frozen():
            raise UserError(frozen[:1]._gate_frozen_message())
        parents._note_line_change()

    def _gate_parents(self, ids=None):
        """Return parents, read without the record rules of the user."""
        if ids is None:
            # sudo: only the state of the parent is read, to refuse the change
            return self.sudo()[self._gate_parent_field]
        comodel = self._fields[self._gate_parent_field].comodel_name
        # sudo: as above
        return self.env[comodel].sudo().browse(ids).exists()

    @api.model_create_multi
    def create(self, vals_list):
        """Create first, then check: the parent may come from a default."""
        lines = super().create(vals_list)
        lines._gate_check_parents(lines._gate_parents())
        return lines

    def write(self, vals):
        """Check both the parent that loses a line and the one that gains it."""
        if vals and vals.keys() <= set(self._gate_line_unfrozen):
            return super().write(vals)
        self._gate_check_parents(self._gate_parents())
        if target := vals.get(self._gate_parent_field):
            self._gate_check_parents(self._gate_parents([target]))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen_parent(self):
        self._gate_check_parents(self._gate_parents())
