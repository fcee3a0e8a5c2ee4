"""SQL of the engine, second part: what the ledger should say.

``hit`` events with their meaning · ``fx`` exchange rates · ``raw`` with date basis and ratio · ``tgt`` rows as the ledger
should hold them.
"""

from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: PostgreSQL divides to about 16 significant digits unless an operand has a larger scale.
SCALE = SQL("1.000000000000000000000000")

#: The accounts take days from here to the end of the tenth year from now; others are mistyped.
EARLIEST = date(1990, 1, 1)
YEARS_AHEAD = 10
#: A bill covers so many months at most; a longer service period is mistyped.
LONGEST_SERVICE = 36


class CarbonEngineTarget(models.AbstractModel):
    """Quantities in canonical units, dates, exchange rates and service periods."""

    _inherit = "carbon.engine"

    @api.model
    def _day_problem(self, day):
        """Say why a day that somebody types cannot be right, or return False."""
        last = fields.Date.today().replace(month=12, day=31) + relativedelta(years=YEARS_AHEAD)
        if not day or EARLIEST <= day <= last:
            return False
        return self.env._(
            "%(day)s is outside the accounts, which go from %(first)s to %(last)s. Correct the year.",
            day=day,
            first=EARLIEST,
            last=last,
        )

    @api.model
    def _service_problem(self, begin, end):
        """Say why a service period that somebody types cannot be right, or return False."""
        if problem := self._day_problem(begin) or self._day_problem(end):
            return problem
        if begin and end and end >= begin + relativedelta(months=LONGEST_SERVICE):
            return self.env._(
                "The service period %(begin)s to %(end)s is longer than %(count)s months. Correct the year of one of the two dates.",
                begin=begin,
                end=end,
                count=LONGEST_SERVICE,
            )
        return False

    @api.model
    def _sql_outside(self, column):
        """Return SQL that tells whether a day is outside the accounts; the last day is computed once for a statement."""
        return SQL(
            "(%(c)s < %(first)s::date OR %(c)s >= (SELECT (date_trunc('year', now()) + make_interval(years => %(years)s))::date))",
            c=column,
            first=EARLIEST,
            years=YEARS_AHEAD + 1,
        )

    @api.model
    def _sql_rate(self, currency, company, date):
        """Return SQL of a currency rate as Odoo would read it, but NULL where there is none on or before the date."""
        return SQL(
            "COALESCE((SELECT cr.rate FROM res_currency_rate cr WHERE cr.currency_id = %(cur)s AND cr.name <= %(date)s "
            "AND (cr.company_id IS NULL OR cr.company_id = split_part(%(co)s.parent_path, '/', 1)::int) "
            "ORDER BY cr.company_id NULLS LAST, cr.name DESC LIMIT 1), CASE WHEN %(cur)s = %(co)s.currency_id THEN 1.0 END)",
            cur=currency,
            co=SQL.identifier(company),
            date=date,
        )

    @api.model
    def _sql_meant(self, profile):
        """CTEs ``hit`` (event with its key and meaning) and ``raw`` (with date basis and currency ratio)."""
        on = SQL(" AND ").join(
            SQL("k.%s = ev.%s", SQL.identifier(c), SQL.identifier(c)) for c in self._key_columns(profile)
        )
        plain = SQL(
            "raw AS (SELECT h.*, CASE WHEN h.quantity_basis = 'amount' THEN h.amount ELSE h.quantity END AS value, "
            "h.num AS n, h.den AS d, h.whole AS asis FROM hit h)"
        )
        money = SQL(
            """
            fx AS MATERIALIZED (
              SELECT f.*, %(to)s AS n, %(from)s AS d
                FROM (SELECT DISTINCT company_id, currency_id, scur, bdate FROM hit WHERE quantity_basis = 'amount') f
                JOIN res_company co ON co.id = f.company_id),
            raw AS (
              SELECT h.*, CASE WHEN h.quantity_basis = 'amount' THEN h.amount ELSE h.quantity END AS value,
                     CASE WHEN h.quantity_basis <> 'amount' THEN h.num WHEN h.currency_id = h.scur THEN 1.0 ELSE fx.n END AS n,
                     CASE WHEN h.quantity_basis <> 'amount' THEN h.den WHEN h.currency_id = h.scur THEN 1.0 ELSE fx.d END AS d,
                     h.whole AND (h.quantity_basis <> 'amount' OR h.currency_id = h.scur) AS asis
                FROM hit h LEFT JOIN fx ON fx.company_id = h.company_id AND fx.currency_id = h.currency_id
                 AND fx.scur = h.scur AND fx.bdate = h.bdate AND h.quantity_basis = 'amount')
            """,
            to=self._sql_rate(SQL("f.scur"), "co", SQL("f.bdate")),
            **{"from": self._sql_rate(SQL("f.currency_id"), "co", SQL("f.bdate"))},
        )
        return SQL(
            """
            hit AS %(mat)s (
              SELECT ev.*, k.kid, mk.rid, mk.outcome, mk.quantity_basis, mk.date_basis, mk.multiplier, mk.quality,
                     mk.uncertainty, mk.instrument_id, mk.recognition, mk.sid, mk.category_id, mk.suom, mk.scur,
                     mk.active_from, mk.active_to, mk.num, mk.den, mk.whole,
                     CASE mk.date_basis WHEN 'invoice' THEN COALESCE(ev.date_invoice, ev.date)
                                        WHEN 'accounting' THEN COALESCE(ev.date_accounting, ev.date)
                                        ELSE ev.date END AS bdate
                FROM ev JOIN keys k ON %(on)s JOIN mk ON mk.kid = k.kid
               WHERE mk.outcome = 'count'),
            %(raw)s
            """,
            on=on,
            raw=money if profile["has_amount"] else plain,
            mat=SQL("MATERIALIZED") if profile["has_amount"] else SQL("NOT MATERIALIZED"),
        )

    @api.model
    def _sql_target(self, profile):
        """CTE ``tgt``: the rows that the ledger should hold; ``ok`` tells those that can be counted.

        A service period is split at month ends by days; the parts are differences of rounded running
        shares, so that they add up to the whole to the last decimal.
        """
        # most rows need no arithmetic at all: their unit is the source's own
        whole = SQL(
            "CASE WHEN r.asis THEN round(r.value, 12) ELSE round(r.value * r.multiplier * r.n * %s / r.d, 12) END",
            SCALE,
        )
        if profile["has_service"]:
            quantity = SQL(
                "CASE WHEN sp.total IS NULL THEN %(w)s ELSE round((%(w)s) * sp.upto * %(scale)s / sp.total, 12) - "
                "round((%(w)s) * sp.before * %(scale)s / sp.total, 12) END",
                w=whole,
                scale=SCALE,
            )
            part = SQL(
                "CASE WHEN sp.total IS NULL THEN r.part "
                "ELSE concat_ws(' ', NULLIF(r.part, ''), to_char(sp.day, 'YYYY-MM')) END"
            )
            date = SQL("COALESCE(sp.day, r.bdate)")
            split = SQL(
                """
                LEFT JOIN LATERAL (
                  SELECT GREATEST(g.m::date, r.service_from) AS day,
                         GREATEST(g.m::date - r.service_from, 0)::numeric AS before,
                         (LEAST((g.m + interval '1 month')::date, r.service_to + 1) - r.service_from)::numeric AS upto,
                         (r.service_to + 1 - r.service_from)::numeric AS total
                    FROM generate_series(date_trunc('month', r.service_from::timestamp),
                                         date_trunc('month', r.service_to::timestamp), interval '1 month') g(m)
                ) sp ON r.date_basis = 'service' AND r.service_from IS NOT NULL AND r.service_to >= r.service_from AND %s
                """,
                self._sql_plausible_service(),
            )
            odd = SQL(
                "WHEN r.date_basis = 'service' AND r.service_to >= r.service_from AND NOT %s THEN 'period'",
                self._sql_plausible_service(),
            )
        else:
            quantity, part, date, split, odd = whole, SQL("r.part"), SQL("r.bdate"), SQL(""), SQL("")
        return SQL(
            """
            tgt AS MATERIALIZED (
              SELECT x.*, x.quantity IS NOT NULL AND x.why IS NULL AS ok
                FROM (SELECT r.company_id, r.origin_id, %(part)s AS part, %(date)s AS date, r.kind, r.label, r.rid, r.sid, r.category_id,
                             r.product_id, r.partner_id, COALESCE(r.instrument_id, NULLIF(r.equipment_id, 0)) AS instrument_id,
                             r.pair_id, r.recognition, %(quantity)s AS quantity, r.suom, r.scur, r.value AS origin_quantity,
                             r.uom_id AS origin_uom_id, r.quality, r.uncertainty, r.amount, r.currency_id,
                             CASE WHEN r.problem IS NOT NULL AND r.quantity_basis = 'quantity' THEN r.problem
                                  %(odd)s
                                  WHEN %(outside)s THEN 'date'
                                  WHEN r.value IS NULL OR r.n IS NULL OR r.d IS NULL
                                  THEN CASE WHEN r.quantity_basis = 'amount' THEN 'currency' WHEN r.d = 0 THEN 'ambiguous' ELSE 'unit' END
                                  WHEN %(date)s < r.active_from OR %(date)s > r.active_to THEN 'inactive'
                             END AS why
                        FROM raw r %(split)s
                       WHERE r.value IS DISTINCT FROM 0
                      OFFSET 0) x  -- the arithmetic happens once, not again in the condition
               WHERE x.quantity <> 0 OR x.quantity IS NULL)
            """,
            part=part,
            date=date,
            quantity=quantity,
            split=split,
            odd=odd,
            outside=self._sql_outside(date),
        )

    @api.model
    def _sql_plausible_service(self):
        """Return SQL that tells whether a service period may be split: a mistyped year would make thousands of months."""
        return SQL(
            "(r.service_to < r.service_from + make_interval(months => %s) AND NOT %s AND NOT %s)",
            LONGEST_SERVICE,
            self._sql_outside(SQL("r.service_from")),
            self._sql_outside(SQL("r.service_to")),
        )
