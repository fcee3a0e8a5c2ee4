from odoo import fields, models

from .carbon_emission_factor_gas import GAS_KINDS
from .carbon_inventory_line import SEGMENTS, TREATMENTS


class CarbonConsolidationElimination(models.Model):
    """What one company of the group bought from another: a flow that both would count.

    ``eliminated = flow × share of the buyer × counted part of the seller``. The buyer counts the flow as an indirect emission, by its
    share; the seller counts what it emitted for it itself, by its own. Of the buyer's figure as much is a second count as the
    seller's emissions are in the total: all of it under control, the seller's share under equity share. What remains stands for
    the part of the seller that belongs to others (GHG Protocol Corporate Standard ch. 3 and 4, double counting inside an
    organisational boundary; ISO 14064-1 5.1; in own words). Direct emissions are never touched: the database refuses it.
    """

    _name = "carbon.consolidation.elimination"
    _description = "Elimination of a Consolidated Inventory"
    _inherit = ["carbon.consolidation.row.mixin"]
    _order = "consolidation_id, buyer_id, seller_id, source_id, id"
    _rec_name = "source_id"

    buyer_id = fields.Many2one("carbon.consolidation.member", required=True, index=True, ondelete="cascade")
    seller_id = fields.Many2one("carbon.consolidation.member", required=True, index=True, ondelete="cascade")
    buyer_company_id = fields.Many2one(
        "res.company", string="Buyer in Odoo", required=True, ondelete="restrict", export_string_translation=False
    )
    seller_company_id = fields.Many2one(
        "res.company", string="Seller in Odoo", required=True, ondelete="restrict", export_string_translation=False
    )
    source_id = fields.Many2one("carbon.source", required=True, ondelete="restrict")
    emission_category_id = fields.Many2one("carbon.emission.category", required=True, ondelete="restrict")
    segment = fields.Selection(SEGMENTS, required=True)
    stream = fields.Char(required=True)
    gas_id = fields.Many2one("carbon.gas", required=True, ondelete="restrict")
    gas_kind = fields.Selection(GAS_KINDS, required=True)
    treatment = fields.Selection(TREATMENTS, required=True)
    in_location = fields.Boolean(string="In Location-based Result")
    in_market = fields.Boolean(string="In Market-based Result")
    row_count = fields.Integer(string="Ledger Rows")
    flow_kg = fields.Float(
        string="Flow (kg CO₂e)", digits=0, help="What the buyer's own inventory counts for it, before the share."
    )
    buyer_share = fields.Float(digits=0, aggregator=None)
    seller_part = fields.Float(
        string="Counted Part of the Seller",
        digits=0,
        aggregator=None,
        help="Part in which the seller's own emissions are in the consolidated total.",
    )
    decision_id = fields.Many2one("carbon.consolidation.decision", index="btree_not_null", ondelete="cascade")
    is_kept = fields.Boolean(string="Kept", help="By a decision of two persons this flow stays in the total.")
    eliminated_kg = fields.Float(string="Eliminated (kg CO₂e)", digits=0)

    _indirect_check = models.Constraint(
        "CHECK(segment IN ('energy', 'other'))", "Direct emissions are never eliminated."
    )
    _kept_check = models.Constraint("CHECK(NOT is_kept OR eliminated_kg = 0)", "A flow that is kept is not eliminated.")
    _two_check = models.Constraint("CHECK(buyer_id <> seller_id)", "Nobody buys from themselves.")

    def action_view_emissions(self):
        """Open the ledger rows of the buyer behind the flow; each opens its document.

        :return: window action
        """
        self.ensure_one()
        consolidation = self.consolidation_id
        consolidation._check_may_see()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_line_action")
        sellers = consolidation._partners_of(self.seller_company_id)
        every = consolidation._partners_of(consolidation.member_ids.member_company_id - self.buyer_company_id)
        domain = [
            ("company_id", "=", self.buyer_company_id.id),
            ("date", ">=", fields.Date.to_string(consolidation.date_from)),
            ("date", "<=", fields.Date.to_string(consolidation.date_to)),
            ("source_id", "=", self.source_id.id),
            ("category_id", "=", self.emission_category_id.id),
            ("stream", "=", self.stream),
            ("lends", "=", self._lends()),
            ("id", "<=", self.buyer_id._ledger_bound()),
        ]
        if self.decision_id.kind == "add":
            domain += ["|", ("partner_id", "=", False), ("partner_id", "not in", every.ids)]
        else:
            domain.append(("partner_id", "in", sellers.ids))
        action = dict(
            action,
            name=self.env._(
                "%(buyer)s from %(seller)s", buyer=self.buyer_id.entity_name, seller=self.seller_id.entity_name
            ),
            domain=domain,
            context={},
        )
        return consolidation._in_companies(action, self.buyer_company_id)

    def _lends(self):
        """Whether the flow is of rows that stand for both results of electricity."""
        streams = self.env["carbon.emission.stream"].with_context(active_test=False)
        basis = streams.search([("code", "=", self.stream)], limit=1).basis
        return bool(basis and self.in_location and self.in_market)

    def action_keep(self):
        """Open the question why this flow is to be kept.

        :return: window action
        """
        self.ensure_one()
        self.consolidation_id._check_may_see()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Keep a Flow"),
            "res_model": "carbon.consolidation.decision",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_consolidation_id": self.consolidation_id.id,
                "default_kind": "keep",
                "default_buyer_company_id": self.buyer_company_id.id,
                "default_seller_company_id": self.seller_company_id.id,
                "default_source_id": self.source_id.id,
            },
        }
        return self.consolidation_id._in_companies(action, self.buyer_company_id | self.seller_company_id)
