from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonRefillCorrectionWizard(models.TransientModel):
    """Asks for what a refill should say, and why. A new line takes the place of the old one, which stays to be seen."""

    _name = "carbon.refill.correction.wizard"
    _description = "Correct a Refill"

    refill_id = fields.Many2one("carbon.refill", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(related="refill_id.kind")
    old_quantity = fields.Float(related="refill_id.quantity", string="Entered")
    uom_id = fields.Many2one(related="refill_id.uom_id")
    quantity = fields.Float("Right Quantity", digits=0, required=True, help="0: nothing was put in or taken out.")
    date = fields.Date(required=True)
    product_id = fields.Many2one("product.product", "Bottle")
    note = fields.Text()
    reason = fields.Char("What Was Wrong", required=True)

    @api.model
    def default_get(self, fields_list):
        """Begin with what the line says."""
        values = super().default_get(fields_list)
        refill = self.env["carbon.refill"].browse(values.get("refill_id")).exists()
        if refill:
            values |= {
                "quantity": refill.quantity,
                "date": refill.date,
                "note": refill.note,
                "product_id": refill.product_id.id,
            }
        return values

    def action_correct(self):
        """Put the right line in the place of the wrong one.

        :raises UserError: where nothing changes, or no reason is given
        """
        self.ensure_one()
        refill = self.refill_id
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say what was wrong."))
        values = {"quantity": self.quantity, "date": self.date, "note": self.note}
        if refill.kind != "fuel":  # fuel is declared by product
            values["product_id"] = self.product_id.id
        if all((refill[name].id if name == "product_id" else refill[name]) == value for name, value in values.items()):
            raise UserError(self.env._("Nothing was changed. Enter what the line should say."))
        refill._replace(values, self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
