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
    def _last_day(self):
        """Return the last day that can be right where somebody types one."""
        return fields.Date.today().replace(month=12, day=31) + relativedelta(years=YEARS_AHEAD)

    @api.model
    def _day_problem(self, day):
        """Say why a day that somebody types cannot be right, or return False."""
        last = self._last_day()
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
        """CTEs ``hit`` (event with its key and meaning) and ``raw`` (with date basis and currency ratio).

        A rule by amount on a kind whose amount does not say what was bought, as older ones may be, has no value.
        """
        plain = SQL(
            "raw AS (SELECT h.*, CASE WHEN h.quantity_basis = 'amount' THEN h.amount ELSE h.quantity END AS value, "
            "h.num AS n, h.den AS d, h.whole AS asis FROM hit h)"
        )
        money = SQL(
            """
            fx AS MATERIALIZED (
              SELECT f.*, co.currency_id AS home, %(to)s AS n, %(from)s AS d
                FROM (SELECT DISTINCT company_id, currency_id, scur, bdate FROM hit WHERE quantity_basis = 'amount') f
                JOIN res_company co ON co.id = f.company_id),
            raw AS (
              SELECT h.*, CASE WHEN h.quantity_basis <> 'amount' THEN h.quantity
                               WHEN h.has_amount IS NOT FALSE THEN h.amount END AS value,
                     CASE WHEN h.quantity_basis <> 'amount' THEN h.num WHEN h.currency_id = h.scur THEN 1.0
                          WHEN h.scur = fx.home AND h.amount_booked IS NOT NULL THEN h.amount_booked ELSE fx.n END AS n,
                     CASE WHEN h.quantity_basis <> 'amount' THEN h.den WHEN h.currency_id = h.scur THEN 1.0
                          WHEN h.scur = fx.home AND h.amount_booked IS NOT NULL THEN h.amount ELSE fx.d END AS d,
                     h.whole AND (h.quantity_basis <> 'amount' OR h.currency_id = h.scur) AS asis
                FROM hit h LEFT JOIN fx ON fx.company_id = h.company_id AND fx.currency_id = h.currency_id
                 AND fx.scur = h.scur AND fx.bdate = h.bdate AND h.quantity_basis = 'amount')
            """,
            to=self._sql_rate(SQL("f.scur"), "co", SQL("f.bdate")),
            **{"from": self._sql_rate(SQL("f.currency_id"), "co", SQL("f.bdate"))},
        )
        return SQL(
            """
            %(split)s
            hit AS %(mat)s (
              SELECT ev.*, k.kid, mk.rid, mk.outcome, mk.quantity_basis, mk.date_basis, mk.multiplier, mk.quality,
                     mk.uncertainty, mk.instrument_id, mk.recognition, mk.has_amount, mk.sid, mk.category_id, mk.suom, mk.scur,
                     mk.active_from, mk.active_to, mk.num, mk.den, mk.whole,
                     CASE mk.date_basis WHEN 'invoice' THEN COALESCE(ev.date_invoice, ev.date)
                                        WHEN 'accounting' THEN COALESCE(ev.date_accounting, ev.date)
                                        ELSE ev.date END AS bdate
                       %(join)s
               WHERE %(counts)s),
            %(raw)s
            """,
            counts=SQL(
                "mk.outcome = 'none' AND mk.sid IS NOT NULL" if profile.get("compare") else "mk.outcome = 'count'"
            ),
            split=self._sql_split(profile),
            join=self._sql_meant_join(profile),
            raw=money if profile["has_amount"] else plain,
            mat=SQL("MATERIALIZED") if profile["has_amount"] else SQL("NOT MATERIALIZED"),
        )

    @api.model
    def _sql_key_is(self, profile, key, event, month=None):
        """Return SQL of the condition that a row of ``keys`` is the key of an event, or of a month of its service period."""
        return SQL(" AND ").join(
            SQL(
                "%s.%s = %s",
                SQL.identifier(key),
                SQL.identifier(column),
                SQL("COALESCE(%s.edate_service, %s.edate_service)", SQL.identifier(month), SQL.identifier(event))
                if month and column == "edate_service"
                else SQL("%s.%s", SQL.identifier(event), SQL.identifier(column)),
            )
            for column in self._key_columns(profile)
        )

    @api.model
    def _sql_meant_join(self, profile):
        """Return SQL that joins events with the meaning of their key, or of the keys of their months (``split``)."""
        if "service" not in profile["dated"]:
            return SQL("FROM ev JOIN keys k ON %s JOIN mk ON mk.kid = k.kid", self._sql_key_is(profile, "k", "ev"))
        return SQL(
            ", sg.day AS sday, sg.before AS sbefore, sg.upto AS supto, sg.total AS stotal "
            "FROM ev LEFT JOIN split ON split.company_id = ev.company_id AND split.origin_id = ev.origin_id AND split.part = ev.part "
            "LEFT JOIN seg sg ON sg.company_id = split.company_id AND sg.origin_id = split.origin_id AND sg.part = split.part "
            "JOIN keys k ON %s JOIN mk ON mk.kid = k.kid",
            self._sql_key_is(profile, "k", "ev", "sg"),
        )

    @api.model
    def _sql_split(self, profile):
        """CTE ``split``: the events whose months have their own rules, where rules with dates count by service period.

        The rule of the period's first day says it; where none takes that day, a rule of a later month.
        """
        if "service" not in profile["dated"]:
            return SQL("")
        return SQL(
            """
            split AS MATERIALIZED (
              SELECT DISTINCT ev.company_id, ev.origin_id, ev.part
                FROM ev JOIN keys lk ON %s LEFT JOIN mk lead ON lead.kid = lk.kid
                JOIN seg sg ON sg.company_id = ev.company_id AND sg.origin_id = ev.origin_id AND sg.part = ev.part
                JOIN keys k ON %s LEFT JOIN mk ON mk.kid = k.kid
               WHERE lead.date_basis = 'service' OR (lead.kid IS NULL AND mk.kid IS NOT NULL)),
            """,
            self._sql_key_is(profile, "lk", "ev"),
            self._sql_key_is(profile, "k", "ev", "sg"),
        )

    @api.model
    def _sql_service_months(self, alias):
        """Return the months of a service period: first day, days before and up to its end, days in total."""
        return SQL(
            """
            SELECT GREATEST(g.m::date, %(r)s.service_from) AS day,
                   GREATEST(g.m::date - %(r)s.service_from, 0)::numeric AS before,
                   (LEAST((g.m + interval '1 month')::date, %(r)s.service_to + 1) - %(r)s.service_from)::numeric AS upto,
                   (%(r)s.service_to + 1 - %(r)s.service_from)::numeric AS total
              FROM generate_series(date_trunc('month', %(r)s.service_from::timestamp),
                                   date_trunc('month', %(r)s.service_to::timestamp), interval '1 month') g(m)
            """,
            r=SQL.identifier(alias),
        )

    @api.model
    def _sql_target(self, profile):
        """CTE ``tgt``: the rows that the ledger should hold; ``ok`` tells those that can be counted.

        An event that counts by amount and has none waits, unless nothing moved: what is not known is not nothing.
        A service period is split at month ends by days; the parts are differences of rounded running
        shares, so that they add up to the whole to the last decimal, in the unit of the source and in that of the origin.
        """
        # most rows need no arithmetic at all: their unit is the source's own
        whole = "CASE WHEN r.asis THEN round(r.value, 12) ELSE round(r.value * r.multiplier * r.n * %s / r.d, 12) END"
        value, amount, part, date = (SQL("r.%s", SQL(name)) for name in ("value", "amount", "part", "bdate"))
        quantity, split, odd = SQL(whole, SCALE), SQL(""), SQL("")
        if profile["has_service"]:
            own = "service" in profile["dated"]  # the months have come with the events
            day, before, upto, total = (
                SQL("r.s%s" if own else "sp.%s", SQL(name)) for name in ("day", "before", "upto", "total")
            )
            share = {"before": before, "upto": upto, "total": total, "scale": SCALE}
            quantity, value, amount = (
                SQL(
                    "CASE WHEN %(total)s IS NULL THEN %(w)s ELSE round((%(w)s) * %(upto)s * %(scale)s / %(total)s, 12) - "
                    "round((%(w)s) * %(before)s * %(scale)s / %(total)s, 12) END",
                    **share,
                    w=of,
                )
                for of in (quantity, value, amount)
            )
            part = SQL(
                "CASE WHEN %s IS NULL THEN r.part ELSE concat_ws(' ', NULLIF(r.part, ''), to_char(%s, 'YYYY-MM')) END",
                total,
                day,
            )
            date = SQL("COALESCE(CASE WHEN r.date_basis = 'service' THEN %s END, r.bdate)", day)
            if not own:
                split = SQL(
                    "LEFT JOIN LATERAL (%s) sp ON r.date_basis = 'service' AND %s",
                    self._sql_service_months("r"),
                    self._sql_plausible_service("r"),
                )
            # a declaration without period stands for its own day
            odd = SQL(
                "WHEN r.date_basis = 'service' AND %s IS NULL AND (r.kind <> 'declared' OR r.service_from IS NOT NULL OR "
                "r.service_to IS NOT NULL) THEN CASE WHEN r.service_from IS NULL OR r.service_to IS NULL THEN 'service' "
                "ELSE 'period' END",
                total,
            )
        return SQL(
            """
            tgt AS MATERIALIZED (
              SELECT x.*, x.quantity IS NOT NULL AND x.why IS NULL AS ok
                FROM (SELECT r.company_id, r.origin_id, %(part)s AS part, %(date)s AS date, r.kind, r.label, r.rid, r.sid, r.category_id,
                             r.product_id, r.partner_id, %(instrument)s AS instrument_id,
                             r.pair_id, r.recognition, %(quantity)s AS quantity, r.suom, r.scur, %(told)s AS origin_quantity,
                             CASE WHEN %(physical)s THEN r.uom_id END AS origin_uom_id, %(quality)s AS quality,
                             %(uncertainty)s AS uncertainty,
                             %(amount)s AS amount, r.currency_id,
                             CASE WHEN r.problem IS NOT NULL AND r.quantity_basis = 'quantity' THEN r.problem
                                  %(odd)s
                                  WHEN %(outside)s THEN 'date'
                                  WHEN r.value IS NULL AND r.quantity_basis = 'amount' THEN 'value'
                                  WHEN r.value IS NULL OR r.n IS NULL OR r.d IS NULL
                                  THEN CASE WHEN r.quantity_basis = 'amount' THEN 'currency' WHEN r.d = 0 THEN 'ambiguous' ELSE 'unit' END
                                  WHEN %(date)s < r.active_from OR %(date)s > r.active_to THEN 'inactive'
                             END AS why
                        FROM raw r %(split)s
                       WHERE %(moved)s IS DISTINCT FROM 0
                      OFFSET 0) x  -- the arithmetic happens once, not again in the condition
               WHERE x.quantity <> 0 OR x.quantity IS NULL)
            """,
            part=part,
            date=date,
            value=value,
            quantity=quantity,
            amount=amount,
            split=split,
            odd=odd,
            outside=self._sql_outside(date),
            **self._sql_told(profile, value),
            **self._sql_graded(profile),
        )

    @api.model
    def _sql_graded(self, profile):
        """Return SQL of instrument, grade and uncertainty of a row: the rule's, or the worse of both where the origin says its own."""
        if not profile.get("graded"):
            return {
                "instrument": SQL("COALESCE(r.instrument_id, NULLIF(r.equipment_id, 0))"),
                "quality": SQL("r.quality"),
                "uncertainty": SQL("r.uncertainty"),
            }
        grades = SQL("ARRAY['measured', 'calculated', 'estimated', 'default']")
        return {
            "instrument": SQL("COALESCE(r.meter_id, r.instrument_id, NULLIF(r.equipment_id, 0))"),
            "quality": SQL(
                "CASE WHEN array_position(%(g)s, r.data_quality) > array_position(%(g)s, r.quality::text) "
                "THEN r.data_quality ELSE r.quality END",
                g=grades,
            ),
            "uncertainty": SQL(
                "CASE WHEN r.widening IS NULL AND r.data_uncertainty IS NULL THEN r.uncertainty "
                "ELSE GREATEST(r.uncertainty * COALESCE(r.widening, 1), r.data_uncertainty) END"
            ),
        }

    @api.model
    def _sql_told(self, profile, value):
        """Return SQL of what the worklist tells of an event: its value, or the quantity that moved where the value is not known."""
        if not profile["has_amount"]:
            return {"moved": SQL("r.value"), "told": value, "physical": SQL("r.quantity_basis = 'quantity'")}
        unknown = SQL("r.quantity_basis = 'amount' AND r.value IS NULL")
        return {
            "moved": SQL("CASE WHEN %s THEN r.quantity ELSE r.value END", unknown),
            "told": SQL("CASE WHEN %s THEN r.quantity ELSE %s END", unknown, value),
            "physical": SQL("(r.quantity_basis = 'quantity' OR r.value IS NULL)"),
        }

    @api.model
    def _sql_plausible_service(self, alias):
        """Return SQL that tells whether a service period may be split: a mistyped year would make thousands of months.

        A period that is missing or half filled gives NULL or FALSE.
        """
        row = SQL.identifier(alias)
        return SQL(
            "(%(r)s.service_to >= %(r)s.service_from AND %(r)s.service_to < %(r)s.service_from + make_interval(months => %(most)s) "
            "AND NOT %(early)s AND NOT %(late)s)",
            r=row,
            most=LONGEST_SERVICE,
            early=self._sql_outside(SQL("%s.service_from", row)),
            late=self._sql_outside(SQL("%s.service_to", row)),
        )
