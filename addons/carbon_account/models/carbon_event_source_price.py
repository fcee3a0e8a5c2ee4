from odoo import api, models
from odoo.tools import SQL

#: Up to so much apart, two unit prices are the same: rounding, freight, exchange rates of the day.
TOLERANCE = SQL("0.05")
#: Quantities in other units are rounded when they are typed.
ROUNDING = SQL("1.000001")


class CarbonEventSource(models.AbstractModel):
    """Bill lines that say a quantity and may mean money only.

    A credit note for a rebate and a supplementary bill repeat the quantity whose price they correct. Where that is not clear the
    line waits on the worklist, and somebody says what it is (``carbon_is_return``). Only suspicious lines look at others; each look
    is a subquery of its own, because in bulk a join would read all bills for each of them.
    """

    _inherit = "carbon.event.source"

    @api.model
    def _account_problem(self):
        """Return SQL of the reason why the quantity of a line cannot count by itself."""
        cases = [SQL("WHEN am.move_type = 'in_refund' THEN %s", self._account_refund_problem())]
        if self._account_has_orders():
            cases.append(
                SQL(
                    "WHEN am.move_type = 'in_invoice' AND pl.qty_invoiced > GREATEST(pl.product_qty, pl.qty_received) "
                    "THEN %s",
                    self._account_supplement_problem(),
                )
            )
        return SQL(
            "CASE WHEN o.carbon_is_return IS NOT NULL OR o.quantity = 0 OR (o.quantity > 0 AND o.price_unit < 0) THEN NULL %s END",
            SQL(" ").join(cases),
        )

    @api.model
    def _account_has_orders(self):
        """Whether bills know the line of the purchase order that they bill."""
        return "purchase_line_id" in self.env["account.move.line"]._fields

    @api.model
    def _account_refund_problem(self):
        """Return SQL of ``refund`` where a refund line does not plainly take back what was billed.

        It does at a unit price that was billed, for at most the quantity that is left of what was billed: on its own bill; without
        such a line there, for its order line; else by that vendor of that product until that day.
        """
        own = SQL("b.move_id = am.reversed_entry_id AND b.product_id IS NOT DISTINCT FROM o.product_id")
        until = SQL("b.id <> o.id AND b.date <= o.date")
        tiers = [
            SQL(
                "WHEN am.reversed_entry_id IS NOT NULL AND EXISTS (SELECT 1 FROM account_move_line b WHERE %s AND %s) THEN %s",
                own,
                self._account_counted_line(),
                self._account_takes_back(own),
            )
        ]
        if self._account_has_orders():
            order = SQL("b.purchase_line_id = o.purchase_line_id AND %s", until)
            tiers.append(SQL("WHEN o.purchase_line_id IS NOT NULL THEN %s", self._account_takes_back(order)))
        vendor = SQL(
            "b.product_id = o.product_id AND b.partner_id = COALESCE(rp.commercial_partner_id, o.partner_id) "
            "AND b.company_id = o.company_id AND %s",
            until,
        )
        return SQL(
            "CASE WHEN (CASE %s ELSE %s END) THEN NULL ELSE 'refund' END",
            SQL(" ").join(tiers),
            self._account_takes_back(vendor),
        )

    @api.model
    def _account_supplement_problem(self):
        """Return SQL of ``supplement`` where an order line was billed in full before, by other bills.

        Goods that were received are not billed twice. Of a service whose order was not kept up to date (electricity of each month
        on one line) only another price is suspicious.
        """
        size = SQL("(SELECT u.factor FROM uom_uom u WHERE u.id = pl.product_uom_id)")
        return SQL(
            "(SELECT CASE WHEN sum(x.counted) * %(rounding)s >= GREATEST(pl.product_qty, pl.qty_received, 0) * %(size)s "
            "AND sum(x.counted) > 0 AND (pl.qty_received_method = 'stock_moves' OR NOT bool_or(%(near)s)) THEN 'supplement' END "
            "FROM (%(lines)s) x)",
            rounding=ROUNDING,
            size=size,
            near=self._account_same_price(),
            lines=self._account_lines(
                SQL("b.purchase_line_id = o.purchase_line_id AND b.move_id <> o.move_id AND (b.date, b.id) < (o.date, o.id)")
            ),
        )

    @api.model
    def _account_counted_line(self):
        """Return SQL of the condition on a line ``b`` that counts a quantity."""
        return SQL("b.parent_state = 'posted' AND b.display_type = 'product' AND b.carbon_is_return IS DISTINCT FROM 'price'")

    @api.model
    def _account_lines(self, which):
        """Return SQL of the posted vendor lines ``b`` of a condition in the kind of unit of line ``o``.

        ``counted``: quantity in the reference unit, what was taken back before negative · ``amount`` without tax, in the currency
        of ``o`` or else of the company · ``mine`` the same of ``o`` · ``wanted`` quantity of ``o`` in the reference unit
        """

        def unit(line, column):
            return SQL("(SELECT %s FROM uom_uom u WHERE u.id = %s.product_uom_id)", SQL(column), SQL(line))

        root = "split_part(u.parent_path, '/', 1)"
        sign = SQL(
            "(SELECT CASE WHEN m.move_type IN ('in_invoice', 'in_receipt') THEN 1 "
            "WHEN m.move_type = 'in_refund' AND (b.date, b.id) < (o.date, o.id) THEN -1 END "
            "FROM account_move m WHERE m.id = b.move_id)"
        )
        return SQL(
            "SELECT b.quantity * COALESCE(%(bsize)s, 1) * %(sign)s AS counted, %(sign)s > 0 AS bill, "
            "o.quantity * COALESCE(%(osize)s, 1) AS wanted, "
            "abs(CASE WHEN b.currency_id = o.currency_id THEN b.price_subtotal ELSE b.balance END) AS amount, "
            "abs(CASE WHEN b.currency_id = o.currency_id THEN o.price_subtotal ELSE o.balance END) AS mine "
            "FROM account_move_line b WHERE %(which)s AND %(plain)s AND %(sign)s IS NOT NULL "
            "AND %(broot)s IS NOT DISTINCT FROM %(oroot)s",
            bsize=unit("b", "u.factor"),
            osize=unit("o", "u.factor"),
            broot=unit("b", root),
            oroot=unit("o", root),
            sign=sign,
            which=which,
            plain=self._account_counted_line(),
        )

    @api.model
    def _account_same_price(self):
        """Return SQL of whether a billed line ``x`` has nearly the unit price of line ``o``."""
        return SQL(
            "x.bill AND abs(x.amount * abs(x.wanted) - x.mine * abs(x.counted)) <= %s * x.amount * abs(x.wanted)", TOLERANCE
        )

    @api.model
    def _account_takes_back(self, which):
        """Return SQL of whether refund line ``o`` takes back, at its price, at most what the lines of a condition leave."""
        return SQL(
            "(SELECT COALESCE(bool_or(%s) AND sum(x.counted) * %s >= max(x.wanted), FALSE) FROM (%s) x)",
            self._account_same_price(),
            ROUNDING,
            self._account_lines(which),
        )
