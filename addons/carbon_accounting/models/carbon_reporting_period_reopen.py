from odoo import fields, models
from odoo.exceptions import UserError

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_period_sealed_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE sealed text;
BEGIN
    IF OLD.state = 'closed' AND NEW.state <> 'closed' THEN
        SELECT i.name INTO sealed FROM carbon_inventory i
         WHERE i.company_id = OLD.company_id AND i.state IN ('approved', 'verified', 'restated')
           AND OLD.date_from BETWEEN i.date_from AND i.date_to
           AND NOT EXISTS (SELECT 1 FROM carbon_period_reopening r WHERE r.period_id = OLD.id AND r.state = 'open')
         LIMIT 1;
        IF sealed IS NOT NULL THEN
            RAISE EXCEPTION 'reporting period % is sealed in %: it needs an approved reopening',
                to_char(OLD.date_from, 'YYYY-MM'), sealed USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS carbon_period_sealed_guard ON carbon_reporting_period;
CREATE TRIGGER carbon_period_sealed_guard BEFORE UPDATE ON carbon_reporting_period
    FOR EACH ROW EXECUTE FUNCTION carbon_period_sealed_guard();
"""


class CarbonReportingPeriod(models.Model):
    """A month that a sealed inventory covers opens again with two persons only."""

    _inherit = "carbon.reporting.period"

    reopening_ids = fields.One2many("carbon.period.reopening", "period_id", string="Reopenings", readonly=True)

    def init(self):
        """Install the guard: plain SQL cannot open a sealed month either."""
        result = super().init()
        self.env.cr.execute(_GUARD)
        return result

    def action_reopen(self):
        """Reopen closed periods that no sealed inventory covers.

        :raises UserError: for a month that one covers, naming it
        """
        for period in self.filtered(lambda p: p.state == "closed"):
            sealed = self.env["carbon.inventory"]._sealed_over(period.company_id, period.date_from)
            if sealed:
                raise UserError(
                    self.env._(
                        "%(month)s is sealed in %(inventory)s. Restate that inventory and ask there for the month to be reopened; "
                        "a second person approves it.",
                        month=period.display_name,
                        inventory=sealed[0].name,
                    )
                )
        return super().action_reopen()

    def _reopen_for(self, reopening):
        """Open the month of an approved reopening.

        :param reopening: one ``carbon.period.reopening`` in the state *open*
        """
        self.ensure_one()
        self._act(
            "period.reopen",
            {"state": "open", "closed_on": False, "closed_by_id": False},
            reason=reopening.reason,
        )

    def action_close(self):
        """Closing ends the reopenings of the months: the ids given out meanwhile are read after the close."""
        result = super().action_close()
        # sudo: reopenings change by buttons only, after the checks of the close
        self.sudo().reopening_ids.filtered(lambda r: r.state == "open" and r.period_id.state == "closed")._finish()
        return result
