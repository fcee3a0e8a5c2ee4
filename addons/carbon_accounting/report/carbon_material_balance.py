from datetime import date, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.question import date_bounds, known_ids

#: Columns of the balance by what an event means, and the sign with which it changes the stock.
_FLOWS = {"received": 1, "made": 1, "consumed": -1, "scrapped": -1, "adjusted": -1, "delivered": -1}

#: The number of a row is made of product, company and month since the beginning of this year.
_COMPANIES, _MONTHS, _FIRST_YEAR = 65536, 4096, 1990


class _Window(NamedTuple):
    """What a question leaves of history: its months and products. An RPC cannot forge it."""

    first: object = None
    last: object = None
    products: list | None = None


class CarbonMaterialBalanceMixin(models.AbstractModel):
    """Opening + received − used = closing, by product and month, beside what the ledger counts of it (R-130, R-135).

    A bridge names the origin model whose events move stock (``_balance_origin``; its table has a ``product_id``) and
    the kinds that pass by without touching stock (``_balance_passing``). All quantities are in the product's unit.

    Only products with a rule that says where they count; months without movement have no row. Derived when read: only
    documents of the months asked for become events, what lay in stock before them is one sum (:meth:`_sql_before`).
    """

    _name = "carbon.material.balance.mixin"
    _inherit = ["carbon.quantity.mixin"]
    _description = "Material Balance of an Origin"
    _order = "date desc, product_id, id"
    _rec_name = "product_id"
    _balance_origin = None
    _balance_passing = ()

    company_id = fields.Many2one("res.company", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    category_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    date = fields.Date(string="Month", readonly=True, help="First day of the month.")
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    opening = fields.Float(digits="Product Unit", readonly=True, aggregator=None)
    received = fields.Float(digits="Product Unit", readonly=True, help="Less what went back to the supplier.")
    made = fields.Float(digits="Product Unit", readonly=True)
    consumed = fields.Float(digits="Product Unit", readonly=True, help="Less what was brought back.")
    scrapped = fields.Float(digits="Product Unit", readonly=True)
    adjusted = fields.Float(
        string="Lost in counts", digits="Product Unit", readonly=True, help="Differences of counts; a gain is negative."
    )
    delivered = fields.Float(digits="Product Unit", readonly=True, help="Less what customers returned.")
    closing = fields.Float(
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Opening + received + made − consumed − scrapped − lost in counts − delivered.",
    )
    counted = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What the ledger counts of these movements, at whichever point, and of bills where the material counts as burnt "
        "when it is billed.",
    )
    gap = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What left stock without being counted and without a rule that says 'no emission', where the material counts "
        "when it is consumed.",
    )
    unused = fields.Float(
        string="Counted, not used",
        digits="Product Unit",
        readonly=True,
        help="For a material whose direct emissions count when it is received or billed: what was counted as burnt, less what was "
        "consumed, scrapped and lost in counts. It still lies in stock or went to customers. A month may differ; over the years "
        "it should be near zero. Only products whose stock is tracked. Negative: used before it was counted, or goods of another owner.",
    )

    @api.model
    def _sum_units(self):
        """Return the unit of what moved; stocks have no sum over months."""
        moved = ("received", "made", "consumed", "scrapped", "adjusted", "delivered", "counted", "gap", "unused")
        return super()._sum_units() | dict.fromkeys(moved, ("uom_id",))

    @property
    def _table_query(self):
        window = self.env.context.get("carbon_balance_window")
        return self._sql_balance(window if isinstance(window, _Window) else _Window())

    def _search(self, domain, *args, **kwargs):
        """Flush, as the query reads documents that it does not know by name; read only what is asked for."""
        self.env.flush_all()
        known = Domain(domain).optimize_full(self)
        first, last = date_bounds(known, "date")
        products, ids = known_ids(known, "product_id"), known_ids(known)
        if ids:
            first, last, products = self._of_numbers(ids)
        # a month has the date of its first day
        first = first and first.replace(day=1)
        last = last and (last.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        model = self.with_context(carbon_balance_window=_Window(first, last, products))
        return super(CarbonMaterialBalanceMixin, model)._search(domain, *args, **kwargs)

    @api.model
    def _of_numbers(self, ids):
        """Return the first and the last month and the products of rows by number; no months where one is implausible."""
        products = sorted({number // _MONTHS // _COMPANIES for number in ids})
        months = [number % _MONTHS - 1 for number in ids]
        if min(months) < 0 or max(months) >= 1200:
            return None, None, products
        days = [date(_FIRST_YEAR + month // 12, month % 12 + 1, 1) for month in (min(months), max(months))]
        return *days, products

    @api.model
    def _sql_balance(self, window):
        """Return the query: flows by month, and the stock before and after them."""
        net = SQL(" + ").join(SQL("%s * m.%s", sign, SQL.identifier(name)) for name, sign in _FLOWS.items())
        return SQL(
            """
            WITH %(events)s, %(match)s, settled AS MATERIALIZED (%(settled)s), counts AS MATERIALIZED (%(counts)s),
                 part AS MATERIALIZED (%(parts)s), flow AS (%(flows)s),
                 month AS (
                   SELECT f.company_id, f.product_id, f.month AS date, %(sums)s, SUM(f.counted) AS counted, SUM(f.gap) AS gap,
                          SUM(f.unused) AS unused
                     FROM (SELECT company_id, product_id, month, flow, quantity, counted, gap, unused FROM flow WHERE flow IS NOT NULL
                           UNION ALL %(billed)s) f GROUP BY 1, 2, 3)
            SELECT (m.product_id::bigint * %(companies)s + m.company_id) * %(months)s
                   + (((date_part('year', m.date) - %(year)s) * 12 + date_part('month', m.date))::int & %(months)s - 1) AS id,
                   m.*, pt.categ_id AS category_id, pt.uom_id, m.closing - m.net AS opening
              FROM (SELECT m.*, %(net)s AS net, COALESCE(b.quantity, 0)
                           + SUM(%(net)s) OVER (PARTITION BY m.company_id, m.product_id ORDER BY m.date) AS closing
                      FROM month m LEFT JOIN (%(before)s) b ON b.key = %(key)s) m
              JOIN product_product pp ON pp.id = m.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
            """,
            **self._sql_engine(window),
            settled=self._sql_settled(),
            counts=self._sql_counts(window),
            parts=self._sql_parts(window),
            before=self._sql_before(window.first) if window.first else SQL("SELECT NULL::bigint AS key, 0 AS quantity"),
            key=self._sql_product_key("m"),
            flows=self._sql_flows(),
            billed=self._sql_billed(window),
            sums=SQL(", ").join(
                SQL("COALESCE(SUM(f.quantity) FILTER (WHERE f.flow = %s), 0) AS %s", name, SQL.identifier(name))
                for name in _FLOWS
            ),
            net=net,
            companies=_COMPANIES,
            months=_MONTHS,
            year=_FIRST_YEAR,
        )

    @api.model
    def _sql_engine(self, window):
        """Return the engine's own parts, from events to the rule of each of their keys."""
        engine, companies = self.env["carbon.engine"], tuple(self.env.companies.ids)
        provider = self.env["carbon.event.source"]._providers()[self._balance_origin]
        limits = [SQL("o.product_id IN (SELECT r.product_id FROM (%s) r)", self._sql_rules())]
        # a day in the time zone of the company's system is at most one day off
        if window.first:
            limits.append(SQL("o.date >= %s", window.first - timedelta(days=1)))
        if window.last:
            limits.append(SQL("o.date < %s", window.last + timedelta(days=2)))
        if window.products is not None:
            limits.append(SQL("o.product_id = ANY(%s)", window.products))
        origins = SQL(
            "SELECT o.id FROM %s o WHERE %s AND o.company_id = ANY(%s) AND %s",
            SQL.identifier(provider["table"]),
            provider["where"],
            list(companies),
            SQL(" AND ").join(limits),
        )
        profile = engine._profile(companies)
        return {
            "events": engine._sql_events(
                provider,
                lambda column: SQL("%s IN (%s)", column, origins),
                companies,
                engine._breakpoints(companies),
                profile,
            ),
            "match": engine._sql_match(profile),
        }

    @api.model
    def _sql_before(self, day):
        """Return company and product (``key``, see :meth:`_sql_product_key`) and the stock before a day; bridges implement this."""
        raise NotImplementedError

    @api.model
    def _sql_rules(self):
        return self.env["carbon.superseded.report"]._sql_rules()

    @api.model
    def _sql_product_key(self, alias):
        return self.env["carbon.superseded.report"]._sql_key(alias)

    @api.model
    def _sql_key(self, alias):
        """Return SQL of what decides the rule of an event as one text, so that the planner hashes it."""
        engine = self.env["carbon.engine"]
        columns = engine._key_columns(engine._profile(tuple(self.env.companies.ids)))
        return SQL(
            "concat_ws('|', %s)",
            SQL(", ").join(SQL("%s.%s", SQL.identifier(alias), SQL.identifier(c)) for c in columns),
        )

    @api.model
    def _sql_settled(self):
        """Return the products with a rule, and since when and until when they count when consumed (``starts``, ``ends``).

        ``bought_starts`` and ``bought_ends``: when their direct emissions count as the material is received or billed. Goods whose
        upstream emissions are bought with them are not burnt; what a bill in money stands for has no quantity. Only products of
        which stock is kept.
        """
        return SQL(
            """
            SELECT %(key)s AS key, array_agg(r.date_from) FILTER (WHERE r.recognition = 'consumed') AS starts,
                   array_agg(r.date_to) FILTER (WHERE r.recognition = 'consumed') AS ends,
                   array_agg(r.date_from) FILTER (WHERE %(bought)s) AS bought_starts,
                   array_agg(r.date_to) FILTER (WHERE %(bought)s) AS bought_ends
              FROM (%(rules)s) r
              JOIN carbon_activity_rule ar ON ar.id = r.rule_id
              JOIN carbon_source s ON s.id = ar.source_id
              JOIN carbon_emission_category c ON c.id = s.category_id
              JOIN product_product pp ON pp.id = r.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
             GROUP BY 1
            """,
            key=self._sql_product_key("r"),
            rules=self._sql_rules(),
            bought=SQL(
                "c.direct AND (r.recognition = 'received' OR (r.recognition = 'billed' AND NOT r.spend)) AND %s",
                self._sql_kept(),
            ),
        )

    @api.model
    def _sql_kept(self):
        """Return the condition that stock is kept of a product (template ``pt``): gas from a pipe is burnt as it comes."""
        return SQL("TRUE")

    @api.model
    def _sql_counts(self, window):
        """Return what the ledger counts of each part of an origin, in the reference of its unit; in money: only that it does."""
        return SQL(
            """
            SELECT a.origin_id, a.origin_part, SUM(a.origin_quantity * u.factor) FILTER (WHERE a.currency_id IS NULL) AS quantity,
                   bool_or(k.direct AND a.recognition = 'received') AS burnt
              FROM carbon_activity_data a
              LEFT JOIN carbon_emission_category k ON k.id = a.category_id
              LEFT JOIN uom_uom u ON u.id = a.origin_uom_id
             WHERE a.company_id = ANY(%s) AND a.origin_model = %s AND %s
             GROUP BY a.origin_id, a.origin_part HAVING SUM(a.quantity) <> 0
            """,
            self.env.companies.ids,
            self._balance_origin,
            self._sql_since(window),
        )

    @api.model
    def _sql_since(self, window):
        """Return the condition on rows ``a`` of the ledger of the movements in a window: a rule may count by an earlier date."""
        if not window.first:
            return SQL("TRUE")
        # sudo: rules of every company, archived ones too
        rules = self.env["carbon.activity.rule"].sudo().with_context(active_test=False)
        other = rules.search(
            [
                ("company_id", "in", self.env.companies.ids),
                ("event_kind_id.origin_model", "=", self._balance_origin),
                ("date_basis", "!=", "movement"),
            ]
        )
        since = SQL("a.date >= %s", window.first)
        return SQL("(%s OR a.rule_id = ANY(%s))", since, other.ids) if other else since

    @api.model
    def _sql_parts(self, window):
        """Return the events added up by month and key: quantity, counted, and what has no row in the ledger (``bare``)."""
        return SQL(
            """
            SELECT ev.company_id, ev.product_id, ev.kind, ev.edate, date_trunc('month', ev.date::timestamp)::date AS month,
                   %(key)s AS key, SUM(ev.quantity * eu.factor / pu.factor) AS quantity,
                   SUM(COALESCE(c.quantity / pu.factor,
                                CASE WHEN c.origin_id IS NOT NULL THEN ev.quantity * eu.factor / pu.factor END, 0)) AS counted,
                   COALESCE(SUM(ev.quantity * eu.factor / pu.factor) FILTER (WHERE c.origin_id IS NULL), 0) AS bare,
                   COALESCE(SUM(COALESCE(c.quantity / pu.factor, ev.quantity * eu.factor / pu.factor))
                            FILTER (WHERE c.burnt), 0) AS burnt
              FROM ev
              JOIN uom_uom eu ON eu.id = ev.uom_id
              JOIN product_product pp ON pp.id = ev.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
              JOIN uom_uom pu ON pu.id = pt.uom_id
              LEFT JOIN counts c ON c.origin_id = ev.origin_id AND c.origin_part = ev.part
             WHERE %(since)s
             GROUP BY 1, 2, 3, 4, 5, 6
            """,
            key=self._sql_key("ev"),
            since=SQL("ev.date >= %s", window.first) if window.first else SQL("TRUE"),
        )

    @api.model
    def _sql_flows(self):
        """Return the parts with their column of the balance, the gap, and what was counted less what was used.

        Only what leaves stock can be a gap. The rules of a part have no dates within it: ``edate`` is the last breakpoint.
        """
        return SQL(
            """
            SELECT p.*, y.flow, CASE
                   WHEN y.flow IN ('consumed', 'scrapped', 'adjusted', 'delivered') AND r.outcome IS DISTINCT FROM 'none'
                        AND EXISTS (SELECT 1 FROM unnest(s.starts, s.ends) u(date_from, date_to)
                                     WHERE (u.date_from IS NULL OR u.date_from <= p.edate)
                                       AND (u.date_to IS NULL OR u.date_to >= p.edate))
                   THEN p.bare ELSE 0 END AS gap,
                   CASE WHEN s.bought_starts IS NULL THEN 0 ELSE p.burnt END - CASE WHEN y.flow IN ('consumed', 'scrapped', 'adjusted')
                        AND EXISTS (SELECT 1 FROM unnest(s.bought_starts, s.bought_ends) u(date_from, date_to)
                                     WHERE (u.date_from IS NULL OR u.date_from <= p.edate)
                                       AND (u.date_to IS NULL OR u.date_to >= p.edate))
                   THEN p.quantity ELSE 0 END AS unused
              FROM part p
              JOIN carbon_event_kind ek ON ek.code = p.kind
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN p.kind = ANY(%(passing)s) THEN NULL
                               WHEN ek.is_write_off AND ek.recognition = 'delivered' THEN 'scrapped'
                               WHEN ek.is_write_off THEN 'adjusted'
                               WHEN ek.recognition = 'produced' THEN 'made'
                               ELSE ek.recognition END AS flow) y
              JOIN settled s ON s.key = %(product)s
              LEFT JOIN (SELECT %(key)s AS key, mat.rid FROM keys k JOIN mat ON mat.kid = k.kid) m ON m.key = p.key
              LEFT JOIN carbon_activity_rule r ON r.id = m.rid
            """,
            passing=list(self._balance_passing),
            product=self._sql_product_key("p"),
            key=self._sql_key("k"),
        )

    @api.model
    def _sql_billed(self, window):
        """Return what other documents, bills, count of these materials as burnt, in the columns of the flows."""
        days = [SQL("a.date >= %s", window.first)] if window.first else []
        if window.last:
            days.append(SQL("a.date <= %s", window.last))
        if window.products is not None:
            days.append(SQL("a.product_id = ANY(%s)", window.products))
        return SQL(
            """
            SELECT b.company_id, b.product_id, b.month, NULL, 0, b.quantity, 0, b.quantity
              FROM (SELECT a.company_id, a.product_id, date_trunc('month', a.date::timestamp)::date AS month,
                           SUM(a.origin_quantity * u.factor / pu.factor) AS quantity
                      FROM carbon_activity_data a
                      JOIN carbon_emission_category k ON k.id = a.category_id AND k.direct
                      JOIN uom_uom u ON u.id = a.origin_uom_id
                      JOIN product_product pp ON pp.id = a.product_id
                      JOIN product_template pt ON pt.id = pp.product_tmpl_id
                      JOIN uom_uom pu ON pu.id = pt.uom_id
                     WHERE a.company_id = ANY(%(companies)s) AND a.origin_model <> %(model)s AND a.recognition = 'billed'
                       AND %(days)s
                     GROUP BY 1, 2, 3) b
              JOIN settled s ON s.key = %(key)s AND s.bought_starts IS NOT NULL
             WHERE b.quantity <> 0
            """,
            companies=self.env.companies.ids,
            model=self._balance_origin,
            days=SQL(" AND ").join(days or [SQL("TRUE")]),
            key=self._sql_product_key("b"),
        )
