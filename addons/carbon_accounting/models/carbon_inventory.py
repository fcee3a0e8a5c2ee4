from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.changes import changed_fields

#: What the lines depend on: changing one of them empties the computed inventory.
BASIS_FIELDS = {"company_id", "date_from", "date_to", "gwp_set_id"}
#: Written by the computation and by transitions only.
RESULT_FIELDS = {
    *("computed_on", "computed_by_id", "ledger_count", "ledger_max_id", "approval_basis", "approval_max_id"),
    *("checked_on", "checked_by_id", "approved_on", "approved_by_id", "acknowledged_issues"),
    *("version", "restates_id", "restatement_cause", "restatement_reason", "is_base_year", "base_year_on"),
    *(
        "verification_partner_id",
        "verification_body",
        "verification_criteria",
        "assurance_level",
        "verification_materiality",
    ),
    *("verification_date", "verification_number", "verification_note", "verified_on", "verified_by_id"),
}
#: Identity of the computation: an RPC context is JSON and cannot carry it.
ACT = object()
USES = [
    ("internal", "Internal management"),
    ("regulator", "Authority"),
    ("customer", "Customer"),
    ("neutrality", "Carbon neutrality"),
    ("public", "Public disclosure"),
]
STATES = [
    ("draft", "Draft"),
    ("checked", "Checked"),
    ("approved", "Approved"),
    ("verified", "Verified"),
    ("restated", "Restated"),
]


