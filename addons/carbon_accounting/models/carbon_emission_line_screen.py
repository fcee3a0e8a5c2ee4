from odoo import api, fields, models


class CarbonEmissionLine(models.Model):
    """Labels of emissions on screens."""

    _inherit = "carbon.emission.line"

    stream_id = fields.Many2one(
        "carbon.emission.stream", string="Result", compute="_compute_stream_id", search="_search_stream_id"
    )

    def init(self):
        """Tell the planner that source, leaf, stream and version go together.

        Without it it expects far too many groups and sums a million rows without its parallel workers.
        """
        result = super().init()
        self.env.cr.execute(
            """
            CREATE STATISTICS IF NOT EXISTS carbon_emission_line_flow_stats (ndistinct)
                ON source_id, category_id, stream, version_id FROM carbon_emission_line;
            CREATE STATISTICS IF NOT EXISTS carbon_emission_line_product_stats (ndistinct)
                ON product_id, version_id FROM carbon_emission_line;
            CREATE STATISTICS IF NOT EXISTS carbon_emission_line_partner_stats (ndistinct)
                ON partner_id, version_id FROM carbon_emission_line;
            """
        )
        return result

    @api.depends("stream")
    def _compute_stream_id(self):
        streams = self.env["carbon.emission.stream"].with_context(active_test=False).search([("code", "!=", False)])
        by_code = {stream.code: stream for stream in streams}
        for row in self:
            row.stream_id = by_code.get(row.stream, False)

    def _search_stream_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("stream", "in", self.env["carbon.emission.stream"].browse(value).mapped("code"))]
