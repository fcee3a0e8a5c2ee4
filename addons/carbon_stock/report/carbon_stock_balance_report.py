from odoo import models


class CarbonStockBalanceReport(models.Model):
    """The material balance of what is in stock: done moves beside the ledger."""

    _name = "carbon.stock.balance.report"
    _description = "Material Balance"
    _inherit = ["carbon.material.balance.mixin"]
    _auto = False
    _balance_origin = "stock.move"
    _balance_passing = ("stock.dropship",)
