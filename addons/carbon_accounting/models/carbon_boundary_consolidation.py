from odoo import fields, models


class CarbonBoundary(models.Model):
    """The consolidated inventories that rest on an organisational boundary."""

    _inherit = "carbon.boundary"

    consolidation_count = fields.Integer(compute="_compute_consolidation_count", export_string_translation=False)

    def _compute_consolidation_count(self):
        groups = dict(
            self.env["carbon.consolidation"]._read_group(
                [("boundary_id", "in", self.ids)], ["boundary_id"], ["__count"]
            )
        )
        for boundary in self:
            boundary.consolidation_count = groups.get(boundary, 0)

    def action_view_consolidations(self):
        """Open the consolidated inventories of this boundary.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_consolidation_action")
        context = {"default_boundary_id": self.id, "default_company_id": self.company_id.id}
        return dict(action, domain=[("boundary_id", "=", self.id)], context=context)
