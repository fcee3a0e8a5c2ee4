from odoo import fields, models


class CarbonActivityRule(models.Model):
    """Rules can name a location: its own stock and that of its sublocations."""

    _inherit = "carbon.activity.rule"

    location_id = fields.Many2one(
        "stock.location",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        check_company=True,
        help="Location inside the company where goods arrive or from where they leave. Its sublocations are included.",
    )
