from odoo import models


class CarbonEmissionFactor(models.Model):
    """Factors as substances: what a device holds or burns."""

    _inherit = "carbon.emission.factor"

    def _substance_name(self):
        """Return what people who fill devices call it: ``R-410A`` instead of "R-410A, released"."""
        if not self:
            return ""
        code = self.code.removeprefix("GAS-")
        return code if code != self.code else self.name

    def _is_same_substance(self, other):
        """Whether two factors mean one substance: the same factor, or in force now with the same gases per kg."""
        return self == other or bool(mine := self._substance_gases()) and mine == other._substance_gases()

    def _substance_gases(self):
        """Return ``{gas code: kg per kg}`` of a factor of a mass of gas, rounded as gas lines are; empty for others."""
        self.ensure_one()
        per_kg = self._kg_per_unit_of_mass()
        version = self.version_ids.filtered(lambda row: row.state == "approved").sorted("date_from")[-1:]
        if not per_kg or not version:
            return {}
        return {line.gas_id.code: round(line.kg_per_unit * float(per_kg), 9) for line in version.gas_line_ids}
