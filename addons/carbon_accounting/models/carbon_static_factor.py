from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonStaticFactor(models.Model):
    """Something that matters and does not change as a rule: floor area, shifts, installed capacity (R-054).

    Its readings are compared with what it was when the baseline was set. A change of the threshold or more raises a to-do
    on the baseline, once for each reading.
    """

    _name = "carbon.static.factor"
    _description = "Static Factor"
    _inherit = ["carbon.company.mixin", "carbon.review.cycle.mixin"]
    _order = "company_id, name, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    name = fields.Char(required=True, translate=True, tracking=True)
    unit = fields.Char(required=True, tracking=True, help="For instance m², shifts a day or MW.")
    baseline_id = fields.Many2one(
        "carbon.baseline",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
    )
    reference_value = fields.Float(
        "Value in the Baseline",
        digits=0,
        required=True,
        aggregator=None,
        tracking=True,
        help="What it was when the baseline was set, or when it was adjusted last.",
    )
    threshold = fields.Float(
        "Threshold (%)",
        digits=0,
        required=True,
        aggregator=None,
        tracking=True,
        default=lambda self: self._default_threshold(),
        help="A change of this part of the value in the baseline or more asks for an adjustment.",
    )
    reading_ids = fields.One2many("carbon.static.factor.reading", "factor_id", "Readings", copy=False)
    current_value = fields.Float(compute="_compute_current", digits=0, aggregator=None)
    current_date = fields.Date("As of", compute="_compute_current")
    change_percent = fields.Float("Change (%)", compute="_compute_current", digits=0, aggregator=None)
    is_crossed = fields.Boolean("Threshold Crossed", compute="_compute_current", search="_search_is_crossed")
    alerted_reading_id = fields.Many2one("carbon.static.factor.reading", readonly=True, copy=False, ondelete="set null")
    note = fields.Text("Meaning", help="Why it matters to emissions, and where its value is found.")

    _threshold_check = models.Constraint("CHECK(threshold > 0)", "The threshold is a percentage above zero.")
    _name_uniq = models.UniqueIndex("(baseline_id, name)", "The baseline has a static factor with this name already.")

    @api.model
    def _default_threshold(self):
        # sudo: a default may be asked for by anybody; one number leaves
        system = self.env["carbon.system"].sudo().search([("company_id", "=", self.env.company.id)], limit=1)
        return system.base_year_threshold or 5.0

    @api.depends("reading_ids.date", "reading_ids.value", "reference_value", "threshold")
    def _compute_current(self):
        for factor in self:
            last = factor._last_reading()
            factor.current_value = last.value if last else factor.reference_value
            factor.current_date = last.date
            difference = factor.current_value - factor.reference_value
            before = abs(factor.reference_value)
            factor.change_percent = 100.0 * difference / before if before else 0.0
            # from nothing to something is a change of any threshold
            factor.is_crossed = bool(difference) and (
                not before or abs(100.0 * difference) >= factor.threshold * before
            )

    def _last_reading(self):
        return self.reading_ids.sorted(lambda reading: (reading.date, reading.id or 0))[-1:]

    @api.model
    def _search_is_crossed(self, operator, value):
        if operator != "in":
            return NotImplemented
        crossed = self.search([("reading_ids", "!=", False)]).filtered("is_crossed")
        return [("id", "in" if True in value else "not in", crossed.ids)]

    def write(self, vals):
        """What the baseline was approved with changes by an adjustment only."""
        fixed = {"reference_value", "unit", "baseline_id", "company_id"} & vals.keys()
        if fixed and self.env.context.get("carbon_static") is not ACT:
            for factor in self.filtered(lambda f: f.baseline_id.state != "draft"):
                if any(self._fields[name].convert_to_write(factor[name], factor) != vals[name] for name in fixed):
                    raise UserError(
                        self.env._(
                            "%(factor)s belongs to an approved baseline. Enter a reading; an approved adjustment takes it over.",
                            factor=factor.name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        for factor in self:
            if factor.baseline_id.state != "draft":
                raise UserError(
                    self.env._("%(factor)s belongs to an approved baseline. Archive it.", factor=factor.name)
                )

    def _accept_change(self):
        """Compare from now on with the present value: an approved adjustment answered the change."""
        for factor in self:
            before = factor.reference_value
            factor.with_context(carbon_static=ACT).reference_value = factor.current_value
            self.env["carbon.trail.entry"]._append(
                factor.company_id,
                "static_factor.accept",
                record=factor,
                payload={"name": factor.name, "before": repr(before), "after": repr(factor.reference_value)},
            )

    def _move_on(self, baseline):
        """Belong to the version of the baseline that replaces theirs."""
        self._accept_change()
        self.with_context(carbon_static=ACT).write({"baseline_id": baseline.id})

    def _raise_crossed(self):
        """Ask for an adjustment of the baselines whose static factors crossed their threshold."""
        for factor in self.filtered(lambda f: f.is_crossed and f.baseline_id.state == "approved"):
            reading = factor._last_reading()
            if factor.alerted_reading_id == reading:
                continue
            # sudo: whoever enters a reading; the mark keeps a to-do from coming twice
            factor.sudo().alerted_reading_id = reading
            factor.baseline_id._alert(
                self.env._("Static factor changed: %(factor)s", factor=factor.name),
                self.env._(
                    "%(factor)s was %(before)s %(unit)s in the baseline and is %(now)s %(unit)s since %(date)s. Adjust the "
                    "baseline, or reject an adjustment with the reason why it stays.",
                    factor=factor.name,
                    before=f"{factor.reference_value:g}",
                    now=f"{factor.current_value:g}",
                    unit=factor.unit,
                    date=reading.date,
                ),
            )

    def action_adjust(self):
        """Begin an adjustment of the baseline because of this factor."""
        self.ensure_one()
        action = self.baseline_id.action_adjust()
        values = {"default_static_factor_id": self.id, "default_trigger": "static", "default_name": self.name}
        return dict(action, context={**action["context"], **values})


#: Identity of an approved adjustment: an RPC context is JSON and cannot carry it.
ACT = object()
