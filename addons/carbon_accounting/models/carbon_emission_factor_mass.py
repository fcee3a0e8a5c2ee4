from odoo import api, models
from odoo.tools import SQL

from ..tools.factor_makers import NOBODY


class CarbonEmissionFactor(models.Model):
    """Factors of a mass of gas: one kg of it per kg. By them, what the kernel calculated enters the ledger."""

    _inherit = "carbon.emission.factor"

    @api.model
    def _get_gas_mass(self, gas, kind):
        """Return the shared factor of 1 kg of a gas, of a kind, per kg; it is made where it does not exist.

        :param gas: ``carbon.gas``
        :param kind: fossil, biogenic, removal or recovered
        :return: ``carbon.emission.factor`` with one approved version
        """
        code = f"KG-{gas.code}-{kind}".upper()
        # sudo: a definition and no choice; users who may use methods need not be able to write the shared library
        factors = self.sudo().with_context(active_test=False, lang="en_US", carbon_factor_by=NOBODY)
        factor = factors.search([("code", "=", code), ("company_id", "=", False)])
        if not factor:
            factor = factors.create(
                {
                    "code": code,
                    "name": f"1 kg {gas.formula or gas.code} ({kind})",
                    "uom_id": self.env.ref("uom.product_uom_kgm").id,
                    "version_ids": [(0, 0, self._gas_mass_version(gas, kind))],
                }
            )
            factor.version_ids.action_approve()
        return self.browse(factor.id)

    def _is_gas_mass(self):
        """Whether the factor counts a mass of gas as itself; nothing is emitted or known by it."""
        self.ensure_one()
        lines = self.version_ids.gas_line_ids
        return (
            not self.company_id
            and bool(lines)
            and all(
                self.code == f"KG-{line.gas_id.code}-{line.kind}".upper() and line.kg_per_unit == 1 for line in lines
            )
        )

    @api.model
    def _gas_mass_version(self, gas, kind):
        return {
            "date_from": "1990-01-01",
            "source_document": "Definition: the mass of the gas itself",
            "provenance": "computed",
            "gas_line_ids": [(0, 0, {"gas_id": gas.id, "kind": kind, "kg_per_unit": 1})],
        }

    def _counts_mass_of(self, result):
        """Whether every approved version counts one kg of what a result is, per kg.

        ``substance``: any composition of gases that adds up to the mass; ``co2e``: CO2e of one GWP set.

        :param result: ``carbon.calculation.result``
        """
        self.ensure_one()
        lines = self.env["carbon.emission.factor.gas"]
        lines.flush_model()
        self.env["carbon.emission.factor.version"].flush_model(["state", "factor_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT v.id, array_agg(g.gas_id), array_agg(g.kind), bool_and(ga.is_pseudo IS TRUE),
                          bool_or(ga.is_pseudo IS TRUE), SUM(g.kg_per_unit) * f.kg
                     FROM carbon_emission_factor_version v
                     JOIN carbon_emission_factor_gas g ON g.version_id = v.id
                     JOIN carbon_gas ga ON ga.id = g.gas_id
                     CROSS JOIN (SELECT %s::numeric AS kg) f
                    WHERE v.factor_id = %s AND v.state = 'approved'
                    GROUP BY v.id, f.kg""",
                self._kg_per_unit_of_mass(),
                self.id,
            )
        )
        return all(self._is_mass_of(result, *row[1:]) for row in rows)

    def _kg_per_unit_of_mass(self):
        """Return how many units of the factor make one kg; 0 where it is not per mass."""
        kg = self.env.ref("uom.product_uom_kgm")
        if not (self.uom_id and self.uom_id._has_common_reference(kg)):
            return 0
        return kg.factor / self.uom_id.factor

    @api.model
    def _is_mass_of(self, result, gases, kinds, all_pseudo, any_pseudo, kg):
        if result.measure == "co2e":
            return all_pseudo and len(gases) == 1 and kinds == ["fossil"]
        if result.measure == "substance":
            return any_pseudo or 0 < kg <= 1  # components that are no greenhouse gas have no line
        return gases == [result.gas_id.id] and kinds == [result.kind] and kg == 1
