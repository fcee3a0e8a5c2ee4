from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import periods
from .carbon_monitoring_item import FREQUENCIES

ACCOUNTANT = "carbon_management.group_carbon_accountant"


class CarbonDataGap(models.Model):
    """A period of a monitoring item for which no data were found (R-136).

    Found by a daily action and by a button. The person responsible proposes the value that the approved rule of the plan
    gives; another person approves it, which posts a declaration, estimated and with the uncertainty of the rule. Data that
    arrive later are a conflict, until the declaration is taken back. Invariant: every step goes through the gate.
    """

    _name = "carbon.data.gap"
    _description = "Data Gap"
    _inherit = ["mail.thread", "carbon.gate.mixin", "carbon.monitoring.found.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _gate_frozen_states = ("open", "proposed", "dismissal", "approved", "filled", "dismissed", "superseded")

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    item_id = fields.Many2one("carbon.monitoring.item", required=True, readonly=True, index=True, ondelete="restrict")
    plan_id = fields.Many2one(related="item_id.plan_id")
    source_id = fields.Many2one(
        "carbon.source", "Emission Source", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    factor_id = fields.Many2one("carbon.emission.factor", readonly=True, ondelete="restrict")
    site_id = fields.Many2one(related="item_id.site_id", store=True)
    responsible_id = fields.Many2one(related="item_id.responsible_id", store=True, string="Responsible")
    frequency = fields.Selection(FREQUENCIES, required=True, readonly=True)
    date_from = fields.Date("Period", required=True, readonly=True)
    date_to = fields.Date("Until", required=True, readonly=True)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("proposed", "Proposed"),
            ("dismissal", "Dismissal to Confirm"),
            ("approved", "Approved"),
            ("filled", "Filled"),
            ("dismissed", "Dismissed"),
            ("superseded", "Data Arrived"),
        ],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
        copy=False,
    )
    gap_rule = fields.Selection(related="item_id.gap_rule", string="Rule of the Plan")
    quantity = fields.Float("Proposed Quantity", digits=0, readonly=True, aggregator=None, copy=False)
    uom_id = fields.Many2one(related="source_id.uom_id", string="Unit")
    currency_id = fields.Many2one(related="source_id.currency_id")
    uncertainty = fields.Float("Uncertainty (%)", digits=0, readonly=True, aggregator=None, copy=False)
    explanation = fields.Text("How It Was Computed", readonly=True, copy=False)
    reason = fields.Text("Why Data Are Missing", readonly=True, copy=False)
    proposed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    proposed_on = fields.Datetime(readonly=True, copy=False)
    dismissal_by_id = fields.Many2one(
        "res.users",
        "Dismissal Asked For By",
        readonly=True,
        ondelete="restrict",
        copy=False,
        help="Where the gap is material: another carbon accountant confirms.",
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    decided_on = fields.Datetime(readonly=True, copy=False)
    declaration_id = fields.Many2one(
        "carbon.declaration", "Filled By", readonly=True, ondelete="restrict", copy=False, index="btree_not_null"
    )
    has_conflict = fields.Boolean(
        "Real Data Arrived",
        compute="_compute_has_conflict",
        search="_search_has_conflict",
        help="Estimate and real data both count.",
    )

    _period_uniq = models.UniqueIndex(
        "(company_id, COALESCE(source_id, 0), COALESCE(factor_id, 0), date_from, date_to)",
        "This gap is known already.",
    )

    @api.depends("item_id", "date_from", "frequency")
    def _compute_display_name(self):
        for gap in self:
            period = periods.label(gap.date_from, gap.frequency) if gap.date_from and gap.frequency else ""
            gap.display_name = f"{period} {gap.item_id.display_name or ''}".strip()

    @api.depends("state")
    def _compute_has_conflict(self):
        found = set(self._found_data().ids)
        for gap in self:
            gap.has_conflict = gap.state == "filled" and gap.id in found

    @api.model
    def _search_has_conflict(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = self.search([("state", "=", "filled")])._found_data()
        return [("id", "in" if True in value else "not in", found.ids)]

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------
    def _check_answerer(self):
        """Refuse people who are neither responsible for the item nor accountants.

        :raises AccessError: naming the gap and who may answer
        """
        self.check_access("read")
        if gap := (self - self._mine_to_answer())[:1]:
            raise AccessError(
                self.env._(
                    "%(gap)s is answered by %(person)s, who is responsible for it, or by a carbon accountant.",
                    gap=gap.display_name,
                    person=gap.responsible_id.name or gap.item_id.role_id.name,
                )
            )

    def _check_accountant(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(ACCOUNTANT):
            raise AccessError(self.env._("Gaps are decided by a carbon accountant."))

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for gap in self.filtered(lambda g: g.state not in states):
            raise UserError(
                self.env._(
                    "%(gap)s is %(state)s. This step is for gaps that are %(expected)s.",
                    gap=gap.display_name,
                    state=labels[gap.state],
                    expected=", ".join(labels[state] for state in states),
                )
            )

    def _check_not_proposer(self):
        """Nobody decides what they proposed, whatever rights they have: sudo keeps the user."""
        for gap in self:
            if gap.proposed_by_id == self.env.user:
                raise AccessError(
                    self.env._(
                        "You proposed the value of %(gap)s. Another carbon accountant approves it.",
                        gap=gap.display_name,
                    )
                )

    def _check_months_open(self):
        """Refuse to fill or to take back where the ledger accepts no row."""
        for gap in self:
            closed = self.env["carbon.reporting.period"].search(
                [
                    *(("company_id", "=", gap.company_id.id), ("state", "=", "closed")),
                    *(("date_from", "<=", gap.date_to), ("date_from", ">=", periods.start(gap.date_from, "month"))),
                ],
                limit=1,
            )
            if closed:
                raise UserError(
                    self.env._(
                        "%(gap)s lies in %(month)s, which is closed and accepts no row. Ask a carbon manager to reopen the month "
                        "(Measure ▸ Periods), or dismiss the gap with its reason.",
                        gap=gap.display_name,
                        month=closed.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def action_propose(self):
        """Ask why the data are missing, and show the value that the rule gives.

        :return: window action of the dialog
        """
        self._check_answerer()
        self._check_state("open")
        return self.env["carbon.monitoring.answer.wizard"]._open("propose", gap_ids=self.ids)

    def action_dismiss(self):
        """Ask why no value is needed.

        :return: window action of the dialog
        """
        self._check_accountant()
        self._check_state("open", "proposed", "dismissal")
        return self.env["carbon.monitoring.answer.wizard"]._open("dismiss", gap_ids=self.ids)

    def _propose(self, reason):
        """Propose the values that the approved rule gives.

        :param reason: why the data are missing
        """
        self._check_answerer()
        self._check_state("open")
        self._check_reason(reason)
        values = self._computed()
        # sudo: gaps change by their steps only, after the checks above
        for gap in self.sudo():
            quantity, explanation = values[gap.id]
            gap._transition(
                "proposed",
                "gap.propose",
                reason=reason,
                values={
                    "quantity": float(quantity),
                    "uncertainty": gap.item_id.gap_uncertainty,
                    "explanation": explanation,
                    "reason": reason,
                    "proposed_by_id": self.env.uid,
                    "proposed_on": fields.Datetime.now(),
                },
            )

    def action_withdraw(self):
        """Take proposals back.

        :return: True
        """
        self._check_answerer()
        self._check_state("proposed")
        # sudo: as for the proposal
        return self.sudo()._transition(
            "open",
            "gap.withdraw",
            values={
                "quantity": 0,
                "uncertainty": 0,
                "explanation": False,
                "proposed_by_id": False,
                "proposed_on": False,
            },
        )

    def action_approve(self):
        """Approve the proposed values and post them as declarations of their sources.

        :return: True
        :raises UserError: in a closed month, or if the data have changed since the proposal
        :raises AccessError: for one's own proposal
        """
        self._check_accountant()
        self._check_state("proposed")
        self._check_not_proposer()
        self._check_months_open()
        self._check_unchanged()
        decided = {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()}
        # sudo: as for the proposal; the declaration is written by the gap only
        for gap in self.sudo():
            gap._transition("approved", "gap.approve", values=decided, reason=gap.reason)
            gap._transition("filled", "gap.fill", values={"declaration_id": gap._post_declaration().id})
        return True

    def _check_unchanged(self):
        """Refuse what data that came meanwhile have made wrong."""
        if found := self._found_data():
            raise UserError(
                self.env._(
                    "Data have arrived for %(gap)s. Press Find Gaps, which closes it.", gap=found[0].display_name
                )
            )
        for gap_id, (quantity, _text) in self._computed().items():
            gap = self.browse(gap_id)
            if float(quantity) != gap.quantity:
                raise UserError(
                    self.env._(
                        "The rule gives %(now)s for %(gap)s now, and %(then)s was proposed: data it rests on have changed. "
                        "Take the proposal back and propose again.",
                        now=f"{quantity.normalize():f}",
                        then=f"{gap.quantity:g}",
                        gap=gap.display_name,
                    )
                )

    def _post_declaration(self):
        self.ensure_one()
        source = self.source_id
        measure = (
            {"amount": self.quantity, "currency_id": source.currency_id.id}
            if source.currency_id
            else {"quantity": self.quantity, "uom_id": source.uom_id.id}
        )
        declaration = (
            self.env["carbon.declaration"]
            ._gap_act()
            .create(
                {
                    "name": self.env._("Gap filled: %(gap)s", gap=self.display_name),
                    "company_id": self.company_id.id,
                    "rule_id": self.env["carbon.activity.rule"]._for_gap(source, self.uncertainty).id,
                    "date": self.date_to,
                    "date_from": self.date_from,
                    "date_to": self.date_to,
                    "note": f"{self.reason}\n{self.explanation}",
                    "gap_id": self.id,
                    **measure,
                }
            )
        )
        declaration.action_post()
        return declaration

    def action_reopen(self):
        """Open gaps again that were dismissed, or that somebody asked to dismiss.

        :return: True
        """
        self._check_accountant()
        self._check_state("dismissed", "dismissal")
        # sudo: as for the proposal
        return self.sudo()._transition(
            "open", "gap.reopen", values={"decided_by_id": False, "decided_on": False, "dismissal_by_id": False}
        )

    def action_take_back(self):
        """Take the estimate back where real data have arrived: the declaration is cancelled, which makes a counter row.

        :return: True
        :raises UserError: without real data, or in a closed month
        """
        self._check_accountant()
        self._check_state("filled")
        if waiting := self - self._found_data():
            raise UserError(
                self.env._(
                    "There are no real data for %(gap)s. Its estimate is taken back once they are collected.",
                    gap=waiting[0].display_name,
                )
            )
        self._check_months_open()
        # sudo: as for the approval
        for gap in self.sudo():
            gap.declaration_id._gap_act().action_cancel()
            gap._transition("superseded", "gap.supersede")
        return True

    def action_view_declaration(self):
        """Open the declaration that fills the gap."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.declaration",
            "res_id": self.declaration_id.id,
            "view_mode": "form",
        }

    @api.model
    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Write the reason: it is part of the report."))

    def _trail_payload(self):
        """Keep what was decided, and by which rule."""
        return {
            **super()._trail_payload(),
            "period": periods.label(self.date_from, self.frequency),
            "item": self.item_id.name,
            "plan": self.plan_id.uuid,
            "rule": self.gap_rule,
            "quantity": repr(self.quantity),
            "uncertainty": repr(self.uncertainty),
            "proposed_by": self.proposed_by_id.login or None,
            "dismissal_by": self.dismissal_by_id.login or None,
            "declaration": self.declaration_id.name or None,
        }
