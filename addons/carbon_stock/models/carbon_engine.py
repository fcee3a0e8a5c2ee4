from odoo import api, fields, models


class CarbonEngine(models.AbstractModel):
    """From a row of the ledger to the document of its stock move."""

    _inherit = "carbon.engine"

    @api.model
    def _origin_document(self, record):
        """Return the document of a stock move, for instance its transfer."""
        return super()._origin_document(record._carbon_document() if record._name == "stock.move" else record)

    @api.model
    def _origin_facts(self, record):
        """Say what a stock move says, dated in the time zone of the company's system."""
        facts = super()._origin_facts(record)
        if record._name != "stock.move":
            return facts
        system = self.env["carbon.system"]._get(record.company_id)
        local = fields.Datetime.context_timestamp(record.with_context(tz=system.tz), record.date)
        value = "value" in record._fields and record.value
        return facts | {
            "date": local.date(),
            "unit": record.product_uom.name,
            "amount": value,
            "currency": value and record.company_id.currency_id.display_name,
        }
