from odoo import models


class CarbonReportingPeriod(models.Model):
    """The evidence pack of a month."""

    _inherit = "carbon.reporting.period"

    def action_evidence_pack(self):
        """Ask for the evidence pack of a month, and show how far it is.

        :return: window action
        """
        return self.env["carbon.evidence.pack"]._request(self)._form_action()
