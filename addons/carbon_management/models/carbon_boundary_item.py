from odoo import fields, models


class CarbonBoundaryItem(models.Model):
    """Something expressly inside or outside an accounting boundary.

    Frozen with its boundary. Invariant: an exclusion has a reason.
    """

    _name = "carbon.boundary.item"
    _description = "Inclusion or Exclusion of a Carbon Boundary"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "boundary_id, kind desc, sequence, id"

    _gate_parent_field = "boundary_id"

    boundary_id = fields.Many2one("carbon.boundary", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="boundary_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What", required=True)
    kind = fields.Selection(
        [("inclusion", "Inside"), ("exclusion", "Excluded")],
        required=True,
        default="inclusion",
    )
    category = fields.Selection(
        [
            ("direct", "Direct"),
            ("energy_indirect", "Energy indirect"),
            ("other_indirect", "Other indirect"),
            ("removal", "Removal"),
        ],
        required=True,
        default="direct",
    )
    iso_category = fields.Selection(
        [
            ("1", "1 Direct emissions and removals"),
            ("2", "2 Imported energy"),
            ("3", "3 Transportation"),
            ("4", "4 Products used"),
            ("5", "5 Use of products sold"),
            ("6", "6 Other sources"),
        ],
        "ISO 14064-1 Category",
    )
    reason = fields.Char()

    _reason_check = models.Constraint(
        "CHECK(kind <> 'exclusion' OR (reason IS NOT NULL AND btrim(reason) <> ''))",
        "What is excluded from a boundary needs a reason.",
    )
