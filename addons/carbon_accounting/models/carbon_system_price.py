from odoo import api, fields, models


class CarbonSystem(models.Model):
    """What happens to money whose year has no price index."""

    _inherit = "carbon.system"

    spend_unadjusted = fields.Boolean(
        "Count Money without Price Index",
        tracking=True,
        help="Money of a year without price index counts at its own prices, as if these were those of the factor's year; each row and "
        "the report say so. Otherwise it waits on the worklist.",
    )

    @api.model
    def _recorded_fields(self):
        """Tell the trail who decided it."""
        return super()._recorded_fields() | {"spend_unadjusted"}

    def write(self, vals):
        """The ledger waits for the next collection when this changes."""
        changed = self.filtered(
            lambda s: "spend_unadjusted" in vals and s.spend_unadjusted != bool(vals["spend_unadjusted"])
        )
        result = super().write(vals)
        self.env["carbon.engine"]._raise_basis_revision(changed.company_id, emissions_only=True)
        return result
