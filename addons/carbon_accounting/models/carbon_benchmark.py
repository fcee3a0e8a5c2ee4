from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.measures import same_unit

KINDS = [
    ("advanced_national", "Advanced, national"),
    ("advanced_international", "Advanced, international"),
    ("own_best", "Own best"),
    ("limit", "Limit"),
]


class CarbonBenchmark(models.Model):
    """An advanced value or a limit to compare with, and where it comes from (R-056, R-055).

    Invariant: only confirmed benchmarks are compared with, and a confirmed one keeps its value and its source; the years
    in which it is valid may be ended.
    """

    _name = "carbon.benchmark"
    _description = "Benchmark"
    _inherit = ["carbon.company.mixin", "carbon.record.mixin"]
    _order = "company_id, name, year_from desc, id desc"
    _rec_names_search = ["name", "number"]
    _check_company_auto = True
    _record_sequence = "carbon.benchmark"

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(KINDS, required=True, default="advanced_national", tracking=True)
    applies_to = fields.Selection(
        [("sector", "Sector"), ("product", "Product"), ("source", "Emission source"), ("device", "Device")],
        required=True,
        default="sector",
        tracking=True,
    )
    sector = fields.Char(help="Sector or process that the value is about, as its source names it.")
    product_id = fields.Many2one("product.product", check_company=True, ondelete="restrict")
    source_id = fields.Many2one(
        "carbon.source", check_company=True, ondelete="restrict", domain="[('company_id', '=', company_id)]"
    )
    equipment_id = fields.Many2one("maintenance.equipment", "Device", check_company=True, ondelete="restrict")
    value = fields.Float(digits=0, required=True, aggregator=None, tracking=True)
    unit = fields.Char(required=True, tracking=True, help="As the unit of the parameter, for instance t CO₂e/t.")
    source_document = fields.Char(
        "Published In",
        required=True,
        tracking=True,
        help="Standard, list or report with edition and page; for an own best the period in which it was reached.",
    )
    year_from = fields.Integer("Valid From Year", required=True, aggregator=None)
    year_to = fields.Integer("Valid Until Year", aggregator=None, tracking=True)
    note = fields.Text()

    _value_check = models.Constraint("CHECK(value > 0)", "A benchmark is a value above zero.")
    _years_check = models.Constraint(
        "CHECK(year_from BETWEEN 1990 AND 2200 AND (COALESCE(year_to, 0) = 0 OR year_to >= year_from))",
        "The years of a benchmark lie between 1990 and 2200 and end after they begin.",
    )

    @api.model
    def _gate_unfrozen_fields(self):
        """Its validity may end, and clauses may be linked."""
        return super()._gate_unfrozen_fields() | {"year_to", "clause_ids"}

    @api.constrains("applies_to", "sector", "product_id", "source_id", "equipment_id")
    def _check_subject(self):
        for benchmark in self:
            name = {"sector": "sector", "product": "product_id", "source": "source_id", "device": "equipment_id"}
            name = name[benchmark.applies_to]
            if not benchmark[name]:
                raise ValidationError(
                    self.env._(
                        "%(benchmark)s names no %(subject)s. Say what its value is about.",
                        benchmark=benchmark.name,
                        subject=self._fields[name]._description_string(self.env),
                    )
                )

    @api.model
    def _valid_in(self, year):
        """Return the domain of confirmed benchmarks of a year."""
        return Domain(
            [
                *(("state", "=", "confirmed"), ("year_from", "<=", year)),
                *("|", ("year_to", "in", (False, 0)), ("year_to", ">=", year)),
            ]
        )

    def _require_unit(self, unit, what):
        """Refuse to compare with a value in another unit.

        :param unit: unit of the value at hand
        :param what: name of the value at hand
        :raises UserError: naming both units
        """
        for benchmark in self:
            if not same_unit(benchmark.unit, unit):
                raise UserError(
                    self.env._(
                        "%(benchmark)s is in %(unit)s and %(what)s is in %(other)s. They cannot be compared: enter the benchmark "
                        "in the unit of what it is compared with.",
                        benchmark=benchmark.display_name,
                        unit=benchmark.unit,
                        what=what,
                        other=unit,
                    )
                )

    def _strictest(self, year, higher=False):
        """Return the value to compare a year with: the best advanced one, or the limit if there is nothing else.

        :param higher: more is better
        :return: the benchmark, or none
        """
        valid = self.filtered_domain(self._valid_in(year))
        pick = valid.filtered(lambda b: b.kind != "limit") or valid
        return pick.sorted("value", reverse=higher)[:1]

    def action_confirm(self):
        """Confirm the benchmarks: from now on their value and source are fixed."""
        self.check_access("write")
        return super().action_confirm()

    def _trail_payload(self):
        """Keep what was confirmed."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "name", "kind", "applies_to", "unit", "source_document"]),
            "value": repr(self.value),
            "years": [self.year_from, self.year_to or None],
        }
