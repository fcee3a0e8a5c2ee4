from odoo import fields, models
from odoo.tools import SQL

#: Numbers of rows: the number of the record, and what it is.
_KINDS = 4


class CarbonNewFacilityReport(models.Model):
    """Sources, emission units and equipment by the day on which they began, and whether the plan monitors them (R-137).

    Equipment is listed if it is an emission device, belongs to an emission unit or a source, or if its category has such equipment:
    what is newly installed is seen before anybody has linked it. Derived when read.
    """

    _name = "carbon.new.facility.report"
    _description = "New Facility"
    _auto = False
    _order = "date_start desc, id"
    _rec_name = "name"

    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(
        [("source", "Emission source"), ("unit", "Emission unit"), ("equipment", "Equipment")], readonly=True
    )
    name = fields.Char(readonly=True)
    date_start = fields.Date("In Use From", readonly=True)
    has_item = fields.Boolean("Monitored", readonly=True, help="The plan in force has an item for it.")
    is_linked = fields.Boolean("In the Boundary", readonly=True, help="A source, a unit, or equipment of one of them.")
    source_id = fields.Many2one("carbon.source", "Emission Source", readonly=True)
    unit_id = fields.Many2one("carbon.emission.unit", "Emission Unit", readonly=True)
    equipment_id = fields.Many2one("maintenance.equipment", readonly=True)

    _depends = {
        "carbon.source": [
            *(
                "name",
                "company_id",
                "active",
                "planned",
                "active_from",
                "commissioning_date",
                "equipment_id",
                "emission_unit_id",
            )
        ],
        "carbon.emission.unit": ["complete_name", "company_id", "active", "date_start", "equipment_ids", "parent_path"],
        "carbon.monitoring.item": ["plan_id", "source_id", "equipment_id"],
        "carbon.monitoring.plan": ["state", "company_id", "date_from", "date_to"],
        "maintenance.equipment": [
            "name",
            "company_id",
            "active",
            "effective_date",
            "category_id",
            "is_emission_device",
        ],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            WITH item AS MATERIALIZED (
              SELECT p.company_id, i.source_id, i.equipment_id, s.emission_unit_id, s.equipment_id AS device_id
                FROM carbon_monitoring_item i JOIN carbon_monitoring_plan p ON p.id = i.plan_id
                LEFT JOIN carbon_source s ON s.id = i.source_id
               WHERE p.state = 'approved' AND p.company_id = ANY(%(companies)s)
                 AND p.date_from <= %(today)s AND COALESCE(p.date_to, 'infinity'::date) >= %(today)s),
            device AS MATERIALIZED (
              SELECT r.maintenance_equipment_id AS id, r.carbon_emission_unit_id AS unit_id FROM %(rel)s r
               UNION SELECT equipment_id, NULL FROM carbon_source WHERE equipment_id IS NOT NULL),
            emitting AS MATERIALIZED (
              SELECT DISTINCT q.category_id FROM device d JOIN maintenance_equipment q ON q.id = d.id WHERE q.category_id IS NOT NULL)
            SELECT s.id * %(kinds)s AS id, s.company_id, 'source' AS kind, COALESCE(s.name ->> %(lang)s, s.name ->> 'en_US') AS name,
                   COALESCE(s.active_from, s.commissioning_date) AS date_start,
                   s.id IN (SELECT source_id FROM item WHERE source_id IS NOT NULL) AS has_item,
                   TRUE AS is_linked, s.id AS source_id, s.emission_unit_id AS unit_id, s.equipment_id
              FROM carbon_source s
             WHERE s.company_id = ANY(%(companies)s) AND s.active AND NOT COALESCE(s.planned, FALSE)
               AND COALESCE(s.active_from, s.commissioning_date) IS NOT NULL
            UNION ALL
            SELECT u.id * %(kinds)s + 1, u.company_id, 'unit', u.complete_name, u.date_start,
                   EXISTS (SELECT 1 FROM item i JOIN carbon_emission_unit b ON b.id = i.emission_unit_id
                            WHERE b.parent_path LIKE u.parent_path || '%%'),
                   TRUE, NULL, u.id, NULL
              FROM carbon_emission_unit u WHERE u.company_id = ANY(%(companies)s) AND u.active AND u.date_start IS NOT NULL
            UNION ALL
            SELECT q.id * %(kinds)s + 2, q.company_id, 'equipment', COALESCE(q.name ->> %(lang)s, q.name ->> 'en_US'), q.effective_date,
                   EXISTS (SELECT 1 FROM item i WHERE i.company_id = q.company_id AND (q.id IN (i.equipment_id, i.device_id)
                              OR i.emission_unit_id IN (SELECT d.unit_id FROM device d WHERE d.id = q.id))),
                   q.id IN (SELECT id FROM device), NULL, (SELECT MIN(d.unit_id) FROM device d WHERE d.id = q.id), q.id
              FROM maintenance_equipment q
             WHERE q.company_id = ANY(%(companies)s) AND q.active AND q.effective_date IS NOT NULL
               AND (q.is_emission_device OR q.id IN (SELECT id FROM device) OR q.category_id IN (SELECT category_id FROM emitting))
            """,
            companies=self.env.companies.ids,
            today=fields.Date.context_today(self),
            lang=self.env.lang or "en_US",
            kinds=_KINDS,
            rel=SQL.identifier(self.env["carbon.emission.unit"]._fields["equipment_ids"].relation),
        )

    def action_open(self):
        """Open the source, unit or equipment."""
        self.ensure_one()
        model = {"source": "carbon.source", "unit": "carbon.emission.unit", "equipment": "maintenance.equipment"}[
            self.kind
        ]
        record = {"source": self.source_id, "unit": self.unit_id, "equipment": self.equipment_id}[self.kind]
        return {"type": "ir.actions.act_window", "res_model": model, "res_id": record.id, "view_mode": "form"}
