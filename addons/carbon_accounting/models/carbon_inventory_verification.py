from odoo import fields, models
from odoo.exceptions import UserError

from .carbon_inventory import ACT

ASSURANCE_LEVELS = [("reasonable", "Reasonable"), ("limited", "Limited"), ("agreed", "Agreed-upon procedures")]
#: What a verification statement says; entered with the transition to *verified*.
VERIFICATION_FIELDS = (
    "verification_partner_id",
    "verification_criteria",
    "assurance_level",
    "verification_materiality",
    "verification_date",
    "verification_number",
    "verification_note",
)


class CarbonInventory(models.Model):
    """Verification of an inventory by an outside body (核查; R-139, R-140), kept as its statement says it."""

    _inherit = "carbon.inventory"

    verification_partner_id = fields.Many2one(
        "res.partner", string="Verification Body", readonly=True, copy=False, ondelete="restrict", tracking=True
    )
    verification_body = fields.Char(
        string="Verification Body as Stated",
        readonly=True,
        copy=False,
        help="Name of the verification body on the day its statement was recorded.",
    )
    verification_criteria = fields.Char(
        string="Criteria", readonly=True, copy=False, help="For instance ISO 14064-3:2019 and ISO 14064-1:2018."
    )
    assurance_level = fields.Selection(ASSURANCE_LEVELS, readonly=True, copy=False)
    verification_materiality = fields.Float(
        string="Materiality of Verification (%)", digits=0, readonly=True, copy=False, aggregator=None
    )
    verification_date = fields.Date(string="Date of Statement", readonly=True, copy=False)
    verification_number = fields.Char(string="Statement No.", readonly=True, copy=False)
    verification_note = fields.Text(string="Findings and Qualifications", readonly=True, copy=False)
    verified_on = fields.Datetime(string="Recorded On", readonly=True, copy=False)
    verified_by_id = fields.Many2one("res.users", string="Recorded By", readonly=True, copy=False, ondelete="restrict")

    def action_record_verification(self):
        """Open the dialog that takes the verification statement.

        :return: window action
        """
        self.ensure_one()
        self._check_may_verify()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_inventory_verification_wizard_action"
        )
        return dict(action, context={"default_inventory_id": self.id})

    def _check_may_verify(self):
        """Only a verifier or a manager who did not approve the inventory records its verification.

        :raises UserError: naming the state, the role or the person
        """
        self._check_any_group(("group_carbon_verifier", "group_carbon_manager"))
        for inventory in self:
            if inventory.state != "approved":
                raise UserError(
                    self.env._(
                        "%(inventory)s is %(state)s. A verification follows the approval.",
                        inventory=inventory.name,
                        state=self._gate_state_label(inventory.state),
                    )
                )
            if inventory.approved_by_id == self.env.user:
                raise UserError(
                    self.env._(
                        "You approved %(inventory)s. Its verification is recorded by a verifier or another manager.",
                        inventory=inventory.name,
                    )
                )

    def _record_verification(self, values):
        """Move an approved inventory to *verified* with the contents of the statement.

        :param values: values of ``VERIFICATION_FIELDS``
        :raises UserError: see :meth:`_check_may_verify`
        """
        self._check_may_verify()
        # sudo: the name is written down, whoever may read contacts
        body = self.env["res.partner"].sudo().browse(values.get("verification_partner_id"))  # sudo: as above
        # sudo: a verifier may read inventories only; who it was stays in the record and in the trail
        for inventory in self.sudo():
            inventory.with_context(carbon_inventory_act=ACT)._transition(
                "verified",
                "inventory.verify",
                reason=values.get("verification_note") or None,
                values={
                    **{name: values[name] for name in VERIFICATION_FIELDS if name in values},
                    "verification_body": body.name,
                    "verified_on": fields.Datetime.now(),
                    "verified_by_id": self.env.uid,
                },
            )

    def _trail_payload(self):
        """Keep what the statement says, once there is one."""
        payload = super()._trail_payload()
        if self.verification_number:
            payload["verification"] = {
                "body": self.verification_body or self.verification_partner_id.name,
                "criteria": self.verification_criteria,
                "level": self.assurance_level,
                "materiality": repr(self.verification_materiality),
                "date": fields.Date.to_string(self.verification_date),
                "number": self.verification_number,
                "recorded_on": fields.Datetime.to_string(self.verified_on),
            }
        return payload
