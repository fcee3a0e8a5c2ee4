from odoo import api, models


class CarbonMeterMultiplier(models.Model):
    """A multiplier changes what readings mean: months from its first day on are derived again."""

    _inherit = "carbon.meter.multiplier"

    @api.model_create_multi
    def create(self, vals_list):
        """Derive again from the first day on."""
        rows = super().create(vals_list)
        rows._derive_again()
        return rows

    def write(self, vals):
        """Derive again from the earlier of both days on."""
        before = {row: (row.equipment_id, row.date_from) for row in self}
        result = super().write(vals)
        for meter, day in before.values():
            meter._carbon_derive_again(day)
        self._derive_again()
        return result

    def unlink(self):
        """Derive again without it."""
        before = [(row.equipment_id, row.date_from) for row in self]
        result = super().unlink()
        for meter, day in before:
            meter.exists()._carbon_derive_again(day)
        return result

    def _derive_again(self):
        for row in self:
            row.equipment_id._carbon_derive_again(row.date_from)


class CarbonMeterPart(models.Model):
    """A formula changes what a virtual meter gives."""

    _inherit = "carbon.meter.part"

    @api.model_create_multi
    def create(self, vals_list):
        """Give the virtual meter the months of its new parts."""
        parts = super().create(vals_list)
        parts.part_id._carbon_leaves()._carbon_derive_again()
        return parts

    def write(self, vals):
        """Derive again with the old and the new part."""
        meters = self.meter_id | self.part_id
        result = super().write(vals)
        (meters | self.part_id)._carbon_leaves()._carbon_derive_again()
        meters._carbon_derive_again()
        return result

    def unlink(self):
        """Derive again without it."""
        meters = self.meter_id
        result = super().unlink()
        meters.exists()._carbon_derive_again()
        return result
