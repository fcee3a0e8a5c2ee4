from odoo import api, fields, models


class CarbonPurchaseSpec(models.Model):
    """Low-carbon requirements on what is bought: parameters with limits and advanced values, in versions (R-112).

    Invariant: on any day at most one version is approved for a product, and one for a category; an approved version does
    not contradict itself and does not change.
    """

    _name = "carbon.purchase.spec"
    _description = "Purchase Specification"
    _inherit = ["carbon.versioned.mixin", "carbon.product.scope.mixin"]
    _order = "company_id, date_from desc, id desc"
    _rec_names_search = ["name", "number", "product_tmpl_id", "product_category_id"]
    _check_company_auto = True

    _record_sequence = "carbon.purchase.spec"
    _gate_second_person = "separate_supplier_approval"
    _version_key = ("company_id", "product_tmpl_id", "product_category_id")

    product_tmpl_id = fields.Many2one(tracking=True)
    product_category_id = fields.Many2one(tracking=True)
    line_ids = fields.One2many("carbon.purchase.spec.line", "spec_id", "Requirements", copy=True)
    line_count = fields.Integer("Requirements Count", compute="_compute_line_count")
    note = fields.Html("Description")

    _version_uniq = models.UniqueIndex(
        "(company_id, product_tmpl_id, product_category_id, version) NULLS NOT DISTINCT",
        "This version of the specification exists already. Open the newest version.",
    )

    @api.depends("line_ids")
    def _compute_line_count(self):
        for spec in self:
            spec.line_count = len(spec.line_ids)

    @api.model_create_multi
    def create(self, vals_list):
        """Name both keys in every version, so that versions of a thing are counted together."""
        keys = dict.fromkeys(("product_tmpl_id", "product_category_id"), False)
        defaults = self.default_get(list(keys))
        return super().create([{**keys, **defaults, **vals} for vals in vals_list])

    @api.onchange("product_tmpl_id")
    def _onchange_product_tmpl_id(self):
        if self.product_tmpl_id:
            self.product_category_id = False

    @api.onchange("product_category_id")
    def _onchange_product_category_id(self):
        if self.product_category_id:
            self.product_tmpl_id = False

    @api.depends(
        *("state", "date_from", "date_to", "product_tmpl_id", "product_category_id"),
        *(f"line_ids.{name}" for name in ("name", "operator", "limit", "unit", "benchmark", "has_benchmark")),
    )
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for spec in self:
            spec.check_result = spec._approval_checks() if spec.state == "draft" else []

    def _approval_checks(self):
        """Refuse a specification that asks for nothing or contradicts itself."""
        checks = super()._approval_checks()
        if not self.line_ids:
            checks.append(self._check_item(self.env._("There are no requirements. Add what is asked for.")))
        checks += [self._check_item(text) for line in self.line_ids for text in line._problems()]
        return checks + [self._check_item(text) for text in self.line_ids._contradictions()]

    @api.model
    def _trail_noun(self):
        return "purchase_spec"

    def _trail_payload(self):
        """Keep what was approved, so that the trail proves it by itself."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "version", "date_from", "date_to", "applies_to"]),
            "requirements": [line._snapshot() for line in self.line_ids],
        }

    @api.model
    def _for_products(self, products, company, day):
        """Return the requirements in force for each product: those of the product, else of the nearest category.

        The number of queries does not depend on the number of products.

        :param products: ``product.product`` records
        :param company: ``res.company``
        :param day: date
        :return: dictionary of product to ``carbon.purchase.spec.line``, empty where nothing is asked
        """
        domain, paths = self._scope_domain(products)
        specs = self.search(
            [
                *(("company_id", "=", company.id), ("state", "in", ("approved", "superseded"))),
                *(("date_from", "<=", day), "|", ("date_to", "=", False), ("date_to", ">=", day)),
                *domain,
            ],
            order="date_from, id",
        )
        by_template = {spec.product_tmpl_id.id: spec for spec in specs if spec.product_tmpl_id}
        by_category = {spec.product_category_id.id: spec for spec in specs if spec.product_category_id}
        found = {}
        for product in products:
            near = next((by_category[cid] for cid in paths[product] if cid in by_category), self.browse())
            found[product] = by_template.get(product.product_tmpl_id.id, near).line_ids
        return found
