from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

GAS_FIELDS = (
    "gas_co2",
    "gas_ch4",
    "gas_n2o",
    "gas_hfcs",
    "gas_pfcs",
    "gas_sf6",
    "gas_nf3",
)


class CarbonBoundary(models.Model):
    """What belongs to the organisation, and what of it is accounted for.

    An organisational boundary names companies, sites and the consolidation approach;
    an accounting boundary names gases, categories, exclusions and the base year, and
    rests on an approved organisational boundary. Invariant: on any day at most one
    version per company and kind is approved.
    """

    _name = "carbon.boundary"
    _description = "Carbon Boundary"
    _inherit = ["carbon.versioned.mixin"]
    _order = "company_id, boundary_type, date_from desc, id desc"
    _rec_names_search = ["name", "number"]
    _check_company_auto = True

    _record_sequence = "carbon.boundary"
    _version_key = ("company_id", "boundary_type")

    boundary_type = fields.Selection(
        [("organisational", "Organisational"), ("accounting", "Accounting")],
        required=True,
        default="organisational",
        tracking=True,
    )
    approach = fields.Selection(
        [
            ("operational_control", "Operational Control"),
            ("financial_control", "Financial Control"),
            ("equity_share", "Equity Share"),
            ("legal_entity", "Legal entity"),
        ],
        "Consolidation Approach",
        compute="_compute_approach",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        tracking=True,
    )
    share = fields.Float(
        digits=0,
        default=1.0,
        aggregator=None,
        tracking=True,
        help="Part of the company's own emissions that is counted, for the equity share approach.",
    )
    site_ids = fields.Many2many("carbon.site", string="Sites", check_company=True)
    company_line_ids = fields.One2many("carbon.boundary.company", "boundary_id", "Companies and Units", copy=True)
    item_ids = fields.One2many("carbon.boundary.item", "boundary_id", "Inclusions and Exclusions", copy=True)
    organisational_id = fields.Many2one(
        "carbon.boundary",
        "Organisational Boundary",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        ondelete="restrict",
        domain="[('boundary_type', '=', 'organisational'), "
        "('company_id', '=', company_id), ('state', '=', 'approved')]",
    )
    gas_co2 = fields.Boolean("CO2", default=True)
    gas_ch4 = fields.Boolean("CH4", default=True)
    gas_n2o = fields.Boolean("N2O", default=True)
    gas_hfcs = fields.Boolean("HFCs", default=True)
    gas_pfcs = fields.Boolean("PFCs", default=True)
    gas_sf6 = fields.Boolean("SF6", default=True)
    gas_nf3 = fields.Boolean("NF3", default=True)
    include_direct = fields.Boolean("Direct Emissions", default=True)
    include_energy_indirect = fields.Boolean("Energy Indirect Emissions", default=True)
    include_other_indirect = fields.Boolean("Other Indirect Emissions")
    include_removals = fields.Boolean("Removals")
    guideline = fields.Char(
        help="Accounting guideline that is followed, e.g. ISO 14064-1:2018 or the guideline of the sector."
    )
    base_year = fields.Integer(aggregator=None, tracking=True)
    note = fields.Html("Justification")

    _version_uniq = models.UniqueIndex(
        "(company_id, boundary_type, version)",
        "This version of the boundary exists already. Open the newest version.",
    )
    _approved_from_uniq = models.UniqueIndex(
        "(company_id, boundary_type, date_from) WHERE state IN ('approved', 'superseded')",
        "A boundary of this company is approved from this day already. Choose another first day of validity.",
    )
    _share_check = models.Constraint(
        "CHECK(share > 0 AND share <= 1)",
        "An equity share lies above 0 and goes up to 1 (100 %).",
    )
    _base_year_check = models.Constraint(
        "CHECK(base_year IS NULL OR base_year = 0 OR base_year BETWEEN 1990 AND 2200)",
        "The base year is a year between 1990 and 2200.",
    )

    @api.depends("organisational_id")
    def _compute_approach(self):
        """An accounting boundary consolidates as its organisational boundary does."""
        for boundary in self:
            boundary.approach = boundary.organisational_id.approach or boundary.approach or "operational_control"

    @api.constrains("boundary_type", "organisational_id")
    def _check_organisational_id(self):
        for boundary in self:
            base = boundary.organisational_id
            if not base:
                continue
            if boundary.boundary_type == "organisational":
                raise ValidationError(
                    self.env._(
                        "%(name)s is an organisational boundary and rests on no other. "
                        "Empty the organisational boundary.",
                        name=boundary.display_name,
                    )
                )
            if base.boundary_type != "organisational" or base.state == "draft":
                raise ValidationError(
                    self.env._(
                        "%(name)s rests on %(base)s, which is not an approved "
                        "organisational boundary. Approve it first or choose another.",
                        name=boundary.display_name,
                        base=base.display_name,
                    )
                )

    @api.onchange("organisational_id")
    def _onchange_organisational_id(self):
        if self.organisational_id and not self.site_ids:
            self.site_ids = self.organisational_id.site_ids

    # ------------------------------------------------------------------
    # Checks before approval
    # ------------------------------------------------------------------
    @api.depends(
        "state",
        "boundary_type",
        "date_from",
        "date_to",
        "approach",
        "site_ids",
        "company_line_ids.share",
        "company_line_ids.company_id",
        "item_ids.reason",
        "organisational_id.state",
        "base_year",
        *GAS_FIELDS,
    )
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for boundary in self:
            draft = boundary.state == "draft"
            boundary.check_result = boundary._approval_checks() if draft else []

    def _approval_checks(self):
        """Add the consistency of the boundary with the group, sites and basis."""
        checks = super()._approval_checks()
        if not self.site_ids:
            checks.append(self._check_item(self.env._("No site is inside. Add at least one site.")))
        if self.boundary_type == "organisational":
            return checks + self._organisational_checks()
        return checks + self._accounting_checks() + self._completeness_checks()

    def _organisational_checks(self):
        return self._branch_checks() + self._control_checks()

    def _branches(self):
        # sudo: names of subsidiaries matter here, also those the user may not enter
        company = self.company_id.sudo()
        domain = [("id", "child_of", company.id), ("id", "!=", company.id)]
        return company.search(domain)

    def _branch_checks(self):
        """Point out branches that are neither inside nor excluded."""
        listed = self.company_line_ids.company_id.ids
        return [
            self._check_item(
                self.env._(
                    "%(company)s belongs to the group and is neither inside nor excluded.",
                    company=branch.name,
                ),
                blocking=False,
            )
            for branch in self._branches()
            if branch.id not in listed
        ]

    def _control_checks(self):
        """Ask on what control over a company rests that is no branch."""
        if self.approach == "equity_share":
            return []
        group = {self.company_id.id, *self._branches().ids}
        return [
            self._check_item(
                self.env._(
                    "%(company)s is no branch of %(parent)s. Say in its note on what control over it rests.",
                    company=line.company_id.name,
                    parent=self.company_id.name,
                ),
                blocking=not line.note,
            )
            for line in self.company_line_ids.filtered("company_id")
            if line.company_id.id not in group
        ]

    def _accounting_checks(self):
        checks, base = [], self.organisational_id
        if base.state != "approved":
            checks.append(
                self._check_item(
                    self.env._(
                        "There is no approved organisational boundary behind it. Choose one, or approve it first."
                    )
                )
            )
        elif outside := self.site_ids._origin - base.site_ids:
            checks.append(
                self._check_item(
                    self.env._(
                        "%(sites)s lie outside the organisational boundary. Remove them or extend that boundary.",
                        sites=", ".join(outside.mapped("display_name")),
                    )
                )
            )
        if not self.base_year:
            checks.append(self._check_item(self.env._("The base year is missing.")))
        if not any(self[name] for name in GAS_FIELDS):
            checks.append(self._check_item(self.env._("No greenhouse gas is chosen.")))
        if not (self.include_direct or self.include_energy_indirect):
            checks.append(
                self._check_item(
                    self.env._("Neither direct nor energy indirect emissions are in."),
                    blocking=False,
                )
            )
        checks.extend(
            self._check_item(self.env._("%(name)s is excluded without a reason.", name=item.name))
            for item in self.item_ids
            if item.kind == "exclusion" and not (item.reason or "").strip()
        )
        return checks

    def _completeness_checks(self):
        """Return what inside the boundary has no source and no "no emission" mark.

        Filled by the addons that know sources, warehouses and work centres (R-008).

        :return: extension point items
        """
        return []

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------
    @api.model
    def _get_for_date(self, company, date, boundary_type="accounting"):
        """Return the boundary that is or was in force on a day.

        :param company: ``res.company`` record
        :param date: day in question
        :param boundary_type: organisational or accounting
        :return: ``carbon.boundary``, empty if none was approved
        """
        return self.search(
            Domain("company_id", "=", company.id)
            & Domain("boundary_type", "=", boundary_type)
            & Domain("state", "in", ["approved", "superseded"])
            & Domain("date_from", "<=", date)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", date)),
            order="date_from desc",
            limit=1,
        )

    def write(self, vals):
        """Refuse to turn one kind of boundary into the other."""
        if "boundary_type" in vals and any(boundary.boundary_type != vals["boundary_type"] for boundary in self):
            raise UserError(
                self.env._(
                    "%(name)s cannot change its kind. Create another boundary.",
                    name=self[:1].display_name,
                )
            )
        return super().write(vals)

    @api.model
    def _trail_noun(self):
        return "boundary"

    def _trail_payload(self):
        """Keep what was approved, so that the trail proves it by itself."""
        names = [
            *("number", "version", "boundary_type", "approach", "share"),
            *("date_from", "date_to", "site_ids", "organisational_id", "base_year"),
            *("guideline", "include_direct", "include_energy_indirect"),
            *("include_other_indirect", "include_removals", *GAS_FIELDS),
        ]
        return {
            **self._trail_snapshot(names),
            "companies": [[line.entity_name, line.relation, line.share] for line in self.company_line_ids],
            "items": [[item.kind, item.name, item.category, item.reason or ""] for item in self.item_ids],
        }
