from odoo import models


class CarbonInventory(models.Model):
    """What rests on an inventory of a company: the consolidated inventories of its groups."""

    _inherit = "carbon.inventory"

    def _approve_sealed(self, run):
        """Tell the managers of approved consolidated inventories that one of their companies was restated."""
        before = self.restates_id
        result = super()._approve_sealed(run)
        # sudo: consolidated inventories of another company rest on this one; they get a to-do without any figure
        groups = self.env["carbon.consolidation"].sudo()
        resting = groups.search([("state", "=", "approved"), ("member_ids.inventory_id", "in", before.ids)])
        for group in resting if before else ():
            group._alert_restated(before)
        return result

    def unlink(self):
        """Empty the drafts of groups that rest on these inventories: they no longer say what the companies bring."""
        # sudo: drafts of another company that rest on an inventory do not keep it from being deleted
        groups = self.env["carbon.consolidation"].sudo()
        drafts = self.filtered(lambda inventory: inventory.state == "draft")
        resting = groups.search([("state", "=", "draft"), ("member_ids.inventory_id", "in", drafts.ids)])
        if resting and self.has_access("unlink"):
            resting._clear()
        return super().unlink()
