from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.ledger_fields import KnownFloat

#: Months that the daily look compares: bills come late.
MONTHS = 13
#: Days after the end of a month in which a missing bill is awaited and no exception.
PATIENCE = 60


class CarbonCrossCheck(models.Model):
    """A month of a source, as it counts and as other documents say: metered beside billed, beside stock (R-130, R-135).

    Which documents are compared with which source says a rule: its events carry no emission, since they count where the source is
    metered, and it names the source (``compare_source_id``) and how far both may lie apart. Quantities are those of the ledger and
    of the events, in the unit of the source. Only people's words are typed: why a difference is right.
    """

    _name = "carbon.cross.check"
    _description = "Cross-check of Quantities"
    _inherit = ["mail.thread", "carbon.act.mixin"]
    _order = "date desc, source_id, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    source_id = fields.Many2one("carbon.source", required=True, index=True, readonly=True, ondelete="cascade")
    rule_id = fields.Many2one(
        "carbon.activity.rule", "Compared by Rule", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind_id = fields.Many2one(related="rule_id.event_kind_id", string="Compared With")
    date = fields.Date("Month", required=True, readonly=True)
    counted = fields.Float(
        "Counts", digits=0, readonly=True, aggregator=None, help="What the ledger holds of the source."
    )
    compared = fields.Float(
        "Others Say", digits=0, readonly=True, aggregator=None, help="What the documents of the rule say."
    )
    uom_id = fields.Many2one(related="source_id.uom_id", string="Unit")
    difference = KnownFloat(
        "Difference (%)",
        digits=0,
        readonly=True,
        aggregator=None,
        help="Counted less compared, in per cent of compared.",
    )
    tolerance = fields.Float("Tolerance (%)", digits=0, readonly=True, aggregator=None)
    unread_count = fields.Integer(
        "Not Comparable", readonly=True, help="Documents whose quantity has no unit that converts, or no quantity."
    )
    state = fields.Selection(
        [("match", "Agree"), ("awaited", "Awaited"), ("open", "Differ"), ("explained", "Explained")],
        required=True,
        readonly=True,
        default="match",
    )
    explanation = fields.Text(readonly=True, tracking=True)
    explained_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    co2e_t = fields.Float("Difference (t CO₂e)", compute="_compute_co2e_t", digits=(16, 3), aggregator=None)

    _month_uniq = models.UniqueIndex("(rule_id, source_id, date)")

    @api.depends("source_id", "date")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.source_id.display_name} {row.date:%Y-%m}" if row.date else ""

    def _compute_co2e_t(self):
        """Weigh the difference like what the ledger holds of the source in the month."""
        for row in self:
            ledger = self.env["carbon.activity.data"].sudo()  # sudo: the weight of a difference that the user sees
            data = ledger.search(
                [
                    *[("source_id", "=", row.source_id.id), ("company_id", "=", row.company_id.id)],
                    *[("date", ">=", row.date), ("date", "<", row.date + relativedelta(months=1))],
                ],
            )
            total = sum(data.mapped("quantity"))
            row.co2e_t = abs(row.counted - row.compared) * sum(data.mapped("co2e_t")) / total if total else 0.0

    def _refusal(self):
        return self.env._(
            "Quantities of a cross-check come from the documents. Explain the difference, or correct a document."
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    def action_explain(self):
        """Open the dialog that asks why the difference is right.

        :return: window action
        """
        view = self.env.ref("carbon_accounting.carbon_cross_check_view_form_explain")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain the Difference"),
            "res_model": "carbon.cross.check.wizard",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"default_check_ids": [(6, 0, self.ids)]},
        }

    def _explain(self, text):
        """Keep why a difference is right; it holds while the figures stay."""
        self.check_access("write")
        if not (text or "").strip():
            raise UserError(self.env._("Write why both may differ."))
        for row in self.filtered(lambda check: check.state in ("open", "awaited")):
            row._act(state="explained", explanation=text.strip(), explained_by_id=self.env.uid)
        self._tell_worklist(self.company_id)

    @api.model
    def _open_in(self, period):
        """Return the open differences of a month."""
        return self.search(
            [("company_id", "=", period.company_id.id), ("date", "=", period.date_from), ("state", "=", "open")]
        )

    # ------------------------------------------------------------------
    # Comparing
    # ------------------------------------------------------------------
    @api.model
    def action_compare(self):
        """Compare the months of the current company now.

        :return: action that reloads
        """
        self.check_access("read")
        self.sudo()._compare(self.env.company)  # sudo: figures are written by the system only
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _cron_compare(self):
        """Compare the last months of all companies with such rules."""
        rules = self.env["carbon.activity.rule"].search([("compare_source_id", "!=", False)])
        for company in rules.company_id:
            self._compare(company)

    @api.model
    def _compare(self, company, first=None, last=None):
        """Compare the months of a company that are over, and put differences on the worklist.

        :param first: first day; by default thirteen months ago
        :param last: last day; by default the end of last month
        """
        today = self.env["carbon.system"]._get(company)._today()
        last = last or today.replace(day=1) - timedelta(days=1)
        first = (first or last.replace(day=1) - relativedelta(months=MONTHS - 1)).replace(day=1)
        rules = self.env["carbon.activity.rule"].search(
            [("compare_source_id", "!=", False), ("company_id", "=", company.id)]
        )
        self.env.flush_all()
        found = {}
        for origin_model in sorted(set(rules.event_kind_id.mapped("origin_model"))):
            for rule_id, source_id, month, quantity, unread in self.env["carbon.engine"]._compared(
                company, origin_model, first, last
            ):
                found[rule_id, source_id, month] = (quantity, unread)
        counted = self._counted(company, rules.compare_source_id, first, last)
        for rule in rules:
            months = {key[2] for key in found if key[0] == rule.id} | {
                key[1] for key in counted if key[0] == rule.compare_source_id.id
            }
            for month in sorted(m for m in months if rule._compares_in(m)):
                quantity, unread = found.get((rule.id, rule.compare_source_id.id, month), (0.0, 0))
                self._note(rule, month, counted.get((rule.compare_source_id.id, month), 0.0), quantity, unread, today)
        self._tell_worklist(company)

    @api.model
    def _counted(self, company, sources, first, last):
        """Return ``{(source, month): quantity}`` of the ledger."""
        rows = self.env.execute_query(
            SQL(
                "SELECT source_id, date_trunc('month', date::timestamp)::date, SUM(quantity)::float8 FROM carbon_activity_data "
                "WHERE company_id = %s AND source_id = ANY(%s) AND date BETWEEN %s AND %s GROUP BY 1, 2 HAVING SUM(quantity) <> 0",
                company.id,
                sources.ids,
                first,
                last,
            )
        )
        return {row[:2]: row[2] for row in rows}

    @api.model
    def _note(self, rule, month, counted, compared, unread, today):
        """Write one comparison; an explanation falls with the figures that it explains."""
        row = self.search(
            [("rule_id", "=", rule.id), ("source_id", "=", rule.compare_source_id.id), ("date", "=", month)]
        )
        difference = (counted - compared) / abs(compared) * 100 if compared else False
        fits = difference is not False and abs(difference) <= rule.compare_tolerance and not unread
        awaited = (not compared or not counted) and today < month + relativedelta(months=1) + timedelta(days=PATIENCE)
        state = "match" if fits else "awaited" if awaited else "open"
        same = row and abs(row.counted - counted) < 1e-9 and abs(row.compared - compared) < 1e-9
        vals = {
            "counted": counted,
            "compared": compared,
            "difference": difference,
            "tolerance": rule.compare_tolerance,
            "unread_count": unread,
            "state": "explained" if same and row.state == "explained" and state != "match" else state,
        }
        if row:
            row._act(**vals)
        else:
            self._acting().create(
                {
                    **vals,
                    "company_id": rule.company_id.id,
                    "rule_id": rule.id,
                    "source_id": rule.compare_source_id.id,
                    "date": month,
                }
            )

    @api.model
    def _tell_worklist(self, company):
        """Put open differences on the worklist, and take settled ones off."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO carbon_collection_issue (company_id, origin_model, origin_id, origin_part, reason, state, kind, label, date,
                       quantity, uom_id, source_id, first_seen, last_seen, attempts)
                SELECT c.company_id, 'carbon.cross.check', c.id, '', 'mismatch', CASE WHEN c.state = 'open' THEN 'open' ELSE 'resolved' END,
                       r.event_kind, concat_ws(' ', s.code, s.name->>'en_US', to_char(c.date, 'YYYY-MM')), c.date,
                       c.counted - c.compared, s.uom_id, c.source_id, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1
                  FROM carbon_cross_check c JOIN carbon_activity_rule r ON r.id = c.rule_id JOIN carbon_source s ON s.id = c.source_id
                 WHERE c.company_id = ANY(%(companies)s) AND (c.state = 'open' OR EXISTS (
                       SELECT 1 FROM carbon_collection_issue i WHERE i.company_id = c.company_id AND i.origin_model = 'carbon.cross.check'
                          AND i.origin_id = c.id AND i.state = 'open'))
                ON CONFLICT (company_id, origin_model, origin_id, origin_part) DO UPDATE
                   SET state = EXCLUDED.state, quantity = EXCLUDED.quantity, last_seen = EXCLUDED.last_seen, label = EXCLUDED.label
                """,
                companies=company.ids,
            )
        )
        self.env["carbon.collection.issue"].invalidate_model(flush=False)
