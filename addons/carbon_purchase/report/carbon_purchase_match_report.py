from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.carbon_accounting.models.carbon_event_kind import RECOGNITION

#: Odoo rounds received and billed quantities; a smaller difference is none.
_TOLERANCE = 0.01


class CarbonPurchaseMatchReport(models.Model):
    """One row per line of a confirmed order: ordered to counted quantity (R-131).

    Receipts and bills pair by order line. What arrived and is not counted is superseded
    by the other one; two recognition points that count for one line count it twice.
    """

    _name = "carbon.purchase.match.report"
    _description = "Purchase Match"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "purchase.order": ["state", "date_approve", "date_order"],
        "purchase.order.line": ["product_qty", "qty_received", "product_uom_id"],
        "account.move.line": ["purchase_line_id", "quantity", "parent_state"],
        "carbon.activity.data": ["quantity"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    order_id = fields.Many2one("purchase.order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Vendor", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    category_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    date = fields.Date(string="Confirmed on", readonly=True)
    ordered_quantity = fields.Float("Ordered", digits="Product Unit", aggregator=None)
    received_quantity = fields.Float("Received", digits="Product Unit", aggregator=None)
    billed_quantity = fields.Float("Billed", digits="Product Unit", aggregator=None, help="Posted, less refunds.")
    counted_quantity = fields.Float(
        "Counted",
        digits="Product Unit",
        aggregator=None,
        help="What the counted receipts or bills said when they were collected, in the unit of the order.",
    )
    counted_at = fields.Selection(RECOGNITION, readonly=True)
    difference = fields.Float(
        digits="Product Unit",
        aggregator=None,
        help="Received or billed, whichever counts, less counted: late adjustments and records on the worklist.",
    )
    status = fields.Selection(
        [
            ("double", "Counted twice"),
            ("differs", "Differs"),
            ("uncounted", "Not counted"),
            ("waiting", "Waiting for receipt and bill"),
            ("matched", "Counted"),
        ],
        readonly=True,
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT x.*,
                   CASE WHEN points > 0
                        THEN expected - counted_quantity END AS difference,
                   CASE WHEN points > 1 THEN 'double'
                        WHEN abs(expected - counted_quantity) > %s THEN 'differs'
                        WHEN points = 1 THEN 'matched'
                        WHEN received_quantity = 0 AND billed_quantity = 0
                        THEN 'waiting' ELSE 'uncounted' END AS status
              FROM (%s) x
            """,
            _TOLERANCE,
            self._sql_lines(),
        )

    def _sql_lines(self):
        """Return SQL of the lines of confirmed orders with their quantities."""
        return SQL(
            """
            SELECT pol.id, pol.company_id, pol.order_id, pol.partner_id, pol.product_id,
                   pt.categ_id AS category_id, pol.product_uom_id AS uom_id,
                   COALESCE(po.date_approve, po.date_order)::date AS date,
                   pol.product_qty AS ordered_quantity,
                   COALESCE(pol.qty_received, 0) AS received_quantity,
                   COALESCE(billed.quantity, 0) AS billed_quantity,
                   counted.quantity AS counted_quantity, counted.points,
                   CASE WHEN counted.points = 1 THEN counted.point END AS counted_at,
                   COALESCE(CASE counted.point WHEN 'billed' THEN billed.quantity
                                               ELSE pol.qty_received END, 0) AS expected
              FROM purchase_order_line pol
              JOIN purchase_order po ON po.id = pol.order_id
              JOIN product_product pp ON pp.id = pol.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
              JOIN uom_uom pu ON pu.id = pol.product_uom_id
              LEFT JOIN LATERAL (%(billed)s) billed ON TRUE
              LEFT JOIN LATERAL (%(counted)s) counted ON TRUE
             WHERE po.state = 'purchase' AND pol.display_type IS NULL
               AND NOT COALESCE(pol.is_downpayment, FALSE)
            """,
            billed=self._sql_billed(),
            counted=self._sql_counted(),
        )

    def _sql_billed(self):
        """Return SQL of the quantity on posted bills of the order line, in its unit."""
        return SQL(
            """
            SELECT SUM(CASE WHEN m.move_type = 'in_refund' THEN -l.quantity
                            ELSE l.quantity END * u.factor / pu.factor) AS quantity
              FROM account_move_line l
              JOIN account_move m ON m.id = l.move_id
              JOIN uom_uom u ON u.id = l.product_uom_id
             WHERE l.purchase_line_id = pol.id AND l.parent_state = 'posted'
               AND l.display_type = 'product'
            """
        )

    def _sql_documents(self):
        """Return SQL of what pairs with the order line: model, id, quantity, unit."""
        parts = [
            SQL(
                "SELECT 'account.move.line' AS model, l.id, l.quantity, "
                "l.product_uom_id AS uom_id "
                "FROM account_move_line l WHERE l.purchase_line_id = pol.id"
            )
        ]
        if "purchase_line_id" in self.env.registry.get("stock.move", self)._fields:
            parts.append(
                SQL(
                    "SELECT 'stock.move', s.id, s.quantity, s.product_uom "
                    "FROM stock_move s WHERE s.purchase_line_id = pol.id"
                )
            )
        return SQL(" UNION ALL ").join(parts)

    def _sql_counted(self):
        """Return SQL of what the ledger counts of these documents, and at which points.

        Parts of a split bill repeat its quantity, so one live row speaks for each
        document. Rows kept in money do not tell the quantity: there the document does.
        """
        return SQL(
            """
            SELECT SUM(c.quantity) AS quantity, min(c.recognition) AS point,
                   count(DISTINCT c.recognition) AS points
              FROM (SELECT DISTINCT ON (a.origin_model, a.origin_id) a.recognition,
                           CASE WHEN a.currency_id IS NULL
                                THEN a.origin_quantity * u.factor / pu.factor
                                ELSE sign(a.origin_quantity) * abs(d.quantity)
                                     * du.factor / pu.factor END AS quantity
                      FROM (%s) d
                      JOIN carbon_activity_data a ON a.company_id = pol.company_id
                       AND a.origin_model = d.model AND a.origin_id = d.id
                      LEFT JOIN uom_uom u ON u.id = a.origin_uom_id
                      LEFT JOIN uom_uom du ON du.id = d.uom_id
                      LEFT JOIN carbon_activity_data r ON r.reverses_id = a.id
                     WHERE a.reverses_id IS NULL AND r.id IS NULL
                     ORDER BY a.origin_model, a.origin_id, a.seq DESC) c
            """,
            self._sql_documents(),
        )

    def action_open_order(self):
        """Open the purchase order."""
        self.ensure_one()
        return self.env["carbon.engine"]._origin_action(self.order_id)

    def action_view_carbon_activity_data(self):
        """Open the activity data of the order."""
        return self.order_id.action_view_carbon_activity_data()
