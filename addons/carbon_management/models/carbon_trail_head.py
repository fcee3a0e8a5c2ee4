import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.canonical import GENESIS
from .carbon_trail_entry import refuse_change


class CarbonTrailHead(models.Model):
    """The end of the audit trail of one company.

    Appending updates this one row, so two appends at once end in a serialisation
    failure, which Odoo retries; no lock can leave a stale tail. Invariant: the
    sequence only grows, and only together with an entry.
    """

    _name = "carbon.trail.head"
    _description = "Audit Trail Stream"
    _log_access = False
    _rec_name = "company_id"
    _order = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    stream = fields.Char(required=True, readonly=True)
    seq = fields.Integer("Entries", required=True, readonly=True, default=0, aggregator=None)
    hash = fields.Char("Last Hash", required=True, readonly=True, default=GENESIS)

    _company_uniq = models.UniqueIndex("(company_id)", "A company has one audit trail stream.")
    _stream_uniq = models.UniqueIndex("(stream)", "Two streams have the same identity.")

    def init(self):
        """Let the database itself refuse to turn a stream back or to drop it."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION carbon_trail_head_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP <> 'UPDATE' THEN
                    RAISE EXCEPTION 'carbon: audit trail streams cannot be removed';
                END IF;
                IF NEW.seq <= OLD.seq OR NEW.stream <> OLD.stream
                        OR NEW.company_id <> OLD.company_id THEN
                    RAISE EXCEPTION 'carbon: audit trail streams only grow';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS carbon_trail_head_row ON carbon_trail_head;
            CREATE TRIGGER carbon_trail_head_row
                BEFORE UPDATE OR DELETE ON carbon_trail_head
                FOR EACH ROW EXECUTE FUNCTION carbon_trail_head_guard();
            DROP TRIGGER IF EXISTS carbon_trail_head_truncate ON carbon_trail_head;
            CREATE TRIGGER carbon_trail_head_truncate
                BEFORE TRUNCATE ON carbon_trail_head
                FOR EACH STATEMENT EXECUTE FUNCTION carbon_trail_head_guard();
            """
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: streams open by themselves with their first entry."""
        refuse_change(self)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse for everybody: only an append moves the head."""
        refuse_change(self)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        refuse_change(self)

    @api.model
    def _lock(self, company):
        """Take the end of a company's stream for this transaction.

        If another transaction appended since ours began, PostgreSQL answers with a
        serialisation failure, and Odoo runs the whole request again.

        :param company: ``res.company`` record
        :return: (stream, sequence number and hash of the last entry, UTC text); the
            time is the database's own, in microseconds
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                """INSERT INTO carbon_trail_head (company_id, stream, seq, hash)
                   VALUES (%s, %s, 0, %s) ON CONFLICT DO NOTHING""",
                company.id,
                str(uuid.uuid4()),
                GENESIS,
            )
        )
        cr.execute(
            SQL(
                """SELECT stream, seq, hash, to_char(
                        clock_timestamp() AT TIME ZONE 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                   FROM carbon_trail_head WHERE company_id = %s FOR UPDATE""",
                company.id,
            )
        )
        return cr.fetchone()

    @api.model
    def _move(self, stream, seq, last_hash):
        """Move the end of a stream behind the entries just made."""
        self.env.cr.execute(
            SQL(
                "UPDATE carbon_trail_head SET seq = %s, hash = %s WHERE stream = %s",
                seq,
                last_hash,
                stream,
            )
        )
        self.invalidate_model()

    def action_verify(self):
        """Walk the streams and tell whether they are whole.

        :return: a notification naming the first entry that does not fit
        """
        self.check_access("read")
        entries = self.env["carbon.trail.entry"]
        results = [entries._verify_stream(head.company_id) for head in self]
        if not results:
            raise UserError(self.env._("There is no audit trail to verify yet."))
        good = all(result["ok"] for result in results)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if good else "danger",
                "title": self.env._("Audit trail"),
                "message": "\n".join(result["message"] for result in results),
                "sticky": not good,
            },
        }
