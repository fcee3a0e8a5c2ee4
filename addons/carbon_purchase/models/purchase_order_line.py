from odoo import api, fields, models
from odoo.tools.misc import formatLang

#: Event kinds of a purchase, one tuple for each recognition point, the likelier first:
#: the first of a tuple that a rule speaks of makes the estimate.
SERVICE = [("account.bill",)]
GOODS = [("stock.receipt", "mrp.subcontract.output", "stock.dropship"), *SERVICE]
DROPSHIP = [("stock.dropship", "stock.receipt"), *SERVICE]
#: What becomes of goods later: what is bought is used up here.
USED = [("mrp.consumption", "stock.consumption", "mrp.subcontract.consumption")]
_PURCHASERS = "purchase.group_purchase_user"


class PurchaseOrderLine(models.Model):
    """Order lines show what they would emit, at once and when the goods are used."""

    _inherit = "purchase.order.line"

    carbon_estimate_t = fields.Float(
        string="Estimated tCO2e",
        compute="_compute_carbon_estimate",
        compute_sudo=True,
        digits=(16, 6),
        groups=_PURCHASERS,
        help="What the receipt, the bill and the later use of this line would emit by the rules and "
        "factors of today. Empty where nothing is known.",
    )
    carbon_estimate_used_t = fields.Float(
        string="Of which when used (tCO2e)",
        compute="_compute_carbon_estimate",
        compute_sudo=True,
        digits=(16, 6),
        groups=_PURCHASERS,
        help="The part of the estimate that counts when the goods are used here, for instance burnt.",
    )
    carbon_estimate_known = fields.Boolean(
        string="Emissions Known",
        compute="_compute_carbon_estimate",
        compute_sudo=True,
        groups=_PURCHASERS,
        help="A rule says what the line emits, be it nothing.",
    )
    carbon_estimate_basis = fields.Char(
        string="Basis of the Estimate",
        compute="_compute_carbon_estimate",
        compute_sudo=True,
        groups=_PURCHASERS,
        help="When the line counts, and the emission source that it counts for.",
    )

    # the subtotal follows quantity, price, discount and taxes
    @api.depends("product_id", "product_uom_id", "price_subtotal", "order_id.partner_id")
    def _compute_carbon_estimate(self):
        said = self._carbon_said()
        for line in self:
            points = said.get(line, {})
            tonnes = {kind: x.tonnes for kind, x in points.items() if x.outcome == "count" and x.tonnes is not None}
            line.carbon_estimate_t = sum(tonnes.values())
            line.carbon_estimate_used_t = sum(t for kind, t in tonnes.items() if kind in USED[0])
            line.carbon_estimate_known = bool(tonnes) or line._carbon_is_nothing(points)
            line.carbon_estimate_basis = line.product_id and line._carbon_basis(points)

    def _carbon_is_nothing(self, points):
        """Whether rules say that the line emits nothing: of goods that are used here, also when they are used."""
        outcomes = {kind: said.outcome for kind, said in points.items()}
        last = self._carbon_kinds()[-1]
        asked = last if last in USED else outcomes
        return "count" not in outcomes.values() and any(outcomes.get(kind) == "none" for kind in asked)

    def _carbon_basis(self, points):
        """Say in words what an estimate rests on.

        :param points: dict from event kind to Estimate, one for each recognition point
        """
        counted = {kind: said for kind, said in points.items() if said.outcome == "count"}
        if not counted:
            return self.env._("No emission") if self._carbon_is_nothing(points) else self.env._("Nothing known")
        parts = []
        for kind, said in counted.items():
            if kind in USED[0]:
                part = self.env._("Counts when used: %s", said.source)
            elif kind in SERVICE[0]:
                part = self.env._("Counts when billed: %s", said.source)
            else:
                part = self.env._("Counts when received: %s", said.source)
            if said.tonnes is None:
                part = self.env._("%s (no estimate: quantity, price, unit or factor is missing)", part)
            elif len(counted) > 1:
                tonnes = formatLang(self.env, said.tonnes, digits=3)
                part = self.env._("%(when)s (%(tonnes)s t)", when=part, tonnes=tonnes)
            parts.append(part)
        return "; ".join(parts)

    def _carbon_said(self):
        """Ask with one query what the rules say of the lines.

        Goods count when they are received, billed or used, services when they are billed: the rules decide.

        :return: dict from line to ``{event kind: Estimate}``, one kind for each recognition point that a rule speaks of
        """
        lines = self.filtered("product_id").filtered(lambda x: not x.is_downpayment)
        events = [
            line._carbon_event(number, kind)
            for number, line in enumerate(lines, 1)
            for kinds in line._carbon_kinds()
            for kind in kinds
        ]
        found = self.env["carbon.engine"]._estimate_events(events) if events else {}
        result = {}
        for number, line in enumerate(lines, 1):
            said = found.get(number, {})
            # of each point the likeliest kind that counts, else the likeliest that says why not
            known = ([kind for kind in kinds if kind in said] for kinds in line._carbon_kinds())
            chosen = (min(kinds, key=lambda kind: said[kind].outcome != "count") for kinds in known if kinds)
            if points := {kind: said[kind] for kind in chosen}:
                result[line] = points
        return result

    def _carbon_estimate(self):
        """Estimate what the lines would emit, with one query.

        :return: dict from line to t CO2e, without lines that no rule counts or that
            cannot be estimated
        """
        result = {}
        for line, points in self._carbon_said().items():
            counted = [said.tonnes for said in points.values() if said.outcome == "count"]
            if known := [tonnes for tonnes in counted if tonnes is not None]:
                result[line] = sum(known)
        return result

    def _carbon_kinds(self):
        """Return the event kinds of the line, one tuple for each recognition point."""
        if self.product_id.type == "service":
            return SERVICE
        # goods that go to a customer are not used here
        usage = "default_location_dest_id_usage"
        order = self.order_id
        dropship = usage in order._fields and order[usage] == "customer"
        return DROPSHIP if dropship else GOODS + USED

    def _carbon_event(self, number, kind):
        """Return the event that the line would become today. Who uses goods, and where, is open."""
        order = self.order_id
        company = self.company_id or order.company_id or self.env.company
        billed, used = kind in SERVICE[0], kind in USED[0]
        # a purchaser who does not see units sends none while typing
        uom = self.product_uom_id or self.product_id.uom_id
        location = None
        if not billed and not used and "picking_type_id" in order._fields:
            location = order._get_destination_location()
        return {
            "origin_id": number,
            "kind": kind,
            "company_id": company.id,
            "date": fields.Date.context_today(self),
            "product_id": self.product_id._origin.id,
            "partner_id": None if used else order.partner_id.commercial_partner_id._origin.id,
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
