from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

SEVERITIES = [("note", "Observation"), ("minor", "Minor"), ("major", "Material misstatement")]
_GROUP = "carbon_management.group_carbon_{}"


class CarbonVerificationFinding(models.Model):
    """A finding of a verifier on an inventory, a sample or one of its rows, and what the company answers (R-140).

    Draft (the verifier's own) → submitted → answered by the company → closed by the verifier, or back to submitted where the
    answer does not settle it. Invariant: what was submitted, answered or closed never changes; each step is in the audit trail,
    with its words. The verifier writes nothing else in the system.
    """

    _name = "carbon.verification.finding"
    _description = "Verification Finding"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.verification.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _gate_frozen_states = ("submitted", "answered", "closed")
    # until he submits; ``closing_note`` once the company has answered
    _verifier_fields = frozenset({"inventory_id", "sample_id", "row_id", "severity", "description", "misstatement_t"})
    _author_field = "raised_by_id"

    inventory_id = fields.Many2one("carbon.inventory", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="inventory_id.company_id", store=True, index=True, precompute=True)
    sample_id = fields.Many2one(
        "carbon.verification.sample",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('inventory_id', '=', inventory_id)]",
        check_company=True,
    )
    row_id = fields.Many2one(
        "carbon.verification.row",
        string="Sampled Row",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('sample_id', '=', sample_id)]",
    )
    severity = fields.Selection(SEVERITIES, required=True, default="minor", tracking=True)
    description = fields.Text(string="Finding", required=True)
    misstatement_t = fields.Float(
        string="Misstatement (t CO₂e)",
        digits=0,
        help="Above 0 the inventory says too little. 0 where it has no amount.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("submitted", "Submitted"), ("answered", "Answered"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    raised_by_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        default=lambda self: self.env.user,
    )
    submitted_on = fields.Datetime(readonly=True, copy=False)
    response = fields.Text(string="Response of the Company", copy=False)
    answered_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    answered_on = fields.Datetime(readonly=True, copy=False)
    closing_note = fields.Text(string="Conclusion of the Verifier", copy=False)
    closed_on = fields.Datetime(readonly=True, copy=False)
    may_answer = fields.Boolean(compute="_compute_turn", export_string_translation=False)
    may_conclude = fields.Boolean(compute="_compute_turn", export_string_translation=False)

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_turn(self):
        """Tell the form whose turn it is."""
        accountant, verifier = (self.env.user.has_group(_GROUP.format(name)) for name in ("accountant", "verifier"))
        for finding in self:
            finding.may_answer = accountant and finding.state == "submitted"
            finding.may_conclude = verifier and finding.state == "answered"

    # ------------------------------------------------------------------
    # What belongs together
    # ------------------------------------------------------------------
    @api.constrains("inventory_id", "sample_id", "row_id")
    def _check_belongs(self):
        for finding in self:
            sample, row = finding.sample_id, finding.row_id
            if (sample and sample.inventory_id != finding.inventory_id) or (row and row.sample_id != sample):
                raise ValidationError(
                    self.env._(
                        "The sample is of another inventory, or the row of another sample. Choose what belongs together."
                    )
                )

    @api.onchange("sample_id")
    def _onchange_sample_id(self):
        if self.row_id.sample_id != self.sample_id:
            self.row_id = False

    # ------------------------------------------------------------------
    # Who writes what
    # ------------------------------------------------------------------
    @api.model
    def _check_group(self, name, message):
        if not self.env.user.has_group(_GROUP.format(name)):
            raise AccessError(message)

    @api.model
    def _gate_unfrozen_fields(self):
        """Answer and conclusion are written after submission; :meth:`_check_words` says by whom and when."""
        return super()._gate_unfrozen_fields() | {"response", "closing_note"}

    def _gate_check_write(self, vals):
        """Outside of its buttons a finding takes the words of the one whose turn it is."""
        result = super()._gate_check_write(vals)
        if own := vals.keys() & {"raised_by_id", "name", "answered_by_id", "answered_on", "submitted_on", "closed_on"}:
            raise UserError(
                self.env._("%(fields)s of a finding is written by its buttons.", fields=", ".join(sorted(own)))
            )
        if vals.keys() & self._verifier_fields:
            self._check_verifier()
        for name, state, group in (("response", "submitted", "accountant"), ("closing_note", "answered", "verifier")):
            if name in vals and (late := self.filtered(lambda finding, state=state: finding.state != state)):
                raise UserError(
                    self.env._(
                        "%(finding)s is %(state)s. Its response is written while it is submitted, its conclusion once it is answered.",
                        finding=late[:1].name,
                        state=self._gate_state_label(late[:1].state),
                    )
                )
            if name in vals:
                self._check_group(
                    group,
                    self.env._(
                        "The company answers a finding, the verifier who raised it concludes. Ask for that role."
                    ),
                )
        return result

    def _trail_payload(self):
        """Keep every word: an answer that did not settle the finding stays readable."""
        names = ["name", "severity", "description", "misstatement_t", "response", "closing_note"]
        return {
            **self._trail_snapshot(names),
            "misstatement_t": repr(self.misstatement_t),
            "inventory": self.inventory_id.name,
            "sample": self.sample_id.name or None,
            "row": self.row_id.activity_key or None,
            "document": self.row_id.label or None,
        }

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def _check_state(self, state):
        for finding in self:
            if finding.state != state:
                raise UserError(
                    self.env._(
                        "%(finding)s is %(state)s. Open it again to see its next step.",
                        finding=finding.name,
                        state=self._gate_state_label(finding.state),
                    )
                )

    def action_submit(self):
        """Hand findings to the company; from now on they never change."""
        self._check_verifier()
        self._check_state("draft")
        for finding in self:
            finding._transition("submitted", "finding.submit", values={"submitted_on": fields.Datetime.now()})
            finding.inventory_id._alert_manager(
                self.env._("Finding %(number)s", number=finding.name),
                self.env._("A verifier raised a finding. Answer it: Carbon, Verification, Findings."),
            )
        return True

    def action_answer(self):
        """Give findings with the company's response back to the verifier."""
        self._check_group("accountant", self.env._("A finding is answered by an accountant or a manager."))
        self._check_state("submitted")
        for finding in self:
            if finding.raised_by_id == self.env.user:
                raise AccessError(
                    self.env._("You raised %(finding)s. It is answered by somebody else.", finding=finding.name)
                )
            if not (finding.response or "").strip():
                raise UserError(
                    self.env._("Write the response of the company to %(finding)s first.", finding=finding.name)
                )
            finding._transition(
                "answered",
                "finding.answer",
                reason=finding.response,
                values={"answered_by_id": self.env.uid, "answered_on": fields.Datetime.now()},
            )
            # sudo: a to-do for the verifier, who is of another office
            finding.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Answered: %(number)s", number=finding.name),
                user_id=finding.raised_by_id.id,
            )
        return True

    def action_return(self):
        """Give findings back to the company: the answer does not settle them. Its words stay in the trail."""
        return self._conclude("submitted", "finding.return")

    def action_close(self):
        """Close findings that are settled."""
        return self._conclude("closed", "finding.close", {"closed_on": fields.Datetime.now()})

    def _conclude(self, state, event, values=None):
        self._check_verifier()
        self._check_state("answered")
        for finding in self:
            if not (finding.closing_note or "").strip():
                raise UserError(self.env._("Write your conclusion on %(finding)s first.", finding=finding.name))
            finding._transition(state, event, values=values, reason=finding.closing_note)
        # sudo: the to-dos of the verifier are done
        self.sudo().activity_ids.unlink()
        return True

    def action_open_row(self):
        """Open the sampled row.

        :return: window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.verification.row",
            "res_id": self.row_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
