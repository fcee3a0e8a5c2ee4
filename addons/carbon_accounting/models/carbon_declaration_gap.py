from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: Fields that a declaration that fills a gap never changes by hand.
_FIXED = {
    *("gap_id", "state", "rule_id", "date", "date_from", "date_to", "product_id", "partner_id"),
    *("quantity", "uom_id", "amount", "currency_id", "company_id", "name", "input_ids"),
}


class CarbonDeclaration(models.Model):
    """Declarations that fill a gap: made, posted and cancelled by the gap alone (R-136)."""

    _inherit = "carbon.declaration"

    gap_id = fields.Many2one(
        "carbon.data.gap", "Fills Gap", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )

    @api.model
    def _gap_act(self):
        """Return this model with the permission to write declarations of gaps; an RPC context cannot carry it."""
        return self.with_context(carbon_gap_act=_ACT)

    def _is_gap_act(self):
        return self.env.context.get("carbon_gap_act") is _ACT

    @api.constrains("rule_id", "gap_id")
    def _check_gap_rule(self):
        for row in self:
            if row.rule_id.is_gap_rule != bool(row.gap_id):
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s takes what fills gaps, and nothing else fills them. Open the gap and propose its value "
                        "there; for other quantities choose another rule.",
                        rule=row.rule_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Only a gap makes declarations that name it, whatever the defaults of a context say."""
        if not self._is_gap_act():
            if any(vals.get("gap_id") for vals in vals_list):
                raise UserError(self.env._("A gap is filled with its own button, after its value was approved."))
            vals_list = [{**vals, "gap_id": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change what fills a gap past the gap."""
        if _FIXED & vals.keys() and not self._is_gap_act():
            if vals.get("gap_id"):
                raise UserError(self.env._("A gap is filled with its own button, after its value was approved."))
            if filling := self.filtered("gap_id"):
                raise UserError(
                    self.env._(
                        "Declaration %(name)s fills the gap %(gap)s and changes with the buttons of the gap only.",
                        name=filling[0].name,
                        gap=filling[0].gap_id.display_name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filling(self):
        if filling := self.filtered("gap_id"):
            raise UserError(
                self.env._(
                    "Declaration %(name)s is the evidence of the gap %(gap)s and is kept.",
                    name=filling[0].name,
                    gap=filling[0].gap_id.display_name,
                )
            )


_ACT = object()  # identity of the permission: an RPC context is JSON and cannot carry it
