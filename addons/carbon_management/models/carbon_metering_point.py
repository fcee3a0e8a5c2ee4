from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .maintenance_equipment import METER_KINDS, METER_LEVELS


class CarbonMeteringPoint(models.Model):
    """A place that needs a meter, with the meter that it has, if any: what the rate of equipment is counted by (R-040).

    Invariant: a meter stands for one place at most.
    """

    _name = "carbon.metering.point"
    _inherit = ["mail.thread", "carbon.company.mixin"]
    _description = "Metering Point"
    _order = "company_id, level, kind, name, id"
    _check_company_auto = True

    name = fields.Char(
        "Place", required=True, tracking=True, help="What is measured there: supply of the works, boiler 2, paint shop."
    )
    active = fields.Boolean(default=True)
    kind = fields.Selection(METER_KINDS, "Measures", required=True, tracking=True)
    level = fields.Selection(METER_LEVELS, required=True, tracking=True)
    site_id = fields.Many2one("carbon.site", check_company=True, ondelete="restrict", index="btree_not_null")
    device_id = fields.Many2one(
        "maintenance.equipment", "Measured Device", check_company=True, ondelete="restrict", index="btree_not_null"
    )
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Meter",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        domain="[('is_carbon_meter', '=', True), ('carbon_meter_kind', '=', kind), ('company_id', '=', company_id)]",
    )
    request_id = fields.Many2one(
        "maintenance.request",
        "Request for a Meter",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    note = fields.Char()

    _meter_uniq = models.UniqueIndex(
        "(equipment_id) WHERE equipment_id IS NOT NULL AND active", "This meter stands for another place already."
    )

    @api.constrains("equipment_id", "kind")
    def _check_meter(self):
        for point in self.filtered("equipment_id"):
            meter = point.equipment_id
            if not meter.is_carbon_meter or meter.carbon_meter_kind != point.kind:
                raise ValidationError(
                    self.env._(
                        "%(meter)s does not measure what %(place)s asks for.",
                        meter=meter.display_name,
                        place=point.name,
                    )
                )

    def action_request(self):
        """Open the maintenance request for the meter that is missing or not good enough, made once.

        :return: the window to open
        """
        self.ensure_one()
        self.check_access("write")
        if not self.request_id or self.request_id.archive:
            kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
            team = self.env["maintenance.equipment"].new({"company_id": self.company_id.id})._carbon_team()
            self.request_id = self.env["maintenance.request"].create(
                {
                    "name": self.env._("Meter (%(kind)s) for %(place)s", kind=kind, place=self.name),
                    "company_id": self.company_id.id,
                    "equipment_id": self.device_id.id,
                    "maintenance_team_id": team.id,
                    "maintenance_type": "corrective",
                }
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "maintenance.request",
            "res_id": self.request_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def _from_meters(self, meters):
        """Return new points for meters that stand for none yet.

        :raises UserError: if all of them do
        """
        known = self.search([("equipment_id", "in", meters.ids)]).equipment_id
        new = (meters - known).filtered(lambda meter: meter.is_carbon_meter and meter.carbon_level)
        if not new:
            raise UserError(self.env._("Each of these meters stands for a place already, or does not say its level."))
        return self.create(
            [
                {
                    "name": meter.carbon_location or meter.name,
                    "company_id": meter.company_id.id,
                    "kind": meter.carbon_meter_kind,
                    "level": meter.carbon_level,
                    "site_id": meter.carbon_site_id.id,
                    "equipment_id": meter.id,
                }
                for meter in new
            ]
        )
