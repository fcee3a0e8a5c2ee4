from odoo import api, fields, models
from odoo.exceptions import UserError

from ..report.carbon_monitoring_report import STANDING
from ..tools.changes import changed_fields

#: What decides whether, and in which months, data of a source are expected.
_EXPECTING = ("planned", "active", "active_from", "active_to", "commissioning_date")


class CarbonSource(models.Model):
    """What monitoring says of a source."""

    _inherit = "carbon.source"

    gap_count = fields.Integer("Open Gaps", compute="_compute_monitoring_counts")
    anomaly_count = fields.Integer("Open Anomalies", compute="_compute_monitoring_counts")
    is_monitored = fields.Boolean(
        compute="_compute_is_monitored",
        search="_search_is_monitored",
        help="The monitoring plan in force has an item for it.",
    )

    def write(self, vals):
        """Let nothing that was expected vanish, and tell the trail what changes the months in which data are expected.

        :raises UserError: where a source in operation is called planned, or where data that are missing would not be expected any more
        """
        differing = {source: found for source in self if (found := changed_fields(source, vals, _EXPECTING))}
        monitored = self.browse().union(*differing)._with_approved_item()
        if vals.get("planned"):
            self.filtered(lambda source: not source.planned)._check_not_in_operation()
        missing = monitored._missing_periods()
        before = {source: source._expecting_values(differing[source]) for source in monitored}
        result = super().write(vals)
        monitored._check_still_missing(missing)
        for source in monitored:
            self.env["carbon.trail.entry"]._append(
                source.company_id,
                "source.change",
                record=source,
                payload={
                    "source": source.code or source.with_context(lang=None).name,
                    "before": before[source],
                    "after": source._expecting_values(differing[source]),
                },
            )
        return result

    def _expecting_values(self, names):
        return {name: str(self[name]) if self[name] else None for name in names}

    def _with_approved_item(self):
        """Return those of the sources that a plan, approved or superseded, has an item for."""
        if not self:
            return self
        # sudo: what plans say of a source does not depend on who changes it
        items = (
            self.env["carbon.monitoring.item"]
            .sudo()
            .search([("source_id", "in", self.ids), ("plan_id.state", "in", ("approved", "superseded"))])
        )
        return self & self.browse(items.source_id.ids)

    def _check_not_in_operation(self):
        """A planned source has no data and none are expected of it: what has either is in operation."""
        if found := (self._used_by_ledger() | self._with_approved_item())[:1]:
            raise UserError(
                self.env._(
                    "Source %(emitter)s is in operation: it has activity data, or an approved monitoring plan expects them. It cannot "
                    "be 'Planned'. A source that ended has a last day, 'Active to'.",
                    emitter=found.display_name,
                )
            )

    def _missing_periods(self):
        """Return {row number: name} of what is expected of the sources and is missing or awaited."""
        if not self:
            return {}
        # sudo: as above
        report = self.env["carbon.monitoring.report"].sudo().with_context(allowed_company_ids=self.company_id.ids)
        report.invalidate_model()
        rows = report.search([("source_id", "in", self.ids), ("status", "in", list(STANDING))])
        return {row.id: f"{row.source_id.display_name} {row.date_from:%Y-%m-%d}" for row in rows}

    def _check_still_missing(self, before):
        """Refuse a change after which data that were missing are not expected any more."""
        if not before:
            return
        left = self._missing_periods()
        if gone := [name for number, name in before.items() if number not in left]:
            raise UserError(
                self.env._(
                    "%(count)s periods without data would not be expected any more, among them %(period)s. Dismiss these gaps with "
                    "their reason first, which another person confirms where they are material; what is awaited becomes a gap when it "
                    "is due.",
                    count=len(gone),
                    period=gone[0],
                )
            )

    def _compute_monitoring_counts(self):
        gaps = dict(
            self.env["carbon.data.gap"]._read_group(
                [("source_id", "in", self.ids), ("state", "in", ("open", "proposed", "dismissal"))],
                ["source_id"],
                ["__count"],
            )
        )
        anomalies = dict(
            self.env["carbon.data.anomaly"]._read_group(
                [("source_id", "in", self.ids), ("state", "=", "open")], ["source_id"], ["__count"]
            )
        )
        for source in self:
            source.gap_count = gaps.get(source, 0)
            source.anomaly_count = anomalies.get(source, 0)

    @api.model
    def _monitored_domain(self):
        today = fields.Date.context_today(self)
        return [
            *(("plan_id.state", "=", "approved"), ("plan_id.date_from", "<=", today), ("source_id", "!=", False)),
            *("|", ("plan_id.date_to", "=", False), ("plan_id.date_to", ">=", today)),
        ]

    def _compute_is_monitored(self):
        items = self.env["carbon.monitoring.item"].search([*self._monitored_domain(), ("source_id", "in", self.ids)])
        for source in self:
            source.is_monitored = source in items.source_id

    @api.model
    def _search_is_monitored(self, operator, value):
        if operator != "in":
            return NotImplemented
        items = self.env["carbon.monitoring.item"].search(self._monitored_domain())
        return [("id", "in" if True in value else "not in", items.source_id.ids)]

    def action_view_gaps(self):
        """Open the gaps of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_data_gap_action")
        return dict(action, domain=[("source_id", "in", self.ids)], context={})

    def action_view_anomalies(self):
        """Open the anomalies of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_data_anomaly_action")
        return dict(action, domain=[("source_id", "in", self.ids)], context={})

    def action_view_expected(self):
        """Open the expected data of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_monitoring_report_action")
        return dict(action, domain=[("source_id", "in", self.ids)])
