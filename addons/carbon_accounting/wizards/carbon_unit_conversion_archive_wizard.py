from odoo import fields, models


class CarbonUnitConversionArchiveWizard(models.TransientModel):
    """Asks why values that the ledger may have used are archived."""

    _name = "carbon.unit.conversion.archive.wizard"
    _description = "Archive Unit Conversions"

    conversion_ids = fields.Many2many(
        "carbon.unit.conversion", relation="carbon_unit_conversion_archive_rel", required=True, readonly=True
    )
    reason = fields.Char(required=True)

    def action_archive(self):
        """Archive them with the reason."""
        self.ensure_one()
        self.conversion_ids.write({"active": False, "archive_reason": self.reason})
        return {"type": "ir.actions.act_window_close"}
