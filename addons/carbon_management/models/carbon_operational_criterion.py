from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

STAGES = [
    ("design", "Design"),
    ("purchasing", "Raw materials and purchasing"),
    ("production", "Production or service"),
    ("facilities", "Facilities and equipment"),
    ("delivery", "Delivery"),
    ("transport", "Transport"),
    ("use", "Use"),
    ("end_of_life", "End of life"),
    ("maintenance", "Maintenance"),
]
#: The order in which controls are chosen: the first that is possible (ISO 14064 family 001 §8.1 c).
CONTROL_LEVELS = [
    ("prevent", "1 Prevent"),
    ("remove", "2 Remove"),
    ("neutralise", "3 Neutralise"),
    ("replace", "4 Replace"),
    ("offset", "5 Offset"),
    ("reduce", "6 Reduce"),
    ("trade", "7 Trade"),
    ("manage", "8 Manage"),
]

#: A schedule that slept for longer than that begins again with its newest days.
_MOST_MISSED = 60


class CarbonOperationalCriterion(models.Model):
    """What must hold while something runs: a parameter and its limits, for equipment, meters or a whole process (R-102).

    Invariants: approved criteria do not change, a new version replaces them; of one code at most one version is valid on a day.
    """

    _name = "carbon.operational.criterion"
    _description = "Operational Criterion"
    _inherit = ["carbon.versioned.mixin"]
    _order = "company_id, code, date_from desc, id desc"
    _rec_names_search = ["code", "name", "parameter"]
    _check_company_auto = True

    _record_sequence = "carbon.operational.criterion"
    _version_key = ("company_id", "code")

    code = fields.Char(required=True, tracking=True, help="Short and lasting, as OC-CHILLER: its versions share it.")
    stage = fields.Selection(STAGES, "Life-Cycle Stage", required=True, default="facilities")
    process_id = fields.Many2one("carbon.process", check_company=True, ondelete="restrict", index="btree_not_null")
    equipment_ids = fields.Many2many(
        "maintenance.equipment",
        "carbon_operational_criterion_equipment_rel",
        "criterion_id",
        "equipment_id",
        string="Equipment and Meters",
        check_company=True,
        help="Each of them is checked. Empty: the criterion is about the process as a whole.",
    )
    parameter = fields.Char(required=True, tracking=True, help="What is looked at: temperature of the flue gas.")
    limit_kind = fields.Selection(
        [("max", "At most"), ("min", "At least"), ("range", "Between"), ("statement", "Done as described")],
        "Limit",
        required=True,
        default="max",
    )
    limit_low = fields.Float("Lower Limit", digits=0, aggregator=None)
    limit_high = fields.Float("Upper Limit", digits=0, aggregator=None)
    unit = fields.Char(help="Unit of parameter and limits, as °C, bar, %.")
    has_serious = fields.Boolean(
        "Tells Serious Deviations Apart", help="Values further outside than the margin are serious deviations."
    )
    serious_margin = fields.Float(
        "Serious Beyond the Limit By", digits=0, aggregator=None, help="In the unit of the limits."
    )
    description = fields.Text("What To Do", help="How it is run and checked, in words.")
    control_level = fields.Selection(
        CONTROL_LEVELS,
        required=True,
        default="manage",
        help="The order in which controls are chosen: prevent, remove, neutralise, replace, offset, reduce, trade, manage.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        required=True,
        tracking=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Does the checks, unless somebody else closes the document that asks for one, and owns deviations.",
    )
    role_ids = fields.Many2many("carbon.role", string="Told to Roles", check_company=True)
    user_ids = fields.Many2many("res.users", string="Told to People", domain="[('share', '=', False)]")
    repeat_every = fields.Integer("Check Every", aggregator=None, help="0: not by the calendar.")
    repeat_unit = fields.Selection(
        [("days", "Days"), ("weeks", "Weeks"), ("months", "Months")], required=True, default="months"
    )
    on_maintenance = fields.Boolean(
        "Check After Preventive Maintenance",
        help="Each preventive request of its equipment asks for a check when done.",
    )
    check_ids = fields.One2many("carbon.operational.check", "criterion_id", "Checks")
    acknowledgement_ids = fields.One2many(
        "carbon.operational.acknowledgement", "criterion_id", "Acknowledgements", readonly=True
    )
    limit_text = fields.Char("Limits", compute="_compute_limit_text")
    asks_me = fields.Boolean(compute="_compute_asks_me", export_string_translation=False)
    check_count = fields.Integer(compute="_compute_check_count")
    procedures = fields.Json(compute="_compute_procedures", export_string_translation=False)

    _version_uniq = models.UniqueIndex(
        "(company_id, code, version)", "This version of the criterion exists already. Open the newest version."
    )
    _approved_from_uniq = models.UniqueIndex(
        "(company_id, code, date_from) WHERE state IN ('approved', 'superseded')",
        "A version of this criterion is approved from this day already. Choose another first day of validity.",
    )
    _repeat_check = models.Constraint("CHECK(COALESCE(repeat_every, 0) >= 0)", "A check repeats after 1 or more days.")
    _margin_check = models.Constraint(
        "CHECK(COALESCE(serious_margin, 0) >= 0)", "The margin of serious deviations cannot be negative."
    )

    # ------------------------------------------------------------------
    # Screen
    # ------------------------------------------------------------------
    @api.depends("limit_kind", "limit_low", "limit_high", "unit")
    @api.depends_context("lang")
    def _compute_limit_text(self):
        for criterion in self:
            criterion.limit_text = criterion._limit_phrase()

    def _limit_phrase(self):
        low, high = f"{self.limit_low:.12g}", f"{self.limit_high:.12g}"
        texts = {"max": f"≤ {high}", "min": f"≥ {low}", "range": f"{low} – {high}"}
        if self.limit_kind in texts:
            return f"{texts[self.limit_kind]} {self.unit or ''}".strip()
        return self.env._("as described")

    @api.depends("acknowledgement_ids.acknowledged_on")
    @api.depends_context("uid")
    def _compute_asks_me(self):
        for criterion in self:
            # sudo: whether the user was told; others of the list stay unseen
            mine = criterion.sudo().acknowledgement_ids.filtered(lambda row: row.user_id == self.env.user)
            criterion.asks_me = bool(mine.filtered(lambda row: not row.acknowledged_on))

    def _compute_check_count(self):
        counts = dict(
            self.env["carbon.operational.check"]._read_group(
                [("criterion_id", "in", self.ids)], ["criterion_id"], ["__count"]
            )
        )
        for criterion in self:
            criterion.check_count = counts.get(criterion, 0)

    def _compute_procedures(self):
        for criterion in self:
            criterion.procedures = self.env["carbon.extension.point"]._get_items("effective_procedure", criterion)

    @api.depends("state", "date_from", "date_to", "limit_kind", "description")
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for criterion in self:
            criterion.check_result = criterion._approval_checks() if criterion.state == "draft" else []

    @api.model_create_multi
    def create(self, vals_list):
        """Documents ask for checks from now on."""
        criteria = super().create(vals_list)
        self.env.registry.clear_cache()
        return criteria

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------
    @api.constrains("limit_kind", "limit_low", "limit_high")
    def _check_limits(self):
        for criterion in self.filtered(lambda row: row.limit_kind == "range"):
            if criterion.limit_low >= criterion.limit_high:
                raise ValidationError(
                    self.env._("%(name)s: the upper limit lies above the lower one.", name=criterion.display_name)
                )

    def _approval_checks(self):
        """Ask for the words where the words are the limit."""
        checks = super()._approval_checks()
        if self.limit_kind == "statement" and not (self.description or "").strip():
            checks.append(self._check_item(self.env._("Say in words what must be done: nothing else is the limit.")))
        return checks

    def _judge(self, value, conforms):
        """Return how a value stands to the limits.

        :param value: figure in the unit of the limits
        :param conforms: ``yes`` or ``no``, for criteria that are words
        :return: (``in`` or ``out``, whether it is a serious deviation)
        """
        self.ensure_one()
        if self.limit_kind == "statement":
            return ("in", False) if conforms == "yes" else ("out", self.has_serious)
        beyond = max(
            value - self.limit_high if self.limit_kind in ("max", "range") else 0.0,
            self.limit_low - value if self.limit_kind in ("min", "range") else 0.0,
        )
        return ("out", self.has_serious and beyond > self.serious_margin) if beyond > 0 else ("in", False)

    @api.model
    def _valid_domain(self, day):
        """Return the domain of what is valid on a day: a superseded version counts until its last day."""
        return (
            Domain("state", "in", ("approved", "superseded"))
            & Domain("date_from", "<=", day)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
        )

    def _checked_equipment(self):
        """Return what is checked one by one, in use; an empty record of equipment where it is about a process, nothing otherwise."""
        self.ensure_one()
        everything = self.with_context(active_test=False).equipment_ids
        used = everything.filtered("active")
        return [*used] if everything else [everything]

    def _due_days(self, last, today):
        """Return the days until today on which a check is due.

        :param last: the last due day that was made, or None
        :param today: date of the company
        :return: list of dates; the first is that on which the criterion came into force
        """
        self.ensure_one()
        step = relativedelta(**{self.repeat_unit: self.repeat_every})
        start = max(self.date_from, (self.approved_on or fields.Datetime.now()).date())
        until = min(filter(None, (today, self.date_to)))
        base, count, days = (last, 1, []) if last else (start, 0, [])
        while (day := base + step * count) <= until:
            if day >= start:
                days.append(day)
            count += 1
        return days[-_MOST_MISSED:]

    def _trail_payload(self):
        """Keep what was approved, so that the trail proves it by itself."""
        names = [
            *(
                "number",
                "code",
                "name",
                "version",
                "date_from",
                "date_to",
                "stage",
                "parameter",
                "limit_kind",
                "limit_low",
            ),
            *("limit_high", "unit", "has_serious", "serious_margin", "description", "control_level", "repeat_every"),
            *("repeat_unit", "on_maintenance", "equipment_ids", "responsible_id"),
        ]
        return {**super()._trail_payload(), **self._trail_snapshot(names)}
