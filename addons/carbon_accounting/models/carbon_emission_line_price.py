from odoo import fields, models
from odoo.tools import SQL

#: Rows ``e`` that count money of another year than that of the factor's prices as it is: the quantity is the amount, with VAT where the
#: prices have it. Aliases: ``a`` the activity, ``f`` the factor.
UNADJUSTED = SQL(
    "f.currency_id IS NOT NULL AND f.price_year > 0 AND f.price_year <> EXTRACT(year FROM e.date) AND e.quantity = "
    "CASE WHEN f.price_vat > 0 THEN round(a.quantity * (100 + f.price_vat) * 1.000000000000000000000000 / 100, 12) ELSE a.quantity END"
)


class CarbonEmissionLine(models.Model):
    """Emissions by money: at which prices they count."""

    _inherit = "carbon.emission.line"

    price_note = fields.Char(
        compute="_compute_price_note",
        string="Prices",
        help="How the money was brought to the price year of the factor.",
    )

    def _compute_price_note(self):
        notes = {}
        if self.ids:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT e.id, f.price_year, EXTRACT(year FROM e.date)::int, (e.quantity / NULLIF(a.quantity, 0))::float8, %s
                      FROM carbon_emission_line e JOIN carbon_activity_data a ON a.id = e.activity_id
                      JOIN carbon_emission_factor_version v ON v.id = e.version_id
                      JOIN carbon_emission_factor f ON f.id = v.factor_id
                     WHERE e.id = ANY(%s) AND f.currency_id IS NOT NULL AND f.price_year > 0
                    """,
                    UNADJUSTED,
                    self.ids,
                )
            )
            notes = {row[0]: row[1:] for row in rows}
        for line in self:
            line.price_note = line.id in notes and line._price_text(*notes[line.id])

    def _price_text(self, base, year, ratio, unadjusted):
        values = {"base": base, "year": year, "ratio": f"{ratio or 0:.6g}"}
        if unadjusted:
            return self.env._(
                "Money of %(year)s, not brought to the prices of %(base)s: no price index, or one that did not move.",
                **values,
            )
        if base == year:
            return self.env._("Money of %(year)s, the price year of the factor.", **values)
        return self.env._("Money of %(year)s × %(ratio)s = prices of %(base)s.", **values)
