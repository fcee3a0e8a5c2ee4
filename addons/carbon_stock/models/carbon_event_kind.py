from odoo import models


class CarbonEventKind(models.Model):
    """Counts have an accounting date where Odoo values stock."""

    _inherit = "carbon.event.kind"

    def _date_bases(self):
        """Take the accounting date away without ``stock_account``: nobody can enter one."""
        bases = super()._date_bases()
        if self.origin_model == "stock.move" and "accounting_date" not in self.env["stock.quant"]._fields:
            return [basis for basis in bases if basis != "accounting"]
        return bases
