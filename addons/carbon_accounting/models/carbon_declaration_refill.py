from odoo import api, fields, models
from odoo.exceptions import UserError

_LINK = {"refill_request_id", "refill_key", "refill_revision", "refill_quantity"}


class CarbonDeclaration(models.Model):
    """Declarations that refills prepared (R-131): one for each job; a newer one takes the place of the one before."""

    _inherit = "carbon.declaration"

    refill_request_id = fields.Many2one(
        "maintenance.request",
        "Maintenance Request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    refill_key = fields.Char(readonly=True, copy=False)
    refill_revision = fields.Integer(readonly=True, copy=False, aggregator=None)
    refill_quantity = fields.Float("Lost as the Refills Say", digits=0, readonly=True, copy=False, aggregator=None)
    refill_ids = fields.One2many("carbon.refill", "declaration_id", string="Refills", readonly=True, copy=False)
    refill_warning = fields.Char(compute="_compute_refill_warning")

    _refill_uniq = models.UniqueIndex(
        "(refill_request_id, refill_key, refill_revision) WHERE refill_request_id IS NOT NULL",
        "These refills have a declaration already.",
    )

    @api.depends("refill_request_id", "refill_quantity", "quantity", "state", "method_id")
    @api.depends_context("lang")
    def _compute_refill_warning(self):
        """Say where a declaration is not, or not any more, what the refills say."""
        for row in self:
            row.refill_warning = row._refill_warning() if row.refill_request_id and row.state == "draft" else False

    def _refill_warning(self):
        if newer := self._refill_others().filtered(lambda other: other.refill_revision > self.refill_revision):
            return self.env._(
                "The refills were corrected: %(name)s took the place of this declaration.", name=newer[0].name
            )
        if not self.method_id and self.quantity != self.refill_quantity:
            return self.env._(
                "The refills say %(said)s, this declaration %(own)s. Correct the refill, so that both agree.",
                said=f"{self.refill_quantity:g}",
                own=f"{self.quantity:g}",
            )
        if posted := self._refill_others().filtered(lambda other: other.state == "posted"):
            return self.env._("Posting this declaration cancels %(name)s, whose place it takes.", name=posted[0].name)
        return False

    def _refill_others(self):
        """Return the other declarations of the same job."""
        self.ensure_one()
        domain = [
            ("refill_request_id", "=", self.refill_request_id.id),
            ("refill_key", "=", self.refill_key),
            ("id", "!=", self.id),
        ]
        return self.search(domain)

    @api.model
    def _refill_act(self):
        """Return this model with the permission to prepare declarations of refills; an RPC context cannot carry it."""
        return self.with_context(carbon_refill_act=_ACT)

    @api.model_create_multi
    def create(self, vals_list):
        """Only refills make declarations that name a request, whatever the defaults of a context say."""
        if self.env.context.get("carbon_refill_act") is not _ACT:
            vals_list = [{**vals, **dict.fromkeys(_LINK, False)} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """The link stays; what was taken back lets the refills say what is to do now."""
        if _LINK & vals.keys():
            raise UserError(self.env._("The link between refills and their declaration is kept by the system."))
        result = super().write(vals)
        if vals.get("state") == "cancel":
            # sudo: what the refills of the same job say follows from it, whoever cancels
            waiting = self.sudo().refill_ids.filtered(lambda row: row.state == "waiting" and row.problem == "cancel")
            if waiting:
                waiting._settle_as_system()
        return result

    def action_post(self):
        """Post; a declaration that takes the place of another one takes that back in the same step.

        :raises UserError: for one whose place was taken
        """
        self.check_access("write")
        for row in self.filtered(lambda row: row.refill_request_id and row.state == "draft"):
            others = row._refill_others()
            if newer := others.filtered(lambda other, row=row: other.refill_revision > row.refill_revision):
                raise UserError(
                    self.env._(
                        "Declaration %(name)s says what the refills do not say any more: %(newer)s took its place. "
                        "Post that one, and cancel this one.",
                        name=row.name,
                        newer=newer[0].name,
                    )
                )
            others.filtered(lambda other: other.state == "posted").action_cancel()
        return super().action_post()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_refills(self):
        if kept := self.filtered("refill_request_id"):
            raise UserError(
                self.env._(
                    "Declaration %(name)s was prepared from refills and is kept, so that none is forgotten. "
                    "Cancel it if it is not to count.",
                    name=kept[0].name,
                )
            )

    def action_view_refills(self):
        """Open the refills behind the declaration."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_refill_action")
        return dict(action, domain=[("declaration_id", "in", self.ids)], context={})

    def _trail_payload(self):
        """Name the request whose refills it declares."""
        payload = super()._trail_payload()
        # sudo: the name of the request, for people who do not follow it
        request = self.sudo().refill_request_id
        return (
            {**payload, "maintenance_request": request.name, "refill_revision": self.refill_revision}
            if request
            else payload
        )


_ACT = object()  # identity of the permission: an RPC context is JSON and cannot carry it
