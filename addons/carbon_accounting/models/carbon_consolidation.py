from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.changes import changed_fields

#: What the rows depend on: changing one of them empties the draft.
BASIS_FIELDS = {"company_id", "boundary_id", "date_from", "date_to", "gwp_set_id", "intended_use"}
#: Written by the computation and by transitions only.
RESULT_FIELDS = {
    *("computed_on", "computed_by_id", "checked_on", "checked_by_id", "approved_on", "approved_by_id"),
    *("version", "replaces_id", "content_sha256"),
}
#: Identity of the computation: an RPC context is JSON and cannot carry it.
ACT = object()
STATES = [
    ("draft", "Draft"),
    ("checked", "Checked"),
    ("approved", "Approved"),
    ("superseded", "Superseded"),
]


class CarbonConsolidation(models.Model):
    """GHG inventory of a group: the inventories of its companies, by their shares, without what they sell each other (R-123, R-124).

    The companies and shares are those of an approved organisational boundary. Every company brings its own inventory of the same
    months, GWP set and use; one that is missing is named and never counts as zero. Invariant: rows come from the computation of a
    draft only; from the check on nothing changes, from the approval on not even by plain SQL.
    """

    _name = "carbon.consolidation"
    _description = "Consolidated Inventory"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.company.mixin", "carbon.gate.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _gate_frozen_states = ("checked", "approved", "superseded")
    _gate_second_person = "separate_inventory_approval"

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(string="Reporting Company")
    boundary_id = fields.Many2one(
        "carbon.boundary",
        string="Organisational Boundary",
        compute="_compute_boundary_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('boundary_type', '=', 'organisational'), ('company_id', '=', company_id), ('state', '!=', 'draft')]",
        help="Names the companies of the group, their shares and the consolidation approach.",
    )
    approach = fields.Selection(related="boundary_id.approach")
    date_from = fields.Date(
        string="First Day", required=True, tracking=True, default=lambda self: self._default_year()[0]
    )
    date_to = fields.Date(string="Last Day", required=True, tracking=True, default=lambda self: self._default_year()[1])
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
        help="Preset to the editions in force on the last day. The inventories of the companies name the same ones.",
    )
    electricity_basis = fields.Selection(
        [("location", "Location-based"), ("market", "Market-based")],
        string="Headline Basis",
        required=True,
        default=lambda self: self.env["carbon.inventory"]._default_electricity_basis(),
        tracking=True,
        help="Which result of purchased electricity the headline adds up. Both are always reported.",
    )
    intended_use = fields.Selection(
        selection=lambda self: self.env["carbon.inventory"]._fields["intended_use"]._description_selection(self.env),
        required=True,
        default="internal",
        tracking=True,
        help="Inventories of the companies that were made for the same use are taken.",
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="draft", copy=False, tracking=True, index=True
    )
    version = fields.Integer(readonly=True, default=1, copy=False, aggregator=None)
    replaces_id = fields.Many2one(
        "carbon.consolidation", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    maker_note = fields.Text(
        copy=False, help="What was checked, what is missing and why. Needed to hand the inventory on."
    )
    member_ids = fields.One2many("carbon.consolidation.member", "consolidation_id", string="Companies", copy=False)
    line_ids = fields.One2many("carbon.consolidation.line", "consolidation_id", string="Lines", copy=False)
    elimination_ids = fields.One2many(
        "carbon.consolidation.elimination", "consolidation_id", string="Eliminations", copy=False
    )
    decision_ids = fields.One2many(
        "carbon.consolidation.decision", "consolidation_id", string="Decisions on Flows", copy=False
    )
    computed_on = fields.Datetime(readonly=True, copy=False)
    computed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    checked_on = fields.Datetime(readonly=True, copy=False)
    checked_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    approved_on = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    content_sha256 = fields.Char(string="SHA-256 of the Rows", readonly=True, copy=False)

    _dates_check = models.Constraint("CHECK(date_from <= date_to)", "A period cannot end before it begins.")
    _replaces_uniq = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL", "A new version of this consolidated inventory exists already."
    )
    _approved_uniq = models.UniqueIndex(
        "(company_id, date_from, date_to, gwp_set_id, intended_use) WHERE state = 'approved'",
        "There is an approved consolidated inventory of these months, GWP set and use. Make a new version of it instead.",
    )

    # ------------------------------------------------------------------
    # Defaults and computes
    # ------------------------------------------------------------------
    @api.model
    def _default_year(self):
        return self.env["carbon.inventory"]._default_year()

    @api.depends("company_id", "date_to")
    def _compute_boundary_id(self):
        boundaries = self.env["carbon.boundary"]
        for record in self:
            day = record.date_to
            found = day and boundaries._get_for_date(record.company_id, day, "organisational")
            record.boundary_id = found or record.boundary_id

    @api.depends("date_to")
    def _compute_edition_ids(self):
        frameworks = self.env["carbon.framework"].search([("active", "=", True)])
        for record in self:
            editions = self.env["carbon.framework.edition"]
            for framework in frameworks if record.date_to else ():
                editions |= framework._edition_at(record.date_to)
            record.edition_ids = editions

    @api.onchange("company_id")
    def _onchange_company_id(self):
        if self.company_id and self.company_id != self._origin.company_id:
            self.update(self.env["carbon.inventory"]._company_defaults(self.company_id))

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------
    @api.constrains("boundary_id")
    def _check_boundary_id(self):
        for record in self:
            boundary = record.boundary_id
            if boundary.boundary_type != "organisational" or boundary.state == "draft":
                raise ValidationError(
                    self.env._(
                        "%(boundary)s is not an approved organisational boundary. Approve it first, or choose another.",
                        boundary=boundary.display_name,
                    )
                )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for record in self:
            after = record.date_to + relativedelta(days=1)
            if record.date_from.day != 1 or after.day != 1:
                raise ValidationError(
                    self.env._(
                        "%(name)s covers whole months: begin on the first day of a month and end on the last.",
                        name=record.name,
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Drop results that a caller brings: they are computed."""
        act = self.env.context.get("carbon_consolidation_act") is ACT
        dropped = set() if act else RESULT_FIELDS
        return super().create([{k: v for k, v in vals.items() if k not in dropped} for vals in vals_list])

    def write(self, vals):
        """Refuse results from outside; a change of the basis empties the draft."""
        acting = self.env.context.get("carbon_consolidation_act") is ACT
        if RESULT_FIELDS & vals.keys() and not acting:
            raise UserError(self.env._("The results of %(name)s are computed. Use its buttons.", name=self[:1].name))
        rebased = self.filtered(lambda r: r.computed_on and changed_fields(r, vals, BASIS_FIELDS))
        result = super().write(vals)
        if rebased and not acting:
            rebased._clear()
        return result

    def _act(self):
        """Return the records with the permission to write results, which RPC cannot carry."""
        return self.with_context(carbon_consolidation_act=ACT)

    def copy_data(self, default=None):
        """Say in the name that a copy is another inventory."""
        vals_list = super().copy_data(default)
        for record, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%(name)s (copy)", name=record.name)
        return vals_list
