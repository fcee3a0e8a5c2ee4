from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class MaintenanceRequest(models.Model):
    """Refills on maintenance requests (R-131). Their form asks for them only where a device of the kind can need them."""

    _inherit = "maintenance.request"

    carbon_refill_ids = fields.One2many("carbon.refill", "request_id", string="Refills", copy=False)
    carbon_takes_refills = fields.Boolean(compute="_compute_carbon_device", compute_sudo=True)
    carbon_device_note = fields.Char("Device", compute="_compute_carbon_device", compute_sudo=True)

    @api.depends("equipment_id", "carbon_refill_ids")
    @api.depends_context("lang")
    def _compute_carbon_device(self):
        """Tell what the device holds; sudo: the nameplate, for staff who do not follow the device."""
        categories = self.equipment_id.category_id
        known = self.env["maintenance.equipment"].search(
            [("is_emission_device", "=", True), ("category_id", "in", categories.ids)]
        )
        for request in self:
            device = request.equipment_id
            request.carbon_takes_refills = bool(
                request.carbon_refill_ids
                or device.is_emission_device
                or (device and device.category_id in known.category_id)
            )
            parts = [device.carbon_substance_name]
            if device.carbon_charge_kg:
                parts.append(self.env._("nominal charge %(charge)s kg", charge=f"{device.carbon_charge_kg:g}"))
            request.carbon_device_note = ", ".join(part for part in parts if part) or False

    @api.model_create_multi
    def create(self, vals_list):
        """Requests can begin in a done stage."""
        requests = super().create(vals_list)
        requests._carbon_settle_refills()
        return requests

    def write(self, vals):
        """Refills count once the request is done; those that wait follow a change of the device."""
        result = super().write(vals)
        if vals.keys() & {"stage_id", "equipment_id"}:
            self._carbon_settle_refills()
        return result

    def _carbon_settle_refills(self):
        """Settle the refills of the requests that are done; a second time it changes nothing."""
        domain = Domain("request_id", "in", self.ids) & Domain("request_id.stage_id.done", "=", True)
        # sudo: lines of colleagues on the same request count too
        refills = self.env["carbon.refill"].sudo().search(domain & Domain("state", "in", ("draft", "waiting")))
        if refills:
            refills._settle_as_system()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_refilled(self):
        # sudo: lines of colleagues are evidence too
        kept = self.sudo().carbon_refill_ids.filtered(lambda row: row.state != "draft")
        if kept:
            raise UserError(
                self.env._(
                    "Refills of request %(request)s are recorded and kept as evidence. Cancel the request instead of deleting it.",
                    request=kept[0].request_id.display_name,
                )
            )
