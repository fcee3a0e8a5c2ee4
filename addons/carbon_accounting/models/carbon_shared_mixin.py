from odoo import api, models
from odoo.exceptions import AccessError


class CarbonSharedMixin(models.AbstractModel):
    """A record that belongs to one company or, without company, to all of them.

    A shared record moves the numbers of every company: it is written by people who work for all companies that keep
    accounts. Everybody else creates a record of their own company.
    """

    _name = "carbon.shared.mixin"
    _description = "Record Shared by Companies"

    def _check_may_share(self):
        """Refuse changes of shared records by people who do not work for all companies with a carbon system.

        :raises AccessError: naming the record
        """
        owned = "company_id" in self._fields
        shared = self.filtered(lambda record: not record.company_id) if owned else self
        if self.env.su or not shared:
            return
        # sudo: companies that the user may not see are concerned too
        systems = self.env["carbon.system"].sudo().search([("company_id", "!=", False)])
        if not systems.company_id - self.env.user.company_ids:
            return
        if not owned:
            raise AccessError(
                self.env._(
                    "%(record)s is shared by all companies: only somebody who works for all of them may change it.",
                    record=shared[0].display_name,
                )
            )
        raise AccessError(
            self.env._(
                "%(record)s is shared by all companies: only somebody who works for all of them may change it. "
                "Create one for your own company instead.",
                record=shared[0].display_name,
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Check the right to share. What always belongs to all moves nobody's numbers when it is new."""
        records = super().create(vals_list)
        if "company_id" in self._fields:
            records._check_may_share()
        return records

    def write(self, vals):
        """Check the right to share before and after: a record may become shared."""
        self._check_may_share()
        result = super().write(vals)
        self._check_may_share()
        return result

    def unlink(self):
        """Check the right to share."""
        self._check_may_share()
        return super().unlink()
