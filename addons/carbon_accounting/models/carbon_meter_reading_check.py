from odoo import api, models
from odoo.tools import SQL

from .carbon_meter_reading import plain_number

#: A reading that uses more than so many times the usual needs a comment.
UNUSUAL = 3
#: Of how many readings the usual is the median, and how many there must be.
USUAL_OF, USUAL_LEAST = 12, 3
#: Minutes within which the same figure of two people is taken for one reading.
SAME_WITHIN = 30
#: Minutes that the clock of a phone or logger may be fast.
CLOCK = 5
#: Nothing to save: the reading is there already.
SKIPPED = ("same", "repeated")
#: Saved if the person says more: that the counter restarted, or in a comment why.
ASKED = ("lower", "unusual", "again")

#: What an entry is checked with, in the order of the columns of the relation.
ENTRY_COLUMNS = {
    "n": "int4",
    "meter_id": "int4",
    "read_at": "timestamp",
    "figure": "numeric",
    "rollover": "bool",
    "comment": "text",
    "key": "text",
    "is_correction": "bool",
    "replaces_id": "int4",
}


class CarbonMeterReading(models.Model):
    """Whether entries can be right: one statement for one entry and for a million (R-131)."""

    _inherit = "carbon.meter.reading"

    @api.model
    def _sql_near(self, kind):
        """Return SQL of the standing readings around the entries of meters ``m``, of one kind of figure.

        :param kind: ``value`` or ``consumption``
        """
        column = SQL.identifier("r", kind)
        base = SQL(
            "SELECT r.id, r.read_at, %(c)s AS figure, r.rollover, r.user_id FROM carbon_meter_reading r "
            "WHERE r.equipment_id = m.id AND r.company_id = m.company_id AND %(c)s IS NOT NULL AND %(stands)s AND m.register "
            "%(is)s 'interval'",
            c=column,
            stands=self._sql_stands("r"),
            **{"is": SQL("=" if kind == "consumption" else "<>")},
        )
        return SQL(
            "SELECT m.id AS meter_id, x.* FROM m CROSS JOIN LATERAL ((%(base)s AND r.read_at < m.first ORDER BY r.read_at DESC "
            "LIMIT %(most)s) "
            "UNION ALL (%(base)s AND r.read_at BETWEEN m.first AND m.last) "
            "UNION ALL (%(base)s AND r.read_at > m.last ORDER BY r.read_at LIMIT 1)) x",
            base=base,
            most=USUAL_OF + 1,
        )

    @api.model
    def _sql_check(self, entries, source):
        """Return SQL of what is odd about entries: ``n``, ``codes`` and the facts that the messages tell.

        :param entries: SQL of a relation with :data:`ENTRY_COLUMNS`
        :param source: by which way they come; loggers restart by themselves and are not asked
        """
        asked = source != "api"
        return SQL(
            """
            WITH entry AS MATERIALIZED (%(entries)s),
            m AS MATERIALIZED (
              SELECT eq.id, eq.company_id, eq.active AND eq.is_carbon_meter IS TRUE AS counts, COALESCE(eq.carbon_register,
                  'cumulative') AS register,
                     NULLIF(eq.carbon_register_max, 0) AS top, eq.carbon_in_use_from, eq.carbon_in_use_to, COALESCE(sys.tz, 'UTC') AS tz,
                     COALESCE(eq.carbon_interval_minutes, 0) AS every, s.first, s.last
                FROM (SELECT meter_id, min(read_at) AS first, max(read_at) AS last FROM entry GROUP BY 1) s
                JOIN maintenance_equipment eq ON eq.id = s.meter_id
                LEFT JOIN carbon_system sys ON sys.company_id = eq.company_id),
            line AS (
              SELECT x.meter_id, x.read_at, x.figure, x.rollover, NULL::int AS n, x.id, x.user_id FROM (%(values)s) x
              UNION ALL SELECT x.meter_id, x.read_at, x.figure, x.rollover, NULL, x.id, x.user_id FROM (%(consumptions)s) x
              UNION ALL SELECT meter_id, read_at, figure, rollover, n, NULL, NULL FROM entry),
            seen AS (
              SELECT l.*, lag(l.figure) OVER w AS was, lag(l.read_at) OVER w AS since, lag(l.id) OVER w AS was_id,
                  lag(l.user_id) OVER w AS was_by,
                     lead(l.figure) OVER w AS then_figure, lead(l.read_at) OVER w AS then_at, lead(l.rollover) OVER w AS then_rolled,
                     lead(l.id) OVER w AS then_id
                FROM line l WINDOW w AS (PARTITION BY l.meter_id ORDER BY l.read_at, l.n NULLS FIRST)),
            rolled AS (
              SELECT s.*, s.rollover IS TRUE OR COALESCE(%(auto)s AND m.register <> 'interval' AND s.n IS NOT NULL AND s.figure < s.was
                     AND s.was > 0.9 * m.top AND s.figure < 0.1 * m.top, FALSE) AS turned, m.register, m.top, m.every
                FROM seen s JOIN m ON m.id = s.meter_id),
            rated AS (
              SELECT r.*, CASE WHEN r.register = 'interval' THEN r.figure
                               ELSE (r.figure - r.was + CASE WHEN r.turned THEN COALESCE(r.top, 0) ELSE 0 END)
                                    / NULLIF(EXTRACT(EPOCH FROM r.read_at - r.since), 0) END AS rate
                FROM rolled r),
            usual AS (%(usual)s),
            known AS (
              SELECT DISTINCT ON (e.n) e.n, k.id, k.equipment_id = e.meter_id AND k.read_at = e.read_at
                     AND COALESCE(k.value, k.consumption) = e.figure AS alike
                FROM entry e JOIN m ON m.id = e.meter_id JOIN carbon_meter_reading k ON k.company_id = m.company_id AND k.key = e.key
               WHERE e.key IS NOT NULL),
            twin AS (  -- the same key twice in one go
              SELECT e.n, (e.meter_id, e.read_at, e.figure) = (f.meter_id, f.read_at, f.figure) AS alike
                FROM entry e JOIN (SELECT DISTINCT ON (key) key, n, meter_id, read_at, figure FROM entry WHERE key IS NOT NULL
                                    ORDER BY key, n) f ON f.key = e.key AND f.n < e.n),
            found AS (
              SELECT e.n, e.meter_id, u.was, u.since, u.was_id, u.was_by, u.then_figure, u.then_at, u.then_id, u.turned, u.usual,
                  u.rate, u.top,
                     COALESCE(k.id, u.near_id, CASE WHEN u.since = e.read_at THEN u.was_id WHEN u.then_at = e.read_at
                         THEN u.then_id END) AS same_id,
                     array_remove(ARRAY[
                       CASE WHEN m.id IS NULL OR NOT m.counts THEN 'meter' WHEN m.register = 'virtual' THEN 'virtual' END,
                       CASE WHEN k.alike OR tw.alike THEN 'repeated' WHEN NOT k.alike OR NOT tw.alike THEN 'key' END,
                       CASE WHEN e.figure IS NULL OR e.figure = 'NaN' OR abs(e.figure) > 1e15 THEN 'number' WHEN e.figure < 0
                           THEN 'negative'
                            WHEN m.register = 'cumulative' AND e.figure >= m.top THEN 'top' END,
                       CASE WHEN e.read_at > now() AT TIME ZONE 'UTC' + make_interval(mins => %(clock)s) THEN 'future'
                            WHEN %(outside)s THEN 'outside'
                            WHEN e.read_at < (m.carbon_in_use_from::timestamp AT TIME ZONE m.tz AT TIME ZONE 'UTC')
                              OR e.read_at > ((m.carbon_in_use_to + 1)::timestamp AT TIME ZONE m.tz AT TIME ZONE 'UTC') THEN 'unused' END,
                       CASE WHEN p.id IS NOT NULL AND NOT e.is_correction THEN 'closed' END,
                       CASE WHEN e.is_correction AND COALESCE(btrim(e.comment), '') = '' THEN 'reason' END,
                       CASE WHEN %(same)s THEN 'same' WHEN m.register <> 'interval' AND (u.since = e.read_at OR u.then_at = e.read_at)
                              OR m.register = 'interval' AND m.every > 0
                                  AND (u.since = e.read_at OR u.then_at = e.read_at) THEN 'moment' END,
                       CASE WHEN m.register = 'interval' THEN NULL
                            WHEN NOT u.turned AND e.figure < u.was AND m.top IS NULL THEN 'below'
                            WHEN NOT u.turned AND e.figure < u.was THEN 'lower'
                            WHEN e.rollover AND (u.was IS NULL OR e.figure >= u.was) THEN 'unturned'
                            -- of two entries the later one is told
                            WHEN e.figure > u.then_figure AND u.then_id IS NOT NULL AND u.then_rolled IS NOT TRUE THEN 'higher' END,
                       CASE WHEN u.usual > 0 AND u.rate > %(most)s * u.usual THEN 'unusual' END,
                       CASE WHEN %(asked)s AND m.register = 'interval' AND u.near_figure = e.figure THEN 'again' END], NULL) AS codes
                FROM entry e
                LEFT JOIN m ON m.id = e.meter_id
                LEFT JOIN usual u ON u.n = e.n
                LEFT JOIN known k ON k.n = e.n
                LEFT JOIN twin tw ON tw.n = e.n
                LEFT JOIN carbon_reporting_period p ON p.company_id = m.company_id AND p.state = 'closed'
                 AND p.date_from = date_trunc('month', (e.read_at - interval '1 microsecond') AT TIME ZONE 'UTC' AT TIME ZONE m.tz)::date)
            SELECT f.n, f.codes, f.was::text, f.since, f.was_by, f.then_figure::text, f.then_at, f.turned,
                   round(f.rate / NULLIF(f.usual, 0), 1)::float8 AS times, f.top::text, f.same_id, f.meter_id
              FROM found f WHERE f.codes <> '{}' OR f.turned ORDER BY f.n
            """,
            entries=entries,
            values=self._sql_near("value"),
            consumptions=self._sql_near("consumption"),
            auto=SQL("FALSE") if asked else SQL("TRUE"),
            asked=SQL("TRUE") if asked else SQL("FALSE"),
            usual=self._sql_usual(asked),
            same=SQL(
                "(m.register <> 'interval' AND (u.since = e.read_at AND u.was = e.figure OR u.then_at = e.read_at AND "
                "u.then_figure = e.figure%s))",
                SQL(" OR u.near_figure = e.figure") if source in ("manual", "qr") else SQL(""),
            ),
            clock=CLOCK,
            most=UNUSUAL,
            outside=self.env["carbon.engine"]._sql_outside(SQL("e.read_at")),
        )

    @api.model
    def _sql_usual(self, asked):
        """Return SQL of the entries with the usual rate before them, and a figure that somebody entered at nearly the same time."""
        if not asked:
            return SQL(
                "SELECT r.*, NULL::numeric AS usual, NULL::numeric AS near_figure, NULL::int AS near_id FROM rated r WHERE r.n IS NOT NULL"
            )
        return SQL(
            """
            SELECT z.*, CASE WHEN z.every = 0 AND cardinality(z.rates) >= %(least)s THEN
                        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x)::numeric FROM unnest(z.rates::float8[]) x) END AS usual,
                   CASE WHEN z.figure = z.was AND z.read_at - z.since <= %(within)s THEN z.was
                        WHEN z.figure = z.then_figure AND z.then_at - z.read_at <= %(within)s THEN z.then_figure END AS near_figure,
                   CASE WHEN z.figure = z.was AND z.read_at - z.since <= %(within)s THEN z.was_id
                        WHEN z.figure = z.then_figure AND z.then_at - z.read_at <= %(within)s THEN z.then_id END AS near_id
              FROM (SELECT r.*, array_agg(r.rate) FILTER (WHERE r.rate > 0) OVER (PARTITION BY r.meter_id ORDER BY r.read_at,
                  r.n NULLS FIRST
                           ROWS BETWEEN %(most)s PRECEDING AND 1 PRECEDING) AS rates FROM rated r) z
             WHERE z.n IS NOT NULL
            """,
            least=USUAL_LEAST,
            most=USUAL_OF,
            within=SQL("make_interval(mins => %s)", SAME_WITHIN),
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    @api.model
    def _problem_text(self, code, fact, entry):
        """Say what is wrong with an entry, and what to do.

        :param code: one of the codes of :meth:`_sql_check`
        :param fact: row of it as a dict
        :param entry: the entry as a dict
        """
        meters = self.env["maintenance.equipment"].sudo()  # sudo: the number of the meter, in a message about it
        meter = meters.browse(entry.get("meter_id"))
        words = {
            "meter": meter.carbon_code or meter.name or "?",
            "figure": _as_text(entry.get("figure")),
            "unit": meter.carbon_uom_id.name or "",
            "was": _as_text(fact.get("was")),
            "since": self._moment_text(meter, fact.get("since")),
            "next": _as_text(fact.get("then_figure")),
            "next_at": self._moment_text(meter, fact.get("then_at")),
            "top": _as_text(fact.get("top")),
            "times": f"{fact.get('times') or 0:g}",
            "moment": self._moment_text(meter, entry.get("read_at")),
            "who": self.env["res.users"].sudo().browse(fact.get("was_by") or 0).name or "",  # sudo: a name
        }
        return (self._figure_text(code, words) or self._day_text(code, words, meter)).strip()

    @api.model
    def _moment_text(self, meter, moment):
        if not moment:
            return ""
        return self.new({"company_id": meter.company_id.id})._local(moment).strftime("%Y-%m-%d %H:%M")

    @api.model
    def _figure_text(self, code, words):
        texts = {
            "meter": self.env._("There is no such meter in use. Look at its number."),
            "virtual": self.env._(
                "%(meter)s is a formula of other meters and is not read itself. Read those.", **words
            ),
            "number": self.env._("The reading of %(meter)s is no number.", **words),
            "negative": self.env._("%(figure)s cannot be right: %(meter)s never shows less than 0.", **words),
            "top": self.env._("%(figure)s is more than %(meter)s can show: it restarts at %(top)s.", **words),
            "lower": self.env._(
                "%(figure)s is lower than %(was)s of %(since)s. Did the counter restart (its highest value is below %(top)s), or "
                "is it a mistake?",
                **words,
            ),
            "below": self.env._(
                "%(figure)s is lower than %(was)s of %(since)s, and this counter never restarts. Read it again. If the old reading was "
                "wrong, correct that one.",
                **words,
            ),
            "unturned": self.env._(
                "%(figure)s is not lower than the reading before: the counter did not restart.", **words
            ),
            "higher": self.env._("%(figure)s is higher than %(next)s of %(next_at)s, which was read later.", **words),
            "unusual": self.env._("%(times)s times the usual. If it is right, write in the comment why.", **words),
            "again": self.env._(
                "%(figure)s was entered for %(meter)s at nearly the same time already. If this is another one, say so in the comment.",
                **words,
            ),
        }
        return texts.get(code, "")

    @api.model
    def _day_text(self, code, words, meter):
        texts = {
            "key": self.env._("The number of this reading was used for another reading already."),
            "future": self.env._("%(moment)s is still to come. Look at the clock of the device.", **words),
            "outside": self.env._("%(moment)s is outside the accounts. Correct the year.", **words),
            "unused": self.env._(
                "%(meter)s was not in use at %(moment)s: in use %(begin)s to %(end)s.",
                begin=meter.carbon_in_use_from or "…",
                end=meter.carbon_in_use_to or "…",
                **words,
            ),
            "closed": self.env._(
                "The month of %(moment)s is closed. File it as a correction, with the reason: the figures of the closed month "
                "stay, and the "
                "accountant sees the difference.",
                **words,
            ),
            "reason": self.env._("Write the reason of the correction."),
            "moment": self.env._(
                "%(meter)s has another reading of %(moment)s. If that one is wrong, correct it.", **words
            ),
        }
        return texts.get(code, code)


def _as_text(figure):
    """Return a figure for a message, as it came where it is no number."""
    try:
        return plain_number(float(figure))
    except (TypeError, ValueError):
        return str(figure or "")
