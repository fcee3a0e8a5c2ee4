from odoo import api, fields, models
from odoo.exceptions import ValidationError

TOPICS = [
    ("planning_design", "Planning and design"),
    ("energy_structure", "Energy structure"),
    ("green_energy", "Green energy systems"),
    ("transport_logistics", "Transport and logistics"),
    ("low_carbon_buildings", "Low-carbon buildings"),
]


class CarbonGreenPlan(models.Model):
    """The green low-carbon planning of a company or site for a year, in five topics (R-110).

    Invariant: measures of an approved version do not change; how far they are does.
    """

    _name = "carbon.green.plan"
    _description = "Green Plan"
    _inherit = ["carbon.versioned.mixin"]
    _order = "company_id, year desc, date_from desc, id desc"
    _rec_names_search = ["name", "number"]
    _check_company_auto = True

    _record_sequence = "carbon.green.plan"
    _gate_second_person = "separate_supplier_approval"
    _version_key = ("company_id", "site_id", "year")

    site_id = fields.Many2one(
        "carbon.site",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Works or park. Empty: the whole company.",
    )
    year = fields.Integer(
        required=True, aggregator=None, tracking=True, default=lambda self: fields.Date.context_today(self).year
    )
    measure_ids = fields.One2many("carbon.green.measure", "plan_id", copy=True)
    planning_design_ids = fields.One2many(
        "carbon.green.measure", "plan_id", "Planning and Design", domain=[("topic", "=", "planning_design")]
    )
    energy_structure_ids = fields.One2many(
        "carbon.green.measure", "plan_id", domain=[("topic", "=", "energy_structure")]
    )
    green_energy_ids = fields.One2many(
        "carbon.green.measure", "plan_id", "Green Energy Systems", domain=[("topic", "=", "green_energy")]
    )
    transport_logistics_ids = fields.One2many(
        "carbon.green.measure", "plan_id", "Transport and Logistics", domain=[("topic", "=", "transport_logistics")]
    )
    low_carbon_buildings_ids = fields.One2many(
        "carbon.green.measure", "plan_id", "Low-carbon Buildings", domain=[("topic", "=", "low_carbon_buildings")]
    )
    saving_t = fields.Float("Planned Saving (tCO₂e)", digits=0, compute="_compute_saving", aggregator=None)
    done_t = fields.Float("Saving of Done Measures (tCO₂e)", digits=0, compute="_compute_saving", aggregator=None)
    unknown_count = fields.Integer("Measures Without Saving", compute="_compute_saving")
    note = fields.Html("Description")

    _version_uniq = models.UniqueIndex(
        "(company_id, site_id, year, version) NULLS NOT DISTINCT",
        "This version of the plan exists already. Open the newest version.",
    )

    @api.depends("measure_ids.saving_t", "measure_ids.has_saving", "measure_ids.progress")
    def _compute_saving(self):
        """Add up the savings that are known; how many are not is told beside."""
        for plan in self:
            known = plan.measure_ids.filtered("has_saving")
            plan.saving_t = sum(known.mapped("saving_t"))
            plan.done_t = sum(known.filtered(lambda m: m.progress == "done").mapped("saving_t"))
            plan.unknown_count = len(plan.measure_ids - known)

    @api.model_create_multi
    def create(self, vals_list):
        """Name the whole key in every version, so that versions of a plan are counted together."""
        defaults = self.default_get(["site_id", "year"])
        return super().create([{"site_id": False, **defaults, **vals} for vals in vals_list])

    @api.constrains("year")
    def _check_year(self):
        for plan in self:
            if not 2000 <= plan.year <= 2100:
                raise ValidationError(self.env._("%(year)s is no year of a plan: enter one like 2026.", year=plan.year))

    @api.depends("state", "date_from", "date_to", "measure_ids.name", "measure_ids.has_saving")
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for plan in self:
            plan.check_result = plan._approval_checks() if plan.state == "draft" else []

    def _approval_checks(self):
        """Ask for measures; tell of topics without one and of savings that nobody knows."""
        checks = super()._approval_checks()
        measures = self.measure_ids
        if not measures:
            checks.append(self._check_item(self.env._("The plan has no measures. Add what is planned.")))
        used = set(measures.mapped("topic"))
        for topic, label in measures._fields["topic"]._description_selection(self.env):
            if topic not in used:
                text = self.env._("No measure for the topic %(topic)s.", topic=label)
                checks.append(self._check_item(text, blocking=False))
        if self.unknown_count:
            text = self.env._("The saving of %(count)s measures is unknown.", count=self.unknown_count)
            checks.append(self._check_item(text, blocking=False))
        return checks

    @api.model
    def _trail_noun(self):
        return "green_plan"

    def _trail_payload(self):
        """Keep what was approved."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "version", "year", "site_id", "date_from"]),
            "measures": [measure._snapshot() for measure in self.measure_ids],
        }
