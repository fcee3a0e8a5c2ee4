from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain


class CarbonReviewCycleMixin(models.AbstractModel):
    """Something that is reviewed at planned intervals.

    Invariant: the next date follows from the last review; one activity is raised per
    due date, whatever happens to that activity later.
    """

    _name = "carbon.review.cycle.mixin"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Reviewed at planned intervals"

    review_interval_months = fields.Integer(
        "Review Every (Months)",
        default=lambda self: self._default_review_interval_months(),
        aggregator=None,
        help="0 means this is not reviewed at intervals.",
    )
    review_last_date = fields.Date("Last Review", readonly=True, copy=False)
    review_next_date = fields.Date(
        "Next Review",
        compute="_compute_review_next_date",
        store=True,
        readonly=False,
        copy=False,
        index=True,
    )
    review_user_id = fields.Many2one(
        "res.users",
        "Reviewer",
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    review_outcome = fields.Selection(
        [("no_change", "No change"), ("changed", "Changed")],
        "Outcome of Last Review",
        readonly=True,
        copy=False,
    )
    review_notified_date = fields.Date(readonly=True, copy=False)
    review_overdue = fields.Boolean(compute="_compute_review_overdue", search="_search_review_overdue")

    _review_interval_check = models.Constraint(
        "CHECK(review_interval_months >= 0)", "A review interval cannot be negative."
    )

    @api.model
    def _default_review_interval_months(self):
        # sudo: a default may be asked for by anybody; one number leaves
        systems = self.env["carbon.system"].sudo()
        system = systems.search([("company_id", "=", self.env.company.id)], limit=1)
        return system.review_interval_months if system else 12

    @api.depends("review_interval_months", "review_last_date")
    def _compute_review_next_date(self):
        for record in self:
            months = record.review_interval_months
            if not months:
                record.review_next_date = False
                continue
            start = record.review_last_date or fields.Date.context_today(record)
            record.review_next_date = start + relativedelta(months=months)

    @api.depends("review_next_date")
    def _compute_review_overdue(self):
        today = fields.Date.context_today(self)
        for record in self:
            due = record.review_next_date
            record.review_overdue = bool(due) and due < today

    @api.model
    def _search_review_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        overdue = Domain("review_next_date", "<", today)
        return overdue if True in value else ~overdue

    @api.model
    def _review_domain(self):
        """Return which records are under review at all, e.g. only approved ones."""
        return Domain.TRUE

    # ------------------------------------------------------------------
    # Review
    # ------------------------------------------------------------------
    def action_review_done(self):
        """Note that the records were reviewed and stay as they are.

        :return: True
        """
        return self._review_done("no_change")

    def action_review_changed(self):
        """Note that the records were reviewed and changed because of it.

        :return: True
        """
        return self._review_done("changed")

    def _review_done(self, outcome, reason=None):
        """Date the review, close its activity, record it in the trail.

        :param outcome: value of ``review_outcome``
        :param reason: words of the reviewer
        :return: True
        """
        self.write(
            {
                "review_last_date": fields.Date.context_today(self),
                "review_outcome": outcome,
            }
        )
        self.activity_feedback(["carbon_management.mail_activity_review"])
        entries = self.env["carbon.trail.entry"]
        for record in self:
            company = "company_id" in record and record.company_id or self.env.company
            entries._append(
                company,
                "review.done",
                record=record,
                payload={"outcome": outcome, "next": record.review_next_date},
                reason=reason,
            )
        return True

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------
    @api.model
    def _cron_raise_review_activities(self):
        """Raise one activity per record that is due, for all models under review."""
        for name in self._review_models():
            model = self.env[name]
            due = model.search(
                Domain("review_next_date", "<=", fields.Date.context_today(self)) & Domain(model._review_domain())
            )
            due._review_raise_activity()

    @api.model
    def _review_models(self):
        """Return the concrete models under review, a fixed list per registry."""
        names = self.pool.descendants([self._name], "_inherit")
        return [name for name in names if not self.env[name]._abstract]

    def _review_raise_activity(self):
        """Raise the activity of records not yet notified for their present date."""
        for record in self:
            if record.review_notified_date == record.review_next_date:
                continue
            record.activity_schedule(
                "carbon_management.mail_activity_review",
                date_deadline=record.review_next_date,
                summary=self.env._("Review %(name)s", name=record.display_name),
                user_id=record._review_assignee().id,
            )
            record.review_notified_date = record.review_next_date

    def _review_assignee(self):
        """Return the reviewer, or a carbon manager if that person left or may not see.

        One reviewer who cannot be asked must not stop the reviews of all others.
        """
        self.ensure_one()
        # sudo: the job looks up people of any company; only one user leaves
        group = self.env.ref("carbon_management.group_carbon_manager").sudo()
        for user in self.review_user_id | group.all_user_ids:
            if user.active and self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids).has_access(
                "read"
            ):
                return user
        return self.env.user
