from odoo import api, models
from odoo.tools import SQL


class CarbonEventSource(models.AbstractModel):
    """Events of posted journal items: lines of vendor bills, and expense entries."""

    _inherit = "carbon.event.source"

    @api.model
    def _providers(self):
        """Add journal items."""
        return super()._providers() | {
            "account.move.line": {
                "table": "account_move_line",
                "query": self._events_account_move_line,
                "where": SQL("o.parent_state = 'posted' AND o.display_type = 'product'"),
                "booked": True,
            },
        }

    @api.model
    def _sql_made_by(self, origin_model, user_id):
        """Of journal items: who created or changed the line or its document last, and whoever posted the document."""
        if origin_model != "account.move.line":
            return super()._sql_made_by(origin_model, user_id)
        return SQL(
            """
            SELECT o.id FROM account_move_line o JOIN account_move am ON am.id = o.move_id
             WHERE %(user)s IN (o.create_uid, o.write_uid, am.create_uid, am.write_uid)
            UNION
            SELECT o.id FROM mail_tracking_value v
              JOIN mail_message m ON m.id = v.mail_message_id AND m.model = 'account.move'
              JOIN account_move_line o ON o.move_id = m.res_id
             WHERE v.create_uid = %(user)s AND v.field_id = %(state)s
            """,
            user=user_id,
            # sudo: the number of a field is no secret
            state=self.env["ir.model.fields"].sudo()._get("account.move", "state").id,
        )

    @api.model
    def _sql_has_file(self, origin_model, column):
        """A vendor bill has its document; an entry needs none."""
        if origin_model != "account.move.line":
            return super()._sql_has_file(origin_model, column)
        return SQL(
            "EXISTS (SELECT 1 FROM account_move_line o JOIN account_move am ON am.id = o.move_id WHERE o.id = %s "
            "AND (am.move_type = 'entry' OR EXISTS (SELECT 1 FROM ir_attachment t WHERE t.res_model = 'account.move' "
            "AND t.res_id = am.id)))",
            column,
        )

    @api.model
    def _sql_documents(self, origin_model):
        """The files of a journal item are with its bill or entry."""
        if origin_model != "account.move.line":
            return super()._sql_documents(origin_model)
        return SQL(
            "SELECT o.id AS origin_id, 'account.move' AS res_model, o.move_id AS res_id FROM account_move_line o"
        )

    @api.model
    def _account_optional(self):
        """Return what purchase adds to journal items, or its neutral value.

        A down payment is paid ahead of what it buys, which counts in full when it is
        billed. The line that takes it off again is marked itself; the line that asked
        for it is known by its order line only.

        :return: SQL of the order line, of its join, and whether it is a down payment
        """
        fields = self.env["account.move.line"]._fields
        marked = SQL("FALSE")
        if "is_downpayment" in fields:
            marked = SQL("COALESCE(o.is_downpayment, FALSE)")
        if "purchase_line_id" not in fields:
            return SQL("NULL"), SQL(""), marked
        return (
            SQL("o.purchase_line_id"),
            SQL("LEFT JOIN purchase_order_line pl ON pl.id = o.purchase_line_id"),
            SQL("(%s OR COALESCE(pl.is_downpayment, FALSE))", marked),
        )

    @api.model
    def _account_columns(self):
        """Return the event columns of journal items. The partner is the commercial entity.

        A bill is positive, a refund and the credit of an entry negative. Amounts are
        without tax: of a bill in its own currency and as it was booked, of an entry in that of the company.
        """
        entry = SQL("am.move_type = 'entry'")
        return {
            "origin_id": SQL("o.id"),
            "kind": SQL("CASE WHEN %s THEN 'account.entry' ELSE 'account.bill' END", entry),
            "company_id": SQL("o.company_id"),
            "date": SQL("o.date"),
            "date_invoice": SQL("am.invoice_date"),
            "date_accounting": SQL("o.date"),
            "service_from": SQL("o.carbon_service_from"),
            "service_to": SQL("o.carbon_service_to"),
            "product_id": SQL("o.product_id"),
            "partner_id": SQL("COALESCE(rp.commercial_partner_id, o.partner_id)"),
            "account_id": SQL("o.account_id"),
            "quantity": SQL(
                # a discount line takes money off, not energy: its quantity does not count
                "CASE WHEN o.quantity * o.price_unit < 0 AND am.move_type <> 'entry' AND o.quantity > 0 THEN 0 "
                "WHEN am.move_type <> 'entry' AND o.carbon_is_return = 'price' THEN 0 "
                "WHEN am.move_type = 'in_refund' THEN -o.quantity "
                "WHEN %s AND o.balance < 0 THEN -abs(o.quantity) ELSE o.quantity END",
                entry,
            ),
            "uom_id": SQL("o.product_uom_id"),
            "amount": SQL("CASE WHEN %s THEN o.balance ELSE o.amount_currency END", entry),
            "currency_id": SQL("CASE WHEN %s THEN o.company_currency_id ELSE o.currency_id END", entry),
            "amount_booked": self._account_booked(),
            "label": SQL("am.name"),
            "problem": self._account_problem(),
        }

    @api.model
    def _account_booked(self):
        """Return SQL of what a line in foreign currency was booked at; NULL where Odoo had no rate and took any.

        Odoo books at the rate of the invoice date, or at one that is typed on the bill: carbon accounts agree with the
        general ledger. Without a rate on or before that day Odoo takes the first later one, or 1: such a bill waits, unless somebody
        typed its rate.
        """
        rate = self.env["carbon.engine"]._sql_rate
        day = SQL("COALESCE(am.invoice_date, o.date)")

        def first(currency):
            return SQL(
                "(SELECT cr.rate FROM res_currency_rate cr WHERE cr.currency_id = %s AND (cr.company_id IS NULL OR "
                "cr.company_id = split_part(co.parent_path, '/', 1)::int) ORDER BY cr.company_id NULLS LAST, cr.name LIMIT 1)",
                currency,
            )

        own, foreign = SQL("o.company_currency_id"), SQL("o.currency_id")
        return SQL(
            "CASE WHEN am.move_type = 'entry' OR %(foreign)s = %(own)s THEN NULL WHEN %(known)s IS NOT NULL "
            # rates are kept with few digits: a millionth is no difference
            "OR abs(am.invoice_currency_rate * COALESCE(%(home)s, %(home_first)s, 1) / COALESCE(%(first)s, 1) - 1) > 0.000001 "
            "THEN o.balance END",
            own=own,
            foreign=foreign,
            known=rate(foreign, "co", day),
            home=rate(own, "co", day),
            home_first=first(own),
            first=first(foreign),
        )

    @api.model
    def _events_account_move_line(self, predicate):
        """One event for each product line of a posted vendor document or entry.

        Entries count only on an expense account that a rule names, so that valuation,
        closing and deferral entries stay out.
        """
        pair, join, downpayment = self._account_optional()
        return self._select(
            self._account_columns() | {"pair_id": pair},
            SQL(
                """
                  FROM account_move_line o
                  JOIN account_move am ON am.id = o.move_id
                  JOIN account_account aa ON aa.id = o.account_id
                  JOIN res_company co ON co.id = o.company_id
                  LEFT JOIN res_partner rp ON rp.id = o.partner_id
                  %(join)s
                  LEFT JOIN (SELECT DISTINCT company_id, account_id
                               FROM carbon_activity_rule
                              WHERE event_kind = 'account.entry') named
                    ON named.company_id = o.company_id
                   AND named.account_id = o.account_id
                 WHERE o.parent_state = 'posted' AND o.display_type = 'product'
                   AND %(predicate)s AND NOT %(downpayment)s
                   AND (am.move_type IN ('in_invoice', 'in_refund', 'in_receipt')
                        OR (am.move_type = 'entry' AND named.account_id IS NOT NULL
                            AND aa.account_type LIKE 'expense%%'))
                """,
                join=join,
                predicate=predicate,
                downpayment=downpayment,
            ),
        )
