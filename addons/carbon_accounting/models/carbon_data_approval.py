from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.carbon_management.models.carbon_trail_entry import create_refusing_triggers

from ..tools.ledger_fields import LedgerMany2one

OUTCOMES = [("approved", "Approved"), ("rejected", "Rejected"), ("withdrawn", "Withdrawn")]
_GUARD = """
CREATE OR REPLACE FUNCTION carbon_data_approval_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM new_rows n
                 LEFT JOIN carbon_activity_data a ON a.id = n.activity_id AND a.company_id = n.company_id AND a.date = n.date
                WHERE a.id IS NULL) THEN
        RAISE EXCEPTION 'carbon: an approval names the company and the date of its activity data' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS carbon_ledger_insert ON carbon_data_approval;
CREATE TRIGGER carbon_ledger_insert AFTER INSERT ON carbon_data_approval
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_ledger_insert();
DROP TRIGGER IF EXISTS carbon_data_approval_fits ON carbon_data_approval;
CREATE TRIGGER carbon_data_approval_fits AFTER INSERT ON carbon_data_approval
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_data_approval_fits();
"""


class CarbonDataApproval(models.Model):
    """What a checker decided on one row of activity data (R-127, R-157).

    Only grows: a later decision on the same row has the next ``seq``, and the last one holds. Totals join it where the
    company approves its data (``carbon.engine._sql_counted``). The guard of the ledger keeps decisions out of closed
    months, with company and date of the row itself.
    """

    _name = "carbon.data.approval"
    _description = "Approval of Activity Data"
    _log_access = False
    _order = "id desc"
    _rec_name = "outcome"

    decision_id = LedgerMany2one("carbon.data.decision", required=True, readonly=True)
    activity_id = LedgerMany2one("carbon.activity.data", string="Activity Data", required=True, readonly=True)
    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    seq = fields.Integer(string="Sequence", required=True, readonly=True, aggregator=None)
    user_id = fields.Many2one(related="decision_id.user_id")
    decided_on = fields.Datetime(related="decision_id.decided_on")
    reason = fields.Text(related="decision_id.reason")

    _activity_uniq = models.UniqueIndex("(activity_id, seq)")
    _date_idx = models.Index("(company_id, date)")
    # decisions after the first are few: the condition "no later one" reads only them
    _later_idx = models.Index("(activity_id, seq) WHERE seq > 0")

    def init(self):
        """Install the guards: no change and no removal ever, no decision in a closed month."""
        self.env.cr.execute(_GUARD)
        create_refusing_triggers(self)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refused: only a decision writes approvals."""
        raise UserError(self.env._("Data are approved with the buttons of the list Data to Approve."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refused: approvals are never edited."""
        raise UserError(self.env._("An approval is never edited. Withdraw it while its month is open."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("An approval is never deleted. Withdraw it while its month is open."))
