from odoo import api, models
from odoo.tools import SQL


class CarbonEnginePrice(models.AbstractModel):
    """Dates that prices change on, for companies that count money."""

    _inherit = "carbon.engine"

    @api.model
    def _sql_price_years(self, companies):
        """Return SQL of the first days of the years that have a price index or prices of a factor, and of the years after them."""
        return SQL(
            """
            SELECT make_date(p.year + n, 1, 1) FROM (
                   SELECT f.price_year AS year FROM carbon_emission_factor f
                     JOIN carbon_source_factor sf ON sf.factor_id = f.id JOIN carbon_source s ON s.id = sf.source_id
                    WHERE f.currency_id IS NOT NULL AND f.price_year BETWEEN 1950 AND 2150 AND s.company_id = ANY(%(c)s)
                   UNION SELECT pi.year FROM carbon_price_index pi
                    WHERE pi.currency_id IN (SELECT currency_id FROM carbon_source WHERE company_id = ANY(%(c)s))) p
              CROSS JOIN generate_series(0, 1) n
            """,
            c=list(companies),
        )
