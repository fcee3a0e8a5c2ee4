from odoo import fields, models


class CarbonScopeConsideration(models.Model):
    """One thing to consider when the scope is set, with the conclusion drawn.

    Frozen with its scope.
    """

    _name = "carbon.scope.consideration"
    _description = "Scope Consideration"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "scope_id, sequence, id"
    _rec_name = "kind"

    _gate_parent_field = "scope_id"

    scope_id = fields.Many2one("carbon.scope", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="scope_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("issue", "External and internal issues"),
            ("party", "Needs of interested parties"),
            ("unit", "Organisational units, functions and sites"),
            ("activity", "Activities, products and services"),
            ("authority", "Authority and ability to influence"),
            ("source", "Sources and sinks"),
        ],
        "Consideration",
        required=True,
    )
    conclusion = fields.Text()

    _scope_kind_uniq = models.UniqueIndex("(scope_id, kind)", "This consideration is in the scope already.")
