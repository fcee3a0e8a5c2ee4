from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import formatLang

_PURCHASERS = "purchase.group_purchase_user"
_CARBON = "carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier"


class PurchaseOrder(models.Model):
    """Orders show what they would emit, and what their receipts and bills gave."""

    _inherit = "purchase.order"

    carbon_estimate_t = fields.Float(
        string="Estimated tCO2e",
        compute="_compute_carbon_estimate",
        compute_sudo=True,
        digits=(16, 6),
        groups=_PURCHASERS,
        help="What the receipts, the bills and the later use of the lines would emit by the rules and factors of today.",
    )
    carbon_estimate_known = fields.Boolean(
        string="Emissions Known",
        compute="_compute_carbon_estimate",
        compute_sudo=True,
        groups=_PURCHASERS,
        help="Rules say of at least one line what it emits, be it nothing.",
    )
    carbon_estimate_note = fields.Char(
        string="Note on the Estimate", compute="_compute_carbon_estimate", compute_sudo=True, groups=_PURCHASERS
    )
    carbon_activity_count = fields.Integer(
        string="Carbon Activity Data",
        compute="_compute_carbon_activity",
        groups=_CARBON,
    )
    carbon_co2e_t = fields.Float(
        string="Emissions (tCO2e)",
        compute="_compute_carbon_activity",
        digits=(16, 3),
        groups=_CARBON,
    )

    @api.depends("order_line.carbon_estimate_t")
    def _compute_carbon_estimate(self):
        for order in self:
            lines = order.order_line.filtered("product_id")
            known = lines.filtered("carbon_estimate_known")
            order.carbon_estimate_t = sum(lines.mapped("carbon_estimate_t"))
            order.carbon_estimate_known = bool(known)
            order.carbon_estimate_note = order._carbon_note(sum(lines.mapped("carbon_estimate_used_t")), lines - known)

    def _carbon_note(self, used, unknown):
        """Say which part of the estimate counts later, and what it leaves out.

        :param used: t CO2e that count when goods are used
        :param unknown: lines of which nothing is known
        """
        notes = []
        if used and used == self.carbon_estimate_t:
            notes.append(self.env._("counts when used"))
        elif used:
            notes.append(self.env._("of which %s when used", formatLang(self.env, used, digits=3)))
        if unknown:
            notes.append(self.env._("lines of which nothing is known: %(count)s", count=len(unknown)))
        return ", ".join(notes)

    def _carbon_estimate(self):
        """Estimate with one query: see :meth:`purchase.order.line._carbon_estimate`."""
        return self.order_line._carbon_estimate()

    def _carbon_origins(self):
        """Return the receipts' and bills' lines as ``{(model, id): order}``.

        The links of the documents decide, not the link frozen in the ledger: a posted
        bill can be matched with its order later. What a subcontractor made counts as the
        move that made it (``mrp_subcontracting``).
        """
        # sudo: the ledger's own rules decide what is shown
        lines = self.order_line.sudo()
        origins = {}
        for line in lines:
            for bill_line in line.invoice_lines:
                origins["account.move.line", bill_line.id] = line.order_id
            moves = line.move_ids if "move_ids" in line._fields else ()
            if moves and "is_subcontract" in moves._fields:
                moves |= moves.filtered("is_subcontract").move_orig_ids.filtered("production_id")
            for move in moves:
                origins["stock.move", move.id] = line.order_id
        return origins

    def _carbon_activity_domain(self, origins):
        """Return the domain of activity data that come from these lines."""
        by_model = {}
        for origin_model, origin_id in origins:
            by_model.setdefault(origin_model, []).append(origin_id)
        return Domain("company_id", "in", self.company_id.ids) & Domain.OR(
            Domain("origin_model", "=", name) & Domain("origin_id", "in", ids) for name, ids in by_model.items()
        )

    def _compute_carbon_activity(self):
        origins = self._carbon_origins()
        rows = self.env["carbon.activity.data"].search_fetch(
            self._carbon_activity_domain(origins), ["origin_model", "origin_id"]
        )
        co2e = self.env["carbon.engine"]._co2e_by_activity(rows.ids)
        by_order = rows.grouped(lambda r: origins[r.origin_model, r.origin_id].id)
        for order in self:
            mine = by_order.get(order.id, rows.browse())
            order.carbon_activity_count = len(mine)
            order.carbon_co2e_t = sum(co2e.get(row.id, 0.0) for row in mine)

    def action_view_carbon_activity_data(self):
        """Open the activity data of the receipts and bills of the orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        domain = self._carbon_activity_domain(self._carbon_origins())
        return dict(action, domain=list(domain), context={})
