from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonDeviceSourceWizard(models.TransientModel):
    """Proposes a source and its rule for an emission device (R-125).

    Everything is filled from the nameplate and can be changed; nothing exists before an accountant confirms.
    """

    _name = "carbon.device.source.wizard"
    _description = "Source of an Emission Device"

    equipment_id = fields.Many2one("maintenance.equipment", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True)
    name = fields.Char("Name of the Source", required=True)
    category_id = fields.Many2one("carbon.emission.category", required=True)
    factor_id = fields.Many2one("carbon.emission.factor", required=True)
    stream_id = fields.Many2one("carbon.emission.stream", required=True)
    uom_id = fields.Many2one(related="factor_id.uom_id")
    emission_unit_id = fields.Many2one("carbon.emission.unit", domain="[('company_id', '=', company_id)]")
    site_id = fields.Many2one("carbon.site", domain="[('company_id', '=', company_id)]")
    active_from = fields.Date("In Use From")
    make_rule = fields.Boolean("With a Rule for Refills", default=True)

    @api.model
    def default_get(self, fields_list):
        """Fill in what nameplate and emission unit tell."""
        values = super().default_get(fields_list)
        device = self.env["maintenance.equipment"].browse(values.get("equipment_id")).exists()
        if not device:
            return values
        factor = device.carbon_substance_id
        ref = self.env.ref
        fugitive, burnt = (
            ref("carbon_accounting.emission_category_fugitive"),
            ref("carbon_accounting.emission_category_stationary_combustion"),
        )
        is_gas = factor.stream_id == ref("carbon_accounting.emission_stream_fugitive")
        unit = device.carbon_unit_ids if len(device.carbon_unit_ids) == 1 else device.carbon_unit_ids.browse()
        return values | {
            "company_id": (device.company_id or self.env.company).id,
            "name": f"{device.name} ({device.carbon_substance_name})",
            "category_id": (factor.emission_category_id or (fugitive if is_gas else burnt)).id,
            "factor_id": factor.id,
            "stream_id": (factor.stream_id or ref("carbon_accounting.emission_stream_fugitive")).id,
            "emission_unit_id": unit.id,
            "site_id": (unit.site_id or unit.parent_id.site_id).id,
            "active_from": device.effective_date,
        }

    def action_create(self):
        """Make the source and its rule, and settle the refills of the device that waited for them.

        :raises UserError: where the device has a source
        """
        self.ensure_one()
        device = self.equipment_id
        if taken := self.env["carbon.source"].search(
            [("equipment_id", "=", device.id), ("company_id", "=", self.company_id.id)], limit=1
        ):
            raise UserError(
                self.env._(
                    "%(device)s belongs to source %(name)s already.",
                    device=device.display_name,
                    name=taken.display_name,
                )
            )
        source = self.env["carbon.source"].create(self._source_values())
        if self.make_rule:
            self.env["carbon.activity.rule"].create(self._rule_values(source))
        self.env["carbon.refill"].search(
            [("equipment_id", "=", device.id), ("state", "=", "waiting")]
        ).action_try_again()
        return {"type": "ir.actions.act_window", "res_model": "carbon.source", "res_id": source.id, "view_mode": "form"}

    def _source_values(self):
        device = self.equipment_id
        return {
            "name": self.name,
            "company_id": self.company_id.id,
            "category_id": self.category_id.id,
            "uom_id": self.factor_id.uom_id.id,
            "equipment_id": device.id,
            "emission_unit_id": self.emission_unit_id.id,
            "site_id": self.site_id.id,
            "specification": device.model,
            "commissioning_date": device.effective_date,
            "active_from": self.active_from,
            "factor_line_ids": [(0, 0, {"stream_id": self.stream_id.id, "factor_id": self.factor_id.id})],
        }

    def _rule_values(self, source):
        return {
            "name": self.env._("Refills of %(device)s", device=self.equipment_id.name),
            "company_id": self.company_id.id,
            "event_kind_id": self.env.ref("carbon_accounting.event_kind_declared").id,
            "source_id": source.id,
            "quality": "measured",
        }
