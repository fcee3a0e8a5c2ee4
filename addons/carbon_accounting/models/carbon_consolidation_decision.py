from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class CarbonConsolidationDecision(models.Model):
    """A flow that is kept from elimination, or one that is eliminated although no document names the seller.

    An accountant asks with a reason, a carbon manager who is somebody else decides; both are in the audit trail. Invariant: only
    confirmed decisions count, and none is changed or deleted afterwards; a later one withdraws it.
    """

    _name = "carbon.consolidation.decision"
    _description = "Decision on a Flow Inside the Group"
    _inherit = ["carbon.gate.mixin"]
    _order = "consolidation_id, id"
    _rec_name = "source_id"
    _gate_frozen_states = ("requested", "confirmed", "refused", "withdrawn")

    consolidation_id = fields.Many2one(
        "carbon.consolidation", string="Consolidated Inventory", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="consolidation_id.company_id", string="Reporting Company", store=True, index=True
    )
    kind = fields.Selection(
        [("keep", "Keep in the total"), ("add", "Eliminate as well")],
        required=True,
        default="keep",
        help="Keep: documents name a company of the group as seller, but its inventory does not count this flow, for instance "
        "because it only passes it on. Eliminate as well: bought from the group, but its documents name no such partner.",
    )
    buyer_company_id = fields.Many2one("res.company", string="Buyer", required=True, ondelete="restrict")
    seller_company_id = fields.Many2one("res.company", string="Seller", required=True, ondelete="restrict")
    source_id = fields.Many2one(
        "carbon.source",
        required=True,
        ondelete="restrict",
        domain="[('company_id', '=', buyer_company_id)]",
        help="Source of the buyer. All its rows of this flow are meant.",
    )
    part = fields.Float(
        digits=0,
        default=1.0,
        required=True,
        aggregator=None,
        help="Part of the source that was bought from the seller, of rows whose partner is no company of the group.",
    )
    reason = fields.Text(required=True)
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("confirmed", "Confirmed"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="requested",
        copy=False,
        index=True,
    )
    requested_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    decided_on = fields.Datetime(readonly=True, copy=False)

    _part_check = models.Constraint("CHECK(part > 0 AND part <= 1)", "The part lies above 0 and goes up to 1 (100 %).")
    _two_check = models.Constraint("CHECK(buyer_company_id <> seller_company_id)", "Nobody buys from themselves.")
    _two_persons = models.Constraint(
        "CHECK(state <> 'confirmed' OR (decided_by_id IS NOT NULL AND decided_by_id <> requested_by_id))",
        "A decision on a flow is confirmed by another person than the one who asked for it.",
    )
    _keep_uniq = models.UniqueIndex(
        "(consolidation_id, kind, buyer_company_id, seller_company_id, source_id) WHERE state IN ('requested', 'confirmed')",
        "There is such a decision on this flow already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Ask in one's own name, for a draft of the companies one may enter.

        :raises UserError: once the consolidated inventory is checked
        """
        dropped = {"requested_by_id", "decided_by_id", "decided_on", "company_id"}
        asked = [
            {k: v for k, v in vals.items() if k not in dropped} | {"requested_by_id": self.env.uid}
            for vals in vals_list
        ]
        decisions = super().create(asked)
        for decision in decisions:
            decision.consolidation_id._check_may_see()
            decision._require_draft()
            decision._record("request")
        return decisions

    @api.constrains("buyer_company_id", "seller_company_id", "source_id", "reason")
    def _check_flow(self):
        for decision in self:
            # sudo: whether companies belong to the group is asked for whoever decides
            consolidation = decision.consolidation_id.sudo()
            group = {company.id for _line, company, share in consolidation.boundary_id._group_shares() if share}
            if not {decision.buyer_company_id.id, decision.seller_company_id.id} <= group:
                raise ValidationError(
                    self.env._("Buyer and seller are companies inside the boundary of the consolidated inventory.")
                )
            source = decision.source_id.sudo()  # sudo: as above
            if source.company_id != decision.buyer_company_id:
                raise ValidationError(self.env._("%(name)s is no source of the buyer.", name=source.name))
            if source.category_id.direct:
                raise ValidationError(
                    self.env._(
                        "%(name)s is a source of direct emissions. These are never eliminated.", name=source.name
                    )
                )
            if not (decision.reason or "").strip():
                raise ValidationError(self.env._("Write why the flow is treated otherwise."))

    @api.constrains("part", "state")
    def _check_part(self):
        for decision in self.filtered(lambda d: d.kind == "add" and d.state in ("requested", "confirmed")):
            others = decision.consolidation_id.decision_ids.filtered(
                lambda d, mine=decision: (
                    d.kind == "add" and d.source_id == mine.source_id and d.state in ("requested", "confirmed")
                )
            )
            if sum(others.mapped("part")) > 1 + 1e-9:
                raise ValidationError(
                    self.env._("More than the whole of %(name)s would be eliminated.", name=decision.source_id.name)
                )

    def _require_draft(self):
        if self.consolidation_id.state != "draft":
            raise UserError(
                self.env._(
                    "%(name)s is %(state)s. Decisions on flows are made while it is a draft.",
                    name=self.consolidation_id.name,
                    state=self.consolidation_id._gate_state_label(self.consolidation_id.state),
                )
            )

    def _record(self, verb):
        self.ensure_one()
        self.env["carbon.trail.entry"]._append(
            self.company_id,
            f"consolidation_flow.{verb}",
            record=self,
            payload=self._trail_payload(),
            to_state=self.state,
            reason=self.reason,
        )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def _check_may_decide(self, state):
        """A manager who did not ask decides, whatever rights they have: sudo keeps the user."""
        self.check_access("write")
        if not self.env.user.has_group("carbon_management.group_carbon_manager"):
            raise AccessError(self.env._("A flow inside the group is decided on by a carbon manager."))
        for decision in self:
            decision.consolidation_id._check_may_see()
            decision._require_draft()
            if decision.state != state:
                raise UserError(
                    self.env._("This decision is %(state)s already.", state=self._gate_state_label(decision.state))
                )
            if decision.requested_by_id == self.env.user and state == "requested":
                raise AccessError(self.env._("You asked for this decision. Another carbon manager makes it."))

    def _decide(self, state, verb):
        values = {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()}
        for decision in self:
            decision._transition(state, f"consolidation_flow.{verb}", values=values, reason=decision.reason)
        # what was computed without the decision is old
        drafts = self.consolidation_id.filtered(lambda c: c.state == "draft" and c.computed_on)
        drafts._clear()
        return True

    def action_confirm(self):
        """Confirm: the next computation follows the decision.

        :return: True
        """
        self._check_may_decide("requested")
        return self._decide("confirmed", "confirm")

    def action_refuse(self):
        """Refuse: the flow is treated as its documents say.

        :return: True
        """
        self._check_may_decide("requested")
        return self._decide("refused", "refuse")

    def action_withdraw(self):
        """Take a confirmed decision back.

        :return: True
        """
        self._check_may_decide("confirmed")
        return self._decide("withdrawn", "withdraw")

    def _trail_payload(self):
        """Name the flow; no figures, which not everybody who reads the trail may see."""
        record = self.sudo()  # sudo: names of companies and of the source, whoever decides
        return {
            "consolidation": record.consolidation_id.uuid,
            "kind": record.kind,
            "buyer": record.buyer_company_id.name,
            "seller": record.seller_company_id.name,
            "source": record.source_id.code or record.source_id.name,
            "part": repr(record.part),
            "requested_by": record.requested_by_id.login,
        }
