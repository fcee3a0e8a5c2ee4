from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CarbonInventoryIntensity(models.Model):
    """A denominator of an inventory and the emission per unit of it (R-141).

    Rows of production output are filled from the ledger when the inventory is computed;
    others (revenue, floor area, service hours) are typed in. Frozen with the inventory.
    """

    _name = "carbon.inventory.intensity"
    _description = "Emission Intensity"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "inventory_id, source_id, sequence, id"
    _gate_parent_field = "inventory_id"

    inventory_id = fields.Many2one("carbon.inventory", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="inventory_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Per", required=True, translate=True)
    source_id = fields.Many2one("carbon.source", string="Output", readonly=True, ondelete="restrict")
    site_id = fields.Many2one(
        "carbon.site",
        ondelete="restrict",
        help="With a site, the emissions of that site are divided too.",
    )
    quantity = fields.Float(digits=0, required=True, aggregator=None)
    unit = fields.Char(required=True, help="For instance t, m² or 10⁴ CNY.")
    total_t = fields.Float(string="Emissions (t CO₂e)", compute="_compute_intensity", digits=0)
    intensity = fields.Float(
        string="t CO₂e per Unit",
        compute="_compute_intensity",
        digits=0,
        aggregator=None,
    )
    site_total_t = fields.Float(
        string="Emissions of Site (t CO₂e)",
        compute="_compute_intensity",
        digits=0,
    )
    site_intensity = fields.Float(
        string="t CO₂e per Unit, Site",
        compute="_compute_intensity",
        digits=0,
        aggregator=None,
    )
    expected = fields.Float(digits=0, aggregator=None, help="Expected t CO₂e per unit.")
    advanced = fields.Float(digits=0, aggregator=None, help="Advanced t CO₂e per unit.")
    verdict = fields.Selection(
        [
            ("advanced", "Advanced"),
            ("expected", "As expected"),
            ("above", "Above the expected value"),
        ],
        compute="_compute_intensity",
    )

    _source_uniq = models.UniqueIndex(
        "(inventory_id, source_id) WHERE source_id IS NOT NULL",
        "This output is in the inventory already.",
    )

    @api.depends("quantity", "site_id", "expected", "advanced", "inventory_id.computed_on")
    def _compute_intensity(self):
        sites = self._site_totals()
        for row in self:
            quantity = row.quantity
            row.total_t = row.inventory_id.total_t
            row.intensity = row.total_t / quantity if quantity else 0.0
            key = row.inventory_id.id, row.site_id.id
            row.site_total_t = sites.get(key, 0.0) if row.site_id else 0.0
            row.site_intensity = row.site_total_t / quantity if quantity else 0.0
            row.verdict = row._get_verdict()

    def _get_verdict(self):
        """Compare with the advanced and the expected value, where they are given."""
        value = self.site_intensity if self.site_id else self.intensity
        if not self.quantity or not (self.expected or self.advanced):
            return False
        if self.advanced and value <= self.advanced:
            return "advanced"
        return "expected" if self.expected and value <= self.expected else "above"

    def _site_totals(self):
        """Return {(inventory, site): headline in t}."""
        groups = self.env["carbon.inventory.report"]._read_group(
            [
                ("inventory_id", "in", self.inventory_id.ids),
                ("site_id", "in", self.site_id.ids),
            ],
            ["inventory_id", "site_id"],
            ["total_t:sum"],
        )
        return {(inventory.id, site.id): total or 0.0 for inventory, site, total in groups}

    @api.constrains("quantity")
    def _check_quantity(self):
        for row in self:
            if not row.source_id and row.quantity <= 0:
                raise UserError(
                    self.env._(
                        "%(name)s of %(inventory)s needs a quantity above zero to divide by.",
                        name=row.name,
                        inventory=row.inventory_id.name,
                    )
                )

    @api.model
    def _output_quantities(self, inventory, outputs):
        """Return [(source id, quantity)] of production in the inventory's months."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT a.source_id, SUM(a.quantity) FROM %s a
                 WHERE a.company_id = %s AND a.date BETWEEN %s AND %s
                   AND a.source_id = ANY(%s)
                 GROUP BY a.source_id HAVING SUM(a.quantity) <> 0 ORDER BY a.source_id
                """,
                inventory._sql_ledger("carbon_activity_data"),
                inventory.company_id.id,
                inventory.date_from,
                inventory.date_to,
                outputs.ids,
            )
        )

    @api.model
    def _refresh(self, inventory):
        """Fill the rows of production output from the ledger."""
        sources = self.env["carbon.source"].with_context(active_test=False)
        outputs = sources.search([("company_id", "=", inventory.company_id.id), ("kind", "=", "output")])
        rows = self._output_quantities(inventory, outputs) if outputs else []
        known = self.search([("inventory_id", "=", inventory.id), ("source_id", "!=", False)])
        known.filtered(lambda row: row.source_id.id not in dict(rows)).unlink()
        by_source = known.grouped("source_id")
        for source_id, quantity in rows:
            source = self.env["carbon.source"].browse(source_id)
            vals = {"quantity": quantity, "site_id": source.site_id.id}
            if row := by_source.get(source):
                row.write(vals)
            else:
                self.create(
                    {
                        **vals,
                        "inventory_id": inventory.id,
                        "source_id": source_id,
                        "name": source.name,
                        "unit": source.uom_id.name or source.currency_id.name,
                    }
                )
