from datetime import date

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

#: Factors begin no earlier; an earlier day is a mistyped year.
_EARLIEST = date(1900, 1, 1)
#: Most carbon per heat that a fuel has, in tC/GJ; blast-furnace gas has 0.0708.
_MOST_CARBON = 0.15
#: Calorific values that a fuel can have: unit of the limits → GJ per that unit. Hydrogen has 142 GJ/t (gross), blast-furnace gas 33 GJ per
#: 10⁴ Nm³, butane gas about 1,230; a cubic metre may be of gas or of liquid.
_PLAUSIBLE = {
    "uom.product_uom_ton": (0.1, 145),
    "carbon_accounting.uom_nm3_10k": (10, 1500),
    "uom.product_uom_cubic_meter": (0.001, 60),
    "carbon_accounting.uom_gj": (0.8, 1.2),
}
#: Most gas per kWh that power, heat or fuel gives off, in kg; lignite burnt for power has about 1.2.
_MOST_PER_KWH = 5


class CarbonEmissionFactorVersion(models.Model):
    """What cannot be right in a factor version is refused where it is typed: units mixed up, a mistyped year."""

    _inherit = "carbon.emission.factor.version"

    @api.constrains("method", "ncv", "ncv_uom_id")
    def _check_ncv_plausible(self):
        """Refuse a calorific value that no fuel has: it is per another unit, 10⁴ Nm³ for Nm³, or in MJ or kJ."""
        for version in self.filtered(
            lambda v: v.method == "parameter" and v.ncv > 0 and v.ncv_uom_id == v.factor_id.uom_id
        ):
            for xmlid, (low, high) in _PLAUSIBLE.items():
                unit, own = self.env.ref(xmlid), version.ncv_uom_id
                if own._has_common_reference(unit) and not low <= version.ncv * unit.factor / own.factor <= high:
                    raise ValidationError(version._ncv_message(unit, low, high))

    def _ncv_message(self, unit, low, high):
        own = self.ncv_uom_id
        return self.env._(
            "The calorific value of %(version)s is %(ncv)s GJ/%(own)s, which is %(converted)s GJ/%(unit)s. Fuels have %(low)s to %(high)s. "
            "Look at the unit in the source: Nm³ or 10⁴ Nm³, GJ, MJ or kJ; then correct the value, or what the factor is per.",
            version=self.display_name,
            ncv=f"{self.ncv:g}",
            own=own.name,
            converted=f"{self.ncv * unit.factor / own.factor:.10g}",
            unit=unit.name,
            low=low,
            high=high,
        )

    def _check_approvable(self, lines):
        """Ask about a factor of energy that no fuel or grid has: it is per MWh in the source, or in grams."""
        super()._check_approvable(lines)
        kwh = self.env.ref("uom.product_uom_kwh")
        if not self.uom_id or not self.uom_id._has_common_reference(kwh) or (self.confirmation_reason or "").strip():
            return
        per_kwh = float(sum(kg for _gas, _kind, kg in lines)) * kwh.factor / self.uom_id.factor
        if per_kwh > _MOST_PER_KWH:
            raise UserError(
                self.env._(
                    "%(version)s counts %(kg)s kg of gas per kWh; electricity, heat and fuels have less than %(most)s. Where the source "
                    "prints kg per MWh or g per kWh, write %(right)s kg per kWh. If the value is right, write the "
                    "confirmation reason first.",
                    version=self.display_name,
                    kg=f"{per_kwh:g}",
                    most=_MOST_PER_KWH,
                    right=f"{per_kwh / 1000:g}",
                )
            )

    @api.constrains("carbon_content")
    def _check_carbon_plausible(self):
        for version in self.filtered(lambda v: v.carbon_content > _MOST_CARBON):
            raise ValidationError(
                self.env._(
                    "The carbon content of %(version)s is %(content)s tC/GJ; no fuel has more than %(most)s. Where the source prints "
                    "kgC/GJ or tC/TJ, write %(right)s.",
                    version=version.display_name,
                    content=f"{version.carbon_content:g}",
                    most=_MOST_CARBON,
                    right=f"{version.carbon_content / 1000:g}",
                )
            )

    @api.constrains("date_from")
    def _check_date_from(self):
        """A mistyped year would apply the numbers to all history, or never."""
        for version in self:
            if not _EARLIEST <= version.date_from <= self.env["carbon.engine"]._last_day():
                raise ValidationError(
                    self.env._(
                        "%(version)s would be valid from %(day)s. Correct the year.",
                        version=version.display_name,
                        day=version.date_from,
                    )
                )
