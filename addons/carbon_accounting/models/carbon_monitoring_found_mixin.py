from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonMonitoringFoundMixin(models.AbstractModel):
    """What the daily look finds in the data of a monitoring item: answered by the person responsible, never copied."""

    _name = "carbon.monitoring.found.mixin"
    _description = "Found in Monitored Data"

    is_mine = fields.Boolean("Mine", compute="_compute_is_mine", search="_search_is_mine")

    @api.depends("item_id.responsible_id", "item_id.role_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        mine = self.item_id._mine()
        for row in self:
            row.is_mine = row.item_id in mine

    @api.model
    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("item_id", "in" if True in value else "not in", self.env["carbon.monitoring.item"]._mine().ids)]

    def _mine_to_answer(self):
        """Return those of the rows that the user may answer: all for accountants, their own for data owners."""
        user = self.env.user
        if self.env.su or user.has_group("carbon_management.group_carbon_accountant"):
            return self
        if not user.has_group("carbon_management.group_carbon_data_owner"):
            return self.browse()
        mine = self.item_id._mine()
        return self.filtered(lambda row: row.item_id in mine)

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Refused: rows are found."""
        raise UserError(self.env._("Gaps and anomalies are found in the data, they are not copied."))
