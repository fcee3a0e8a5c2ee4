from odoo import models


class ResPartner(models.Model):
    """Smart button to the activity data that came from or went to the partner; without number, as that of products.

    Events carry the company behind an address or a contact: who gets another one comes under other rules.
    """

    _inherit = "res.partner"

    def action_view_carbon_activity_data(self):
        """Open the activity data of these partners."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("partner_id", "in", self.ids)], context={})

    def write(self, vals):
        """Say that ledgers wait for a collection when partners get another company behind them that a rule names."""
        if {"parent_id", "is_company"}.isdisjoint(vals):
            return super().write(vals)
        before = {partner.id: partner.commercial_partner_id for partner in self}
        result = super().write(vals)
        moved = self.filtered(lambda partner: partner.commercial_partner_id != before[partner.id])
        if moved:
            entities = moved.commercial_partner_id.union(*(before[partner.id] for partner in moved))
            self.env["carbon.engine"]._raise_for_criterion("partner_id", entities.ids)
        return result
