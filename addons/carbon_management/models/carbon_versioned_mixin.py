from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .carbon_gate_mixin import gate_is_open


class CarbonVersionedMixin(models.AbstractModel):
    """A numbered version of something that is approved and later superseded.

    Set ``_version_key`` to the fields that name the thing. Invariant: on any day at
    most one version of a thing is approved; approval passes the checks of
    ``_approval_checks`` and closes the version before.
    """

    _name = "carbon.versioned.mixin"
    _inherit = [
        "carbon.company.mixin",
        "carbon.record.mixin",
        "carbon.review.cycle.mixin",
    ]
    _description = "Versioned and approved record"

    _gate_frozen_states = ("approved", "superseded")
    _gate_second_person = "separate_boundary_approval"
    _version_key = ("company_id",)

    name = fields.Char(required=True, tracking=True)
    version = fields.Integer(required=True, readonly=True, copy=False, default=1, aggregator=None)
    date_from = fields.Date(
        "Valid From",
        required=True,
        tracking=True,
        default=lambda self: fields.Date.context_today(self).replace(month=1, day=1),
    )
    date_to = fields.Date("Valid Until", tracking=True, copy=False)
    prepared_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Who changed the content of the draft last.",
    )
    approved_on = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    check_result = fields.Json(
        "Checks Before Approval",
        compute="_compute_check_result",
        export_string_translation=False,
    )

    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from <= date_to)",
        "A version cannot end before it begins.",
    )

    @api.model
    def _selection_state(self):
        """Versions are drafted, approved and superseded, never just confirmed."""
        return [
            ("draft", self.env._("Draft")),
            ("approved", self.env._("Approved")),
            ("superseded", self.env._("Superseded")),
        ]

    @api.model
    def _gate_unfrozen_fields(self):
        """Clause links may be completed after approval; they decide nothing."""
        return super()._gate_unfrozen_fields() | {"clause_ids"}

    @api.model_create_multi
    def create(self, vals_list):
        """Count versions up per thing."""
        defaults = self.default_get(self._version_key)
        used = {}
        numbered = []
        for vals in vals_list:
            key = tuple(vals.get(name, defaults.get(name)) for name in self._version_key)
            used[key] = used.get(key) or self._last_version(key)
            used[key] += 1
            numbered.append({**vals, "version": used[key], "prepared_by_id": self.env.uid})
        return super().create(numbered)

    def write(self, vals):
        """Note who changed the content of a draft: that person may have to leave the approval to another."""
        vals = {name: value for name, value in vals.items() if name != "prepared_by_id"}
        result = super().write(vals)
        if vals.keys() & self._gate_frozen_fields() and not gate_is_open(self.env, self._name, self.ids):
            self._note_line_change()
        return result

    def _note_line_change(self):
        """Lines are content too."""
        drafts = self.filtered(lambda r: r.state == "draft" and r.prepared_by_id != self.env.user)
        if drafts:
            drafts._write_preparer()
        return super()._note_line_change()

    def _write_preparer(self):
        return super().write({"prepared_by_id": self.env.uid})  # pylint: disable=super-method-mismatch

    def _makers(self):
        """Who drew the version up, and who changed it last."""
        return super()._makers() | self.prepared_by_id

    @api.model
    def _last_version(self, key):
        """Return the highest version of a thing, 0 if there is none.

        :param key: values of the fields of ``_version_key``
        """
        domain = Domain.AND(Domain(name, "=", value) for name, value in zip(self._version_key, key, strict=True))
        # sudo: numbers are unique over all versions, also those the user may not see
        last = self.sudo().search(domain, order="version desc", limit=1)
        return last.version

    def _same_thing(self):
        """Return all versions of the thing this record is a version of."""
        self.ensure_one()
        return self.search(
            Domain.AND(
                Domain(name, "=", self[name].id if name.endswith("_id") else self[name]) for name in self._version_key
            )
        )

    @api.depends("number", "name", "version")
    def _compute_display_name(self):
        """Show number, name and version, as documents quote them."""
        for record in self:
            version = self.env._("v%(version)s", version=record.version)
            record.display_name = " ".join(filter(None, [record.number, record.name, version]))

    @api.model
    def _review_domain(self):
        """Only what is approved is under review."""
        return Domain("state", "=", "approved")

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def _compute_check_result(self):
        for record in self:
            record.check_result = record._approval_checks()

    def _approval_checks(self):
        """Return what stands in the way of approval, as extension point items.

        :return: list of ``{"label", "url", "state", "blocking"}``
        """
        self.ensure_one()
        return [
            self._check_item(
                self.env._(
                    "%(name)s is approved from the same day on or later. Choose a later first day of validity.",
                    name=other.display_name,
                )
            )
            for other in self._overlapping()
        ]

    @api.model
    def _check_item(self, label, blocking=True, url=None):
        """Return one extension point item.

        :param label: full sentence for the user
        :param blocking: whether it stops the approval
        :param url: where to put it right
        :return: dictionary
        """
        return {
            "label": label,
            "url": url,
            "state": "danger" if blocking else "warning",
            "blocking": blocking,
        }

    def _overlapping(self):
        """Return approved versions that would not end before this one begins."""
        if not self.date_from:
            return self.browse()
        return self._same_thing().filtered(
            lambda other: (
                other.state == "approved"
                and other != self
                and other.date_from >= self.date_from
                and (not self.date_to or other.date_from <= self.date_to)
            )
        )

    def action_approve(self):
        """Approve the versions and supersede those they replace.

        :return: True
        :raises UserError: if a check stands in the way
        """
        self._check_approver()
        for record in self:
            if record.state != "draft":
                raise UserError(
                    self.env._(
                        "%(name)s is not a draft. Open a draft to approve it.",
                        name=record.display_name,
                    )
                )
            blocking = [c["label"] for c in record._approval_checks() if c["blocking"]]
            if blocking:
                raise UserError(
                    self.env._(
                        "%(name)s cannot be approved yet:\n%(reasons)s",
                        name=record.display_name,
                        reasons="\n".join(f"- {label}" for label in blocking),
                    )
                )
            record._supersede_previous()
            record._transition(
                "approved",
                f"{self._trail_noun()}.approve",
                values={
                    "approved_on": fields.Datetime.now(),
                    "approved_by_id": self.env.uid,
                },
            )
        return True

    def _check_approver(self):
        """Refuse people who may prepare a version but not approve it."""
        self.check_access("write")
        manager = "carbon_management.group_carbon_manager"
        if not self.env.su and not self.env.user.has_group(manager):
            raise AccessError(
                self.env._(
                    "%(name)s is approved by a carbon manager. Ask one to approve it.",
                    name=self[:1].display_name,
                )
            )
        self._check_second_person()

    def _supersede_previous(self):
        """Close the approved versions that reach into the validity of this one."""
        eve = fields.Date.subtract(self.date_from, days=1)
        previous = self._same_thing().filtered(
            lambda other: (
                other.state == "approved"
                and other != self
                and other.date_from < self.date_from
                and (not other.date_to or other.date_to >= self.date_from)
            )
        )
        for other in previous:
            other._transition("superseded", f"{self._trail_noun()}.supersede", values={"date_to": eve})

    @api.model
    def _trail_noun(self):
        return self._name.rpartition(".")[2]

    def action_new_version(self):
        """Open a draft copy that will replace this version.

        :return: window action of the draft
        """
        self.ensure_one()
        draft = self._same_thing().filtered(lambda other: other.state == "draft")[:1]
        if not draft:
            draft = self.copy({"date_from": fields.Date.context_today(self)})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
        }
