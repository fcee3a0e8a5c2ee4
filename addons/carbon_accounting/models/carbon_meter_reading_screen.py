from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.ledger_fields import KnownFloat

STATES = [("valid", "Valid"), ("overdue", "Overdue"), ("failed", "Failed"), ("none", "Never calibrated")]


class CarbonMeterReading(models.Model):
    """What a person sees of readings: what was used, whether it still stands, how the meter was calibrated on the day (R-061)."""

    _inherit = "carbon.meter.reading"

    uom_id = fields.Many2one(related="equipment_id.carbon_uom_id", string="Unit")
    register = fields.Selection(related="equipment_id.carbon_register", string="Register")
    used = KnownFloat(
        "Used Since",
        compute="_compute_used",
        digits=0,
        help="Since the reading before, with the multiplier of the meter.",
    )
    stands = fields.Boolean(compute="_compute_stands", search="_search_stands", help="It was not taken back.")
    calibration_state = fields.Selection(
        STATES,
        "Calibration",
        compute="_compute_calibration_state",
        search="_search_calibration_state",
        help="Of the meter on the day of the reading. A later pass does not clean a fail.",
    )
    photo_ids = fields.Many2many("ir.attachment", string="Photos", compute="_compute_photo_ids")

    def _compute_stands(self):
        """One query for all."""
        rows = self._ask_saved(
            SQL(
                "SELECT r.id FROM carbon_meter_reading r WHERE r.id = ANY(%s) AND %s",
                self._saved_ids(),
                self._sql_stands("r"),
            )
        )
        standing = {row[0] for row in rows}
        for reading in self:
            reading.stands = reading.id in standing

    def _saved_ids(self):
        return [id_ for id_ in self.ids if isinstance(id_, int)]

    def _ask_saved(self, query):
        """Return the rows of a query about saved readings; an empty form has none, and opens without asking."""
        return self.env.execute_query(query) if self._saved_ids() else []

    @api.model
    def _search_stands(self, operator, value):
        if operator != "in":
            return NotImplemented
        stands = SQL("SELECT r.id FROM carbon_meter_reading r WHERE %s", self._sql_stands("r"))
        wanted = True in value
        return Domain.TRUE if {True, False} <= set(value) else Domain("id", "in" if wanted else "not in", stands)

    @api.depends("equipment_id", "read_at", "value", "consumption")
    def _compute_used(self):
        """Two looks into an index for each reading shown."""
        rows = self._ask_saved(
            SQL(
                """
                SELECT r.id, (COALESCE(r.consumption, r.value - b.value + CASE WHEN r.rollover THEN eq.carbon_register_max ELSE 0 END)
                              * COALESCE(x.multiplier, 1))::float8
                  FROM carbon_meter_reading r
                  JOIN maintenance_equipment eq ON eq.id = r.equipment_id
                  LEFT JOIN carbon_system sys ON sys.company_id = r.company_id
                  LEFT JOIN LATERAL (SELECT b.value, b.read_at FROM carbon_meter_reading b WHERE b.equipment_id = r.equipment_id
                                      AND b.value IS NOT NULL AND b.read_at < r.read_at AND %(stands)s
                                      ORDER BY b.read_at DESC LIMIT 1) b ON r.value IS NOT NULL
                  LEFT JOIN LATERAL (SELECT m.multiplier FROM carbon_meter_multiplier m WHERE m.equipment_id = r.equipment_id
                                      AND m.date_from <= (COALESCE(b.read_at, r.read_at - interval '1 microsecond')
                                                          AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(sys.tz, 'UTC'))::date
                                      ORDER BY m.date_from DESC LIMIT 1) x ON TRUE
                 WHERE r.id = ANY(%(ids)s) AND %(own)s
                """,
                ids=self._saved_ids(),
                stands=self._sql_stands("b"),
                own=self._sql_stands("r"),
            )
        )
        used = dict(rows)
        for reading in self:
            value = used.get(reading.id)
            reading.used = False if value is None else value

    @api.model
    def _sql_doubtful(self, states):
        """Return SQL of the ids of readings whose meter was in one of these calibration states on the day."""
        return SQL(
            "SELECT r.id FROM carbon_meter_reading r LEFT JOIN carbon_system sys ON sys.company_id = r.company_id "
            "JOIN (%s) s ON s.equipment_id = r.equipment_id AND s.state = ANY(%s) "
            "AND s.date_from <= %s AND (s.date_to IS NULL OR s.date_to > %s)",
            self.env["carbon.calibration"]._sql_states(),
            list(states),
            self._sql_day(),
            self._sql_day(),
        )

    @api.model
    def _sql_day(self):
        return SQL(
            "((r.read_at - interval '1 microsecond') AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(sys.tz, 'UTC'))::date"
        )

    @api.depends("equipment_id", "read_at")
    def _compute_calibration_state(self):
        meters = self.equipment_id
        self.env["carbon.calibration"].flush_model()
        meters.flush_model()
        rows = self._ask_saved(
            SQL(
                "SELECT r.id, min(s.state) FROM carbon_meter_reading r LEFT JOIN carbon_system sys ON sys.company_id = r.company_id "
                "JOIN (%s) s ON s.equipment_id = r.equipment_id AND s.date_from <= %s AND (s.date_to IS NULL OR s.date_to > %s) "
                "WHERE r.id = ANY(%s) GROUP BY 1",
                self.env["carbon.calibration"]._sql_states(meters.ids),
                self._sql_day(),
                self._sql_day(),
                self._saved_ids(),
            )
        )
        found = dict(rows)
        for reading in self:
            reading.calibration_state = found.get(reading.id, False)

    @api.model
    def _search_calibration_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env["carbon.calibration"].flush_model()
        self.env["maintenance.equipment"].flush_model()
        known = [state for state in value if state]
        domain = Domain("id", "in", self._sql_doubtful(known)) if known else Domain.FALSE
        if False in value:
            domain |= Domain("id", "not in", self._sql_doubtful([state for state, _label in STATES]))
        return domain

    def _compute_photo_ids(self):
        saved = self._saved_ids()
        files = self.env["ir.attachment"]
        files = files.search([("res_model", "=", self._name), ("res_id", "in", saved)]) if saved else files
        by_reading = files.grouped("res_id")
        for reading in self:
            reading.photo_ids = by_reading.get(reading.id, files.browse())
