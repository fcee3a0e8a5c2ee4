from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonOperationalCheck(models.Model):
    """Checks that manufacturing orders ask for when they are closed (R-104)."""

    _inherit = "carbon.operational.check"

    production_id = fields.Many2one(
        "mrp.production", "Manufacturing Order", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _production_uniq = models.UniqueIndex(
        "(criterion_id, COALESCE(equipment_id, 0), production_id) WHERE production_id IS NOT NULL",
        "The manufacturing order asked for this check already.",
    )

    @api.model
    def _raise_from_orders(self, orders):
        """Make the checks of closed orders, once each: for each piece of equipment of a criterion, or one for the process."""
        criteria, values = self.env["carbon.operational.criterion"], []
        for company, group in orders.grouped("company_id").items():
            valid = criteria._valid_for_production(company, fields.Date.context_today(self))
            for order in group if valid else ():
                made = self.search([("production_id", "=", order.id)]).criterion_id.mapped("code")
                values += [
                    self._check_values(
                        *(criterion, equipment, fields.Date.context_today(self), "production"),
                        production_id=order.id,
                        origin_name=order.name,
                        user_id=self._person(self.env.user, criterion).id,
                    )
                    for criterion in valid._of_order(order)
                    if criterion.code not in made
                    for equipment in criterion._checked_equipment()
                ]
        return self._make(values)

    def write(self, vals):
        """The order that asked for a check stays."""
        if "production_id" in vals and self and self._differs("production_id", vals["production_id"]):
            raise UserError(self.env._("What a check is about does not change. Skip it and make another one."))
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        """What asked for a check is said by the system alone."""
        if not self.env.su:
            vals_list = [{k: v for k, v in vals.items() if k != "production_id"} for vals in vals_list]
        return super().create(vals_list)
