from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import SQL

from ..tools.canonical import (
    HASH_VERSION,
    HASHED_FIELDS,
    canonical_json,
    clean_text,
    trail_hash,
)

INSERT_COLUMNS = (
    *(name for name in HASHED_FIELDS[HASH_VERSION] if name != "utc_text"),
    *("hash_version", "hash", "utc", "company_id", "res_id", "actor_uid"),
)
INSERT_QUERY = f"INSERT INTO carbon_trail_entry ({', '.join(INSERT_COLUMNS)}) VALUES %s RETURNING id"


REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION carbon_trail_refuse() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'carbon: % of audit trail table % is refused',
        TG_OP, TG_TABLE_NAME;
END $$ LANGUAGE plpgsql
"""


def create_refusing_triggers(model):
    """Make the database refuse UPDATE, DELETE and TRUNCATE of a model's table.

    Triggers are per statement: also a statement that would touch no row is refused.

    :param model: model whose table only grows
    """
    table = SQL.identifier(model._table)
    trigger = SQL.identifier(f"{model._table}_refuse")
    model.env.cr.execute(REFUSE_FUNCTION)
    model.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, table))
    model.env.cr.execute(
        SQL(
            """CREATE TRIGGER %s BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
               FOR EACH STATEMENT EXECUTE FUNCTION carbon_trail_refuse()""",
            trigger,
            table,
        )
    )


def refuse_change(model):
    """Refuse any change of audit trail tables; nothing behind this is reached.

    :raises UserError: always
    """
    raise UserError(
        model.env._(
            "The audit trail is written by the system only and cannot be changed. "
            "Record a correction as a new step of the object itself."
        )
    )


class CarbonTrailEntry(models.Model):
    """One thing that happened, in the hash-chained audit trail of a company.

    Invariant: per stream the sequence has no gap, each entry names the hash of the
    one before, and nobody - superuser and plain SQL included - changes or removes
    one without detection. Actors are kept as text, without foreign keys.
    """

    _name = "carbon.trail.entry"
    _description = "Audit Trail Entry"
    _log_access = False
    _order = "company_id, seq desc"
    _rec_name = "event"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    stream = fields.Char(required=True, readonly=True)
    seq = fields.Integer("No.", required=True, readonly=True, aggregator=None)
    utc = fields.Datetime("Time", required=True, readonly=True)
    actor_uid = fields.Integer("User ID", readonly=True, aggregator=None)
    actor_login = fields.Char("Login", readonly=True)
    actor_name = fields.Char("User", readonly=True)
    on_behalf_of = fields.Char(readonly=True, help="Login whose rights were used.")
    channel = fields.Selection(
        [
            ("web", "Web"),
            ("portal", "Portal"),
            ("rpc", "RPC"),
            ("import", "Import"),
            ("cron", "Scheduled"),
            ("system", "System"),
        ],
        readonly=True,
    )
    ip = fields.Char("IP Address", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    # no reference field: Odoo rewrites those when accounts are split, and every UPDATE of this table is refused
    res_id = fields.Integer("Record ID", readonly=True, aggregator=None)
    res_uuid = fields.Char("Record Identity", readonly=True)
    res_name = fields.Char("Record", readonly=True)
    event = fields.Char(required=True, readonly=True)
    from_state = fields.Char("From", readonly=True)
    to_state = fields.Char("To", readonly=True)
    meaning = fields.Char(readonly=True)
    reason = fields.Text(readonly=True)
    payload = fields.Text("Content", readonly=True)
    hash_version = fields.Integer(required=True, readonly=True, aggregator=None)
    prev_hash = fields.Char("Previous Hash", required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)

    _stream_seq_uniq = models.UniqueIndex("(stream, seq)", "Audit trail forked.")
    _stream_prev_uniq = models.UniqueIndex("(stream, prev_hash)", "Audit trail forked.")
    _company_seq_idx = models.Index("(company_id, seq, id)")
    _record_idx = models.Index("(res_model, res_id)")

    def init(self):
        """Let the database itself refuse to change or remove entries."""
        create_refusing_triggers(self)

    # ------------------------------------------------------------------
    # Nobody writes through the ORM
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Refuse for everybody: entries come from ``_append`` only."""
        refuse_change(self)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse for everybody, superuser included."""
        refuse_change(self)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        refuse_change(self)

    # ------------------------------------------------------------------
    # Append
    # ------------------------------------------------------------------
    @api.model
    def _append(
        self,
        company,
        event,
        record=None,
        payload=None,
        from_state=None,
        to_state=None,
        reason=None,
        meaning=None,
    ):
        """Append one entry to the stream of a company.

        :param company: ``res.company`` record
        :param event: code of what happened, ``<noun>.<verb>``
        :param record: the object, if there is one
        :param payload: JSON value by names, without database ids
        :return: the ``carbon.trail.entry``
        """
        values = {
            **self._record_values(record),
            "event": event,
            "from_state": from_state,
            "to_state": to_state,
            "reason": reason,
            "meaning": meaning,
            "payload": payload,
        }
        return self._append_many(company, [values])

    @api.model
    def _append_records(self, records, event, from_states=None, to_state=None, reason=None, meaning=None):
        """Append one entry per record, one round trip per company.

        :param records: records of one model, with ``_trail_payload``
        :param from_states: mapping of id to the state before
        :return: the entries
        """
        entries = self.browse()
        for company, batch in self._records_by_company(records).items():
            entries |= self._append_many(
                company,
                [
                    {
                        **self._record_values(record),
                        "event": event,
                        "from_state": (from_states or {}).get(record.id),
                        "to_state": to_state,
                        "reason": reason,
                        "meaning": meaning,
                        "payload": record._trail_payload(),
                    }
                    for record in batch
                ],
            )
        return entries

    @api.model
    def _records_by_company(self, records):
        """Group records by the stream they belong to; shared ones go to the user's."""
        by_company = {}
        for record in records:
            company = "company_id" in record and record.company_id or self.env.company
            by_company.setdefault(company, []).append(record)
        return by_company

    @api.model
    def _record_values(self, record):
        if not record:
            return {}
        record.ensure_one()
        return {
            "res_model": record._name,
            "res_id": record.id,
            "res_uuid": "uuid" in record and record.uuid or None,
            # language independent: the same record reads the same for everybody
            "res_name": record.with_context(lang=None).display_name,
        }

    @api.model
    def _append_many(self, company, values_list):
        """Append entries in order, all of one moment.

        :param company: ``res.company`` record
        :param values_list: dictionaries of hashed columns, without the chain
        :return: the entries
        """
        if not values_list:
            return self.browse()
        heads = self.env["carbon.trail.head"]
        stream, seq, prev_hash, utc_text = heads._lock(company)
        origin = self._origin_values()
        rows = []
        for values in values_list:
            seq += 1
            row = {**origin, **values}
            payload = canonical_json(row.pop("payload", None) or {})
            res_id = row.pop("res_id", None)
            row = {name: clean_text(value) for name, value in row.items()}
            row |= {
                "stream": stream,
                "seq": seq,
                "utc_text": utc_text,
                "payload": payload,
                "prev_hash": prev_hash,
            }
            prev_hash = trail_hash(HASH_VERSION, row)
            row |= {"hash": prev_hash, "hash_version": HASH_VERSION, "res_id": res_id}
            row |= {"company_id": company.id, "actor_uid": self.env.uid}
            row |= {"utc": utc_text.rstrip("Z")}
            rows.append(row)
        heads._move(stream, seq, prev_hash)
        return self._insert_rows(rows)

    @api.model
    def _insert_rows(self, rows):
        inserted = self.env.cr.execute_values(
            INSERT_QUERY,
            [[row.get(name) for name in INSERT_COLUMNS] for row in rows],
            fetch=True,
        )
        return self.browse(row[0] for row in inserted)

    @api.model
    def _origin_values(self):
        """Return who acts, through which door and from where, as text."""
        actor, behalf = self.env.user, None
        channel, ip = "system", None
        if request:
            ip = request.httprequest.remote_addr
            channel = self._request_channel(request.httprequest.path)
            if channel == "web" and self.env.context.get("import_file"):
                channel = "import"
            if request.env.uid and request.env.uid != self.env.uid:
                behalf, actor = actor.login, request.env.user
        elif self.env.context.get("cron_id"):
            channel = "cron"
        # sudo: a user may not be allowed to read the login of the actor
        actor = actor.sudo()
        return {
            "actor_login": actor.login,
            "actor_name": actor.with_context(lang=None).name,
            "on_behalf_of": behalf,
            "channel": channel,
            "ip": ip,
        }

    @api.model
    def _request_channel(self, path):
        if path.startswith(("/json/", "/xmlrpc", "/jsonrpc")):
            return "rpc"
        return "portal" if path.startswith("/my") else "web"
