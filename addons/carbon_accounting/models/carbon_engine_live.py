from odoo import api, models, tools
from odoo.tools import SQL

_LIVE = "carbon.engine.live"


class CarbonEngineLive(models.AbstractModel):
    """Which companies collect as they go."""

    _inherit = "carbon.engine"

    @api.model
    def _live_companies(self):
        """Return the ids of companies whose transactions are collected as they happen, as this process knows it."""
        return self._collecting()[0]

    @api.model
    @tools.ormcache()
    def _collecting(self):
        """Return the live companies, and whether there are others, as this process knows it."""
        return self._read_collecting()

    @api.model
    def _read_collecting(self):
        self.env["carbon.system"].flush_model(["collect_live", "company_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT c.id, s.collect_live IS TRUE FROM res_company c LEFT JOIN carbon_system s ON s.company_id = c.id ORDER BY c.id"
            )
        )
        live = tuple(company for company, is_live in rows if is_live)
        return live, len(live) < len(rows)

    @api.model
    def _forget_live(self):
        """Ask again in this transaction and in every process."""
        self.env.cr.precommit.data.pop(_LIVE, None)
        self.env.registry.clear_cache()
