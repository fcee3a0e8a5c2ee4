from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

FREQUENCIES = [
    ("day", "Day"),
    ("month", "Month"),
    ("quarter", "Quarter"),
    ("year", "Year"),
    ("batch", "Batch"),
]
GAP_RULES = [
    ("interpolate", "Interpolate between neighbours"),
    ("last_year", "Same period last year"),
    ("mean", "Mean of the last periods"),
    ("proxy", "In proportion to output"),
    ("maximum", "Conservative extreme of the last year"),
    ("none", "None: the data have to be found"),
]


class CarbonMonitoringItem(models.Model):
    """One thing that the plan monitors: activity of a source, parameter of a factor, or production quantity (R-057).

    Which data are expected follows from frequency and dates when read; no row is stored for it. The gap rule and its
    uncertainty are content of the plan: frozen once it is approved.
    """

    _name = "carbon.monitoring.item"
    _description = "Monitoring Item"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "plan_id, sequence, id"
    _check_company_auto = True
    _gate_parent_field = "plan_id"

    plan_id = fields.Many2one("carbon.monitoring.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    state = fields.Selection(related="plan_id.state", string="Plan Status")
    sequence = fields.Integer(default=10)
    name = fields.Char("Parameter", required=True)
    kind = fields.Selection(
        [("activity", "Activity of a source"), ("factor", "Parameter of a factor"), ("output", "Production quantity")],
        required=True,
        default="activity",
    )
    source_id = fields.Many2one(
        "carbon.source", "Emission Source", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    factor_id = fields.Many2one(
        "carbon.emission.factor", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    site_id = fields.Many2one(
        "carbon.site",
        compute="_compute_from_source",
        store=True,
        readonly=False,
        check_company=True,
        ondelete="restrict",
    )
    # how
    method = fields.Selection(
        [("document", "Document"), ("meter", "Meter"), ("survey", "Survey"), ("calculation", "Calculation")],
        string="Way of Collecting",
        required=True,
        default="document",
    )
    quality = fields.Selection(
        [("measured", "Measured"), ("calculated", "Calculated"), ("estimated", "Estimated"), ("default", "Default")],
        default="measured",
        required=True,
    )
    equipment_id = fields.Many2one("maintenance.equipment", "Instrument", check_company=True, ondelete="restrict")
    uom_id = fields.Many2one(
        "uom.uom", "Unit", compute="_compute_from_source", store=True, readonly=False, ondelete="restrict"
    )
    frequency = fields.Selection(FREQUENCIES, required=True, default="month")
    due_days = fields.Integer(
        "Due After (Days)",
        default=10,
        aggregator=None,
        help="Days after the end of the period until the data must be there.",
    )
    analysis_frequency = fields.Selection(FREQUENCIES[1:4], "Analysed Every", default="month")
    # who and where
    responsible_id = fields.Many2one("res.users", ondelete="restrict", index="btree_not_null")
    role_id = fields.Many2one("carbon.role", check_company=True, ondelete="restrict")
    analyst_id = fields.Many2one("res.users", "Analysed By", ondelete="restrict")
    record_form = fields.Char("Form of Record", help="For instance: meter log, delivery note, invoice.")
    storage = fields.Char(help="Where the records are kept, and for how long.")
    qa_step = fields.Char("Quality Check", help="What is compared before the data count.")
    # what is plausible
    expected_min = fields.Float("Expected From", digits=0, aggregator=None, help="Per period, in the unit of the item.")
    expected_max = fields.Float("Expected To", digits=0, aggregator=None, help="0: no limit.")
    allowed_change = fields.Float(
        "Allowed Change (%)", digits=0, aggregator=None, help="Against another month; 0: changes are not looked at."
    )
    change_basis = fields.Selection(
        [("both", "Month before and last year"), ("previous", "Month before"), ("year", "Same month last year")],
        string="Compared with",
        required=True,
        default="both",
        help="What has seasons is compared with the same month of last year.",
    )
    # what is done where data are missing
    gap_rule = fields.Selection(GAP_RULES, required=True, default="none")
    gap_periods = fields.Integer("Last Periods", default=3, aggregator=None, help="How many the mean is taken of.")
    proxy_source_id = fields.Many2one(
        "carbon.source", "Output", check_company=True, ondelete="restrict", domain="[('kind', '=', 'output')]"
    )
    gap_uncertainty = fields.Float(
        "Gap Uncertainty (%)",
        digits=0,
        aggregator=None,
        help="Half width of the 95 % interval of a quantity filled in by the rule; larger than that of measured data.",
    )
    note = fields.Text()

    _source_uniq = models.UniqueIndex(
        "(plan_id, source_id) WHERE source_id IS NOT NULL",
        "This source has an item in the plan already. Change that one.",
    )
    _numbers_check = models.Constraint(
        "CHECK(due_days >= 0 AND gap_periods >= 1 AND gap_uncertainty >= 0 AND allowed_change >= 0 AND expected_min >= 0 "
        "AND (expected_max = 0 OR expected_max IS NULL OR expected_max >= expected_min))",
        "Days, percentages and limits of an item are not negative, the mean is taken of one period at least, and the upper "
        "limit is not below the lower one.",
    )

    @api.depends("source_id")
    def _compute_from_source(self):
        for item in self:
            item.site_id = item.source_id.site_id or item.site_id
            item.uom_id = item.source_id.uom_id or item.uom_id

    @api.depends("name", "source_id")
    def _compute_display_name(self):
        for item in self:
            item.display_name = f"[{item.source_id.code}] {item.name}" if item.source_id.code else item.name

    @api.constrains("kind", "source_id", "factor_id", "uom_id", "gap_rule", "proxy_source_id")
    def _check_kind(self):
        for item in self:
            source, unit = item.source_id, item.uom_id
            if source and (source.kind == "output") != (item.kind == "output"):
                raise ValidationError(
                    self.env._(
                        "Item %(item)s: a production quantity belongs to a source of kind 'Production output', and no other "
                        "item does. Choose another kind or another source.",
                        item=item.name,
                    )
                )
            if source.uom_id and unit and not source.uom_id._has_common_reference(unit):
                raise ValidationError(
                    self.env._(
                        "Item %(item)s: %(unit)s cannot be converted to %(own)s, the unit of the source. Choose another unit.",
                        item=item.name,
                        unit=unit.name,
                        own=source.uom_id.name,
                    )
                )
            if item.proxy_source_id and item.proxy_source_id.kind != "output":
                raise ValidationError(
                    self.env._("Item %(item)s: choose a production output for the proportion.", item=item.name)
                )

    def _problems(self):
        """Return what is missing of an item before its plan can be approved, as ``(sentence, blocking)``."""
        self.ensure_one()
        found, name = [], self.name
        if self.kind == "factor" and not self.factor_id:
            found.append((self.env._("%(item)s: choose the factor that the parameter belongs to.", item=name), True))
        if self.kind != "factor" and not self.source_id:
            found.append((self.env._("%(item)s: choose the emission source.", item=name), True))
        if self.kind == "factor" and self.gap_rule != "none":
            found.append((self.env._("%(item)s: parameters of factors have no gap rule.", item=name), True))
        if self.frequency == "batch" and self.gap_rule != "none":
            found.append(
                (self.env._("%(item)s: batches are not expected by date and have no gap rule.", item=name), True)
            )
        if self.gap_rule == "proxy" and not self.proxy_source_id:
            found.append((self.env._("%(item)s: choose the output by which gaps are filled.", item=name), True))
        if self.gap_rule != "none" and not self.gap_uncertainty:
            found.append((self.env._("%(item)s: enter the uncertainty of quantities filled in.", item=name), True))
        if not self.responsible_id and not self.role_id:
            found.append((self.env._("%(item)s: nobody is responsible.", item=name), True))
        return found

    def _trail_words(self):
        """Return what the trail keeps of an item."""
        return {
            **{name: self[name] for name in ("name", "kind", "method", "frequency", "gap_rule", "gap_periods")},
            "source": self.source_id.code or self.source_id.with_context(lang=None).name or None,
            "factor": self.factor_id.code or None,
            "proxy": self.proxy_source_id.code or None,
            "gap_uncertainty": self.gap_uncertainty,
        }

    @api.model
    def _mine(self):
        """Return the items that the user is responsible for, by name or by role."""
        # sudo: which roles the user holds
        held = (
            self.env["carbon.role.assignment"]
            .sudo()
            .search([("user_id", "=", self.env.uid), ("is_current", "=", True)])
        )
        mine = Domain("responsible_id", "=", self.env.uid)
        for company, assignments in held.grouped("company_id").items():
            mine |= Domain("role_id", "in", assignments.role_id.ids) & Domain("company_id", "=", company.id)
        return self.search(mine)

    def _people(self):
        """Return who delivers the data: the person named, else who holds the role today; only who may read the plan.

        Where nobody can be asked, it is whoever reviews the plan, or a carbon manager.
        """
        self.ensure_one()
        people = self.responsible_id
        if not people:
            # sudo: who holds a role
            held = (
                self.env["carbon.role.assignment"]
                .sudo()
                .search(
                    [
                        ("role_id", "=", self.role_id.id),
                        ("company_id", "=", self.company_id.id),
                        ("is_current", "=", True),
                    ]
                )
            )
            people = held.user_id
        able = people.filtered(
            lambda user: (
                user.active
                and self.plan_id.with_user(user)
                .with_context(allowed_company_ids=user.company_ids.ids)
                .has_access("read")
            )
        )
        return able or self.plan_id._review_assignee()
