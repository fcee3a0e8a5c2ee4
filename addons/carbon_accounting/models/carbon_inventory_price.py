from odoo import models
from odoo.tools import SQL

from .carbon_emission_line_price import UNADJUSTED


class CarbonInventory(models.Model):
    """What of an inventory counts money at prices of another year than its factor's."""

    _inherit = "carbon.inventory"

    def _unadjusted_spend(self):
        """Return (price year, year of spending, t CO2e) of what was counted without price index.

        Of the ledger that the inventory summed, at 100 % of the company; few versions are per money.
        """
        self.ensure_one()
        versions = self.line_ids.version_id.filtered(
            lambda version: version.currency_id and version.factor_id.price_year
        )
        if not versions:
            return []
        engine = self.env["carbon.engine"]
        return self.env.execute_query(
            SQL(
                """
                SELECT f.price_year, EXTRACT(year FROM e.date)::int, (SUM(e.quantity * u.kg) / 1000.0)::float8
                  FROM %(ledger)s e JOIN carbon_activity_data a ON a.id = e.activity_id
                  JOIN carbon_emission_factor_version v ON v.id = e.version_id
                  JOIN carbon_emission_factor f ON f.id = v.factor_id
                  JOIN (%(unit)s) u ON u.version_id = e.version_id
                 WHERE %(where)s AND e.version_id = ANY(%(versions)s) AND e.id <= %(highest)s AND %(unadjusted)s
                 GROUP BY 1, 2 HAVING SUM(e.quantity) <> 0 ORDER BY 1, 2
                """,
                ledger=self._sql_ledger(),
                where=self._sql_ledger_where(),
                unit=engine._sql_unit_co2e(self.gwp_set_id.id),
                versions=versions.ids,
                highest=self.ledger_max_id or 0,
                unadjusted=UNADJUSTED,
            )
        )
