from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.figures import read_number

#: What a check is about: it does not change, whoever answers it.
_FIXED = ("criterion_id", "equipment_id", "origin", "origin_name", "due_on", "request_id")


class CarbonOperationalCheck(models.Model):
    """One look at whether a criterion holds: the value, inside or outside, and what asked for it (R-104, R-105).

    Invariants: an answered check does not change; outside its limits it opens a deviation; a value that nobody typed is none.
    """

    _name = "carbon.operational.check"
    _description = "Operational Check"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _order = "due_on desc, id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "criterion_id", "equipment_id"]
    _check_company_auto = True
    _mail_post_access = "read"

    _gate_frozen_states = ("done", "skipped")

    number = fields.Char(readonly=True, copy=False, index=True, help="Given once, never reused.")
    criterion_id = fields.Many2one(
        "carbon.operational.criterion",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('state', '=', 'approved')]",
    )
    company_id = fields.Many2one(related="criterion_id.company_id", store=True, index=True)
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Equipment or Meter",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('id', 'in', equipment_choice_ids)]",
    )
    equipment_choice_ids = fields.Many2many(related="criterion_id.equipment_ids", string="Equipment of the Criterion")
    due_on = fields.Date("Due", required=True, index=True, default=fields.Date.context_today)
    user_id = fields.Many2one(
        "res.users", "Checked By", required=True, index=True, tracking=True, default=lambda self: self.env.user
    )
    origin = fields.Selection(
        [
            ("manual", "By hand"),
            ("schedule", "Schedule"),
            ("maintenance", "Preventive maintenance"),
            ("production", "Manufacturing order"),
        ],
        "Asked For By",
        required=True,
        readonly=True,
        default="manual",
    )
    origin_name = fields.Char("Document", readonly=True, help="Name of the document that asked for it.")
    request_id = fields.Many2one(
        "maintenance.request", "Maintenance Request", readonly=True, index="btree_not_null", ondelete="set null"
    )
    figure = fields.Char("Value", copy=False, help="As read, in the unit of the criterion. Empty: not checked yet.")
    value = fields.Float(
        "Value as Number", digits=0, aggregator="avg", compute="_compute_value", store=True, readonly=True
    )
    conforms = fields.Selection([("yes", "As described"), ("no", "Not as described")], "Answer", copy=False)
    note = fields.Text(help="What was seen; why a check was not possible.")
    state = fields.Selection(
        [("open", "To do"), ("done", "Done"), ("skipped", "Not possible")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        tracking=True,
        index=True,
    )
    result = fields.Selection(
        [("in", "Within limits"), ("out", "Outside limits")], compute="_compute_result", store=True, index=True
    )
    is_serious = fields.Boolean("Serious Deviation", compute="_compute_result", store=True)
    done_on = fields.Datetime("Checked On", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Answered By", readonly=True, copy=False, ondelete="restrict")
    done_share = fields.Float(
        "Done (%)", compute="_compute_done_share", store=True, aggregator="avg", help="Completion rate, in groups."
    )
    limit_kind = fields.Selection(related="criterion_id.limit_kind", string="Kind of Limit")
    limit_text = fields.Char(related="criterion_id.limit_text")
    parameter = fields.Char(related="criterion_id.parameter")
    unit = fields.Char(related="criterion_id.unit")
    description = fields.Text(related="criterion_id.description")
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    deviations = fields.Json(compute="_compute_deviations", export_string_translation=False)

    _number_uniq = models.UniqueIndex("(number) WHERE number IS NOT NULL", "Two checks have the same number.")
    _schedule_uniq = models.UniqueIndex(
        "(criterion_id, COALESCE(equipment_id, 0), due_on) WHERE origin = 'schedule'",
        "This check of the schedule exists already.",
    )
    _request_uniq = models.UniqueIndex(
        "(criterion_id, COALESCE(equipment_id, 0), request_id) WHERE request_id IS NOT NULL",
        "The maintenance request asked for this check already.",
    )

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------
    @api.depends("number", "parameter", "equipment_id")
    def _compute_display_name(self):
        """Say what is checked where."""
        for check in self:
            # sudo: Odoo hides equipment that one neither owns nor follows
            place = check.sudo().equipment_id.display_name
            check.display_name = " · ".join(filter(None, [check.number, check.parameter, place]))

    @api.depends("figure")
    def _compute_value(self):
        for check in self:
            check.value = float(read_number(check.figure) or 0)

    @api.depends("figure", "conforms", "criterion_id")
    def _compute_result(self):
        for check in self:
            check.result, check.is_serious = check._verdict() if check._is_answered() else (False, False)

    @api.depends("state")
    def _compute_done_share(self):
        for check in self:
            check.done_share = 100.0 if check.state == "done" else 0.0

    @api.depends("state", "due_on")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for check in self:
            check.is_late = check.state == "open" and bool(check.due_on) and check.due_on < today

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = fields.Domain("state", "=", "open") & fields.Domain("due_on", "<", fields.Date.context_today(self))
        return late if True in value else ~late

    @api.depends_context("uid", "lang")
    def _compute_deviations(self):
        for check in self:
            check.deviations = self.env["carbon.extension.point"]._get_items("deviation", check)

    def _verdict(self):
        return self.criterion_id._judge(self.value, self.conforms)

    def _is_answered(self):
        """Tell whether somebody answered: a number that can be read, or yes or no."""
        self.ensure_one()
        if self.criterion_id.limit_kind == "statement":
            return bool(self.conforms)
        return read_number(self.figure) is not None

    @api.constrains("figure")
    def _check_figure(self):
        for check in self.filtered(lambda row: (row.figure or "").strip()):
            if read_number(check.figure) is None:
                raise UserError(self.env._("%(figure)s is no number. Enter one like 12.5.", figure=check.figure))

    @api.constrains("criterion_id", "equipment_id")
    def _check_equipment(self):
        for check in self.filtered("equipment_id"):
            # sudo: archived equipment of the criterion too
            if check.equipment_id not in check.sudo().criterion_id.with_context(active_test=False).equipment_ids:
                raise UserError(
                    self.env._(
                        "%(criterion)s is not about %(equipment)s.",
                        criterion=check.criterion_id.display_name,
                        equipment=check.equipment_id.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Number every check; what asked for it is said by the system alone."""
        numbered = []
        for vals in vals_list:
            if not self.env.su:
                vals = {k: v for k, v in vals.items() if k not in ("origin", "origin_name", "request_id")}
            criterion = self.env["carbon.operational.criterion"].browse(vals.get("criterion_id"))
            # sudo: whoever may create a check may number it; sequences are readable to administrators only
            sequences = self.env["ir.sequence"].sudo().with_company(criterion.sudo().company_id or self.env.company)
            numbered.append({**vals, "number": sequences.next_by_code("carbon.operational.check")})
        return super().create(numbered)

    def write(self, vals):
        """Keep what a check is about, and its number."""
        vals = {name: value for name, value in vals.items() if name != "number"}
        if self and any(self._differs(name, vals[name]) for name in _FIXED if name in vals):
            raise UserError(self.env._("What a check is about does not change. Skip it and make another one."))
        return super().write(vals)

    def _differs(self, name, value):
        """Forms send unchanged values too."""
        field = self._fields[name]
        return any(
            record[name] != field.convert_to_record(field.convert_to_cache(value, record), record) for record in self
        )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def action_done(self):
        """Answer checks; those outside their limits open a deviation.

        :return: True
        :raises UserError: if the answer is missing
        """
        self.check_access("write")
        for check in self:
            check._check_open()
            if not check._is_answered():
                raise UserError(self.env._("%(check)s: enter the value first.", check=check.display_name))
        self._transition("done", "check.done", values=self._answer_values())
        self._drop_activities()
        for check in self.filtered(lambda row: row.result == "out"):
            check._open_deviation()
        return True

    def action_skip(self):
        """Say that checks were not possible, and why; they count as not done.

        :return: True
        """
        self.check_access("write")
        for check in self:
            check._check_open()
            if not (check.note or "").strip():
                raise UserError(
                    self.env._("%(check)s: write in the note why it was not possible.", check=check.display_name)
                )
        self._transition("skipped", "check.skip", values=self._answer_values())
        self._drop_activities()
        return True

    @api.model
    def _answer_values(self):
        return {"done_on": fields.Datetime.now(), "done_by_id": self.env.uid}

    def _check_open(self):
        if self.state != "open":
            raise UserError(
                self.env._(
                    "%(check)s is %(state)s already.",
                    check=self.display_name,
                    state=self._gate_state_label(self.state),
                )
            )

    def _drop_activities(self):
        # sudo: the check may be answered by a colleague of the person who was asked
        self.sudo().activity_unlink(["carbon_management.mail_activity_check"])

    def _open_deviation(self):
        """Called for a check that found its criterion broken. Extended by the addon that keeps deviations."""

    def action_open_request(self):
        """Open the maintenance request that asked for the check.

        :return: window action
        """
        self.ensure_one()
        if not self.request_id:
            raise UserError(self.env._("No maintenance request asked for this check."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "maintenance.request",
            "res_id": self.request_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _gate_frozen_message(self, names=()):
        """An answered check is kept; another one is made."""
        return self.env._(
            "%(check)s is %(state)s and kept as a record. Make another check instead.",
            check=self.display_name,
            state=self._gate_state_label(self.state),
        )

    def _trail_payload(self):
        """Keep what was found."""
        criterion = self.sudo().criterion_id.with_context(lang=None)  # sudo: who answers need not read all criteria
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(
                ["number", "due_on", "origin", "origin_name", "figure", "conforms", "result", "note"]
            ),
            "is_serious": self.is_serious,
            "criterion": f"{criterion.code} v{criterion.version}",
            "limits": criterion._limit_phrase(),
            "equipment": self.sudo().equipment_id.with_context(lang=None).display_name or None,  # sudo: as above
        }
