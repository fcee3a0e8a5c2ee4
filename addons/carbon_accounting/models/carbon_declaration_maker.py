from odoo import api, fields, models
from odoo.tools import SQL

#: What a person says with a declaration: whoever wrote one of these is among its makers.
_CONTENT = {
    *("name", "date", "date_from", "date_to", "rule_id", "product_id", "partner_id", "quantity", "uom_id"),
    *("amount", "currency_id", "method_id", "input_ids", "certificate_ids"),
}


class CarbonDeclaration(models.Model):
    """Who entered a declaration: they do not approve its data (R-157)."""

    _inherit = "carbon.declaration"

    maker_ids = fields.Many2many(
        "res.users",
        "carbon_declaration_maker_rel",
        string="Entered By",
        readonly=True,
        copy=False,
        help="Everybody who entered or changed the quantity, or took it back. Another person approves the data.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Remember who entered them, whatever a caller says."""
        declarations = super().create([{**vals, "maker_ids": False} for vals in vals_list])
        declarations._note_maker()
        return declarations

    def write(self, vals):
        """Remember who changed what they say, or took them back."""
        vals = {name: value for name, value in vals.items() if name != "maker_ids"}
        result = super().write(vals)
        if _CONTENT & vals.keys() or vals.get("state") in ("cancel", "draft"):
            self._note_maker()
        return result

    def _note_maker(self):
        """Add the current user to the makers; of the value of a gap it is the person who proposed it."""
        if not self.ids:
            return
        pairs = [(declaration.id, declaration._maker_id()) for declaration in self]
        self.env.cr.execute(
            SQL(
                "INSERT INTO carbon_declaration_maker_rel (carbon_declaration_id, res_users_id) "
                "SELECT * FROM unnest(%s::int[], %s::int[]) ON CONFLICT DO NOTHING",
                [pair[0] for pair in pairs],
                [pair[1] for pair in pairs],
            )
        )
        self.invalidate_recordset(["maker_ids"])

    def _maker_id(self):
        # sudo: who proposed the value of the gap, whoever posts it
        return self.sudo().gap_id.proposed_by_id.id or self.env.uid
