from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

# evidence of what happened: set by the steps of this model, never written directly
STEP_FIELDS = {"notified_on", "acknowledged_on", "has_granted"}
# an object: no context that comes over RPC can carry it
_STEP = object()


class CarbonRoleAssignment(models.Model):
    """Somebody holds a role, somewhere, from a day to a day.

    The holder is told the duties and acknowledges them. Invariant: the access role
    is given while the assignment runs and taken back afterwards, unless the user had
    it before or holds it by another assignment.
    """

    _name = "carbon.role.assignment"
    _description = "Carbon Role Assignment"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "carbon.company.mixin",
        "carbon.uuid.mixin",
    ]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    role_id = fields.Many2one(
        "carbon.role",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one("res.users", check_company=True, tracking=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Person Without User", tracking=True, ondelete="restrict")
    holder_id = fields.Many2one("res.partner", compute="_compute_holder_id", store=True)
    site_id = fields.Many2one("carbon.site", check_company=True, tracking=True, ondelete="restrict")
    date_from = fields.Date(required=True, tracking=True, default=fields.Date.context_today)
    date_to = fields.Date(tracking=True)
    is_current = fields.Boolean("Running", compute="_compute_is_current", search="_search_is_current")
    notified_on = fields.Datetime("Told On", readonly=True, copy=False)
    acknowledged_on = fields.Datetime(readonly=True, copy=False, tracking=True)
    has_granted = fields.Boolean("Access Given", readonly=True, copy=False)

    _holder_check = models.Constraint(
        "CHECK((user_id IS NULL) <> (partner_id IS NULL))",
        "A role is assigned to a user or to a person without user, one of the two.",
    )
    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from <= date_to)",
        "An assignment cannot end before it begins.",
    )
    _user_from_uniq = models.UniqueIndex(
        "(role_id, company_id, user_id, COALESCE(site_id, 0), date_from) WHERE user_id IS NOT NULL",
        "This user is assigned to the role from this day already.",
    )

    @api.depends("user_id", "partner_id")
    def _compute_holder_id(self):
        for assignment in self:
            assignment.holder_id = assignment.user_id.partner_id or assignment.partner_id

    @api.depends("date_from", "date_to")
    def _compute_is_current(self):
        today = fields.Date.context_today(self)
        for assignment in self:
            start, end = assignment.date_from, assignment.date_to
            assignment.is_current = bool(start and start <= today and (not end or end >= today))

    @api.model
    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        current = self._current_domain()
        return current if True in value else ~current

    @api.model
    def _current_domain(self):
        today = fields.Date.context_today(self)
        open_end = Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        return Domain("date_from", "<=", today) & open_end

    @api.depends("role_id", "holder_id")
    def _compute_display_name(self):
        """Say who holds what."""
        for assignment in self:
            assignment.display_name = self.env._(
                "%(role)s: %(holder)s",
                role=assignment.role_id.name or "",
                holder=assignment.holder_id.name or "",
            )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Give access at once, record and communicate the assignment."""
        assignments = super().create(
            [{name: vals[name] for name in vals if name not in STEP_FIELDS} for vals in vals_list]
        )
        for assignment in assignments:
            assignment._record("role.assign")
        assignments._apply_access()
        assignments._notify_holders()
        return assignments

    def write(self, vals):
        """Take back and give access when person, role or dates change."""
        own_step = self.env.context.get("carbon_step") is _STEP
        if vals.keys() & STEP_FIELDS and not own_step:
            raise UserError(
                self.env._(
                    "When %(name)s was told, acknowledged and given access is recorded by its buttons only.",
                    name=self[:1].display_name,
                )
            )
        relevant = vals.keys() & {"role_id", "user_id", "date_from", "date_to"}
        if not relevant:
            return super().write(vals)
        self._revoke_access()
        result = super().write(vals)
        if relevant & {"role_id", "user_id"}:
            self._set_steps(acknowledged_on=False)
        for assignment in self:
            assignment._record("role.change")
        self._apply_access()
        return result

    def _set_steps(self, **values):
        """Write what the steps of this model record."""
        return self.with_context(carbon_step=_STEP).write(values)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_acknowledged(self):
        if told := self.filtered("acknowledged_on"):
            raise UserError(
                self.env._(
                    "%(name)s was acknowledged and is kept as a record. Set its last day instead.",
                    name=told[:1].display_name,
                )
            )

    def unlink(self):
        """Take back the access that an assignment gave."""
        self._revoke_access()
        return super().unlink()

    def _record(self, event):
        """Leave a trail entry about this assignment."""
        self.env["carbon.trail.entry"]._append(
            self.company_id,
            event,
            record=self,
            payload={
                "role": self.role_id.with_context(lang=None).name,
                "holder": self.holder_id.name,
                "login": self.user_id.login or "",
                "site": self.site_id.uuid or "",
                "from": self.date_from,
                "to": self.date_to or "",
            },
        )

    # ------------------------------------------------------------------
    # Access role
    # ------------------------------------------------------------------
    def _apply_access(self):
        """Give or take the access role according to today's date."""
        for assignment in self:
            if assignment.is_current and not assignment.has_granted:
                assignment._grant_access()
            elif not assignment.is_current and assignment.has_granted:
                assignment._revoke_access()

    def _grant_access(self):
        # sudo: a carbon manager may hand out the carbon role that the constraint of
        # carbon.role limits to groups of these addons, and nothing else
        group, user = self.role_id.sudo().group_id, self.user_id.sudo()
        if not group or not user or user.share or group in user.all_group_ids:
            return
        if group not in self.env["carbon.role"]._assignable_groups():
            return
        user.write({"group_ids": [Command.link(group.id)]})
        self._set_steps(has_granted=True)

    def _revoke_access(self):
        for assignment in self.filtered("has_granted"):
            # sudo: takes back only what an assignment gave
            group, user = assignment.role_id.sudo().group_id, assignment.user_id.sudo()
            assignment._set_steps(has_granted=False)
            heirs = self.search(
                Domain("user_id", "=", user.id)
                & Domain("role_id.group_id", "=", group.id)
                & Domain("id", "!=", assignment.id)
                & self._current_domain()
            )
            if heirs:
                heirs[:1]._set_steps(has_granted=True)
            else:
                user.write({"group_ids": [Command.unlink(group.id)]})

    @api.model
    def _cron_apply_access(self):
        """Follow the calendar: begin and end assignments of today."""
        changed = self.search(
            (self._current_domain() & Domain("has_granted", "=", False))
            | (~self._current_domain() & Domain("has_granted", "=", True))
        )
        changed._apply_access()

    # ------------------------------------------------------------------
    # Communication
    # ------------------------------------------------------------------
    def _notify_holders(self):
        """Tell the holders their duties and ask users to acknowledge them."""
        for assignment in self.filtered("holder_id"):
            role = assignment.role_id
            assignment.message_post(
                subject=self.env._("Your role: %(role)s", role=role.name),
                body=Markup("<p>%s</p>%s%s")
                % (
                    self.env._(
                        "You hold the role %(role)s from %(date)s. Please read your duties and acknowledge them.",
                        role=role.name,
                        date=assignment.date_from,
                    ),
                    role.duties or "",
                    role.authorities or "",
                ),
                partner_ids=assignment.holder_id.ids,
                message_type="notification",
                subtype_xmlid="mail.mt_comment",
            )
            assignment._set_steps(notified_on=fields.Datetime.now())
            if assignment.user_id:
                assignment.activity_schedule(
                    "carbon_management.mail_activity_acknowledge",
                    user_id=assignment.user_id.id,
                )

    def action_notify(self):
        """Tell the holders again.

        :return: True
        """
        self.check_access("write")
        self._notify_holders()
        return True

    def action_acknowledge(self):
        """Acknowledge one's own duties.

        :return: True
        :raises UserError: if the role is held by somebody else
        """
        for assignment in self:
            assignment.check_access("read")
            if assignment.user_id != self.env.user:
                raise UserError(
                    self.env._(
                        "%(name)s can be acknowledged by the holder only.",
                        name=assignment.display_name,
                    )
                )
            if assignment.acknowledged_on:
                continue
            # sudo: the holder may not edit the assignment, only acknowledge it
            own = assignment.sudo()
            own._set_steps(acknowledged_on=fields.Datetime.now())
            own.activity_feedback(["carbon_management.mail_activity_acknowledge"])
            own._record("role.acknowledge")
        return True
