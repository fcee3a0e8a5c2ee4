from odoo import api, fields, models
from odoo.exceptions import UserError

#: Templates of plans, to be filled in and imported.
TEMPLATES = ("generic", "building")


class CarbonMonitoringPlan(models.Model):
    """What is monitored, how, how often and by whom, and what is done where data are missing (R-057, R-151).

    Invariant: on any day at most one version of a company is approved, by another person than those who wrote it. The
    rule by which a gap is filled stands in the approved version, so it is fixed before there is a gap.
    """

    _name = "carbon.monitoring.plan"
    _description = "Monitoring Plan"
    _inherit = ["carbon.versioned.mixin"]
    _order = "company_id, date_from desc, id desc"
    _rec_names_search = ["name", "number"]
    _check_company_auto = True

    _record_sequence = "carbon.monitoring.plan"

    boundary_id = fields.Many2one(
        "carbon.boundary",
        "Accounting Boundary",
        check_company=True,
        ondelete="restrict",
        domain="[('boundary_type', '=', 'accounting'), ('company_id', '=', company_id)]",
    )
    item_ids = fields.One2many("carbon.monitoring.item", "plan_id", "Items", copy=True)
    item_count = fields.Integer(compute="_compute_item_count")
    note = fields.Html("Description", help="Suitability to size, resources and meters; who keeps the plan up to date.")

    _version_uniq = models.UniqueIndex(
        "(company_id, version)", "This version of the plan exists already. Open the newest version."
    )

    @api.depends("item_ids")
    def _compute_item_count(self):
        counts = dict(
            self.env["carbon.monitoring.item"]._read_group([("plan_id", "in", self.ids)], ["plan_id"], ["__count"])
        )
        for plan in self:
            plan.item_count = counts.get(plan, 0)

    @api.depends(
        *("state", "date_from", "date_to", "item_ids.source_id", "item_ids.factor_id", "item_ids.kind"),
        *("item_ids.gap_rule", "item_ids.responsible_id", "item_ids.role_id"),
    )
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for plan in self:
            plan.check_result = plan._approval_checks() if plan.state == "draft" else []

    def _approval_checks(self):
        """Ask for items that are complete, and say which sources have none."""
        checks = super()._approval_checks()
        if not self.item_ids:
            checks.append(self._check_item(self.env._("The plan has no items. Add what is monitored.")))
        for item in self.item_ids:
            checks += [self._check_item(text, blocking) for text, blocking in item._problems()]
        sources = self.env["carbon.source"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("planned", "=", False),
                ("id", "not in", self.item_ids.source_id.ids),
            ]
        )
        checks += [
            self._check_item(self.env._("Source %(emitter)s has no item.", emitter=source.display_name), blocking=False)
            for source in sources
        ]
        return checks

    def _needs_second_person(self):
        """Always: it decides by which rules numbers are estimated."""
        return True

    @api.model
    def _trail_noun(self):
        return "monitoring_plan"

    def _trail_payload(self):
        """Keep the rules that were approved, so that the trail proves they were there before the gap."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "version", "prepared_by_id"]),
            "date_from": fields.Date.to_string(self.date_from),
            "date_to": fields.Date.to_string(self.date_to) or None,
            "items": [item._trail_words() for item in self.item_ids],
        }

    @api.model
    def _at(self, company, day):
        """Return the version that is, or was, in force in a company on a day."""
        return self.search(
            [
                *(
                    ("company_id", "=", company.id),
                    ("state", "in", ("approved", "superseded")),
                    ("date_from", "<=", day),
                ),
                *("|", ("date_to", "=", False), ("date_to", ">=", day)),
            ],
            order="date_from desc",
            limit=1,
        )

    def action_add_sources(self):
        """Add an item for every source that has none.

        :return: True
        :raises UserError: if every source has one
        """
        self.ensure_one()
        sources = self.env["carbon.source"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("planned", "=", False),
                ("id", "not in", self.item_ids.source_id.ids),
            ]
        )
        if not sources:
            raise UserError(self.env._("Every source of %(company)s has an item.", company=self.company_id.name))
        self.env["carbon.monitoring.item"].create(
            [
                {
                    "plan_id": self.id,
                    "name": source.name,
                    "kind": "output" if source.kind == "output" else "activity",
                    "source_id": source.id,
                }
                for source in sources
            ]
        )
        return True

    def action_view_expected(self):
        """Open the expected data of the plan."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_monitoring_report_action")
        return dict(action, domain=[("plan_id", "in", self.ids)])

    @api.model
    def get_import_templates(self):
        """Return the templates that Odoo's import offers.

        :return: list of labels and addresses
        """
        labels = {
            "generic": self.env._("Monitoring plan, any industry"),
            "building": self.env._("Monitoring plan, buildings and services"),
        }
        return [
            {"label": labels[name], "template": f"/carbon_accounting/static/xls/monitoring_plan_{name}.xlsx"}
            for name in TEMPLATES
        ]
