from odoo import fields, models


class CarbonGwpSet(models.Model):
    """A consistent set of 100-year global warming potentials, named by its source."""

    _name = "carbon.gwp.set"
    _description = "GWP Set"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    source = fields.Char()
    value_ids = fields.One2many("carbon.gwp.value", "gwp_set_id")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another GWP set already has this code.")
