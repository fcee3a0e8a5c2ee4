from odoo import fields, models
from odoo.tools import SQL

from ..models.maintenance_equipment import METER_KINDS, METER_LEVELS

GAPS = [
    ("missing", "No meter"),
    ("out_of_use", "Meter not in use"),
    ("class", "Accuracy class too low"),
    ("unknown", "Accuracy class unknown"),
    ("ok", "Fulfilled"),
]


class CarbonMeteringReport(models.Model):
    """Every place that needs a meter against the requirement on it: rates by level, and the list of gaps (R-040).

    A place without requirement is listed too, with the rate alone. The rate of equipment counts places with a meter in use; a
    class that is too low is a gap of its own.
    """

    _name = "carbon.metering.report"
    _description = "Metering Rate"
    _auto = False
    _order = "level, kind, name, id"

    name = fields.Char("Name of the Place", readonly=True)
    point_id = fields.Many2one("carbon.metering.point", "Place", readonly=True)
    requirement_id = fields.Many2one("carbon.metering.requirement", readonly=True)
    edition = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(METER_KINDS, "Measures", readonly=True)
    level = fields.Selection(METER_LEVELS, readonly=True)
    site_id = fields.Many2one("carbon.site", readonly=True)
    equipment_id = fields.Many2one("maintenance.equipment", "Meter", readonly=True)
    required_class = fields.Char(readonly=True)
    accuracy_class = fields.Char(readonly=True)
    gap = fields.Selection(GAPS, "Result", readonly=True)
    rate = fields.Float(
        "Rate (%)", readonly=True, aggregator="avg", help="Places with a meter in use, in percent of all places."
    )
    required_rate = fields.Float("Required Rate (%)", readonly=True, aggregator="max")
    class_rate = fields.Float("Rate of Sufficient Class (%)", readonly=True, aggregator="avg")
    point_count = fields.Integer("Places", readonly=True)
    request_id = fields.Many2one("maintenance.request", readonly=True)

    _depends = {
        "carbon.metering.point": [
            "name",
            "company_id",
            "active",
            "kind",
            "level",
            "site_id",
            "equipment_id",
            "request_id",
        ],
        "carbon.metering.requirement": [
            "edition",
            "company_id",
            "active",
            "kind",
            "level",
            "required_rate",
            "accuracy_class",
        ],
        "maintenance.equipment": ["active", "carbon_accuracy_class", "carbon_in_use_from", "carbon_in_use_to"],
    }

    @property
    def _table_query(self):
        today = fields.Date.context_today(self)
        return SQL(
            r"""SELECT g.point_id::bigint * 1000000 + COALESCE(g.requirement_id, 0) AS id, g.*,
                       CASE WHEN g.gap IN ('missing', 'out_of_use') THEN 0.0 ELSE 100.0 END AS rate,
                       CASE WHEN g.gap = 'ok' THEN 100.0 ELSE 0.0 END AS class_rate, 1 AS point_count
                  FROM (SELECT p.id AS point_id, p.name, r.id AS requirement_id, r.edition, p.company_id, p.kind, p.level, p.site_id,
                               p.equipment_id, p.request_id, r.required_rate, r.accuracy_class AS required_class,
                               q.carbon_accuracy_class AS accuracy_class,
                               CASE WHEN p.equipment_id IS NULL THEN 'missing'
                                    WHEN NOT q.active OR q.carbon_in_use_to < %(today)s OR q.carbon_in_use_from > %(today)s
                                    THEN 'out_of_use'
                                    WHEN COALESCE(r.accuracy_class, '') = '' THEN 'ok'
                                    WHEN own.class IS NULL OR asked.class IS NULL
                                    THEN CASE WHEN q.carbon_accuracy_class = r.accuracy_class THEN 'ok' ELSE 'unknown' END
                                    WHEN own.class > asked.class THEN 'class' ELSE 'ok' END AS gap
                          FROM carbon_metering_point p
                          LEFT JOIN maintenance_equipment q ON q.id = p.equipment_id
                          LEFT JOIN carbon_metering_requirement r
                            ON r.active AND r.kind = p.kind AND r.level = p.level AND COALESCE(r.company_id, p.company_id) = p.company_id
                          CROSS JOIN LATERAL (SELECT substring(q.carbon_accuracy_class FROM '[0-9]+(?:\.[0-9]+)?')::numeric AS class) own
                          CROSS JOIN LATERAL (SELECT substring(r.accuracy_class FROM '[0-9]+(?:\.[0-9]+)?')::numeric AS class) asked
                         WHERE p.active AND p.company_id = ANY(%(companies)s)) g""",
            today=today,
            companies=self.env.companies.ids,
        )

    def action_request(self):
        """Open the maintenance request for the meter that is missing, made once.

        :return: the window to open
        """
        self.ensure_one()
        return self.point_id.action_request()

    def action_open(self):
        """Open the place.

        :return: the window to open
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.metering.point",
            "res_id": self.point_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
