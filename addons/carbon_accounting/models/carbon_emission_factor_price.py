from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonEmissionFactor(models.Model):
    """Prices of a spend-based factor: their sector, and the VAT in them.

    Money of a later year is brought to the prices of the factor's year before it is multiplied (Scope 3 guidance, category 1):
    quantity = amount × index of the price year ÷ index of the year of spending. Amounts of bills have no VAT; where the prices of the
    factor include it, the amount is raised by it.
    """

    _inherit = "carbon.emission.factor"

    price_sector = fields.Char(
        string="Sector of the Prices",
        help="Which price index holds for it, as these name it. Empty: that of the whole economy.",
    )
    price_vat = fields.Float(
        string="VAT in the Prices (%)",
        digits=0,
        aggregator=None,
        help="0: the prices are without VAT, as the amounts of bills are. Else the rate that is in them, such as 13.",
    )

    @api.constrains("price_vat")
    def _check_price_vat(self):
        for factor in self:
            if not 0 <= factor.price_vat < 100:
                raise ValidationError(
                    self.env._(
                        "The VAT in the prices of %(factor)s is %(rate)s %%. Enter a rate between 0 and 100, such as 13.",
                        factor=factor.display_name,
                        rate=f"{factor.price_vat:g}",
                    )
                )

    def write(self, vals):
        """Another sector has another index: the ledgers that use the factor wait for the next collection."""
        changed = self.filtered(
            lambda f: "price_sector" in vals and (f.price_sector or "") != (vals["price_sector"] or "")
        )
        result = super().write(vals)
        if changed:
            # sudo: a factor may be shared, sources of any company use it
            lines = self.env["carbon.source.factor"].sudo().search([("factor_id", "in", changed.ids)])
            self.env["carbon.engine"]._raise_basis_revision(lines.source_id.company_id, emissions_only=True)
        return result
