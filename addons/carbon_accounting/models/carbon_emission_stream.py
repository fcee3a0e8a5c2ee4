from odoo import api, fields, models


class CarbonEmissionStream(models.Model):
    """What an emission row of an activity stands for; one row per stream.

    ``basis`` tells the location-based from the market-based result: a total
    takes rows without basis plus rows of exactly one of the two.
    """

    _name = "carbon.emission.stream"
    _description = "Emission Stream"
    _inherit = ["carbon.basis.mixin", "carbon.reference.mixin"]
    _order = "sequence, code"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    basis = fields.Selection(
        [("location", "Location-based"), ("market", "Market-based")],
        string="Electricity Basis",
        help="Empty when the stream counts in both results.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another stream already has this code.")

    @api.model
    def _basis_fields(self):
        """Code and basis of electricity."""
        return super()._basis_fields() | {"code", "basis"}

    @api.model
    def _reference_fields(self):
        """Code and basis of electricity."""
        return super()._reference_fields() | {"code", "basis"}

    def _reference_domain(self):
        return [("line_ids.stream", "in", self.mapped("code"))]

    def _basis_companies(self):
        """Return the companies whose sources have a factor for these streams."""
        # sudo: streams are shared, sources of any company have them
        lines = self.env["carbon.source.factor"].sudo().search([("stream_id", "in", self.ids)])
        return self.env["res.company"].browse(lines.source_id.company_id.ids)
