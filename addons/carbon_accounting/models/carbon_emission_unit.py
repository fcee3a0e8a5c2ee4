from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonEmissionUnit(models.Model):
    """Emission unit: a part of the plant that is metered together (R-126).

    Units form a tree (site, unit, device) that follows the metering layout.
    """

    _name = "carbon.emission.unit"
    _description = "Emission Unit"
    _parent_store = True
    _order = "complete_name, id"
    _rec_name = "complete_name"
    _check_company_auto = True

    name = fields.Char(required=True)
    complete_name = fields.Char(compute="_compute_complete_name", store=True, recursive=True)
    code = fields.Char()
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    level = fields.Selection(
        [("site", "Site"), ("unit", "Emission unit"), ("device", "Device")],
        required=True,
        default="unit",
    )
    parent_id = fields.Many2one("carbon.emission.unit", index=True, ondelete="restrict", check_company=True)
    parent_path = fields.Char(index=True)
    site_id = fields.Many2one("carbon.site", check_company=True, ondelete="restrict")
    equipment_ids = fields.Many2many("maintenance.equipment", string="Emission devices")
    metered = fields.Boolean(default=True)
    allocation_key = fields.Char(help="How the quantity of an unmetered unit is found.")
    date_start = fields.Date(
        "In Use From", help="Of a new unit: it is listed as a new facility until the monitoring plan has an item."
    )
    active = fields.Boolean(default=True)
    note = fields.Text()

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for unit in self:
            unit.complete_name = f"{unit.parent_id.complete_name} / {unit.name}" if unit.parent_id else unit.name

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("An emission unit cannot be part of itself. Choose another parent."))

    @api.constrains("metered", "allocation_key")
    def _check_allocation_key(self):
        for unit in self:
            if not unit.metered and not unit.allocation_key:
                raise ValidationError(
                    self.env._(
                        "Emission unit %(unit)s is not metered: say in 'Allocation key' how its quantity is found.",
                        unit=unit.display_name,
                    )
                )
