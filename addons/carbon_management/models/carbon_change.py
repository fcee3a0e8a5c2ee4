from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CarbonChange(models.Model):
    """A planned change, or one that happened unplanned, with its consequences and what is done about them (R-106).

    Invariants: a planned change is approved before it is carried out; of an unplanned one the consequences are reviewed.
    Neither passes without words about consequences, and an unplanned one not without mitigation. From then on the record
    does not change; what came of it is written when it is closed.
    """

    _name = "carbon.change"
    _description = "Change"
    _inherit = ["carbon.company.mixin", "carbon.record.mixin"]
    _order = "date desc, id desc"
    _rec_names_search = ["number", "name"]
    _check_company_auto = True

    _gate_frozen_states = ("approved", "done", "rejected")
    _record_sequence = "carbon.change"
    _gate_second_person = "separate_supplier_approval"

    name = fields.Char("Change", required=True, tracking=True)
    kind = fields.Selection(
        [("planned", "Planned"), ("unplanned", "Unplanned")], required=True, default="planned", tracking=True
    )
    date = fields.Date(
        "Takes Place On",
        required=True,
        tracking=True,
        default=lambda self: fields.Date.context_today(self),
        help="Planned day; of an unplanned change the day it was found.",
    )
    process_id = fields.Many2one("carbon.process", ondelete="restrict", index="btree_not_null", check_company=True)
    site_id = fields.Many2one("carbon.site", ondelete="restrict", index="btree_not_null", check_company=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="Where it comes from a supplier.",
    )
    product_tmpl_id = fields.Many2one(
        "product.template", "Product", ondelete="restrict", index="btree_not_null", check_company=True
    )
    origin = fields.Char(help="Number of the order, request or document behind it.")
    description = fields.Text(tracking=True, help="What changes, and why.")
    consequences = fields.Text(
        tracking=True,
        help="What it means for emissions, data, boundaries, meters and obligations; none is an answer too.",
    )
    mitigation = fields.Text(tracking=True, help="What is done against bad consequences.")
    user_id = fields.Many2one(
        "res.users", "Owner", required=True, default=lambda self: self.env.user, ondelete="restrict", tracking=True
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    decided_on = fields.Datetime(readonly=True, copy=False)
    prepared_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    outcome = fields.Text(copy=False, help="What came of it, and whether the mitigation worked. Needed to close it.")
    check_result = fields.Json("Before Approval", compute="_compute_check_result", export_string_translation=False)

    @api.model
    def _selection_state(self):
        """Drafted, approved (its consequences are reviewed), closed or rejected."""
        return [
            ("draft", self.env._("Draft")),
            ("approved", self.env._("Approved")),
            ("done", self.env._("Closed")),
            ("rejected", self.env._("Rejected")),
        ]

    @api.model
    def _gate_unfrozen_fields(self):
        """Outcome is written until it is closed, see :meth:`write`; who owns it may change."""
        return super()._gate_unfrozen_fields() | {"outcome", "user_id", "clause_ids"}

    @api.model_create_multi
    def create(self, vals_list):
        """Note who drew it up."""
        mine = {"prepared_by_id": self.env.uid, "decided_by_id": False, "decided_on": False}
        return super().create([{**vals, **mine} for vals in vals_list])

    def write(self, vals):
        """Note who changed the draft last; a closed or rejected change takes no other outcome."""
        if "outcome" in vals and (closed := self.filtered(lambda c: c.state in ("done", "rejected"))):
            raise UserError(closed[:1]._gate_frozen_message(["outcome"]))
        vals = {name: value for name, value in vals.items() if name != "prepared_by_id"}
        if vals.keys() & self._gate_frozen_fields() and any(change.state == "draft" for change in self):
            vals["prepared_by_id"] = self.env.uid
        return super().write(vals)

    def _makers(self):
        """Who drew it up, and who changed it last."""
        return super()._makers() | self.prepared_by_id

    @api.depends("state", "kind", "consequences", "mitigation", "description")
    def _compute_check_result(self):
        item = self.env["carbon.versioned.mixin"]._check_item
        for change in self:
            change.check_result = [item(text) for text in change._problems()] if change.state == "draft" else []

    def _problems(self):
        """Return sentences about what is missing before the decision."""
        self.ensure_one()
        problems = []
        if not (self.description or "").strip():
            problems.append(self.env._("Describe what changes, and why."))
        if not (self.consequences or "").strip():
            problems.append(self.env._("Review the consequences. If there are none, say so and why."))
        if self.kind == "unplanned" and not (self.mitigation or "").strip():
            problems.append(self.env._("It was not planned: say what is done against bad consequences."))
        return problems

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def action_confirm(self):
        """Changes are approved, not confirmed.

        :raises UserError: always
        """
        raise UserError(self.env._("Use the steps of the change: approve, reject, close."))

    def _check_manager(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_manager"):
            raise AccessError(
                self.env._("%(name)s is decided by a carbon manager. Ask one to decide.", name=self[:1].display_name)
            )
        self._check_second_person()

    def _check_state(self, state):
        for change in self:
            if change.state != state:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s: this step is not possible now.",
                        name=change.display_name,
                        state=self._gate_state_label(change.state),
                    )
                )

    def action_approve(self):
        """Approve a planned change, or accept the review of the consequences of an unplanned one.

        :return: True
        :raises UserError: if something is missing
        """
        self._check_manager()
        self._check_state("draft")
        for change in self:
            if problems := change._problems():
                raise UserError(
                    self.env._("%(name)s cannot be approved yet:", name=change.display_name)
                    + "".join(f"\n- {text}" for text in problems)
                )
        return self._decide("approved")

    def action_reject(self):
        """Reject a change that is planned.

        :return: True
        :raises UserError: if it happened already
        """
        self._check_manager()
        self._check_state("draft")
        for change in self.filtered(lambda change: change.kind == "unplanned"):
            raise UserError(
                self.env._(
                    "%(name)s has happened: it cannot be rejected. Review its consequences.", name=change.display_name
                )
            )
        return self._decide("rejected")

    def _decide(self, state):
        values = {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()}
        return self._transition(state, f"change.{state}", values=values)

    def action_close(self):
        """Close the changes: carried out, and looked at.

        :return: True
        :raises UserError: without outcome
        """
        self.check_access("write")
        self._check_state("approved")
        for change in self:
            if not (change.outcome or "").strip():
                raise UserError(
                    self.env._("%(name)s: write what came of it before you close it.", name=change.display_name)
                )
        return self._transition("done", "change.close")

    def _trail_payload(self):
        """Keep what was decided about."""
        names = ["number", "kind", "date", "origin", "description", "consequences", "mitigation", "outcome"]
        return {**super()._trail_payload(), **self._trail_snapshot(names)}
