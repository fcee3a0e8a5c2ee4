import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .carbon_engine import is_concurrency_failure

_logger = logging.getLogger(__name__)


class CarbonInventorySealRun(models.Model):
    """Sealing and verifying in the background: one step, one transaction."""

    _name = "carbon.inventory.seal.run"
    _inherit = ["carbon.inventory.seal.run", "carbon.background.mixin"]

    def _fail(self, error):
        """Keep why a run could not go on; a seal that was not finished leaves no batch behind."""
        _logger.warning("seal run %s failed: %s", self.id, error, exc_info=True)
        self._stop("failed", str(error)[:2000])

    def _stop(self, state, message):
        if self.kind == "seal":
            self.env.cr.execute(SQL("DELETE FROM carbon_inventory_seal_batch WHERE seal_id = %s", self.seal_key))
        self._act(state=state, message=message, finished_on=fields.Datetime.now())

    @api.model
    def _cron_process(self):
        """Go on with runs under way, step by step, each in its own transaction, until time is up."""
        cron = self.env["ir.cron"]
        runs = self.search([("state", "=", "running")])
        cron._commit_progress(remaining=sum(run.step_count - run.step for run in runs))
        while self._process_next() and cron._commit_progress(1):
            pass

    @api.model
    def _cron_verify(self):
        """Begin a verification of every sealed inventory that has none under way, and process them."""
        for inventory in self._to_verify():
            self._prepare(inventory, "verify")
        self._cron_process()

    @api.model
    def _to_verify(self):
        """Return what has a seal and is not being verified: by the seal, and not by a state that somebody may have turned back."""
        busy = self.search([("state", "=", "running"), ("kind", "=", "verify")]).inventory_id
        return self.env["carbon.inventory.seal"].search([("inventory_id", "!=", False)]).inventory_id.exists() - busy

    @api.model
    def _try_next(self):
        """Do one step of the oldest run that nobody else works on."""
        self.env.cr.execute(
            "SELECT id FROM carbon_inventory_seal_run WHERE state = 'running' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        row = self.env.cr.fetchone()
        if not row:
            return False
        run = self.browse(row[0])
        try:
            with self.env.cr.savepoint():
                run._process()
                self.env.flush_all()
        except psycopg2.Error as error:
            if is_concurrency_failure(error):
                raise
            run._fail(error)
        except Exception as error:  # a broken run must not stop the others
            run._fail(error)
        return True
