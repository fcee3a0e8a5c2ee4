import logging
import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .carbon_engine import is_concurrency_failure
from .carbon_engine_live import KNOWN_FOR

_logger = logging.getLogger(__name__)
# A transaction that began before the run, or that believes what its process read before it (KNOWN_FOR), does not know
# that its documents are collected live; were its range taken before it commits, they would be lost. Jobs wait for all
# that began before ``settled_on``: from then on every transaction knows. The one that merely holds the lock of this
# scheduled action, while it runs, brings no document.
OLDER_TRANSACTIONS = SQL(
    "FROM pg_stat_activity t WHERE t.datname = current_database() AND t.pid <> pg_backend_pid() "
    "AND t.backend_type = 'client backend' AND r.start_xid IS DISTINCT FROM pg_current_xact_id_if_assigned()::text "
    "AND t.backend_xmin IS NOT NULL AND t.xact_start < r.settled_on AT TIME ZONE 'UTC' "
    "AND t.backend_xid IS DISTINCT FROM (SELECT c.xmax FROM ir_cron c JOIN ir_model_data d ON d.res_id = c.id "
    "WHERE d.module = 'carbon_accounting' AND d.name = 'ir_cron_collect')"
)
_SETTLED = SQL(
    "(r.start_xid IS NULL OR r.start_xid IS NOT DISTINCT FROM pg_current_xact_id_if_assigned()::text "
    "OR COALESCE(r.settled_on < clock_timestamp() AT TIME ZONE 'UTC', FALSE))"
)
_UNDISTURBED = SQL("(%s AND (r.start_xid IS NULL OR NOT EXISTS (SELECT 1 %s)))", _SETTLED, OLDER_TRANSACTIONS)
#: Seconds between the first look at a committed run and its ``settled_on``, whose fractions are cut off.
_SETTLING = KNOWN_FOR + 2
_LOOK_AGAIN = timedelta(minutes=1)


class CarbonCollectionJob(models.Model):
    """A range of ids of one origin model; one transaction of a collection run.

    Workers take pending rows ``FOR UPDATE SKIP LOCKED``: several processes and nodes share a run without
    waiting for each other. The lock ends with the transaction, so a killed worker frees its job.
    """

    _name = "carbon.collection.job"
    _inherit = ["carbon.background.mixin"]
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
    def _settle_runs(self):
        """Say from when on every transaction knows that it is collected live, for runs whose start is committed.

        :return: whether there was such a run
        """
        self.env.cr.execute(
            SQL(
                "SELECT r.id, (clock_timestamp() AT TIME ZONE 'UTC') + make_interval(secs => %s) FROM carbon_collection_run r "
                "WHERE r.state = 'running' AND r.is_released IS NOT TRUE AND r.settled_on IS NULL AND NOT %s "
                "ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED",
                _SETTLING,
                _SETTLED,
            )
        )
        rows = self.env.cr.fetchall()
        for run, moment in rows:
            self.env["carbon.collection.run"].browse(run)._act(settled_on=moment)
        return bool(rows)

    @api.model
    def _await_settling(self):
        """Wait, for some seconds at most, until the runs just started have settled.

        :return: whether there was something to wait for
        """
        self.env.flush_all()
        seconds = self.env.execute_query(
            SQL(
                "SELECT EXTRACT(EPOCH FROM max(r.settled_on) - clock_timestamp() AT TIME ZONE 'UTC')::float "
                "FROM carbon_collection_run r WHERE r.state = 'running' AND r.is_released IS NOT TRUE AND NOT %s",
                _SETTLED,
            )
        )[0][0]
        if seconds is None:
            return False
        time.sleep(min(max(seconds, 0.0) + 0.01, _SETTLING))
        return True

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
                engine = self.env["carbon.engine"]
                read = engine._refresh_range if self.run_id.emissions_only else engine._collect_range
                counts = read(self.origin_model, self.run_id.company_id, self.id_from, self.id_to)
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
        self._settle_runs()
        cron._commit_progress()
        self._await_settling()
        cron._commit_progress()
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
    def _try_next(self):
        """Process one job, or bring runs nearer to the release of their jobs, which the next transaction can take."""
        job = self._take()
        if not job:
            return self._release_runs() or self._settle_runs() or self._await_settling()
        job._process()
        return True

    @api.model
    def _finish_runs(self):
        """Close the runs that have no pending job left."""
        runs = self.env["carbon.collection.run"].search([("state", "=", "running")])
        runs._finish()
