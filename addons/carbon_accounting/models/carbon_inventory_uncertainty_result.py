from odoo import api, fields, models

from ..tools.ledger_fields import KnownFloat, LedgerMany2one
from ..tools.uncertainty import spread_text
from .carbon_activity_data import QUALITIES
from .carbon_inventory_line import SEGMENTS

LEVELS = [
    ("total", "Total"),
    ("segment", "Direct, energy, other"),
    ("category", "Category"),
    ("source", "Source"),
    ("activity", "Measurement"),
    ("factor", "Factor"),
]
#: Totals of an inventory, with what they take of the rows of its uncertainty: (treatment, segment left out, basis).
MEASURES = {
    "total_t": ("total", None, None),
    "without_energy_t": ("total", "energy", None),
    "location_t": ("total", None, "location"),
    "market_t": ("total", None, "market"),
    "biogenic_t": ("biogenic", None, None),
    "removal_t": ("removal", None, None),
}
#: Widest interval, in ±%, of each rating.
RATINGS = {"high": 5.0, "good": 15.0, "fair": 30.0}
#: From which coverage on, in %, an interval is rated: what is not known would flatter it.
ALL = 99.95
#: Below this coverage, in %, no interval is shown: of what nobody knows most of, it would be a figment.
LEAST_COVERAGE = 50.0


