from odoo import api, models
from odoo.tools import SQL

#: First day of meters that do not say when they came into use.
FIRST_DAY = "1900-01-01"


class CarbonCalibration(models.Model):
    """What calibrations mean for the days between them: the one definition that everything else reads (R-061, R-155)."""

    _inherit = "carbon.calibration"

    @api.model
    def _sql_states(self, equipment_ids=None):
        """Return a query of the validity of meters: ``equipment_id, company_id, date_from, date_to, state``.

        ``date_to`` is exclusive, NULL where it is open. Spans of a meter do not overlap; they lie within its days of use.
        Between two days of finished calibrations (the first one begins with the meter, the last one never ends):

        * ``failed`` if the meter was left outside its permissible error at the beginning, or found outside at the end: then
          nobody knows since when. A later pass does not clean this.
        * ``none`` before the first calibration of a meter that needs calibrations.
        * ``valid`` from the beginning to ``next_due``, that day included; ``overdue`` from the day after, if the meter needs
          calibrations.

        Of several calibrations on one day the newest (by id) says how the meter was left and until when that holds; it was
        found outside if one of them says so. A meter needs calibrations if it has an interval. Without one it has spans only
        of what its calibrations say: it is never overdue. Virtual meters have none: their parts have.

        Flush ``carbon.calibration`` and ``maintenance.equipment`` before running it.

        :param equipment_ids: restrict to these meters: ids, or SQL of a query of ids; None for all
        """
        if isinstance(equipment_ids, SQL):
            only, meters = SQL("c.equipment_id IN (%s)", equipment_ids), SQL("q.id IN (%s)", equipment_ids)
        elif equipment_ids is None:
            only = meters = SQL("TRUE")
        else:
            ids = list(equipment_ids)
            only, meters = SQL("c.equipment_id = ANY(%s)", ids), SQL("q.id = ANY(%s)", ids)
        return SQL(
            """SELECT span.equipment_id, span.company_id, span.date_from,
                      NULLIF(span.date_to, 'infinity'::date) AS date_to, span.state
                 FROM (SELECT seg.equipment_id, m.company_id, part.state,
                              GREATEST(part.date_from, m.first_day) AS date_from, LEAST(part.date_to, m.end_day) AS date_to
                         FROM (SELECT mark.equipment_id, mark.date AS date_from, mark.left_ok, mark.due,
                                      COALESCE(LEAD(mark.date) OVER w, 'infinity') AS date_to,
                                      COALESCE(LEAD(mark.found_fail) OVER w, FALSE) AS found_fail
                                 FROM (SELECT c.equipment_id, c.date, bool_or(c.as_found = 'fail') AS found_fail,
                                              (array_agg(c.as_left = 'pass' ORDER BY c.id DESC))[1] AS left_ok,
                                              (array_agg(c.next_due ORDER BY c.id DESC))[1] AS due
                                         FROM carbon_calibration c WHERE c.state = 'done' AND %(only)s
                                        GROUP BY c.equipment_id, c.date
                                        UNION ALL
                                       SELECT q.id, '-infinity'::date, FALSE, NULL, NULL
                                         FROM maintenance_equipment q WHERE q.is_carbon_meter AND %(meters)s) mark
                               WINDOW w AS (PARTITION BY mark.equipment_id ORDER BY mark.date)) seg
                         JOIN (SELECT q.id, q.company_id, COALESCE(q.carbon_in_use_from, %(first)s::date) AS first_day,
                                      COALESCE(q.carbon_in_use_to + 1, 'infinity') AS end_day,
                                      COALESCE(q.carbon_calibration_months, 0) > 0 AS needed
                                 FROM maintenance_equipment q
                                WHERE q.is_carbon_meter AND q.carbon_register <> 'virtual' AND %(meters)s) m ON m.id = seg.equipment_id
                         CROSS JOIN LATERAL (
                           SELECT 'failed' AS state, seg.date_from, seg.date_to WHERE seg.found_fail OR NOT seg.left_ok
                            UNION ALL
                           SELECT 'none', seg.date_from, seg.date_to WHERE NOT seg.found_fail AND seg.left_ok IS NULL AND m.needed
                            UNION ALL
                           SELECT 'valid', seg.date_from, LEAST(seg.date_to, COALESCE(seg.due + 1, 'infinity'))
                            WHERE NOT seg.found_fail AND seg.left_ok
                            UNION ALL
                           SELECT 'overdue', seg.due + 1, seg.date_to
                            WHERE NOT seg.found_fail AND seg.left_ok AND m.needed AND seg.due IS NOT NULL) part) span
                WHERE span.date_from < span.date_to""",
            only=only,
            meters=meters,
            first=FIRST_DAY,
        )

    @api.model
    def _states(self, meters):
        """Return the spans of meters as ``{meter id: [(date_from, date_to, state)]}``, in order.

        :param meters: ``maintenance.equipment``
        """
        self.flush_model()
        meters.flush_model()
        spans = {meter.id: [] for meter in meters}
        query = SQL(
            "SELECT equipment_id, date_from, date_to, state FROM (%s) s ORDER BY 1, 2", self._sql_states(meters.ids)
        )
        for meter_id, *span in self.env.execute_query(query):
            spans[meter_id].append(tuple(span))
        return spans

    @api.model
    def _state_on(self, meters, day):
        """Return ``{meter id: state}`` of meters on a day; a meter without span is missing.

        :param meters: ``maintenance.equipment``
        :param day: a date
        """
        return {
            meter_id: state
            for meter_id, spans in self._states(meters).items()
            for date_from, date_to, state in spans
            if date_from <= day and (date_to is None or day < date_to)
        }

    @api.model
    def _last_done(self, meters):
        """Return ``{meter: newest finished calibration}``, an empty one where there is none.

        :param meters: ``maintenance.equipment``
        """
        self.flush_model()
        query = SQL(
            """SELECT DISTINCT ON (equipment_id) equipment_id, id FROM carbon_calibration
                WHERE state = 'done' AND equipment_id = ANY(%s) ORDER BY equipment_id, date DESC, id DESC""",
            meters.ids,
        )
        found = dict(self.env.execute_query(query))
        return {meter: self.browse(found.get(meter.id)) for meter in meters}
