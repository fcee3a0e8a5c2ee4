import math

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.carbon_management.models.carbon_gate_mixin import gate_is_open

KINDS = [
    ("added", "Added (refill)"),
    ("recovered", "Recovered for reuse"),
    ("disposed", "Removed for disposal"),
    ("initial", "Initial charge"),
    ("fuel", "Fuel used"),
]
#: What people without a carbon right do not see.
CARBON = (
    "carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier,"
    "carbon_management.group_carbon_top_management"
)
#: What the system finds, and nobody writes.
_FOUND = {
    *(
        "company_id",
        "equipment_id",
        "substance_id",
        "declaration_id",
        "problem",
        "problem_detail",
        "lost_kg",
        "charge_kg",
    ),
    *("replaced_by_id", "elsewhere_reason"),
}
#: States in which a line follows its request and its device.
_FOLLOWS = ("draft", "waiting")
_HIGHEST = 10_000_000


class CarbonRefill(models.Model):
    """What a maintenance job put into a device or took out of it: refrigerant, SF6, extinguishing gas, fuel (R-131).

    Maintenance staff enter it on the request. When the request is done, the system finds what was lost and prepares a
    declaration. From then on the line does not change: another one takes its place, with a reason.
    """

    _name = "carbon.refill"
    _description = "Refill"
    _inherit = ["carbon.gate.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _gate_frozen_states = ("waiting", "declared", "recorded", "replaced")

    request_id = fields.Many2one("maintenance.request", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", compute="_compute_from_request", store=True, precompute=True, index=True, ondelete="restrict"
    )
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Device",
        compute="_compute_from_request",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    substance_id = fields.Many2one(
        "carbon.emission.factor",
        "Substance (Factor)",
        compute="_compute_substance_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
        groups=CARBON,
    )
    substance_name = fields.Char("Substance", compute="_compute_substance_name", compute_sudo=True)
    kind = fields.Selection(KINDS, required=True, default="added")
    quantity = fields.Float(digits=0, required=True, aggregator=None)
    uom_id = fields.Many2one(
        "uom.uom",
        "Unit",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.ref("uom.product_uom_kgm", raise_if_not_found=False),
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    is_retired = fields.Boolean(
        "Taken out of Service",
        help="The device holds nothing afterwards: what it held and was not taken out was lost.",
    )
    product_id = fields.Many2one(
        "product.product",
        "Bottle",
        ondelete="restrict",
        check_company=True,
        help="Where the quantity came from, if it is a product of the company.",
    )
    user_id = fields.Many2one(
        "res.users", "Technician", ondelete="restrict", default=lambda self: self.env.user, index="btree_not_null"
    )
    note = fields.Text()
    photo = fields.Image(max_width=1920, max_height=1920)
    file = fields.Binary(attachment=True)
    file_name = fields.Char()
    state = fields.Selection(
        [
            ("draft", "Entered"),
            ("waiting", "Waiting for the Accountant"),
            ("declared", "Declared"),
            ("recorded", "Recorded, Nothing Lost"),
            ("replaced", "Replaced"),
        ],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
    )
    is_request_done = fields.Boolean(related="request_id.stage_id.done", string="Request Done")
    # what the system finds
    charge_kg = fields.Float("Nominal Charge Then (kg)", digits=0, readonly=True, copy=False, aggregator=None)
    lost_kg = fields.Float(
        "Lost (kg)", digits=0, readonly=True, copy=False, help="What the job shows as lost; on one of its lines."
    )
    replaces_id = fields.Many2one(
        "carbon.refill", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    replaced_by_id = fields.Many2one("carbon.refill", readonly=True, copy=False, ondelete="restrict")
    reason = fields.Char("Why It Was Replaced", readonly=True, copy=False)
    declaration_id = fields.Many2one(
        "carbon.declaration", readonly=True, copy=False, index="btree_not_null", ondelete="restrict", groups=CARBON
    )
    declaration_state = fields.Selection(related="declaration_id.state", string="Declaration Status", groups=CARBON)
    source_id = fields.Many2one(related="declaration_id.source_id", groups=CARBON)
    problem = fields.Char(readonly=True, copy=False, groups=CARBON)
    problem_detail = fields.Char(readonly=True, copy=False, groups=CARBON)
    next_step = fields.Char(compute="_compute_next_step", groups=CARBON)
    elsewhere_reason = fields.Char("Why It Is Counted Elsewhere", readonly=True, copy=False, groups=CARBON)

    _quantity_check = models.Constraint(
        "CHECK(quantity >= 0 AND quantity <= 10000000)",
        "Enter how much it was: a number above 0 and up to 10,000,000, as the scale shows it.",
    )
    _replaces_uniq = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL", "This refill was corrected already. Correct the newer line."
    )
    _device_idx = models.Index("(equipment_id, substance_id, date)")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------
    @api.depends("request_id.equipment_id", "request_id.company_id")
    def _compute_from_request(self):
        """Follow the request while nothing is settled; what is declared or recorded keeps the device of its day."""
        for refill in self:
            follows = refill.state in _FOLLOWS
            refill.company_id = refill.request_id.company_id if follows else refill.company_id
            refill.equipment_id = refill.request_id.equipment_id if follows else refill.equipment_id

    @api.depends("equipment_id.carbon_substance_id")
    def _compute_substance_id(self):
        """Follow the nameplate in the same way."""
        for refill in self:
            follows = refill.state in _FOLLOWS
            refill.substance_id = refill.equipment_id.carbon_substance_id if follows else refill.substance_id

    @api.depends("substance_id", "kind")
    @api.depends_context("lang")
    def _compute_substance_name(self):
        for refill in self:
            refill.substance_name = refill.substance_id._substance_name()

    @api.depends("kind", "quantity", "uom_id", "equipment_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for refill in self:
            # sudo: the name of the device, for people who do not follow it
            device = refill.sudo().equipment_id.display_name or ""
            amount = f"{refill.quantity:g} {refill.uom_id.name or ''}".strip()
            refill.display_name = " · ".join(text for text in (device, kinds.get(refill.kind), amount) if text)

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------
    @api.constrains("quantity", "kind", "uom_id", "is_retired", "note", "equipment_id", "replaces_id")
    def _check_quantity(self):
        """Refuse what no scale says.

        :raises ValidationError: naming quantity and next step
        """
        kg = self.env.ref("uom.product_uom_kgm")
        for refill in self:
            value = refill.quantity
            nothing = refill.is_retired and refill.kind in ("recovered", "disposed") or refill.replaces_id
            if not math.isfinite(value) or value > _HIGHEST or value < 0 or (value == 0 and not nothing):
                raise ValidationError(
                    self.env._(
                        "Enter how much it was: a number above 0, as the scale shows it. Here it is %(quantity)s.",
                        quantity=value,
                    )
                )
            if refill.kind != "fuel" and not refill.uom_id._has_common_reference(kg):
                raise ValidationError(
                    self.env._(
                        "%(unit)s is no mass. Weigh the bottle before and after, and enter the difference in kg or another unit of mass.",
                        unit=refill.uom_id.name,
                    )
                )
            if refill.is_retired and refill.kind not in ("recovered", "disposed"):
                raise ValidationError(
                    self.env._(
                        "A device that is taken out of service is emptied: choose 'Recovered for reuse' or 'Removed for disposal'."
                    )
                )
            refill._check_fits_device()

    def _check_fits_device(self):
        """More than a device can hold is asked back: a point is easily forgotten."""
        # sudo: the nameplate, for people who do not follow the device
        charge = self.sudo().equipment_id.carbon_charge_kg
        if self.kind == "fuel" or not charge or (self.note or "").strip():
            return
        mass = self._kg()
        if mass > charge * 1.000001:
            raise ValidationError(
                self.env._(
                    "%(quantity)s %(unit)s is more than %(device)s holds (%(charge)s kg). Check number and unit; if it is right, "
                    "say why in the note.",
                    quantity=f"{self.quantity:g}",
                    unit=self.uom_id.name,
                    device=self.sudo().equipment_id.display_name,  # sudo: as above
                    charge=f"{charge:g}",
                )
            )

    def _kg(self):
        """Return the mass in kg of a line that is no fuel."""
        return self.quantity * self.uom_id.factor / self.env.ref("uom.product_uom_kgm").factor

    @api.constrains("date")
    def _check_date(self):
        engine = self.env["carbon.engine"]
        for refill in self:
            # sudo: the time zone of the company
            system = self.env["carbon.system"].sudo()
            today = max(system._get(refill.company_id)._today(), fields.Date.context_today(self))
            problem = engine._day_problem(refill.date)
            if problem or refill.date > today:
                raise ValidationError(
                    problem
                    or self.env._(
                        "%(day)s is yet to come. Enter the day on which the work was done.",
                        day=format_date(self.env, refill.date),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Take what people enter; what the system finds is not theirs to say. On a request that is done it counts at once."""
        own = {"replaces_id", "reason"} if not self._is_correcting() else set()
        refills = super().create([{k: v for k, v in vals.items() if k not in _FOUND | own} for vals in vals_list])
        if (done := refills.filtered("is_request_done")) and not self._is_correcting():
            done._settle_as_system()
        return refills

    def write(self, vals):
        """Refuse what the system finds, and lines that go to another request.

        :raises UserError: naming what to do instead
        """
        if not gate_is_open(self.env, self._name, self.ids):
            if vals.keys() & (_FOUND | {"replaces_id", "reason"}):
                raise UserError(
                    self.env._("What the system finds of a refill is not written. Correct quantity, kind or device.")
                )
            if "request_id" in vals and any(row.request_id.id != vals["request_id"] for row in self):
                raise UserError(
                    self.env._("A refill stays with its request. Delete it there and enter it in the other one.")
                )
        return super().write(vals)

    def _is_correcting(self):
        return self.env.context.get("carbon_refill_correcting") is _CORRECTING

    def _correcting(self):
        """Return this model with the permission to replace lines; an RPC context cannot carry it."""
        return self.with_context(carbon_refill_correcting=_CORRECTING)

    def _gate_frozen_message(self, names=()):
        return self.env._(
            "%(name)s is %(state)s and does not change any more. Press 'Correct' and say what was wrong.",
            name=self.display_name,
            state=self._gate_state_label(self.state),
        )

    def _trail_payload(self):
        refill = self.with_context(lang=None)
        payload = {
            "kind": refill.kind,
            "quantity": repr(refill.quantity),
            "unit": refill.uom_id.name,
            "date": str(refill.date),
            "request": refill.request_id.name,
            "device": refill.equipment_id.display_name or "",
            "substance": refill.substance_id.code or "",
            "lost_kg": repr(refill.lost_kg),
            "declaration": refill.declaration_id.uuid or "",
            "reason": refill.reason or refill.elsewhere_reason or "",
            "replaces": refill.replaces_id.uuid or "",
            "problem": refill.problem or "",
        }
        return {name: value for name, value in payload.items() if value}

    @api.model
    def _done_domain(self):
        """Return the domain of what was put in or taken out for certain: the request is done, nothing took its place."""
        return Domain("state", "in", ("waiting", "declared", "recorded"))


_CORRECTING = object()  # identity of the permission: an RPC context is JSON and cannot carry it
