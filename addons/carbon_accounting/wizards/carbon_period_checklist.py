from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CarbonPeriodChecklist(models.TransientModel):
    """What stands in the way of closing a month, computed when it is opened (R-139, R-151, story S3).

    Each line has a count and, where it can be told, its weight in t CO2e. A line stops the close from the materiality of the
    carbon system on. Addons add lines by overriding :meth:`_checklist_lines`.
    """

    _name = "carbon.period.checklist"
    _description = "Checklist of the Close"
    _rec_name = "period_id"

    period_id = fields.Many2one("carbon.reporting.period", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="period_id.company_id")
    total_t = fields.Float("Total of the Month (t CO₂e)", digits=(16, 3), readonly=True)
    materiality = fields.Float("Materiality (%)", digits=0, readonly=True)
    line_ids = fields.One2many("carbon.period.checklist.line", "checklist_id", readonly=True)
    is_stopped = fields.Boolean(readonly=True)
    is_clear = fields.Boolean(readonly=True)
    can_override = fields.Boolean(readonly=True)
    override_id = fields.Many2one("carbon.period.override", readonly=True)
    override_state = fields.Selection(related="override_id.state")
    override_reason = fields.Text(related="override_id.reason", string="Why It Is to Be Closed")
    override_by_id = fields.Many2one(related="override_id.requested_by_id", string="Asked by")
    is_mine = fields.Boolean(compute="_compute_is_mine")
    reason = fields.Text("Why Close Over It")

    @api.depends("override_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for checklist in self:
            checklist.is_mine = checklist.override_id.requested_by_id == self.env.user

    @api.model
    def _open(self, period):
        """Compute the checklist of a month and return the action that shows it."""
        period.check_access("read")
        checklist = self.create({"period_id": period.id})
        checklist._fill()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close %(month)s", month=period.display_name),
            "res_model": self._name,
            "res_id": checklist.id,
            "view_mode": "form",
            "target": "new",
        }

    def _fill(self):
        """Compute the lines anew."""
        self.ensure_one()
        lines = self._weighed(self.period_id)
        override = self.period_id._pending_override()
        self.line_ids.unlink()
        stops = [line for line in lines if line["stops"]]
        covered = override.state == "confirmed" and all(override._covers(line) for line in stops)
        hard = any(line.get("hard") for line in lines)
        self.write(
            {
                "total_t": self._total(self.period_id),
                "materiality": self._materiality(self.period_id),
                "is_stopped": hard or (bool(stops) and not covered),
                "is_clear": not lines,
                "can_override": bool(stops) and not override,
                "override_id": override.id,
                "line_ids": [
                    (0, 0, {name: line[name] for name in ("code", "name", "count", "t", "unknown", "share", "action")}
                     | {"state": self._line_state(line, override)})
                    for line in lines
                ],
            }
        )  # fmt: skip

    @api.model
    def _line_state(self, line, override):
        if line.get("hard"):
            return "stops"
        if not line["stops"]:
            return "below"
        return "overridden" if override.state == "confirmed" and override._covers(line) else "stops"

    # ------------------------------------------------------------------
    # Weighing
    # ------------------------------------------------------------------
    @api.model
    def _materiality(self, period):
        # sudo: one setting of the company whose period it is
        return self.env["carbon.system"].sudo()._get(period.company_id).close_materiality

    @api.model
    def _total(self, period):
        """Return t CO2e of all rows of a month, also of those that wait for approval."""
        tonnes = self.env["carbon.monitoring.report"]._sql_tonnes(period.company_id, period.date_from, period.date_to)
        rows = self.env.execute_query(SQL("SELECT COALESCE(SUM(m.t), 0)::float8 FROM (%s) m", tonnes))
        return rows[0][0]

    @api.model
    def _weighed(self, period, closing=False):
        """Return the lines that have something to say, each with share, text and whether it stops the close.

        :param closing: only what can stop the close is asked for
        """
        # sudo: settings of the company whose period it is
        system = self.env["carbon.system"].sudo()._get(period.company_id)
        self.env.flush_all()
        lines = [line for line in self._checklist_lines(period, closing=closing) if line["count"]]
        total = None
        for line in lines:
            line["t"], line["unknown"] = line.get("t") or 0.0, line.get("unknown") or 0
            if line["t"] and total is None:
                total = self._total(period)
            line["share"] = 100.0 * line["t"] / total if line["t"] and total and total > 0 else 0.0
            heavy = line["t"] > 0 and (not total or total <= 0 or line["share"] >= system.close_materiality)
            unknown = line["unknown"] and system.close_unknown_stops
            line["stops"] = bool(line.get("may_stop", True) and (heavy or unknown)) and not line.get("hard")
            line["text"] = self._line_text(line, total)
            line.setdefault("action", False)
        return lines

    @api.model
    def _line_text(self, line, total):
        """Say a line in one sentence."""
        parts = [f"{line['name']}: {line['count']}"]
        if line["t"]:
            weight = self.env._("%(t)s t CO₂e", t=f"{line['t']:.3f}")
            if total and total > 0:
                weight = self.env._(
                    "%(weight)s, %(share)s %% of the month", weight=weight, share=f"{line['share']:.1f}"
                )
            parts.append(weight)
        if line["unknown"]:
            parts.append(self.env._("%(count)s of unknown weight", count=line["unknown"]))
        return ", ".join(parts)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_close(self):
        """Close the month; what the close asks is asked again.

        :return: action that reloads
        """
        self.ensure_one()
        self.period_id.action_close()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_refresh(self):
        """Compute the checklist again.

        :return: window action of this dialog
        """
        self.ensure_one()
        return self._open(self.period_id)

    def action_request(self):
        """Ask for an override of what stops the close.

        :return: window action of the dialog
        """
        self.ensure_one()
        stops = [line for line in self._weighed(self.period_id, closing=True) if line["stops"]]
        self.env["carbon.period.override"]._request(self.period_id, stops, self.reason)
        return self._open(self.period_id)

    def action_confirm(self):
        """Confirm the override that another person asked for.

        :return: window action of the dialog
        """
        self.ensure_one()
        if not self.override_id:
            raise UserError(self.env._("Nobody asked for an override of this month."))
        self.override_id.action_confirm()
        return self._open(self.period_id)

    def action_refuse(self):
        """Refuse the override that another person asked for.

        :return: window action of the dialog
        """
        self.ensure_one()
        self.override_id.action_refuse()
        return self._open(self.period_id)
