from odoo import api, fields, models
from odoo.fields import Domain

PHASES = ("plan", "do", "check", "act")


class CarbonSystem(models.Model):
    """What is open in each phase of plan, do, check, act; counted when shown."""

    _inherit = "carbon.system"

    requirement_count = fields.Integer("Applicable Requirements", compute="_compute_coverage")
    covered_count = fields.Integer("Covered Requirements", compute="_compute_coverage")
    coverage = fields.Float("Clause Coverage", compute="_compute_coverage")
    applicability_count = fields.Integer("Clauses Listed", compute="_compute_coverage")
    pdca_plan = fields.Json(compute="_compute_pdca")
    pdca_do = fields.Json(compute="_compute_pdca")
    pdca_check = fields.Json(compute="_compute_pdca")
    pdca_act = fields.Json(compute="_compute_pdca")

    @api.depends("applicability_ids.evidence_state")
    def _compute_coverage(self):
        rows = self.env["carbon.clause.applicability"].search([("system_id", "in", self.ids)])
        by_system = rows.grouped("system_id")
        for system in self:
            listed = by_system.get(system, rows.browse())
            required = listed.filtered(lambda r: r.applicable and r.is_requirement)
            covered = required.filtered(lambda r: r.evidence_state == "covered")
            system.applicability_count = len(listed)
            system.requirement_count = len(required)
            system.covered_count = len(covered)
            system.coverage = len(covered) / len(required) if required else 0.0

    def _compute_pdca(self):
        for system in self:
            items = {phase: [] for phase in PHASES}
            for phase, label, model, domain in system._pdca_queries():
                if self.env[model].has_access("read"):
                    items[phase].append(system._pdca_item(label, model, domain))
            for phase in PHASES:
                system[f"pdca_{phase}"] = items[phase]

    def _pdca_queries(self):
        """Return what counts as open, as (phase, label, model, domain).

        Addons add their own: override, call super, append.

        :return: list of tuples
        """
        self.ensure_one()
        company = Domain("company_id", "=", self.company_id.id)
        required = (
            Domain("system_id", "=", self.id) & Domain("applicable", "=", True) & Domain("is_requirement", "=", True)
        )
        return [
            *self._pdca_plan_queries(company, required),
            *self._pdca_do_queries(company),
            *self._pdca_check_queries(company, required),
            (
                "act",
                self.env._("activities overdue"),
                "mail.activity",
                Domain("res_model", "=like", "carbon.%")
                & Domain("date_deadline", "<", fields.Date.context_today(self)),
            ),
        ]

    def _pdca_plan_queries(self, company, required):
        draft = company & Domain("state", "=", "draft")
        return [
            (
                "plan",
                self.env._("requirements without owner"),
                "carbon.clause.applicability",
                required & Domain("owner_id", "=", False),
            ),
            ("plan", self.env._("scope versions in draft"), "carbon.scope", draft),
            ("plan", self.env._("boundaries in draft"), "carbon.boundary", draft),
        ]

    def _pdca_do_queries(self, company):
        roles = Domain("company_id", "in", [False, self.company_id.id])
        return [
            (
                "do",
                self.env._("roles nobody holds"),
                "carbon.role",
                roles & Domain("assignment_ids", "not any", self._holding_domain()),
            ),
            (
                "do",
                self.env._("duties not acknowledged"),
                "carbon.role.assignment",
                company
                & Domain("is_current", "=", True)
                & Domain("acknowledged_on", "=", False)
                & Domain("user_id", "!=", False),
            ),
        ]

    def _pdca_check_queries(self, company, required):
        overdue = company & Domain("review_overdue", "=", True)
        approved = overdue & Domain("state", "=", "approved")
        return [
            (
                "check",
                self.env._("requirements without fresh evidence"),
                "carbon.clause.applicability",
                required & Domain("evidence_state", "in", ["missing", "stale", "no_query"]),
            ),
            ("check", self.env._("scope reviews overdue"), "carbon.scope", approved),
            (
                "check",
                self.env._("boundary reviews overdue"),
                "carbon.boundary",
                approved,
            ),
            ("check", self.env._("process reviews overdue"), "carbon.process", overdue),
        ]

    def _holding_domain(self):
        return Domain("is_current", "=", True) & Domain("company_id", "=", self.company_id.id)

    def _pdca_item(self, label, model, domain):
        """Return an extension point item that counts and opens records."""
        count = self.env[model].search_count(domain)
        return {
            "label": label,
            "count": count,
            "state": "warning" if count else "success",
            "blocking": False,
            "url": None,
            "action": {
                "type": "ir.actions.act_window",
                "name": label.capitalize(),
                "res_model": model,
                "domain": list(domain),
                "views": [[False, "list"], [False, "form"]],
            },
        }

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    @api.model
    def _action_open_current(self):
        """Open the system of the current company; a manager gets a new one.

        :return: window action
        """
        company = self.env.company
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_system_action")
        system = self.search([("company_id", "=", company.id)], limit=1)
        if not system and self.has_access("create"):
            system = self._get(company)
        if not system:
            return action
        return {**action, "views": [[False, "form"]], "res_id": system.id}

    def _open_for_company(self, xmlid, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": domain}

    def action_view_applicability(self):
        """Open the statement of applicability of this system.

        :return: window action
        """
        return self._open_for_company(
            "carbon_management.carbon_clause_applicability_action",
            [("system_id", "=", self.id)],
        )

    def action_view_boundaries(self):
        """Open the boundaries of the company.

        :return: window action
        """
        return self._open_for_company(
            "carbon_management.carbon_boundary_action",
            [("company_id", "=", self.company_id.id)],
        )

    def action_view_trail(self):
        """Open the audit trail of the company.

        :return: window action
        """
        return self._open_for_company(
            "carbon_management.carbon_trail_entry_action",
            [("company_id", "=", self.company_id.id)],
        )

    def action_verify_trail(self):
        """Verify the audit trail of the company.

        :return: notification action
        """
        self.ensure_one()
        heads = self.env["carbon.trail.head"]
        return heads.search([("company_id", "=", self.company_id.id)]).action_verify()
