from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_partner import _tz_get

from ..tools.time_zones import country_zones, shows_utc, single_zone

# sub-system switch -> feature group that shows its menus
FEATURE_GROUPS = {
    "use_trading": "group_carbon_use_trading",
    "use_asset": "group_carbon_use_asset",
    "use_neutrality": "group_carbon_use_neutrality",
    "use_sink": "group_carbon_use_sink",
}
FEATURE_ROLES = (
    "group_carbon_reader",
    "group_carbon_verifier",
    "group_carbon_top_management",
)
RECORDED_FIELDS = {
    "standard_ids",
    "tz",
    "phase",
    "collect_live",
    "use_emission",
    "separate_boundary_approval",
    *FEATURE_GROUPS,
}


class CarbonSystem(models.Model):
    """The carbon management system of one company.

    Invariant: one per company; its time zone decides in which day, month and year
    an event falls and is fixed once a period has been closed.
    """

    _name = "carbon.system"
    _description = "Carbon Management System"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.uuid.mixin"]
    _order = "company_id"

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        default=lambda self: self._default_tz(self.env.company),
        tracking=True,
        help="Decides which day, month and year an event belongs to. Fixed once a period has been closed.",
    )
    phase = fields.Selection(
        [("setup", "Set-up"), ("live", "Live")],
        required=True,
        default="setup",
        tracking=True,
    )
    collect_live = fields.Boolean(
        "Collect From Transactions",
        tracking=True,
        help="New receipts, bills and other transactions become activity data at "
        "once. Off until the accountant starts collecting.",
    )
    separate_boundary_approval = fields.Boolean(
        "Second Person for Boundaries and Scopes",
        tracking=True,
        help="Boundaries and scopes are approved by somebody who neither created them nor changed them last.",
    )
    use_emission = fields.Boolean("Emission Management", default=True, tracking=True)
    use_trading = fields.Boolean("Trading Management", tracking=True)
    use_asset = fields.Boolean("Asset Management", tracking=True)
    use_neutrality = fields.Boolean("Neutrality Management", tracking=True)
    use_sink = fields.Boolean("Sinks and Removals", tracking=True)
    standard_ids = fields.Many2many(
        "carbon.standard",
        "carbon_system_standard_rel",
        string="Standards Followed",
        help="Every clause of these standards is listed with its applicability.",
    )
    applicability_ids = fields.One2many("carbon.clause.applicability", "system_id", "Applicability of Clauses")
    review_interval_months = fields.Integer(
        "Usual Review Interval (Months)",
        default=12,
        required=True,
        aggregator=None,
        help="Proposed for everything that is reviewed. The standards ask for planned "
        "intervals and give no figure; 12 months is our proposal.",
    )
    top_manager_ids = fields.Many2many("res.users", "carbon_system_top_manager_rel", string="Top Management")
    cycle_year = fields.Integer(
        "Management Cycle",
        aggregator=None,
        default=lambda self: fields.Date.context_today(self).year,
        help="Year of the current plan-do-check-act cycle.",
    )
    site_ids = fields.One2many("carbon.site", compute="_compute_site_ids", string="Sites")

    _company_uniq = models.UniqueIndex("(company_id)", "This company already has a carbon management system.")

    @api.model
    def _default_tz(self, company):
        """Return the time zone of a company: its country's, not that of whoever happens to set it up.

        Of a country with several, the zone of the company's address or of the user counts if it lies there. If none
        does nobody can know it: UTC, which the set-up then asks to replace.
        """
        code = company.country_id.code
        known = [tz for tz in (company.partner_id.tz, self.env.user.tz) if tz]
        zones = country_zones(code)
        if not zones:
            return known[0] if known else "UTC"
        return single_zone(code) or next((tz for tz in known if tz in zones), "UTC")

    def _today(self):
        """Return today in the time zone of the company."""
        self.ensure_one()
        return fields.Datetime.context_timestamp(self.with_context(tz=self.tz), fields.Datetime.now()).date()

    def _tz_missing(self):
        """Tell whether the system counts in a UTC that is no time of its country: somebody still has to choose."""
        self.ensure_one()
        code = self.company_id.country_id.code
        if self.tz != "UTC" or not country_zones(code) or self._tz_locked():
            return False
        return not (single_zone(code) and shows_utc(single_zone(code)))

    def _require_tz(self):
        """Refuse what fixes the time zone while nobody has chosen it.

        :raises UserError: if none of the country's zones was chosen
        """
        for system in self.filtered(lambda system: system._tz_missing()):
            country = system.company_id.country_id
            if single_zone(country.code):
                raise UserError(
                    self.env._(
                        "%(name)s counts in UTC, which is not the time of %(country)s: nobody has chosen a time zone. It decides in "
                        "which month a document lies and is fixed with the first close: a carbon manager chooses it on the "
                        "management system.",
                        country=country.name,
                        name=system.name,
                    )
                )
            raise UserError(
                self.env._(
                    "%(country)s has several time zones and none was chosen for %(name)s. It decides in which month a "
                    "document lies and is fixed with the first close: a carbon manager chooses it on the management system.",
                    country=country.name,
                    name=system.name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Open the applicability list with the standards chosen."""
        systems = super().create(vals_list)
        systems._sync_applicability()
        systems._sync_feature_groups()
        return systems

    def _compute_site_ids(self):
        sites = self.env["carbon.site"].search([("company_id", "in", self.company_id.ids)])
        by_company = sites.grouped("company_id")
        for system in self:
            system.site_ids = by_company.get(system.company_id, sites.browse())

    def write(self, vals):
        """Refuse what would move past events into other years or companies."""
        for system in self:
            if "tz" in vals and vals["tz"] != system.tz and system._tz_locked():
                raise UserError(
                    self.env._(
                        "The time zone of %(name)s is fixed, because a period has been closed with it. Keep %(tz)s.",
                        name=system.name,
                        tz=system.tz,
                    )
                )
            if "company_id" in vals and vals["company_id"] != system.company_id.id:
                raise UserError(
                    self.env._(
                        "%(name)s belongs to %(company)s for good. Create a system for the other company instead.",
                        name=system.name,
                        company=system.company_id.name,
                    )
                )
            if system.phase == "live" and vals.get("phase", "live") != "live":
                raise UserError(
                    self.env._(
                        "%(name)s is live and does not return to set-up: what it recorded stays. Correct the records "
                        "themselves; each correction is recorded beside what it corrects.",
                        name=system.name,
                    )
                )
        result = super().write(vals)
        if "standard_ids" in vals:
            self._sync_applicability()
        if vals.keys() & set(FEATURE_GROUPS):
            self._sync_feature_groups()
        if recorded := vals.keys() & self._recorded_fields():
            self._record_configuration(recorded)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_live(self):
        """The next system of the company would begin in set-up again."""
        for system in self.filtered(lambda system: system.phase == "live"):
            raise UserError(self.env._("%(name)s is live and cannot be deleted.", name=system.name))

    @api.model
    def _recorded_fields(self):
        """Return the names of the settings whose change is told to the audit trail."""
        return RECORDED_FIELDS

    def _sync_applicability(self):
        """List every clause of the standards followed, hide those of the others.

        Rows of a standard given up are archived with their reasons, and come back
        with it.
        """
        rows_model = self.env["carbon.clause.applicability"]
        for system in self:
            rows = rows_model.with_context(active_test=False).search([("system_id", "=", system.id)])
            wanted = system.standard_ids.clause_ids
            followed = rows.filtered_domain([("clause_id", "in", wanted.ids)])
            (rows - followed).filtered("active").write({"active": False})
            (followed - followed.filtered("active")).write({"active": True})
            rows_model.create([{"system_id": system.id, "clause_id": clause.id} for clause in wanted - rows.clause_id])

    @api.model
    def _sync_feature_groups(self):
        """Show the menus of a sub-system while a company runs it.

        Feature groups open menus, not data: access rights and company rules stay
        with the roles.
        """
        # sudo: also systems of other companies count, and only feature groups change
        systems, roles = self.sudo(), self.env["res.groups"].sudo()
        for xmlid in FEATURE_ROLES:
            roles |= self.env.ref(f"carbon_management.{xmlid}")
        for name, xmlid in FEATURE_GROUPS.items():
            group = self.env.ref(f"carbon_management.{xmlid}")
            if systems.search_count([(name, "=", True)], limit=1):
                roles._apply_group(group)
            else:
                roles._remove_group(group)

    def _record_configuration(self, names):
        """Leave one trail entry per system about what was configured."""
        entries = self.env["carbon.trail.entry"]
        for system in self:
            payload = {name: system[name] for name in names - {"standard_ids"}}
            if "standard_ids" in names:
                payload["standards"] = sorted(system.standard_ids.mapped("number"))
            entries._append(system.company_id, "system.configure", record=system, payload=payload)

    def _tz_locked(self):
        """Tell whether a period was closed; filled by the accounting addon."""
        return False

    @api.model
    def _get(self, company):
        """Return the system of a company, created if it is missing.

        :param company: ``res.company`` record
        :return: ``carbon.system``
        """
        # sudo: any user's transaction may be the first to need the company's settings
        systems = self.sudo()
        system = systems.search([("company_id", "=", company.id)], limit=1)
        if not system:
            system = systems.create(
                {
                    "name": company.name,
                    "company_id": company.id,
                    "tz": self._default_tz(company),
                }
            )
        return system.with_env(self.env)
