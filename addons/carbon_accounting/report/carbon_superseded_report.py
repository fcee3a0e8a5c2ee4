from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.carbon_event_kind import RECOGNITION
from ..tools.question import date_bounds, known_ids

_PROVIDERS = 64
_PARTS = 4096
#: Recognition points that settle nothing: output is a statistic, deliveries leave what was received as it is.
_NEVER = ("produced", "delivered")


class _Window(NamedTuple):
    """What a question leaves of history: days, and origins by number of their provider. An RPC cannot forge it."""

    first: object = None
    last: object = None
    origins: dict | None = None


class CarbonSupersededReport(models.Model):
    """Events of materials that count at one recognition point, read side by side (R-130, R-135).

    What was billed, received and consumed of one product is shown together: the events
    that count, and those superseded because a rule of another recognition point counts
    the product. A superseded event is unsupported where the ledger counts nothing of its
    product at that point, in the year of the event or the months next to it: the receipt
    was forgotten, or the rule waits for something that never comes.

    Derived when read; nothing is stored and no row is ever updated. Only documents of the
    days that the question names are read.
    """

    _name = "carbon.superseded.report"
    _inherit = ["carbon.quantity.mixin"]
    _description = "Superseded Event"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "label"

    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date(readonly=True)
    status = fields.Selection(
        [
            ("counted", "Counts"),
            ("superseded", "Superseded"),
            ("unsupported", "Counted elsewhere, nothing found"),
        ],
        readonly=True,
        help="Nothing found: the ledger counts nothing of this product where the rule says it counts, neither in "
        "the year of the document nor in the months next to it.",
    )
    kind_id = fields.Many2one("carbon.event.kind", string="Event Kind", readonly=True)
    recognition = fields.Selection(RECOGNITION, readonly=True)
    label = fields.Char(string="Document", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    quantity = fields.Float(digits=0, readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    amount = fields.Float(digits=0, readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    pair_id = fields.Integer(string="Order Line", readonly=True, aggregator=None)
    rule_id = fields.Many2one("carbon.activity.rule", string="Counted by Rule", readonly=True)
    counted_recognition = fields.Selection(RECOGNITION, string="Counted When", readonly=True)
    source_id = fields.Many2one("carbon.source", readonly=True)
    origin_model = fields.Char(readonly=True)
    origin_id = fields.Many2oneReference(model_field="origin_model", readonly=True, aggregator=None)

    @api.model
    def _sum_units(self):
        """Return the units of quantity and amount."""
        return super()._sum_units() | {"quantity": ("uom_id",), "amount": ("currency_id",)}

    @property
    def _table_query(self):
        window = self.env.context.get("carbon_superseded_window")
        return self._sql_report(window if isinstance(window, _Window) else _Window())

    def _search(self, domain, *args, **kwargs):
        """Flush, as the query reads documents of models that it does not know by name; read only what is asked for."""
        self.env.flush_all()
        model = self.with_context(carbon_superseded_window=self._window(domain))
        return super(CarbonSupersededReport, model)._search(domain, *args, **kwargs)

    @api.model
    def _window(self, domain):
        """Return the days and, where rows are asked for by number, the origins that a domain can meet."""
        domain = Domain(domain).optimize_full(self)
        ids = known_ids(domain)
        origins = None
        if ids is not None:
            origins = {}
            for number in ids:
                origin_id, provider = divmod(number // _PARTS, _PROVIDERS)
                origins.setdefault(provider, []).append(origin_id)
        return _Window(*date_bounds(domain, "date"), origins)

    @api.model
    def _sql_report(self, window):
        """Return the query: events × rules that count their product.

        ``live`` is the ledger row of an event that counts, ``known`` the rules that count its product, those on a
        quantity and the most specific first, ``by`` the one in force on the date at another recognition point. Company
        and product are one key, as the planner would expect nearly no row to meet on two columns that it knows nothing
        of; the offset keeps it from expecting fewer events for the dates of the question, which the window has met already.
        """
        return SQL(
            """
            WITH ev AS MATERIALIZED (%(events)s)
            SELECT (ev.origin_id::bigint * %(providers)s + ev.provider) * %(parts)s
                   + (hashtext(COALESCE(ev.origin_part, '')) & %(parts)s - 1) AS id,
                   ev.company_id, ev.date, ek.id AS kind_id, ek.recognition, ev.label, ev.product_id, ev.partner_id,
                   ev.quantity, ev.uom_id, ev.amount, ev.currency_id, ev.pair_id, ev.origin_model, ev.origin_id,
                   CASE WHEN live.id IS NOT NULL THEN 'counted'
                        WHEN ek.is_write_off  -- a difference of a count is no purchase that somebody forgot
                          OR (%(key)s, date_part('year', ev.date)::int, rk.recognition::text) IN (%(found)s) THEN 'superseded'
                        ELSE 'unsupported' END AS status, cr.id AS rule_id,
                   COALESCE(live.recognition, rk.recognition) AS counted_recognition,
                   COALESCE(live.source_id, cr.source_id) AS source_id
              FROM ev
              JOIN carbon_event_kind ek ON ek.code = ev.kind
              JOIN (
                SELECT %(rule_key)s AS key, array_agg(r.rule_id ORDER BY r.spend, r.depth DESC, r.rule_id) AS ids,
                       array_agg(r.recognition ORDER BY r.spend, r.depth DESC, r.rule_id) AS points,
                       array_agg(r.date_from ORDER BY r.spend, r.depth DESC, r.rule_id) AS starts,
                       array_agg(r.date_to ORDER BY r.spend, r.depth DESC, r.rule_id) AS ends
                  FROM (%(rules)s) r GROUP BY 1) known ON known.key = %(key)s
              LEFT JOIN LATERAL (
                SELECT u.id FROM unnest(known.ids, known.points, known.starts, known.ends)
                                 WITH ORDINALITY u(id, point, date_from, date_to, rank)
                 WHERE u.point <> ek.recognition
                   AND (u.date_from IS NULL OR u.date_from <= ev.date) AND (u.date_to IS NULL OR u.date_to >= ev.date)
                 ORDER BY u.rank LIMIT 1) by ON TRUE
              LEFT JOIN LATERAL (
                SELECT a.id, a.rule_id, a.recognition, a.source_id FROM carbon_activity_data a
                 WHERE a.company_id = ev.company_id AND a.origin_model = ev.origin_model AND a.origin_id = ev.origin_id
                   AND a.reverses_id IS NULL
                   AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id)
                 LIMIT 1) live ON TRUE
              LEFT JOIN carbon_activity_rule cr ON cr.id = COALESCE(live.rule_id, by.id)
              LEFT JOIN carbon_event_kind rk ON rk.code = cr.event_kind
             WHERE ek.recognition <> ALL(%(never)s) AND (live.id IS NOT NULL OR by.id IS NOT NULL)
            OFFSET 0
            """,
            providers=_PROVIDERS,
            parts=_PARTS,
            events=self._sql_events(window),
            found=self._sql_found(window),
            key=self._sql_key("ev"),
            rule_key=self._sql_key("r"),
            rules=self._sql_rules(),
            never=list(_NEVER),
        )

    @api.model
    def _sql_key(self, alias):
        """Return SQL of company and product as one number."""
        return SQL("(%(a)s.company_id::bigint * 4294967296 + %(a)s.product_id)", a=SQL.identifier(alias))

    @api.model
    def _sql_events(self, window):
        """Return the events of all providers, of the companies of the user, within the window."""
        providers = self.env["carbon.event.source"]._providers()
        parts = []
        for number, (model, provider) in enumerate(sorted(providers.items())):
            predicate = self._sql_predicate(window, number)
            scoped = (self._scope(window, provider, predicate),) if provider.get("scoped") else ()
            parts.append(
                SQL(
                    "SELECT %s::int AS provider, %s::text AS origin_model, q.* FROM (%s) q",
                    number,
                    model,
                    provider["query"](predicate, *scoped),
                )
            )
        return SQL(" UNION ALL ").join(parts)

    @api.model
    def _sql_predicate(self, window, number):
        """Return the condition on the origins ``o`` of a provider.

        Every origin has a date; where it is a moment in UTC, the day in the time zone of the company's system is
        at most one day off.
        """
        parts = [SQL("o.company_id = ANY(%s)", self.env.companies.ids)]
        if window.first:
            parts.append(SQL("o.date >= %s", window.first - timedelta(days=1)))
        if window.last:
            parts.append(SQL("o.date < %s", window.last + timedelta(days=2)))
        if window.origins is not None:
            parts.append(SQL("o.id = ANY(%s)", window.origins.get(number, [])))
        return SQL(" AND ").join(parts)

    @api.model
    def _scope(self, window, provider, predicate):
        """Return the function that restricts tables of lines to the origins in the window."""
        if window == _Window():
            return lambda column: SQL("TRUE")
        origins = SQL(
            "SELECT o.id FROM %s o WHERE %s AND %s", SQL.identifier(provider["table"]), provider["where"], predicate
        )
        return lambda column: SQL("%s IN (%s)", column, origins)

    @api.model
    def _sql_found(self, window):
        """Return company and product, year and recognition point where the ledger counts something.

        Bills follow their receipts by weeks: what is counted in December serves the next year too, and January
        the year before.
        """
        days = [SQL("TRUE")]
        if window.first:
            days.append(SQL("a.date >= %s", window.first.replace(year=window.first.year - 1, month=12, day=1)))
        if window.last:
            days.append(SQL("a.date < %s", window.last.replace(year=window.last.year + 1, month=2, day=1)))
        return SQL(
            """
            SELECT m.key, y.year, m.recognition::text
              FROM (SELECT %(key)s AS key, a.recognition, date_trunc('month', a.date::timestamp) AS month,
                           SUM(a.quantity) AS quantity
                      FROM carbon_activity_data a
                     WHERE a.company_id = ANY(%(companies)s) AND a.product_id IS NOT NULL AND %(days)s
                     GROUP BY 1, 2, 3) m
             CROSS JOIN LATERAL unnest(ARRAY[date_part('year', m.month - interval '1 month')::int,
                                             date_part('year', m.month + interval '1 month')::int]) y(year)
             GROUP BY 1, 2, 3 HAVING SUM(m.quantity) <> 0
            """,
            key=self._sql_key("a"),
            companies=self.env.companies.ids,
            days=SQL(" AND ").join(days),
        )

    @api.model
    def _sql_rules(self):
        """Return the rules that settle where a product counts, one row for each product.

        As in the engine: rules on a quantity or an amount that name a product or category and nothing else.
        """
        settles = SQL(
            "r.active AND r.outcome = 'count' AND rk.recognition <> ALL(%s) AND %s",
            list(_NEVER),
            self.env["carbon.engine"]._sql_bare(),
        )
        return SQL(
            """
            SELECT r.company_id, r.product_id, r.id AS rule_id, rk.recognition, r.date_from, r.date_to,
                   r.quantity_basis = 'amount' AS spend, 2147483647 AS depth
              FROM carbon_activity_rule r JOIN carbon_event_kind rk ON rk.code = r.event_kind
             WHERE r.product_id IS NOT NULL AND %(settles)s
            UNION ALL
            SELECT r.company_id, pp.id, r.id, rk.recognition, r.date_from, r.date_to, r.quantity_basis = 'amount',
                   length(rc.parent_path)
              FROM carbon_activity_rule r
              JOIN carbon_event_kind rk ON rk.code = r.event_kind
              JOIN product_category rc ON rc.id = r.category_id
              JOIN product_category pc ON pc.parent_path LIKE rc.parent_path || '%%'
              JOIN product_template pt ON pt.categ_id = pc.id
              JOIN product_product pp ON pp.product_tmpl_id = pt.id
             WHERE r.product_id IS NULL AND %(settles)s
            """,
            settles=settles,
        )

    def action_open_origin(self):
        """Open the business document.

        :raises UserError: if the document is gone
        """
        self.ensure_one()
        model = self.env.get(self.origin_model)
        record = model is not None and model.browse(self.origin_id).exists()
        if not record:
            raise UserError(
                self.env._(
                    "The document %(origin)s is no longer in the system.",
                    origin=self.label or self.origin_id,
                )
            )
        return self.env["carbon.engine"]._origin_action(record)
