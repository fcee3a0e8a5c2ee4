from odoo import fields, models


class CarbonPerformanceParameter(models.Model):
    """The chart of a parameter: actual, normalised, baseline and benchmark by period (R-052)."""

    _inherit = "carbon.performance.parameter"

    chart_data = fields.Json(compute="_compute_chart_data", export_string_translation=False)

    def _compute_chart_data(self):
        for parameter in self:
            parameter.chart_data = parameter._get_chart_data()

    def _get_chart_data(self):
        """Return the values of all versions, oldest first; a figure that is not there is None."""
        values = self.env["carbon.performance.value"].search(
            [("code", "=", self.code), ("company_id", "=", self.company_id.id), ("problem", "=", False)],
            order="date_from",
        )
        if not values:
            return False
        return {
            "code": self.code,
            "company": self.company_id.id,
            "unit": self.unit,
            "hasModel": any(value.expected_value for value in values),
            "rows": [
                {
                    "start": fields.Date.to_string(value.date_from),
                    "actual": value.raw_value,
                    "normalised": value.normalised_value,
                    "baseline": value.baseline_value or None,
                    "benchmark": value.benchmark_value or None,
                }
                for value in values
            ],
        }
