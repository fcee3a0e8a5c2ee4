from odoo import fields, models


class CarbonRelevantVariable(models.Model):
    """Revenue as a relevant variable: posted customer invoices by accounting date (R-050)."""

    _inherit = "carbon.relevant.variable"

    origin = fields.Selection(
        selection_add=[("revenue", "Revenue of customer invoices")], ondelete={"revenue": "set default"}
    )

    def _drawn(self, first, last):
        """Return revenue by month in the company's currency: income accounts of posted invoices less credit notes."""
        if self.origin != "revenue":
            return super()._drawn(first, last)
        # sudo: one sum a month leaves; who keeps the carbon accounts may not read the books
        rows = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    *(("company_id", "=", self.company_id.id), ("parent_state", "=", "posted")),
                    *(("date", ">=", first), ("date", "<=", last), ("account_id.internal_group", "=", "income")),
                    ("move_id.move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                ],
                ["date:month"],
                ["balance:sum"],
            )
        )
        return {month: -balance for month, balance in rows}
