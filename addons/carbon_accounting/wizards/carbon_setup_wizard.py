from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

STEPS = [
    ("boundary", "Boundary"),
    ("packs", "Factors"),
    ("rules", "Rules"),
    ("collect", "Collect"),
    ("periods", "Go Live"),
]


class CarbonSetupWizard(models.TransientModel):
    """The guided set-up: from an installed addon to the first figures in five steps.

    The dialog itself remembers nothing: every step writes real records, and what is done is read from
    them. So it can be left at any point and opened again.
    """

    _name = "carbon.setup.wizard"
    _description = "Guided Set-Up"

    step = fields.Selection(STEPS, required=True, default="boundary")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, readonly=True)
    system_id = fields.Many2one("carbon.system", compute="_compute_system_id")
    phase = fields.Selection(related="system_id.phase")
    can_manage = fields.Boolean(compute="_compute_can_manage")
    uncounted_names = fields.Char(string="Branches Without Carbon Accounting", compute="_compute_uncounted")
    can_open_uncounted = fields.Boolean(compute="_compute_uncounted")
    # packs
    pack_ids = fields.Many2many("carbon.factor.pack", compute="_compute_pack_ids")
    factor_count = fields.Integer(compute="_compute_pack_ids")
    has_spend_factor = fields.Boolean(compute="_compute_pack_ids")
    spend_unadjusted = fields.Boolean(related="system_id.spend_unadjusted", readonly=False)
    # rules
    proposal_ids = fields.One2many("carbon.rule.proposal", "wizard_id", string="Proposals")
    proposed = fields.Boolean(readonly=True)
    more_count = fields.Integer(readonly=True)
    no_emission_reason = fields.Char()
    rule_count = fields.Integer(compute="_compute_rule_count")
    # collect
    run_id = fields.Many2one("carbon.collection.run", compute="_compute_run_id", string="Collection")
    run_state = fields.Selection(related="run_id.state", string="State of collection")
    issue_count = fields.Integer(compute="_compute_run_id")
    # periods
    setup_period_count = fields.Integer(compute="_compute_period_count")
    open_period_count = fields.Integer(compute="_compute_period_count")

    # ------------------------------------------------------------------ defaults and computes
    @api.depends("company_id")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("Guided set-up of %(company)s", company=wizard.company_id.name)

    @api.depends("company_id")
    def _compute_system_id(self):
        for wizard in self:
            wizard.system_id = self.env["carbon.system"]._get(wizard.company_id)

    @api.depends_context("uid")
    def _compute_can_manage(self):
        self.can_manage = self.env["carbon.system"].has_access("write")

    @api.depends("company_id", "step")
    @api.depends_context("uid", "company")
    def _compute_uncounted(self):
        for wizard in self:
            missing = wizard.company_id._carbon_uncounted() - wizard.company_id
            wizard.uncounted_names = ", ".join(missing.mapped("name"))
            wizard.can_open_uncounted = bool(missing._carbon_setup_action())

    @api.depends("step")
    def _compute_pack_ids(self):
        packs = self.env["carbon.factor.pack"].search([("code", "!=", False)])
        approved = [("version_ids.state", "=", "approved")]
        count = self.env["carbon.emission.factor"].search_count(approved)
        spend = self.env["carbon.emission.factor"].search([*approved, ("currency_id", "!=", False)], limit=1)
        for wizard in self:
            wizard.has_spend_factor = bool(spend)
            wizard.pack_ids = packs
            wizard.factor_count = count

    @api.depends("company_id", "step")
    def _compute_rule_count(self):
        for wizard in self:
            wizard.rule_count = self.env["carbon.activity.rule"].search_count(
                [("company_id", "=", wizard.company_id.id)]
            )

    @api.depends("company_id", "step")
    def _compute_run_id(self):
        for wizard in self:
            domain = [("company_id", "=", wizard.company_id.id)]
            wizard.run_id = self.env["carbon.collection.run"].search(domain, limit=1)
            wizard.issue_count = self.env["carbon.collection.issue"].search_count([*domain, ("state", "=", "open")])

    @api.depends("company_id", "step")
    def _compute_period_count(self):
        for wizard in self:
            counts = dict(
                self.env["carbon.reporting.period"]._read_group(
                    [("company_id", "=", wizard.company_id.id)], ["state"], ["__count"]
                )
            )
            wizard.setup_period_count = counts.get("setup", 0)
            wizard.open_period_count = counts.get("open", 0)

    # ------------------------------------------------------------------ coming and going
    @api.model
    def _check_accountant(self):
        if not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(
                self.env._("The guided set-up is the carbon accountant's. Ask for the role 'Accountant'.")
            )

    @api.model
    def action_open(self):
        """Open the set-up of the current company where it was left.

        :return: action of the form
        """
        self._check_accountant()
        wizard = self.search(
            [("create_uid", "=", self.env.uid), ("company_id", "=", self.env.company.id)], order="id desc", limit=1
        )
        created = not wizard
        wizard = wizard or self.create({})
        wizard._propose_place(created)
        if created:
            wizard._go(wizard._first_open_step())
        return wizard._action_form()

    def _first_open_step(self):
        """Return the first step whose records are missing."""
        self.ensure_one()
        if not self.site_ids:
            return "boundary"
        if not self.factor_count:
            return "packs"
        if not self.rule_count:
            return "rules"
        if self.run_state != "done":
            return "collect"
        return "periods"

    def _action_form(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Guided set-up"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }

    def _go(self, step):
        self.step = step
        if step == "rules" and not self.proposed:
            self._propose()

    def action_next(self):
        """Keep what the step asks for and go on to the next one."""
        self.ensure_one()
        self._check_accountant()
        if self.step == "boundary":
            self._save_boundary()
        steps = [code for code, _label in STEPS]
        self._go(steps[min(steps.index(self.step) + 1, len(steps) - 1)])
        return True

    def action_back(self):
        """Go back to the step before."""
        self.ensure_one()
        steps = [code for code, _label in STEPS]
        self._go(steps[max(steps.index(self.step) - 1, 0)])
        return True

    # ------------------------------------------------------------------ steps
    def action_propose(self):
        """Look at the business again and propose rules for what has none."""
        self.ensure_one()
        self._check_accountant()
        self._propose()
        return True

    def action_create_rules(self):
        """Create sources and rules of the ticked proposals."""
        self.ensure_one()
        self._check_accountant()
        chosen = self.proposal_ids.filtered("selected")
        if not chosen:
            raise UserError(self.env._("Tick the proposals that you confirm. Nothing is created for the others."))
        chosen._create_rules()
        chosen.unlink()
        self.invalidate_recordset(["rule_count"])
        return True

    def action_no_emission(self):
        """Mark the ticked proposals as carrying no emission, for the reason that was written."""
        self.ensure_one()
        chosen = self.proposal_ids.filtered("selected")
        if not chosen or not (self.no_emission_reason or "").strip():
            raise UserError(self.env._("Tick proposals and write the reason why they carry no emission."))
        chosen.write({"outcome": "none", "reason": self.no_emission_reason})
        return True

    def action_collect(self):
        """Start collecting the history in the background."""
        self.ensure_one()
        self._check_accountant()
        self.env["carbon.collection.run"]._start(self.company_id)
        self.invalidate_recordset(["run_id", "run_state"])
        return True

    def action_go_live(self):
        """Open the months in set-up and end the set-up phase: from now on rows are append-only.

        :raises UserError: before the history is collected
        """
        self.ensure_one()
        self._check_accountant()
        self.system_id._require_tz()
        engine = self.env["carbon.engine"]
        if reason := engine._collection_pending(self.company_id).get(self.company_id):
            raise UserError(
                self.env._("%(reason)s Then go live.", reason=engine._pending_text(reason, self.company_id))
            )
        periods = self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "setup")]
        )
        periods.action_open()
        self.system_id.sudo().phase = "live"  # sudo: the accountant ends the set-up, other settings are the manager's
        return self.env["ir.actions.actions"]._for_xml_id("carbon_accounting.carbon_overview_action")

    def action_open_uncounted(self):
        """Open the set-up of a branch that has documents and no carbon accounting."""
        self.ensure_one()
        return (self.company_id._carbon_uncounted() - self.company_id)._carbon_setup_action()

    def action_view_rules(self):
        """Open the rules."""
        return self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_rule_action")

    def action_view_worklist(self):
        """Open the worklist."""
        return self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_issue_action")

    def action_view_run(self):
        """Open the collection run."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "carbon.collection.run", "res_id": self.run_id.id,
            "views": [(False, "form")], "view_mode": "form",
        }  # fmt: skip

    def action_view_overview(self):
        """Open the overview."""
        return self.env["ir.actions.actions"]._for_xml_id("carbon_accounting.carbon_overview_action")