class CarbonInventory(models.Model):
    """GHG inventory of a company for whole months, up to a year (R-133, R-134, R-139).

    Its lines are computed from the ledger with one GWP set. Invariant: lines change
    only by computing a draft; once checked nothing changes, once approved not even by
    plain SQL.
    """

    _name = "carbon.inventory"
    _description = "GHG Inventory"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _gate_frozen_states = ("checked", "approved", "verified", "restated")
    _gate_second_person = "separate_inventory_approval"

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    date_from = fields.Date(
        string="First Day",
        required=True,
        tracking=True,
        default=lambda self: self._default_year()[0],
    )
    date_to = fields.Date(
        string="Last Day",
        required=True,
        tracking=True,
        default=lambda self: self._default_year()[1],
    )
    gwp_set_id = fields.Many2one(
        "carbon.gwp.set",
        string="GWP Set",
        required=True,
        ondelete="restrict",
        tracking=True,
        default=lambda self: self.env["carbon.engine"]._default_gwp_set(),
    )
    edition_ids = fields.Many2many(
        "carbon.framework.edition",
        string="Framework Editions",
        compute="_compute_edition_ids",
        store=True,
        readonly=False,
        precompute=True,
        help="Preset to the editions in force on the last day. One edition of each framework.",
    )
    electricity_basis = fields.Selection(
        [("location", "Location-based"), ("market", "Market-based")],
        string="Headline Basis",
        required=True,
        default=lambda self: self._default_electricity_basis(),
        tracking=True,
        help="Which result of purchased electricity the headline adds up. Both are always reported.",
    )
    intended_use = fields.Selection(
        USES,
        required=True,
        default="internal",
        tracking=True,
    )
    intended_user = fields.Char(help="Who relies on it, for instance the provincial authority.")
    materiality = fields.Float(
        string="Materiality (%)",
        digits=0,
        compute="_compute_materiality",
        store=True,
        readonly=False,
        precompute=True,
        aggregator=None,
        help="Errors and omissions above this part of the total would mislead the intended user.",
    )
    is_public = fields.Boolean(string="Available to Interested Parties")
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    maker_note = fields.Text(
        copy=False,
        help="What was checked, what is missing and why. Needed to hand the inventory on.",
    )
    issue_note = fields.Text(
        string="Open Worklist Accepted Because",
        copy=False,
        help="Why the inventory is handed on although records of its months wait on the worklist. Needed as long as some do.",
    )
    acknowledged_issues = fields.Json(readonly=True, copy=False, export_string_translation=False)
    line_ids = fields.One2many("carbon.inventory.line", "inventory_id", string="Lines", copy=False)
    intensity_ids = fields.One2many("carbon.inventory.intensity", "inventory_id", string="Intensities", copy=False)
    computed_on = fields.Datetime(readonly=True, copy=False)
    computed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    ledger_count = fields.Integer(readonly=True, copy=False, aggregator=None)
    ledger_max_id = fields.Integer(readonly=True, copy=False, aggregator=None)
    checked_on = fields.Datetime(readonly=True, copy=False)
    checked_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    approved_on = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")

    _materiality_check = models.Constraint(
        "CHECK(materiality >= 0 AND materiality <= 100)",
        "The materiality is a percentage between 0 and 100.",
    )

    # ------------------------------------------------------------------
    # Defaults and computes
    # ------------------------------------------------------------------
    @api.model
    def _default_year(self):
        """Return first and last day of the last complete year."""
        today = fields.Date.context_today(self)
        last = today.replace(month=1, day=1) - relativedelta(days=1)
        return last.replace(month=1, day=1), last

    @api.model
    def _default_electricity_basis(self):
        return self._company_defaults(self.env.company)["electricity_basis"]

    @api.model
    def _company_defaults(self, company):
        """Return what an inventory begins with as its own company has set it, whichever is ticked first."""
        system = self.env["carbon.system"]._get(company)
        return {
            "gwp_set_id": self.env["carbon.engine"]._default_gwp_set(company).id,
            "electricity_basis": system.electricity_basis or "location",
        }

    @api.onchange("company_id")
    def _onchange_company_id(self):
        if self.company_id and self.company_id != self._origin.company_id:
            self.update(self._company_defaults(self.company_id))

    @api.model
    def _gate_unfrozen_fields(self):
        """Publishing is no change of content."""
        return super()._gate_unfrozen_fields() | {"is_public"}

    @api.depends("date_to")
    def _compute_edition_ids(self):
        frameworks = self.env["carbon.framework"].search([("active", "=", True)])
        for inventory in self:
            editions = self.env["carbon.framework.edition"]
            for framework in frameworks if inventory.date_to else ():
                editions |= framework._edition_at(inventory.date_to)
            inventory.edition_ids = editions

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------
    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for inventory in self:
            first = inventory.date_from
            after = inventory.date_to + relativedelta(days=1)
            if first.day != 1 or after.day != 1 or after <= first:
                raise ValidationError(
                    self.env._(
                        "%(inventory)s covers whole months: begin on the first day of a month and end on the last.",
                        inventory=inventory.name,
                    )
                )
            if after > first + relativedelta(years=1):
                raise ValidationError(
                    self.env._(
                        "%(inventory)s is longer than a year. Make one inventory for each year.",
                        inventory=inventory.name,
                    )
                )

    @api.constrains("edition_ids", "date_from")
    def _check_editions(self):
        for inventory in self:
            chosen = inventory.edition_ids.grouped("framework_id")
            for framework, editions in chosen.items():
                if len(editions) > 1:
                    raise ValidationError(
                        self.env._(
                            "%(inventory)s names several editions of %(framework)s. Keep one of them.",
                            inventory=inventory.name,
                            framework=framework.name,
                        )
                    )
                if editions.valid_to and editions.valid_to < inventory.date_from:
                    raise ValidationError(
                        self.env._(
                            "%(edition)s ended on %(date)s, before %(inventory)s begins. Choose the edition in force.",
                            edition=editions.name,
                            date=editions.valid_to,
                            inventory=inventory.name,
                        )
                    )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Drop results that a caller brings: they are computed. What is not said is as the company has it."""
        prepared = []
        for vals in vals_list:
            own = {}
            if company := self.env["res.company"].browse(vals.get("company_id")):
                defaults = self._company_defaults(company)
                own = {name: defaults[name] for name in defaults if f"default_{name}" not in self.env.context}
            prepared.append({**own, **{name: vals[name] for name in vals if name not in RESULT_FIELDS}})
        return super().create(prepared)

    def write(self, vals):
        """Refuse results from outside; a change of the basis empties the draft."""
        computing = self.env.context.get("carbon_inventory_act") is ACT
        if RESULT_FIELDS & vals.keys() and not computing:
            raise UserError(
                self.env._(
                    "The results of %(inventory)s are computed. Use its buttons.",
                    inventory=self[:1].name,
                )
            )
        rebased = self.filtered(lambda inventory: inventory._is_rebased(vals))
        result = super().write(vals)
        if rebased:
            rebased._clear()
        return result

    def _is_rebased(self, vals):
        """Tell whether these values change what the computed lines rest on."""
        return bool(self.computed_on and changed_fields(self, vals, self._basis_fields()))

    @api.model
    def _basis_fields(self):
        """Return the names of the fields that the lines depend on."""
        return set(BASIS_FIELDS)

    def copy_data(self, default=None):
        """Say in the name that a copy is another inventory."""
        vals_list = super().copy_data(default)
        for inventory, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%(name)s (copy)", name=inventory.name)
        return vals_list

    def _months(self):
        """Return the first days of the months that the inventory covers."""
        self.ensure_one()
        months, first = [], self.date_from
        while first <= self.date_to:
            months.append(first)
            first += relativedelta(months=1)
        return months
