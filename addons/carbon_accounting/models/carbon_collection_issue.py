import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one

REASONS = [
    ("unmapped", "No rule"),
    ("unit", "Unit cannot be converted"),
    ("ambiguous", "Unit conversions disagree"),
    ("value", "No value known"),
    ("reading", "Meter reading runs backwards"),
    ("mismatch", "Metered and billed differ"),
    ("currency", "No exchange rate"),
    ("factor", "No factor version for the date and region"),
    ("nofactor", "Source without factor"),
    ("price", "No price index for the year"),
    ("inactive", "Outside the dates of the source"),
    ("date", "Date outside the accounts"),
    ("service", "Service period missing"),
    ("period", "Service period cannot be right"),
    ("late", "Late adjustment of a closed period"),
    ("failed", "Failed"),
    ("rejected", "Rejected by the checker"),
]


class CarbonCollectionIssue(models.Model):
    """The worklist: one mutable row per origin that could not be processed.

    Such a record never gets a default number. The row is resolved by the next collection that can
    process its origin; the engine writes the rows set by set, so they carry no foreign keys.
    """

    _name = "carbon.collection.issue"
    _description = "Collection Issue"
    _log_access = False
    _order = "amount desc nulls last, id"
    _rec_name = "label"

    company_id = LedgerMany2one("res.company", required=True)
    origin_model = fields.Char(required=True, readonly=True)
    origin_id = fields.Many2oneReference(model_field="origin_model", required=True, readonly=True, aggregator=None)
    origin_part = fields.Char(required=True, default="", readonly=True)
    reason = fields.Selection(REASONS, required=True, readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("resolved", "Resolved")],
        required=True,
        default="open",
        readonly=True,
    )
    kind = fields.Char(string="Event kind code", readonly=True)
    kind_id = fields.Many2one(
        "carbon.event.kind",
        string="Event kind",
        compute="_compute_kind_id",
        search="_search_kind_id",
    )
    label = fields.Char(string="Document", readonly=True)
    date = fields.Date(readonly=True)
    product_id = LedgerMany2one("product.product", readonly=True, index="btree_not_null")
    partner_id = LedgerMany2one("res.partner", readonly=True)
    quantity = fields.Float(digits=0, readonly=True, aggregator=None)
    uom_id = LedgerMany2one("uom.uom", string="Unit", readonly=True)
    amount = fields.Monetary(currency_field="currency_id", readonly=True)
    currency_id = LedgerMany2one("res.currency", readonly=True)
    source_id = LedgerMany2one("carbon.source", readonly=True)
    message = fields.Text(readonly=True)
    user_id = LedgerMany2one("res.users", string="Assigned to")
    note = fields.Text()
    first_seen = fields.Datetime(readonly=True)
    last_seen = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None)
    advice = fields.Char(compute="_compute_advice", string="Next step")

    _origin_uniq = models.UniqueIndex("(company_id, origin_model, origin_id, origin_part)")
    _open_idx = models.Index("(company_id, reason) WHERE state = 'open'")

    @api.depends("kind")
    def _compute_kind_id(self):
        kinds = {
            kind.code: kind for kind in self.env["carbon.event.kind"].search([("code", "in", self.mapped("kind"))])
        }
        for issue in self:
            issue.kind_id = kinds.get(issue.kind, False)

    def _search_kind_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("kind", "in", self.env["carbon.event.kind"].browse(value).mapped("code"))]

    @api.depends("reason", "source_id", "product_id", "uom_id", "kind")
    def _compute_advice(self):
        for issue in self:
            issue.advice = issue._advice()

    def _reading_advice(self):
        return self.env._(
            "A reading of %(meter)s is lower than the one before. Correct the wrong one, or say that the counter restarted.",
            meter=self.label or "",
        )

    def _price_advice(self):
        factors = self.source_id.factor_line_ids.factor_id.filtered("currency_id")
        return self.env._(
            "Enter price indices of %(currency)s for %(year)s and for the price year %(base)s under Configuration, Frameworks, Price "
            "Indices. Or let the carbon system count money without price index.",
            currency=factors[:1].currency_id.name or "?",
            year=self.date.year if self.date else "?",
            base=factors[:1].price_year or "?",
        )

    def _advice(self):
        """Say the next step that resolves the issue, naming the record."""
        product = self.product_id.display_name or self.label or ""
        source = self.source_id.display_name or ""
        unit = self.uom_id.name or "?"
        target, currency = self.source_id.uom_id.name or "?", self.currency_id.name or "?"
        texts = {
            "unmapped": self._rule_advice(product),
            "unit": self.env._(
                "%(product)s comes in %(unit)s, source %(emitter)s is kept in %(target)s: "
                "enter its density, weight or calorific value as a unit conversion.",
                product=product,
                unit=unit,
                emitter=source,
                target=target,
            ),
            "ambiguous": self.env._(
                "The unit conversions of %(product)s lead from %(unit)s to %(target)s in several ways with different results: "
                "correct them, or enter the direct conversion from %(unit)s to %(target)s.",
                product=product,
                unit=unit,
                target=target,
            ),
            "value": self._value_advice(product),
            "reading": self._reading_advice(),
            "currency": self.env._(
                "Enter an exchange rate of %(currency)s on or before %(date)s.", currency=currency, date=self.date
            ),
            "factor": self._unit_advice()
            or self.env._(
                "Approve a factor version of source %(emitter)s that is valid on %(date)s in the region of its site.",
                emitter=source,
                date=self.date,
            ),
            "nofactor": self.env._("Choose a factor for source %(emitter)s.", emitter=source),
            "price": self._price_advice(),
            "inactive": self.env._(
                "Source %(emitter)s is not active on %(date)s: correct its dates or the rule.",
                emitter=source,
                date=self.date,
            ),
            **self._date_advice(),
            "late": self.env._(
                "The period is closed and its figures stay as they are. Reopen it to take the change in; where an approved "
                "inventory covers it, restate that."
            ),
            "failed": self.env._("Read the message, then collect again."),
            "rejected": self.env._(
                "A checker rejected this quantity, the message says why. Correct the document: it is collected and approved anew."
            ),
        }
        return texts.get(self.reason, "")

    def _late_days(self):
        """Return the days that a late adjustment concerns: one that moves from day to day names both in its message."""
        self.ensure_one()
        days = {fields.Date.to_date(day) for day in re.findall(r"\b\d{4}-\d\d-\d\d(?=: )", self.message or "")}
        return days | ({self.date} if self.date else set())

    def _rule_advice(self, product):
        """Say which rule is missing; a write-off is listed only where its material counts when consumed."""
        if self.kind_id.is_write_off and not self.kind_id.expects_rule:
            return self.env._(
                "%(product)s counts when it is consumed, but this quantity left or entered stock otherwise: create a rule for "
                "'%(kind)s' with the source that it feeds, or 'no emission' with the reason.",
                product=product,
                kind=self.kind_id.name,
            )
        return self.env._(
            "Create a rule for %(product)s: a source that it feeds, or 'no emission' with a reason.",
            product=product,
        )

    def _value_advice(self, product):
        """Say how money is known that a rule counts by: value the document, or count by quantity or by the vendor bill."""
        if self.kind_id and not self.kind_id.has_amount:
            return self.env._(
                "The value of '%(kind)s' does not say what was bought: let the rule count %(product)s by quantity, or archive it and "
                "create one on the vendor bill by amount.",
                kind=self.kind_id.name,
                product=product,
            )
        return self.env._(
            "Odoo knows no value: value the document there (cost of %(product)s, adjustment of the valuation), then retry; or let the "
            "rule count by quantity, or create one on the vendor bill by amount.",
            product=product,
        )

    def _date_advice(self):
        """Return the next steps where the date of a document cannot be right, or is missing."""
        return {
            "date": self.env._("The document has a date outside the accounts: correct its year, then retry."),
            "period": self.env._(
                "The service period is longer than a bill can cover, or has a mistyped year: correct its dates, then retry."
            ),
            "service": self.env._(
                "The rule counts by service period: enter its first and its last day on the line of the document, then retry."
            ),
        }

    def _unit_advice(self):
        """Say which factor no longer fits the unit of the source; False where all fit."""
        source = self.source_id
        for factor in source.factor_line_ids.factor_id:
            if source.uom_id and factor.uom_id and not source.uom_id._has_common_reference(factor.uom_id):
                return self.env._(
                    "Source %(emitter)s is kept in %(unit)s, which cannot be converted to %(target)s of factor %(factor)s: "
                    "choose another factor, or correct the reference of the unit.",
                    emitter=source.display_name,
                    unit=source.uom_id.name,
                    target=factor.uom_id.name,
                    factor=factor.display_name,
                )
        return False

    @api.model_create_multi
    def create(self, vals_list):
        """Refused to users: the engine writes the worklist."""
        if not self.env.su:
            raise UserError(self.env._("The worklist is written by the collection."))
        return super().create(vals_list)

    def write(self, vals):
        """People assign and note; everything else is what the engine found."""
        if vals.keys() - {"user_id", "note"} and not self.env.su:
            raise UserError(
                self.env._(
                    "Only the person in charge and the note of a worklist row can be changed. Correct the document itself."
                )
            )
        return super().write(vals)

    def action_retry(self):
        """Collect the origins of the selected issues again."""
        self.check_access("write")
        groups = {}
        for issue in self:
            groups.setdefault((issue.origin_model, issue.company_id.id), set()).add(issue.origin_id)
        providers = self.env["carbon.event.source"]._providers()
        engine = self.env["carbon.engine"].sudo()  # sudo: the ledger has no write access at all
        for (origin_model, company_id), ids in groups.items():
            if origin_model not in providers:
                raise UserError(
                    self.env._(
                        "The addon that reads %(model)s is not installed: install it, then retry.",
                        model=origin_model,
                    )
                )
            self.env.flush_all()
            with engine._few_settings():
                engine._collect_ids(origin_model, sorted(ids), (company_id,))
                engine._refresh_ids(origin_model, sorted(ids), (company_id,))
        self.env.invalidate_all()
        return True

    def action_open_origin(self):
        """Open the business document."""
        self.ensure_one()
        model = self.env.get(self.origin_model)
        record = model is not None and model.browse(self.origin_id).exists()
        if not record:
            raise UserError(
                self.env._(
                    "The document %(origin)s is no longer in the system.",
                    origin=self.label or self.origin_id,
                )
            )
        return self.env["carbon.engine"]._origin_action(record)

    def action_create_rule(self):
        """Open a new rule prefilled from the issue."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.activity.rule",
            "view_mode": "form",
            "views": [
                (
                    self.env.ref("carbon_accounting.carbon_activity_rule_view_form_dialog").id,
                    "form",
                )
            ],
            "target": "new",
            "name": self.env._("New rule"),
            "context": {
                "default_event_kind_id": self.kind_id.id,
                "default_product_id": self.product_id.id,
                "default_name": self.product_id.display_name or self.label,
                "default_company_id": self.company_id.id,
            },
        }
