from datetime import date, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.carbon_monitoring_item import FREQUENCIES
from ..tools.question import date_bounds, known_ids

#: The number of a row is made of its item and the first day of its period, counted from here.
_EPOCH, _DAYS = date(1990, 1, 1), 65536
STATUS = [
    ("running", "Under Way"),
    ("awaited", "Awaited"),
    ("missing", "Missing"),
    ("found", "Found"),
    ("late", "Found Late"),
    ("filled", "Gap Filled"),
    ("conflict", "Filled and Found"),
    ("dismissed", "Gap Dismissed"),
]
#: What stands in the way of complete figures.
OPEN = ("awaited", "missing", "conflict")
#: What nobody has delivered.
STANDING = ("awaited", "missing")


class _Window(NamedTuple):
    """What a question leaves of history: first days of periods, and items. An RPC cannot forge it."""

    first: object = None
    last: object = None
    items: list | None = None


class CarbonMonitoringReport(models.Model):
    """Which data the monitoring plan expects, and what was found of them (R-057, R-151).

    One row for each item and period of the plan in force on the last day of the period. Derived when read; nothing is
    stored. What counts as found are rows of the ledger, or approved versions of a factor; filled gaps are told apart.
    """

    _name = "carbon.monitoring.report"
    _inherit = ["carbon.quantity.mixin"]
    _description = "Expected Data"
    _auto = False
    _order = "date_from desc, item_id"
    _rec_name = "item_id"

    company_id = fields.Many2one("res.company", readonly=True)
    plan_id = fields.Many2one("carbon.monitoring.plan", readonly=True)
    item_id = fields.Many2one("carbon.monitoring.item", readonly=True)
    kind = fields.Selection(
        [("activity", "Activity of a source"), ("factor", "Parameter of a factor"), ("output", "Production quantity")],
        readonly=True,
    )
    source_id = fields.Many2one("carbon.source", "Emission Source", readonly=True)
    factor_id = fields.Many2one("carbon.emission.factor", readonly=True)
    site_id = fields.Many2one("carbon.site", readonly=True)
    responsible_id = fields.Many2one("res.users", readonly=True)
    frequency = fields.Selection(FREQUENCIES, readonly=True)
    date_from = fields.Date("Period", readonly=True)
    date_to = fields.Date("Until", readonly=True)
    date_due = fields.Date("Due", readonly=True)
    status = fields.Selection(STATUS, readonly=True)
    is_new = fields.Boolean("New Facility", readonly=True, help="The source began in the year of the period.")
    quantity = fields.Float("Found Quantity", digits=0, readonly=True)
    row_count = fields.Integer("Rows", readonly=True)
    filled_quantity = fields.Float(digits=0, readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    out_of_range = fields.Boolean("Outside the Expected Range", readonly=True)
    gap_id = fields.Many2one("carbon.data.gap", readonly=True)

    @api.model
    def _sum_units(self):
        """Return the unit of the quantities."""
        return super()._sum_units() | {"quantity": ("uom_id",), "filled_quantity": ("uom_id",)}

    @property
    def _table_query(self):
        window = self.env.context.get("carbon_monitoring_window")
        return self._sql_report(window if isinstance(window, _Window) else _Window(), self.env.companies.ids)

    def _search(self, domain, *args, **kwargs):
        """Flush what the query reads, and read only the periods that are asked for."""
        self.env.flush_all()
        model = self.with_context(carbon_monitoring_window=self._window(domain))
        return super(CarbonMonitoringReport, model)._search(domain, *args, **kwargs)

    @api.model
    def _window(self, domain):
        """Return the periods and items that a domain can meet."""
        domain = Domain(domain).optimize_full(self)
        first, last = date_bounds(domain, "date_from")
        ended, before = date_bounds(domain, "date_to")
        firsts = [day for day in (first, ended and ended - timedelta(days=366)) if day]
        lasts = [day for day in (last, before) if day]
        ids, items = known_ids(domain), None
        if ids is not None:
            items = sorted({number // _DAYS for number in ids})
            days = [_EPOCH + timedelta(days=number % _DAYS) for number in ids]
            firsts, lasts = firsts + [min(days, default=_EPOCH)], lasts + [max(days, default=_EPOCH)]
        return _Window(max(firsts, default=None), min(lasts, default=None), items)

    @api.model
    def _sql_report(self, window, company_ids):
        """Return the query: items × periods, beside the sums of the ledger.

        ``item`` items of plans in force with the days on which they expect data, ``period`` their periods, ``days`` and
        ``led`` what the ledger holds of each, ``ver`` the factor versions. The ledger is read once, for the days of the window.
        """
        return SQL(
            """
            WITH item AS MATERIALIZED (%(items)s),
            period AS MATERIALIZED (
              SELECT i.*, g.d::date AS date_from, (g.d + i.step)::date - 1 AS date_to, (g.d + i.step)::date - 1 + i.due_days AS date_due
                FROM item i
               CROSS JOIN LATERAL generate_series(date_trunc(i.unit, i.lo::timestamp), i.hi::timestamp, i.step) g(d)
               WHERE (g.d + i.step)::date - 1 BETWEEN i.plan_from AND i.plan_to
                 AND (g.d + i.step)::date - 1 >= i.started AND g.d::date <= i.ended AND %(starts)s),
            days AS MATERIALIZED (
              SELECT a.source_id, a.date, SUM(a.quantity) FILTER (WHERE NOT a.is_filled) AS quantity,
                     SUM(a.quantity) FILTER (WHERE a.is_filled) AS filled, SUM(a.sign) FILTER (WHERE NOT a.is_filled) AS rows,
                     MIN(a.collected_on) FILTER (WHERE a.sign > 0 AND NOT a.is_filled) AS since
                FROM (SELECT a.source_id, a.date, a.quantity, a.collected_on, CASE WHEN a.reverses_id IS NULL THEN 1 ELSE -1 END AS sign,
                             %(filled)s AS is_filled
                        FROM carbon_activity_data a
                       WHERE a.company_id = ANY(%(companies)s) AND %(days)s AND a.source_id IN (SELECT source_id FROM item)
                      OFFSET 0) a
               GROUP BY 1, 2),
            led AS MATERIALIZED (
              SELECT i.item_id, date_trunc(i.unit, d.date::timestamp)::date AS date_from, SUM(d.quantity) AS quantity,
                     SUM(d.filled) AS filled, SUM(d.rows) AS rows, MIN(d.since) AS since
                FROM days d JOIN item i ON i.source_id = d.source_id
                 AND d.date >= date_trunc(i.unit, i.lo::timestamp)::date AND d.date <= i.hi + 366
               GROUP BY 1, 2),
            ver AS (
              SELECT i.item_id, date_trunc(i.unit, v.date_from::timestamp)::date AS date_from, count(*) AS rows, MIN(v.create_date) AS since
                FROM item i JOIN carbon_emission_factor_version v ON v.factor_id = i.factor_id AND v.state = 'approved'
               GROUP BY 1, 2)
            SELECT p.item_id::bigint * %(most)s + (p.date_from - %(epoch)s::date) AS id, p.item_id, p.company_id, p.plan_id, p.kind,
                   p.source_id, p.factor_id, p.site_id, p.responsible_id, p.frequency, p.date_from, p.date_to, p.date_due,
                   date_trunc('year', p.began::timestamp) = date_trunc('year', p.date_from::timestamp) AND p.began <= p.date_to AS is_new,
                   l.quantity, COALESCE(l.rows, v.rows, 0) AS row_count, l.filled AS filled_quantity, p.source_uom_id AS uom_id,
                   l.rows > 0 AND (l.quantity * p.ratio < p.expected_min OR (p.expected_max > 0 AND l.quantity * p.ratio > p.expected_max))
                     AS out_of_range,
                   g.id AS gap_id,
                   CASE WHEN COALESCE(l.rows, v.rows, 0) > 0
                        THEN CASE WHEN g.state = 'filled' THEN 'conflict'
                                  WHEN COALESCE(l.since, v.since)::date > p.date_due AND p.date_due >= p.approved_on::date THEN 'late'
                                  ELSE 'found' END
                        WHEN g.state IN ('filled', 'dismissed') THEN g.state
                        WHEN p.date_to >= %(today)s THEN 'running'
                        WHEN p.date_due >= %(today)s THEN 'awaited'
                        ELSE 'missing' END AS status
              FROM period p
              LEFT JOIN led l ON l.item_id = p.item_id AND l.date_from = p.date_from
              LEFT JOIN ver v ON v.item_id = p.item_id AND v.date_from = p.date_from
              LEFT JOIN carbon_data_gap g ON g.company_id = p.company_id AND g.date_from = p.date_from AND g.date_to = p.date_to
               AND (g.source_id = p.source_id OR g.factor_id = p.factor_id)
             WHERE p.frequency <> 'batch' OR COALESCE(l.rows, v.rows, 0) > 0
            """,
            items=self._sql_items(window, company_ids),
            starts=self._sql_starts(window),
            days=self._sql_days(window),
            filled=self.env["carbon.data.gap"]._sql_filled("a"),
            companies=company_ids,
            epoch=_EPOCH,
            most=_DAYS,
            today=fields.Date.context_today(self),
        )

    @api.model
    def _sql_items(self, window, company_ids):
        """Return the items of plans in force, with the first and the last day on which periods can begin."""
        return SQL(
            """
            SELECT i.id AS item_id, i.plan_id, p.company_id, i.kind, i.source_id, i.factor_id, i.site_id, i.responsible_id, i.frequency,
                   i.due_days, i.expected_min, i.expected_max, p.approved_on, s.uom_id AS source_uom_id,
                   COALESCE(su.factor / NULLIF(iu.factor, 0), 1.0) AS ratio,
                   COALESCE(s.commissioning_date, s.active_from) AS began,
                   COALESCE(s.active_from, s.commissioning_date, '-infinity'::date) AS started,
                   COALESCE(s.active_to, 'infinity'::date) AS ended,
                   p.date_from AS plan_from, COALESCE(p.date_to, 'infinity'::date) AS plan_to,
                   CASE i.frequency WHEN 'batch' THEN 'month' ELSE i.frequency END AS unit,
                   CASE i.frequency WHEN 'quarter' THEN interval '3 months' ELSE
                        ('1 ' || CASE i.frequency WHEN 'batch' THEN 'month' ELSE i.frequency END)::interval END AS step,
                   GREATEST(p.date_from, %(first)s::date - 366) AS lo, LEAST(p.date_to, %(last)s::date, %(today)s::date) AS hi
              FROM carbon_monitoring_item i
              JOIN carbon_monitoring_plan p ON p.id = i.plan_id
              LEFT JOIN carbon_source s ON s.id = i.source_id
              LEFT JOIN uom_uom su ON su.id = s.uom_id
              LEFT JOIN uom_uom iu ON iu.id = i.uom_id AND s.uom_id IS NOT NULL
             WHERE p.state IN ('approved', 'superseded') AND p.company_id = ANY(%(companies)s)
               AND (s.id IS NULL OR NOT COALESCE(s.planned, FALSE)) AND %(chosen)s
            """,
            companies=company_ids,
            first=window.first,
            last=window.last,
            today=fields.Date.context_today(self),
            chosen=SQL("i.id = ANY(%s)", window.items) if window.items is not None else SQL("TRUE"),
        )

    @api.model
    def _sql_starts(self, window):
        """Return the condition on the first day ``g.d`` of a period."""
        parts = [SQL("g.d::date >= %s", window.first)] if window.first else []
        parts += [SQL("g.d::date <= %s", window.last)] if window.last else []
        return SQL(" AND ").join(parts) if parts else SQL("TRUE")

    @api.model
    def _sql_days(self, window):
        """Return the condition on the days of ledger rows: a period is a year long at most."""
        parts = [SQL("a.date >= %s", window.first)] if window.first else []
        parts += [SQL("a.date <= %s", window.last + timedelta(days=366))] if window.last else []
        return SQL(" AND ").join(parts) if parts else SQL("TRUE")

    # ------------------------------------------------------------------
    # Weight
    # ------------------------------------------------------------------
    @api.model
    def _sql_tonnes(self, company, first, last):
        """Return SQL of ``(source_id, month, t)``: t CO2e of a company as its screens show it."""
        engine = self.env["carbon.engine"]
        return SQL(
            """
            SELECT e.source_id, date_trunc('month', e.date::timestamp)::date AS month, SUM(e.quantity * u.kg) / 1000.0 AS t
              FROM carbon_emission_line e
              LEFT JOIN carbon_emission_stream st ON st.code = e.stream
              JOIN (%(unit)s) u ON u.version_id = e.version_id
             WHERE e.company_id = %(company)s AND e.date BETWEEN %(first)s AND %(last)s
               AND (COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends)
             GROUP BY 1, 2
            """,
            # sudo: one setting of the company whose rows the user sees already
            basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
            company=company.id,
            first=first,
            last=last,
        )

    def action_open_gap(self):
        """Open the gap of the row, or the activity data that were found."""
        self.ensure_one()
        if self.gap_id:
            return {
                "type": "ir.actions.act_window",
                "res_model": "carbon.data.gap",
                "res_id": self.gap_id.id,
                "view_mode": "form",
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        domain = [
            *(("company_id", "=", self.company_id.id), ("source_id", "=", self.source_id.id)),
            *(("date", ">=", self.date_from), ("date", "<=", self.date_to)),
        ]
        return dict(action, domain=domain, context={})
