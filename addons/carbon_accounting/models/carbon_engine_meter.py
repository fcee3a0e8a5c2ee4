from odoo import api, models


class CarbonEngine(models.AbstractModel):
    """What screens show of the months of meters."""

    _inherit = "carbon.engine"

    @api.model
    def _origin_action(self, record):
        """Open the readings of a month; no form says more."""
        if record._name == "carbon.meter.month":
            return record._action_readings()
        return super()._origin_action(record)

    @api.model
    def _origin_facts(self, record):
        """Say which meter and month, and what it gave."""
        if record._name != "carbon.meter.month":
            return super()._origin_facts(record)
        report = self.env["carbon.meter.month.report"].sudo()  # sudo: the card of a row that the user sees
        row = report.with_context(allowed_company_ids=record.company_id.ids).browse(record.id).exists()
        return {
            "number": record.display_name,
            "state": False,
            "date": record.date,
            "quantity": row.quantity if row else False,
            "amount": False,
            "partner": False,
            "currency": False,
            "product": record.equipment_id.carbon_product_id.display_name,
            "unit": record.equipment_id.carbon_uom_id.name,
        }
