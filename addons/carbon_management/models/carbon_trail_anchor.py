import logging

from odoo import api, fields, models
from odoo.tools import SQL

from .carbon_trail_entry import create_refusing_triggers, refuse_change

_logger = logging.getLogger(__name__)


class CarbonTrailAnchor(models.Model):
    """Where the trail of a company stood on a day.

    A chain alone cannot tell that its end was cut off; an anchor kept apart can.
    Invariant: anchors are only added. Each is also written to the server log, so
    that a copy exists outside the database.
    """

    _name = "carbon.trail.anchor"
    _description = "Audit Trail Anchor"
    _log_access = False
    _order = "company_id, seq desc"
    _rec_name = "seq"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    stream = fields.Char(required=True, readonly=True)
    utc = fields.Datetime("Time", required=True, readonly=True)
    seq = fields.Integer("Last Entry", required=True, readonly=True, aggregator=None)
    hash = fields.Char(required=True, readonly=True)
    count = fields.Integer("Entries", required=True, readonly=True, aggregator=None)

    _stream_seq_uniq = models.UniqueIndex("(stream, seq)", "This point is anchored.")

    def init(self):
        """Let the database itself refuse to change or remove anchors."""
        create_refusing_triggers(self)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse for everybody: anchors come from the scheduled job only."""
        refuse_change(self)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse for everybody, superuser included."""
        refuse_change(self)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        refuse_change(self)

    @api.model
    def _cron_anchor(self):
        """Anchor every stream, once a day."""
        done = self._anchor_streams()
        self.env["ir.cron"]._commit_progress(done, remaining=0)

    @api.model
    def _anchor_streams(self):
        """Anchor every stream that moved since its last anchor.

        :return: number of anchors made
        """
        rows = self.env.execute_query_dict(
            SQL(
                """INSERT INTO carbon_trail_anchor
                        (company_id, stream, utc, seq, hash, count)
                   SELECT head.company_id, head.stream,
                          clock_timestamp() AT TIME ZONE 'UTC', head.seq, head.hash,
                          (SELECT count(*) FROM carbon_trail_entry entry
                            WHERE entry.stream = head.stream)
                     FROM carbon_trail_head head
                    WHERE head.seq > COALESCE((
                          SELECT max(seq) FROM carbon_trail_anchor anchor
                           WHERE anchor.stream = head.stream), 0)
                   RETURNING stream, seq, count, hash"""
            )
        )
        for row in rows:
            _logger.info("carbon audit trail anchor %s", row)
        self.invalidate_model()
        return len(rows)
