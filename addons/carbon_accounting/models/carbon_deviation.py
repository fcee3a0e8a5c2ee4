from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: Who keeps deviations; their owners, whoever they are, write what they found out and did.
_KEEPERS = ("group_carbon_metrologist", "group_carbon_data_owner")
_OWNERS_FIELDS = {"cause", "response"}


class CarbonDeviation(models.Model):
    """Something was outside its limit: what it was, why, and what is done about it (R-104, R-155).

    Invariant: closed with cause and response only; then it does not change any more.
    """

    _name = "carbon.deviation"
    _description = "Deviation"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    _gate_frozen_states = ("closed",)

    name = fields.Char("What", required=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    date = fields.Date("Found On", required=True, default=fields.Date.context_today)
    equipment_id = fields.Many2one(
        "maintenance.equipment", index="btree_not_null", ondelete="restrict", check_company=True
    )
    calibration_id = fields.Many2one(
        "carbon.calibration", index="btree_not_null", ondelete="restrict", check_company=True, readonly=True
    )
    check_id = fields.Many2one(
        "carbon.operational.check",
        "Operational Check",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        readonly=True,
    )
    is_serious = fields.Boolean("Serious Deviation", help="As the operational criterion defines it.")
    value = fields.Float(digits=0, aggregator=None)
    limit = fields.Float(digits=0, aggregator=None, help="The limit that it lies beyond.")
    unit = fields.Char()
    date_from = fields.Date("Data in Doubt From", help="First day whose data may be wrong because of it.")
    date_to = fields.Date("Data in Doubt To")
    co2e_t = fields.Float("Data in Doubt (t CO₂e)", compute="_compute_co2e_t", digits=(16, 3), aggregator=None)
    cause = fields.Text()
    response = fields.Text(help="What was done about it, and about the data.")
    owner_id = fields.Many2one("res.users", index="btree_not_null", tracking=True, default=lambda self: self.env.user)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        tracking=True,
        index=True,
    )
    nonconformities = fields.Json(compute="_compute_nonconformities", export_string_translation=False)

    _calibration_uniq = models.UniqueIndex(
        "(calibration_id) WHERE calibration_id IS NOT NULL", "This calibration has its deviation already."
    )

    _check_uniq = models.UniqueIndex("(check_id) WHERE check_id IS NOT NULL", "This check has its deviation already.")

    def write(self, vals):
        """Owners who keep no data write cause and response of theirs, nothing else, whatever a record rule says."""
        keeps = self.env.su or any(self.env.user.has_group(f"carbon_management.{name}") for name in _KEEPERS)
        others = vals.keys() & self._gate_frozen_fields() - _OWNERS_FIELDS
        if not keeps and (others or any(deviation.owner_id != self.env.user for deviation in self)):
            raise AccessError(
                self.env._("Write the cause and what was done. The rest is changed by a metrologist or a data owner.")
            )
        return super().write(vals)

    def _compute_nonconformities(self):
        for deviation in self:
            deviation.nonconformities = self.env["carbon.extension.point"]._get_items("nonconformity", deviation)

    @api.depends("equipment_id", "date_from", "date_to")
    def _compute_co2e_t(self):
        """Sum what the ledger holds of the meter in the months in doubt."""
        for deviation in self:
            rows = deviation._rows_in_doubt()
            deviation.co2e_t = sum(rows.mapped("co2e_t"))

    def _rows_in_doubt(self):
        """Return the rows of the ledger whose months the doubt touches."""
        self.ensure_one()
        rows = self.env["carbon.activity.data"]
        if not self.equipment_id or not rows.has_access("read"):
            return rows
        domain = [
            ("company_id", "=", self.company_id.id),
            ("equipment_id", "=", self.equipment_id.id),
            ("kind", "=", "metered"),
        ]
        if self.date_from:
            domain.append(("date", ">=", self.date_from.replace(day=1)))
        if self.date_to:
            domain.append(("date", "<=", self.date_to))
        return rows.search(domain)

    def action_open_rows(self):
        """Show the data in doubt.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("id", "in", self._rows_in_doubt().ids)], context={})

    def action_close(self):
        """Close deviations whose cause and response are written.

        :raises UserError: naming what is missing
        """
        self._check_keeper()
        for deviation in self:
            if not (deviation.cause or "").strip() or not (deviation.response or "").strip():
                raise UserError(
                    self.env._(
                        "%(name)s: write the cause and what was done before you close it.", name=deviation.display_name
                    )
                )
        self.activity_unlink(["mail.mail_activity_data_todo"])
        return self._transition("closed", "deviation.close")

    def action_reopen(self):
        """Open a closed deviation again; the trail keeps both steps."""
        self._check_keeper()
        return self._transition("open", "deviation.reopen")

    def _check_keeper(self):
        """Refuse the steps of people who own a deviation and keep no data."""
        self.check_access("write")
        if not self.env.su and not any(self.env.user.has_group(f"carbon_management.{name}") for name in _KEEPERS):
            raise AccessError(self.env._("A metrologist or a data owner closes and opens deviations. Ask one."))

    def action_propose_correction(self):
        """Propose a factor for what the meter measured while it was in doubt.

        :return: window action of the proposal
        """
        self.ensure_one()
        return self.env["carbon.meter.correction"]._propose(self)

    def _trail_payload(self):
        """What was found, and what was done."""
        return super()._trail_payload() | {
            "what": self.name,
            "cause": self.cause or None,
            "response": self.response or None,
        }
