from odoo import api, models
from odoo.tools import SQL


class CarbonEventSource(models.AbstractModel):
    """Done stock moves that cross the boundary of the company (R-129, R-130)."""

    _inherit = "carbon.event.source"

    @api.model
    def _providers(self):
        """Add done stock moves."""
        return super()._providers() | {
            "stock.move": {
                "table": "stock_move",
                "query": self._events_stock_move,
                "where": SQL("o.state = 'done'"),
                "scoped": True,
            }
        }

    @api.model
    def _sql_made_by(self, origin_model, user_id):
        """Of moves: who created or changed the move, one of its lines or the transfer last; the last to do so completed it."""
        if origin_model != "stock.move":
            return super()._sql_made_by(origin_model, user_id)
        return SQL(
            """
            SELECT o.id FROM stock_move o LEFT JOIN stock_picking sp ON sp.id = o.picking_id
             WHERE %(user)s IN (o.create_uid, o.write_uid, sp.create_uid, sp.write_uid)
            UNION SELECT l.move_id FROM stock_move_line l WHERE %(user)s IN (l.create_uid, l.write_uid) AND l.move_id IS NOT NULL
            """,
            user=user_id,
        )

    @api.model
    def _stock_cases(self):
        """Return what a move means: the first condition that holds decides.

        Conditions speak about the move ``o``, its locations ``ls`` (from) and ``ld``
        (to) and what :meth:`_stock_joins` adds. A move without a case is no event.
        Moves within the company have none: a route of several steps counts once,
        where it crosses the boundary.

        :return: list of (condition, kind, sign of the quantity)
        """
        side = self._stock_sides()
        # A transit location without company lies between two companies: whether what
        # comes out of it was bought or sold, only a return tells.
        back = SQL("o.origin_returned_move_id IS NOT NULL")
        outward = [
            ("stock.scrap", SQL("o.scrap_id IS NOT NULL"), 1),
            ("stock.adjustment", SQL("o.is_inventory"), 1),
            ("stock.receipt", SQL("ld.usage = 'supplier'"), -1),
            ("stock.receipt", SQL("ld.usage = 'transit' AND %s", back), -1),
            ("stock.delivery", SQL("ld.usage IN ('customer', 'transit')"), 1),
            ("stock.consumption", SQL("ld.usage IN ('production', 'inventory')"), 1),
        ]
        inward = [
            ("stock.scrap", SQL("o.scrap_id IS NOT NULL"), -1),
            ("stock.adjustment", SQL("o.is_inventory"), -1),
            ("stock.receipt", SQL("ls.usage = 'supplier'"), 1),
            ("stock.delivery", SQL("ls.usage = 'transit' AND %s", back), -1),
            ("stock.receipt", SQL("ls.usage = 'transit'"), 1),
            ("stock.delivery", SQL("ls.usage = 'customer'"), -1),
            ("stock.consumption", SQL("ls.usage IN ('production', 'inventory')"), -1),
        ]
        return [
            (SQL("%s AND %s", side[direction], condition), kind, sign)
            for direction, cases in (("enters", inward), ("leaves", outward))
            for kind, condition, sign in cases
        ] + [(side["dropship"], "stock.dropship", 1), (side["dropship_return"], "stock.dropship", -1)]

    @api.model
    def _stock_sides(self):
        """Return conditions of the directions in which a move crosses the boundary.

        Inside are internal locations and transit locations of a company; everything
        else is outside.
        """
        ls, ld = SQL.identifier("ls"), SQL.identifier("ld")

        def inside(place):
            return SQL(
                "(%(l)s.usage = 'internal' OR (%(l)s.usage = 'transit' AND %(l)s.company_id IS NOT NULL))", l=place
            )

        def outside(place, usage):
            return SQL(
                "(%(l)s.usage = %(usage)s OR (%(l)s.usage = 'transit' AND %(l)s.company_id IS NULL))",
                l=place,
                usage=usage,
            )

        return {
            "leaves": SQL("%s AND NOT %s", inside(ls), inside(ld)),
            "enters": SQL("%s AND NOT %s", inside(ld), inside(ls)),
            "dropship": SQL(
                "%s AND %s AND (ls.usage = 'supplier' OR ld.usage = 'customer')",
                outside(ls, "supplier"),
                outside(ld, "customer"),
            ),
            "dropship_return": SQL(
                "%s AND %s AND (ls.usage = 'customer' OR ld.usage = 'supplier')",
                outside(ls, "customer"),
                outside(ld, "supplier"),
            ),
        }

    @api.model
    def _stock_columns(self):
        """Return event columns of stock moves, in terms of :meth:`_stock_joins`.

        Columns of optional addons only where they are installed.
        """
        columns = {
            "origin_id": SQL("o.id"),
            "company_id": SQL("o.company_id"),
            "date": self._local_date(SQL("o.date")),
            "product_id": SQL("o.product_id"),
            "partner_id": self._stock_partner(),
            "uom_id": SQL("o.product_uom"),
            "label": SQL("o.reference"),
        }
        fields = self.env["stock.move"]._fields
        if "purchase_line_id" in fields:
            columns["pair_id"] = SQL("o.purchase_line_id")
        if "account_move_id" in fields:
            # counts of before this addon are known by their entry
            columns["date_accounting"] = SQL(
                "CASE WHEN o.is_inventory THEN COALESCE(o.carbon_accounting_date, "
                "(SELECT am.date FROM account_move am WHERE am.id = o.account_move_id)) END"
            )
        if "value" in fields:
            columns |= self._stock_value()
            columns["currency_id"] = SQL("co.currency_id")
        return columns

    @api.model
    def _stock_value(self):
        """Return SQL of the value of a move and of the quantity that it stands for, in the reference unit; NULL for the move's own.

        Where Odoo has no value, or 0, the value is not known: the product has no cost yet, or no price was entered.
        Odoo values what leaves at the cost of the stock. What goes back to a vendor takes back what was paid for it, and an
        unbuilt component what was consumed: a return stands for its share of the first move that it takes back.
        Landed costs are part of Odoo's value, but freight, duty and insurance are bought with bills of their own and count by
        these: a purchase counts what was paid for the goods.
        """
        first = self._stock_first()
        whole = SQL(
            "(SELECT SUM(l.quantity * u.factor) FROM stock_move_line l JOIN uom_uom u ON u.id = l.product_uom_id "
            "WHERE l.move_id = %s AND l.state = 'done' AND NOT COALESCE(l.owner_id <> co.partner_id, FALSE))",
            first,
        )
        own, value = SQL("o.value"), SQL("(SELECT r.value FROM stock_move r WHERE r.id = %s)", first)
        if self._stock_lands():
            own = SQL("o.value - COALESCE(landed.paid, 0)")
            value = SQL(
                "%s - COALESCE((SELECT x.paid FROM (%s) x WHERE x.move_id = %s), 0)", value, self._stock_landed(), first
            )
        return {
            "amount": SQL("NULLIF(CASE WHEN o.origin_returned_move_id IS NULL THEN %s ELSE %s END, 0)", own, value),
            "amount_of": SQL("CASE WHEN o.origin_returned_move_id IS NOT NULL THEN %s END", whole),
        }

    @api.model
    def _stock_lands(self):
        """Whether landed costs can be part of the value of a move (stock_landed_costs)."""
        return "value" in self.env["stock.move"]._fields and "stock.valuation.adjustment.lines" in self.env

    @api.model
    def _stock_landed(self):
        """Return SQL of the landed costs of moves: ``move_id`` and ``paid``, in the currency of the company."""
        return SQL(
            "SELECT l.move_id, SUM(l.additional_landed_cost) AS paid FROM stock_valuation_adjustment_lines l "
            "JOIN stock_landed_cost c ON c.id = l.cost_id AND c.state = 'done' GROUP BY 1"
        )

    @api.model
    def _stock_first(self):
        """Return SQL of the id of the first move that a return takes back, over returns of returns."""
        return SQL(
            "(WITH RECURSIVE up (id, back) AS (SELECT r.id, r.origin_returned_move_id FROM stock_move r "
            "WHERE r.id = o.origin_returned_move_id UNION SELECT r.id, r.origin_returned_move_id "
            "FROM up JOIN stock_move r ON r.id = up.back) SELECT min(up.id) FROM up WHERE up.back IS NULL)"
        )

    @api.model
    def _stock_partner(self):
        """Return SQL of the partner of a move, in terms of :meth:`_stock_joins`.

        The document knows best: Odoo leaves the move of a purchased receipt without
        partner and writes the customer's address on a dropshipped one, while the
        transfer names the vendor. The return of a dropship names the customer; it takes back
        what was bought of the vendor.
        """
        vendor = SQL(
            "(SELECT COALESCE(fp.partner_id, f.partner_id) FROM stock_move f "
            "LEFT JOIN stock_picking fp ON fp.id = f.picking_id WHERE f.id = %s)",
            self._stock_first(),
        )
        side = self._stock_sides()
        return SQL(
            "COALESCE(CASE WHEN o.origin_returned_move_id IS NOT NULL AND (%s OR %s) THEN %s END, sp.partner_id, o.partner_id)",
            side["dropship"],
            side["dropship_return"],
            vendor,
        )

    @api.model
    def _stock_joins(self):
        """Return the joins that the cases and columns need, as a list of SQL."""
        joins = [
            SQL("JOIN stock_location ls ON ls.id = o.location_id"),
            SQL("JOIN stock_location ld ON ld.id = o.location_dest_id"),
            SQL("JOIN res_company co ON co.id = o.company_id"),
            SQL("LEFT JOIN carbon_system sys ON sys.company_id = o.company_id"),
            SQL("LEFT JOIN stock_picking sp ON sp.id = o.picking_id"),
        ]
        if self._stock_lands():
            # Odoo has no index on these moves: they are added up once for each statement, not looked for with each move
            joins.append(SQL("LEFT JOIN (%s) landed ON landed.move_id = o.id", self._stock_landed()))
        return joins

    @api.model
    def _stock_moves(self, predicate, cases, columns):
        """Return SQL of the moves with their columns and the number of their case.

        The offset keeps the planner from evaluating the cases again in each column.
        """
        side = self._stock_sides()
        columns = columns | {
            "enters": side["enters"],
            "leaves": side["leaves"],
            "nth": SQL(
                "CASE %s END",
                SQL(" ").join(SQL("WHEN %s THEN %s", case[0], number) for number, case in enumerate(cases, 1)),
            ),
        }
        return SQL(
            "SELECT %s FROM stock_move o %s WHERE o.state = 'done' AND %s OFFSET 0",
            SQL(", ").join(SQL("%s AS %s", expression, SQL.identifier(name)) for name, expression in columns.items()),
            SQL(" ").join(self._stock_joins()),
            predicate,
        )

    @api.model
    def _events_stock_move(self, predicate, scope):
        """Events of done stock moves: one for each that crosses the boundary.

        The quantity is what the done move lines say, exactly, in the unit of the
        move; ``quantity`` of the move is rounded and its demand is a wish. The lines also
        know the place where the goods lie, after putaway or reservation, and whose they are: a move
        whose lines differ in it has a part for each. Goods of another owner are neither bought nor sold when they
        come or go, they have a kind of their own; what becomes of them here is an event like any other.
        The partner is the commercial entity, as on bills:
        one rule on a vendor covers both.
        """
        cases, columns = self._stock_cases(), self._stock_columns()
        back = SQL("(%s::int[])[m.nth] < 0", [case[2] for case in cases])
        traded, sent, passing = (
            [number for number, case in enumerate(cases, 1) if case[1] in kinds]
            for kinds in (("stock.receipt", "stock.delivery"), ("stock.delivery",), ("stock.dropship",))
        )
        back = SQL("CASE WHEN q.others AND m.nth = ANY(%s) THEN NOT %s ELSE %s END", sent, back, back)
        # most moves have one part in the unit of reference: asking costs less than dividing
        moved = SQL("CASE WHEN mu.factor = 1 THEN q.quantity ELSE q.quantity / mu.factor END")
        worth = SQL(
            "CASE WHEN q.parts = 1 AND m.amount_of IS NULL THEN m.amount "
            "ELSE m.amount * q.quantity / NULLIF(COALESCE(m.amount_of, q.whole), 0) END"
        )
        outer = {name: SQL("m.%s", SQL.identifier(name)) for name in columns if name != "amount_of"} | {
            "origin_part": SQL(
                "CASE WHEN q.parts > 1 THEN concat_ws('>', q.location_id, q.location_dest_id, "
                "CASE WHEN q.others THEN 'owner' END) ELSE '' END"
            ),
            "location_id": SQL("CASE WHEN m.enters THEN q.location_dest_id WHEN m.leaves THEN q.location_id END"),
            "partner_id": SQL("COALESCE(rp.commercial_partner_id, m.partner_id)"),
            "kind": SQL(
                "CASE WHEN q.others AND m.nth = ANY(%s) THEN 'stock.consigned' ELSE (%s::text[])[m.nth] END",
                traded,
                [case[1] for case in cases],
            ),
            "quantity": SQL(
                "round(CASE WHEN %(back)s THEN -(%(moved)s) ELSE %(moved)s END, 12)", back=back, moved=moved
            ),
        }
        if "amount" in columns:
            # Odoo values what the company owns: nothing is known of the value of others' goods
            outer["amount"] = SQL(
                "CASE WHEN q.others THEN NULL WHEN %(back)s THEN -(%(worth)s) ELSE %(worth)s END",
                back=back,
                worth=worth,
            )
        return self._select(
            outer,
            SQL(
                """
                  FROM (%(moves)s) m
                  JOIN (SELECT l.move_id, l.location_id, l.location_dest_id, %(others)s AS others,
                               SUM(l.quantity * lu.factor) AS quantity, count(*) OVER w AS parts,
                               SUM(SUM(l.quantity * lu.factor)) FILTER (WHERE NOT %(others)s) OVER w AS whole
                          FROM stock_move_line l
                          JOIN uom_uom lu ON lu.id = l.product_uom_id
                          JOIN res_company lc ON lc.id = l.company_id
                         WHERE l.state = 'done' AND %(lines)s
                         GROUP BY l.move_id, l.location_id, l.location_dest_id, 4 WINDOW w AS (PARTITION BY l.move_id)) q
                    ON q.move_id = m.origin_id AND q.quantity <> 0
                  JOIN uom_uom mu ON mu.id = m.uom_id
                  LEFT JOIN res_partner rp ON rp.id = m.partner_id
                 WHERE m.nth IS NOT NULL AND NOT (q.others AND m.nth = ANY(%(passing)s))
                """,
                passing=passing,
                moves=self._stock_moves(predicate, cases, columns),
                others=SQL("COALESCE(l.owner_id <> lc.partner_id, FALSE)"),
                lines=scope(SQL("l.move_id")),
            ),
        )
