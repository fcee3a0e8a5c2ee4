from odoo import api, fields, models

#: Event kinds of a purchase, one tuple for each recognition point, the likelier first:
#: the first of a tuple that a rule counts makes the estimate.
SERVICE = [("account.bill",)]
GOODS = [("stock.receipt", "mrp.subcontract.output", "stock.dropship"), *SERVICE]
DROPSHIP = [("stock.dropship", "stock.receipt"), *SERVICE]


class PurchaseOrderLine(models.Model):
    """Order lines show what they would emit."""

    _inherit = "purchase.order.line"

    carbon_estimate_t = fields.Float(
        string="Estimated tCO2e",
        compute="_compute_carbon_estimate_t",
        compute_sudo=True,
        digits=(16, 6),
        groups="purchase.group_purchase_user",
        help="What the receipt or the bill of this line would emit by the rules and "
        "factors of today. Empty where no rule counts it.",
    )

    # the subtotal follows quantity, price, discount and taxes
    @api.depends("product_id", "product_uom_id", "price_subtotal", "order_id.partner_id")
    def _compute_carbon_estimate_t(self):
        estimates = self._carbon_estimate()
        for line in self:
            line.carbon_estimate_t = estimates.get(line, 0.0)

    def _carbon_estimate(self):
        """Estimate what the lines would emit, with one query.

        Goods count when they are received or billed, services when they are billed:
        the rules decide.

        :return: dict from line to t CO2e, without lines that no rule counts or that
            cannot be estimated
        """
        lines = self.filtered("product_id").filtered(lambda x: not x.is_downpayment)
        events = [
            line._carbon_event(number, kind)
            for number, line in enumerate(lines, 1)
            for kinds in line._carbon_kinds()
            for kind in kinds
        ]
        found = self.env["carbon.engine"]._estimate(events) if events else {}
        result = {}
        for number, line in enumerate(lines, 1):
            by_kind = found.get(number, {})
            chosen = [
                next((by_kind[kind] for kind in kinds if kind in by_kind), None) for kinds in line._carbon_kinds()
            ]
            if known := [tonnes for tonnes in chosen if tonnes is not None]:
                result[line] = sum(known)
        return result

    def _carbon_kinds(self):
        """Return the event kinds of the line, one tuple for each recognition point."""
        if self.product_id.type == "service":
            return SERVICE
        usage = "default_location_dest_id_usage"
        order = self.order_id
        dropship = usage in order._fields and order[usage] == "customer"
        return DROPSHIP if dropship else GOODS

    def _carbon_event(self, number, kind):
        """Return the event that the line would become today."""
        order = self.order_id
        company = self.company_id or order.company_id or self.env.company
        billed = kind == "account.bill"
        # a purchaser who does not see units sends none while typing
        uom = self.product_uom_id or self.product_id.uom_id
        location = None
        if not billed and "picking_type_id" in order._fields:
            location = order._get_destination_location()
        return {
            "origin_id": number,
            "kind": kind,
            "company_id": company.id,
            "date": fields.Date.context_today(self),
            "product_id": self.product_id._origin.id,
            "partner_id": order.partner_id.commercial_partner_id._origin.id,
            "account_id": self._carbon_account(company) if billed else None,
            "location_id": location,
            "quantity": self.product_qty,
            "uom_id": uom._origin.id,
            "amount": self.price_subtotal,
            "currency_id": (order.currency_id or company.currency_id).id,
        }

    def _carbon_account(self, company):
        """Return the account of the bill line if rules ask for accounts."""
        criteria = self.env["carbon.engine"]._profile((company.id,))["criteria"]
        if "account_id" not in [column for column, _event, _tree in criteria]:
            return None
        template = self.product_id.product_tmpl_id.with_company(company)
        accounts = template.get_product_accounts(self.order_id.fiscal_position_id)
        return accounts["expense"].id
