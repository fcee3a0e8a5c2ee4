from odoo import api, models
from odoo.tools import SQL


class CarbonPeriodChecklist(models.TransientModel):
    """What meters put in the way of a close: lapsed and failed calibrations, and months that were not read to their end (R-061)."""

    _inherit = "carbon.period.checklist"

    @api.model
    def _checklist_lines(self, period, closing=False):
        """Add meters."""
        return super()._checklist_lines(period, closing) + self._meter_lines(period)

    @api.model
    def _meter_lines(self, period):
        company = period.company_id
        months = [("company_id", "=", company.id), ("date", "=", period.date_from)]
        names = {
            "calibration_failed": self.env._("Meters found outside their permissible error"),
            "calibration_overdue": self.env._("Meters out of calibration: overdue or never calibrated"),
            "unread": self.env._("Meters not read to the end of the month"),
            "cross_check": self.env._("Metered and billed differ, not explained"),
        }
        found = {}
        known = self.env["carbon.meter.month"].sudo()  # sudo: whether the month has meters at all
        if known.search_count(months, limit=1):
            found = {
                code: (ids, tonnes, unknown)
                for code, ids, tonnes, unknown in self.env.execute_query(self._sql_meters(period))
            }
        lines = []
        for code in ("calibration_failed", "calibration_overdue", "unread"):
            ids, tonnes, unknown = found.get(code, ([], 0.0, 0))
            lines.append(
                {
                    "code": code,
                    "name": names[code],
                    "count": len(ids),
                    "t": tonnes,
                    "unknown": unknown,
                    "action": {
                        "xmlid": "carbon_accounting.carbon_meter_month_report_action",
                        "domain": [("equipment_id", "in", sorted(ids)), *self._month_domain(period)],
                    },
                }
            )
        odd = self.env["carbon.cross.check"].sudo()._open_in(period)  # sudo: figures of the period that the user closes
        lines.append(
            {
                "code": "cross_check",
                "name": names["cross_check"],
                "count": len(odd),
                "t": sum(odd.mapped("co2e_t")),
                "action": {
                    "xmlid": "carbon_accounting.carbon_cross_check_action",
                    "domain": [("id", "in", odd.ids)],
                },
            }
        )
        return lines

    @api.model
    def _sql_meters(self, period):
        """Return SQL of (code, ids of meters, t CO2e, how many weigh nothing that is known) of the meters of a month.

        Failed and lapsed calibrations weigh what the ledger holds of the meter in the month, a month that was not read to its end what is
        missing: as much a day as before. Of a formula the meter counts for which the ledger has a row.
        """
        engine, company = self.env["carbon.engine"], period.company_id
        source = self.env["carbon.event.source"]
        months = source._sql_meter_months(SQL("o.company_id = %s AND o.date = %s", company.id, period.date_from))
        return SQL(
            """
            WITH q AS MATERIALIZED (%(months)s),
            live AS MATERIALIZED (
              SELECT a.origin_id AS id, a.id AS activity_id FROM carbon_activity_data a
               WHERE a.company_id = %(company)s AND a.origin_model = 'carbon.meter.month' AND a.origin_id IN (SELECT id FROM q)
                 AND a.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id)),
            weight AS (
              SELECT l.id, COALESCE(SUM(e.quantity * u.kg) / 1000.0, 0) AS t
                FROM live l LEFT JOIN carbon_emission_line e ON e.activity_id = l.activity_id
                 AND NOT EXISTS (SELECT 1 FROM carbon_emission_line c WHERE c.reverses_id = e.id) AND e.reverses_id IS NULL
                LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                LEFT JOIN (%(unit)s) u ON u.version_id = e.version_id
               WHERE e.id IS NULL OR COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends
               GROUP BY 1),
            meter AS (
              SELECT q.*, w.t, (p.first + interval '1 month') AT TIME ZONE p.tz AT TIME ZONE 'UTC' AS ends,
                     q.first::timestamp AT TIME ZONE p.tz AT TIME ZONE 'UTC' AS begun, s.failed, s.lapsed
                FROM q JOIN weight w ON w.id = q.id
                CROSS JOIN (SELECT %(first)s::timestamp AS first, COALESCE((SELECT tz
                    FROM carbon_system WHERE company_id = %(company)s), 'UTC') AS tz) p
                LEFT JOIN (%(states)s) s ON s.equipment_id = q.equipment_id)
            SELECT x.code, array_agg(DISTINCT x.equipment_id), SUM(abs(x.t))::float8, (count(*) FILTER (WHERE x.t = 0))::int
              FROM (SELECT 'calibration_failed' AS code, equipment_id, t FROM meter WHERE doubtful AND failed
                    UNION ALL SELECT 'calibration_overdue', equipment_id, t FROM meter WHERE doubtful AND failed IS NOT TRUE
                    UNION ALL SELECT 'unread', m.equipment_id,
                                     m.t * EXTRACT(EPOCH FROM m.ends - m.z) / NULLIF(EXTRACT(EPOCH FROM m.z - m.begun), 0)
                                FROM meter m JOIN maintenance_equipment eq ON eq.id = m.equipment_id
                               WHERE m.z < m.ends AND eq.carbon_register IS DISTINCT FROM 'interval'
                                 AND (eq.carbon_in_use_to IS NULL OR eq.carbon_in_use_to > %(last)s)) x
             GROUP BY 1
            """,
            months=months,
            company=company.id,
            first=period.date_from,
            last=period.date_to,
            unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
            # sudo: one setting of the company whose period it is
            basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
            states=self._sql_failed(period),
        )

    @api.model
    def _sql_failed(self, period):
        """Return SQL of the meters that were failed on some day of the month, formulas with such a part included."""
        states = self.env["carbon.calibration"]._sql_states(
            SQL(
                "SELECT m.id FROM maintenance_equipment m WHERE m.company_id = %s AND m.is_carbon_meter",
                period.company_id.id,
            )
        )
        return SQL(
            """
            WITH RECURSIVE bad AS MATERIALIZED (
              SELECT DISTINCT s.equipment_id FROM (%(states)s) s
               WHERE s.state = 'failed' AND s.date_from <= %(last)s AND (s.date_to IS NULL OR s.date_to > %(first)s)),
            up (equipment_id, depth) AS (
              SELECT equipment_id, 0 FROM bad
              UNION SELECT p.meter_id, u.depth + 1 FROM up u JOIN carbon_meter_part p ON p.part_id = u.equipment_id WHERE u.depth < 12)
            SELECT DISTINCT equipment_id, TRUE AS failed, FALSE AS lapsed FROM up
            """,
            states=states,
            first=period.date_from,
            last=period.date_to,
        )
