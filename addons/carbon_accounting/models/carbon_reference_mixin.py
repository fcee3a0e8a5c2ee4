from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.changes import changed_fields


class CarbonReferenceMixin(models.AbstractModel):
    """A record of the reference data that reports read live: a gas, a category, a stream.

    It belongs to all companies (:class:`carbon.shared.mixin`). What a checked or approved inventory is read with does
    not change; any other change of such a field is told to the trail and empties the drafts that were computed with it.
    """

    _name = "carbon.reference.mixin"
    _inherit = ["carbon.shared.mixin"]
    _description = "Reference Data of Inventories"

    @api.model
    def _reference_fields(self):
        """Return the names of the fields that decide where or how an emission is reported."""
        return set()

    def _reference_domain(self):
        """Return the domain of the inventories whose lines rest on these records."""
        raise NotImplementedError

    def _reference_differing(self, vals):
        """Return the names of the fields that get another value, by record."""
        names = self._reference_fields()
        return {record: found for record in self if (found := changed_fields(record, vals, names))}

    def write(self, vals):
        """Refuse a change below a fixed inventory, tell any other one to the trail and empty the drafts.

        :raises UserError: naming the inventory
        """
        differing = self._reference_differing(vals)
        changed = self.browse().union(*differing)
        changed._check_reference_unused()
        before = {record: record._reference_values(names) for record, names in differing.items()}
        result = super().write(vals)
        for record, names in differing.items():
            self.env["carbon.trail.entry"]._append(
                self.env.company,
                "reference.change",
                record=record,
                payload={
                    "model": self._name,
                    "code": record.code,
                    "before": before[record],
                    "after": record._reference_values(names),
                },
            )
        changed._clear_drafts()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_in_inventories(self):
        self._check_reference_unused()

    def _reference_values(self, names):
        return {name: str(self._fields[name].convert_to_write(self[name], self) or "") for name in names}

    def _check_reference_unused(self):
        if not self:
            return
        if used := self.env["carbon.inventory"]._fixed_name(Domain(self._reference_domain())):
            raise UserError(
                self.env._(
                    "%(inventory)s is reported with %(record)s, which is therefore fixed. Archive it and create another one, "
                    "or correct its name and note only.",
                    inventory=used,
                    record=", ".join(self.mapped("display_name")),
                )
            )

    def _clear_drafts(self):
        """Empty the computed drafts of every company that rest on these records."""
        if not self:
            return
        # sudo: reference data are shared, so are their consequences
        computed = Domain("state", "=", "draft") & Domain("computed_on", "!=", False)
        drafts = self.env["carbon.inventory"].sudo().search(computed & Domain(self._reference_domain()))
        if drafts:
            drafts._clear()
