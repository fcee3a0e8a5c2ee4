from datetime import timedelta
from typing import NamedTuple

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.carbon_accounting.models.carbon_event_kind import RECOGNITION
from odoo.addons.carbon_accounting.tools.question import date_bounds, known_ids

#: Odoo rounds received and billed quantities; a smaller difference is none.
_TOLERANCE = 0.01


class _Window(NamedTuple):
    """What a question leaves of the orders: days, lines and orders. An RPC cannot forge it."""

    first: object = None
    last: object = None
    ids: list | None = None
    orders: list | None = None


class CarbonPurchaseMatchReport(models.Model):
    """One row per line of a confirmed order: ordered to counted quantity (R-129, R-135).

    Receipts and bills pair by order line. Compared are quantities of the ordered product in units of one reference: a
    kit is received as its components, whose quantities say nothing about it. What arrived and is not counted is superseded
    by the other one; two recognition points that count for one line count it twice. A
    bill whose material counts when received, and of which nothing was received, counts
    nowhere: it is listed as such.
    """

    _name = "carbon.purchase.match.report"
    _description = "Purchase Match"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "purchase.order": ["state", "date_approve", "date_order"],
        "purchase.order.line": ["product_qty", "qty_received", "product_uom_id"],
        "carbon.activity.rule": ["active", "product_id", "category_id", "event_kind", "date_from", "date_to"],
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
        help="What the counted receipts or bills said when they were collected, in the unit of the order. Without what was "
        "received as other products: the components of a kit.",
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
            ("kit", "Kit, counted by its components"),
            ("unreceived", "Billed, not received though counted when received"),
            ("uncounted", "Not counted"),
            ("waiting", "Waiting for receipt and bill"),
            ("matched", "Counted"),
        ],
        readonly=True,
    )

    @property
    def _table_query(self):
        window = self.env.context.get("carbon_match_window")
        return SQL(
            """
            WITH line AS MATERIALIZED (%(lines)s), document AS MATERIALIZED (%(documents)s), billed AS (%(billed)s),
                 counted AS (%(counted)s),
                 arrived AS (SELECT DISTINCT d.line_id FROM document d WHERE d.model = 'stock.move' AND d.done)
            SELECT x.*,
                   CASE WHEN points > 0 AND NOT is_kit
                        THEN expected - counted_quantity END AS difference,
                   CASE WHEN points > 1 THEN 'double'
                        WHEN points = 1 AND is_kit THEN 'kit'
                        WHEN abs(expected - counted_quantity) > %(tolerance)s THEN 'differs'
                        WHEN points = 1 THEN 'matched'
                        WHEN awaits_receipt AND billed_quantity > %(tolerance)s THEN 'unreceived'
                        WHEN received_quantity = 0 AND billed_quantity = 0
                        THEN 'waiting' ELSE 'uncounted' END AS status
              FROM (%(match)s OFFSET 0) x
            """,
            tolerance=_TOLERANCE,
            lines=self._sql_lines(window if isinstance(window, _Window) else _Window()),
            billed=self._sql_billed(),
            documents=SQL(" UNION ALL ").join(self._sql_documents()),
            counted=self._sql_counted(),
            match=self._sql_match(),
        )

    def _search(self, domain, *args, **kwargs):
        """Read only the order lines that the question can meet."""
        known = Domain(domain).optimize_full(self)
        window = _Window(*date_bounds(known, "date"), known_ids(known), known_ids(known, "order_id"))
        model = self.with_context(carbon_match_window=window)
        return super(CarbonPurchaseMatchReport, model)._search(domain, *args, **kwargs)

    def _sql_lines(self, window):
        """Return SQL of the lines of confirmed orders within the window, with the factor of their unit."""
        return SQL(
            """
            SELECT pol.id, pol.company_id, pol.order_id, pol.partner_id, pol.product_id,
                   pt.categ_id AS category_id, pol.product_uom_id AS uom_id, pu.factor, %s AS root,
                   COALESCE(po.date_approve, po.date_order)::date AS date,
                   pol.product_qty AS ordered_quantity,
                   COALESCE(pol.qty_received, 0) AS received_quantity
              FROM purchase_order_line pol
              JOIN purchase_order po ON po.id = pol.order_id
              JOIN product_product pp ON pp.id = pol.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
              JOIN uom_uom pu ON pu.id = pol.product_uom_id
             WHERE po.state = 'purchase' AND pol.display_type IS NULL
               AND NOT COALESCE(pol.is_downpayment, FALSE) AND %s
            """,
            self.env["carbon.engine"]._sql_root("pu"),
            self._sql_window(window),
        )

    def _sql_window(self, window):
        """Return the condition on orders ``po`` and their lines ``pol``: the companies of the user, and the window."""
        parts = [] if self.env.su else [SQL("pol.company_id = ANY(%s)", self.env.companies.ids)]
        if window.first:
            parts.append(
                SQL(
                    "(po.date_approve >= %(d)s OR (po.date_approve IS NULL AND po.date_order >= %(d)s))", d=window.first
                )
            )
        if window.last:
            day = window.last + timedelta(days=1)
            parts.append(SQL("(po.date_approve < %(d)s OR (po.date_approve IS NULL AND po.date_order < %(d)s))", d=day))
        if window.ids is not None:
            parts.append(SQL("pol.id = ANY(%s)", window.ids))
        if window.orders is not None:
            parts.append(SQL("po.id = ANY(%s)", window.orders))
        return SQL(" AND ").join(parts or [SQL("TRUE")])

    def _sql_match(self):
        """Return SQL of the lines with what was billed and counted.

        ``awaits_receipt``: a rule counts the product when it is received, and nothing has arrived.
        """
        return SQL(
            """
            SELECT line.id, line.company_id, line.order_id, line.partner_id, line.product_id, line.category_id, line.uom_id,
                   line.date, line.ordered_quantity, line.received_quantity,
                   COALESCE(billed.quantity, 0) AS billed_quantity,
                   counted.quantity AS counted_quantity, counted.points,
                   CASE WHEN counted.points = 1 THEN counted.point END AS counted_at,
                   COALESCE(CASE counted.point WHEN 'billed' THEN billed.quantity
                                               ELSE line.received_quantity END, 0) AS expected,
                   COALESCE(counted.other, FALSE) AS is_kit,
                   arrived.line_id IS NULL AND EXISTS (
                       SELECT 1 FROM unnest(settled.starts, settled.ends) u(date_from, date_to)
                        WHERE (u.date_from IS NULL OR u.date_from <= billed.date)
                          AND (u.date_to IS NULL OR u.date_to >= billed.date)) AS awaits_receipt
              FROM line
              LEFT JOIN billed ON billed.line_id = line.id
              LEFT JOIN counted ON counted.line_id = line.id
              LEFT JOIN arrived ON arrived.line_id = line.id
              LEFT JOIN (SELECT r.company_id, r.product_id, array_agg(r.date_from) AS starts, array_agg(r.date_to) AS ends
                           FROM (%s) r WHERE r.recognition = 'received' GROUP BY 1, 2) settled
                     ON settled.company_id = line.company_id AND settled.product_id = line.product_id
            """,
            self.env["carbon.superseded.report"]._sql_rules(),
        )

    def _sql_documents(self):
        """Return SQL of what pairs with the order lines: bill lines and stock moves, and whether they are done.

        ``other``: of another product than the ordered one, or in a unit of another reference.
        """
        parts = [
            SQL(
                "SELECT line.id AS line_id, line.company_id, line.factor, 'account.move.line' AS model, l.id, l.quantity, "
                "l.product_uom_id AS uom_id, l.date, m.move_type = 'in_refund' AS refund, "
                "l.parent_state = 'posted' AND l.display_type = 'product' AS done, "
                "COALESCE(l.product_id <> line.product_id OR %(root)s <> line.root, FALSE) AS other "
                "FROM line JOIN account_move_line l ON l.purchase_line_id = line.id JOIN account_move m ON m.id = l.move_id "
                "LEFT JOIN uom_uom u ON u.id = l.product_uom_id",
                root=self.env["carbon.engine"]._sql_root("u"),
            )
        ]
        fields_of_moves = self.env.registry.get("stock.move", self)._fields
        moves = []
        if "purchase_line_id" in fields_of_moves:
            moves.append(SQL("stock_move s ON s.purchase_line_id = line.id"))
        if moves and "is_subcontract" in fields_of_moves:  # counted is the move that made what the subcontractor sent
            moves.append(
                SQL(
                    "stock_move t ON t.purchase_line_id = line.id AND t.is_subcontract "
                    "JOIN stock_move_move_rel r ON r.move_dest_id = t.id "
                    "JOIN stock_move s ON s.id = r.move_orig_id AND s.production_id IS NOT NULL"
                )
            )
        return parts + [
            SQL(
                "SELECT line.id, line.company_id, line.factor, 'stock.move', s.id, s.quantity, s.product_uom, NULL::date, "
                "FALSE, s.state = 'done', s.product_id <> line.product_id OR %(root)s <> line.root "
                "FROM line JOIN %(moves)s JOIN uom_uom u ON u.id = s.product_uom",
                moves=joined,
                root=self.env["carbon.engine"]._sql_root("u"),
            )
            for joined in moves
        ]

    def _sql_billed(self):
        """Return SQL of the quantity on posted bills of the order lines, in their unit, and the day of the last bill."""
        return SQL(
            """
            SELECT d.line_id, max(d.date) AS date,
                   SUM(CASE WHEN d.refund THEN -d.quantity ELSE d.quantity END * u.factor / d.factor) AS quantity
              FROM document d
              JOIN uom_uom u ON u.id = d.uom_id
             WHERE d.model = 'account.move.line' AND d.done AND NOT d.other
             GROUP BY d.line_id
            """
        )

    def _sql_counted(self):
        """Return SQL of what the ledger counts of these documents, and at which points.

        Parts of a split bill add up to its quantity. Rows kept in money do not tell the
        quantity: there the document does, once. Each document looks into the key of the ledger, whose other years stay unread.
        """
        return SQL(
            """
            SELECT d.line_id, min(a.recognition) AS point, count(DISTINCT a.recognition) AS points, bool_or(d.other) AS other,
                   SUM(CASE WHEN a.is_money THEN a.sign * abs(d.quantity) * du.factor / d.factor
                            ELSE a.quantity / d.factor END) FILTER (WHERE NOT d.other) AS quantity
              FROM document d
             CROSS JOIN LATERAL (
                   SELECT a.recognition, a.currency_id IS NOT NULL AS is_money, sign(SUM(a.origin_quantity)) AS sign,
                          SUM(a.origin_quantity * u.factor) AS quantity
                     FROM carbon_activity_data a
                     LEFT JOIN uom_uom u ON u.id = a.origin_uom_id
                    WHERE a.company_id = d.company_id AND a.origin_model = d.model AND a.origin_id = d.id
                      AND a.reverses_id IS NULL
                      AND NOT EXISTS (SELECT 1 FROM carbon_activity_data r WHERE r.reverses_id = a.id)
                    GROUP BY 1, 2) a
              LEFT JOIN uom_uom du ON du.id = d.uom_id
             GROUP BY d.line_id
            """
        )

    def action_open_order(self):
        """Open the purchase order."""
        self.ensure_one()
        return self.env["carbon.engine"]._origin_action(self.order_id)

    def action_view_carbon_activity_data(self):
        """Open the activity data of the order."""
        return self.order_id.action_view_carbon_activity_data()
