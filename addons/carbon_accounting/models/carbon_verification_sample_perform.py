import json
import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .carbon_engine import is_concurrency_failure

_logger = logging.getLogger(__name__)
#: Rows of one step.
_STEP = 200
#: Seconds that the button may work by itself; what is left goes on in the background.
_REQUEST_SECONDS = 20.0


class CarbonVerificationSample(models.Model):
    """Re-performance of the sampled rows, some hundred in a step, each step a transaction of its own."""

    _name = "carbon.verification.sample"
    _inherit = ["carbon.verification.sample", "carbon.background.mixin"]

    row_count = fields.Integer(string="Rows in the Sample", compute="_compute_counts")
    pass_count = fields.Integer(string="Passed", compute="_compute_counts")
    fail_count = fields.Integer(string="Failed", compute="_compute_counts")
    cannot_count = fields.Integer(string="Cannot Be Re-performed", compute="_compute_counts")
    finding_count = fields.Integer(string="Number of Findings", compute="_compute_counts")
    progress = fields.Float(compute="_compute_counts", aggregator=None)

    @api.depends("row_ids.result", "finding_ids")
    def _compute_counts(self):
        counted = {
            (sample.id, result): count
            for sample, result, count in self.env["carbon.verification.row"]._read_group(
                [("sample_id", "in", self.ids)], ["sample_id", "result"], ["__count"]
            )
        }
        findings = dict(
            self.env["carbon.verification.finding"]._read_group(
                [("sample_id", "in", self.ids)], ["sample_id"], ["__count"]
            )
        )
        for sample in self:
            results = {name: counted.get((sample.id, name), 0) for name in ("waiting", "pass", "fail", "cannot")}
            total = sum(results.values())
            for name in ("pass", "fail", "cannot"):
                sample[f"{name}_count"] = results[name]
            sample.row_count = total
            sample.progress = 100.0 * (total - results["waiting"]) / total if total else 0.0
            sample.finding_count = findings.get(sample, 0)

    def action_perform(self):
        """Re-perform every row of a sample from its document; large samples go on in the background.

        :return: True
        :raises UserError: if the sample is not drawn, or done already
        """
        self._check_verifier()
        for sample in self:
            if sample.state != "drawn":
                raise UserError(
                    self.env._(
                        "%(sample)s is %(state)s. A sample is re-performed once, after it was drawn; repeat it with the same seed to do so "
                        "again.",
                        sample=sample.name,
                        state=sample._gate_state_label(sample.state),
                    )
                )
            sample._act().write({"is_running": True, "message": False})
            deadline = time.monotonic() + _REQUEST_SECONDS
            while sample.is_running and time.monotonic() < deadline:
                sample._step()
            if sample.is_running:
                # sudo: a verifier need not be allowed to see scheduled actions
                self.env.ref("carbon_accounting.ir_cron_verification").sudo()._trigger()
        return True

    def _step(self):
        """Re-perform the next rows; with the last ones the sample is done."""
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, activity_key, book_kg::text FROM carbon_verification_row "
                "WHERE sample_id = %s AND result = 'waiting' ORDER BY id LIMIT %s",
                *(self.id, _STEP),
            )
        )
        if rows:
            # sudo: the documents that the ledger names are read, whoever may open them; nothing but what the rows say leaves it
            kernel = self.env["carbon.verification.reperformance"].sudo()
            outcomes = kernel._perform(self.inventory_id.sudo(), [row[1] for row in rows])
            self._keep(rows, outcomes)
        if len(rows) < _STEP:
            self._finish()

    def _keep(self, rows, outcomes):
        """Write what came out, in one statement."""
        told = []
        for row_id, activity_id, book_kg in rows:
            outcome = outcomes.get(activity_id) or self._missing()
            # the ledger may have changed after the draw: what was drawn is compared too
            if outcome["ledger_kg"] is not None:
                kernel = self.env["carbon.verification.reperformance"]
                if kernel._plain(book_kg) != outcome["ledger_kg"]:
                    kernel._differs(outcome["checks"], "book", outcome["ledger_kg"], book_kg)
                    outcome["result"] = "cannot" if outcome["result"] == "cannot" else "fail"
            detail = {"checks": outcome.pop("checks"), "gases": outcome.pop("gases")}
            told.append({"id": row_id, "detail": detail, **outcome})
        self.env.cr.execute(
            SQL(
                """
                UPDATE carbon_verification_row r
                   SET result = x.result, ledger_quantity = x.ledger_quantity, kernel_quantity = x.kernel_quantity,
                       ledger_kg = x.ledger_kg, kernel_kg = x.kernel_kg,
                       difference_kg = trim_scale(CASE x.result WHEN 'fail' THEN COALESCE(x.kernel_kg, 0) ELSE x.kernel_kg END - r.book_kg),
                       detail = x.detail, performed_on = now() AT TIME ZONE 'UTC'
                  FROM jsonb_to_recordset(%s::jsonb) AS x(id int, result text, ledger_quantity numeric, kernel_quantity numeric,
                       ledger_kg numeric, kernel_kg numeric, detail jsonb)
                 WHERE r.id = x.id
                """,
                json.dumps(told),
            )
        )
        self.env["carbon.verification.row"].invalidate_model(flush=False)
        self.invalidate_recordset(flush=False)

    @api.model
    def _missing(self):
        """Return the outcome of a row that the ledger does not hold any more."""
        empty = dict.fromkeys(("ledger_quantity", "kernel_quantity", "ledger_kg", "kernel_kg"))
        return {**empty, "result": "fail", "checks": [{"code": "missing_row"}], "gases": []}

    def _finish(self):
        """Note that all rows are done, in the name of the verifier who drew them."""
        sample = self.with_user(self.user_id)
        sample._act().write({"is_running": False})
        sample._act()._transition(
            "performed", "verification_sample.perform", values={"performed_on": fields.Datetime.now()}
        )

    # ------------------------------------------------------------------
    # Background
    # ------------------------------------------------------------------
    @api.model
    def _cron_process(self):
        """Go on with samples under way, step by step, each in its own transaction, until time is up."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count([("is_running", "=", True)]))
        while self._process_next() and cron._commit_progress(1):
            pass

    @api.model
    def _try_next(self):
        """Do one step of the oldest sample that nobody else works on."""
        self.flush_model(["is_running"])
        self.env.cr.execute(
            "SELECT id FROM carbon_verification_sample WHERE is_running ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        found = self.env.cr.fetchone()
        if not found:
            return False
        sample = self.browse(found[0])
        try:
            with self.env.cr.savepoint():
                sample._step()
                self.env.flush_all()
        except psycopg2.Error as error:
            if is_concurrency_failure(error):
                raise
            sample._stop(error)
        except Exception as error:  # one sample must not stop the others
            sample._stop(error)
        return True

    def _stop(self, error):
        """Keep why a re-performance could not go on; the button begins again where it stopped."""
        _logger.warning("re-performance of sample %s failed: %s", self.id, error, exc_info=True)
        self._act().write({"is_running": False, "message": str(error)[:2000]})
