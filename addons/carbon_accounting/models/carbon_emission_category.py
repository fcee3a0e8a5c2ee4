from odoo import api, fields, models


class CarbonEmissionCategory(models.Model):
    """A node of the neutral chart of emission categories.

    Ledger rows store a leaf; scopes and the categories of ISO 14064-1 or
    GB/T 32150 are joined through ``carbon.framework.mapping`` when read.
    """

    _name = "carbon.emission.category"
    _description = "Emission Category"
    _inherit = ["carbon.label.mixin", "carbon.reference.mixin"]
    _order = "sequence, code"
    _parent_store = True
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    parent_id = fields.Many2one("carbon.emission.category", index="btree_not_null", ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("carbon.emission.category", "parent_id")
    direct = fields.Boolean(help="Emitted or removed by what the organisation controls.")
    is_emission = fields.Boolean(default=True, help="Unset for statistics such as the quantity produced.")
    mapping_ids = fields.One2many("carbon.framework.mapping", "emission_category_id")
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True)

    @api.model
    def _reference_fields(self):
        """Its place in the chart decides whether it is direct, purchased energy or other."""
        return super()._reference_fields() | {"code", "parent_id", "direct", "is_emission"}

    def _reference_domain(self):
        return [("line_ids.emission_category_id", "child_of", self.ids)]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """The database would delete the mappings with the leaf."""
        for edition, mappings in self.mapping_ids.grouped("edition_id").items():
            edition._check_unused(mappings.emission_category_id)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another emission category already has this code.")
