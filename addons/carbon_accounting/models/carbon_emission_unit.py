from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


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
    child_ids = fields.One2many("carbon.emission.unit", "parent_id", string="Parts")
    source_ids = fields.One2many("carbon.source", "emission_unit_id", string="Emission Sources")
    child_count = fields.Integer("Number of Parts", compute="_compute_counts")
    device_count = fields.Integer("Devices", compute="_compute_counts", help="With those of its parts.")
    source_count = fields.Integer("Sources", compute="_compute_counts", help="With those of its parts.")
    site_id = fields.Many2one("carbon.site", check_company=True, ondelete="restrict")
    equipment_ids = fields.Many2many("maintenance.equipment", string="Emission devices")
    metered = fields.Boolean(default=True)
    allocation_key = fields.Char(help="How the quantity of an unmetered unit is found.")
    allocation_share = fields.Float(
        "Share of the Unit Above (%)",
        digits=0,
        aggregator=None,
        help="Of what the unit above meters, this part is the share of a unit that has no meter of its own. Empty: another key.",
    )
    date_start = fields.Date(
        "In Use From", help="Of a new unit: it is listed as a new facility until the monitoring plan has an item."
    )
    active = fields.Boolean(default=True)
    note = fields.Text()

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for unit in self:
            unit.complete_name = f"{unit.parent_id.complete_name} / {unit.name}" if unit.parent_id else unit.name

    @api.depends("child_ids", "equipment_ids", "source_ids")
    def _compute_counts(self):
        """Count devices and sources of units with all their parts, in one query."""
        found = {}
        if self.ids:
            self.env.flush_all()
            rows = self.env.execute_query(
                SQL(
                    """SELECT u.id, (SELECT count(*) FROM carbon_emission_unit c WHERE c.parent_id = u.id AND c.active),
                              (SELECT count(DISTINCT r.maintenance_equipment_id) FROM carbon_emission_unit c
                                 JOIN %(rel)s r ON r.carbon_emission_unit_id = c.id WHERE c.parent_path LIKE u.parent_path || '%%'),
                              (SELECT count(*) FROM carbon_emission_unit c
                                 JOIN carbon_source s ON s.emission_unit_id = c.id AND s.active
                                WHERE c.parent_path LIKE u.parent_path || '%%')
                         FROM carbon_emission_unit u WHERE u.id = ANY(%(ids)s)""",
                    rel=SQL.identifier(self._fields["equipment_ids"].relation),
                    ids=self.ids,
                )
            )
            found = {row[0]: row[1:] for row in rows}
        for unit in self:
            unit.child_count, unit.device_count, unit.source_count = found.get(unit.id, (0, 0, 0))

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

    @api.constrains("allocation_share", "metered", "parent_id", "active")
    def _check_allocation_share(self):
        """Shares of one metered quantity are never more than the whole."""
        for unit in self:
            if not 0 <= unit.allocation_share <= 100:
                raise ValidationError(
                    self.env._("The share of %(unit)s is a percentage from 0 to 100.", unit=unit.display_name)
                )
            if unit.allocation_share and unit.metered:
                raise ValidationError(
                    self.env._(
                        "%(unit)s has a meter of its own: it needs no share. Clear it, or untick 'Metered'.",
                        unit=unit.display_name,
                    )
                )
            if unit.allocation_share and not unit.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(unit)s has no unit above of which it could have a share. Choose it.", unit=unit.display_name
                    )
                )
        for parent in self.parent_id:
            # sudo: archived and other parts of the same unit; only the sum is said
            total = sum(parent.sudo().child_ids.filtered("active").mapped("allocation_share"))
            if total > 100.000001:
                raise ValidationError(
                    self.env._(
                        "The parts of %(unit)s without a meter have shares of %(total)s percent together. "
                        "Correct them to 100 percent at most.",
                        unit=parent.display_name,
                        total=f"{total:g}",
                    )
                )

    def action_view_devices(self):
        """Open the devices of the unit and its parts."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_device_action")
        return dict(action, domain=[("carbon_unit_ids", "child_of", self.ids)], context={})

    def action_view_sources(self):
        """Open the sources of the unit and its parts."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_source_action")
        return dict(action, domain=[("emission_unit_id", "child_of", self.ids)], context={})
