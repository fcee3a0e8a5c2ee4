from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date


class CarbonDeclaration(models.Model):
    """A quantity declared by a person, for flows that no other record of the business holds.

    It travels the same road as receipts and bills: a posted declaration is an event, its rule names the
    source, the engine makes the activity data. A posted declaration is not edited: it is cancelled, which
    makes a counter row, and declared anew. Invariant: what was posted once is kept with its files, each step is in the audit
    trail with what it said, and nothing of it changes once its month is closed (R-157).
    """

    _name = "carbon.declaration"
    _description = "Declared Activity"
    _inherit = ["carbon.gate.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _gate_frozen_states = ("posted", "cancel")
    _gate_may_add_files = True

    name = fields.Char(string="Reference", required=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    date = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    date_from = fields.Date(string="Service from")
    date_to = fields.Date(string="Service to")
    rule_id = fields.Many2one(
        "carbon.activity.rule",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('event_kind', '=', 'declared'), ('company_id', '=', company_id)]",
    )
    source_id = fields.Many2one(related="rule_id.source_id")
    product_id = fields.Many2one("product.product", ondelete="restrict", check_company=True)
    partner_id = fields.Many2one("res.partner", ondelete="restrict")
    quantity = fields.Float(digits=0, aggregator=None, tracking=True)
    uom_id = fields.Many2one("uom.uom", ondelete="restrict")
    amount = fields.Monetary()
    currency_id = fields.Many2one("res.currency", ondelete="restrict")
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "Posted"), ("cancel", "Cancelled")],
        default="draft",
        required=True,
        tracking=True,
        copy=False,
    )
    posted_on = fields.Datetime("First Posted On", readonly=True, copy=False)
    note = fields.Text()

    _dates_check = models.Constraint(
        "CHECK(date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "The service period of a declaration cannot end before it begins.",
    )

    @api.constrains("rule_id", "uom_id", "currency_id", "state")
    def _check_unit(self):
        for row in self.filtered(lambda r: r.state == "posted" and not r.method_id):
            if row.rule_id.quantity_basis == "quantity" and not row.uom_id:
                raise ValidationError(self.env._("Declaration %(name)s needs a unit.", name=row.name))
            if row.rule_id.quantity_basis == "amount" and not row.currency_id:
                raise ValidationError(self.env._("Declaration %(name)s needs a currency.", name=row.name))

    @api.constrains("date", "date_from", "date_to")
    def _check_dates(self):
        engine = self.env["carbon.engine"]
        for row in self:
            if problem := engine._day_problem(row.date) or engine._service_problem(row.date_from, row.date_to):
                raise ValidationError(self.env._("Declaration %(name)s: %(problem)s", name=row.name, problem=problem))

    @api.constrains("quantity", "amount")
    def _check_not_negative(self):
        for row in self:
            if row.quantity < 0 or row.amount < 0:
                raise ValidationError(
                    self.env._(
                        "Declaration %(name)s is negative. To take back what was declared too much, cancel that declaration "
                        "and declare the right quantity anew.",
                        name=row.name,
                    )
                )

    def write(self, vals):
        """Collect what was posted or cancelled."""
        result = super().write(vals)
        if "state" in vals:
            self.env["carbon.engine"]._queue("carbon.declaration", self.ids, self.company_id.ids)
        return result

    # ------------------------------------------------------------------
    # What is kept
    # ------------------------------------------------------------------
    @api.model
    def _gate_unfrozen_fields(self):
        """A note may be added at any time."""
        return super()._gate_unfrozen_fields() | {"note"}

    def _gate_frozen_message(self, names=()):
        if self.state == "posted":
            return self.env._(
                "Declaration %(name)s is posted. Cancel it and declare the right quantity anew.", name=self.name
            )
        return self.env._(
            "Declaration %(name)s is cancelled. Set it to draft, or declare the right quantity anew.", name=self.name
        )

    def _gate_files_frozen(self):
        """The files of what was posted once are evidence, also while it is a draft again."""
        return self.filtered(lambda row: row.posted_on or row.state == "posted")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        if kept := self._gate_files_frozen():
            raise UserError(
                self.env._(
                    "Declaration %(name)s was posted and is kept. Cancel it: what it counted is taken back.",
                    name=kept[0].name,
                )
            )

    def _check_month_open(self):
        """Refuse for declarations that a closed month counts, or has taken back: what they said stays as it was.

        :raises UserError: naming the declaration and the next step
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT a.origin_id FROM carbon_activity_data a JOIN carbon_reporting_period p ON p.company_id = a.company_id "
                "AND p.state = 'closed' AND p.date_from = date_trunc('month', a.date::timestamp)::date "
                "WHERE a.company_id = ANY(%s) AND a.origin_model = 'carbon.declaration' AND a.origin_id = ANY(%s) LIMIT 1",
                self.company_id.ids,
                self.ids,
            )
        )
        if rows:
            raise UserError(
                self.env._(
                    "Declaration %(name)s was counted in a month that is closed: it stays as it was. Duplicate it and declare "
                    "the right quantity.",
                    name=self.browse(rows[0][0]).name,
                )
            )

    def _trail_payload(self):
        """Name what was declared, and the files with their checksums."""
        names = ("name", "date", "date_from", "date_to", "product_id", "partner_id", "amount", "currency_id")
        # sudo: the trail names files also to persons who may not read them
        files = self.env["ir.attachment"].sudo().search([("res_model", "=", self._name), ("res_id", "=", self.id)])
        payload = {name: str(self._trail_value(name) or "") for name in names} | {
            "quantity": repr(self.quantity),
            "unit": self.uom_id.with_context(lang=None).name or "",
            "rule": self.rule_id.with_context(lang=None).name,
            "method": self.method_id.with_context(lang=None).display_name or "",
            "inputs": [line._trail_words() for line in self.input_ids],
            "files": sorted([file.name, file.checksum or ""] for file in files),
        }
        return {name: value for name, value in payload.items() if value}

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_post(self):
        """Post the declarations: from now on they count."""
        self.check_access("write")
        now = fields.Datetime.now()
        drafts = self.filtered(lambda r: r.state == "draft")
        drafts._check_not_future()
        if again := drafts.filtered("posted_on"):
            again._transition("posted", "declaration.post")
        if first := drafts - again:
            first._transition("posted", "declaration.post", values={"posted_on": now})

    def _check_not_future(self):
        """Refuse what has not happened yet.

        :raises UserError: naming the declaration and its day
        """
        for company, rows in self.grouped("company_id").items():
            # sudo: one setting of the company that declares
            today = self.env["carbon.system"].sudo()._get(company)._today()
            if future := rows.filtered(lambda row, today=today: max(row.date, row.date_from or row.date) > today)[:1]:
                raise UserError(
                    self.env._(
                        "Declaration %(name)s is dated %(day)s, which is yet to come. Post it once that day is reached; what is planned "
                        "belongs to the monitoring plan.",
                        name=future.name,
                        day=format_date(self.env, max(future.date, future.date_from or future.date)),
                    )
                )

    def action_cancel(self):
        """Cancel the declarations: what they counted is taken back by counter rows."""
        self.check_access("write")
        if rows := self.filtered(lambda r: r.state != "cancel"):
            rows._transition("cancel", "declaration.cancel")

    def action_draft(self):
        """Set cancelled declarations back to draft.

        :raises UserError: for one that a closed month counts
        """
        self.check_access("write")
        if rows := self.filtered(lambda r: r.state == "cancel"):
            rows._check_month_open()
            rows._transition("draft", "declaration.draft")
