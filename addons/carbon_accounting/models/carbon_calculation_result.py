from odoo import fields, models

from .carbon_emission_factor_gas import GAS_KINDS

MEASURES = [
    ("gas", "Mass of a gas"),
    ("substance", "Mass of the substance of the source"),
    ("co2e", "CO₂e, weighted already"),
    ("quantity", "Quantity that a factor follows"),
]


class CarbonCalculationResult(models.Model):
    """One result of a method: what a declaration gives to the ledger. Frozen with the method."""

    _name = "carbon.calculation.result"
    _inherit = ["carbon.gate.line.mixin"]
    _description = "Calculation Result"
    _order = "method_id, sequence, id"
    _gate_parent_field = "method_id"

    method_id = fields.Many2one("carbon.calculation.method", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    measure = fields.Selection(MEASURES, required=True, default="gas")
    gas_id = fields.Many2one("carbon.gas", ondelete="restrict")
    kind = fields.Selection(GAS_KINDS)
    stream_id = fields.Many2one("carbon.emission.stream", required=True, ondelete="restrict")
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, ondelete="restrict")

    _code_uniq = models.Constraint("UNIQUE(method_id, code)", "A method has one result of each code.")
    _gas_check = models.Constraint(
        "CHECK((measure = 'gas') = (gas_id IS NOT NULL AND kind IS NOT NULL))",
        "A mass of gas names the gas and its kind; other results name none.",
    )

    def _signature(self):
        """Return what must agree with the formula: measure, gas and kind."""
        return self.measure, self.gas_id.code or "", self.kind or ""

    def _gas_label(self):
        """Return what is counted, for people: a gas with its kind, or the measure."""
        if self.gas_id:
            kinds = dict(self._fields["kind"]._description_selection(self.env))
            return f"{self.gas_id.display_name} ({kinds[self.kind]})"
        return dict(self._fields["measure"]._description_selection(self.env))[self.measure]
