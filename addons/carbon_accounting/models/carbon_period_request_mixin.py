from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CarbonPeriodRequestMixin(models.AbstractModel):
    """What one person asks for a month with a reason, and a second person decides: both are in the audit trail (R-139).

    Inheriting models name their texts in :meth:`_request_texts`, their steps and the columns that keep who decided.
    """

    _name = "carbon.period.request.mixin"
    _description = "Request for a Month, Decided by a Second Person"
    _inherit = ["carbon.gate.mixin"]

    period_id = fields.Many2one("carbon.reporting.period", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    reason = fields.Text(required=True, readonly=True)
    requested_by_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    requested_on = fields.Datetime(required=True, readonly=True)

    @api.model
    def _request_texts(self):
        """Return texts: ``create`` (how to ask), ``role`` (who decides), ``decided`` (of %(month)s and %(state)s) and ``own`` (of
        %(month)s: the person who asked decides)."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to everybody but :meth:`_ask_for`, which says who asks."""
        if not self.env.su:
            raise UserError(self._request_texts()["create"])
        return super().create(vals_list)

    @api.model
    def _ask_for(self, vals_list, event):
        """Write requests in the name of the user, with an entry in the trail for each.

        :param vals_list: values of the requests, with ``period_id`` and ``reason``
        :param event: event of the trail entry
        :return: the requests
        """
        asked = {"requested_by_id": self.env.uid, "requested_on": fields.Datetime.now()}
        # sudo: requests are written by this method only, in the name of the user
        requests = self.sudo().create([values | asked for values in vals_list])
        for request in requests:
            self.env["carbon.trail.entry"]._append(
                request.company_id,
                event,
                record=request,
                payload=request._trail_payload(),
                to_state="requested",
                reason=request.reason,
            )
        return requests.with_env(self.env)

    def _check_may_decide(self):
        """A manager decides who did not ask, whatever rights they have: sudo keeps the user.

        :raises UserError: for a request that is decided already
        :raises AccessError: without the role, or for one's own request
        """
        self.check_access("read")
        texts = self._request_texts()
        if not self.env.user.has_group("carbon_management.group_carbon_manager"):
            raise AccessError(texts["role"])
        for request in self:
            month = request.period_id.display_name
            if request.state != "requested":
                raise UserError(texts["decided"] % {"month": month, "state": self._gate_state_label(request.state)})
            if request.requested_by_id == self.env.user:
                raise AccessError(texts["own"] % {"month": month})
