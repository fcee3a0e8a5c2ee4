from odoo import models
from odoo.exceptions import AccessError, UserError


class CarbonRefill(models.Model):
    """What people do with refills: try again, correct, say that it counts elsewhere."""

    _inherit = "carbon.refill"

    def action_try_again(self):
        """Settle again what waits, after source, rule or device were put right."""
        self.check_access("write")
        if waiting := self.filtered(lambda row: row.state == "waiting"):
            waiting._settle_as_system()
        return True

    def action_correct(self):
        """Ask for the right quantity and what was wrong."""
        self.ensure_one()
        self.check_access("write")
        if self.state == "replaced":
            raise UserError(self.env._("This line was corrected already. Correct the line that took its place."))
        if self.state == "draft":
            raise UserError(self.env._("Nothing counts yet: change the line itself."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_refill_correction_wizard_action"
        )
        return dict(action, context={"default_refill_id": self.id})

    def action_counted_elsewhere(self):
        """Ask where the loss is counted already."""
        self.ensure_one()
        self._check_accountant()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_refill_elsewhere_wizard_action"
        )
        return dict(action, context={"default_refill_id": self.id})

    def _check_accountant(self):
        if not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(self.env._("Only carbon accountants decide where a loss is counted. Ask one of them."))
        self.check_access("write")

    def _counted_elsewhere(self, reason):
        """Record that the loss of waiting lines is counted by another rule."""
        self._check_accountant()
        waiting = self.filtered(lambda row: row.state == "waiting")
        # sudo: the step writes what the system finds, after the check of who decides
        waiting.sudo()._gate_write({"elsewhere_reason": reason}, "refill.elsewhere", reason=reason)
        waiting._settle_as_system()

    def action_propose_source(self):
        """Open the proposal of a source for the device."""
        self.ensure_one()
        return self.equipment_id.action_carbon_propose_source()

    def action_open_declaration(self):
        """Open the declaration that was prepared."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.declaration",
            "res_id": self.declaration_id.id,
            "view_mode": "form",
        }

    def _replace(self, values, reason):
        """Put a line with the right values in the place of this one.

        :param values: what changes
        :param reason: what was wrong
        :return: the new ``carbon.refill``
        """
        self.ensure_one()
        self.check_access("write")
        names = ("kind", "quantity", "date", "is_retired", "note")
        same = {name: self[name] for name in names} | {"request_id": self.request_id.id, "uom_id": self.uom_id.id}
        same |= {"product_id": self.product_id.id, "replaces_id": self.id, "reason": reason}
        new = self._correcting().create({**same, **values})
        # sudo: the step writes what the system finds; whoever may write the line may correct it
        self.sudo()._transition(
            "replaced",
            "refill.replace",
            reason=reason,
            values={"replaced_by_id": new.id, "lost_kg": 0.0, "problem": False},
        )
        new._settle_as_system()
        return new
