from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..report.carbon_monitoring_report import OPEN


class CarbonDataGap(models.Model):
    """Finding gaps, and what the closing of a month asks of them."""

    _inherit = "carbon.data.gap"

    @api.model
    def _find(self, companies):
        """Record what the plans of companies expect and nobody delivered; close gaps whose data have arrived.

        :return: number of gaps found, number of gaps closed
        """
        report = self.env["carbon.monitoring.report"].with_context(allowed_company_ids=companies.ids)
        report.invalidate_model()  # what an earlier look of this transaction read
        missing = report.search([("status", "=", "missing"), ("gap_id", "=", False)])
        # sudo: gaps are recorded by this method only, whoever looks for them
        gaps = self.sudo()
        gaps.create(
            [
                {
                    "company_id": row.company_id.id,
                    "item_id": row.item_id.id,
                    "source_id": row.source_id.id,
                    "factor_id": row.factor_id.id,
                    "frequency": row.frequency,
                    "date_from": row.date_from,
                    "date_to": row.date_to,
                }
                for row in missing
            ]
        )
        arrived = gaps.search(
            [("company_id", "in", companies.ids), ("state", "in", ("open", "proposed", "dismissal", "dismissed"))]
        )._found_data()
        if arrived:
            arrived._transition("superseded", "gap.supersede")
        return len(missing), len(arrived)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to everybody but :meth:`_find`."""
        if not self.env.su:
            raise AccessError(self.env._("Gaps are found in the data. Press Find Gaps."))
        return super().create(vals_list)

    def action_find(self):
        """Look for gaps and anomalies of the companies at hand now, whatever is selected.

        :return: notification with the numbers
        """
        self.check_access("read")
        if not self.env.user.has_group("carbon_management.group_carbon_data_owner"):
            raise AccessError(self.env._("Gaps and anomalies are looked for by data owners and accountants."))
        found, closed = self._find(self.env.companies)
        odd = self.env["carbon.data.anomaly"]._find(self.env.companies)
        self.env["carbon.monitoring.plan"]._update_tasks(self.env.companies)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%(found)s new gaps, %(closed)s closed because data arrived; %(odd)s new anomalies.",
                    found=found,
                    closed=closed,
                    odd=odd,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_find(self):
        """Look for gaps, anomalies and data that are due, one transaction for each company with sources.

        Most anomalies need no plan.
        """
        companies = self._companies_to_look_at()
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._find(company)
            self.env["carbon.data.anomaly"]._find(company)
            self.env["carbon.monitoring.plan"]._update_tasks(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _companies_to_look_at(self):
        sources = self.env["carbon.source"].with_context(active_test=False)
        return self.env["res.company"].union(*(group[0] for group in sources._read_group([], ["company_id"])))

    @api.model
    def _open_gaps(self, company, date_from, date_to):
        """Return what the close checklist shows of gaps: expected data of periods that end in a range and are not there.

        Periods whose data are awaited count, and estimates beside which real data arrived. The weight is the mean of the
        source's months with emissions in the year before, times the months of the period.

        :param company: one company
        :return: ``{"count": int, "t": t CO2e}``
        """
        self.env.flush_all()
        report = self.env["carbon.monitoring.report"]
        window = report._window([("date_to", ">=", date_from), ("date_to", "<=", date_to)])
        rows = self.env.execute_query(
            SQL(
                """
                WITH weight AS (%(weight)s)
                SELECT count(*), COALESCE(SUM(w.t * %(months)s), 0)
                  FROM (%(report)s) r LEFT JOIN weight w ON w.source_id = r.source_id
                 WHERE r.date_to BETWEEN %(first)s AND %(last)s AND r.status = ANY(%(open)s)
                """,
                report=report._sql_report(window, company.ids),
                weight=self._sql_weight(company, date_from),
                months=self._sql_months(SQL("r.frequency")),
                first=date_from,
                last=date_to,
                open=list(OPEN),
            )
        )
        return {"count": rows[0][0], "t": float(rows[0][1])}

    @api.model
    def _sql_weight(self, company, day):
        """Return SQL of ``(source_id, t)``: mean t CO2e of the source's months with emissions in the year before a day."""
        tonnes = self.env["carbon.monitoring.report"]._sql_tonnes(
            company, day - relativedelta(years=1), day - relativedelta(days=1)
        )
        return SQL("SELECT m.source_id, AVG(m.t) AS t FROM (%s) m GROUP BY 1", tonnes)

    @api.model
    def _sql_months(self, frequency):
        """Return SQL of the months of a period, by its frequency."""
        return SQL("CASE %s WHEN 'day' THEN 12.0 / 365 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 ELSE 1 END", frequency)

    @api.model
    def _open_domain(self, company, date_from, date_to):
        """Return the domain of the rows of expected data that :meth:`_open_gaps` counts, for a drill-down."""
        return [
            ("company_id", "=", company.id),
            ("date_to", ">=", fields.Date.to_string(date_from)),
            ("date_to", "<=", fields.Date.to_string(date_to)),
            ("status", "in", OPEN),
        ]
