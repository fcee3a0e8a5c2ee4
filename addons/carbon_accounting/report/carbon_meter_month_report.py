from odoo import api, fields, models
from odoo.tools import SQL


class CarbonMeterMonthReport(models.Model):
    """What meters used, by month, beside what the ledger holds of it (R-131, R-157).

    Derived when read by the query that feeds the ledger. The years asked for are read, no others.
    """

    _name = "carbon.meter.month.report"
    _description = "Consumption of Meters"
    _inherit = ["carbon.quantity.mixin"]
    _auto = False
    _order = "date desc, equipment_id, id"
    _rec_name = "label"

    company_id = fields.Many2one("res.company", readonly=True)
    equipment_id = fields.Many2one("maintenance.equipment", "Meter", readonly=True)
    carbon_meter_kind = fields.Selection(related="equipment_id.carbon_meter_kind", string="Measures")
    date = fields.Date("Month", readonly=True)
    label = fields.Char("Meter and Month", readonly=True)
    quantity = fields.Float(digits=0, readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    state = fields.Selection(
        [("counted", "In the ledger"), ("none", "No emission"), ("waits", "Waits on the worklist")],
        readonly=True,
        help="What the ledger did with it.",
    )
    doubtful = fields.Boolean(
        "Out of Calibration", readonly=True, help="Overdue, failed or never calibrated on some day of it."
    )
    backwards = fields.Boolean("Runs Backwards", readonly=True)
    rule_id = fields.Many2one("carbon.activity.rule", readonly=True)
    source_id = fields.Many2one("carbon.source", readonly=True)

    @api.model
    def _sum_units(self):
        """Return the unit of the quantity."""
        return super()._sum_units() | {"quantity": ("uom_id",)}

    @property
    def _table_query(self):
        months = self.env["carbon.event.source"]._sql_meter_months(
            SQL("o.company_id = ANY(%s)", self.env.companies.ids)
        )
        return SQL(
            """
            SELECT q.id, q.company_id, q.equipment_id, date_trunc('month', q.first::timestamp)::date AS date, q.label,
                   round(q.quantity, 6) AS quantity, q.uom_id, q.doubtful, q.backwards, live.rule_id, live.source_id,
                   CASE WHEN live.id IS NOT NULL THEN 'counted' WHEN i.id IS NOT NULL THEN 'waits' ELSE 'none' END AS state
              FROM (%s) q
              LEFT JOIN LATERAL (
                SELECT a.id, a.rule_id, a.source_id FROM carbon_activity_data a
                 WHERE a.company_id = q.company_id AND a.origin_model = 'carbon.meter.month' AND a.origin_id = q.id
                     AND a.reverses_id IS NULL
                   AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id) LIMIT 1) live ON TRUE
              LEFT JOIN carbon_collection_issue i ON i.company_id = q.company_id AND i.origin_model = 'carbon.meter.month'
               AND i.origin_id = q.id AND i.state = 'open'
            """,
            months,
        )

    def _search(self, domain, *args, **kwargs):
        """Flush, as the query reads tables of models that it does not know by name."""
        self.env.flush_all()
        return super()._search(domain, *args, **kwargs)

    def action_open_readings(self):
        """Show the readings that the month rests on.

        :return: window action
        """
        self.ensure_one()
        return self.env["carbon.meter.month"].browse(self.id).action_open_readings()
