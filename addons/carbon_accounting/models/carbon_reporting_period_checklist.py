from odoo import fields, models
from odoo.exceptions import UserError


class CarbonReportingPeriod(models.Model):
    """The close of a month looks at its checklist first (R-139, R-151, story S3)."""

    _inherit = "carbon.reporting.period"

    override_ids = fields.One2many("carbon.period.override", "period_id", string="Overrides", readonly=True)

    def action_open_checklist(self):
        """Show what stands in the way of the close.

        :return: window action of the checklist
        """
        self.ensure_one()
        return self.env["carbon.period.checklist"]._open(self)

    def action_close(self):
        """Close the months that no material blocker stops, or whose blockers two persons overrode.

        The check reads blockers only. Of the rows themselves it asks one sum by source and month, for anomalies.

        :raises UserError: naming the blockers, and what to do
        """
        self._check_accountant()
        opened = self.filtered(lambda period: period.state == "open")
        used = self.env["carbon.period.override"]
        for period in opened if opened == self.filtered(lambda period: period.state != "closed") else ():
            used |= period._require_checklist()
        result = super().action_close()
        used._use()
        return result

    def _require_checklist(self):
        """Refuse to close over a material blocker.

        :return: the override that the close uses up; empty where nothing stops it
        """
        self.ensure_one()
        checklist = self.env["carbon.period.checklist"]
        stops = [line for line in checklist._weighed(self, closing=True) if line["stops"]]
        if not stops:
            return self.env["carbon.period.override"]
        override = self._confirmed_override()
        left = [line for line in stops if not override or not override._covers(line)]
        if left:
            raise UserError(
                self.env._(
                    "%(month)s cannot be closed:\n%(blockers)s\nResolve this. Or open the checklist of the month and ask for an "
                    "override; a carbon manager who is another person confirms it.",
                    month=self.display_name,
                    blockers="\n".join(f"• {line['text']}" for line in left),
                )
            )
        return override

    def _confirmed_override(self):
        # sudo: whether two persons agreed does not depend on who closes
        return self.sudo().override_ids.filtered(lambda override: override.state == "confirmed")[:1].sudo(False)

    def _pending_override(self):
        """Return the override that is asked for or confirmed and not used."""
        return self.override_ids.filtered(lambda override: override.state in ("requested", "confirmed"))[:1]
