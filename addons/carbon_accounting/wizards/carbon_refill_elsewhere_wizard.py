from odoo import fields, models
from odoo.exceptions import UserError


class CarbonRefillElsewhereWizard(models.TransientModel):
    """Asks where the loss of a refill is counted already."""

    _name = "carbon.refill.elsewhere.wizard"
    _description = "Refill Counted Elsewhere"

    refill_id = fields.Many2one("carbon.refill", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Record it with its reason."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say which rule or document counts it."))
        self.refill_id._counted_elsewhere(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
