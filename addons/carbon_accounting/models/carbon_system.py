from odoo import api, fields, models

#: Counted by the engine, never typed.
_COUNTED = ("basis_revision", "activity_revision", "collect_live_from")


class CarbonSystem(models.Model):
    """Accounting settings of the company's carbon management system."""

    _name = "carbon.system"
    _inherit = ["carbon.system", "carbon.basis.mixin"]

    gwp_set_id = fields.Many2one(
        "carbon.gwp.set",
        string="GWP set of screens",
        ondelete="restrict",
        help="Used by screens and charts. Each inventory names its own set.",
    )
    electricity_basis = fields.Selection(
        [("location", "Location-based"), ("market", "Market-based")],
        default="location",
        required=True,
        help="Which of the two results of purchased electricity screens add up. Inventories report both.",
    )
    separate_inventory_approval = fields.Boolean(
        "Second Person for Inventories",
        default=True,
        tracking=True,
        help="Inventories are approved by somebody who neither created them nor computed them last.",
    )
    separate_factor_approval = fields.Boolean(
        "Second Person for Factors",
        default=True,
        tracking=True,
        help="Factor versions are approved by somebody who neither entered nor changed them. What a pack brings unchanged needs none.",
    )

    base_year_threshold = fields.Float(
        string="Base Year Threshold (%)",
        digits=0,
        default=5.0,
        aggregator=None,
        help="From this change by boundary, method, factors and errors on, recalculating the base year is proposed.",
    )

    significant_share = fields.Float(
        "Products Matter From (%)",
        digits=0,
        default=1.0,
        aggregator=None,
        tracking=True,
        help="Products that carry at least this share of the emissions of the last twelve months matter when they are bought, unless "
        "they or their category say otherwise. 0: only those that are marked.",
    )

    _significant_share_check = models.Constraint(
        "CHECK(significant_share >= 0 AND significant_share <= 100)",
        "The share from which products matter lies between 0 and 100 %.",
    )
    _base_year_threshold_check = models.Constraint(
        "CHECK(base_year_threshold > 0 AND base_year_threshold <= 100)",
        "The threshold for recalculating the base year is a percentage above 0 and up to 100.",
    )

    # empty: since ever, as far as is known
    collect_live_from = fields.Datetime("Collected as They Happen Since", readonly=True, copy=False)
    # raised by the engine, see carbon.basis.mixin
    basis_revision = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)
    # the same without factors: what activity data rest on
    activity_revision = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)

    @api.model
    def _recorded_fields(self):
        """Add who may approve inventories."""
        return super()._recorded_fields() | {
            "separate_inventory_approval",
            "separate_factor_approval",
            "significant_share",
        }

    @api.model
    def _basis_fields(self):
        """The time zone decides on which day something happened."""
        return super()._basis_fields() | {"tz"}

    def _basis_companies(self):
        return self.company_id

    @api.model_create_multi
    def create(self, vals_list):
        """Forget which companies are live."""
        now = fields.Datetime.now()
        systems = super().create(
            [{**self._counted(vals), "collect_live_from": vals.get("collect_live") and now} for vals in vals_list]
        )
        self.env["carbon.engine"]._forget_known()
        return systems

    def write(self, vals):
        """Forget which companies are live. Months still in set-up open as their system goes live."""
        starting = (
            self.filtered(lambda system: system.phase != "live") if vals.get("phase") == "live" else self.browse()
        )
        begins = self.filtered(lambda system: not system.collect_live) if vals.get("collect_live") else self.browse()
        result = super().write(self._counted(vals))
        if begins:
            super(CarbonSystem, begins).write({"collect_live_from": fields.Datetime.now()})
        if "collect_live" in vals:
            self.env["carbon.engine"]._forget_known()
        if starting:
            # sudo: whoever may end the set-up ends it for its months
            periods = self.env["carbon.reporting.period"].sudo()
            periods = periods.search([("company_id", "in", starting.company_id.ids), ("state", "=", "setup")])
            periods._act("period.open", {"state": "open"})
        return result

    @api.model
    def _counted(self, vals):
        """Drop what is counted and not typed: a revision or a moment that a caller brings."""
        return {name: value for name, value in vals.items() if name not in _COUNTED}

    def _compute_pdca(self):
        """Add to the checks the branches whose documents are in no figure."""
        result = super()._compute_pdca()
        for system in self:
            company = system.company_id
            # sudo: whether the legal entity has other companies
            if company.sudo().root_id.child_ids:
                missing = company._carbon_uncounted()
                label = self.env._("companies of the legal entity with documents and without carbon accounting")
                system.pdca_check = [
                    *(system.pdca_check or []),
                    {
                        "label": f"{label}: {', '.join(missing.mapped('name'))}" if missing else label,
                        "count": len(missing),
                        "state": "warning" if missing else "success",
                        "blocking": False,
                        "url": None,
                        "action": missing._carbon_setup_action(),
                    },
                ]
        return result

    def _tz_locked(self):
        """The time zone is fixed after the first close: local dates decide the month of a row."""
        return super()._tz_locked() or bool(
            self.env["carbon.reporting.period"]
            .sudo()  # sudo: closed periods of the company, whoever asks
            .search_count(
                [("company_id", "in", self.company_id.ids), ("state", "=", "closed")],
                limit=1,
            )
        )
