from odoo import api, models
from odoo.tools import SQL

#: Up to so much apart, two unit prices are the same: rounding, freight, exchange rates of the day.
TOLERANCE = SQL("0.05")
#: So many of a vendor's newest lines of a product are looked at; older bills do not speak for a refund any more.
NEWEST = 1000
#: Quantities in other units are rounded when they are typed.
ROUNDING = SQL("1.000001")
#: Whether line ``o`` takes a quantity back: a line of a refund, or one with a negative quantity. (A refund line with a negative
#: quantity gives back what was billed, and is asked the same.)
_BACK = SQL("(am.move_type = 'in_refund' OR o.quantity < 0)")
#: Lines ``b`` that can say a quantity: no discounts, no corrections of a price.
_COUNTS = SQL(
    "b.parent_state = 'posted' AND b.display_type = 'product' AND b.carbon_is_return IS DISTINCT FROM 'price' "
    "AND (b.quantity < 0 OR b.price_unit >= 0)"
)


def _trade(partner, product):
    """Return SQL of a vendor and a product as one number."""
    return SQL("(%s::bigint * 4294967296 + %s)", SQL(partner), SQL(product))


class CarbonEventSource(models.AbstractModel):
    """Bill lines that say a quantity and may mean money only.

    A credit note for a rebate, a bill line that takes back and a supplementary bill repeat the quantity whose price they correct.
    Where that is not clear the line waits on the worklist, and somebody says what it is (``carbon_is_return``). Only suspicious
    lines look at others, in one subquery: in bulk a join would read all bills for each of them, and to plan several would slow
    every bill.
    """

    _inherit = "carbon.event.source"

    @api.model
    def _account_problem(self):
        """Return SQL of the reason why the quantity of a line cannot count by itself.

        ``refund`` where a line of a refund, or a line with a negative quantity, does not plainly take back what was billed. It
        does at a unit price that was billed, for at most the quantity that is left of what was billed.

        ``supplement`` where an order line was billed in full before, by other bills. Goods that were received are not billed
        twice. Of a service whose order was not kept up to date (electricity of each month on one line) only another price is
        suspicious.
        """
        supplement, overbilled = SQL("NULL"), SQL("FALSE")
        if self._account_has_orders():
            overbilled = SQL(
                "am.move_type = 'in_invoice' AND pl.qty_invoiced > GREATEST(pl.product_qty, pl.qty_received)"
            )
            supplement = SQL(
                "CASE WHEN sum(x.counted) > 0 AND sum(x.counted) * %s >= GREATEST(pl.product_qty, pl.qty_received, 0) * "
                "(SELECT u.factor FROM uom_uom u WHERE u.id = pl.product_uom_id) "
                "AND (pl.qty_received_method = 'stock_moves' OR NOT bool_or(x.same_price)) THEN 'supplement' END",
                ROUNDING,
            )
        return SQL(
            """
            CASE WHEN o.carbon_is_return IS NULL AND o.quantity <> 0 AND (o.quantity < 0 OR o.price_unit >= 0)
                  AND am.move_type <> 'entry' AND (%(back)s OR %(overbilled)s)
                 THEN (SELECT CASE WHEN NOT %(back)s THEN %(supplement)s
                                   WHEN bool_or(x.same_price) AND sum(x.counted) * %(rounding)s >= max(x.wanted) THEN NULL
                                   ELSE 'refund' END
                         FROM (%(compared)s) x) END
            """,
            back=_BACK,
            overbilled=overbilled,
            supplement=supplement,
            rounding=ROUNDING,
            compared=self._account_compared(),
        )

    @api.model
    def _account_has_orders(self):
        """Whether bills know the line of the purchase order that they bill."""
        return "purchase_line_id" in self.env["account.move.line"]._fields

    @api.model
    def _account_others(self):
        """Return SQL of the lines that line ``o`` is compared with.

        A line that takes back: those of the product on its own document, and those of the bill that it reverses with its other
        refunds; without a line of the product there, those of its order line; else those of that vendor and product until that
        day. A supplementary bill: those of its order line in other, earlier documents.
        """
        product = SQL("b.product_id IS NOT DISTINCT FROM o.product_id")
        reversed_bill = SQL("b.move_id = am.reversed_entry_id AND %s AND %s", product, _COUNTS)
        unlinked = SQL(
            "(am.reversed_entry_id IS NULL OR NOT EXISTS (SELECT 1 FROM account_move_line b WHERE %s))", reversed_bill
        )
        own = SQL(
            "%s AND %s AND b.id <> o.id AND b.move_id = ANY(ARRAY[o.move_id, am.reversed_entry_id] || ARRAY("
            "SELECT m.id FROM account_move m WHERE m.reversed_entry_id = am.reversed_entry_id))",
            _BACK,
            product,
        )
        before = SQL("%s AND b.move_id <> o.move_id AND b.date <= o.date", unlinked)
        # the terms and the order of the index _carbon_billed_idx: with equal columns the planner, which knows averages only,
        # would read all bills of a product for each of its refunds
        vendor = SQL(
            "%(back)s AND %(before)s AND b.product_id IS NOT NULL AND b.company_id = o.company_id "
            "AND %(billed)s >= %(mine)s AND (%(billed)s, b.date) <= (%(mine)s, o.date)",
            back=_BACK,
            before=before,
            billed=_trade("b.partner_id", "b.product_id"),
            mine=_trade("COALESCE(rp.commercial_partner_id, o.partner_id)", "o.product_id"),
        )
        newest = SQL(
            "ORDER BY %s DESC, b.date DESC, b.id DESC LIMIT %s", _trade("b.partner_id", "b.product_id"), NEWEST
        )
        tiers = [(own, SQL("")), (vendor, newest)]
        if self._account_has_orders():
            order = SQL(
                "b.purchase_line_id = o.purchase_line_id AND CASE WHEN %s THEN %s "
                "ELSE b.move_id <> o.move_id AND (b.date, b.id) < (o.date, o.id) END",
                _BACK,
                before,
            )
            tiers = [(own, SQL("")), (SQL("o.purchase_line_id IS NULL AND %s", vendor), newest), (order, SQL(""))]
        return SQL(" UNION ALL ").join(
            SQL(
                "(SELECT b.id, b.move_id, b.date, b.quantity, b.product_uom_id, b.currency_id, b.price_subtotal, b.balance "
                "FROM account_move_line b WHERE %s AND %s %s)",
                _COUNTS,
                tier,
                limit,
            )
            for tier, limit in tiers
        )

    @api.model
    def _account_compared(self):
        """Return SQL of the lines that line ``o`` is compared with, in its kind of unit.

        ``counted``: quantity in the reference unit, negative what was taken back before · ``wanted`` what ``o`` takes back ·
        ``same_price``: billed at nearly the unit price of ``o``, in its currency or else in that of the company
        """
        return SQL(
            """
            SELECT z.counted, z.wanted, z.sign > 0 AND z.counted > 0 AND z.near AS same_price
              FROM (SELECT y.sign, y.sign * y.quantity AS counted, y.wanted, y.before, o.price_unit >= 0
                           AND abs(y.amount * abs(y.wanted) - y.mine * abs(y.quantity)) <= %s * y.amount * abs(y.wanted) AS near
                      FROM (SELECT b.quantity * COALESCE(bu.factor, 1) AS quantity, (b.date, b.id) < (o.date, o.id) AS before,
                                   CASE WHEN am.move_type = 'in_refund' THEN 1 ELSE -1 END * o.quantity * COALESCE(ou.factor, 1) AS wanted,
                                   abs(CASE WHEN b.currency_id = o.currency_id THEN b.price_subtotal ELSE b.balance END) AS amount,
                                   abs(CASE WHEN b.currency_id = o.currency_id THEN o.price_subtotal ELSE o.balance END) AS mine,
                                   (SELECT CASE WHEN m.move_type IN ('in_invoice', 'in_receipt') THEN 1
                                                WHEN m.move_type = 'in_refund' THEN -1 END
                                      FROM account_move m WHERE m.id = b.move_id) AS sign
                              FROM (%s) b
                              LEFT JOIN uom_uom bu ON bu.id = b.product_uom_id
                              LEFT JOIN uom_uom ou ON ou.id = o.product_uom_id
                             WHERE split_part(bu.parent_path, '/', 1) IS NOT DISTINCT FROM split_part(ou.parent_path, '/', 1)
                            OFFSET 0) y) z
             WHERE z.counted > 0 OR (z.counted < 0 AND z.before)
            """,
            TOLERANCE,
            self._account_others(),
        )
