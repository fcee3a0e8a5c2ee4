from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.question import date_bounds, known_ids


class _Window(NamedTuple):
    """What a question leaves of history: days, and numbers of months. An RPC cannot forge it."""

    first: object = None
    last: object = None
    ids: list | None = None

    def predicate(self, companies):
        """Return the condition on months ``o``."""
        parts = [SQL("o.company_id = ANY(%s)", companies)]
        if self.first:
            parts.append(SQL("o.date >= date_trunc('month', %s::date)::date", self.first))
        if self.last:
            parts.append(SQL("o.date <= %s", self.last))
        if self.ids is not None:
            parts.append(SQL("o.id = ANY(%s)", list(self.ids)))
        return SQL(" AND ").join(parts)


class CarbonMeterMonthReport(models.Model):
    """What meters used, by month, beside what the ledger holds of it (R-131, R-157).

    Derived when read, by the query that feeds the ledger. Only the months that a question names are read.
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
        window = self.env.context.get("carbon_meter_window")
        window = window if isinstance(window, _Window) else _Window()
        months = self.env["carbon.event.source"]._sql_meter_months(window.predicate(self.env.companies.ids))
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
        """Flush, as the query reads tables of models that it does not know by name; read only what is asked for."""
        self.env.flush_all()
        asked = Domain(domain).optimize_full(self)
        window = _Window(*date_bounds(asked, "date"), known_ids(asked))
        return super(CarbonMeterMonthReport, self.with_context(carbon_meter_window=window))._search(
            domain, *args, **kwargs
        )

    def action_open_readings(self):
        """Show the readings that the month rests on.

        :return: window action
        """
        self.ensure_one()
        return self.env["carbon.meter.month"].browse(self.id).action_open_readings()
