from odoo import api, fields, models


class CarbonSite(models.Model):
    """A place where a company causes or removes emissions.

    Invariant: belongs to one company; its region decides which factors apply.
    """

    _name = "carbon.site"
    _description = "Carbon Site"
    _inherit = ["mail.thread", "carbon.company.mixin", "carbon.uuid.mixin"]
    _order = "company_id, code, name"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Address",
        check_company=True,
        ondelete="restrict",
        default=lambda self: self.env.company.partner_id,
    )
    region_id = fields.Many2one(
        "carbon.region",
        compute="_compute_region_id",
        store=True,
        readonly=False,
        tracking=True,
        ondelete="restrict",
        help="Emission factors are looked up here first, then in the regions around.",
    )
    share = fields.Float(
        digits=0,
        default=1.0,
        aggregator=None,
        help="Part of the site that belongs to the company, for the equity share approach.",
    )
    has_operational_control = fields.Boolean("Operational Control", default=True)
    has_financial_control = fields.Boolean("Financial Control", default=True)
    date_from = fields.Date("In Use From")
    date_to = fields.Date("In Use To")
    note = fields.Html("Description")

    _company_code_uniq = models.UniqueIndex("(company_id, code)", "This company already has a site with this code.")
    _share_check = models.Constraint(
        "CHECK(share > 0 AND share <= 1)",
        "The share of a site lies above 0 and goes up to 1 (100 %).",
    )
    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "The last day of use of a site cannot lie before the first.",
    )

    @api.depends("partner_id")
    def _compute_region_id(self):
        regions = self.env["carbon.region"]
        for site in self:
            if not site.region_id and site.partner_id:
                site.region_id = regions._get_for_partner(site.partner_id)

    def _compute_display_name(self):
        """Show the code, as people on the shop floor say it."""
        for site in self:
            site.display_name = f"[{site.code}] {site.name}" if site.code else site.name
