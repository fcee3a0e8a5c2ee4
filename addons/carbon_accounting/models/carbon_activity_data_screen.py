from odoo import api, fields, models


class CarbonActivityData(models.Model):
    """Links and labels of activity data on screens."""

    _name = "carbon.activity.data"
    _inherit = ["carbon.activity.data", "carbon.quantity.mixin"]

    kind_id = fields.Many2one("carbon.event.kind", string="Event", compute="_compute_kind_id", search="_search_kind_id")

    @api.model
    def _sum_units(self):
        """Return the units of the quantity that counts; a row has a unit or a currency."""
        return super()._sum_units() | {"quantity": ("uom_id", "currency_id")}

    @api.depends("kind")
    def _compute_kind_id(self):
        kinds = {
            kind.code: kind
            for kind in self.env["carbon.event.kind"].search([("code", "in", list(set(self.mapped("kind"))))])
        }
        for row in self:
            row.kind_id = kinds.get(row.kind, False)

    def _search_kind_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("kind", "in", self.env["carbon.event.kind"].browse(value).mapped("code"))]

    def action_view_emissions(self):
        """Open the emissions of the rows."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_line_action")
        return dict(action, domain=[("activity_id", "in", self.ids)], context={})
