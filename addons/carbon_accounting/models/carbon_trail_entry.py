from odoo import api, models


class CarbonTrailEntry(models.Model):
    """Words for what happens in accounting."""

    _inherit = "carbon.trail.entry"

    @api.model
    def _event_nouns(self):
        """Add what accounting deals with."""
        return super()._event_nouns() | {
            "basis": self.env._("Basis of the ledger"),
            "calculation_method": self.env._("Calculation method"),
            "collection": self.env._("Collection"),
            "consolidation": self.env._("Consolidated inventory"),
            "consolidation_flow": self.env._("Flow inside the group"),
            "factor_pack": self.env._("Factor pack"),
            "factor_version": self.env._("Factor version"),
            "framework_mapping": self.env._("Framework mapping"),
            "gwp_value": self.env._("GWP value"),
            "inventory": self.env._("Inventory"),
            "period": self.env._("Reporting period"),
            "reference": self.env._("Reference data"),
            "reopening": self.env._("Reopening"),
            "unit_conversion": self.env._("Unit conversion"),
            "monitoring_plan": self.env._("Monitoring plan"),
            "gap": self.env._("Data gap"),
            "anomaly": self.env._("Anomaly"),
            "source": self.env._("Emission source"),
            "data": self.env._("Activity data"),
            "evidence_pack": self.env._("Evidence pack"),
            "period_override": self.env._("Override of the close"),
        }

    @api.model
    def _event_verbs(self):
        """Add the steps of an inventory."""
        return super()._event_verbs() | {
            "base_year": self.env._("made the base year"),
            "accept": self.env._("accepted when approval was switched on"),
            "archive": self.env._("archived"),
            "ask_dismissal": self.env._("asked to dismiss"),
            "dismiss": self.env._("dismissed"),
            "explain": self.env._("explained"),
            "fill": self.env._("filled"),
            "propose": self.env._("proposed"),
            "reject": self.env._("rejected"),
            "restore": self.env._("restored"),
            "settle": self.env._("settled"),
            "withdraw": self.env._("withdrawn"),
            "restate": self.env._("restated"),
            "seal_verify": self.env._("seal verified"),
            "supersede": self.env._("superseded"),
            "switch_off": self.env._("approval switched off"),
            "use": self.env._("used"),
            "report": self.env._("report issued"),
            "workbook": self.env._("workbook filed"),
            "write": self.env._("written"),
        }

    @api.model
    def _state_words(self, model):
        """Entries of periods written before they named their record."""
        return super()._state_words(model or "carbon.reporting.period")
