from odoo import fields, models


class MaintenanceEquipment(models.Model):
    """Equipment shows the criteria that it is run by (R-103)."""

    _inherit = "maintenance.equipment"

    carbon_criteria = fields.Json(compute="_compute_carbon_criteria")

    def _compute_carbon_criteria(self):
        items = self.env["carbon.operational.criterion"]._items_of(self)
        for equipment in self:
            equipment.carbon_criteria = items.get(equipment.id) or []
