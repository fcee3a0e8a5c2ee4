from odoo import fields, models
from odoo.exceptions import AccessError


class CarbonCompanyMixin(models.AbstractModel):
    """A record that belongs to one company for good.

    Record rules look at a record before it is written, not after. Invariant: nobody
    moves a record into a company they are not a member of.
    """

    _name = "carbon.company.mixin"
    _description = "Record of one company"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )

    def write(self, vals):
        """Refuse to move records into a company of other people."""
        target = vals.get("company_id")
        if target and not self.env.su and target not in self.env.user.company_ids.ids:
            raise AccessError(
                self.env._(
                    "%(name)s cannot be moved to a company you do not belong to. "
                    "Ask somebody of that company to create it there.",
                    name=self[:1].display_name,
                )
            )
        return super().write(vals)
