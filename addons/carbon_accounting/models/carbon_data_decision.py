from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.carbon_management.models.carbon_trail_entry import create_refusing_triggers

from ..tools.ledger_fields import LedgerMany2one


class CarbonDataDecision(models.Model):
    """One act of a checker on many rows of activity data: who, when, what and why (R-127, R-157).

    *Accepted* is the decision of whoever switched approval on: rows collected until then, of the days named, count
    without a row of their own. Invariant: only grows, and each decision has its entry in the audit trail.
    """

    _name = "carbon.data.decision"
    _description = "Decision on Activity Data"
    _log_access = False
    _order = "id desc"
    _rec_name = "outcome"

    company_id = LedgerMany2one("res.company", required=True, readonly=True, index=True)
    outcome = fields.Selection(
        [
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("withdrawn", "Withdrawn"),
            ("accepted", "Accepted When Switched On"),
        ],
        required=True,
        readonly=True,
    )
    user_id = LedgerMany2one("res.users", string="Decided By", required=True, readonly=True)
    decided_on = fields.Datetime(required=True, readonly=True)
    reason = fields.Text(readonly=True)
    row_count = fields.Integer(string="Rows", required=True, readonly=True)
    date_from = fields.Date(string="First Day", readonly=True)
    date_to = fields.Date(string="Last Day", readonly=True)
    source_ids = fields.Json(readonly=True, export_string_translation=False)
    source_names = fields.Char(string="Sources", compute="_compute_source_names")
    up_to_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)

    def init(self):
        """Let the database itself refuse to change or remove decisions."""
        create_refusing_triggers(self)

    @api.depends("source_ids")
    def _compute_source_names(self):
        for decision in self:
            sources = self.env["carbon.source"].browse(decision.source_ids or []).exists()
            decision.source_names = ", ".join(sources.mapped("display_name"))

    @api.depends("outcome", "decided_on")
    def _compute_display_name(self):
        labels = dict(self._fields["outcome"]._description_selection(self.env))
        for decision in self:
            day = fields.Date.to_string(decision.decided_on) if decision.decided_on else ""
            decision.display_name = f"{labels.get(decision.outcome, '')} {day}".strip()

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refused: decisions are written by their buttons."""
        raise UserError(self.env._("Data are approved with the buttons of the list Data to Approve."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refused: decisions are never edited."""
        raise UserError(self.env._("A decision on data is never edited. Withdraw it while the month is open."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A decision on data is never deleted. Withdraw it while the month is open."))

    def action_view_rows(self):
        """Open the activity data that were decided on."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("approval_ids.decision_id", "=", self.id)], context={})
