from odoo import fields, models


class CarbonPerformanceParameterVariable(models.Model):
    """A relevant variable in the regression of a parameter, with its coefficient (R-051)."""

    _name = "carbon.performance.parameter.variable"
    _description = "Variable of a Parameter"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "parameter_id, sequence, id"
    _rec_name = "variable_id"
    _gate_parent_field = "parameter_id"

    parameter_id = fields.Many2one("carbon.performance.parameter", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="parameter_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    variable_id = fields.Many2one(
        "carbon.relevant.variable",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
    )
    unit = fields.Char(related="variable_id.unit")
    coefficient = fields.Float(
        "t CO₂e per Unit", digits=0, readonly=True, copy=False, aggregator=None, help="Of the regression."
    )

    _variable_uniq = models.UniqueIndex("(parameter_id, variable_id)", "This variable is in the regression already.")
