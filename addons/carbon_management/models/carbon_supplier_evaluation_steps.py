from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .carbon_gate_mixin import gate_is_open
from .carbon_supplier_evaluation import OPEN_STATES


class CarbonSupplierEvaluation(models.Model):
    """The steps of an evaluation: asked, answered, approved, superseded, and begun again when it is due."""

    _inherit = "carbon.supplier.evaluation"

    def _is_stepping(self):
        return gate_is_open(self.env, self._name, self.ids)

    def _check_step(self, *states):
        """Refuse a step from another state than these.

        :raises UserError: naming the state
        """
        self.check_access("write")
        for evaluation in self:
            if evaluation.state not in states:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s: this step is not possible now.",
                        name=evaluation.display_name,
                        state=self._gate_state_label(evaluation.state),
                    )
                )

    def action_confirm(self):
        """Evaluations are approved, not confirmed.

        :raises UserError: always
        """
        raise UserError(self.env._("Use the steps of the evaluation: request, answer, approve."))

    def action_request(self):
        """Ask the supplier for answers.

        :return: True
        :raises UserError: unless it is a draft with criteria
        """
        self._check_step("draft")
        for evaluation in self:
            if not evaluation.line_ids:
                raise UserError(
                    self.env._("%(name)s asks for nothing: choose criteria first.", name=evaluation.display_name)
                )
            due = evaluation.answer_due or fields.Date.add(self._today_of(evaluation.company_id), days=30)
            values = {"requested_on": fields.Datetime.now(), "answer_due": due}
            evaluation._transition("requested", "supplier_evaluation.request", values=values)
        self._carbon_requested()
        return True

    def _carbon_requested(self):
        """Called when answers are asked for; the addon that reaches suppliers fills it."""

    def action_answered(self):
        """Say that the answers are complete, whoever entered them. They stay drafts until the approval.

        :return: True
        """
        self._check_step("draft", "requested")
        self._assess()
        values = {"answered_on": fields.Datetime.now(), "answered_by_id": self.env.uid}
        return self._transition("answered", "supplier_evaluation.answer", values=values)

    def action_back_to_draft(self):
        """Open the answers again: ask for other criteria, or ask again.

        :return: True
        """
        self._check_step("requested", "answered")
        return self._transition("draft", "supplier_evaluation.reopen")

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    @api.depends("state", "line_ids.reason_code", "line_ids.met", "criteria_id.state")
    def _compute_check_result(self):
        for evaluation in self:
            evaluation.check_result = evaluation._approval_checks() if evaluation.state in OPEN_STATES else []

    def _approval_checks(self):
        """Return what stands in the way of approval or should be known before, as extension point items."""
        self.ensure_one()
        item = self.env["carbon.versioned.mixin"]._check_item
        lines, checks = self.line_ids, []
        if not lines:
            checks.append(item(self.env._("There are no criteria. Choose criteria that ask for something.")))
        checks += [
            item(self.env._("Judge the answer to: %(criterion)s.", criterion=line.name))
            for line in lines.filtered(lambda line: line.reason_code == "not_judged")
        ]
        if silent := lines.filtered(lambda line: line.reason_code == "no_answer"):
            text = self.env._("%(count)s criteria have no answer and count 0.", count=len(silent))
            checks.append(item(text, blocking=False))
        for line in lines.filtered(lambda line: line.reason_code == "evidence_submitted"):
            text = self.env._(
                "%(evidence)s was not checked yet and counts as none.", evidence=line.evidence_id.display_name
            )
            checks.append(item(text, blocking=False))
        for line in lines.filtered(lambda line: line.must_have and not line.met):
            text = self.env._("Must-have not met: %(criterion)s. The grade is D.", criterion=line.name)
            checks.append(item(text, blocking=False))
        if self.criteria_id.state == "superseded":
            text = self.env._(
                "%(criteria)s were superseded since. It is still judged by them.",
                criteria=self.criteria_id.display_name,
            )
            checks.append(item(text, blocking=False))
        return checks

    def action_approve(self):
        """Approve the evaluations: score, grade and reasons are frozen, those before are superseded.

        :return: True
        :raises UserError: if something stands in the way
        """
        self._check_step("draft", "answered")
        self._check_approver()
        self._assess()
        for evaluation in self:
            if blocking := [check["label"] for check in evaluation._approval_checks() if check["blocking"]]:
                raise UserError(
                    self.env._("%(name)s cannot be approved yet:", name=evaluation.display_name)
                    + "".join(f"\n- {label}" for label in blocking)
                )
            evaluation._supersede_previous()
            until, evidence = evaluation._validity(self._today_of(evaluation.company_id))
            evaluation._transition(
                "approved",
                "supplier_evaluation.approve",
                values={
                    "approved_on": fields.Datetime.now(),
                    "approved_by_id": self.env.uid,
                    "valid_until": until,
                    "valid_evidence_id": evidence.id,
                },
            )
        return True

    def _check_approver(self):
        """Refuse people who may prepare an evaluation but not approve it."""
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_manager"):
            raise AccessError(
                self.env._(
                    "%(name)s is approved by a carbon manager. Ask one to approve it.", name=self[:1].display_name
                )
            )
        self._check_second_person()

    def _supersede_previous(self):
        """End the live evaluations by the same code of criteria."""
        self.ensure_one()
        # two approvals at once collide in the audit trail of the company, and the later one is run again
        live = self.search(
            [
                *(("company_id", "=", self.company_id.id), ("partner_id", "=", self.partner_id.id)),
                *(("subject", "=", self.subject), ("criteria_code", "=", self.criteria_code)),
                *(("state", "=", "approved"), ("id", "!=", self.id)),
            ]
        )
        if live:
            live._transition("superseded", "supplier_evaluation.supersede")
            live.activity_unlink(["carbon_management.mail_activity_evaluation"])
            if not self.previous_id:
                self.write({"previous_id": live[:1].id})

    # ------------------------------------------------------------------
    # Due again
    # ------------------------------------------------------------------
    def action_start_again(self):
        """Begin the next evaluation of each of these suppliers by the criteria in force today.

        Those that are in work already are opened, not begun twice.

        :return: window action of the evaluations in work
        :raises UserError: if the criteria have no approved version any more
        """
        self.check_access("write")
        drafts = self.browse()
        for evaluation in self:
            drafts |= evaluation._in_work() or evaluation._begin_next()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Evaluations in Work"),
            "res_model": self._name,
            "view_mode": "list,form" if len(drafts) > 1 else "form",
            "domain": [("id", "in", drafts.ids)],
            "res_id": drafts.id if len(drafts) == 1 else False,
        }

    def _status(self):
        """Return none, valid, due or expired, for who shows this evaluation elsewhere."""
        if not self:
            return "none"
        self.ensure_one()
        if self.is_expired:
            return "expired"
        return "due" if self.is_due else "valid"

    def _in_work(self):
        self.ensure_one()
        return self.search(
            [
                *(("company_id", "=", self.company_id.id), ("partner_id", "=", self.partner_id.id)),
                *(("criteria_code", "=", self.criteria_code), ("state", "in", OPEN_STATES)),
            ],
            limit=1,
        )

    def _begin_next(self):
        self.ensure_one()
        if self.state in OPEN_STATES:
            return self
        in_force = self.env["carbon.supplier.criteria"]._at(
            self.company_id, self._today_of(self.company_id), self.subject
        )
        criteria = in_force.filtered(lambda c: c.code == self.criteria_code and c.state == "approved")[:1]
        if not criteria:
            raise UserError(
                self.env._(
                    "%(name)s was made by criteria %(code)s, of which no approved version is in force. Approve one first, "
                    "or begin an evaluation by other criteria.",
                    name=self.display_name,
                    code=self.criteria_code,
                )
            )
        return self.create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "criteria_id": criteria.id,
                "user_id": self.user_id.id if self.user_id.active else self.env.uid,
                "previous_id": self.id,
            }
        )

    @api.model
    def _cron_raise_due(self):
        """Raise one activity for each evaluation that is due, once for each date."""
        # sudo: the job looks after all companies that have live evaluations
        groups = self.sudo()._read_group([("state", "=", "approved")], ["company_id"])
        companies = self.env["res.company"].union(*(company for (company,) in groups))
        due = self.search(self._due_domain(companies) & Domain("is_in_work", "=", False))
        for evaluation in due.filtered(lambda e: e.due_notified_date != e.valid_until):
            evaluation.activity_schedule(
                "carbon_management.mail_activity_evaluation",
                date_deadline=evaluation.valid_until,
                summary=self.env._("Evaluate %(name)s again", name=evaluation.partner_id.display_name),
                user_id=evaluation._due_assignee().id,
            )
            evaluation.due_notified_date = evaluation.valid_until

    def _due_assignee(self):
        """Return who looks after it, or a carbon manager if that person left or may not see it."""
        self.ensure_one()
        # sudo: the job looks up people of any company; only one user leaves
        group = self.env.ref("carbon_management.group_carbon_manager").sudo()
        for user in self.user_id | group.all_user_ids:
            own = self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            if user.active and own.has_access("read"):
                return user
        return self.env.user
