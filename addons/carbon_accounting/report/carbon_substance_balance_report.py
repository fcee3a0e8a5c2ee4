from odoo import fields, models
from odoo.tools import SQL

from .carbon_leak_report import sql_masses, sql_refills


class CarbonSubstanceBalanceReport(models.Model):
    """Mass balance of a substance in a year, as far as refills and nameplates tell (IPCC 2006 V3 7.5.2).

    In devices: opening + came with new devices + added and first charges − taken out − lost = closing. In bottles: opening +
    bought + recovered − added and first charges = closing. Nobody counts bottles here: what went into devices and was not
    recovered before must have been bought, at the latest in that year. Derived when read.
    """

    _name = "carbon.substance.balance.report"
    _description = "Mass Balance of a Substance"
    _auto = False
    _order = "year desc, id"
    _rec_name = "substance_id"

    company_id = fields.Many2one("res.company", readonly=True)
    substance_id = fields.Many2one("carbon.emission.factor", readonly=True)
    date = fields.Date("Year", readonly=True)
    year = fields.Integer("Calendar Year", readonly=True, aggregator=None)
    opening_devices_kg = fields.Float("Opening in Devices (kg)", readonly=True, digits=0, aggregator=None)
    opening_bottles_kg = fields.Float("Opening in Bottles (kg)", readonly=True, digits=0, aggregator=None)
    delivered_kg = fields.Float("Came with New Devices (kg)", readonly=True, digits=0)
    bought_kg = fields.Float("Bought, at Least (kg)", readonly=True, digits=0)
    added_kg = fields.Float("Added (kg)", readonly=True, digits=0)
    initial_kg = fields.Float("Initial Charges (kg)", readonly=True, digits=0)
    recovered_kg = fields.Float("Recovered (kg)", readonly=True, digits=0)
    disposed_kg = fields.Float("Removed for Disposal (kg)", readonly=True, digits=0)
    lost_kg = fields.Float("Lost (kg)", readonly=True, digits=0)
    closing_devices_kg = fields.Float("Closing in Devices (kg)", readonly=True, digits=0, aggregator=None)
    closing_bottles_kg = fields.Float("Closing in Bottles (kg)", readonly=True, digits=0, aggregator=None)
    unrecorded_kg = fields.Float(
        "Scrapped without Record (kg)",
        readonly=True,
        digits=0,
        help="Nominal charge of devices that were scrapped in the year, and whose emptying nobody recorded.",
    )

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
        "maintenance.equipment": [
            *(
                "company_id",
                "is_emission_device",
                "carbon_substance_id",
                "carbon_charge_kg",
                "effective_date",
                "scrap_date",
            ),
        ],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            WITH refill AS MATERIALIZED (%(refills)s),
            device AS MATERIALIZED (
              SELECT q.id, q.company_id, q.carbon_substance_id AS substance_id, q.carbon_charge_kg AS kg,
                     extract(year FROM q.effective_date)::int AS year, extract(year FROM q.scrap_date)::int AS scrapped,
                     EXISTS (SELECT 1 FROM refill r WHERE r.equipment_id = q.id AND r.substance_id = q.carbon_substance_id
                                AND r.kind = 'initial') AS is_charged_here,
                     EXISTS (SELECT 1 FROM refill r WHERE r.equipment_id = q.id AND r.substance_id = q.carbon_substance_id
                                AND r.is_retired) AS is_emptied
                FROM maintenance_equipment q
               WHERE q.is_emission_device AND q.carbon_substance_id IS NOT NULL AND q.carbon_charge_kg > 0 AND q.company_id IS NOT NULL
                 AND q.carbon_substance_id IN (SELECT f.id FROM carbon_emission_factor f
                                                WHERE f.stream_id = %(fugitive)s
                                                UNION SELECT r.substance_id FROM refill r)),
            flow AS (
              SELECT r.company_id, r.substance_id, r.year, %(masses)s, SUM(r.lost) AS lost_kg, 0 AS delivered_kg, 0 AS unrecorded_kg
                FROM refill r WHERE r.substance_id IS NOT NULL GROUP BY 1, 2, 3
              UNION ALL
              SELECT d.company_id, d.substance_id, d.year, 0, 0, 0, 0, 0, SUM(d.kg) FILTER (WHERE NOT d.is_charged_here), 0
                FROM device d GROUP BY 1, 2, 3
              UNION ALL
              SELECT d.company_id, d.substance_id, d.scrapped, 0, 0, 0, 0, 0, 0, SUM(d.kg)
                FROM device d WHERE d.scrapped IS NOT NULL AND NOT d.is_emptied GROUP BY 1, 2, 3),
            span AS (
              SELECT company_id, substance_id, generate_series(MIN(year), GREATEST(MAX(year), %(this_year)s)) AS year
                FROM flow GROUP BY 1, 2),
            yearly AS (
              SELECT s.company_id, s.substance_id, s.year, %(sums)s FROM span s
                LEFT JOIN flow f USING (company_id, substance_id, year) GROUP BY 1, 2, 3),
            running AS (
              SELECT y.*, y.delivered_kg + y.added_kg + y.initial_kg - y.recovered_kg - y.disposed_kg - y.lost_kg AS in_devices,
                     SUM(y.delivered_kg + y.added_kg + y.initial_kg - y.recovered_kg - y.disposed_kg - y.lost_kg)
                       OVER w AS closing_devices_kg,
                     SUM(y.recovered_kg - y.added_kg - y.initial_kg) OVER w AS drawn
                FROM yearly y WINDOW w AS (PARTITION BY y.company_id, y.substance_id ORDER BY y.year)),
            bottles AS (
              SELECT r.*, -LEAST(0, MIN(r.drawn) OVER w) AS bought_so_far
                FROM running r WINDOW w AS (PARTITION BY r.company_id, r.substance_id ORDER BY r.year))
            SELECT row_number() OVER (ORDER BY b.company_id, b.substance_id, b.year)::int AS id, b.company_id, b.substance_id, b.year,
                   make_date(b.year, 1, 1) AS date, b.delivered_kg, b.added_kg, b.initial_kg, b.recovered_kg, b.disposed_kg,
                   b.lost_kg, b.unrecorded_kg, b.closing_devices_kg - b.in_devices AS opening_devices_kg, b.closing_devices_kg,
                   b.bought_so_far - COALESCE(LAG(b.bought_so_far) OVER w, 0) AS bought_kg,
                   b.drawn + b.bought_so_far AS closing_bottles_kg,
                   COALESCE(LAG(b.drawn + b.bought_so_far) OVER w, 0) AS opening_bottles_kg
              FROM bottles b WINDOW w AS (PARTITION BY b.company_id, b.substance_id ORDER BY b.year)
            """,
            refills=sql_refills(),
            masses=sql_masses(),
            sums=SQL(", ").join(
                SQL("COALESCE(SUM(f.%(c)s), 0) AS %(c)s", c=SQL.identifier(name))
                for name in (
                    "delivered_kg",
                    "added_kg",
                    "initial_kg",
                    "recovered_kg",
                    "disposed_kg",
                    "lost_kg",
                    "unrecorded_kg",
                )
            ),
            this_year=fields.Date.context_today(self).year,
            fugitive=self.env.ref("carbon_accounting.emission_stream_fugitive").id,
        )

    def action_view_refills(self):
        """Open the refills behind the row."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_refill_action")
        days = [("date", ">=", f"{self.year}-01-01"), ("date", "<=", f"{self.year}-12-31")]
        mine = [("company_id", "=", self.company_id.id), ("substance_id", "=", self.substance_id.id)]
        return dict(action, domain=[*mine, *days], context={})
