from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CarbonRestrictedItem(models.Model):
    """A product or category that an obligation forbids to buy, with the obligation (R-111).

    Invariant: each change is in the audit trail with what it said before and after; an item is ended or archived, never
    deleted.
    """

    _name = "carbon.restricted.item"
    _description = "Restricted Item"
    _inherit = ["carbon.company.mixin", "carbon.product.scope.mixin", "mail.thread", "carbon.uuid.mixin"]
    _order = "company_id, date_from desc, id desc"
    _rec_names_search = ["obligation", "product_tmpl_id", "product_category_id", "clause"]
    _check_company_auto = True
    _mail_post_access = "read"

    product_tmpl_id = fields.Many2one(tracking=True)
    product_category_id = fields.Many2one(tracking=True)
    obligation = fields.Text(
        required=True,
        translate=True,
        help="Which law, permit, contract or own decision forbids it. Purchasers read it.",
    )
    clause = fields.Char(tracking=True, help="Article, table or number in the obligation.")
    date_from = fields.Date(
        "Forbidden From", required=True, tracking=True, default=lambda self: fields.Date.context_today(self)
    )
    date_to = fields.Date("Forbidden Until", tracking=True, help="The last day. Empty: for good.")
    active = fields.Boolean(default=True, tracking=True)
    is_in_force = fields.Boolean("In Force", compute="_compute_is_in_force", search="_search_is_in_force")

    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from <= date_to)", "A restriction cannot end before it begins."
    )

    @api.depends("date_from", "date_to", "active")
    def _compute_is_in_force(self):
        today = fields.Date.context_today(self)
        for item in self:
            begun = bool(item.date_from) and item.date_from <= today
            item.is_in_force = item.active and begun and (not item.date_to or item.date_to >= today)

    @api.model
    def _search_is_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        in_force = Domain("date_from", "<=", today) & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        return in_force if True in value else ~in_force

    @api.depends("product_tmpl_id", "product_category_id")
    def _compute_display_name(self):
        """Show what is restricted."""
        for item in self:
            item.display_name = item.applies_to or self._description

    @api.onchange("product_tmpl_id")
    def _onchange_product_tmpl_id(self):
        if self.product_tmpl_id:
            self.product_category_id = False

    @api.onchange("product_category_id")
    def _onchange_product_category_id(self):
        if self.product_category_id:
            self.product_tmpl_id = False

    # ------------------------------------------------------------------
    # Trail
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Leave an entry in the audit trail for each item."""
        items = super().create(vals_list)
        for item in items:
            item._record("restricted_item.add", {"after": item._snapshot()})
        return items

    def write(self, vals):
        """Leave an entry with what an item said before and after."""
        before = {item: item._snapshot() for item in self}
        result = super().write(vals)
        for item, old in before.items():
            new = item._snapshot()
            if new != old:
                item._record("restricted_item.change", {"before": old, "after": new})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("%(name)s is not deleted: enter its last day, or archive it.", name=self[:1].display_name)
        )

    def _record(self, event, payload):
        self.env["carbon.trail.entry"]._append(self.company_id, event, record=self, payload=payload)

    def _snapshot(self):
        """Return what the item says as plain values, for the trail and for purchase checks."""
        item = self.with_context(lang=None)
        return {
            "item": item.applies_to,
            "obligation": item.obligation,
            "clause": item.clause or None,
            "date_from": fields.Date.to_string(item.date_from),
            "date_to": fields.Date.to_string(item.date_to) or None,
            "active": item.active,
        }

    @api.model
    def _for_products(self, products, company, day):
        """Return the restrictions in force of each product: its own and those of all categories above it.

        The number of queries does not depend on the number of products.

        :param products: ``product.product`` records
        :param company: ``res.company``
        :param day: date
        :return: dictionary of product to ``carbon.restricted.item``, empty where nothing is forbidden
        """
        domain, paths = self._scope_domain(products)
        items = self.search(
            [
                *(("company_id", "=", company.id), ("date_from", "<=", day)),
                *("|", ("date_to", "=", False), ("date_to", ">=", day)),
                *domain,
            ]
        )
        return {
            product: items.filtered(
                lambda item, product=product: (
                    item.product_tmpl_id == product.product_tmpl_id
                    if item.product_tmpl_id
                    else item.product_category_id.id in paths[product]
                )
            )
            for product in products
        }
