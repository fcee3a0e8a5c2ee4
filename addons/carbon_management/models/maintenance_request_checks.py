from odoo import api, fields, models


class MaintenanceRequest(models.Model):
    """Preventive requests ask for checks when they are done, and show the criteria of their equipment (R-103, R-104)."""

    _inherit = "maintenance.request"

    carbon_criteria = fields.Json(compute="_compute_carbon_criteria")
    carbon_check_ids = fields.One2many("carbon.operational.check", "request_id", "Operational Checks")
    carbon_check_count = fields.Integer(compute="_compute_carbon_check_count", compute_sudo=True)

    @api.depends("equipment_id")
    def _compute_carbon_criteria(self):
        items = self.env["carbon.operational.criterion"]._items_of(self.equipment_id)
        for request in self:
            request.carbon_criteria = items.get(request.equipment_id.id) or []

    def _compute_carbon_check_count(self):
        """Sudo: a number, for whoever reads the request."""
        counts = dict(
            self.env["carbon.operational.check"]._read_group(
                [("request_id", "in", self.ids)], ["request_id"], ["__count"]
            )
        )
        for request in self:
            request.carbon_check_count = counts.get(request, 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Requests that are born done ask too."""
        requests = super().create(vals_list)
        if done := requests.filtered(lambda request: request.stage_id.done):
            done._carbon_raise_checks()
        return requests

    def write(self, vals):
        """Ask for the checks of preventive requests that reach a stage that is done."""
        stage = self.env["maintenance.stage"].browse(vals.get("stage_id") or ())
        finished = self.filtered(lambda request: not request.stage_id.done) if stage.done else self.browse()
        result = super().write(vals)
        if finished:
            finished._carbon_raise_checks()
        return result

    def _carbon_raise_checks(self):
        checks = self.env["carbon.operational.check"]
        checks._raise_from(self, checks.sudo()._raise_from_requests)  # sudo: as _raise_from says

    def action_carbon_checks(self):
        """Show the checks that this request asked for.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_operational_check_action")
        return dict(action, domain=[("request_id", "=", self.id)], context={})
