import re

from odoo import fields, models


class CarbonInventory(models.Model):
    """What can be printed of an inventory: its report in two frameworks and two languages (R-140)."""

    _inherit = "carbon.inventory"

    report_ids = fields.One2many("carbon.report", "inventory_id", string="Issued Reports", readonly=True)
    report_count = fields.Integer("Reports", compute="_compute_report_count")

    def _compute_report_count(self):
        groups = self.env["carbon.report"]._read_group(
            [("inventory_id", "in", self.ids)], ["inventory_id"], ["__count"]
        )
        counts = {inventory.id: count for inventory, count in groups}
        for inventory in self:
            inventory.report_count = counts.get(inventory.id, 0)

    def _document_name(self, framework):
        """Return the name of the file without its ending.

        :param framework: code of a framework
        """
        self.ensure_one()
        return re.sub(r"[^\w.-]+", "_", f"{self.name} {framework}").strip("_")

    def action_print_report(self):
        """Open the dialog that asks for framework and language of the report."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_report_wizard_action")
        return dict(action, context={"default_inventory_id": self.id})

    def action_view_reports(self):
        """Open the reports that were issued of this inventory."""
        return self._own_action("carbon_report_action")
