from odoo import api, fields, models
from odoo.exceptions import UserError

from .carbon_green_plan import TOPICS

_PROGRESS = object()  # identity of the step: an RPC context is JSON and cannot carry it


class CarbonGreenMeasure(models.Model):
    """One measure of a green plan: what, how much, what it saves, when and by whom (R-110).

    Frozen with its plan, except for how far it is, which its buttons move.
    """

    _name = "carbon.green.measure"
    _description = "Measure of a Green Plan"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "plan_id, topic, sequence, id"

    _gate_parent_field = "plan_id"
    _gate_line_unfrozen = ("progress", "done_on")

    plan_id = fields.Many2one("carbon.green.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="plan_id.site_id", store=True)
    plan_state = fields.Selection(related="plan_id.state")
    sequence = fields.Integer(default=10)
    topic = fields.Selection(TOPICS, required=True, default="planning_design")
    name = fields.Char("Planned Measure", required=True)
    capacity = fields.Float("Capacity or Quantity", digits=0, aggregator=None)
    unit = fields.Char(help="As it is read: kW, m², vehicles.")
    saving_t = fields.Float("Saving (tCO₂e per year)", digits=0)
    has_saving = fields.Boolean("Saving Known", help="A saving counts once it is entered, also if it is 0.")
    year = fields.Integer("By", aggregator=None, default=lambda self: fields.Date.context_today(self).year)
    user_id = fields.Many2one("res.users", "Owner", ondelete="restrict")
    progress = fields.Selection(
        [("planned", "Not Begun"), ("running", "Running"), ("done", "Done")],
        required=True,
        default="planned",
        readonly=True,
        copy=True,
        index=True,
    )
    done_on = fields.Date(readonly=True, copy=True)

    _numbers_check = models.Constraint(
        "CHECK(COALESCE(capacity, 0) BETWEEN 0 AND 1e15 AND COALESCE(saving_t, 0) BETWEEN -1e15 AND 1e15)",
        "A capacity is not negative.",
    )

    @api.onchange("saving_t")
    def _onchange_saving_t(self):
        if self.saving_t:
            self.has_saving = True

    @api.model_create_multi
    def create(self, vals_list):
        """A saving is known if it is given, also if it is 0."""
        return super().create([self._saving_values(vals) for vals in vals_list])

    def write(self, vals):
        """As at creation; how far a measure is moves by its buttons."""
        if vals.keys() & {"progress", "done_on"} and self.env.context.get("carbon_progress") is not _PROGRESS:
            vals = {name: value for name, value in vals.items() if name not in ("progress", "done_on")}
        return super().write(self._saving_values(vals))

    @api.model
    def _saving_values(self, vals):
        return {"has_saving": True, **vals} if "saving_t" in vals else vals

    def _move(self, progress, *before):
        """Move measures on, and say so in the audit trail."""
        self.check_access("write")
        for measure in self:
            if measure.progress not in before or measure.plan_id.state != "approved":
                raise UserError(
                    self.env._(
                        "%(name)s cannot be moved on: its plan is not in force, or it is there already.",
                        name=measure.name,
                    )
                )
        day = fields.Date.context_today(self) if progress == "done" else False
        self.with_context(carbon_progress=_PROGRESS).write({"progress": progress, "done_on": day})
        for measure in self:
            self.env["carbon.trail.entry"]._append(
                measure.company_id, f"green_measure.{progress}", record=measure.plan_id, payload=measure._snapshot()
            )
        return True

    def action_start(self):
        """Say that the measure is under way.

        :return: True
        """
        return self._move("running", "planned", "done")

    def action_done(self):
        """Say that the measure is done.

        :return: True
        """
        return self._move("done", "planned", "running")

    def _snapshot(self):
        """Return the measure as plain values for the trail."""
        return {
            "topic": self.topic,
            "measure": self.name,
            "capacity": self.capacity,
            "unit": self.unit or None,
            "saving_t": self.saving_t if self.has_saving else None,
            "year": self.year,
            "progress": self.progress,
        }
