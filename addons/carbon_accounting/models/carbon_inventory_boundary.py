from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date


class CarbonInventory(models.Model):
    """Consolidation: what of the ledger an inventory counts, by its accounting boundary (R-124).

    The ledger is 100 % of the company. Shares and exclusions apply in inventory lines only, and an excluded
    line stays visible with its reason and a share of zero.
    """

    _inherit = "carbon.inventory"

    boundary_id = fields.Many2one(
        "carbon.boundary",
        string="Accounting Boundary",
        compute="_compute_boundary_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('boundary_type', '=', 'accounting'), ('company_id', '=', company_id), ('state', '!=', 'draft')]",
        help="Empty: everything in the ledger counts in full.",
    )

    siteless_sources = fields.Char(
        string="Sources Without Site",
        compute="_compute_siteless_sources",
        help="Sources that count in full because they name no site, although the boundary names the sites inside it.",
    )

    tableless_sources = fields.Char(
        string="Sources in No Table Row",
        compute="_compute_tableless_sources",
        help="Sources with emissions whose category has a row in tables A.2 and A.3, but which are said to be in none.",
    )
    no_boundary = fields.Char(
        string="No Accounting Boundary",
        compute="_compute_no_boundary",
        help="Why everything in the ledger counts in full, and what there is to choose or to approve.",
    )

    @api.depends("company_id", "date_to")
    def _compute_boundary_id(self):
        boundaries = self.env["carbon.boundary"]
        for inventory in self:
            day = inventory.date_to
            inventory.boundary_id = boundaries._get_for_date(inventory.company_id, day) if day else False

    @api.depends("company_id", "date_to", "boundary_id")
    def _compute_no_boundary(self):
        """Say of an inventory without boundary whether one is in force, a draft, or none at all."""
        for inventory in self:
            wanted = not inventory.boundary_id and inventory.company_id and inventory.date_to
            inventory.no_boundary = inventory._no_boundary_text() if wanted else False

    def _no_boundary_text(self):
        boundaries = self.env["carbon.boundary"]
        date = format_date(self.env, self.date_to)
        if found := boundaries._get_for_date(self.company_id, self.date_to):
            return self.env._(
                "%(boundary)s is in force on %(date)s, and this inventory does not rest on it: everything in the ledger counts in "
                "full. Choose it as accounting boundary and compute.",
                boundary=found.display_name,
                date=date,
            )
        none = self.env._(
            "No accounting boundary is in force on %(date)s: everything in the ledger counts in full.", date=date
        )
        domain = [("company_id", "=", self.company_id.id), ("state", "=", "draft")]
        # an accounting boundary is nearer than the organisational one that it rests on
        draft = boundaries.search(domain, order="boundary_type, date_from desc", limit=1)
        if not draft:
            return none
        return self.env._(
            "%(none)s %(boundary)s is a draft: a carbon manager checks and approves it.",
            none=none,
            boundary=draft.display_name,
        )

    @api.depends("boundary_id.site_ids", "line_count")
    def _compute_siteless_sources(self):
        """Name up to five sources without site, when the boundary is limited to sites."""
        limited = self.filtered("boundary_id.site_ids")
        found = {}
        if limited._origin:
            groups = self.env["carbon.inventory.line"]._read_group(
                [("inventory_id", "in", limited._origin.ids), ("source_id.site_id", "=", False)],
                ["inventory_id", "source_id"],
            )
            for inventory, source in groups:
                found.setdefault(inventory.id, []).append(source.display_name)
        for inventory in self:
            inventory.siteless_sources = self._up_to_five(found.get(inventory._origin.id, []))

    @api.depends("line_count", "state")
    def _compute_tableless_sources(self):
        """Name up to five sources that tables A.2 and A.3 would leave out against their category."""
        groups = self.env["carbon.inventory.line"]._read_group(
            [("inventory_id", "in", self._origin.ids), ("source_id.material", "=", "other")],
            ["inventory_id"],
            ["source_id:recordset"],
        )
        found = {inventory.id: sources for inventory, sources in groups}
        for inventory in self:
            sources = found.get(inventory._origin.id, self.env["carbon.source"])
            lost = sources.filtered(lambda s: s._table_row(s.category_id, s.factor_line_ids.factor_id) != "other")
            inventory.tableless_sources = self._up_to_five(lost.mapped("display_name"))

    @api.model
    def _up_to_five(self, names):
        """Return up to five names in one line, and how many more there are; False without any."""
        names = sorted(names)
        more = [self.env._("%(count)s more", count=len(names) - 5)] if len(names) > 5 else []
        return ", ".join(names[:5] + more) or False

    @api.constrains("boundary_id")
    def _check_boundary(self):
        for inventory in self.filtered("boundary_id"):
            if inventory.boundary_id.boundary_type != "accounting":
                raise ValidationError(
                    self.env._(
                        "%(boundary)s is an organisational boundary. Choose the accounting boundary that rests on it.",
                        boundary=inventory.boundary_id.display_name,
                    )
                )

    @api.model
    def _basis_fields(self):
        """Lines depend on the boundary too."""
        return super()._basis_fields() | {"boundary_id"}

    def _require_fresh(self):
        """A draft of a boundary can still change: nothing can rest on it."""
        for inventory in self:
            if inventory.boundary_id.state == "draft":
                raise UserError(
                    self.env._(
                        "%(boundary)s is a draft. Approve it before %(inventory)s goes on.",
                        boundary=inventory.boundary_id.display_name,
                        inventory=inventory.name,
                    )
                )
        return super()._require_fresh()

    def _trail_payload(self):
        """Name the boundary that was applied."""
        return {**super()._trail_payload(), "boundary": self.boundary_id.uuid or None}

    # ------------------------------------------------------------------
    # SQL
    # ------------------------------------------------------------------
    def _sql_share(self):
        """Return SQL of the share, and of the reason why nothing counts, by the boundary."""
        boundary = self.boundary_id
        if not boundary:
            return super()._sql_share()
        share = SQL("1.0")
        if boundary.approach == "equity_share":
            share = SQL("%s::numeric * COALESCE(si.share, 1.0)", self._company_share())
        tests = [
            *self._sql_site_tests(),
            *self._sql_category_tests(),
            *self._sql_gas_tests(),
        ]
        cases = SQL(" ").join(SQL("WHEN %s THEN %s", condition, reason) for condition, reason in tests)
        return share, SQL("CASE %s ELSE NULL END", cases) if tests else SQL("NULL::text")

    def _company_share(self):
        """Return the part of the company that is counted, as exact text."""
        boundary = self.boundary_id.organisational_id or self.boundary_id
        line = boundary.company_line_ids.filtered(lambda x: x.company_id == self.company_id)[:1]
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                "SELECT trim_scale(b.share * COALESCE(l.share, 1))::text FROM carbon_boundary b "
                "LEFT JOIN carbon_boundary_company l ON l.id = %s WHERE b.id = %s",
                line.id or None,
                boundary.id,
            )
        )[0][0]

    def _sql_site_tests(self):
        """Return (condition, reason) of sources ``s`` on sites ``si`` that are not inside."""
        boundary = self.boundary_id
        tests = []
        if boundary.site_ids:
            tests.append((SQL("s.site_id <> ALL(%s)", boundary.site_ids.ids), "site"))
        if boundary.approach == "operational_control":
            tests.append((SQL("si.has_operational_control IS FALSE"), "control"))
        elif boundary.approach == "financial_control":
            tests.append((SQL("si.has_financial_control IS FALSE"), "control"))
        return tests

    def _sql_category_tests(self):
        """Return (condition, reason) of the kinds of emission that the boundary leaves out."""
        boundary = self.boundary_id
        kinds = [
            (boundary.include_removals, SQL("x.treatment = 'removal'")),
            (boundary.include_direct, SQL("x.segment = 'direct' AND x.treatment <> 'removal'")),
            (boundary.include_energy_indirect, SQL("x.segment = 'energy' AND x.treatment <> 'removal'")),
            (boundary.include_other_indirect, SQL("x.segment = 'other' AND x.treatment <> 'removal'")),
        ]
        return [(condition, "category") for included, condition in kinds if not included]

    def _sql_gas_tests(self):
        """Return (condition, reason) of gas groups that the boundary leaves out.

        A CO2e-only gas belongs to no group, and gases outside the seven groups are apart anyway.
        """
        groups = ("CO2", "CH4", "N2O", "HFCs", "PFCs", "SF6", "NF3")
        left_out = [group for group in groups if not self.boundary_id[f"gas_{group.lower()}"]]
        return [(SQL("ga.gas_group = ANY(%s)", left_out), "gas")] if left_out else []
