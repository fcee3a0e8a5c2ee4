from odoo import api, models, tools
from odoo.tools import SQL

#: Seconds for which a process believes what it read about companies and their basis. Caches are cleared by a signal
#: that a process looks for when a request begins; a transaction that is tried again, or one of a long scheduled action,
#: begins without looking. Collections wait longer than this before they start, see ``carbon.collection.job``.
KNOWN_FOR = 2


class CarbonEngineLive(models.AbstractModel):
    """Which companies collect as they go, and on which state of their rules."""

    _inherit = "carbon.engine"

    @api.model
    def _live_companies(self):
        """Return the ids of companies whose transactions are collected as they happen."""
        return self._known()[0]

    @api.model
    def _basis_stamp(self):
        """Return a value that changes with what the ledgers rest on."""
        return self._known()[1]

    @api.model
    def _known(self):
        """Return the live companies and the stamp of their basis, read at most :data:`KNOWN_FOR` seconds before this
        transaction began."""
        # the time of the transaction is read by Odoo for each write anyway
        return self._read_known(int(self.env.cr.now().timestamp()) // KNOWN_FOR)

    @api.model
    @tools.ormcache("moment")
    def _read_known(self, moment):
        self.env["carbon.system"].flush_model(["collect_live", "company_id"])
        rows = self.env.execute_query(
            SQL("SELECT company_id, collect_live, basis_revision FROM carbon_system ORDER BY company_id")
        )
        return tuple(row[0] for row in rows if row[1]), tuple((row[0], row[2]) for row in rows)

    @api.model
    def _forget_known(self):
        """Read again in this transaction and in every process."""
        registry = self.env.registry
        registry.clear_cache()
        # what another thread put into the cache before this transaction was committed is older than it
        self.env.cr.postcommit.add(registry.clear_cache)
