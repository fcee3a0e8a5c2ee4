from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.ledger_fields import LedgerMany2one

#: How deep formulas of formulas are followed; circles are refused when a formula is saved.
DEPTH = 12


class CarbonMeterMonth(models.Model):
    """A month of a meter: what its readings give as one event (R-131).

    The row says nothing but which meter and month; the quantity is derived when it is read. It is the origin of the ledger row, so
    that a late reading of a closed month holds up that month alone. Written by the engine when a reading touches the month, of
    virtual meters when one of their parts is read. ``revision`` counts what was entered for the month: two entries for it at one time
    collide there, and the later one is tried again with the first in sight.
    """

    _name = "carbon.meter.month"
    _description = "Month of a Meter"
    _log_access = False
    _order = "date desc, equipment_id, id"
    _rec_names_search = ["equipment_id"]

    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    equipment_id = LedgerMany2one("maintenance.equipment", string="Meter", required=True, readonly=True)
    date = fields.Date(string="Month", required=True, readonly=True, help="First day of the month.")
    revision = fields.Integer(required=True, default=0, aggregator=None, readonly=True, export_string_translation=False)

    _month_uniq = models.UniqueIndex("(equipment_id, date, company_id)")
    _company_idx = models.Index("(company_id, date)")

    @api.depends("equipment_id", "date")
    def _compute_display_name(self):
        for month in self:
            # sudo: the name of the meter, in a row that the user sees
            meter = month.sudo().equipment_id
            month.display_name = (
                f"{meter.carbon_code or meter.name or ''} {month.date:%Y-%m}".strip() if month.date else ""
            )

    # ------------------------------------------------------------------
    # Only the engine
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refused: readings make the months."""
        raise UserError(self._refusal())

    def write(self, vals):  # pylint: disable=method-required-super
        """Refused: readings make the months."""
        raise UserError(self._refusal())

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self._refusal())

    @api.model
    def _refusal(self):
        return self.env._("Months of meters come from their readings. Enter a reading of the meter instead.")

    # ------------------------------------------------------------------
    # Touching
    # ------------------------------------------------------------------
    @api.model
    def _sql_above(self, spans):
        """Return SQL of a relation with the virtual meters above those of ``spans``, beside them.

        :param spans: SQL of a relation with ``company_id``, ``equipment_id``, ``date``
        """
        return SQL(
            "WITH RECURSIVE above (company_id, equipment_id, date, depth) AS (SELECT s.company_id, s.equipment_id, s.date, 0 "
            "FROM (%s) s UNION SELECT a.company_id, p.meter_id, a.date, a.depth + 1 FROM above a "
            "JOIN carbon_meter_part p ON p.part_id = a.equipment_id WHERE a.depth < %s) "
            "SELECT DISTINCT company_id, equipment_id, date FROM above",
            spans,
            DEPTH,
        )

    @api.model
    def _touch(self, spans):
        """Note months that something was entered for, and let the engine derive them before the transaction commits.

        A transaction that touches a month at the same time as another one fails with a serialisation error, and Odoo tries it again.

        :param spans: SQL of the months: ``company_id``, ``equipment_id``, ``date``
        :return: ids of the months
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "INSERT INTO carbon_meter_month AS m (company_id, equipment_id, date, revision) "
                "SELECT x.company_id, x.equipment_id, x.date, 1 FROM (%s) x ORDER BY x.equipment_id, x.date "
                "ON CONFLICT (equipment_id, date, company_id) DO UPDATE SET revision = m.revision + 1 RETURNING m.id, m.company_id",
                self._sql_above(spans),
            )
        )
        rows = self.env.cr.fetchall()
        self.invalidate_model(flush=False)
        ids = [row[0] for row in rows]
        self.env["carbon.engine"]._queue(self._name, ids, {row[1] for row in rows})
        return ids

    @api.model
    def _touch_meters(self, meters, first=None):
        """Derive the months of meters again, and of the virtual meters above them: what their readings mean has changed.

        :param first: only months from the one of this day on
        """
        since = SQL("m.date >= date_trunc('month', %s::date)::date", first) if first else SQL("TRUE")
        return self._touch(
            SQL(
                "SELECT m.company_id, m.equipment_id, m.date FROM carbon_meter_month m WHERE m.equipment_id = ANY(%s) AND %s",
                meters.ids,
                since,
            )
        )

    def _reach(self, meters):
        """Return the moments between which the readings lie that decide these months: those around them included."""
        # sudo: the time zone of the company whose months they are
        system = self.env["carbon.system"].sudo()._get(self[:1].company_id)
        rows = self.env.execute_query(
            SQL(
                """
                WITH span AS (
                  SELECT %(first)s::timestamp AT TIME ZONE %(tz)s AT TIME ZONE 'UTC' AS a,
                         (%(last)s::timestamp + interval '1 month') AT TIME ZONE %(tz)s AT TIME ZONE 'UTC' AS z)
                SELECT LEAST(span.a, (SELECT min(x.at) FROM unnest(%(meters)s::int[]) m(id) CROSS JOIN LATERAL (
                         SELECT max(r.read_at) AS at FROM carbon_meter_reading r
                          WHERE r.equipment_id = m.id AND r.value IS NOT NULL AND r.read_at <= span.a) x)),
                       GREATEST(span.z, (SELECT max(x.at) FROM unnest(%(meters)s::int[]) m(id) CROSS JOIN LATERAL (
                         SELECT min(r.read_at) AS at FROM carbon_meter_reading r
                          WHERE r.equipment_id = m.id AND r.value IS NOT NULL AND r.read_at >= span.z) x))
                  FROM span
                """,
                first=min(self.mapped("date")),
                last=max(self.mapped("date")),
                tz=system.tz or "UTC",
                meters=meters.ids,
            )
        )
        return rows[0]

    def action_open_readings(self):
        """Show the readings that the month rests on.

        :return: window action
        """
        self.ensure_one()
        self.check_access("read")
        return self._action_readings()

    def _action_readings(self):
        return self.env["carbon.meter.reading"]._action_of_months(self)
