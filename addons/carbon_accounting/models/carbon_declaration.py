from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CarbonDeclaration(models.Model):
    """A quantity declared by a person, for flows that no other record of the business holds.

    It travels the same road as receipts and bills: a posted declaration is an event, its rule names the
    source, the engine makes the activity data. A posted declaration is not edited: it is cancelled, which
    makes a counter row, and declared anew.
    """

    _name = "carbon.declaration"
    _description = "Declared Activity"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

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

    @api.model_create_multi
    def create(self, vals_list):
        """A declaration begins as a draft, whatever the defaults of a context say; posting has its button."""
        return super().create([{**vals, "state": "draft"} for vals in vals_list])

    def write(self, vals):
        """Refuse changes of what was posted; cancelling stays possible."""
        frozen = {
            "date",
            "date_from",
            "date_to",
            "rule_id",
            "product_id",
            "partner_id",
            "quantity",
            "uom_id",
            "amount",
            "currency_id",
            "company_id",
            "name",
        } & vals.keys()
        if frozen and (posted := self.filtered(lambda r: r.state == "posted")):
            raise UserError(
                self.env._(
                    "Declaration %(name)s is posted. Cancel it and declare the right quantity anew.",
                    name=posted[0].name,
                )
            )
        result = super().write(vals)
        if "state" in vals:
            self.env["carbon.engine"]._queue("carbon.declaration", self.ids, self.company_id.ids)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        if posted := self.filtered(lambda r: r.state == "posted"):
            raise UserError(
                self.env._(
                    "Declaration %(name)s is posted. Cancel it before you delete it.",
                    name=posted[0].name,
                )
            )

    def action_post(self):
        """Post the declarations: from now on they count."""
        self.filtered(lambda r: r.state == "draft").state = "posted"

    def action_cancel(self):
        """Cancel the declarations: what they counted is taken back by counter rows."""
        self.filtered(lambda r: r.state != "cancel").state = "cancel"

    def action_draft(self):
        """Set cancelled declarations back to draft."""
        self.filtered(lambda r: r.state == "cancel").state = "draft"
