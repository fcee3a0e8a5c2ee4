from odoo import api, models
from odoo.tools import SQL


class CarbonStockBalanceReport(models.Model):
    """The material balance of what is in stock: done moves beside the ledger."""

    _name = "carbon.stock.balance.report"
    _description = "Material Balance"
    _inherit = ["carbon.material.balance.mixin"]
    _auto = False
    _balance_origin = "stock.move"
    _balance_passing = ("stock.dropship",)

    @api.model
    def _sql_kept(self):
        """Storable products, of which Odoo tracks the quantity."""
        return SQL("COALESCE(pt.is_storable, FALSE)")

    @api.model
    def _sql_before(self, day):
        """Return what done moves brought in before a day, less what they took out, in the product's unit."""
        source = self.env["carbon.event.source"]
        side = source._stock_sides()
        return SQL(
            """
            SELECT %(key)s AS key,
                   SUM(CASE WHEN %(enters)s THEN l.quantity WHEN %(leaves)s THEN -l.quantity END * lu.factor / pu.factor) AS quantity
              FROM stock_move o
              JOIN stock_move_line l ON l.move_id = o.id AND l.state = 'done'
              JOIN uom_uom lu ON lu.id = l.product_uom_id
              JOIN product_product pp ON pp.id = o.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
              JOIN uom_uom pu ON pu.id = pt.uom_id
              %(joins)s
             WHERE o.state = 'done' AND o.company_id = ANY(%(companies)s) AND %(date)s < %(day)s
               AND o.product_id IN (SELECT r.product_id FROM (%(rules)s) r)
             GROUP BY 1
            """,
            key=self._sql_product_key("o"),
            **{name: side[name] for name in ("enters", "leaves")},
            joins=SQL(" ").join(source._stock_joins()),
            companies=self.env.companies.ids,
            date=source._local_date(SQL("o.date")),
            day=day,
            rules=self._sql_rules(),
        )
