from odoo import models
from odoo.tools import float_compare


class UomUom(models.Model):
    """A unit of another size converts what was counted in it to other numbers."""

    _inherit = "uom.uom"

    def write(self, vals):
        """Say that ledgers wait for a collection when a unit, and those built on it, get another size or reference."""
        resized = self.filtered(lambda unit: unit._carbon_resized_by(vals))
        before = resized._carbon_references()
        result = super().write(vals)
        if resized:
            self.env["carbon.engine"]._raise_for_units(before | resized._carbon_references())
        return result

    def _carbon_resized_by(self, vals):
        """Whether values give the unit another size."""
        if "relative_uom_id" in vals and (vals["relative_uom_id"] or False) != self.relative_uom_id.id:
            return True
        size = vals.get("relative_factor", self.relative_factor)
        return bool(float_compare(size, self.relative_factor, precision_digits=12))

    def _carbon_references(self):
        """Return the reference units of these units; only units of one reference convert by their sizes."""
        return self.browse({int((unit.parent_path or str(unit.id)).split("/")[0]) for unit in self})
