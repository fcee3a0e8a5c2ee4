from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

TRIGGERS = [
    ("parameter", "a) Parameters no longer reflect performance"),
    ("static", "b) Static factors changed greatly"),
    ("method", "c) A method set beforehand says so"),
]


class CarbonBaselineAdjustment(models.Model):
    """A change of an approved baseline: why, from what to what, and who approved it (R-054, R-055).

    Invariant: it counts from its approval on, by another person than the one who drew it up where the company wants that;
    an approved one never changes and is never deleted. To undo it, adjust again.
    """

    _name = "carbon.baseline.adjustment"
    _description = "Baseline Adjustment"
    _inherit = ["carbon.record.mixin"]
    _order = "baseline_id, id desc"
    _rec_names_search = ["number", "name"]
    _gate_frozen_states = ("approved", "rejected")
    _record_sequence = "carbon.baseline.adjustment"
    _check_company_auto = True

    name = fields.Char("Subject", required=True, tracking=True)
    baseline_id = fields.Many2one("carbon.baseline", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="baseline_id.company_id", store=True, index=True)
    trigger = fields.Selection(TRIGGERS, required=True, tracking=True)
    static_factor_id = fields.Many2one(
        "carbon.static.factor",
        check_company=True,
        ondelete="restrict",
        domain="[('baseline_id', '=', baseline_id)]",
    )
    emission_category_id = fields.Many2one(
        "carbon.emission.category",
        ondelete="restrict",
        help="Empty: the whole baseline, all categories alike.",
    )
    old_t = fields.Float(
        "Before (t CO₂e)", compute="_compute_old_t", store=True, digits=0, aggregator=None, help="Fixed at approval."
    )
    new_t = fields.Float("After (t CO₂e)", digits=0, required=True, aggregator=None, tracking=True)
    difference_t = fields.Float("Difference (t CO₂e)", compute="_compute_difference", digits=0)
    difference_percent = fields.Float("Difference (%)", compute="_compute_difference", digits=0, aggregator=None)
    explanation = fields.Text(required=True, help="How the new value follows, so that somebody else can do it again.")
    prepared_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    approved_on = fields.Datetime(readonly=True, copy=False)
    # the order in which approved adjustments apply; the head of the audit trail lets one transaction approve at a time
    rank = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")

    _new_check = models.Constraint("CHECK(new_t >= 0)", "A baseline is not negative.")

    @api.model
    def _selection_state(self):
        """Adjustments are drafted, then approved or rejected."""
        return [
            ("draft", self.env._("Draft")),
            ("approved", self.env._("Approved")),
            ("rejected", self.env._("Rejected")),
        ]

    @api.depends(
        *("baseline_id", "emission_category_id", "state", "baseline_id.line_ids.original_t"),
        "baseline_id.adjustment_ids.state",
    )
    def _compute_old_t(self):
        for adjustment in self:
            if adjustment.state != "draft":
                adjustment.old_t = adjustment.old_t  # kept as it was approved
            else:
                adjustment.old_t = adjustment._current_t()

    def _current_t(self):
        """Return the figure that the adjustment would replace now."""
        values = self.baseline_id._adjusted() if self.baseline_id else {}
        category = self.emission_category_id
        return values.get(category, 0.0) if category else sum(values.values())

    @api.depends("old_t", "new_t")
    def _compute_difference(self):
        for adjustment in self:
            adjustment.difference_t = adjustment.new_t - adjustment.old_t
            before = adjustment.old_t
            adjustment.difference_percent = 100.0 * adjustment.difference_t / before if before else 0.0

    # ------------------------------------------------------------------
    # Who prepared it
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Note who drew it up."""
        return super().create([{**vals, "prepared_by_id": self.env.uid} for vals in vals_list])

    def write(self, vals):
        """Note who changed its content last."""
        content = {"baseline_id", "trigger", "static_factor_id", "emission_category_id", "new_t", "explanation"}
        vals = {name: value for name, value in vals.items() if name != "prepared_by_id"}
        if content & vals.keys():
            vals["prepared_by_id"] = self.env.uid
        return super().write(vals)

    def _makers(self):
        return super()._makers() | self.prepared_by_id

    def _needs_second_person(self):
        return self.baseline_id._needs_second_person()

    # ------------------------------------------------------------------
    # Decision
    # ------------------------------------------------------------------
    def action_confirm(self):
        """An adjustment is decided on, not just confirmed."""
        return self.action_approve()

    def action_approve(self):
        """Approve the adjustments: the baseline is compared with as adjusted from now on.

        :return: True
        :raises AccessError: without the role of manager, or for one's own work
        :raises UserError: if the baseline is no approved one, or nothing changes
        """
        self._check_decider()
        self._check_second_person()
        for adjustment in self:
            adjustment._require_applicable()
            adjustment._transition(
                "approved",
                "baseline_adjustment.approve",
                values={
                    "approved_on": fields.Datetime.now(),
                    "rank": 1 + max(adjustment.baseline_id.adjustment_ids.mapped("rank"), default=0),
                    "approved_by_id": self.env.uid,
                    "old_t": adjustment._current_t(),
                },
                reason=adjustment.explanation,
            )
            adjustment.baseline_id.invalidate_recordset(["total_t"])
            # the factor was answered: it is compared with what it is now
            adjustment.static_factor_id._accept_change()
        return True

    def action_reject(self):
        """Decide that the baseline stays as it is; the record of the decision stays too."""
        self._check_decider()
        self.filtered(lambda a: a.state == "draft")._transition("rejected", "baseline_adjustment.reject")
        return True

    def _check_decider(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_manager"):
            raise AccessError(self.env._("A baseline is adjusted by a carbon manager. Ask one to decide."))

    def _require_applicable(self):
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("%(name)s is decided on already.", name=self.display_name))
        if self.baseline_id.state != "approved":
            raise UserError(
                self.env._(
                    "%(baseline)s is not in force. A draft is changed itself; only an approved baseline is adjusted.",
                    baseline=self.baseline_id.display_name,
                )
            )
        if not (self.explanation or "").strip():
            raise UserError(self.env._("%(name)s has no explanation.", name=self.display_name))
        if self.trigger == "static" and self.static_factor_id.baseline_id != self.baseline_id:
            raise UserError(
                self.env._("%(name)s names no static factor of this baseline that changed.", name=self.display_name)
            )
        category = self.emission_category_id
        if category and category not in self.baseline_id.line_ids.emission_category_id and not self.new_t:
            raise UserError(self.env._("%(name)s changes nothing.", name=self.display_name))
        if self.new_t == self._current_t():
            raise UserError(self.env._("%(name)s changes nothing.", name=self.display_name))

    def _trail_payload(self):
        """Keep what was decided."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "name", "baseline_id", "trigger", "static_factor_id", "explanation"]),
            "category": self.emission_category_id.code or None,
            "old_t": repr(self.old_t),
            "new_t": repr(self.new_t),
        }
