from odoo import api, fields, models

from ..tools.changes import changed_fields

#: What decides under which heading and scope an emission is reported.
PLACE = {"edition_id", "code", "scope", "parent_id"}


class CarbonFrameworkCategory(models.Model):
    """A category of a framework edition, for example Scope 3 category 4."""

    _name = "carbon.framework.category"
    _inherit = ["carbon.label.mixin"]
    _description = "Framework Category"
    _order = "edition_id, sequence, code"
    _parent_store = True
    _rec_names_search = ["code", "name"]

    edition_id = fields.Many2one("carbon.framework.edition", required=True, index=True, ondelete="cascade")
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    scope = fields.Integer(aggregator=None, help="1, 2 or 3 of the GHG Protocol; 0 outside the scopes.")
    parent_id = fields.Many2one("carbon.framework.category", index="btree_not_null", ondelete="cascade")
    parent_path = fields.Char(index=True)

    _edition_id_code_uniq = models.Constraint(
        "UNIQUE(edition_id, code)",
        "This framework edition already has a category with this code.",
    )

    def write(self, vals):
        """Refuse to move what checked or approved inventories are reported under; wording may be corrected.

        :raises UserError: naming the inventory
        """
        moved = self.filtered(lambda category: changed_fields(category, vals, PLACE))
        moved.edition_id._check_unused()
        result = super().write(vals)
        moved.edition_id._check_unused()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.edition_id._check_unused()

    @api.depends("code", "name")
    def _compute_display_name(self):
        for category in self:
            category.display_name = f"{category.code} {category.name}"
