from odoo import models


class CarbonCollectionRun(models.Model):
    """Where a finished collection leads to."""

    _inherit = "carbon.collection.run"

    def action_view_worklist(self):
        """Open what could not be collected."""
        return self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_issue_action")
