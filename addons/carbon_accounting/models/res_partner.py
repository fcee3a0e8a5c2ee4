from odoo import models


class ResPartner(models.Model):
    """Smart button to the activity data that came from or went to the partner; without number, as that of products."""

    _inherit = "res.partner"

    def action_view_carbon_activity_data(self):
        """Open the activity data of these partners."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("partner_id", "in", self.ids)], context={})
