from odoo import api, fields, models
from odoo.tools import SQL

from ..models.maintenance_equipment import CALIBRATION_KINDS, METER_KINDS, METER_LEVELS

STATES = [
    ("failed", "Failed"),
    ("overdue", "Overdue"),
    ("none", "Never calibrated"),
    ("due", "Due"),
    ("valid", "Valid"),
    ("exempt", "Needs none"),
]


class _Board:
    """What one look at all meters found for the columns of the board."""

    __slots__ = ("counts", "ids")

    def __init__(self, ids, counts):
        self.ids, self.counts = ids, counts


class CarbonMeterReport(models.Model):
    """Where each meter in use stands today: the coverage board and the due list (R-040, R-155).

    Read from the plain dates of the meters, which their calibrations write: 10,000 meters cost one look at one table. A row
    has the number of its meter. Today is that of the company's time zone.
    """

    _name = "carbon.meter.report"
    _description = "Calibration Coverage"
    _auto = False
    _order = "due_on, id"
    _rec_name = "equipment_id"

    equipment_id = fields.Many2one("maintenance.equipment", "Meter", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    code = fields.Char("Meter Number", readonly=True)
    name = fields.Char(readonly=True, help="Cards show it instead of the meter itself, which would read each of them.")
    kind = fields.Selection(METER_KINDS, "Measures", readonly=True)
    level = fields.Selection(METER_LEVELS, readonly=True)
    site_id = fields.Many2one("carbon.site", readonly=True)
    calibration_kind = fields.Selection(CALIBRATION_KINDS, "Kind of Check", readonly=True)
    laboratory_id = fields.Many2one("res.partner", readonly=True)
    technician_id = fields.Many2one("res.users", readonly=True)
    team_id = fields.Many2one("maintenance.team", readonly=True)
    calibrated_on = fields.Date("Last Calibration", readonly=True)
    due_on = fields.Date("Due", readonly=True)
    days_left = fields.Integer(readonly=True, aggregator=None, help="Negative: overdue by so many days.")
    state = fields.Selection(STATES, readonly=True)
    is_covered = fields.Float(
        "Covered", readonly=True, aggregator="avg", help="1 if the meter has a valid calibration or needs none."
    )
    meter_count = fields.Integer("Meters", readonly=True)

    _depends = {
        "carbon.system": ["company_id", "tz", "calibration_request_days"],
        "maintenance.equipment": [
            *(
                "company_id",
                "active",
                "name",
                "is_carbon_meter",
                "technician_user_id",
                "maintenance_team_id",
                "effective_date",
            ),
            *(
                "carbon_code",
                "carbon_meter_kind",
                "carbon_level",
                "carbon_site_id",
                "carbon_laboratory_id",
                "carbon_register",
            ),
            *(
                "carbon_calibration_kind",
                "carbon_calibration_months",
                "carbon_calibrated_on",
                "carbon_calibration_due_on",
            ),
            *("carbon_calibration_result", "carbon_in_use_from", "carbon_in_use_to"),
        ],
    }

    @property
    def _table_query(self):
        board = self._board()
        return SQL(
            """SELECT m.*, m.due_on - m.today AS days_left,
                      CASE WHEN m.state IN ('valid', 'due', 'exempt') THEN 1.0 ELSE 0.0 END AS is_covered, 1 AS meter_count
                 FROM (SELECT q.id, q.id AS equipment_id, q.company_id, q.carbon_code AS code, %(name)s AS name,
                              q.carbon_meter_kind AS kind,
                              q.carbon_level AS level, q.carbon_site_id AS site_id, q.carbon_calibration_kind AS calibration_kind,
                              q.carbon_laboratory_id AS laboratory_id, q.technician_user_id AS technician_id,
                              q.maintenance_team_id AS team_id, q.carbon_calibrated_on AS calibrated_on, c.today,
                              CASE WHEN q.carbon_calibration_due_on IS NOT NULL THEN q.carbon_calibration_due_on
                                   WHEN q.carbon_calibrated_on IS NULL AND q.carbon_calibration_months > 0
                                   THEN COALESCE(q.carbon_in_use_from, q.effective_date) END AS due_on,
                              CASE WHEN q.carbon_register = 'virtual' THEN 'exempt'
                                   WHEN q.carbon_calibration_result = 'fail' THEN 'failed'
                                   WHEN COALESCE(q.carbon_calibration_months, 0) = 0 THEN 'exempt'
                                   WHEN q.carbon_calibrated_on IS NULL THEN 'none'
                                   WHEN q.carbon_calibration_due_on < c.today THEN 'overdue'
                                   WHEN q.carbon_calibration_due_on <= c.today + c.days THEN 'due'
                                   ELSE 'valid' END AS state
                         FROM maintenance_equipment q
                         JOIN (SELECT o.id AS company_id, COALESCE(s.calibration_request_days, 60) AS days,
                                      (%(now)s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(s.tz, 'UTC'))::date AS today
                                 FROM res_company o LEFT JOIN carbon_system s ON s.company_id = o.id
                                WHERE o.id = ANY(%(companies)s)) c ON c.company_id = q.company_id
                        WHERE %(shown)s AND q.is_carbon_meter AND q.active AND COALESCE(q.carbon_in_use_to, 'infinity') >= c.today
                          AND COALESCE(q.carbon_in_use_from, '-infinity') <= c.today) m""",
            companies=self.env.companies.ids,
            now=fields.Datetime.now(),
            name=self.env["maintenance.equipment"]._field_to_sql("q", "name"),
            shown=SQL("q.id = ANY(%s)", board.ids) if board else SQL("TRUE"),
        )

    @api.model
    @api.readonly
    def web_read_group(self, domain, groupby, aggregates=(), limit=None, offset=0, order=None, **options):
        """Find the first cards of all columns in one look at the meters, where Odoo looks at all of them once for each column.

        The state depends on today, so no index finds the meters of a column. The searches of the columns see these cards only.
        """
        infos = options.get("opening_info") or []
        most = max(
            [
                options.get("unfold_read_default_limit", 80) or 0,
                *((info.get("offset") or 0) + (info.get("limit") or 0) for info in infos),
            ]
        )
        opens = options.get("auto_unfold") or any(not info["folded"] for info in infos)
        narrowed = any(info.get("progressbar_domain") for info in infos)
        if list(groupby) == ["state"] and opens and not order and not narrowed and most:
            self = self.with_context(carbon_board=self._look(domain, most))
        return super().web_read_group(domain, groupby, aggregates, limit, offset, order, **options)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        """Take the numbers of cards from the one look, where it was made for these columns."""
        board = self._board()
        if board is None:
            return super()._read_group(domain, groupby, aggregates, having, offset, limit, order)
        if list(groupby) == ["state"] and list(aggregates) == ["__count"] and not (having or offset or limit):
            return sorted(board.counts.items())
        everything = self.with_context(carbon_board=None)
        return super(CarbonMeterReport, everything)._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )

    @api.model
    def _board(self):
        """Return the look that this call of the board made, None otherwise. It is an object: no call over RPC can bring one."""
        board = self.env.context.get("carbon_board")
        return board if type(board) is _Board else None

    @api.model
    def _look(self, domain, most):
        """Return how many meters each state has, and the first of them in the order of the model.

        :param domain: what the board is restricted to
        :param most: how many of each state
        """
        query = self._search(domain, order="id")
        query.order = None
        state, due, number = (SQL.identifier(query.table, name) for name in ("state", "due_on", "id"))
        ranked = query.select(
            SQL("%s AS id", number),
            SQL("%s AS state", state),
            SQL("row_number() OVER (PARTITION BY %s ORDER BY %s, %s) AS place", state, due, number),
            SQL("count(*) OVER (PARTITION BY %s) AS cards", state),
        )
        rows = self.env.execute_query(SQL("SELECT id, state, cards FROM (%s) r WHERE place <= %s", ranked, most))
        return _Board([row[0] for row in rows], {row[1]: row[2] for row in rows})

    def action_open(self):
        """Open the meter.

        :return: the window to open
        """
        self.ensure_one()
        return self.equipment_id._carbon_open()

    def action_calibrate(self):
        """Open the results of its next calibration.

        :return: the window to open
        """
        self.ensure_one()
        return self.equipment_id.action_carbon_calibrate()
