from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CarbonGwpValue(models.Model):
    """The GWP100 of one gas in one set, in kg CO2e per kg of gas."""

    _name = "carbon.gwp.value"
    _description = "GWP Value"
    _order = "gwp_set_id, gas_id"
    _rec_name = "gas_id"

    gwp_set_id = fields.Many2one("carbon.gwp.set", required=True, index=True, ondelete="cascade")
    gas_id = fields.Many2one("carbon.gas", required=True, index=True, ondelete="restrict")
    gas_group = fields.Selection(related="gas_id.gas_group")
    value = fields.Float(string="GWP100", digits=0, required=True, aggregator=None)
    source = fields.Char()
    provenance = fields.Char()
    note = fields.Text(translate=True)

    _gwp_set_id_gas_id_uniq = models.Constraint(
        "UNIQUE(gwp_set_id, gas_id)", "This gas already has a value in this GWP set."
    )
    _value_check = models.Constraint("CHECK(value >= 0)", "A global warming potential cannot be negative.")

    def write(self, vals):
        """Tell the trail: a changed potential changes every total read with it."""
        changed = self.filtered(lambda v: "value" in vals and v.value != vals["value"])
        changed._check_unused()
        before = {value.id: value.value for value in changed}
        result = super().write(vals)
        for value in changed:
            value._append_to_trail("gwp_value.change", before[value.id], value.value)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_with_trail(self):
        self._check_unused()
        for value in self:
            value._append_to_trail("gwp_value.delete", value.value, None)

    def _check_unused(self):
        """Refuse to change a potential that a checked or approved inventory was computed with."""
        used = self.env["carbon.inventory"]._fixed_name(Domain("gwp_set_id", "in", self.gwp_set_id.ids))
        if used:
            raise UserError(
                self.env._(
                    "%(inventory)s was computed with GWP set %(set)s, so its values are fixed. "
                    "Create a new GWP set for other values.",
                    inventory=used,
                    set=", ".join(self.gwp_set_id.mapped("name")),
                )
            )

    def _append_to_trail(self, event, before, after):
        self.env["carbon.trail.entry"]._append(
            self.env.company,
            event,
            record=self,
            payload={
                "set": self.gwp_set_id.code,
                "gas": self.gas_id.code,
                "before": repr(before),
                "after": repr(after),
            },
        )
