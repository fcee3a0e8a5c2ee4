from odoo import fields, models

from ..tools.documents import DOCUMENTS

REPORTS = {framework: name for name, framework in DOCUMENTS.items() if framework}


class CarbonReportWizard(models.TransientModel):
    """Asks for framework and language of a report, and prints it."""

    _name = "carbon.report.wizard"
    _description = "Print the GHG Report"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, ondelete="cascade")
    state = fields.Selection(related="inventory_id.state")
    framework = fields.Selection(
        [("GBT32150", "GB/T 32150"), ("ISO14064-1", "ISO 14064-1")], required=True, default="GBT32150"
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )

    def action_print(self):
        """Print the report.

        :return: report action
        """
        self.ensure_one()
        # the rights of the person decide: the report itself asks for them again
        self.inventory_id.check_access("read")
        data = {"record_ids": self.inventory_id.ids, "lang": self.lang}
        report = self.env["ir.actions.report"]._get_report_from_name(REPORTS[self.framework])
        return dict(report.report_action(None, data=data, config=False), close_on_report_download=True)
