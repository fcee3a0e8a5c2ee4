from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools import kernel

GAS_KINDS = [
    ("fossil", "Fossil"),
    ("biogenic", "Biogenic"),
    ("removal", "Removal"),
    ("recovered", "Recovered"),
]


class CarbonEmissionFactorGas(models.Model):
    """Kilograms of one gas, of one kind, per unit of the factor.

    Stored positive for every kind; formulas apply the signs. Biogenic CO2 stays
    outside the totals, biogenic methane and nitrous oxide are inside
    (``kernel.co2e``). Frozen with the version.
    """

    _name = "carbon.emission.factor.gas"
    _inherit = ["carbon.gate.line.mixin"]
    _description = "Emission Factor Gas Line"
    _order = "version_id, id"
    _rec_name = "gas_id"
    _gate_parent_field = "version_id"

    version_id = fields.Many2one("carbon.emission.factor.version", required=True, index=True, ondelete="cascade")
    gas_id = fields.Many2one("carbon.gas", required=True, index=True, ondelete="restrict")
    kind = fields.Selection(GAS_KINDS, required=True, default="fossil")
    kg_per_unit = fields.Float(
        string="kg per Unit",
        digits=0,
        required=True,
        aggregator=None,
    )

    _version_id_gas_id_kind_uniq = models.Constraint(
        "UNIQUE(version_id, gas_id, kind)",
        "A version has one line per gas and kind.",
    )

    @api.constrains("kg_per_unit")
    def _check_kg_per_unit(self):
        for line in self:
            kg = kernel.round12(repr(line.kg_per_unit))
            version = line.version_id
            if kg < 0 or (kg == 0 and not version.zero_reason):
                raise ValidationError(version._not_positive_message(line.gas_id.code, kg))

    @api.model_create_multi
    def create(self, vals_list):
        """A line of a shared version is shared."""
        lines = super().create(vals_list)
        lines.version_id._check_may_share()
        return lines

    def write(self, vals):
        """A line of a shared version is shared."""
        self.version_id._check_may_share()
        result = super().write(vals)
        self.version_id._check_may_share()
        return result

    def unlink(self):
        """A line of a shared version is shared."""
        self.version_id._check_may_share()
        return super().unlink()

    def _write_exact(self, kg_by_id):
        """Store decimals that a float would not carry; parents must be draft.

        :param kg_by_id: ``{line id: Decimal}``
        """
        self._gate_check_parents(self._gate_parents())
        self.flush_recordset(["kg_per_unit"])
        for line_id, kg in kg_by_id.items():
            self.env.cr.execute(
                SQL(
                    """UPDATE carbon_emission_factor_gas
                          SET kg_per_unit = %s::numeric WHERE id = %s""",
                    f"{kg:f}",
                    line_id,
                )
            )
        self.invalidate_recordset(["kg_per_unit"])
