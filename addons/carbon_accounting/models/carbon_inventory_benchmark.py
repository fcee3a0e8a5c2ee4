from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonInventoryIntensity(models.Model):
    """An intensity beside a benchmark and beside the base year (R-056, R-153)."""

    _inherit = "carbon.inventory.intensity"

    benchmark_id = fields.Many2one(
        "carbon.benchmark",
        ondelete="restrict",
        domain="[('company_id', '=', company_id), ('state', '=', 'confirmed')]",
        help="Gives the advanced value; a limit gives the expected value.",
    )
    base_year_intensity = fields.Float(
        "Base Year",
        compute="_compute_base_year",
        digits=0,
        aggregator=None,
        help="The same intensity in the base year.",
    )
    base_year_change = fields.Float(
        "Change since Base Year (%)", compute="_compute_base_year", digits=0, aggregator=None
    )

    @api.depends("name", "source_id", "quantity", "site_id", "inventory_id.computed_on")
    def _compute_base_year(self):
        for company, rows in self.grouped("company_id").items():
            base = self.env["carbon.inventory"]._base_year(company)
            known = {row._base_key(): row for row in base.intensity_ids}
            for row in rows:
                before = known.get(row._base_key()) if row.inventory_id != base else None
                row.base_year_intensity = before._compared() if before else 0.0
                change = row._compared() - row.base_year_intensity
                row.base_year_change = 100.0 * change / row.base_year_intensity if row.base_year_intensity else 0.0

    def _base_key(self):
        """Return what makes an intensity the same in another year."""
        return self.source_id.id or self.with_context(lang=None).name, self.site_id.id, self.unit

    def _compared(self):
        """Return the intensity that is judged: of the site, where there is one."""
        return self.site_intensity if self.site_id else self.intensity

    @api.model_create_multi
    def create(self, vals_list):
        """Take the values of benchmarks over."""
        rows = super().create(vals_list)
        rows._apply_benchmark()
        return rows

    def write(self, vals):
        """Take the values of benchmarks over, also where somebody typed beside them."""
        result = super().write(vals)
        if vals.keys() & {"benchmark_id", "unit", "advanced", "expected"}:
            self._apply_benchmark()
        return result

    def _apply_benchmark(self):
        """Let rows show the value of their benchmark; refuse one of another unit, company or year."""
        for row in self.filtered("benchmark_id"):
            benchmark, year = row.benchmark_id, row.inventory_id.date_to.year
            if benchmark.company_id != row.company_id or not benchmark.filtered_domain(benchmark._valid_in(year)):
                raise UserError(
                    self.env._(
                        "%(benchmark)s is not confirmed, or not valid in %(year)s.",
                        benchmark=benchmark.display_name,
                        year=year,
                    )
                )
            benchmark._require_unit(f"t CO₂e/{row.unit}", row.name)
            name = "expected" if benchmark.kind == "limit" else "advanced"
            if row[name] != benchmark.value:
                row.write({name: benchmark.value})
