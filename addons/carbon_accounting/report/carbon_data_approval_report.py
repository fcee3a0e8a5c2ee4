from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.question import date_bounds, known_ids

#: The number of a row is made of its source, its month counted from here, and its status.
_EPOCH, _MONTHS = date(1990, 1, 1), 4096
STATUS = [("pending", "Waits"), ("rejected", "Rejected"), ("approved", "Approved")]
_CODES = [status for status, _label in STATUS]


class _Window(NamedTuple):
    """What a question leaves of history: first days of months, and groups. An RPC cannot forge it."""

    first: object = None
    last: object = None
    groups: tuple = None


class CarbonDataApprovalReport(models.Model):
    """Data to approve, by source and month (R-157).

    One row for each source, month and state of companies that approve their data. Derived when read; decisions are taken on
    all rows of the groups chosen in one statement, however many they are.
    """

    _name = "carbon.data.approval.report"
    _inherit = ["carbon.quantity.mixin"]
    _description = "Data to Approve"
    _auto = False
    _order = "date desc, source_id"
    _rec_name = "source_id"

    company_id = fields.Many2one("res.company", readonly=True)
    source_id = fields.Many2one("carbon.source", "Emission Source", readonly=True)
    date = fields.Date("Month", readonly=True)
    status = fields.Selection(STATUS, readonly=True)
    row_count = fields.Integer("Rows", readonly=True)
    correction_count = fields.Integer(
        "Corrections", readonly=True, help="Counter rows: they take back what was approved."
    )
    quantity = fields.Float(
        digits=0, readonly=True, help="Net: what approving adds to the total, or what it takes away."
    )
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    has_anomaly = fields.Boolean("Anomaly", readonly=True, help="Explain it before the data are approved.")
    is_closed = fields.Boolean("Month Closed", readonly=True)
    co2e_t = fields.Float("t CO₂e", compute="_compute_co2e_t", digits=(16, 3), help="Net, of the rows of this line.")

    @api.model
    def _sum_units(self):
        """Return the units of the quantity."""
        return super()._sum_units() | {"quantity": ("uom_id", "currency_id")}

    @property
    def _table_query(self):
        window = self.env.context.get("carbon_approval_window")
        return self._sql_report(window if isinstance(window, _Window) else _Window())

    def _search(self, domain, *args, **kwargs):
        """Flush what the query reads, and read only the months that are asked for."""
        self.env.flush_all()
        model = self.with_context(carbon_approval_window=self._window(domain))
        return super(CarbonDataApprovalReport, model)._search(domain, *args, **kwargs)

    @api.model
    def _window(self, domain):
        """Return the months and groups that a domain can meet."""
        domain = Domain(domain).optimize_full(self)
        first, last = date_bounds(domain, "date")
        ids = known_ids(domain)
        if ids is None:
            return _Window(first, last)
        groups = tuple(sorted({self._group_of(number)[:2] for number in ids}))
        months = [month for _source, month in groups]
        return _Window(min(months, default=_EPOCH), max(months, default=_EPOCH), groups)

    @api.model
    def _group_of(self, number):
        """Return (source id, first day of the month, status) of the number of a row."""
        number, status = divmod(number, len(_CODES))
        source, month = divmod(number, _MONTHS)
        return source, _EPOCH + relativedelta(months=month), _CODES[status]

    @api.model
    def _sql_groups(self, groups):
        """Return the condition that activity data ``a`` belong to groups (source id, month)."""
        return SQL(
            "(a.source_id, date_trunc('month', a.date::timestamp)::date) IN (SELECT * FROM unnest(%s::int[], %s::date[]))",
            [source for source, _month in groups],
            [month for _source, month in groups],
        )

    @api.model
    def _sql_report(self, window):
        engine = self.env["carbon.engine"]
        on = engine._approving(self.env.companies.ids)
        last = window.last and window.last + relativedelta(day=1, months=1, days=-1)
        where = [SQL("TRUE")]
        where += [SQL("a.date >= %s", window.first)] if window.first else []
        where += [SQL("a.date <= %s", last)] if last else []
        where += [self._sql_groups(window.groups)] if window.groups is not None else []
        return SQL(
            """
            SELECT (g.source_id::bigint * %(months)s + date_part('year', age(g.date, %(epoch)s::date))::int * 12
                    + date_part('month', age(g.date, %(epoch)s::date))::int) * %(states)s
                   + array_position(%(codes)s::text[], g.status) - 1 AS id,
                   g.*, s.uom_id, s.currency_id, p.state IS NOT DISTINCT FROM 'closed' AS is_closed,
                   g.status = 'pending' AND EXISTS (
                     SELECT 1 FROM carbon_data_anomaly y
                      WHERE y.source_id = g.source_id AND y.date = g.date AND y.state = 'open') AS has_anomaly
              FROM (SELECT x.company_id, x.source_id, date_trunc('month', x.date::timestamp)::date AS date, x.status,
                           count(*)::int AS row_count, (count(*) FILTER (WHERE x.reverses_id IS NOT NULL))::int AS correction_count,
                           SUM(x.quantity) AS quantity
                      FROM (%(rows)s) x WHERE x.status <> 'moot' GROUP BY 1, 2, 3, 4) g
              JOIN carbon_source s ON s.id = g.source_id
              LEFT JOIN carbon_reporting_period p ON p.company_id = g.company_id AND p.date_from = g.date
            """,
            months=_MONTHS,
            epoch=_EPOCH,
            states=len(_CODES),
            codes=_CODES,
            rows=engine._sql_status(on, SQL(" AND ").join(where), window.first, last),
        )

    def _compute_co2e_t(self):
        found = {}
        engine = self.env["carbon.engine"]
        for company, rows in self.grouped("company_id").items():
            groups = sorted({self._group_of(row.id)[:2] for row in rows if row.id})
            on = engine._approving(company.ids)
            if not groups or not on:
                continue
            found |= self._tonnes(company, on, groups)
        for row in self:
            row.co2e_t = found.get((row.source_id.id, row.date, row.status), 0.0)

    @api.model
    def _tonnes(self, company, on, groups):
        """Return ``{(source id, month, status): t CO2e}`` of groups of a company."""
        engine = self.env["carbon.engine"]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT x.source_id, date_trunc('month', x.date::timestamp)::date, x.status, SUM(e.quantity * u.kg)::float8 / 1000.0
                  FROM (%(rows)s) x
                  JOIN carbon_emission_line e ON e.activity_id = x.id
                  LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                  JOIN (%(unit)s) u ON u.version_id = e.version_id
                 WHERE COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends
                 GROUP BY 1, 2, 3
                """,
                rows=engine._sql_status(
                    on,
                    SQL(
                        "a.date BETWEEN %s AND %s AND %s",
                        *(min(month for _source, month in groups), self._end(groups), self._sql_groups(groups)),
                    ),
                ),
                unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
                # sudo: one setting of the company whose rows the user sees already
                basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            )
        )
        return {(source, month, status): float(tonnes or 0) for source, month, status, tonnes in rows}

    @api.model
    def _end(self, groups):
        return fields.Date.end_of(max(month for _source, month in groups), "month")

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def _decide_rows(self, outcome, reason=None):
        """Decide on all rows of the groups.

        :return: notification
        """
        self.check_access("read")
        decisions = self.env["carbon.data.decision"]
        total = dict.fromkeys(("rows", "own", "odd", "shut", "seen"), 0)
        for company, rows in self.grouped("company_id").items():
            groups = sorted({self._group_of(row.id)[:2] for row in rows})
            days = min(month for _source, month in groups), self._end(groups)
            where = SQL("a.date BETWEEN %s AND %s AND %s", *days, self._sql_groups(groups))
            counts = decisions._decide(outcome, company, where, reason, days)
            total = {name: total[name] + counts[name] for name in total}
        return decisions._tell(outcome, total)

    def action_approve(self):
        """Approve all waiting rows of the groups: from now on they count.

        :return: notification
        """
        if not self:
            raise UserError(self.env._("Choose what is to be approved first."))
        return self._decide_rows("approved")

    def action_reject(self):
        """Ask why the rows are rejected.

        :return: window action of the dialog
        """
        return self._ask_reason("rejected")

    def action_withdraw(self):
        """Ask why the decisions are withdrawn.

        :return: window action of the dialog
        """
        return self._ask_reason("withdrawn")

    def _ask_reason(self, outcome):
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Choose the rows first."))
        return self.env["carbon.data.decision.wizard"]._open(outcome, self._name, self.ids)

    def action_view_rows(self):
        """Open the activity data of the group."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        domain = [
            *(("company_id", "=", self.company_id.id), ("source_id", "=", self.source_id.id)),
            *(("date", ">=", fields.Date.to_string(self.date)), ("approval", "=", self.status)),
            ("date", "<=", fields.Date.to_string(fields.Date.end_of(self.date, "month"))),
        ]
        return dict(action, domain=domain, context={})
