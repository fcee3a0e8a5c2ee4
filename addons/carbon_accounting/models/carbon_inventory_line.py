from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.ledger_fields import LedgerMany2one
from .carbon_emission_factor_gas import GAS_KINDS

TREATMENTS = [
    ("total", "In the total"),
    ("biogenic", "Biogenic CO₂, apart"),
    ("removal", "Removal, apart"),
    ("recovered", "Recovered, apart"),
    ("other_gas", "Outside the seven gas groups, apart"),
]
SEGMENTS = [
    ("direct", "Direct"),
    ("energy", "Purchased energy"),
    ("other", "Other indirect"),
]
EXCLUSIONS = [
    ("site", "Site outside the boundary"),
    ("control", "Site without control"),
    ("gas", "Gas outside the boundary"),
    ("category", "Category outside the boundary"),
]
_GUARD = """
CREATE OR REPLACE FUNCTION carbon_inventory_line_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE bad text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'carbon inventory: lines cannot be truncated'
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT string_agg(DISTINCT i.name, ', ') INTO bad
      FROM (SELECT DISTINCT inventory_id FROM touched) r
      JOIN carbon_inventory i ON i.id = r.inventory_id WHERE i.state <> 'draft';
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'carbon inventory %: its lines are frozen', bad
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
_TRIGGERS = {
    "carbon_inventory_line_insert": "AFTER INSERT {on} REFERENCING NEW {each}",
    "carbon_inventory_line_old": "AFTER UPDATE {on} REFERENCING OLD {each}",
    "carbon_inventory_line_new": "AFTER UPDATE {on} REFERENCING NEW {each}",
    "carbon_inventory_line_delete": "AFTER DELETE {on} REFERENCING OLD {each}",
    "carbon_inventory_line_truncate": "BEFORE TRUNCATE {on} FOR EACH STATEMENT",
}


class CarbonInventoryLine(models.Model):
    """One month, source, leaf, stream, factor version and gas of an inventory.

    ``mass = quantity × kg per unit × share`` and ``CO2e = mass × GWP``, all kept, so
    that every line can be re-performed by itself. Invariant: lines are written by the
    computation of a draft only; the database refuses everything else.
    """

    _name = "carbon.inventory.line"
    _description = "GHG Inventory Line"
    _log_access = False
    _order = "period, source_id, stream, gas_id, id"
    _rec_name = "source_id"

    # no foreign key and no index of their own: the unique key begins with the inventory, whose deletion takes the lines along
    inventory_id = LedgerMany2one("carbon.inventory", required=True)
    company_id = LedgerMany2one("res.company", required=True)
    period = fields.Date(string="Month", required=True)
    source_id = LedgerMany2one("carbon.source", required=True)
    # as it was when computed: a source that moves later takes its emissions along in later inventories only
    site_id = LedgerMany2one("carbon.site")
    emission_category_id = LedgerMany2one("carbon.emission.category", required=True)
    segment = fields.Selection(SEGMENTS, required=True)
    stream = fields.Char(required=True)
    basis = fields.Selection([("location", "Location-based"), ("market", "Market-based")], string="Electricity Basis")
    in_location = fields.Boolean(string="In Location-based Result")
    in_market = fields.Boolean(string="In Market-based Result")
    version_id = LedgerMany2one("carbon.emission.factor.version", string="Factor", required=True)
    gas_id = LedgerMany2one("carbon.gas", required=True)
    gas_kind = fields.Selection(GAS_KINDS, required=True)
    treatment = fields.Selection(TREATMENTS, required=True)
    quantity = fields.Float(
        digits=0,
        aggregator=None,
        help="In the unit of the factor, 100 % of the company.",
    )
    kg_per_unit = fields.Float(string="kg per Unit", digits=0, aggregator=None)
    share = fields.Float(
        digits=0,
        aggregator=None,
        help="Consolidation by the boundary; 0 where excluded.",
    )
    exclusion = fields.Selection(EXCLUSIONS, string="Excluded")
    mass_kg = fields.Float(string="Mass (kg)", digits=0)
    gwp = fields.Float(string="GWP", digits=0, aggregator=None)
    co2e_kg = fields.Float(string="kg CO₂e", digits=0)
    co2e_t = fields.Float(string="t CO₂e", compute="_compute_co2e_t", digits=0, aggregator=None)

    _key_uniq = models.UniqueIndex(
        "(inventory_id, period, source_id, emission_category_id, stream, version_id, in_location, in_market, gas_id, gas_kind)"
    )

    def init(self):
        """Install the guard: rows come, change and go in drafts only."""
        self.env.cr.execute(_GUARD)
        self._install_guard(self._table)

    @api.model
    def _install_guard(self, table):
        """Freeze the rows of a table with the inventory that its column ``inventory_id`` names."""
        for name, when in _TRIGGERS.items():
            event = when.format(on=f"ON {table}", each="TABLE AS touched FOR EACH STATEMENT")
            self.env.cr.execute(
                SQL(
                    "DROP TRIGGER IF EXISTS %(name)s ON %(table)s; "
                    "CREATE TRIGGER %(name)s %(event)s EXECUTE FUNCTION carbon_inventory_line_guard()",
                    name=SQL.identifier(name),
                    table=SQL.identifier(table),
                    event=SQL(event),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: only the computation writes lines."""
        raise UserError(self.env._("Inventory lines are computed from the ledger and cannot be typed in."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: only the computation writes lines."""
        raise UserError(self.env._("Inventory lines are never edited. Correct the origin and compute the draft again."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_computed(self):
        raise UserError(self.env._("Inventory lines are never deleted. Compute the draft again."))

    @api.depends("co2e_kg")
    def _compute_co2e_t(self):
        for line in self:
            line.co2e_t = line.co2e_kg / 1000.0

    def action_view_emissions(self):
        """Open the ledger rows behind the line; each opens its document."""
        self.ensure_one()
        return self.inventory_id._emission_action(
            [
                ("date", ">=", self.period),
                ("date", "<=", fields.Date.end_of(self.period, "month")),
                ("source_id", "=", self.source_id.id),
                ("category_id", "=", self.emission_category_id.id),
                ("stream", "=", self.stream),
                ("version_id", "=", self.version_id.id),
                ("lends", "=", bool(self.basis) and self.in_location and self.in_market),
            ]
        )
