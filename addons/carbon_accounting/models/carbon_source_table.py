from odoo import api, fields, models

#: Rows of the tables by category of emissions.
_BY_CATEGORY = {"purchased_electricity": "electricity", "purchased_heat": "heat", "process": "process"}
_COMBUSTION = ("stationary_combustion", "mobile_combustion")
#: Words in the name or the keywords of a factor that tell the fuel.
_FUELS = {
    "natural_gas": ("natural gas", "天然气"),
    "lpg": ("lpg", "液化石油气"),
    "coal": ("coal", "煤", "anthracite"),
}


class CarbonSource(models.Model):
    """Where a source stands in the tables of activity data and factors, A.2 and A.3 of CTS Q/STQC 002-2025."""

    _inherit = "carbon.source"

    material = fields.Selection(
        [
            ("coal", "Coal"),
            ("natural_gas", "Natural gas"),
            ("lpg", "Liquefied petroleum gas"),
            ("other_fuel", "Other fuel"),
            ("process", "Process CO2"),
            ("electricity", "Net purchased electricity"),
            ("heat", "Purchased heat or steam"),
            ("other", "Other"),
        ],
        string="Row of tables A.2 and A.3",
        compute="_compute_material",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Follows the category, and for fuels the factor; choose another one where these do not tell. 'Other' is in no row.",
    )

    @api.depends("name", "category_id", "factor_line_ids.factor_id")
    def _compute_material(self):
        """Follow the category; a fuel that a person chose stays while the source burns fuel."""
        for source in self:
            factors = source.factor_line_ids.factor_id
            # the mass of a gas names no fuel: the source itself may
            names = [source.name or ""] if factors and all(factor._is_gas_mass() for factor in factors) else []
            row = self._table_row(source.category_id, factors, names)
            fuels = {*_FUELS, "other_fuel"}
            if row not in fuels or source.material not in fuels or source.material == "other_fuel":
                source.material = row

    @api.model
    def _table_row(self, category, factors, names=()):
        """Return the row of tables A.2 and A.3 that a category and factors stand for.

        :param category: ``carbon.emission.category``
        :param factors: ``carbon.emission.factor``
        :param names: further words that may tell the fuel
        :return: value of ``material``; ``other`` is in no row
        """
        if category.code not in _COMBUSTION:
            return _BY_CATEGORY.get(category.code, "other")
        told = [f"{factor.material_keywords or ''} {factor.name or ''}" for factor in factors]
        words = " ".join([*told, *names]).lower()
        return next((row for row, signs in _FUELS.items() if any(sign in words for sign in signs)), "other_fuel")
