from odoo import api, fields, models
from odoo.tools import SQL

from ..models.carbon_consolidation import STATES
from ..models.carbon_consolidation_totals import TOTALS
from ..models.carbon_emission_factor_gas import GAS_KINDS
from ..models.carbon_gas import GAS_GROUPS
from ..models.carbon_inventory_line import SEGMENTS, TREATMENTS
from .carbon_inventory_report import FRAMEWORK_COLUMNS, SCOPES

#: Measure → (condition of a total, column of the line).
_MEASURES = {
    "total_t": ("total_t", "consolidated_kg"),
    "location_t": ("location_t", "consolidated_kg"),
    "market_t": ("market_t", "consolidated_kg"),
    "own_t": ("total_t", "own_kg"),
    "eliminated_t": ("total_t", "eliminated_kg"),
    "biogenic_t": ("biogenic_t", "consolidated_kg"),
    "removal_t": ("removal_t", "consolidated_kg"),
    "recovered_t": ("recovered_t", "consolidated_kg"),
    "other_gas_t": ("other_gas_t", "consolidated_kg"),
}


class CarbonConsolidationReport(models.Model):
    """Lines of consolidated inventories read through the framework editions that these name; one row per line."""

    _name = "carbon.consolidation.report"
    _description = "Consolidated Inventory Analysis"
    _auto = False
    _order = "id"
    _rec_name = "emission_category_id"
    _depends = {
        "carbon.consolidation": ["state", "electricity_basis", "edition_ids", "date_from"],
        "carbon.framework.mapping": ["edition_id", "emission_category_id", "framework_category_id"],
        "carbon.framework.category": ["code", "name", "scope"],
        "carbon.gas": ["gas_group"],
    }

    consolidation_id = fields.Many2one("carbon.consolidation", string="Consolidated Inventory", readonly=True)
    company_id = fields.Many2one("res.company", string="Reporting Company", readonly=True)
    state = fields.Selection(STATES, readonly=True)
    date_from = fields.Date(string="First Day", readonly=True)
    member_id = fields.Many2one("carbon.consolidation.member", string="Company", readonly=True)
    member_company_id = fields.Many2one("res.company", string="Company in Odoo", readonly=True)
    emission_category_id = fields.Many2one("carbon.emission.category", readonly=True)
    segment = fields.Selection(SEGMENTS, readonly=True)
    scope = fields.Selection(SCOPES, readonly=True)
    ghg_category = fields.Char(string="GHG Protocol Category", readonly=True)
    iso_category = fields.Char(string="ISO 14064-1 Category", readonly=True)
    gbt_category = fields.Char(string="GB/T 32150 Category", readonly=True)
    gas_id = fields.Many2one("carbon.gas", readonly=True)
    gas_group = fields.Selection(GAS_GROUPS, readonly=True)
    gas_kind = fields.Selection(GAS_KINDS, readonly=True)
    treatment = fields.Selection(TREATMENTS, readonly=True)
    total_t = fields.Float(string="Total (t CO₂e)", digits=0, readonly=True)
    location_t = fields.Float(string="Location-based (t CO₂e)", digits=0, readonly=True)
    market_t = fields.Float(string="Market-based (t CO₂e)", digits=0, readonly=True)
    own_t = fields.Float(
        string="Own, at 100 % (t CO₂e)", digits=0, readonly=True, help="Before shares and eliminations."
    )
    eliminated_t = fields.Float(string="Eliminated (t CO₂e)", digits=0, readonly=True)
    biogenic_t = fields.Float(string="Biogenic CO₂ (t)", digits=0, readonly=True)
    removal_t = fields.Float(string="Removals (t CO₂e)", digits=0, readonly=True)
    recovered_t = fields.Float(string="Recovered (t CO₂e)", digits=0, readonly=True)
    other_gas_t = fields.Float(string="Gases outside the Seven Groups (t CO₂e)", digits=0, readonly=True)

    @property
    def _table_query(self):
        return self._sql_report()

    @api.model
    def _sql_report(self):
        """Return the query: lines × the mapping of the editions of their consolidated inventory."""
        labels = self.env["carbon.inventory.report"]
        return SQL(
            """
            SELECT l.id, l.consolidation_id, l.company_id, c.state, c.date_from, l.member_id, l.member_company_id,
                   l.emission_category_id, l.segment, COALESCE(c_ghg_category.scope::text, 'none') AS scope, %(labels)s,
                   l.gas_id, ga.gas_group, l.gas_kind, l.treatment, %(measures)s
              FROM carbon_consolidation_line l
              JOIN carbon_consolidation c ON c.id = l.consolidation_id
              JOIN carbon_gas ga ON ga.id = l.gas_id
              %(joins)s
            """,
            labels=SQL(", ").join(labels._sql_label(column) for column in FRAMEWORK_COLUMNS.values()),
            measures=SQL(", ").join(
                SQL("CASE WHEN %s THEN l.%s / 1000.0 END AS %s", SQL(TOTALS[where]), SQL(column), SQL.identifier(name))
                for name, (where, column) in _MEASURES.items()
            ),
            joins=SQL(" ").join(self._sql_join(code, column) for code, column in FRAMEWORK_COLUMNS.items()),
        )

    @api.model
    def _sql_join(self, code, column):
        """Return the joins from a line to its category in one framework."""
        return SQL(
            """
            LEFT JOIN (
              SELECT r.carbon_consolidation_id AS consolidation_id, m.emission_category_id, m.framework_category_id
                FROM carbon_consolidation_carbon_framework_edition_rel r
                JOIN carbon_framework_edition e ON e.id = r.carbon_framework_edition_id
                JOIN carbon_framework f ON f.id = e.framework_id AND f.code = %(code)s
                JOIN carbon_framework_mapping m ON m.edition_id = e.id) %(m)s
                   ON %(m)s.consolidation_id = l.consolidation_id AND %(m)s.emission_category_id = l.emission_category_id
            LEFT JOIN carbon_framework_category %(c)s ON %(c)s.id = %(m)s.framework_category_id
            """,
            code=code,
            m=SQL.identifier(f"m_{column}"),
            c=SQL.identifier(f"c_{column}"),
        )

    def action_view_inventory_lines(self):
        """Open the lines of the company's own inventory behind the line."""
        return self.env["carbon.consolidation.line"].browse(self.ids[:1]).action_view_inventory_lines()
