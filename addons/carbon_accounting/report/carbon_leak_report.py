from odoo import api, fields, models
from odoo.tools import SQL

from ..models.carbon_refill import CARBON

#: Kinds of refills, each with a column of kg.
MASSES = ("added", "recovered", "disposed", "initial")


def sql_refills():
    """Return SQL of what is done: refills ``r`` with ``kg``; ``%%`` is for LIKE."""
    return SQL(
        """SELECT r.id, r.company_id, r.equipment_id, r.substance_id, r.kind, r.is_retired, r.date,
                  extract(year FROM r.date)::int AS year, r.quantity * u.factor::numeric / k.factor::numeric AS kg,
                  COALESCE(r.lost_kg, 0) AS lost
             FROM carbon_refill r JOIN uom_uom u ON u.id = r.uom_id
             CROSS JOIN (SELECT m.factor FROM uom_uom m JOIN ir_model_data d ON d.model = 'uom.uom' AND d.res_id = m.id
                          WHERE d.module = 'uom' AND d.name = 'product_uom_kgm') k
            WHERE r.state IN ('waiting', 'declared', 'recorded') AND r.kind <> 'fuel' AND r.equipment_id IS NOT NULL"""
    )


def sql_masses():
    """Return SQL of one sum of kg for each kind."""
    return SQL(", ").join(
        SQL("COALESCE(SUM(r.kg) FILTER (WHERE r.kind = %s), 0) AS %s", kind, SQL.identifier(f"{kind}_kg"))
        for kind in MASSES
    )


class CarbonLeakReport(models.Model):
    """Leak rate of each device and year: what its refills show as lost, against the nominal charge. Derived when read.

    What is lost is what was added less what was taken out of the device before (``tools/refills.py``); what a device still
    held when it was taken out of service is lost too, but is no leak.
    """

    _name = "carbon.leak.report"
    _description = "Leak Rate"
    _auto = False
    _order = "year desc, rate desc nulls last, id"
    _rec_name = "equipment_id"

    company_id = fields.Many2one("res.company", readonly=True)
    equipment_id = fields.Many2one("maintenance.equipment", "Device", readonly=True)
    equipment_category_id = fields.Many2one("maintenance.equipment.category", "Category", readonly=True)
    substance_id = fields.Many2one("carbon.emission.factor", readonly=True, groups=CARBON)
    date = fields.Date("Year", readonly=True)
    year = fields.Integer("Calendar Year", readonly=True, aggregator=None)
    job_count = fields.Integer("Jobs", readonly=True)
    added_kg = fields.Float("Added (kg)", readonly=True, digits=0)
    recovered_kg = fields.Float("Recovered (kg)", readonly=True, digits=0)
    disposed_kg = fields.Float("Removed (kg)", readonly=True, digits=0)
    initial_kg = fields.Float("Initial Charge (kg)", readonly=True, digits=0)
    leaked_kg = fields.Float("Leaked (kg)", readonly=True, digits=0, help="Added, less what was taken out before.")
    retired_kg = fields.Float("Lost When Taken out of Service (kg)", readonly=True, digits=0)
    charge_kg = fields.Float("Nominal Charge (kg)", readonly=True, digits=0)
    rate = fields.Float(
        "Leak Rate (%)",
        readonly=True,
        digits=(16, 2),
        aggregator="avg",
        help="Of groups: leaked by nominal charge, not a mean of rates.",
    )
    leak_limit = fields.Float("Limit (%)", readonly=True, digits=0, aggregator=None)
    is_above = fields.Boolean("Above the Limit", readonly=True)

    _depends = {
        "carbon.refill": [
            *(
                "company_id",
                "equipment_id",
                "substance_id",
                "kind",
                "is_retired",
                "date",
                "quantity",
                "uom_id",
                "lost_kg",
                "state",
            ),
        ],
        "maintenance.equipment": ["carbon_charge_kg", "carbon_leak_limit", "category_id"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT g.*, make_date(g.year, 1, 1) AS date, q.category_id AS equipment_category_id, NULLIF(q.carbon_charge_kg, 0) AS charge_kg,
                   100.0 * g.leaked_kg / NULLIF(q.carbon_charge_kg, 0) AS rate, NULLIF(q.carbon_leak_limit, 0) AS leak_limit,
                   COALESCE(100.0 * g.leaked_kg / NULLIF(q.carbon_charge_kg, 0) > NULLIF(q.carbon_leak_limit, 0), FALSE) AS is_above
              FROM (SELECT MIN(r.id) AS id, r.company_id, r.equipment_id, r.substance_id, r.year, %(masses)s,
                           COALESCE(SUM(r.lost) FILTER (WHERE r.is_retired IS NOT TRUE), 0) AS leaked_kg,
                           COALESCE(SUM(r.lost) FILTER (WHERE r.is_retired), 0) AS retired_kg,
                           COUNT(DISTINCT f.request_id)::int AS job_count
                      FROM (%(refills)s) r JOIN carbon_refill f ON f.id = r.id
                     GROUP BY r.company_id, r.equipment_id, r.substance_id, r.year) g
              JOIN maintenance_equipment q ON q.id = g.equipment_id
            """,
            masses=sql_masses(),
            refills=sql_refills(),
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """The rate of a group is what leaked by what the devices hold."""
        if aggregate_spec != "rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        leaked, charge = (self._field_to_sql(self._table, name, query) for name in ("leaked_kg", "charge_kg"))
        return SQL("100.0 * SUM(%s) FILTER (WHERE %s IS NOT NULL) / NULLIF(SUM(%s), 0)", leaked, charge, charge)

    def action_view_refills(self):
        """Open the refills behind the row."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_refill_action")
        days = [("date", ">=", f"{self.year}-01-01"), ("date", "<=", f"{self.year}-12-31")]
        return dict(action, domain=[("equipment_id", "=", self.equipment_id.id), *days], context={})
