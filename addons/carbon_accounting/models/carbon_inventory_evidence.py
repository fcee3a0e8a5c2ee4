from odoo import fields, models


class CarbonInventory(models.Model):
    """The evidence packs of an inventory."""

    _inherit = "carbon.inventory"

    pack_ids = fields.One2many(
        "carbon.evidence.pack",
        "inventory_id",
        string="Evidence Packs",
        readonly=True,
        groups="carbon_management.group_carbon_accountant,carbon_management.group_carbon_verifier",
    )

    def action_evidence_pack(self):
        """Ask for the evidence pack, and show how far it is.

        :return: window action
        """
        return self.env["carbon.evidence.pack"]._request(self)._form_action()
