from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.carbon_management.tools.time_zones import country_zones


class CarbonSetupWizard(models.TransientModel):
    """First step of the guided set-up: where the company is and how it counts.

    Region and time zone follow the company's address until there is a site, unless somebody chose others. A boundary that
    the step draws up is a draft: it is in force once a carbon manager approved it.
    """

    _inherit = "carbon.setup.wizard"

    tz = fields.Selection(related="system_id.tz", readonly=False)
    tz_missing = fields.Boolean(compute="_compute_tz_missing", string="Time Zone Not Chosen")
    tz_choice = fields.Selection(
        selection="_selection_tz_choice",
        string="Time Zone of the Company",
        help="Decides in which month a document lies. Fixed with the first close.",
    )
    tz_elsewhere = fields.Boolean(compute="_compute_tz_missing", string="Time Zone of Another Country")
    # what the address gave when last looked at: a value that differs from it was chosen by somebody
    tz_proposed = fields.Char(readonly=True, export_string_translation=False)
    region_proposed_id = fields.Many2one(
        "carbon.region", readonly=True, default=lambda self: self._default_region_id(), export_string_translation=False
    )
    standard_ids = fields.Many2many(related="system_id.standard_ids", readonly=False)
    gwp_set_id = fields.Many2one(related="system_id.gwp_set_id", readonly=False)
    electricity_basis = fields.Selection(related="system_id.electricity_basis", readonly=False)
    site_ids = fields.Many2many("carbon.site", compute="_compute_site_ids")
    site_name = fields.Char(default=lambda self: self.env.company.name)
    site_code = fields.Char(default="1")
    region_id = fields.Many2one("carbon.region", default=lambda self: self._default_region_id())
    boundary_ids = fields.Many2many("carbon.boundary", compute="_compute_boundary_ids", string="Boundaries in Force")
    draft_boundary_ids = fields.Many2many(
        "carbon.boundary",
        compute="_compute_boundary_ids",
        string="Drafts of Boundaries",
        help="Not in force: a carbon manager checks and approves them.",
    )
    missing_boundary = fields.Selection(
        [("organisational", "Organisational Boundary"), ("accounting", "Accounting Boundary")],
        compute="_compute_boundary_ids",
        export_string_translation=False,
    )
    approach = fields.Selection(
        selection="_selection_approach", string="Consolidation approach", default="operational_control"
    )

    # ------------------------------------------------------------------ defaults and computes
    @api.model
    def _default_region_id(self):
        return self.env["carbon.region"]._get_for_partner(self.env.company.partner_id)

    @api.model
    def _selection_approach(self):
        return self.env["carbon.boundary"]._fields["approach"]._description_selection(self.env)

    @api.model
    def _selection_tz_choice(self):
        """Time zones of the current company's country, each under its own name."""
        return [(zone, zone) for zone in sorted(country_zones(self.env.company.country_id.code))]

    @api.depends("company_id", "step", "tz")
    def _compute_tz_missing(self):
        for wizard in self:
            zones = country_zones(wizard.company_id.country_id.code)
            wizard.tz_missing = wizard.system_id._tz_missing()
            wizard.tz_elsewhere = bool(zones) and wizard.tz not in zones and not wizard.tz_missing

    @api.depends("company_id", "step")
    def _compute_site_ids(self):
        for wizard in self:
            wizard.site_ids = self.env["carbon.site"].search([("company_id", "=", wizard.company_id.id)])

    @api.depends("company_id", "step")
    def _compute_boundary_ids(self):
        """Tell what is in force today from what is a draft, and which of both kinds is missing."""
        boundaries, today = self.env["carbon.boundary"], fields.Date.context_today(self)
        for wizard in self:
            organisational, accounting = (
                boundaries._get_for_date(wizard.company_id, today, kind) for kind in ("organisational", "accounting")
            )
            wizard.boundary_ids = organisational + accounting
            wizard.draft_boundary_ids = boundaries.search(
                [("company_id", "=", wizard.company_id.id), ("state", "=", "draft")], limit=3
            )
            wizard.missing_boundary = (not organisational and "organisational") or (not accounting and "accounting")

    # ------------------------------------------------------------------ proposals of the address
    def _propose_place(self, created):
        """Take region and time zone from the company's address, as long as no site rests on them.

        :param created: the dialog is new: the time zone is looked at even when sites are there
        """
        if not self.site_ids:
            region = self._default_region_id()
            if self.region_id == self.region_proposed_id:
                self.region_id = region
            self.region_proposed_id = region
        if created or not self.site_ids:
            self._propose_tz()

    def _propose_tz(self):
        """Set the time zone of the company's country where nobody has chosen one and it is certain; the page shows it."""
        if not self.can_manage or self.system_id._tz_locked():
            return
        zone = self.system_id._default_tz(self.company_id)
        if self.system_id.tz == (self.tz_proposed or "UTC") and self.system_id.tz != zone:
            self.system_id.tz = zone
        self.tz_proposed = zone
        self.invalidate_recordset(["tz", "tz_missing", "tz_elsewhere"])

    # ------------------------------------------------------------------ the step
    def _save_tz(self):
        """Keep the zone that was chosen among those of the country.

        :raises UserError: if none was chosen
        """
        if self.tz_missing and self.can_manage:
            if not self.tz_choice:
                raise UserError(
                    self.env._(
                        "Choose the time zone of %(company)s: it decides in which month a document lies and is fixed with "
                        "the first close.",
                        company=self.company_id.name,
                    )
                )
            self.system_id.tz = self.tz_choice
            self.invalidate_recordset(["tz_missing"])

    def _save_boundary(self):
        """Create the first site and a draft of the organisational boundary where they are missing."""
        self._save_tz()
        if not self.site_ids:
            if not self.site_name or not self.region_id:
                raise UserError(
                    self.env._(
                        "Give the site a name and a region: the region decides which electricity factor applies."
                    )
                )
            self.env["carbon.site"].create(
                {
                    "name": self.site_name,
                    "code": self.site_code or "1",
                    "company_id": self.company_id.id,
                    "partner_id": self.company_id.partner_id.id,
                    "region_id": self.region_id.id,
                }
            )
            self.invalidate_recordset(["site_ids"])
        boundaries = self.env["carbon.boundary"]
        domain = [("company_id", "=", self.company_id.id), ("boundary_type", "=", "organisational")]
        if not boundaries.search_count(domain, limit=1):
            boundaries.create(
                {
                    "name": self.env._("Organisational boundary of %(company)s", company=self.company_id.name),
                    "company_id": self.company_id.id,
                    "boundary_type": "organisational",
                    "approach": self.approach,
                    "site_ids": [fields.Command.set(self.site_ids.ids)],
                }
            )
            self.invalidate_recordset(["boundary_ids", "draft_boundary_ids", "missing_boundary"])

    def action_view_sites(self):
        """Open the sites."""
        return self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_site_action")

    def action_view_boundaries(self):
        """Open the boundaries: the only draft, where its checks are shown and it is approved, or the list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_boundary_action")
        if len(self.draft_boundary_ids) == 1:
            return dict(action, res_id=self.draft_boundary_ids.id, views=[(False, "form")], view_mode="form")
        return action
