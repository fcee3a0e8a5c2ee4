from odoo import fields, models


class ResPartner(models.Model):
    """Smart button to the activity data that came from or went to the partner."""

    _inherit = "res.partner"

    carbon_activity_count = fields.Integer(
        string="Carbon Activity Data",
        compute="_compute_carbon_activity_count",
        groups="carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier",
    )

    def _compute_carbon_activity_count(self):
        counts = self.env["carbon.activity.data"]._count_by("partner_id", self.ids)
        for partner in self:
            partner.carbon_activity_count = counts.get(partner.id, 0)

    def action_view_carbon_activity_data(self):
        """Open the activity data of these partners."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("partner_id", "in", self.ids)], context={})
