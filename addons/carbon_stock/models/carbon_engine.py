from odoo import api, fields, models
from odoo.tools import SQL


class CarbonEngine(models.AbstractModel):
    """From a row of the ledger to the document of its stock move."""

    _inherit = "carbon.engine"

    @api.model
    def _collect_ids(self, origin_model, ids, companies):
        """Collect moves with their returns, where money counts: these stand for their share of the value of the first move."""
        if origin_model == "stock.move" and ids and self._profile(companies)["has_amount"]:
            ids = self._with_returns(ids)
        return super()._collect_ids(origin_model, ids, companies)

    @api.model
    def _with_returns(self, ids):
        """Return the ids of these moves, of their done returns and of the returns of those, in order."""
        rows = self.env.execute_query(
            SQL(
                "WITH RECURSIVE down (id) AS (SELECT unnest(%s) UNION SELECT r.id FROM down "
                "JOIN stock_move r ON r.origin_returned_move_id = down.id) SELECT id FROM down ORDER BY id",
                list(ids),
            )
        )
        return [row[0] for row in rows]

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
