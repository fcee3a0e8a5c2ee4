from odoo import api, models
from odoo.tools import SQL


class CarbonQuantityMixin(models.AbstractModel):
    """Rows of quantities in many units: a sum of tonnes and kilowatt-hours is no number and shows nothing."""

    _name = "carbon.quantity.mixin"
    _description = "Sums of quantities of one unit"

    @api.model
    def _sum_units(self):
        """Return {field of a quantity: names of the fields of which its unit consists}."""
        return {}

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Sum quantities only where all of them have the same unit."""
        total = super()._read_group_select(aggregate_spec, query)
        name, _colon, function = aggregate_spec.partition(":")
        units = self._sum_units().get(name)
        if not units or function not in ("sum", "avg"):
            return total
        same = []
        for unit in units:
            column = self._field_to_sql(self._table, unit, query)
            same.append(SQL("min(%(c)s) IS NOT DISTINCT FROM max(%(c)s) AND count(%(c)s) IN (0, count(*))", c=column))
        return SQL("CASE WHEN %s THEN %s END", SQL(" AND ").join(same), total)
