from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CarbonActivityRule(models.Model):
    """What the events of the business mean for carbon accounting (R-129).

    A rule names an event kind, criteria on the fixed columns of events, and either the source that the
    event feeds or "no emission" with a reason. The most specific rule wins: product, then depth of the
    product category, partner, account, location, work centre, equipment. Two rules of equal criteria
    and overlapping dates would tie and are refused.
    """

    _name = "carbon.activity.rule"
    _description = "Activity Rule"
    _inherit = ["mail.thread", "carbon.basis.mixin"]
    _order = "event_kind, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    event_kind_id = fields.Many2one("carbon.event.kind", ondelete="set null", tracking=True)
    event_kind = fields.Char(
        string="Event kind code",
        compute="_compute_event_kind",
        store=True,
        precompute=True,
        index=True,
    )
    recognition = fields.Selection(related="event_kind_id.recognition")
    # criteria; bridges add account_id, location_id and workcenter_id
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    category_id = fields.Many2one(
        "product.category",
        string="Product category",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
    )
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    # meaning
    outcome = fields.Selection(
        [("count", "Activity data"), ("none", "No emission")],
        required=True,
        default="count",
        tracking=True,
    )
    reason = fields.Char(help="Why these events carry no emission.", translate=True, tracking=True)
    source_id = fields.Many2one(
        "carbon.source",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    quantity_basis = fields.Selection(
        [("quantity", "Quantity"), ("amount", "Amount without tax")],
        required=True,
        default="quantity",
        tracking=True,
    )
    multiplier = fields.Float(
        digits=0,
        default=1.0,
        required=True,
        aggregator=None,
        tracking=True,
        help="Share of the event that counts, for instance 0.3 where three tenths of a flow belong to this source.",
    )
    multiplier_reason = fields.Text(
        string="Why this multiplier",
        tracking=True,
        help="Where the rest of the event is counted or why it carries no emission, and what the share rests on.",
    )
    date_basis = fields.Selection(
        [
            ("movement", "Movement date"),
            ("invoice", "Invoice date"),
            ("accounting", "Accounting date"),
            ("service", "Service period, split by month"),
        ],
        required=True,
        default="movement",
    )
    date_from = fields.Date(
        tracking=True,
        help="First day on which the rule is valid, by the date that it counts by. Where that is the service period, each month of a "
        "bill is judged by its first day in the period: a bill over a change of rules is split between both.",
    )
    date_to = fields.Date(tracking=True, help="Last day on which the rule is valid, by the date that it counts by.")
    note = fields.Text()

    _multiplier_positive = models.Constraint(
        "CHECK(multiplier > 0)", "The multiplier of a rule must be greater than zero."
    )
    _dates_check = models.Constraint(
        "CHECK(date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "A rule cannot end before it begins.",
    )
    _match_idx = models.Index("(company_id, event_kind) WHERE active")

    @api.depends("event_kind_id")
    def _compute_event_kind(self):
        for rule in self:
            # the code stays when the kind disappears with its bridge
            rule.event_kind = rule.event_kind_id.code or rule.event_kind

    @api.model
    def _criteria(self):
        """Return the criteria in order of precedence as (rule column, event column, tree table or None)."""
        known = [
            ("product_id", "product_id", None),
            ("category_id", "category_id", "product_category"),
            ("partner_id", "partner_id", None),
            ("account_id", "account_id", None),
            ("location_id", "location_id", "stock_location"),
            ("workcenter_id", "workcenter_id", None),
            ("equipment_id", "equipment_id", None),
        ]
        return [row for row in known if row[0] in self._fields]

    @api.model
    def _basis_fields(self):
        """All but names, reasons, notes and the order of the list."""
        return super()._basis_fields() | {
            *("active", "company_id", "event_kind_id", "outcome", "source_id", "quantity_basis", "multiplier"),
            *("date_basis", "date_from", "date_to", "quality", "uncertainty"),
            *(rule_column for rule_column, _event_column, _tree in self._criteria()),
        }

    @api.constrains("event_kind_id", "active")
    def _check_event_kind(self):
        for rule in self:
            if rule.active and not rule.event_kind_id:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s needs an event kind: choose what it listens to.",
                        rule=rule.name,
                    )
                )

    @api.constrains("product_id", "active")
    def _check_product_in_use(self):
        for rule in self:
            if rule.active and rule.product_id and not rule.product_id.active:
                raise ValidationError(
                    self.env._(
                        "Product %(product)s of rule %(rule)s is archived. Unarchive it, or archive the rule.",
                        product=rule.product_id.display_name,
                        rule=rule.name,
                    )
                )

    @api.constrains("partner_id", "active")
    def _check_partner_commercial(self):
        """Events carry the company behind an address or a contact: a rule on the contact would meet none."""
        for rule in self.filtered("active"):
            entity = rule.partner_id.commercial_partner_id
            if entity != rule.partner_id:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s names the contact %(contact)s, but bills and transfers count for the company "
                        "behind it. Choose %(company)s.",
                        rule=rule.name,
                        contact=rule.partner_id.display_name,
                        company=entity.display_name,
                    )
                )

    @api.constrains("outcome", "reason", "source_id", "quantity_basis", "event_kind_id")
    def _check_outcome(self):
        for rule in self:
            if rule.outcome == "none":
                if not (rule.reason or "").strip():
                    raise ValidationError(
                        self.env._(
                            "Rule %(rule)s says 'no emission': write the reason.",
                            rule=rule.name,
                        )
                    )
                continue
            if not rule.source_id:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s needs the source that its events feed.",
                        rule=rule.name,
                    )
                )
            spend = rule.quantity_basis == "amount"
            if spend != bool(rule.source_id.currency_id):
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s counts a %(basis)s but source %(emitter)s is kept in %(unit)s. "
                        "Choose the other basis or another source.",
                        rule=rule.name,
                        basis=self.env._("amount of money") if spend else self.env._("physical quantity"),
                        emitter=rule.source_id.display_name,
                        unit=rule.source_id.currency_id.name or rule.source_id.uom_id.name,
                    )
                )
            if spend and not rule.event_kind_id.has_amount:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s counts money, but the amount of events of kind %(kind)s does not say what was bought. "
                        "Count the quantity, or make a rule on the vendor bill by amount.",
                        rule=rule.name,
                        kind=rule.event_kind_id.name,
                    )
                )
            if rule.source_id.planned:
                raise ValidationError(
                    self.env._(
                        "Source %(emitter)s is planned and not yet in operation. Untick 'Planned' before rule %(rule)s feeds it.",
                        emitter=rule.source_id.display_name,
                        rule=rule.name,
                    )
                )

    @api.constrains("multiplier", "multiplier_reason", "outcome")
    def _check_multiplier_reason(self):
        """What a share leaves out, or adds, is never left out silently."""
        for rule in self.filtered(lambda r: r.outcome == "count" and r.multiplier != 1):
            if not (rule.multiplier_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s counts %(multiplier)s of each event. Write why, and where the rest is counted, "
                        "in 'Why this multiplier', or set the multiplier to 1.",
                        rule=rule.name,
                        multiplier=f"{rule.multiplier:g}",
                    )
                )

    def _criteria_domain(self):
        """Return the domain of rules with exactly the criteria of this rule."""
        domain = Domain("company_id", "=", self.company_id.id) & Domain("event_kind", "=", self.event_kind)
        for fname, _event_column, _tree in self._criteria():
            domain &= Domain(fname, "=", self[fname].id)
        return domain

    def _overlap_domain(self):
        """Return the domain of other active rules whose dates overlap with this rule."""
        domain = Domain("id", "!=", self.id) & Domain("active", "=", True)
        if self.date_to:
            domain &= Domain("date_from", "=", False) | Domain("date_from", "<=", self.date_to)
        if self.date_from:
            domain &= Domain("date_to", "=", False) | Domain("date_to", ">=", self.date_from)
        return domain

    @api.constrains(
        lambda self: (
            [c[0] for c in self._criteria()] + ["event_kind_id", "company_id", "date_from", "date_to", "active"]
        )
    )
    def _check_tie(self):
        for rule in self.filtered(lambda r: r.active and r.event_kind != "declared"):
            other = self.search(rule._criteria_domain() & rule._overlap_domain(), limit=1)
            if other:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s ties with rule %(other)s: same event kind, same criteria, overlapping dates. "
                        "Give one of them another criterion or end one before the other begins.",
                        rule=rule.name,
                        other=other.name,
                    )
                )

    @api.constrains(
        lambda self: (
            [c[0] for c in self._criteria()]
            + [
                "event_kind_id",
                "source_id",
                "outcome",
                "date_from",
                "date_to",
                "active",
            ]
        )
    )
    def _check_recognition(self):
        """One material counts at exactly one recognition point of a source, and of sources of one category.

        Whether by quantity or by amount: a tonne received and the money of its bill are the same material.
        """
        for rule in self.filtered(lambda r: r.active and r.outcome == "count" and r.source_id):
            others = self.search(
                rule._overlap_domain()
                & Domain("company_id", "=", rule.company_id.id)
                & Domain("outcome", "=", "count")
                & Domain("source_id.category_id", "=", rule.source_id.category_id.id)
            )
            for other in others:
                if other.recognition != rule.recognition and rule._counts_twice_with(other):
                    points = dict(rule._fields["recognition"]._description_selection(self.env))
                    raise ValidationError(
                        self.env._(
                            "Source %(emitter)s would count the same material twice: rule %(rule)s when it is %(point)s and "
                            "rule %(other)s when it is %(other_point)s. Keep one of them, or say 'no emission' in the other, "
                            "or in a rule for this material alone beside the wider one.",
                            emitter=rule.source_id.display_name,
                            rule=rule.name,
                            point=points.get(rule.recognition),
                            other=other.name,
                            other_point=points.get(other.recognition),
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        """Forget what the engine remembers of the rules."""
        rules = super().create(vals_list)
        self.env["carbon.engine"]._forget_known()
        return rules

    def write(self, vals):
        """Forget what the engine remembers of the rules; what they took from wider rules falls back to these."""
        wider = self._wider() if self._moves_material(vals) else self.browse()
        result = super().write(vals)
        self.env["carbon.engine"]._forget_known()
        wider._check_recognition()
        return result

    def unlink(self):
        """Forget what the engine remembers of the rules; what they took from wider rules falls back to these."""
        wider = self._wider() - self
        result = super().unlink()
        self.env["carbon.engine"]._forget_known()
        wider._check_recognition()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: rows of any company
        if self.env["carbon.activity.data"].sudo().search_count([("rule_id", "in", self.ids)], limit=1):
            raise ValidationError(
                self.env._("A rule that has produced activity data cannot be deleted. Archive it instead.")
            )
        engine = self.env["carbon.engine"]
        silent = self.filtered(lambda rule: rule.outcome == "none").grouped("company_id")
        if kept := next((rules[0] for company, rules in silent.items() if engine._has_ledger(company)), None):
            raise ValidationError(
                self.env._(
                    "%(rule)s says why something carries no emission: the verifier will ask. Archive it instead of deleting it.",
                    rule=kept.name,
                )
            )

    def action_dry_run(self):
        """Show what the rule would give, without writing anything.

        :return: action of the dry-run dialog
        """
        self.ensure_one()
        wizard = self.env["carbon.rule.dry.run.wizard"].create({"rule_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.rule.dry.run.wizard",
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Dry run of %(rule)s", rule=self.name),
        }
