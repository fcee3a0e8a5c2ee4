from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.certificates import COVERS


class CarbonSource(models.Model):
    """Purchased electricity that certificates cover in part, whatever record brings it."""

    _inherit = "carbon.source"

    is_electricity = fields.Boolean(compute="_compute_is_electricity", help="It has a factor by location or by market.")

    @api.depends("factor_line_ids.stream_id.basis", "kind")
    def _compute_is_electricity(self):
        for source in self:
            source.is_electricity = source.kind == "source" and any(source.factor_line_ids.stream_id.mapped("basis"))

    def _cover_factors(self):
        """Return what must be alike where electricity moves from one source to another: all factors but the market-based one."""
        lines = self.factor_line_ids.filtered(lambda line: line.stream_id.basis != "market")
        return self.category_id, {(line.stream_id, line.factor_id, line.category_id) for line in lines}

    def _cover_rule(self):
        """Return the main rule by which certificates cover this source, empty where there is none yet."""
        rules = self.env["carbon.activity.rule"].search(
            [
                ("source_id", "=", self.id),
                ("method_id.code", "in", list(COVERS)),
                ("method_result", "in", list(COVERS.values())),
            ]
        )
        return (rules.main_rule_id or rules)[:1]

    def action_cover(self):
        """Declare certificates for the electricity of this source; the first time its second source and the rules are made.

        :return: window action
        :raises UserError: for a source that is no purchased electricity
        """
        self.ensure_one()
        if not self.is_electricity:
            raise UserError(
                self.env._(
                    "Source %(name)s has no factor by location or by market: certificates cover purchased electricity only.",
                    name=self.display_name,
                )
            )
        if rule := self._cover_rule():
            return {
                "type": "ir.actions.act_window",
                "res_model": "carbon.declaration",
                "view_mode": "form",
                "name": self.env._("New declaration"),
                "context": {"default_rule_id": rule.id, "default_company_id": self.company_id.id},
            }
        method = self.env["carbon.calculation.method"].search(
            [
                ("code", "in", list(COVERS)),
                ("state", "=", "approved"),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=1,
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_method_use_wizard_action")
        return dict(
            action,
            context={
                "default_method_id": method.id,
                "default_company_id": self.company_id.id,
                "default_site_id": self.site_id.id,
                "default_emission_unit_id": self.emission_unit_id.id,
                "default_name": self.env._("%(emitter)s with certificates", emitter=self.name),
                "carbon_cover_source_id": self.id,
            },
        )
