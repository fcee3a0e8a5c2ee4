from odoo import fields, models
from odoo.tools import SQL

#: A logger is silent when nothing came for so many intervals.
PATIENCE = 3


class CarbonMeterLoggerReport(models.Model):
    """Whether data loggers send what they should: when each was last heard, and what is missing of the last day (R-156).

    Derived when read: two looks into an index for each logger.
    """

    _name = "carbon.meter.logger.report"
    _description = "Data Logger"
    _auto = False
    _order = "latency desc nulls first, equipment_id"
    _rec_name = "equipment_id"

    company_id = fields.Many2one("res.company", readonly=True)
    equipment_id = fields.Many2one("maintenance.equipment", "Meter", readonly=True)
    interval_minutes = fields.Integer("Every (Minutes)", readonly=True, aggregator=None)
    last_at = fields.Datetime("Last Value", readonly=True)
    last_entered = fields.Datetime("Received", readonly=True)
    latency = fields.Float(
        "Silent for (Hours)", readonly=True, aggregator="max", digits=(16, 1), help="Since the last value."
    )
    delay = fields.Float(
        "Delay (Minutes)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="From the end of the interval until the value was here.",
    )
    expected = fields.Integer("Expected in 24 Hours", readonly=True)
    received = fields.Integer("Received of Them", readonly=True)
    missing = fields.Integer(readonly=True)
    state = fields.Selection(
        [("never", "Never heard"), ("silent", "Silent"), ("gaps", "Gaps"), ("ok", "Complete")],
        readonly=True,
        help="Silent: nothing for more than three intervals. Gaps: values of the last 24 hours are missing.",
    )

    @property
    def _table_query(self):
        stands = self.env["carbon.meter.reading"]._sql_stands("r")
        return SQL(
            """
            SELECT x.*, GREATEST(x.expected - x.received, 0) AS missing,
                   CASE WHEN x.last_at IS NULL THEN 'never' WHEN x.latency * 60 > %(patience)s * x.interval_minutes THEN 'silent'
                        WHEN x.received < x.expected THEN 'gaps' ELSE 'ok' END AS state
              FROM (
                SELECT m.id, m.company_id, m.id AS equipment_id, m.carbon_interval_minutes AS interval_minutes, r.read_at AS last_at,
                       r.entered_on AS last_entered,
                       round(EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC' - r.read_at) / 3600, 1)::float8 AS latency,
                       round(EXTRACT(EPOCH FROM r.entered_on - r.read_at) / 60, 1)::float8 AS delay,
                       GREATEST(1440 / m.carbon_interval_minutes - 1, CASE WHEN m.carbon_interval_minutes > 720 THEN 0
                           ELSE 1 END) AS expected,
                       (SELECT count(*)::int FROM carbon_meter_reading r WHERE r.equipment_id = m.id AND r.read_at > n.moment AND %(stands)s
                           AND (r.value IS NOT NULL OR r.consumption IS NOT NULL)) AS received
                  FROM maintenance_equipment m
                 CROSS JOIN (SELECT now() AT TIME ZONE 'UTC' - interval '24 hours' AS moment) n
                  LEFT JOIN LATERAL (
                    SELECT z.* FROM (
                      (SELECT r.read_at, r.entered_on FROM carbon_meter_reading r WHERE r.equipment_id = m.id AND r.value IS NOT NULL
                          AND %(stands)s ORDER BY r.read_at DESC LIMIT 1)
                      UNION ALL
                      (SELECT r.read_at, r.entered_on FROM carbon_meter_reading r WHERE r.equipment_id = m.id AND r.consumption IS NOT NULL
                          AND %(stands)s ORDER BY r.read_at DESC LIMIT 1)) z ORDER BY z.read_at DESC LIMIT 1) r ON TRUE
                 WHERE m.is_carbon_meter AND m.active AND m.carbon_interval_minutes > 0
                   AND (m.carbon_in_use_to IS NULL OR m.carbon_in_use_to >= current_date)) x
            """,
            patience=PATIENCE,
            stands=stands,
        )

    def _search(self, domain, *args, **kwargs):
        """Flush, as the query reads tables that it does not know by name."""
        self.env.flush_all()
        return super()._search(domain, *args, **kwargs)

    def action_open_meter(self):
        """Show the readings of the logger.

        :return: window action
        """
        self.ensure_one()
        return self.equipment_id.action_carbon_readings()
