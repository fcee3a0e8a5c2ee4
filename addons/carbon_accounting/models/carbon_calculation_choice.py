from odoo import fields, models


class CarbonCalculationChoice(models.Model):
    """A word that a formula understands, such as net or gross, fossil or non-fossil."""

    _name = "carbon.calculation.choice"
    _description = "Choice of a Calculation Input"
    _order = "sequence, id"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another choice already has this code.")
