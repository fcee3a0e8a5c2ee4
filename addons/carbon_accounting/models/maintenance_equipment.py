from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class MaintenanceEquipment(models.Model):
    """Emission devices: equipment that holds or burns what is emitted (R-126).

    What is stored is on the nameplate. Source and unit of a device are derived from the source and the units that name it,
    so that there is one answer to each.
    """

    _inherit = "maintenance.equipment"

    is_emission_device = fields.Boolean(
        "Emission Device", help="It holds a refrigerant, SF6 or an extinguishing gas, or burns fuel."
    )
    carbon_substance_id = fields.Many2one(
        "carbon.emission.factor",
        "Substance or Fuel",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="What the device holds or burns, as the factor library calls it.",
    )
    carbon_charge_kg = fields.Float("Nominal Charge (kg)", digits=0, help="From the nameplate.")
    carbon_leak_limit = fields.Float(
        "Leak Limit (% a Year)",
        digits=0,
        help="Losses of a year above this share of the nominal charge are marked. Empty: none.",
    )
    carbon_substance_name = fields.Char("Substance", compute="_compute_carbon_substance_name", compute_sudo=True)
    carbon_source_id = fields.Many2one(
        "carbon.source",
        "Emission Source",
        compute="_compute_carbon_source_id",
        search="_search_carbon_source_id",
        groups="carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier,"
        "carbon_management.group_carbon_top_management",
    )
    carbon_unit_ids = fields.Many2many(
        "carbon.emission.unit",
        string="Emission Units",
        groups="carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier,"
        "carbon_management.group_carbon_top_management",
    )
    carbon_refill_ids = fields.One2many("carbon.refill", "equipment_id", string="Refills")

    _carbon_charge_check = models.Constraint(
        "CHECK(carbon_charge_kg IS NULL OR (carbon_charge_kg >= 0 AND carbon_charge_kg < 1000000))",
        "The nominal charge of a device is a mass in kg, from 0 to less than 1,000,000.",
    )
    _carbon_leak_limit_check = models.Constraint(
        "CHECK(carbon_leak_limit IS NULL OR (carbon_leak_limit >= 0 AND carbon_leak_limit <= 1000))",
        "The leak limit of a device is a percentage from 0 to 1000.",
    )

    @api.depends("carbon_substance_id")
    @api.depends_context("lang")
    def _compute_carbon_substance_name(self):
        """Name what the device holds also to people who see no factor."""
        for equipment in self:
            equipment.carbon_substance_name = equipment.carbon_substance_id._substance_name()

    @api.depends("carbon_substance_id")
    def _compute_carbon_source_id(self):
        for equipment in self:
            sources = equipment._carbon_sources()
            equipment.carbon_source_id = sources if len(sources) == 1 else False

    @api.model
    def _search_carbon_source_id(self, operator, value):
        """Find devices by a source that names them, or by none (that of a unit is not looked for)."""
        if operator != "in":
            return NotImplemented
        ids = {source_id for source_id in value if source_id}
        found = Domain("id", "in", self.env["carbon.source"].browse(ids).equipment_id.ids)
        if False in value:
            named = self.env["carbon.source"].search([("equipment_id", "!=", False)]).equipment_id
            units = self.env["carbon.emission.unit"].search([("equipment_ids", "!=", False)])
            devices = units.equipment_ids.filtered(lambda device: device._carbon_sources())
            found |= Domain("id", "not in", (named | devices).ids)
        return found

    @api.constrains("is_emission_device", "carbon_substance_id")
    def _check_carbon_substance(self):
        for equipment in self:
            if equipment.carbon_substance_id and not equipment.is_emission_device:
                raise ValidationError(
                    self.env._(
                        "%(device)s holds or burns %(substance)s: tick 'Emission Device', or clear the substance.",
                        device=equipment.display_name,
                        substance=equipment.carbon_substance_name,
                    )
                )

    # ------------------------------------------------------------------
    # Source of a device
    # ------------------------------------------------------------------
    def _carbon_sources(self, day=None, company=None, fuel=None):
        """Return the sources that take what the device emits: those that name it, else those of the closest unit.

        :param day: day on which they must be active
        :param company: company of the sources; empty: that of the device
        :param fuel: True: of combustion; False: of what the device holds; None: whatever
        """
        self.ensure_one()
        sources = self.env["carbon.source"]
        domain = Domain([("kind", "=", "source"), ("planned", "=", False)])
        if company := company or self.company_id:
            domain &= Domain("company_id", "=", company.id)
        if day:
            domain &= Domain("active_from", "=", False) | Domain("active_from", "<=", day)
            domain &= Domain("active_to", "=", False) | Domain("active_to", ">=", day)
        if fuel is not None:
            combustion = ("stationary_combustion", "mobile_combustion")
            domain &= Domain("category_id.code", "in" if fuel else "not in", combustion)
        if named := sources.search(domain & Domain("equipment_id", "=", self._origin.id or self.id)):
            return named
        units = self.carbon_unit_ids
        while units:
            found = sources.search(
                domain & Domain("emission_unit_id", "in", units.ids) & Domain("equipment_id", "=", False)
            )
            if same := found.filtered(lambda source: self._carbon_takes_substance(source)):
                return same
            units = units.parent_id
        return sources

    def _carbon_takes_substance(self, source):
        """Whether a source counts the substance of the device: by the same factor, or one of the same gases."""
        mine = self.carbon_substance_id
        return bool(mine) and any(mine._is_same_substance(factor) for factor in source.factor_line_ids.factor_id)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_carbon_propose_source(self):
        """Open the proposal of a source and a rule for what the device emits (R-125). Nothing is made before it is confirmed."""
        self.ensure_one()
        if not self.carbon_substance_id:
            raise UserError(
                self.env._(
                    "Say on %(device)s first which substance it holds or which fuel it burns.", device=self.display_name
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_device_source_wizard_action")
        return dict(action, context={"default_equipment_id": self.id})

    def action_carbon_refills(self):
        """Open the refills of the device."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_refill_action")
        return dict(action, domain=[("equipment_id", "in", self.ids)], context={})

    def action_carbon_leaks(self):
        """Open the leak rates of the device."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_leak_report_action")
        return dict(action, domain=[("equipment_id", "in", self.ids)], context={})
