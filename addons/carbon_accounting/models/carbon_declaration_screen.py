from odoo import fields, models


class CarbonDeclaration(models.Model):
    """What a person sees of a declaration."""

    _inherit = "carbon.declaration"

    quantity_basis = fields.Selection(related="rule_id.quantity_basis")

    def action_view_activity_data(self):
        """Open the rows that the declaration gave, counter rows included."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("origin_model", "=", self._name), ("origin_id", "in", self.ids)], context={})
