from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Volumes of one declaration, in 10⁴ Nm³, from which the unit is asked about: that much natural gas gives 21,600 t of CO2.
_LARGE_VOLUME = 1000
#: Net calorific values that natural gas has at most, in GJ per 10⁴ Nm³; the usual one is 389.31, gross 432.
_NET_GAS = 410
#: Uncertainty of the flows of a carbon balance unless the rule says another.
_TOLERANCE = Decimal("0.05")


class CarbonDeclaration(models.Model):
    """Numbers that may be right and are seldom: each is told before posting, and stays with the declaration (R-132)."""

    _inherit = "carbon.declaration"

    volume_warning = fields.Char(compute="_compute_volume_warning")

    @api.depends("quantity", "uom_id", "method_id")
    def _compute_volume_warning(self):
        for declaration in self:
            plain = not declaration.method_id
            declaration.volume_warning = plain and declaration._volume_warning(declaration.quantity, declaration.uom_id)

    def _input_warnings(self):
        """Return what is unusual about the inputs that were stated, each as a sentence that says what to look at."""
        found = []
        for line in self._stated_lines().filtered(lambda row: row.kind != "choice" and not row._is_empty()):
            number = line._exact()
            if warning := self._volume_warning(float(number), line.input_id.uom_id, line.uom_id):
                found.append(warning)
            if warning := self._gross_warning(line, number):
                found.append(warning)
        return found

    def _volume_warning(self, quantity, unit, typed=None):
        """Return a sentence for a volume in 10⁴ Nm³ that looks like one in Nm³; False: it does not.

        :param unit: the unit of the quantity
        :param typed: the unit in which a person typed it, if that is another one
        """
        small = {
            self.env.ref("carbon_accounting.uom_nm3_10k"): "Nm³",
            self.env.ref("carbon_accounting.uom_m3_10k"): "m³",
        }
        if unit not in small or (typed and typed != unit) or quantity <= _LARGE_VOLUME:
            return False
        return self.env._(
            "%(quantity)s %(unit)s are %(normal)s %(small)s of gas. Where the meter or bill says %(quantity)s %(small)s, choose "
            "%(small)s as the unit.",
            quantity=f"{quantity:,.10g}",
            unit=unit.name,
            normal=f"{quantity * 10000:,.0f}",
            small=small[unit],
        )

    def _gross_warning(self, line, number):
        """Return a sentence for a net calorific value of natural gas that looks like a gross one; False: it does not."""
        if (
            line.input_id.code != "ncv"
            or self.method_id.code != "gas_heat_content"
            or self.rule_id.source_id.material != "natural_gas"
            or number <= _NET_GAS
        ):
            return False
        return self.env._(
            "%(field)s is %(value)s %(unit)s. Natural gas has about 389 net and 432 gross: look at the certificate whether the value is"
            " gross, and multiply a gross one by 0.90.",
            field=line._title(),
            value=line.value,
            unit=line.unit,
        )

    def _check_tolerance(self, inputs):
        """Refuse a tolerance of a carbon balance that the declaration chooses for itself: it decides what counts.

        :raises UserError: naming the tolerance of the rule
        """
        if self.method_id.code != "carbon_mass_balance":
            return
        said = self.rule_id.uncertainty
        limit = Decimal(repr(said)) / 100 if said else _TOLERANCE
        if inputs["uncertainty"] > limit:
            raise UserError(
                self.env._(
                    "%(field)s is %(value)s, and rule %(rule)s allows %(limit)s. It decides whether a negative balance counts, so the"
                    " declaration does not choose it: enter %(limit)s or less, or ask an accountant to state the uncertainty"
                    " of the flows on the rule.",
                    field=self._input_names(["uncertainty"]),
                    value=self._plain(inputs["uncertainty"]),
                    rule=self.rule_id.name,
                    limit=self._plain(limit),
                )
            )