class CarbonInventoryUncertaintyResult(models.Model):
    """Interval of a total, category or source of an inventory, and what one measurement or factor adds to it (R-138).

    Written by the assessment of a draft only; frozen with the lines. Percentages are half the 95 % interval. Of a
    measurement or a factor ``half_t`` is what its error alone moves the headline total by; the squares of all of them add
    up to the square of the total's.
    """

    _name = "carbon.inventory.uncertainty.result"
    _description = "Uncertainty of an Inventory"
    _inherit = ["carbon.inventory.row.mixin"]
    _log_access = False
    _order = "inventory_id, sequence, id"

    inventory_id = LedgerMany2one("carbon.inventory", required=True, index=True)
    company_id = LedgerMany2one("res.company", required=True)
    sequence = fields.Integer(aggregator=None)
    level = fields.Selection(LEVELS, required=True)
    measure = fields.Selection(
        [
            ("total_t", "With purchased energy"),
            ("without_energy_t", "Without purchased energy"),
            ("location_t", "Location-based"),
            ("market_t", "Market-based"),
            ("biogenic_t", "Biogenic CO₂"),
            ("removal_t", "Removals"),
        ]
    )
    segment = fields.Selection(SEGMENTS)
    emission_category_id = LedgerMany2one("carbon.emission.category")
    source_id = LedgerMany2one("carbon.source")
    equipment_id = LedgerMany2one("maintenance.equipment", string="Instrument")
    quality = fields.Selection(QUALITIES, string="Activity Data")
    factor_id = LedgerMany2one("carbon.emission.factor")
    co2e_t = fields.Float(string="t CO₂e", digits=0, aggregator=None)
    percent = KnownFloat(string="±%", digits=0, aggregator=None)
    half_t = KnownFloat(string="± t CO₂e", digits=0, aggregator=None)
    below_t = KnownFloat(
        string="− t CO₂e",
        digits=0,
        aggregator=None,
        help="Only where the sides differ: from the value down to the end of the interval.",
    )
    above_t = KnownFloat(
        string="+ t CO₂e",
        digits=0,
        aggregator=None,
        help="Only where the sides differ: from the value up to the end of the interval.",
    )
    spread = fields.Char(
        string="Uncertainty (%)", compute="_compute_bounds", help="± where both sides are alike, −/+ where they differ."
    )
    below_percent = KnownFloat(string="−%", compute="_compute_bounds", digits=0, aggregator=None)
    above_percent = KnownFloat(string="+%", compute="_compute_bounds", digits=0, aggregator=None)
    lower_t = KnownFloat(string="From (t CO₂e)", compute="_compute_bounds", digits=0, aggregator=None)
    upper_t = KnownFloat(string="To (t CO₂e)", compute="_compute_bounds", digits=0, aggregator=None)
    is_known = fields.Boolean(
        compute="_compute_is_known", help="At least half of the emissions have a known uncertainty."
    )
    rating = fields.Selection(
        [("high", "High"), ("good", "Good"), ("fair", "Fair"), ("poor", "Poor")],
        compute="_compute_rating",
        help="High up to ±5 %, good up to ±15 %, fair up to ±30 %. Only where all of it is known.",
    )
    coverage = KnownFloat(
        string="Known (%)",
        digits=0,
        aggregator=None,
        help="Share of the emissions whose activity data and factor both have an uncertainty. What is not known adds nothing to "
        "the interval. Of a measurement or a factor: share of its emissions for which its own uncertainty is known.",
    )
    headline_state = fields.Selection(related="inventory_id.uncertainty_state", export_string_translation=False)
    score = KnownFloat(
        string="Quality Score",
        digits=0,
        aggregator=None,
        help="Activity data × factor, weighted by emissions: 1 best, 9 worst.",
    )
    share = KnownFloat(string="Share of the Variance (%)", digits=0, aggregator=None)
    halved_percent = KnownFloat(
        string="Total if Halved (±%)",
        digits=0,
        aggregator=None,
        help="Uncertainty of the headline total if this measurement or factor were twice as good.",
    )

    @api.depends("co2e_t", "half_t", "below_t", "above_t", "percent")
    def _compute_bounds(self):
        for row in self:
            known, differs = row.half_t is not False, row.below_t is not False
            below, above = (row.below_t, row.above_t) if differs else (row.half_t, row.half_t)
            row.lower_t, row.upper_t = (row.co2e_t - below, row.co2e_t + above) if known else (False, False)
            shares = [100 * side / abs(row.co2e_t) if differs and row.co2e_t else False for side in (below, above)]
            row.below_percent, row.above_percent = shares
            row.spread = spread_text(row.percent, *shares)

    @api.depends("coverage")
    def _compute_is_known(self):
        for row in self:
            # components of older assessments carry no coverage
            row.is_known = row.coverage is False or row.coverage >= LEAST_COVERAGE

    @api.depends("level", "percent", "coverage")
    def _compute_rating(self):
        for row in self:
            known = row.level not in ("activity", "factor") and row.coverage >= ALL and row.percent is not False
            row.rating = known and next((name for name, width in RATINGS.items() if row.percent <= width), "poor")

    @api.depends(
        "level", "measure", "segment", "emission_category_id", "source_id", "equipment_id", "factor_id", "quality"
    )
    def _compute_display_name(self):
        labels = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in ("measure", "segment", "quality")
        }
        for row in self:
            if row.level == "activity":
                where = row.equipment_id.display_name or row.source_id.display_name
                row.display_name = f"{where} ({labels['quality'].get(row.quality, '')})" if row.quality else where
            elif row.level == "factor" and row.source_id:
                row.display_name = self.env._("%(name)s: parameters of the method", name=row.source_id.display_name)
            else:
                row.display_name = (
                    labels["measure"].get(row.measure)
                    or labels["segment"].get(row.segment)
                    or (row.emission_category_id or row.source_id or row.factor_id).display_name
                )

    @api.model
    def _computed_only(self):
        return self.env._(
            "Uncertainties of an inventory are assessed from its ledger. Correct the rule, the declaration or the factor "
            "version, and assess the draft again."
        )

    def action_view_parts(self):
        """Open the parts of the inventory that this row sums up or that share its measurement or factor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_inventory_uncertainty_action")
        domain = [("inventory_id", "=", self.inventory_id.id)]
        domain += [(name, "=", self[name]) for name in ("segment", "quality") if self[name]]
        records = ("emission_category_id", "source_id", "equipment_id", "factor_id")
        domain += [(name, "=", self[name].id) for name in records if self[name]]
        return dict(action, domain=domain, context={})
