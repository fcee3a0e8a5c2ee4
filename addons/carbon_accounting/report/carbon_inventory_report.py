from odoo import api, fields, models
from odoo.tools import SQL

from ..models.carbon_emission_factor_gas import GAS_KINDS
from ..models.carbon_gas import GAS_GROUPS
from ..models.carbon_inventory import STATES
from ..models.carbon_inventory_line import EXCLUSIONS, SEGMENTS, TREATMENTS

SCOPES = [
    ("1", "Scope 1"),
    ("2", "Scope 2"),
    ("3", "Scope 3"),
    ("0", "Outside the scopes"),
    ("none", "Not mapped"),
]
#: Framework code → column of its category.
FRAMEWORK_COLUMNS = {
    "GHGP": "ghg_category",
    "ISO14064-1": "iso_category",
    "GBT32150": "gbt_category",
}
_HEADLINE = SQL("CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END")


class CarbonInventoryReport(models.Model):
    """Inventory lines read through the framework editions that their inventory names.

    One row per inventory line with one column per framework, so that nothing is counted
    twice. A leaf that an edition does not map shows as "Not mapped", never dropped.
    """

    _name = "carbon.inventory.report"
    _description = "Inventory Analysis"
    _auto = False
    _order = "period, id"
    _rec_name = "source_id"
    _depends = {
        "carbon.inventory": ["state", "electricity_basis", "edition_ids", "gwp_set_id", "date_from", "date_to"],
        "carbon.source": ["active_from", "commissioning_date", "equipment_id", "emission_unit_id"],
        "carbon.framework.mapping": [
            "edition_id",
            "emission_category_id",
            "framework_category_id",
        ],
        "carbon.framework.category": ["code", "name", "scope"],
        "carbon.gas": ["gas_group"],
    }

    inventory_id = fields.Many2one("carbon.inventory", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    inventory_state = fields.Selection(STATES, readonly=True)
    gwp_set_id = fields.Many2one("carbon.gwp.set", string="GWP Set", readonly=True)
    period = fields.Date(string="Month", readonly=True)
    source_id = fields.Many2one("carbon.source", readonly=True)
    site_id = fields.Many2one("carbon.site", readonly=True)
    emission_category_id = fields.Many2one("carbon.emission.category", readonly=True)
    segment = fields.Selection(SEGMENTS, readonly=True)
    scope = fields.Selection(SCOPES, readonly=True)
    ghg_category = fields.Char(string="GHG Protocol Category", readonly=True)
    iso_category = fields.Char(string="ISO 14064-1 Category", readonly=True)
    gbt_category = fields.Char(string="GB/T 32150 Category", readonly=True)
    stream = fields.Char(readonly=True)
    version_id = fields.Many2one("carbon.emission.factor.version", string="Factor", readonly=True)
    gas_id = fields.Many2one("carbon.gas", readonly=True)
    gas_group = fields.Selection(GAS_GROUPS, readonly=True)
    gas_kind = fields.Selection(GAS_KINDS, readonly=True)
    treatment = fields.Selection(TREATMENTS, readonly=True)
    exclusion = fields.Selection(EXCLUSIONS, string="Excluded", readonly=True)
    is_new_facility = fields.Boolean(
        "New Facility", readonly=True, help="The source began in the period of the inventory."
    )
    total_t = fields.Float(string="Total (t CO₂e)", digits=0, readonly=True)
    location_t = fields.Float(string="Location-based (t CO₂e)", digits=0, readonly=True)
    market_t = fields.Float(string="Market-based (t CO₂e)", digits=0, readonly=True)
    biogenic_t = fields.Float(string="Biogenic CO₂ (t)", digits=0, readonly=True)
    removal_t = fields.Float(string="Removals (t CO₂e)", digits=0, readonly=True)
    recovered_t = fields.Float(string="Recovered (t CO₂e)", digits=0, readonly=True)
    other_gas_t = fields.Float(string="Gases outside the Seven Groups (t CO₂e)", digits=0, readonly=True)

    @property
    def _table_query(self):
        return self._sql_report()

    @api.model
    def _sql_report(self):
        """Return the query: lines × the mapping of the editions of their inventory."""
        return SQL(
            """
            SELECT l.id, l.inventory_id, l.company_id, i.state AS inventory_state,
                   i.gwp_set_id, l.period, l.source_id, l.site_id,
                   l.emission_category_id, l.segment,
                   COALESCE(c_ghg_category.scope::text, 'none') AS scope,
                   %(labels)s, l.stream, l.version_id, l.gas_id, ga.gas_group,
                   l.gas_kind, l.treatment, l.exclusion,
                   COALESCE(b.date_start BETWEEN i.date_from AND i.date_to, FALSE) AS is_new_facility, %(measures)s
              FROM carbon_inventory_line l
              JOIN carbon_inventory i ON i.id = l.inventory_id
              JOIN carbon_gas ga ON ga.id = l.gas_id
              LEFT JOIN (%(starts)s) b ON b.source_id = l.source_id
              %(joins)s
            """,
            labels=SQL(", ").join(self._sql_label(column) for column in FRAMEWORK_COLUMNS.values()),
            measures=self._sql_measures(),
            starts=self.env["carbon.source"]._sql_starts(),
            joins=SQL(" ").join(self._sql_join(code, column) for code, column in FRAMEWORK_COLUMNS.items()),
        )

    @api.model
    def _sql_measures(self):
        """Return the measures in t; NULL where a line does not belong to one."""
        conditions = {
            "total_t": SQL("l.treatment = 'total' AND %s", _HEADLINE),
            "location_t": SQL("l.treatment = 'total' AND l.in_location"),
            "market_t": SQL("l.treatment = 'total' AND l.in_market"),
        }
        for treatment in ("biogenic", "removal", "recovered", "other_gas"):
            conditions[f"{treatment}_t"] = SQL("l.treatment = %s AND %s", treatment, _HEADLINE)
        return SQL(", ").join(
            SQL(
                "CASE WHEN %s THEN l.co2e_kg / 1000.0 END AS %s",
                condition,
                SQL.identifier(name),
            )
            for name, condition in conditions.items()
        )

    @api.model
    def _sql_label(self, column):
        """Return SQL of the label of a framework category in the user's language."""
        return SQL(
            "COALESCE(%(c)s.code || ' ' || "
            "COALESCE(%(c)s.name->>%(lang)s, %(c)s.name->>'en_US'), %(none)s) "
            "AS %(column)s",
            c=SQL.identifier(f"c_{column}"),
            lang=self.env.lang or "en_US",
            none=self.env._("Not mapped"),
            column=SQL.identifier(column),
        )

    @api.model
    def _sql_join(self, code, column):
        """Return the joins from a line to its category in one framework."""
        return SQL(
            """
            LEFT JOIN (
              SELECT r.carbon_inventory_id AS inventory_id, m.emission_category_id,
                     m.framework_category_id
                FROM carbon_framework_edition_carbon_inventory_rel r
                JOIN carbon_framework_edition e ON e.id = r.carbon_framework_edition_id
                JOIN carbon_framework f ON f.id = e.framework_id AND f.code = %(code)s
                JOIN carbon_framework_mapping m ON m.edition_id = e.id) %(m)s
                   ON %(m)s.inventory_id = l.inventory_id
                  AND %(m)s.emission_category_id = l.emission_category_id
            LEFT JOIN carbon_framework_category %(c)s
                   ON %(c)s.id = %(m)s.framework_category_id
            """,
            code=code,
            m=SQL.identifier(f"m_{column}"),
            c=SQL.identifier(f"c_{column}"),
        )

    def action_view_emissions(self):
        """Open the ledger rows behind the line."""
        line = self.env["carbon.inventory.line"].browse(self.ids[:1])
        return line.action_view_emissions()
