from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.reporting_years import is_outdated

#: Reasons of the worklist by line of the checklist.
_REASONS = {
    "unmapped": ("unmapped",),
    "failed": ("failed",),
    "unit": ("unit", "ambiguous", "value", "currency", "inactive", "date", "service", "period"),
    "reading": ("reading",),
    "factor": ("factor", "nofactor", "price"),
    "late": ("late",),
}


class CarbonPeriodChecklist(models.TransientModel):
    """The lines of the checklist that accounting gives."""

    _inherit = "carbon.period.checklist"

    @api.model
    def _checklist_lines(self, period, closing=False):
        """Return the lines of the checklist of a month. Addons add theirs.

        Each line costs what one figure of the overview costs, at most.

        :param period: one ``carbon.reporting.period``
        :param closing: leave out what cannot stop the close
        :return: list of dicts: ``code``, ``name``, ``count`` (lines with 0 are not shown), ``t`` (weight in t CO2e as far as
            known), ``unknown`` (how many have no weight), ``may_stop`` (False: shown only), ``action`` (``xmlid`` and ``domain``
            of the list behind it)
        """
        # sudo: settings of the company whose period it is
        system = self.env["carbon.system"].sudo()._get(period.company_id)
        lines = [
            *self._worklist_lines(period),
            *self._monitoring_lines(period, closing),
            *self._approval_lines(period),
            *self._factor_lines(period),
        ]
        if not closing or system.close_evidence_stops:
            lines += self._evidence_lines(period, system.close_evidence_stops)
        if not closing or system.close_unknown_stops:
            lines += self._conflict_lines(period)
        if not closing:
            lines += self._basis_lines(period)
        return lines

    @api.model
    def _month_domain(self, period, name="date"):
        return [
            ("company_id", "=", period.company_id.id),
            (name, ">=", fields.Date.to_string(period.date_from)),
            (name, "<=", fields.Date.to_string(period.date_to)),
        ]

    # ------------------------------------------------------------------
    # Worklist
    # ------------------------------------------------------------------
    @api.model
    def _worklist_lines(self, period):
        names = {
            "unmapped": self.env._("Records without a rule"),
            "failed": self.env._("Records whose collection failed"),
            "unit": self.env._("Units, values, rates or dates missing"),
            "reading": self.env._("Meter readings that run backwards"),
            "factor": self.env._("Factors missing"),
            "late": self.env._("Late adjustments"),
        }
        # planning the weights takes longer than all else of a close: asked only where something waits
        waiting = [("company_id", "=", period.company_id.id), ("state", "=", "open")]
        some = self.env["carbon.collection.issue"].search_count(waiting, limit=1)
        found = {
            reason: (count, unknown, float(tonnes))
            for reason, count, unknown, tonnes in (self.env.execute_query(self._sql_worklist(period)) if some else ())
        }
        lines = []
        for code, reasons in _REASONS.items():
            parts = [found[reason] for reason in reasons if reason in found]
            month = self._month_domain(period)
            if code == "failed":  # a record whose collection failed has no date
                month = [month[0], "|", ("date", "=", False), "&", *month[1:]]
            domain = [("state", "=", "open"), ("reason", "in", list(reasons)), *month]
            lines.append(
                {
                    "code": code,
                    "name": names[code],
                    "count": sum(part[0] for part in parts),
                    "unknown": sum(part[1] for part in parts),
                    "t": sum(part[2] for part in parts),
                    "action": {"xmlid": "carbon_accounting.carbon_collection_issue_action", "domain": domain},
                }
            )
        return lines

    @api.model
    def _sql_worklist(self, period):
        """Return SQL of (reason, rows, rows without weight, t CO2e) of the open worklist of a month.

        The weight is the quantity times the factors of the source as of the day. Where the day has no version, the document counts
        without that result: it weighs what today's version would add, and nothing where the other result of electricity stands for it.
        """
        engine = self.env["carbon.engine"]
        company = period.company_id
        return SQL(
            """
            WITH i AS MATERIALIZED (
              SELECT i.id, i.reason, i.source_id AS sid, i.quantity, i.uom_id,
                     i.date
                FROM carbon_collection_issue i
               WHERE i.company_id = %(company)s AND i.state = 'open' AND i.reason <> 'rejected'
                 AND (i.date BETWEEN %(first)s AND %(last)s OR (i.reason = 'failed' AND i.date IS NULL))),
            %(versions)s,
            stream AS MATERIALIZED (
              SELECT fv.*, u.kg * fv.num / fv.den / 1000.0 AS t, COALESCE(fv.basis, '') IN ('', %(basis)s) AS in_basis
                FROM fv LEFT JOIN (%(unit)s) u ON u.version_id = COALESCE(fv.version_id, fv.found_id)),
            per_unit AS (
              SELECT i.id, SUM(CASE WHEN i.reason <> 'factor' THEN CASE WHEN d.in_basis OR d.basis = d.sole THEN d.t END
                                    WHEN d.version_id IS NOT NULL OR d.sole IS NOT NULL OR NOT d.in_basis THEN 0
                                    ELSE n.t END) AS t
                FROM i JOIN stream d ON d.sid = i.sid AND d.fkey = i.date
                LEFT JOIN stream n ON n.sid = i.sid AND n.stream = d.stream AND n.fkey = %(today)s
               GROUP BY 1),
            weighed AS (
              SELECT i.reason, abs(i.quantity) * p.t * CASE WHEN s.currency_id IS NOT NULL AND i.reason IN ('factor', 'price') THEN 1
                                                           ELSE iu.factor / su.factor END AS t
                FROM i LEFT JOIN carbon_source s ON s.id = i.sid
                LEFT JOIN uom_uom su ON su.id = s.uom_id
                LEFT JOIN uom_uom iu ON iu.id = i.uom_id AND %(iroot)s = %(sroot)s
                LEFT JOIN per_unit p ON p.id = i.id)
            SELECT w.reason, count(*)::int, (count(*) FILTER (WHERE w.t IS NULL))::int, COALESCE(SUM(w.t), 0) FROM weighed w GROUP BY 1
            """,
            company=company.id,
            first=period.date_from,
            last=period.date_to,
            today=fields.Date.context_today(self),
            versions=engine._sql_versions(
                SQL(
                    "(SELECT sid, date FROM i WHERE sid IS NOT NULL AND date IS NOT NULL "
                    "UNION SELECT sid, %s::date FROM i WHERE sid IS NOT NULL AND reason = 'factor')",
                    fields.Date.context_today(self),
                ),
                None,
            ),
            unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
            # sudo: one setting of the company whose period it is
            basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            iroot=engine._sql_root("iu"),
            sroot=engine._sql_root("su"),
        )

    # ------------------------------------------------------------------
    # Monitoring and approval
    # ------------------------------------------------------------------
    @api.model
    def _monitoring_lines(self, period, closing=False):
        """Expected data that are not there and anomalies, both looked for now.

        For the dialog anomalies are recorded, so that its list shows them; what the close finds when it refuses is not kept.
        """
        company, days = period.company_id, (period.date_from, period.date_to)
        plans = [("company_id", "=", company.id), ("state", "in", ("approved", "superseded"))]
        gaps = {"count": 0, "t": 0.0}
        if self.env["carbon.monitoring.plan"].search_count(plans, limit=1):
            gaps = self.env["carbon.data.gap"]._open_gaps(company, *days)
        anomalies = [("state", "=", "open"), *self._month_domain(period)]
        if closing:
            odd = self.env["carbon.data.anomaly"]._open_anomalies(company, *days)
        else:
            self.env["carbon.data.anomaly"]._find(company, *days)
            rows = self.env["carbon.data.anomaly"].search(anomalies)
            odd = rows._weigh(company, [{"source_id": row.source_id.id, "date": row.date} for row in rows])
        return [
            {
                "code": "gap",
                "name": self.env._("Expected data not there"),
                **gaps,
                "unknown": gaps["count"] if not gaps["t"] else 0,
                "action": {
                    "xmlid": "carbon_accounting.carbon_monitoring_report_action",
                    "domain": [
                        *self._month_domain(period, "date_to"),
                        ("status", "in", ["awaited", "missing", "conflict"]),
                    ],
                },
            },
            {
                "code": "anomaly",
                "name": self.env._("Anomalies nobody has explained"),
                **odd,
                "unknown": odd["count"] if not odd["t"] else 0,
                "action": {"xmlid": "carbon_accounting.carbon_data_anomaly_action", "domain": anomalies},
            },
        ]

    @api.model
    def _approval_lines(self, period):
        waiting = self.env["carbon.engine"]._waiting(period.company_id, period.date_from, period.date_to)
        names = {
            "pending": self.env._("Data waiting for approval"),
            "rejected": self.env._("Rejected data not corrected"),
        }
        return [
            {
                "code": status,
                "name": names[status],
                **part,
                "action": {
                    "xmlid": "carbon_accounting.carbon_data_approval_report_action",
                    "domain": [("status", "=", status), *self._month_domain(period)],
                },
            }
            for status, part in waiting.items()
        ]

    # ------------------------------------------------------------------
    # Factors
    # ------------------------------------------------------------------
    @api.model
    def _factor_lines(self, period):
        """Factors whose publisher made them for earlier years, with what they weigh in the month."""
        company = period.company_id
        stated = self.env.execute_query(
            SQL(
                "SELECT DISTINCT v.id, v.reporting_years FROM carbon_emission_factor_version v "
                "JOIN carbon_source_factor sf ON sf.factor_id = v.factor_id JOIN carbon_source s ON s.id = sf.source_id "
                "WHERE s.company_id = %s AND v.state = 'approved' AND v.date_from <= %s AND v.reporting_years <> ''",
                company.id,
                period.date_to,
            )
        )
        old = [version for version, text in stated if is_outdated(text, period.date_from.year)]
        line = {"code": "expired", "name": self.env._("Factors made for earlier years"), "count": 0}
        if not old:
            return [line]
        rows = self._weigh_versions(period, SQL("e.version_id = ANY(%s)", old))
        return [{**line, **self._versions_found(rows)}]

    @api.model
    def _versions_found(self, rows):
        """Return count, weight and list of the factor versions of :meth:`_weigh_versions`."""
        weights = defaultdict(float)
        for _source, version, tonnes in rows:
            weights[version] += tonnes
        action = {
            "xmlid": "carbon_accounting.carbon_emission_factor_version_action",
            "domain": [("id", "in", sorted(weights))],
        }
        return {"count": len(weights), "t": sum(map(abs, weights.values())), "action": action}

    @api.model
    def _weigh_versions(self, period, where):
        """Return (source, version, t CO2e) of what counts in a month.

        :param where: SQL condition on the emission row ``e``
        """
        engine, company = self.env["carbon.engine"], period.company_id
        return self.env.execute_query(
            SQL(
                """
                SELECT e.source_id, e.version_id, COALESCE(SUM(e.quantity * u.kg) / 1000.0, 0)::float8 FROM carbon_emission_line e
                  LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                  LEFT JOIN (%(unit)s) u ON u.version_id = e.version_id
                 WHERE e.company_id = %(company)s AND e.date BETWEEN %(first)s AND %(last)s AND %(where)s
                   AND (COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends)
                 GROUP BY 1, 2 HAVING SUM(e.quantity) <> 0
                """,
                unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
                company=company.id,
                first=period.date_from,
                last=period.date_to,
                where=where,
                # sudo: one setting of the company whose period it is
                basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            )
        )

    # ------------------------------------------------------------------
    # Evidence, conflicts, basis
    # ------------------------------------------------------------------
    @api.model
    def _evidence_lines(self, period, may_stop):
        """Rows whose document has no file."""
        without = self.env["carbon.event.source"]._sql_without_evidence(
            SQL(
                "a.company_id = %s AND a.date BETWEEN %s AND %s", period.company_id.id, period.date_from, period.date_to
            )
        )
        engine, company = self.env["carbon.engine"], period.company_id
        rows = self.env.execute_query(
            SQL(
                """
                WITH a AS MATERIALIZED (%(without)s)
                SELECT (SELECT count(*)::int FROM a), COALESCE(SUM(e.quantity * u.kg) / 1000.0, 0)::float8
                  FROM a JOIN carbon_emission_line e ON e.activity_id = a.id
                  LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                  JOIN (%(unit)s) u ON u.version_id = e.version_id
                 WHERE COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends
                """,
                without=without,
                unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
                # sudo: one setting of the company whose period it is
                basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            )
        )
        return [
            {
                "code": "evidence",
                "name": self.env._("Rows whose document has no file"),
                "count": rows[0][0],
                "t": abs(rows[0][1]),
                "may_stop": may_stop,
                "action": {
                    "xmlid": "carbon_accounting.carbon_activity_data_action",
                    "domain": [("without_evidence", "=", True), *self._month_domain(period)],
                },
            }
        ]

    @api.model
    def _conflict_lines(self, period):
        """Events that would count elsewhere, where the ledger has nothing."""
        report = self.env["carbon.superseded.report"].with_context(allowed_company_ids=period.company_id.ids)
        domain = [("status", "=", "unsupported"), *self._month_domain(period)]
        count = report.search_count(domain)
        return [
            {
                "code": "conflict",
                "name": self.env._("Conflicts of recognition: counted elsewhere, nothing found there"),
                "count": count,
                "unknown": count,
                "action": {"xmlid": "carbon_accounting.carbon_superseded_report_action", "domain": domain},
            }
        ]

    @api.model
    def _basis_lines(self, period):
        engine, company = self.env["carbon.engine"], period.company_id
        reason = engine._collection_pending(company, {company: period.date_from}).get(company)
        name = self.env._("The ledger follows the documents, rules and factors")
        return [
            {"code": "running", "name": period._not_over_text(), "count": int(not period._is_over()), "hard": True},
            {
                "code": "basis",
                "name": engine._pending_text(reason, company) if reason else name,
                "count": int(bool(reason)),
                "hard": True,
                "action": {
                    "xmlid": "carbon_accounting.carbon_collection_run_action",
                    "domain": [("company_id", "=", period.company_id.id)],
                },
            },
        ]
