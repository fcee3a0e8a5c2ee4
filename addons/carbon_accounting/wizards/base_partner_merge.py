from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging partners leaves the ledger readable: see ``carbon.partner.merge``."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let rules follow through their checks, remember the merge, and collect open months again."""
        # sudo: who merges contacts need not see carbon accounting
        merges = self.env["carbon.partner.merge"].sudo()
        moved = merges._record(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        merges._recollect((src_partners | dst_partner if moved else src_partners).ids, closed=moved)
        return result
