from odoo import api, fields, models
from odoo.exceptions import UserError

METHODS = [
    ("base_year", "Base year"),
    ("typical_year", "Typical year"),
    ("mean", "Mean of several years"),
    ("projection", "Projection"),
]


class CarbonBaseline(models.Model):
    """What emissions are compared with (R-053): a year, the mean of years or a projection, by category.

    The figures come from inventories; a base year is the inventory that is marked as such. Invariant: an approved version
    keeps its inventories and figures; what changes them afterwards is an approved adjustment, and all of them stay.
    """

    _name = "carbon.baseline"
    _description = "Carbon Baseline"
    _inherit = ["carbon.versioned.mixin"]
    _gate_second_person = "separate_inventory_approval"  # as the inventories, whose figures it rests on
    _order = "company_id, code, date_from desc, id desc"
    _rec_names_search = ["name", "number", "code"]
    _check_company_auto = True
    _record_sequence = "carbon.baseline"
    _version_key = ("company_id", "code")

    code = fields.Char(required=True, default="BL", tracking=True, help="The same for all versions of one baseline.")
    method = fields.Selection(METHODS, required=True, default="base_year", tracking=True)
    inventory_ids = fields.Many2many(
        "carbon.inventory",
        string="Inventories",
        check_company=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id), ('computed_on', '!=', False)]",
        help="One year, or all years of a mean. Approved before the baseline is.",
    )
    boundary_id = fields.Many2one("carbon.boundary", "Accounting Boundary", compute="_compute_basis")
    gwp_set_id = fields.Many2one("carbon.gwp.set", string="GWP Set", compute="_compute_basis")
    electricity_basis = fields.Selection(
        [("location", "Location-based"), ("market", "Market-based")], string="Headline Basis", compute="_compute_basis"
    )
    gases = fields.Char(compute="_compute_basis", help="Gases of the inventories' lines.")
    representative = fields.Text(
        "Why It Is Representative",
        help="Why this period is typical: output, weather, plant in use, quality of its data.",
    )
    change_reason = fields.Text("Reason for the Change", copy=False, help="Why this version replaces the one before.")
    line_ids = fields.One2many("carbon.baseline.line", "baseline_id", "Categories", copy=True)
    adjustment_ids = fields.One2many("carbon.baseline.adjustment", "baseline_id", "Adjustments", copy=False)
    static_factor_ids = fields.One2many("carbon.static.factor", "baseline_id", "Static Factors", copy=False)
    version_ids = fields.Many2many("carbon.baseline", compute="_compute_version_ids", string="All Versions")
    original_t = fields.Float("As Approved (t CO₂e)", compute="_compute_totals", digits=0)
    total_t = fields.Float("Adjusted (t CO₂e)", compute="_compute_totals", digits=0)
    is_restated = fields.Boolean("Inventories Restated", compute="_compute_basis")

    _version_uniq = models.UniqueIndex(
        "(company_id, code, version)", "This version of the baseline exists already. Open the newest version."
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    @api.depends("inventory_ids", "inventory_ids.state", "inventory_ids.gwp_set_id", "inventory_ids.boundary_id")
    def _compute_basis(self):
        for baseline in self:
            first = baseline.inventory_ids[:1]
            baseline.boundary_id = first.boundary_id
            baseline.gwp_set_id = first.gwp_set_id
            baseline.electricity_basis = first.electricity_basis
            baseline.is_restated = "restated" in baseline.inventory_ids.mapped("state")
            gases = self.env["carbon.inventory.line"]._read_group(
                [("inventory_id", "in", baseline.inventory_ids.ids), ("treatment", "=", "total")], ["gas_id"]
            )
            baseline.gases = ", ".join(gas.code for (gas,) in gases)

    @api.depends("line_ids.original_t", "adjustment_ids.state", "adjustment_ids.new_t")
    def _compute_totals(self):
        for baseline in self:
            baseline.original_t = sum(baseline.line_ids.mapped("original_t"))
            baseline.total_t = sum(baseline._adjusted().values())

    @api.depends("company_id", "code")
    def _compute_version_ids(self):
        for baseline in self:
            baseline.version_ids = baseline._same_thing() if baseline.id else baseline.browse()

    @api.depends(
        *("state", "date_from", "date_to", "method", "inventory_ids.state", "representative", "change_reason"),
        *("line_ids.original_t", "inventory_ids.is_base_year"),
    )
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for baseline in self:
            baseline.check_result = baseline._approval_checks() if baseline.state == "draft" else []

    def _adjusted(self, until=None):
        """Return {category: t CO2e} after the approved adjustments, applied in the order of their approval.

        An adjustment of one category replaces its value; one of the whole baseline changes all categories alike.

        :param until: adjustment before which to stop
        """
        self.ensure_one()
        values = {line.emission_category_id: line.original_t for line in self.line_ids}
        for adjustment in self.adjustment_ids.filtered(lambda a: a.state == "approved").sorted("rank"):
            if adjustment == until:
                break
            category = adjustment.emission_category_id
            if category:
                values[category] = adjustment.new_t
            elif adjustment.old_t:
                values = {key: value * adjustment.new_t / adjustment.old_t for key, value in values.items()}
        return values

    def _adjustment_ratio(self, categories=None):
        """Return by what the approved adjustments multiplied the figures of some categories, or of all."""
        adjusted = self._adjusted()
        wanted = categories or self.env["carbon.emission.category"].concat(*adjusted)
        before = sum(line.original_t for line in self.line_ids if line.emission_category_id in wanted)
        after = sum(value for category, value in adjusted.items() if category in wanted)
        return after / before if before else 1.0

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------
    @api.onchange("method", "company_id")
    def _onchange_method(self):
        if self.method == "base_year" and not self.inventory_ids:
            self.inventory_ids = self.env["carbon.inventory"]._base_year(self.company_id)

    def action_compute(self):
        """Take the figures by category from the inventories: their mean, if there are several.

        :return: True
        :raises UserError: without inventories, or after approval
        """
        for baseline in self:
            if baseline.method == "projection":
                raise UserError(
                    self.env._("The categories of a projection are typed in; its method says how they follow.")
                )
            if not baseline.inventory_ids:
                raise UserError(self.env._("Choose the inventories of %(baseline)s first.", baseline=baseline.name))
            groups = self.env["carbon.inventory.report"]._read_group(
                [("inventory_id", "in", baseline.inventory_ids.ids)], ["emission_category_id"], ["total_t:sum"]
            )
            count = len(baseline.inventory_ids)
            baseline.line_ids.unlink()
            self.env["carbon.baseline.line"].create(
                [
                    {"baseline_id": baseline.id, "emission_category_id": category.id, "original_t": total / count}
                    for category, total in groups
                    if total
                ]
            )
        return True

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def _approval_checks(self):
        """Ask for figures of approved inventories, on one basis, and for words that explain the choice."""
        item, texts = self._check_item, []
        if not self.line_ids:
            texts.append(
                self.env._("There are no figures by category. Press Compute, or type them in for a projection.")
            )
        if not (self.representative or "").strip():
            texts.append(self.env._("Say why the baseline is representative."))
        if self.version > 1 and not (self.change_reason or "").strip():
            texts.append(self.env._("Say why this version replaces the one before."))
        if self.method != "projection":
            texts += self._inventory_problems()
        return super()._approval_checks() + [item(text) for text in texts]

    def _inventory_problems(self):
        """Return what is wrong with the inventories, as sentences."""
        inventories, texts = self.inventory_ids, []
        if not inventories:
            return [self.env._("No inventory is chosen.")]
        if (len(inventories) > 1) != (self.method == "mean"):
            texts.append(self.env._("A mean has several inventories, a base year or typical year has one."))
        if self.method == "base_year" and not inventories[:1].is_base_year:
            texts.append(
                self.env._(
                    "%(inventory)s is not the base year. Set it as base year on the inventory.",
                    inventory=inventories[:1].name,
                )
            )
        texts += [
            self.env._("%(inventory)s is not approved, or was restated.", inventory=inventory.name)
            for inventory in inventories
            if inventory.state not in ("approved", "verified")
        ]
        texts += [
            self.env._("%(inventory)s does not cover twelve months.", inventory=inventory.name)
            for inventory in inventories
            if len(inventory._months()) != 12
        ]
        for name in ("gwp_set_id", "boundary_id", "electricity_basis"):
            if len(set(inventories.mapped(lambda inventory, name=name: inventory[name] or False))) > 1:
                texts.append(
                    self.env._(
                        "The inventories differ in %(field)s and have no common mean.",
                        field=self.env["carbon.inventory"]._fields[name]._description_string(self.env),
                    )
                )
        computed = {line.emission_category_id: line.original_t for line in self.line_ids}
        if self.line_ids and not texts and self._differs(computed):
            texts.append(self.env._("The figures are not those of the inventories. Press Compute."))
        return texts

    def _differs(self, values):
        groups = self.env["carbon.inventory.report"]._read_group(
            [("inventory_id", "in", self.inventory_ids.ids)], ["emission_category_id"], ["total_t:sum"]
        )
        found = {category: total / len(self.inventory_ids) for category, total in groups if total}
        return found.keys() != values.keys() or any(abs(found[key] - values[key]) > 1e-6 for key in found)

    def _supersede_previous(self):
        """Static factors go on with the new version, compared from now on with what they are."""
        before = self._same_thing().filtered(lambda other: other.state == "approved")
        result = super()._supersede_previous()
        before.filtered(lambda other: other.state == "superseded").static_factor_ids._move_on(self)
        return result

    def _in_force(self):
        """Return the approved version of this baseline, or this one while none is approved."""
        self.ensure_one()
        return self._same_thing().filtered(lambda other: other.state == "approved")[:1] or self

    @api.model
    def _trail_noun(self):
        return "baseline"

    def _trail_payload(self):
        """Keep the figures that were approved."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(
                ["number", "code", "version", "method", "inventory_ids", "representative", "change_reason"]
            ),
            "date_from": fields.Date.to_string(self.date_from),
            "lines": {line.emission_category_id.code: repr(line.original_t) for line in self.line_ids},
        }

    def action_adjust(self):
        """Begin an adjustment of an approved baseline.

        :return: window action of the new record
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjustment"),
            "res_model": "carbon.baseline.adjustment",
            "view_mode": "form",
            "context": {"default_baseline_id": self.id},
        }

    def action_export_history(self):
        """Download all versions, adjustments and static factors as a workbook."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/carbon/baseline/{self.id}/history", "target": "download"}

    def _alert(self, summary, note):
        """Give a manager of the company a to-do on each baseline, once as long as it is open."""
        group = self.env.ref("carbon_management.group_carbon_manager")
        # sudo: whoever found it, the manager must learn of it
        for baseline in self.sudo():
            if baseline.activity_ids.filtered(lambda activity: activity.summary == summary):
                continue
            managers = group.sudo().all_user_ids.filtered(  # sudo: as above
                lambda user, baseline=baseline: (
                    user.active and not user.share and baseline.company_id in user.company_ids
                )
            )
            if user := baseline.approved_by_id & managers or managers[:1]:
                baseline.activity_schedule(
                    "mail.mail_activity_data_warning", summary=summary, note=note, user_id=user.id
                )
