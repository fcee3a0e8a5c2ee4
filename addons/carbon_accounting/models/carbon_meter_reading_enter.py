from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

from psycopg2.errors import UniqueViolation
from psycopg2.extras import execute_values

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.tools import SQL

from .carbon_meter_reading_check import ASKED, ENTRY_COLUMNS, SKIPPED

_ORDER = ("meter", "virtual", "number", "negative", "top", "future", "outside", "unused", "closed", "reason", "key")
#: Up to so many entries are written into the statement, more go through a table of the transaction.
_INLINE = 500


class CarbonMeterReading(models.Model):
    """How readings come in: one by one, by lists and files, and by the thousand from data loggers (R-131, R-156)."""

    _inherit = "carbon.meter.reading"

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Enter readings as a person does. What cannot be right is refused; a reading that is there already is returned.

        :raises ValidationError: naming meter and problem; nothing is saved then
        """
        self.check_access("create")
        entries = [self._entry_of(vals) for vals in vals_list]
        source = "qr" if all(vals.get("source") == "qr" for vals in vals_list) else "manual"
        ids = {}
        # each is checked with those before it in sight
        for entry in entries:
            report = self._enter([entry], source)
            if report["problems"]:
                raise ValidationError("\n".join(problem["message"] for problem in report["problems"]))
            ids[entry["n"]] = report["ids"][0] if report["ids"] else report["skipped"][0]["id"]
        return self.browse(ids.values())

    @api.model
    def _entry_of(self, vals):
        """Return an entry from values as a form or a call brings them."""
        figures = [vals[name] for name in ("value", "consumption") if vals.get(name) not in (None, False, "")]
        zero = [vals[name] for name in ("value", "consumption") if vals.get(name) == 0 and vals.get(name) is not False]
        if len(figures) > 1:
            raise UserError(self.env._("A reading says either what the counter shows or what was used."))
        return {
            "n": 1,
            "meter_id": vals.get("equipment_id"),
            "read_at": fields.Datetime.to_datetime(vals.get("read_at")) or fields.Datetime.now(),
            "figure": (figures or zero or [None])[0],
            "rollover": bool(vals.get("rollover")),
            "comment": vals.get("comment") or None,
            "key": vals.get("key") or None,
            "is_correction": bool(vals.get("is_correction")),
            "replaces_id": None,
        }

    # ------------------------------------------------------------------
    # The one way in
    # ------------------------------------------------------------------
    @api.model
    def _enter(self, entries, source, batch=None):
        """Check entries and save them, all or none.

        Who may enter what is asked of the readings saved, see :meth:`_check_may_enter`. A reading that is there already, by its key or
        because somebody else has just read it, is skipped.

        :param entries: list of dicts with :data:`ENTRY_COLUMNS`, numbered from 1 by ``n``
        :param source: ``manual``, ``qr``, ``import`` or ``api``
        :param batch: what brought them together
        :return: dict: ``ids`` saved, ``skipped`` [{n, id}], ``problems`` [{n, code, message, ask}]; with a problem nothing is saved
        """
        self._check_may_enter(entries)
        with self._entries(entries) as relation:
            facts = self._facts(relation, source)
            problems, skipped, flags, turned = self._judge(entries, facts, source)
            if problems:
                return {"ids": [], "skipped": [], "problems": problems}
            ids = self._save(relation, source, batch, [row["n"] for row in skipped], flags, turned)
        self._touch_saved(ids)
        return {"ids": ids, "skipped": skipped, "problems": []}

    @api.model
    def _check_may_enter(self, entries):
        """Refuse meters that the user may not read; superusers are asked nothing."""
        if self.env.su:
            return
        self.check_access("create")
        meters = (
            self.env["maintenance.equipment"]
            .browse({entry["meter_id"] for entry in entries if entry["meter_id"]})
            .exists()
        )
        meters.check_access("read")
        if strange := meters - meters._carbon_readable():
            raise UserError(
                self.env._(
                    "%(meter)s is not assigned to you. Ask the metrologist to make you its technician, or a member of its team.",
                    meter=strange[0].display_name,
                )
            )

    @api.model
    @contextmanager
    def _entries(self, entries):
        """Give entries to the database: the relation to read them from."""
        names = list(ENTRY_COLUMNS)
        rows = [tuple(_exact(entry[name]) if name == "figure" else entry[name] for name in names) for entry in entries]
        columns = SQL(", ").join(map(SQL.identifier, names))
        if len(rows) <= _INLINE:
            arrays = SQL(", ").join(
                SQL("%s::%s[]", [row[i] for row in rows], SQL(ENTRY_COLUMNS[name])) for i, name in enumerate(names)
            )
            yield SQL("SELECT * FROM unnest(%s) AS x(%s)", arrays, columns)
            return
        cr = self.env.cr
        kinds = SQL(", ").join(SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in ENTRY_COLUMNS.items())
        cr.execute(
            SQL(
                "DROP TABLE IF EXISTS carbon_meter_entry; CREATE TEMPORARY TABLE carbon_meter_entry (%s) ON COMMIT DROP",
                kinds,
            )
        )
        # the cursor of psycopg2: one statement for thousands of rows
        execute_values(cr._obj, "INSERT INTO carbon_meter_entry VALUES %s", rows, page_size=5000)
        cr.execute("ANALYZE carbon_meter_entry")
        yield SQL("SELECT %s FROM carbon_meter_entry", columns)
        cr.execute("DROP TABLE carbon_meter_entry")

    @api.model
    def _facts(self, relation, source):
        """Return what the check says of entries, as ``{n: dict}``."""
        self.env.flush_all()
        names = (
            "n",
            "codes",
            "was",
            "since",
            "was_by",
            "then_figure",
            "then_at",
            "turned",
            "times",
            "top",
            "same_id",
            "meter_id",
        )
        rows = self.env.execute_query(self._sql_check(relation, source))
        return {row[0]: dict(zip(names, row, strict=True)) for row in rows}

    @api.model
    def _judge(self, entries, facts, source):
        """Sort entries by what the check says of them.

        :return: (problems, skipped, flags ``{n: flag}``, numbers of those whose counter restarted)
        """
        problems, skipped, flags, turned = [], [], {}, []
        by_number = {entry["n"]: entry for entry in entries} if facts else {}
        for n, fact in facts.items():
            entry, codes = by_number[n], [code for code in _ORDER if code in fact["codes"]]
            codes += [code for code in fact["codes"] if code not in codes]
            if fact["turned"]:
                turned.append(n)
                flags[n] = "rollover"
            if any(code in SKIPPED for code in codes) and "key" not in codes:
                skipped.append({"n": n, "id": fact["same_id"]})
                continue
            said = bool((entry["comment"] or "").strip())
            for code in codes:
                if code in ("unusual", "again") and said:
                    flags[n] = code
                    continue
                problems.append(
                    {
                        "n": n,
                        "code": code,
                        "field": _FIELD.get(code, "figure"),
                        "message": self._problem_text(code, fact, entry),
                        "ask": {"lower": "rollover", "closed": "correction"}.get(
                            code, "comment" if code in ASKED else False
                        ),
                    }
                )
                break
            if entry["is_correction"] and not entry["replaces_id"]:
                flags.setdefault(n, "late")
        for entry in entries if len(entries) <= _INLINE else ():
            if entry["is_correction"] and not entry["replaces_id"]:
                flags.setdefault(entry["n"], "late")
        return problems, skipped, flags, turned

    @api.model
    def _save(self, relation, source, batch, skipped, flags, turned):
        """Insert the entries that are not skipped, and return the ids in their order.

        :raises ConcurrencyError: if somebody saved one of the keys in this moment; tried again, the reading is known
        """
        query = self._sql_save(relation, source, batch, skipped, flags, turned)
        try:
            self.env.cr.execute(query, log_exceptions=False)
        except UniqueViolation as error:
            if error.diag.constraint_name != "carbon_meter_reading_key_uniq":
                raise
            raise ConcurrencyError(str(error)) from error
        ids = sorted(row[0] for row in self.env.cr.fetchall())
        self.invalidate_model(flush=False)
        return ids

    @api.model
    def _sql_save(self, relation, source, batch, skipped, flags, turned):
        return SQL(
            """
            INSERT INTO carbon_meter_reading (company_id, equipment_id, read_at, value, consumption, rollover, comment, source,
                flag, key,
                   batch, user_id, entered_on, is_correction, replaces_id)
            SELECT eq.company_id, eq.id, e.read_at, CASE WHEN eq.carbon_register IS DISTINCT FROM 'interval' THEN e.figure END,
                   CASE WHEN eq.carbon_register = 'interval' THEN e.figure END, NULLIF(e.n = ANY(%(turned)s), FALSE),
                   NULLIF(btrim(e.comment), ''), %(source)s,
                   (%(flags)s::text[])[array_position(%(flagged)s::int[], e.n)], e.key, %(batch)s, %(user)s, now() AT TIME ZONE 'UTC',
                   NULLIF(e.is_correction, FALSE), e.replaces_id
              FROM (%(relation)s) e JOIN maintenance_equipment eq ON eq.id = e.meter_id
             WHERE e.n <> ALL(%(skipped)s::int[]) ORDER BY e.n
            RETURNING id
            """,
            relation=relation,
            turned=turned,
            source=source,
            flags=list(flags.values()),
            flagged=list(flags),
            batch=batch,
            user=self.env.uid,
            skipped=skipped,
        )

    @api.model
    def _touch_saved(self, ids):
        """Note the months that rows just saved can change.

        A counter moves what lies between the readings before and after it, an interval its own month.
        """
        if ids:
            few = len(ids) <= _INLINE
            self._touch_where(SQL("r.id = ANY(%s)", ids) if few else SQL("r.id BETWEEN %s AND %s", ids[0], ids[-1]))

    @api.model
    def _touch_company(self, company):
        """Note every month in which a reading of a company lies: its time zone has changed."""
        self._touch_where(SQL("r.company_id = %s", company.id))

    @api.model
    def _touch_where(self, mine):
        """Note the months that readings ``r`` under a condition can change."""
        self.env["carbon.meter.month"]._touch(
            SQL(
                """
                SELECT s.company_id, s.equipment_id, g.m::date AS date
                  FROM (SELECT c.company_id, c.equipment_id, %(month_of_a)s AS a, %(month_of_z)s AS z
                          FROM (SELECT r.company_id, r.equipment_id, min(r.read_at) AS a, max(r.read_at) AS z FROM carbon_meter_reading r
                                 WHERE %(mine)s AND r.value IS NOT NULL GROUP BY 1, 2) c
                          LEFT JOIN carbon_system sys ON sys.company_id = c.company_id
                          LEFT JOIN LATERAL (SELECT b.read_at FROM carbon_meter_reading b WHERE b.equipment_id = c.equipment_id
                                              AND b.company_id = c.company_id AND b.value IS NOT NULL AND b.read_at < c.a AND %(stands)s
                                              ORDER BY b.read_at DESC LIMIT 1) before ON TRUE
                          LEFT JOIN LATERAL (SELECT b.read_at FROM carbon_meter_reading b WHERE b.equipment_id = c.equipment_id
                                              AND b.company_id = c.company_id AND b.value IS NOT NULL AND b.read_at > c.z AND %(stands)s
                                              ORDER BY b.read_at LIMIT 1) after ON TRUE) s
                 CROSS JOIN LATERAL generate_series(s.a, s.z, interval '1 month') g(m)
                UNION
                SELECT DISTINCT r.company_id, r.equipment_id, %(month)s::date
                  FROM carbon_meter_reading r LEFT JOIN carbon_system sys ON sys.company_id = r.company_id
                 WHERE %(mine)s AND r.consumption IS NOT NULL
                """,
                mine=mine,
                stands=self._sql_stands("b"),
                month=self._sql_month(SQL("r.read_at")),
                month_of_a=self._sql_month(SQL("COALESCE(before.read_at + interval '1 second', c.a)")),
                month_of_z=self._sql_month(SQL("COALESCE(after.read_at, c.z)")),
            )
        )

    @api.model
    def _sql_month(self, moment):
        """Return SQL of the local month (system ``sys``) that ends at or after a UTC moment: midnight belongs to the day before."""
        return SQL(
            "date_trunc('month', (%s - interval '1 microsecond') AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(sys.tz, 'UTC'))",
            moment,
        )


#: The column of a list or file in which a problem lies.
_FIELD = {
    **dict.fromkeys(("meter", "virtual"), "meter"),
    **dict.fromkeys(("future", "outside", "unused", "closed", "moment"), "read_at"),
    **dict.fromkeys(("reason", "unusual", "again"), "comment"),
    "unturned": "rollover",
    "key": "key",
}


def _exact(figure):
    """Return a figure as the database takes it without loss; None for what is no number."""
    if figure is None or isinstance(figure, bool):
        return None
    try:
        number = Decimal(str(figure).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
