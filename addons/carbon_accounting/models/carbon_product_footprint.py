from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

BOUNDARIES = [
    ("cradle_to_gate", "Cradle to gate"),
    ("cradle_to_grave", "Cradle to grave"),
    ("gate_to_gate", "Gate to gate"),
]
ORIGINS = [("person", "Entered"), ("pact", "PACT file"), ("portal", "Supplier portal")]


class CarbonProductFootprint(models.Model):
    """Footprint of a bought product as its supplier states it: kg CO2e per unit, with what it covers and how good it is (R-113).

    ``kg_per_unit`` is without biogenic uptake, which stands apart and is never netted. It counts nowhere by itself: once accepted it
    can be made a factor of the supplier and a rule on product and supplier, which wins over the generic ones. Invariant: on
    any day one footprint of a supplier and product is accepted; accepted ones keep their figures and files.
    """

    _name = "carbon.product.footprint"
    _description = "Product Footprint of a Supplier"
    _inherit = ["carbon.versioned.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _record_sequence = "carbon.product.footprint"
    _version_key = ("company_id", "partner_id", "product_tmpl_id", "product_id")

    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True)
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, index=True, ondelete="restrict", tracking=True
    )
    product_tmpl_id = fields.Many2one(
        "product.template", "Product", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    product_id = fields.Many2one(
        "product.product",
        "Variant",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('product_tmpl_id', '=', product_tmpl_id)]",
        help="Only where variants have footprints of their own.",
    )
    kg_per_unit = fields.Float(
        "kg CO₂e per Unit", digits=0, required=True, aggregator=None, tracking=True, help="Without biogenic uptake."
    )
    uom_id = fields.Many2one(
        "uom.uom",
        "Declared Unit",
        required=True,
        ondelete="restrict",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    uptake_kg = fields.Float(
        "Biogenic Uptake (kg CO₂)",
        digits=0,
        aggregator=None,
        help="Carbon dioxide taken up per unit, as a positive number. It lowers no total.",
    )
    gwp_set_id = fields.Many2one("carbon.gwp.set", "GWP Set", required=True, ondelete="restrict")
    boundary = fields.Selection(BOUNDARIES, required=True, default="cradle_to_gate", tracking=True)
    boundary_text = fields.Text("Processes Covered")
    period_from = fields.Date("Data From", required=True, help="First day of the data that the figure rests on.")
    period_to = fields.Date("Data Until", required=True)
    geography = fields.Char(help="Country, region or plant that the figure is for.")
    primary_share = fields.Float("Primary Data (%)", digits=0, aggregator=None)
    has_primary_share = fields.Boolean("Primary Data Known", help="Without it the share is unknown, not 0.")
    exempted_percent = fields.Float("Left Out (%)", digits=0, aggregator=None)
    uncertainty = fields.Float("Uncertainty (±%)", digits=0, aggregator=None)
    is_verified = fields.Boolean("Verified", tracking=True)
    verifier = fields.Char("Verified By")
    standards = fields.Char(help="By which standards and product rules it was calculated.")
    rules = fields.Char("Product Rules")
    origin = fields.Selection(ORIGINS, required=True, default="person", readonly=True, copy=False)
    pact_id = fields.Char("PACT Number", readonly=True, copy=False, index="btree_not_null")
    pact_version = fields.Char("PACT Version", readonly=True, copy=False)
    factor_id = fields.Many2one(
        "carbon.emission.factor", "Factor Made of It", readonly=True, copy=False, ondelete="restrict"
    )
    note = fields.Text()

    _numbers_check = models.Constraint(
        "CHECK(kg_per_unit >= 0 AND uptake_kg >= 0 AND primary_share BETWEEN 0 AND 100 AND exempted_percent BETWEEN 0 AND 100 "
        "AND uncertainty >= 0)",
        "Kilograms and uncertainty are not negative; shares lie between 0 and 100 %.",
    )
    _period_check = models.Constraint("CHECK(period_from <= period_to)", "The data cannot end before they begin.")
    _pact_uniq = models.UniqueIndex(
        "(company_id, pact_id, pact_version, product_tmpl_id, (COALESCE(product_id, 0))) WHERE pact_id IS NOT NULL",
        "This PACT footprint was imported for the product already.",
    )
    _accepted_uniq = models.UniqueIndex(
        "(company_id, partner_id, product_tmpl_id, (COALESCE(product_id, 0)), date_from) WHERE state IN ('approved', 'superseded')",
        "A footprint of this supplier and product is accepted from this day already. Choose another first day of validity.",
    )
    _lookup_idx = models.Index("(company_id, product_tmpl_id, partner_id) WHERE state = 'approved'")

    @api.model
    def _selection_state(self):
        return [
            ("draft", self.env._("Draft")),
            ("approved", self.env._("Accepted")),
            ("superseded", self.env._("Superseded")),
        ]

    @api.depends("product_tmpl_id", "partner_id")
    def _compute_name(self):
        for footprint in self:
            parts = (footprint.product_tmpl_id.name, footprint.partner_id.name)
            footprint.name = footprint.name or " · ".join(filter(None, parts))

    @api.depends("product_tmpl_id")
    def _compute_uom_id(self):
        for footprint in self:
            footprint.uom_id = footprint.uom_id or footprint.product_tmpl_id.uom_id

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        self.partner_id = self.partner_id.commercial_partner_id

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------
    @api.constrains("partner_id")
    def _check_partner(self):
        for footprint in self:
            if (entity := footprint.partner_id.commercial_partner_id) != footprint.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: footprints belong to the company. Choose that one.",
                        contact=footprint.partner_id.display_name,
                        company=entity.display_name,
                    )
                )

    @api.constrains("product_id", "product_tmpl_id")
    def _check_variant(self):
        for footprint in self:
            if footprint.product_id and footprint.product_id.product_tmpl_id != footprint.product_tmpl_id:
                raise ValidationError(
                    self.env._(
                        "%(variant)s is no variant of %(product)s.",
                        variant=footprint.product_id.display_name,
                        product=footprint.product_tmpl_id.display_name,
                    )
                )

    @api.constrains("uom_id", "product_tmpl_id")
    def _check_unit(self):
        """Refuse a declared unit that the product's quantities do not convert to.

        :raises ValidationError: naming both units and the next step
        """
        for footprint in self:
            if not footprint._unit_converts():
                raise ValidationError(
                    self.env._(
                        "%(product)s is kept in %(unit)s, its footprint is per %(declared)s, and nothing says how many of the one make the "
                        "other. Enter a unit conversion of the product first, or the footprint per %(unit)s.",
                        product=footprint.product_tmpl_id.display_name,
                        unit=footprint.product_tmpl_id.uom_id.name,
                        declared=footprint.uom_id.name,
                    )
                )

    def _unit_converts(self):
        """Whether quantities of the product can be told in the declared unit."""
        self.ensure_one()
        kept = self.product_tmpl_id.uom_id
        if kept._has_common_reference(self.uom_id):
            return True
        products = self.product_id or self.product_tmpl_id.product_variant_ids
        return bool(products) and all(self._ratio_is_known(product, kept) for product in products)

    def _ratio_is_known(self, product, kept):
        """Whether the engine converts quantities of a product from one unit to the declared one."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT 1 FROM carbon_unit_ratio(%s, %s, %s, %s, %s, 'infinity', %s, %s) WHERE ratio_num IS NOT NULL",
                *(product.id, self.company_id.id, kept.id, self.uom_id.id),
                *(self.date_from, *self.env["carbon.engine"]._product_measure_uoms()),
            )
        )
        return bool(rows)

    @api.depends(
        *(
            "state",
            "date_from",
            "date_to",
            "kg_per_unit",
            "period_to",
            "boundary",
            "origin",
            "partner_id",
            "product_tmpl_id",
        ),
        *("is_verified", "verifier"),
    )
    def _compute_check_result(self):
        for footprint in self:
            footprint.check_result = footprint._approval_checks() if footprint.state == "draft" else []

    def _approval_checks(self):
        """Ask for a figure, its evidence and a period that is over; say what it may not cover."""
        checks = super()._approval_checks()
        if not self.kg_per_unit:
            checks.append(self._check_item(self.env._("The figure is 0. Enter what the supplier states.")))
        if self.period_to and self.period_to > fields.Date.context_today(self):
            checks.append(self._check_item(self.env._("Its data end in days to come. Correct 'Data Until'.")))
        if not self._has_file():
            checks.append(self._check_item(self.env._("Attach the statement of the supplier.")))
        if self.is_verified and not (self.verifier or "").strip():
            checks.append(self._check_item(self.env._("Name who verified it.")))
        if self.boundary == "gate_to_gate":
            text = self.env._(
                "From gate to gate it leaves out what the supplier bought: as a factor it would count too little."
            )
            checks.append(self._check_item(text, blocking=False))
        return checks

    def _has_file(self):
        # sudo: whether there is evidence is asked for whoever accepts
        files = self.env["ir.attachment"].sudo()
        return bool(
            self._origin.id
            and files.search_count([("res_model", "=", self._name), ("res_id", "=", self._origin.id)], limit=1)
        )

    def _check_approver(self):
        """Accountants accept what a supplier states; the factor made of it is approved once more."""
        self._check_accountant()
        self._check_second_person()

    def _check_accountant(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(
                self.env._(
                    "%(footprint)s is accepted and used by a carbon accountant. Ask one.",
                    footprint=self[:1].display_name,
                )
            )

    def _needs_second_person(self):
        """As for factor versions: it may become one."""
        # sudo: what the company wants is asked for whoever accepts
        system = self.env["carbon.system"].sudo().search([("company_id", "=", self.company_id.id)], limit=1)
        return system.separate_factor_approval

    @api.model
    def _trail_noun(self):
        return "product_footprint"

    def _trail_payload(self):
        """Keep what was accepted."""
        names = ["number", "version", "partner_id", "product_tmpl_id", "product_id", "uom_id", "boundary", "pact_id"]
        return {**self._trail_snapshot(names), "kg_per_unit": repr(self.kg_per_unit), "gwp": self.gwp_set_id.code}

    # ------------------------------------------------------------------
    # Lookup
    # ------------------------------------------------------------------
    @api.model
    def _for_pairs(self, company, pairs, day):
        """Return the accepted footprints of suppliers and products on a day, with one query.

        :param pairs: iterable of (commercial partner, product variant)
        :return: dict from pair to footprint; a variant's own comes before that of its product
        """
        pairs = set(pairs)
        found = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "approved"),
                ("partner_id", "in", [partner.id for partner, _product in pairs]),
                ("product_tmpl_id", "in", [product.product_tmpl_id.id for _partner, product in pairs]),
                ("date_from", "<=", day),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", day),
            ]
        )
        known = {(row.partner_id, row.product_id or row.product_tmpl_id): row for row in found}
        result = {}
        for partner, product in pairs:
            row = known.get((partner, product)) or known.get((partner, product.product_tmpl_id))
            if row:
                result[partner, product] = row
        return result
