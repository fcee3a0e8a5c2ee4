from odoo import models


class CarbonCollectionIssue(models.Model):
    """The worklist of meters: rules name the meter, differences are compared again."""

    _inherit = "carbon.collection.issue"

    def _meter(self):
        """Return the meter whose month waits, empty for other documents."""
        self.ensure_one()
        if self.origin_model != "carbon.meter.month":
            return self.env["maintenance.equipment"]
        return self.env["carbon.meter.month"].browse(self.origin_id).exists().equipment_id

    def _rule_advice(self, product):
        """Name the meter."""
        if self.origin_model != "carbon.meter.month":
            return super()._rule_advice(product)
        return self.env._(
            "Create a rule for the meter of %(meter)s: the source that it measures, or 'no emission' where it is read for "
            "information only.",
            meter=self.label or "",
        )

    def _advice(self):
        """Say what to do about a difference."""
        if self.reason != "mismatch":
            return super()._advice()
        return self.env._(
            "%(emitter)s: what counts and what '%(kind)s' says lie farther apart than the rule allows. Correct the wrong one, or explain "
            "the difference in the cross-check.",
            emitter=self.source_id.display_name or "",
            kind=self.kind_id.name or self.kind or "",
        )

    def action_create_rule(self):
        """Fill in the meter."""
        action = super().action_create_rule()
        if meter := self._meter():
            action["context"] |= {"default_equipment_id": meter.id, "default_name": meter.display_name}
        return action

    def action_retry(self):
        """Compare differences again; the rest is collected again."""
        checks = self.filtered(lambda issue: issue.origin_model == "carbon.cross.check")
        if checks:
            self.check_access("write")
            for company in checks.company_id:
                days = checks.filtered(lambda issue, c=company: issue.company_id == c).mapped("date")
                # sudo: figures are written by the system only
                self.env["carbon.cross.check"].sudo()._compare(company, min(days), max(days))
        rest = self - checks
        return super(CarbonCollectionIssue, rest).action_retry() if rest else True
