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

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_factor_gas_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE bad int;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'carbon: gas lines of factor versions cannot be truncated' USING ERRCODE = 'restrict_violation';
    ELSIF TG_OP = 'INSERT' THEN
        SELECT v.id INTO bad FROM carbon_emission_factor_version v
         WHERE v.state = 'approved' AND v.id IN (SELECT version_id FROM new_rows) LIMIT 1;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT v.id INTO bad FROM carbon_emission_factor_version v
         WHERE v.state = 'approved' AND v.id IN (SELECT version_id FROM old_rows) LIMIT 1;
    ELSE
        SELECT v.id INTO bad FROM carbon_emission_factor_version v
         WHERE v.state = 'approved' AND v.id IN (SELECT version_id FROM old_rows UNION SELECT version_id FROM new_rows) LIMIT 1;
    END IF;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'carbon: factor version % is approved and its gas lines never change', bad
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS carbon_factor_gas_insert ON carbon_emission_factor_gas;
CREATE TRIGGER carbon_factor_gas_insert AFTER INSERT ON carbon_emission_factor_gas
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_factor_gas_guard();
DROP TRIGGER IF EXISTS carbon_factor_gas_update ON carbon_emission_factor_gas;
CREATE TRIGGER carbon_factor_gas_update AFTER UPDATE ON carbon_emission_factor_gas
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_factor_gas_guard();
DROP TRIGGER IF EXISTS carbon_factor_gas_delete ON carbon_emission_factor_gas;
CREATE TRIGGER carbon_factor_gas_delete AFTER DELETE ON carbon_emission_factor_gas
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_factor_gas_guard();
DROP TRIGGER IF EXISTS carbon_factor_gas_truncate ON carbon_emission_factor_gas;
CREATE TRIGGER carbon_factor_gas_truncate BEFORE TRUNCATE ON carbon_emission_factor_gas
    FOR EACH STATEMENT EXECUTE FUNCTION carbon_factor_gas_guard();
"""


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

    def init(self):
        """Install the guard: plain SQL cannot change the gases of an approved version either."""
        self.env.cr.execute(_GUARD)

    @api.model_create_multi
    def create(self, vals_list):
        """Say in words what the database would refuse; a line of a shared version is shared."""
        default = self.env.context.get("default_version_id")
        versions = {vals.get("version_id", default) for vals in vals_list} - {None, False}
        self._gate_check_parents(self._gate_parents(list(versions)))
        lines = super().create(vals_list)
        lines.version_id._check_may_share()
        return lines

    @api.constrains("kg_per_unit")
    def _check_kg_per_unit(self):
        for line in self:
            kg = kernel.round12(repr(line.kg_per_unit))
            version = line.version_id
            if kg < 0 or (kg == 0 and not version.zero_reason):
                raise ValidationError(version._not_positive_message(line.gas_id.code, kg))

    @api.constrains("gas_id", "kind")
    def _check_origin(self):
        """Methane of fossil carbon weighs more than that of biomass: gas and kind say the same origin."""
        for line in self:
            if line.gas_id.code == "CH4_FOSSIL" and line.kind == "biogenic":
                raise ValidationError(
                    self.env._(
                        "%(version)s: %(gas)s cannot be of kind biogenic. Choose the non-fossil methane, or the kind fossil.",
                        version=line.version_id.display_name,
                        gas=line.gas_id.name,
                    )
                )

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
