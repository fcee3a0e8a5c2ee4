from odoo import fields, models


class CarbonSupplierEvidenceReject(models.TransientModel):
    """Asks why evidence is rejected."""

    _name = "carbon.supplier.evidence.reject"
    _description = "Reject Evidence"

    evidence_ids = fields.Many2many(
        "carbon.supplier.evidence", "carbon_supplier_evidence_reject_rel", required=True, readonly=True
    )
    reason = fields.Char(required=True, help="The supplier reads it: what is wrong, and what is needed instead.")

    def action_reject(self):
        """Reject; the reason is in the audit trail.

        :return: the action that closes the dialog
        """
        self.ensure_one()
        self.evidence_ids._reject(self.reason)
        return {"type": "ir.actions.act_window_close"}
