import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .carbon_engine import is_concurrency_failure

_logger = logging.getLogger(__name__)
_ATTEMPTS = 5
# A transaction whose snapshot is older than the start of the run does not know that its documents are collected
# live; were its range taken before it commits, they would be lost. Snapshots of other sessions tell.
OLDER_TRANSACTIONS = SQL(
    "FROM pg_stat_activity t WHERE t.datname = current_database() AND t.pid <> pg_backend_pid() "
    "AND t.backend_type = 'client backend' AND r.start_xid IS DISTINCT FROM pg_current_xact_id_if_assigned()::text "
    "AND age(t.backend_xmin) >= age(r.start_xid::xid8::xid)"
)
_UNDISTURBED = SQL("(r.start_xid IS NULL OR NOT EXISTS (SELECT 1 %s))", OLDER_TRANSACTIONS)
_LOOK_AGAIN = timedelta(minutes=1)


class CarbonCollectionJob(models.Model):
    """A range of ids of one origin model; one transaction of a collection run.

    Workers take pending rows ``FOR UPDATE SKIP LOCKED``: several processes and nodes share a run without
    waiting for each other. The lock ends with the transaction, so a killed worker frees its job.
    """

    _name = "carbon.collection.job"
    _description = "Collection Job"
    _log_access = False
    _order = "id"

    run_id = fields.Many2one("carbon.collection.run", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id")
    origin_model = fields.Char(required=True)
    id_from = fields.Integer(required=True, aggregator=None)
    id_to = fields.Integer(required=True, aggregator=None)
    record_count = fields.Integer()
    state = fields.Selection(
        [("pending", "Pending"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        default="pending",
    )
    attempts = fields.Integer(default=0, aggregator=None)
    message = fields.Text()
    row_new = fields.Integer(default=0)
    row_reversed = fields.Integer(default=0)
    row_emission = fields.Integer(default=0)
    issue_count = fields.Integer(default=0)
    done_on = fields.Datetime()

    _pending_idx = models.Index("(id) WHERE state = 'pending'")

    @api.model
    def _take(self):
        """Lock and return the next pending job of a running run, or an empty recordset.

        Jobs wait for the transactions that were under way when their run was started, see :meth:`_release_runs`.
        """
        self.env.cr.execute(
            "SELECT j.id FROM carbon_collection_job j JOIN carbon_collection_run r ON r.id = j.run_id "
            "WHERE j.state = 'pending' AND r.state = 'running' AND r.is_released ORDER BY j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED"
        )
        row = self.env.cr.fetchone()
        return self.browse(row and row[0])

    @api.model
    def _release_runs(self):
        """Let the jobs of runs be taken for which no older transaction is under way any more.

        In a transaction of its own: the sessions tell what is under way *now*, while the snapshot of this transaction is
        a moment older. What was committed between the two would be missing from a job that was taken here.

        :return: whether there was such a run
        """
        self.env.cr.execute(
            SQL(
                "SELECT r.id FROM carbon_collection_run r WHERE r.state = 'running' AND r.is_released IS NOT TRUE AND %s "
                "ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED",
                _UNDISTURBED,
            )
        )
        runs = self.env["carbon.collection.run"].browse(row[0] for row in self.env.cr.fetchall())
        runs._act(is_released=True)
        return bool(runs)

    def _process(self):
        """Collect the range of this job. Errors other than those of concurrency mark the job as failed."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                counts = self.env["carbon.engine"]._collect_range(
                    self.origin_model, self.run_id.company_id, self.id_from, self.id_to
                )
        except psycopg2.Error as error:
            if is_concurrency_failure(error):
                raise
            return self._fail(error)
        except Exception as error:  # a broken job must not stop the others
            return self._fail(error)
        return self.write(
            {
                "state": "done",
                "attempts": self.attempts + 1,
                "row_new": counts["new"],
                "row_reversed": counts["reversed"],
                "row_emission": counts["emissions"],
                "issue_count": counts["issues"],
                "done_on": fields.Datetime.now(),
                "message": False,
            }
        )

    def _fail(self, error):
        _logger.warning("carbon collection job %s failed: %s", self.id, error, exc_info=True)
        return self.write(
            {
                "state": "failed",
                "attempts": self.attempts + 1,
                "message": str(error)[:2000],
            }
        )

    @api.model
    def _cron_collect(self):
        """Process jobs one by one, each in its own transaction, until none is left or time is up."""
        cron = self.env["ir.cron"]
        ready, waiting = self._count_pending()
        cron._commit_progress(remaining=ready)
        while True:
            if not self._process_next():
                break
            if not cron._commit_progress(1):
                break
        self._finish_runs()
        if waiting:
            # not at once: what they wait for ends when it ends
            self.env["carbon.collection.run"]._wake(fields.Datetime.now() + _LOOK_AGAIN)

    @api.model
    def _count_pending(self):
        """Return how many jobs can be taken now, and how many wait for transactions older than their run."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                "WITH r AS MATERIALIZED (SELECT r.id, %s AS ready FROM carbon_collection_run r WHERE r.state = 'running') "
                "SELECT count(*) FILTER (WHERE r.ready), count(*) FILTER (WHERE NOT r.ready) FROM carbon_collection_job j "
                "JOIN r ON r.id = j.run_id WHERE j.state = 'pending'",
                _UNDISTURBED,
            )
        )[0]

    @api.model
    def _process_next(self):
        """Take and process one job; a failure of concurrency is tried again in a new transaction.

        :return: whether there was something to do
        """
        for attempt in range(_ATTEMPTS):
            done = self._try_next(last=attempt == _ATTEMPTS - 1)
            if done is not None:
                return done
        return False

    @api.model
    def _try_next(self, last):
        """Process one job, or release runs whose jobs the next transaction can take.

        :return: whether there was either; None after a serialisation failure
        """
        try:
            job = self._take()
            if not job:
                released = self._release_runs()
                self.env.flush_all()
                return released
            job._process()
            self.env.flush_all()
        except psycopg2.Error as error:
            if not is_concurrency_failure(error) or last:
                raise
            self.env.cr.rollback()
            self.env.invalidate_all(flush=False)
            return None
        return True

    @api.model
    def _finish_runs(self):
        """Close the runs that have no pending job left."""
        runs = self.env["carbon.collection.run"].search([("state", "=", "running")])
        runs._finish()
