from odoo import fields, models


class CarbonActivityRule(models.Model):
    """Rules can name the work centre that consumes."""

    _inherit = "carbon.activity.rule"

    workcenter_id = fields.Many2one(
        "mrp.workcenter",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        check_company=True,
        help="Work centre of the operation in which a component is consumed.",
    )
