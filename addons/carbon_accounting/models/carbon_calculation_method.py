import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.carbon_management.models.carbon_gate_mixin import GATE_CONTEXT_KEY, _Gate

from ..tools.kernel_methods import METHODS

FAMILIES = [
    ("combustion", "Stationary combustion"),
    ("mobile", "Mobile combustion"),
    ("process", "Process"),
    ("balance", "Mass balance"),
    ("waste", "Waste"),
    ("electricity", "Electricity"),
    ("heat", "Heat and steam"),
    ("fugitive", "Fugitive"),
    ("wastewater", "Wastewater"),
    ("transport", "Transport"),
    ("travel", "Travel and commuting"),
    ("goods", "Goods and other indirect"),
    ("allocation", "Allocation"),
    ("biomass", "Biomass"),
    ("recovery", "CO₂ recovered"),
    ("sink", "Sinks"),
]


class CarbonCalculationMethod(models.Model):
    """How something is calculated: which inputs, by which clause, with which results (R-132).

    The formula is a reviewed function of ``tools/kernel_methods``, found by ``code``; nothing that people type is ever
    executed. A version is immutable once approved: inputs and their plausible ranges are what a verifier relies on.
    Shared methods come with the addon; a company may make versions of its own, with narrower ranges or other defaults.
    """

    _name = "carbon.calculation.method"
    _inherit = ["carbon.gate.mixin"]
    _description = "Calculation Method"
    _order = "sequence, code, version desc"
    _rec_names_search = ["name", "code", "clause"]
    _check_company_auto = True
    _gate_frozen_states = ("approved",)

    sequence = fields.Integer(default=1000)
    code = fields.Char(required=True, help="Names the formula of the kernel.")
    name = fields.Char(required=True, translate=True)
    version = fields.Integer(required=True, default=1, readonly=True, copy=False, aggregator=None)
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: shared by all companies.")
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_on = fields.Datetime(readonly=True, copy=False)
    family = fields.Selection(FAMILIES, required=True)
    category_id = fields.Many2one(
        "carbon.emission.category",
        string="Usual Category",
        ondelete="restrict",
        help="Where the results usually belong.",
    )
    formula = fields.Char(required=True, help="For people to read. The kernel calculates.")
    clause = fields.Char(string="Source and Clause", required=True)
    note = fields.Text(translate=True)
    input_ids = fields.One2many("carbon.calculation.input", "method_id", string="Inputs", copy=True)
    result_ids = fields.One2many("carbon.calculation.result", "method_id", string="Results", copy=True)
    rule_ids = fields.One2many("carbon.activity.rule", "method_id", string="Rules")
    rule_count = fields.Integer(compute="_compute_rule_count")

    _key_uniq = models.UniqueIndex(
        "(code, version, (COALESCE(company_id, 0)))",
        "This method already has a version with this number.",
    )

    @api.depends("name", "version")
    def _compute_display_name(self):
        for method in self:
            method.display_name = self.env._("%(name)s, version %(version)s", name=method.name, version=method.version)

    @api.depends("rule_ids.active")
    def _compute_rule_count(self):
        groups = self.env["carbon.activity.rule"]._read_group(
            [("method_id", "in", self.ids), ("main_rule_id", "=", False)], ["method_id"], ["__count"]
        )
        counts = dict(groups)
        for method in self:
            method.rule_count = counts.get(method, 0)

    @api.constrains("code")
    def _check_code(self):
        for method in self:
            if method.code not in METHODS:
                raise ValidationError(
                    self.env._(
                        "There is no formula %(code)s. Copy a method of the library: its formula stays,"
                        " its ranges and defaults can be changed.",
                        code=method.code,
                    )
                )

    @api.model
    def _gate_unfrozen_fields(self):
        """Archiving and order decide no number."""
        return super()._gate_unfrozen_fields() | {"active", "sequence"}

    # ------------------------------------------------------------------
    # Versions
    # ------------------------------------------------------------------
    def copy_data(self, default=None):
        """Give the copy the next number and the company of the user; the shared library grows with the addon only."""
        copies = super().copy_data(default)
        for method, values in zip(self, copies, strict=True):
            values["company_id"] = (default or {}).get("company_id", self.env.company.id)
            values["version"] = method._next_version()
        return copies

    def _next_version(self):
        # sudo: numbers of versions that the user does not see are taken too
        versions = self.sudo().with_context(active_test=False).search([("code", "=", self.code)])
        return max(versions.mapped("version"), default=0) + 1

    def action_new_version(self):
        """Open a draft copy of this method for the company of the user."""
        self.ensure_one()
        draft = self.copy()
        return {"type": "ir.actions.act_window", "res_model": self._name, "res_id": draft.id, "view_mode": "form"}

    def action_use(self):
        """Open the dialog that makes the sources and rules by which the results count."""
        self.ensure_one()
        if self.state != "approved":
            raise UserError(
                self.env._("%(method)s is a draft. Approve it before it is used.", method=self.display_name)
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_method_use_wizard_action")
        return dict(action, context={"default_method_id": self.id})

    def action_view_rules(self):
        """Open the rules that use this method."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_rule_action")
        return dict(action, domain=[("method_id", "in", self.ids)], context={})

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def action_approve(self):
        """Approve drafts: from now on they can be used and never change.

        :return: True
        :raises UserError: naming what does not fit the formula
        """
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(
                self.env._(
                    "Only carbon accountants approve methods. Ask one of them to look at %(method)s.",
                    method=self[:1].display_name,
                )
            )
        drafts = self.filtered(lambda method: method.state == "draft")
        for method in drafts:
            method._check_fits_formula()
        drafts._transition("approved", "calculation_method.approve", values=self._approval_values())
        return True

    def _approval_values(self):
        return {"approved_by_id": self.env.uid, "approved_on": fields.Datetime.now()}

    def _check_fits_formula(self):
        """Refuse a definition whose inputs or results are not those of the function."""
        formula = METHODS[self.code]
        inputs = set(self.input_ids.mapped("code"))
        results = {row.code: row._signature() for row in self.result_ids}
        expected = {code: (r.measure, r.gas, r.kind) for code, r in formula.results.items()}
        problems = [
            *(inputs ^ set(formula.inputs)),
            *(k for k in results | expected if results.get(k) != expected.get(k)),
        ]
        for row in self.input_ids:
            wrong_list = row.is_list != (row.code in formula.lists)
            wrong_choice = (row.kind == "choice") != (row.code in formula.choices)
            if wrong_list or wrong_choice or (row.code in formula.required and not row.required):
                problems.append(row.code)
        if problems:
            raise UserError(
                self.env._(
                    "%(method)s does not fit its formula: %(codes)s. Keep the inputs and results of the version"
                    " it was copied from; change ranges, defaults and names only.",
                    method=self.display_name,
                    codes=", ".join(sorted(set(problems))),
                )
            )

    def _trail_payload(self):
        """Say what was frozen: the definition, in words and by its hash."""
        definition = self._definition()
        return {
            "method": self.code,
            "version": self.version,
            "clause": self.clause,
            "sha256": hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest(),
        }

    def _definition(self):
        """Return the definition as plain values, without ids and languages."""
        method = self.with_context(lang=None)
        names = ("code", "name", "kind", "table", "required", "unit", "basis", "minimum", "maximum", "default_value")
        return {
            "code": method.code,
            "version": method.version,
            "formula": method.formula,
            "clause": method.clause,
            "inputs": [
                {**{name: row[name] for name in names}, "choices": row.choice_ids.mapped("code")}
                for row in method.input_ids
            ],
            "results": [[row.code, *row._signature(), row.uom_id.name] for row in method.result_ids],
        }

    @api.model
    def _older_shipped(self, shipped, newest):
        """Return the shipped versions that one of these drafts replaces."""
        codes = set(self.mapped("code"))
        return shipped.filtered(lambda method: method.code in codes and method.version < newest[method.code])

    @api.model
    def _approve_shipped(self):
        """Approve the methods that came with the addon; the trail gets one entry for all of them.

        Called at each update: methods that an earlier release brought are approved already and left alone.
        """
        data = self.env["ir.model.data"].search([("model", "=", self._name), ("module", "=", "carbon_accounting")])
        shipped = self.browse(data.mapped("res_id")).exists()
        drafts = shipped.filtered(lambda method: method.state == "draft")
        newest = {method.code: method.version for method in shipped.sorted("version")}
        # rules keep the version that they have; the library offers the newest
        drafts._older_shipped(shipped, newest).write({"active": False})
        for method in drafts:
            method._check_fits_formula()
        if drafts:
            gated = drafts.with_context(**{GATE_CONTEXT_KEY: _Gate(drafts)})
            gated.write({**self._approval_values(), "state": "approved"})
            self.env["carbon.trail.entry"]._append(
                self.env.company,
                "calculation_method.ship",
                to_state="approved",
                payload={"methods": [method._trail_payload() for method in drafts]},
            )
        return True
