import logging
from contextlib import contextmanager
from functools import partial

import psycopg2
from psycopg2.errorcodes import (
    DEADLOCK_DETECTED,
    LOCK_NOT_AVAILABLE,
    SERIALIZATION_FAILURE,
    UNIQUE_VIOLATION,
)

from odoo import api, models, tools
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Errors that Odoo's retry loop (or a job) must see: the whole transaction is tried again.
RETRYABLE = {SERIALIZATION_FAILURE, DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE}
#: Tables whose unique indexes tell that another transaction has written the same origin since the snapshot was taken.
_LEDGER = {"carbon_activity_data", "carbon_emission_line"}
_QUEUE = "carbon.engine.queue"
#: Up to so many records the statement for few rows is the faster one.
_FEW = 2000


def is_concurrency_failure(error):
    """Whether a database error goes away when the whole transaction is tried again with a new snapshot.

    With REPEATABLE READ two writers of one origin do not see each other's rows: the later one fails on a unique
    index of the ledger. A duplicate key of any other table is a mistake, and stays one.
    """
    if error.pgcode == UNIQUE_VIOLATION:
        return error.diag.table_name in _LEDGER
    return error.pgcode in RETRYABLE


class CarbonEngine(models.AbstractModel):
    """The set-based engine: events → activity data → emissions (architecture, section 2).

    Entry points:

    * :meth:`_queue` – bridges put ids of touched records into a set; one pre-commit callback derives them
      in a savepoint. Business first: whatever fails here leaves the business document as it is, and a
      visible, retryable row on the worklist.
    * :meth:`_collect_range` and :meth:`_collect_ids` – one statement over a range or a list of ids.

    Running anything twice changes nothing.
    """

    _name = "carbon.engine"
    _description = "Carbon Collection Engine"

    # ------------------------------------------------------------------ hooks
    @api.model
    def _queue(self, origin_model, ids, company_ids=None):
        """Remember touched records; they are derived once, just before the transaction commits.

        :param company_ids: companies of the records if known; nothing is queued when none of them is live
        """
        live = self._live_companies()
        if not live or not ids or (company_ids is not None and not set(live).intersection(company_ids)):
            return
        data = self.env.cr.precommit.data
        queue = data.get(_QUEUE)
        if queue is None:
            queue = data[_QUEUE] = {}
            # sudo: any user's document is collected
            self.env.cr.precommit.add(partial(self.sudo()._flush_queue, queue))
        queue.setdefault(origin_model, set()).update(ids)

    @api.model
    def _flush_queue(self, queue):
        """Derive the queued records inside one savepoint."""
        # a record queued while this runs belongs to the next round
        self.env.cr.precommit.data.pop(_QUEUE, None)
        pending = {model: sorted(ids) for model, ids in queue.items() if ids}
        if not pending:
            return
        try:
            with self._few_settings():
                for origin_model, ids in pending.items():
                    self._collect_ids(origin_model, ids, self._live_companies())
        except psycopg2.Error as error:
            if is_concurrency_failure(error):
                raise
            self._note_failure(pending, error)
        except ConcurrencyError:
            raise
        except Exception as error:  # a business document never fails because of carbon
            self._note_failure(pending, error)

    @api.model
    def _note_failure(self, pending, error):
        """Put records whose derivation failed on the worklist, to be retried by the next collection."""
        _logger.warning(
            "carbon collection of %s failed: %s",
            {m: len(i) for m, i in pending.items()},
            error,
            exc_info=True,
        )
        providers = self.env["carbon.event.source"]._providers()
        for origin_model, ids in pending.items():
            table = SQL.identifier(providers[origin_model]["table"])
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO carbon_collection_issue (company_id, origin_model, origin_id, origin_part, reason, state, message,
                           first_seen, last_seen, attempts)
                    SELECT x.company_id, %(model)s, x.id, '', 'failed', 'open', %(message)s, now() AT TIME ZONE 'UTC',
                           now() AT TIME ZONE 'UTC', 1
                      FROM (SELECT o.company_id, o.id FROM %(table)s o
                             WHERE o.id = ANY(%(ids)s) AND o.company_id = ANY(%(live)s)
                            UNION  -- origins that were deleted: their rows wait for a counter row
                            SELECT a.company_id, a.origin_id FROM carbon_activity_data a
                             WHERE a.company_id = ANY(%(live)s) AND a.origin_model = %(model)s
                               AND a.origin_id = ANY(%(ids)s)) x
                    ON CONFLICT (company_id, origin_model, origin_id, origin_part) DO UPDATE
                       SET reason = 'failed', state = 'open', message = EXCLUDED.message, last_seen = EXCLUDED.last_seen,
                           attempts = carbon_collection_issue.attempts + 1
                    """,
                    model=origin_model,
                    message=str(error)[:2000],
                    table=table,
                    ids=ids,
                    live=list(self._live_companies()),
                )
            )

    # ------------------------------------------------------------------ collection
    @api.model
    @tools.ormcache("companies", "self._basis_stamp()")
    def _profile(self, companies):
        """Return what the active rules use, remembered for the few rows of a transaction."""
        return self._read_profile(companies)

    @api.model
    def _read_profile(self, companies):
        """Return what the active rules use, so that the statement joins nothing it does not need."""
        rules = self.env["carbon.activity.rule"]
        self.env.flush_all()
        criteria = rules._criteria()
        used = self.env.execute_query(
            SQL(
                "SELECT %s, bool_or(outcome = 'count' AND quantity_basis = 'amount' "
                "AND (product_id IS NOT NULL OR category_id IS NOT NULL)), "
                "bool_or(quantity_basis = 'amount'), bool_or(date_basis = 'service'), array_agg(DISTINCT date_basis) "
                "FILTER (WHERE date_basis <> 'movement' AND (date_from IS NOT NULL OR date_to IS NOT NULL OR %s)) "
                "FROM carbon_activity_rule WHERE active AND company_id = ANY(%s)",
                SQL(", ").join(
                    SQL("bool_or(%s IS NOT NULL)", SQL.identifier(rule)) for rule, _event, _tree in criteria
                ),
                self._sql_has_dated_conversions(companies),
                list(companies),
            )
        )[0]
        vanished = self.env.execute_query(
            SQL(
                "SELECT DISTINCT r.event_kind FROM carbon_activity_rule r "
                "WHERE r.event_kind IS NOT NULL AND NOT EXISTS (SELECT 1 FROM carbon_event_kind k WHERE k.code = r.event_kind)"
            )
        )
        return {
            "vanished": [row[0] for row in vanished],  # kinds whose bridge is gone
            "criteria": [c for c, flag in zip(criteria, used, strict=False) if flag],
            "spend": bool(used[-4]),  # a rule on money settles a material
            "has_amount": bool(used[-3]),
            "has_service": bool(used[-2]),
            # date bases, other than the document's own date, of rules that begin or end; of all rules where conversions do
            "dated": used[-1] or [],
            "write_offs": self._read_write_offs(companies),
        }

    @api.model
    def _read_write_offs(self, companies):
        """Return the origin models whose write-offs need a rule, because a rule counts some material when consumed."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT w.origin_model FROM carbon_event_kind w
                 WHERE w.is_write_off AND EXISTS (
                   SELECT 1 FROM carbon_activity_rule r
                     JOIN carbon_event_kind k ON k.code = r.event_kind AND k.recognition = 'consumed' AND k.is_write_off IS NOT TRUE
                    WHERE r.active AND r.outcome = 'count' AND r.company_id = ANY(%s)
                      AND (r.product_id IS NOT NULL OR r.category_id IS NOT NULL))
                """,
                list(companies),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _has_closed(self, companies):
        """Whether any month of the companies is closed."""
        return self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT 1 FROM carbon_reporting_period WHERE company_id = ANY(%s) AND state = 'closed')",
                list(companies),
            )
        )[0][0]

    @api.model
    def _is_first(self, origin_model, scope, companies):
        """Whether the ledger holds no row of these records: one look into the index."""
        return not self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.company_id = ANY(%s) AND a.origin_model = %s AND %s)",
                list(companies),
                origin_model,
                scope(SQL("a.origin_id")),
            )
        )[0][0]

    @api.model
    def _breakpoints(self, companies):
        """Return the dates at which a rule, a conversion or a factor version begins or a rule ends, ascending."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT date_from FROM carbon_activity_rule WHERE active AND company_id = ANY(%(c)s) AND date_from IS NOT NULL
                UNION SELECT date_to + 1 FROM carbon_activity_rule WHERE active AND company_id = ANY(%(c)s) AND date_to IS NOT NULL
                UNION SELECT v.date_from FROM carbon_emission_factor_version v
                       JOIN carbon_source_factor sf ON sf.factor_id = v.factor_id
                       JOIN carbon_source s ON s.id = sf.source_id
                      WHERE v.state = 'approved' AND s.company_id = ANY(%(c)s)
                UNION SELECT date_from FROM carbon_unit_conversion
                      WHERE active AND date_from IS NOT NULL AND (company_id IS NULL OR company_id = ANY(%(c)s))
                UNION %(prices)s
                ORDER BY 1
                """,
                c=list(companies),
                prices=self._sql_price_years(companies),
            )
        )
        return [row[0] for row in rows]

    @api.model
    @tools.ormcache(cache="stable")
    def _product_measure_uoms(self):
        """Return the ids of the units in which Odoo keeps product weight and volume."""
        template = self.env["product.template"].sudo()  # sudo: reads two configuration parameters
        return (
            template._get_weight_uom_id_from_ir_config_parameter().id,
            template._get_volume_uom_id_from_ir_config_parameter().id,
        )

    @api.model
    @contextmanager
    def _few_settings(self):
        """A savepoint with planner settings for few records, both undone at its end.

        The written order of joins is the right one, and planning costs more than running. Statements are sent
        together, so that the frame costs two round trips.

        :raises ConcurrencyError: when another transaction wrote the same origin, see :func:`is_concurrency_failure`
        """
        cr = self.env.cr
        cr.execute(
            "SAVEPOINT carbon_collect; SET LOCAL join_collapse_limit = 1; "
            "SET LOCAL from_collapse_limit = 1; SET LOCAL jit = off"
        )
        try:
            yield
        except BaseException as error:
            cr.execute("ROLLBACK TO SAVEPOINT carbon_collect; RELEASE SAVEPOINT carbon_collect")
            if isinstance(error, psycopg2.IntegrityError) and is_concurrency_failure(error):
                # Odoo shows a duplicate key to the user; this error makes it repeat the whole request
                raise ConcurrencyError(str(error)) from error
            raise
        cr.execute(
            "RELEASE SAVEPOINT carbon_collect; SET LOCAL join_collapse_limit TO DEFAULT; "
            "SET LOCAL from_collapse_limit TO DEFAULT; SET LOCAL jit TO DEFAULT; "
            "SET LOCAL plan_cache_mode TO DEFAULT"
        )

    @api.model
    def _collect_ids(self, origin_model, ids, companies):
        """Collect some records with the statement tuned for few rows, inside :meth:`_few_settings`.

        :return: dict of counts, see :meth:`_counts`
        """
        companies = tuple(companies)
        if len(ids) > _FEW:
            return self._collect_many(
                origin_model,
                lambda column: SQL("%s = ANY(%s)", column, list(ids)),
                companies,
            )
        cr = self.env.cr
        # not prepared: the pool resets a connection (DISCARD ALL) each time that a transaction borrows it
        wanted = f"ARRAY[{','.join(str(int(id_)) for id_ in ids)}]::int[]"
        # composed by SQL() and mogrified; the ids are integers
        cr.execute(self._small_statement(origin_model, companies).replace("$1", wanted))  # pylint: disable=sql-injection
        return self._counts(cr.fetchone())

    @api.model
    def _refresh_ids(self, origin_model, ids, companies):
        """Bring the emissions of some records to the factor versions of today, inside :meth:`_few_settings`."""
        self.env.cr.execute(
            self._sql_refresh(origin_model, lambda column: SQL("%s = ANY(%s)", column, list(ids)), tuple(companies))
        )

    @api.model
    @tools.ormcache("origin_model", "companies", "self._basis_stamp()")
    def _small_statement(self, origin_model, companies):
        """Return the statement for few records of an origin model as text with the ids as ``$1``.

        Composed once for each set of rules' criteria.
        """
        provider = self.env["carbon.event.source"]._providers()[origin_model]
        statement = self._sql_collect(
            origin_model,
            provider,
            lambda column: SQL("%s = ANY($1)", column),
            companies,
            self._profile(companies),
        )
        return self.env.cr.mogrify(statement.code, statement.params).decode()

    @api.model
    @contextmanager
    def _bulk_settings(self, hashed=False):
        """Planner settings for many rows: estimates of CTEs are too low, nested loops would be 30 times slower.

        :param hashed: sum by hashing; the planner expects a month of its own for nearly each of a million readings, and would sort them
        """
        self.env.cr.execute(
            "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; "
            "SET LOCAL work_mem = '128MB'; SET LOCAL jit = off"
        )
        if hashed:
            self.env.cr.execute("SET LOCAL enable_sort = off")
        yield
        self.env.cr.execute(
            "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT; "
            "SET LOCAL work_mem TO DEFAULT; SET LOCAL jit TO DEFAULT; SET LOCAL enable_sort TO DEFAULT"
        )

    @api.model
    def _collect_range(self, origin_model, company, id_from, id_to):
        """Collect a range of ids of one company, activity data and changed factors.

        :return: dict of counts, see :meth:`_counts`
        """
        return self._collect_many(
            origin_model,
            lambda column: SQL("%s BETWEEN %s AND %s", column, id_from, id_to),
            (company.id,),
        )

    @api.model
    def _forget_rows(self):
        """What statements wrote is read again."""
        for name in ("carbon.activity.data", "carbon.emission.line", "carbon.collection.issue"):
            self.env[name].invalidate_model(flush=False)

    @api.model
    def _collect_many(self, origin_model, scope, companies):
        """Collect many records with the statement tuned for many rows, activity data and changed factors."""
        provider = self.env["carbon.event.source"]._providers()[origin_model]
        self.env.flush_all()
        breakpoints = self._breakpoints(companies)
        # read now: a collector runs for long, and caches of its process do not hear of rules added meanwhile
        has_closed = self._has_closed(companies)
        profile = dict(
            self._read_profile(companies),
            has_closed=has_closed,
            is_first=not has_closed and self._is_first(origin_model, scope, companies),
        )
        with self._bulk_settings(provider.get("hashed")):
            self.env.cr.execute(self._sql_collect(origin_model, provider, scope, companies, profile, breakpoints))
            counts = self._counts(self.env.cr.fetchone())
            if counts["unchanged"]:
                self._refresh_many(origin_model, scope, companies, breakpoints, counts)
        self._forget_rows()
        return counts

    @api.model
    def _counts(self, row):
        """Name the counts that the statement returns."""
        return dict(
            zip(
                (
                    "new",
                    "reversed",
                    "deleted",
                    "emissions",
                    "issues",
                    "resolved",
                    "unchanged",
                ),
                row,
                strict=True,
            )
        )
