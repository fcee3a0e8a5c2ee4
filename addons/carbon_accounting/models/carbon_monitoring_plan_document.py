import re

from odoo import models


class CarbonMonitoringPlan(models.Model):
    """The data quality control plan of a monitoring plan as a document."""

    _inherit = "carbon.monitoring.plan"

    def _document_name(self):
        """Return the name of the file without its ending."""
        self.ensure_one()
        return re.sub(r"[^\w.-]+", "_", self.display_name).strip("_")
