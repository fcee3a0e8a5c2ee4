from odoo import fields, models
from odoo.tools import SQL

from .carbon_collection_job import OLDER_TRANSACTIONS


class CarbonCollectionRun(models.Model):
    """What a person sees of a run: what it waits for, and where a finished one leads to."""

    _inherit = "carbon.collection.run"

    is_waiting = fields.Boolean(compute="_compute_waiting")
    waiting_since = fields.Datetime(
        string="Waiting for a Transaction Begun At",
        compute="_compute_waiting",
        help="Transactions older than the run may still bring documents that nobody collects as they happen. "
        "Jobs are taken once the last of them has ended.",
    )

    def _compute_waiting(self):
        """Read the oldest transaction in the way of each run with jobs left, in one query."""
        rows = self.env.execute_query(
            SQL(
                "SELECT r.id, (SELECT min(t.xact_start) AT TIME ZONE 'UTC' %s), EXISTS (SELECT 1 %s) FROM carbon_collection_run r "
                "WHERE r.id IN %s AND r.state = 'running' AND r.start_xid IS NOT NULL "
                "AND EXISTS (SELECT 1 FROM carbon_collection_job j WHERE j.run_id = r.id AND j.state = 'pending')",
                OLDER_TRANSACTIONS,
                OLDER_TRANSACTIONS,
                tuple(self.ids) or (0,),
            )
        )
        found = {run: (since, waiting) for run, since, waiting in rows}
        for run in self:
            since, waiting = found.get(run.id, (None, False))
            run.is_waiting = waiting
            run.waiting_since = since and since.replace(microsecond=0)

    def action_view_worklist(self):
        """Open what could not be collected."""
        return self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_issue_action")
