from odoo import fields, models


class MrpProduction(models.Model):
    """Manufacturing orders show what their components, output and by-products gave, and ask for operational checks."""

    _name = "mrp.production"
    _inherit = ["mrp.production", "carbon.move.document.mixin"]

    carbon_check_count = fields.Integer(compute="_compute_carbon_check_count", compute_sudo=True)

    def _carbon_moves(self):
        """Return the moves of the orders, scrap included."""
        return self.move_raw_ids | self.move_finished_ids | self.scrap_ids.move_ids

    def _compute_carbon_check_count(self):
        """Sudo: a number, for whoever reads the order."""
        counts = dict(
            self.env["carbon.operational.check"]._read_group(
                [("production_id", "in", self.ids)], ["production_id"], ["__count"]
            )
        )
        for order in self:
            order.carbon_check_count = counts.get(order, 0)

    def button_mark_done(self):
        """Ask for the checks of orders that are closed with it (R-104)."""
        before = self.filtered(lambda order: order.state == "done")
        result = super().button_mark_done()
        if closed := (self - before).filtered(lambda order: order.state == "done"):
            checks = self.env["carbon.operational.check"]
            checks._raise_from(closed, checks.sudo()._raise_from_orders)  # sudo: as _raise_from says
        return result

    def action_view_carbon_checks(self):
        """Show the checks that this order asked for.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_operational_check_action")
        return dict(action, domain=[("production_id", "=", self.id)], context={})
