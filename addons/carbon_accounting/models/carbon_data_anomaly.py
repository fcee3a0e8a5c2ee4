from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .carbon_data_gap import ACCOUNTANT


class CarbonDataAnomaly(models.Model):
    """A month of a source whose quantity stands out, until a person has said why (R-153, R-154).

    The numbers are those of the last look. A comment holds for the quantity that it was written for: when that
    changes, the anomaly is open again. Invariant: the comment is a step through the gate, by another hand than import or RPC.
    """

    _name = "carbon.data.anomaly"
    _description = "Data Anomaly"
    _inherit = ["mail.thread", "carbon.gate.mixin", "carbon.monitoring.found.mixin"]
    _order = "is_serious desc, date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _gate_frozen_states = ("open", "explained", "settled")

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    source_id = fields.Many2one(
        "carbon.source", "Emission Source", required=True, readonly=True, index=True, ondelete="restrict"
    )
    item_id = fields.Many2one("carbon.monitoring.item", readonly=True, ondelete="restrict", index="btree_not_null")
    responsible_id = fields.Many2one(related="item_id.responsible_id", store=True, string="Responsible")
    date = fields.Date("Month", required=True, readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("explained", "Explained"), ("settled", "No Longer Found")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
        copy=False,
    )
    quantity = fields.Float(digits=0, readonly=True, aggregator=None)
    uom_id = fields.Many2one(related="source_id.uom_id", string="Unit")
    previous = fields.Float("Month Before", digits=0, readonly=True, aggregator=None)
    last_year = fields.Float("Same Month Last Year", digits=0, readonly=True, aggregator=None)
    change_previous = fields.Float("Change (%)", digits=0, readonly=True, aggregator=None)
    change_year = fields.Float("Change on Last Year (%)", digits=0, readonly=True, aggregator=None)
    mean = fields.Float(digits=0, readonly=True, aggregator=None, help="Of the months before, 24 at most.")
    z_score = fields.Float(
        "z-Score",
        digits=0,
        readonly=True,
        aggregator=None,
        help="Distance from the mean in standard deviations of the months before; where these were all the same, in steps of 5 % of "
        "their mean.",
    )
    unit_factor = fields.Float(
        "Times the Usual",
        digits=0,
        readonly=True,
        aggregator=None,
        help="1,000 or 10,000, or their inverse: probably a mistaken unit.",
    )
    is_change_previous = fields.Boolean("Changed on the Month Before", readonly=True)
    is_change_year = fields.Boolean("Changed on Last Year", readonly=True)
    is_z = fields.Boolean("Outside the Usual Spread", readonly=True)
    is_limit = fields.Boolean("Outside the Limits of the Plan", readonly=True)
    is_unit = fields.Boolean("Unit Mistake", readonly=True)
    is_serious = fields.Boolean("Serious", readonly=True, help="Outside the limits, or probably a mistaken unit.")
    summary = fields.Char("What Stands Out", compute="_compute_summary")
    co2e_t = fields.Float("t CO₂e", compute="_compute_co2e_t", digits=(16, 3), help="Of the source in this month.")
    comment = fields.Text("Explanation", readonly=True, copy=False)
    explained_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    explained_on = fields.Datetime(readonly=True, copy=False)

    _month_uniq = models.UniqueIndex("(source_id, date)", "This month of the source is listed already.")

    @api.depends("source_id", "date")
    def _compute_display_name(self):
        for anomaly in self:
            month = f"{anomaly.date:%Y-%m}" if anomaly.date else ""
            anomaly.display_name = f"{month} {anomaly.source_id.display_name or ''}".strip()

    @api.depends("change_previous", "change_year", "z_score", "unit_factor", "quantity")
    def _compute_summary(self):
        for row in self:
            parts = []
            if row.is_unit:
                parts.append(self.env._("× %(factor)s of the usual: another unit?", factor=f"{row.unit_factor:g}"))
            if row.is_limit:
                parts.append(self.env._("outside the limits of the plan"))
            if row.is_change_previous:
                parts.append(self.env._("%(percent)s %% on the month before", percent=f"{row.change_previous:+.0f}"))
            if row.is_change_year:
                parts.append(
                    self.env._("%(percent)s %% on the same month last year", percent=f"{row.change_year:+.0f}")
                )
            if row.is_z:
                parts.append(self.env._("%(count)s standard deviations from the mean", count=f"{row.z_score:+.1f}"))
            row.summary = "; ".join(parts)

    def _compute_co2e_t(self):
        found, report = {}, self.env["carbon.monitoring.report"]
        for company, rows in self.grouped("company_id").items():
            days = [day for day in rows.mapped("date") if day]
            if not days:
                continue
            last = fields.Date.end_of(max(days), "month")
            for source, month, tonnes in self.env.execute_query(report._sql_tonnes(company, min(days), last)):
                found[source, month] = float(tonnes or 0)
        for row in self:
            row.co2e_t = found.get((row.source_id.id, row.date), 0.0)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to everybody but :meth:`_find`."""
        if not self.env.su:
            raise AccessError(self.env._("Anomalies are found in the data. Press Find Anomalies."))
        return super().create(vals_list)

    # ------------------------------------------------------------------
    # Explanation
    # ------------------------------------------------------------------
    def _check_explainer(self):
        """Refuse people who are neither responsible for the item nor accountants.

        :raises AccessError: naming the anomaly and who may explain it
        """
        self.check_access("read")
        if row := (self - self._mine_to_answer())[:1]:
            raise AccessError(
                self.env._(
                    "%(anomaly)s is explained by %(person)s, or by a carbon accountant.",
                    anomaly=row.display_name,
                    person=row.responsible_id.name or self.env._("the person responsible"),
                )
            )

    def _check_state_is(self, state):
        if wrong := self.filtered(lambda row: row.state != state):
            raise UserError(
                self.env._(
                    "%(anomaly)s is %(state)s already.",
                    anomaly=wrong[0].display_name,
                    state=self._gate_state_label(wrong[0].state),
                )
            )

    def action_find(self):
        """Look for gaps and anomalies of the companies at hand now, whatever is selected.

        :return: notification with the numbers
        """
        self.check_access("read")
        return self.env["carbon.data.gap"].action_find()

    def action_explain(self):
        """Ask why the quantity stands out.

        :return: window action of the dialog
        """
        self._check_explainer()
        self._check_state_is("open")
        return self.env["carbon.monitoring.answer.wizard"]._open("explain", anomaly_ids=self.ids)

    def _explain(self, comment):
        """Keep why the quantity stands out; from now on it counts as explained."""
        self._check_explainer()
        self._check_state_is("open")
        if not (comment or "").strip():
            raise UserError(self.env._("Write why the quantity is right, or correct its document."))
        # sudo: anomalies change by their steps only, after the checks above
        self.sudo()._transition(
            "explained",
            "anomaly.explain",
            reason=comment,
            values={"comment": comment, "explained_by_id": self.env.uid, "explained_on": fields.Datetime.now()},
        )

    def action_reopen(self):
        """Open explained anomalies again.

        :return: True
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(ACCOUNTANT):
            raise AccessError(self.env._("An explanation is taken back by a carbon accountant."))
        self._check_state_is("explained")
        # sudo: as for the explanation
        return self.sudo()._transition("open", "anomaly.reopen")

    def action_view_activity_data(self):
        """Open the activity data of the month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        domain = [
            *(
                ("company_id", "=", self.company_id.id),
                ("source_id", "=", self.source_id.id),
                ("date", ">=", self.date),
            ),
            ("date", "<=", fields.Date.end_of(self.date, "month")),
        ]
        return dict(action, domain=domain, context={})

    def _trail_payload(self):
        """Keep the quantity that was explained."""
        return {
            **super()._trail_payload(),
            "month": f"{self.date:%Y-%m}",
            "source": self.source_id.code or self.source_id.with_context(lang=None).name,
            "quantity": repr(self.quantity),
        }
