import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

#: Share of the records with a service period from which on it is proposed as the date; those without wait on the worklist.
_NEARLY_ALL = 0.9
#: Kinds of unit that a property of the material can link.
_PHYSICAL = ("uom.product_uom_gram", "uom.product_uom_milliliter", "uom.product_uom_kwh", "carbon_accounting.uom_nm3")


class CarbonRuleProposal(models.TransientModel):
    """A rule that the guided set-up proposes for one product; nothing happens before a person ticks it."""

    _name = "carbon.rule.proposal"
    _description = "Proposed Rule"
    _order = "weight desc, id"
    _rec_name = "product_id"

    wizard_id = fields.Many2one("carbon.setup.wizard", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="wizard_id.company_id")
    selected = fields.Boolean(string="Confirmed")
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    stats = fields.Json(export_string_translation=False)
    weight = fields.Float(readonly=True)
    is_output = fields.Boolean(readonly=True)
    event_kind_id = fields.Many2one("carbon.event.kind", string="When", required=True)
    kind_ids = fields.Many2many("carbon.event.kind", compute="_compute_kind_ids")
    event_count = fields.Integer(string="Records", compute="_compute_stat")
    quantity = fields.Float(digits=0, compute="_compute_stat")
    uom_id = fields.Many2one("uom.uom", string="Unit", compute="_compute_stat")
    quantity_text = fields.Char(compute="_compute_stat")
    amount = fields.Monetary(compute="_compute_stat")
    currency_id = fields.Many2one(related="company_id.currency_id")
    outcome = fields.Selection([("count", "Counts"), ("none", "No emission")], required=True, default="count")
    reason = fields.Char()
    factor_id = fields.Many2one("carbon.emission.factor", domain="[('version_ids.state', '=', 'approved')]")
    source_id = fields.Many2one(
        "carbon.source", string="Existing source", domain="[('company_id', '=', company_id), ('planned', '=', False)]"
    )
    source_name = fields.Char(
        string="New source", compute="_compute_from_factor", store=True, readonly=False, precompute=True
    )
    emission_category_id = fields.Many2one(
        "carbon.emission.category",
        string="Category",
        compute="_compute_from_factor",
        store=True,
        readonly=False,
        precompute=True,
    )
    has_service_period = fields.Boolean(related="event_kind_id.has_service_period")
    date_basis = fields.Selection(
        [("movement", "Movement date"), ("service", "Service period, split by month")],
        compute="_compute_date_basis",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    hint = fields.Char(compute="_compute_hint")
    is_warned = fields.Boolean(compute="_compute_hint", export_string_translation=False)

    @api.depends("stats")
    def _compute_kind_ids(self):
        for row in self:
            row.kind_ids = self.env["carbon.event.kind"].search([("code", "in", list(row.stats or {}))])

    @api.depends("event_kind_id", "stats")
    def _compute_stat(self):
        for row in self:
            stat = (row.stats or {}).get(row.event_kind_id.code) or {}
            row.event_count = stat.get("count", 0)
            row.quantity = stat.get("quantity", 0.0)
            row.uom_id = stat.get("uom_id") or False
            row.amount = stat.get("amount", 0.0)
            row.quantity_text = f"{formatLang(self.env, row.quantity, digits=1)} {row.uom_id.name or ''}"

    @api.depends("factor_id")
    def _compute_from_factor(self):
        for row in self:
            factor = row.factor_id
            if factor:
                # the name of a factor ends with its pack in brackets
                row.source_name = re.sub(r"\s*[（(][^（()）]*[)）]$", "", factor.name or "") or factor.code
                row.emission_category_id = factor.emission_category_id
            elif not row.is_output:
                row.source_name = row.source_name
                row.emission_category_id = row.emission_category_id

    def _serviced(self):
        """Return how many of the records have a service period, and how many there are."""
        stat = (self.stats or {}).get(self.event_kind_id.code) or {}
        return stat.get("serviced", 0), stat.get("count", 0)

    @api.depends("event_kind_id", "stats")
    def _compute_date_basis(self):
        for row in self:
            serviced, count = row._serviced()
            nearly_all = row.has_service_period and serviced and serviced >= _NEARLY_ALL * count
            row.date_basis = "service" if nearly_all else "movement"

    @api.depends("factor_id", "source_id", "event_kind_id", "outcome", "reason", "date_basis", "stats")
    def _compute_hint(self):
        for row in self:
            hint = row._hint()
            row.is_warned = bool(hint)
            row.hint = " ".join(filter(None, (hint, row._date_hint()))) or False

    def _date_hint(self):
        """Say why the service period is proposed; False where the date of the document counts."""
        serviced, count = self._serviced()
        if self.outcome != "count" or self.date_basis != "service" or not serviced:
            return False
        return self.env._(
            "%(serviced)s of %(count)s records have a service period: it counts, split by month.",
            serviced=serviced,
            count=count,
        )

    def _hint(self):
        """Say what is missing or will be asked for."""
        if self.outcome == "none":
            return False if self.reason else self.env._("Write why it carries no emission.")
        if self.is_output:
            return self.env._("Production output: carries no emission, divides it.")
        if self.source_id.currency_id and not self.event_kind_id.has_amount:
            return self.env._(
                "The amount of '%(kind)s' does not say what was bought: choose a source kept in a quantity, or another 'When'.",
                kind=self.event_kind_id.name,
            )
        target = self.source_id.uom_id or self.factor_id.uom_id
        if not target:
            return False if self.source_id else self.env._("Choose a factor, an existing source, or 'No emission'.")
        fit = self._unit_fit(self.product_id, self.uom_id, target)
        if fit == "property":
            return self.env._(
                "Comes in %(unit)s, counted in %(target)s: enter its density or calorific value.",
                unit=self.uom_id.name,
                target=target.name,
            )
        if fit == "never":
            return self.env._(
                "Comes in %(unit)s, which does not convert into %(target)s.",
                unit=self.uom_id.name or "?",
                target=target.name,
            )
        return False

    @api.model
    def _unit_fit(self, product, uom, target):
        """Tell how a quantity of a product can be converted into a unit.

        :return: ``direct`` (same kind of unit, or Odoo's weight or an entered property), ``property`` (one must be
            entered) or ``never``
        """
        if not uom or not target:
            return "never"
        if uom._has_common_reference(target):
            return "direct"
        gram, *_rest = physical = [self.env.ref(xmlid, raise_if_not_found=False) for xmlid in _PHYSICAL]
        if product.weight and gram and gram._has_common_reference(target) and uom._has_common_reference(product.uom_id):
            return "direct"
        conversions = self.env["carbon.unit.conversion"].search(
            ["|", ("product_id", "=", product.id), ("category_id", "parent_of", product.categ_id.id)]
        )
        for row in conversions:
            ends = (row.from_uom_id, row.to_uom_id)
            if any(a._has_common_reference(uom) and b._has_common_reference(target) for a, b in (ends, ends[::-1])):
                return "direct"
        kinds = [unit for unit in physical if unit]
        if any(unit._has_common_reference(uom) for unit in kinds) and any(
            unit._has_common_reference(target) for unit in kinds
        ):
            return "property"
        return "never"

    # ------------------------------------------------------------------ creation
    def _create_rules(self):
        """Create the sources and rules of these proposals, all or none.

        :return: the rules
        """
        vals_list = []
        for row in self:
            row._check_complete()
            source = row._get_source() if row.outcome == "count" else self.env["carbon.source"]
            vals_list.append(row._prepare_rule_vals(source))
        return self.env["carbon.activity.rule"].create(vals_list)

    def _check_complete(self):
        name = self.product_id.display_name
        if self.outcome == "none" and not (self.reason or "").strip():
            raise UserError(self.env._("Write why %(product)s carries no emission.", product=name))
        if self.outcome == "count" and not (self.source_id or self.factor_id or self.is_output):
            raise UserError(
                self.env._(
                    "Choose a factor or an existing source for %(product)s, or say 'No emission' with a reason.",
                    product=name,
                )
            )
        if self.outcome == "count" and not self.source_id and not (self.source_name and self.emission_category_id):
            raise UserError(self.env._("Name the new source of %(product)s and choose its category.", product=name))

    def _prepare_rule_vals(self, source):
        spend = bool(source.currency_id)
        return {
            "name": f"{self.event_kind_id.name}: {self.product_id.display_name}",
            "company_id": self.company_id.id,
            "event_kind_id": self.event_kind_id.id,
            "product_id": self.product_id.id,
            "outcome": self.outcome,
            "reason": self.reason if self.outcome == "none" else False,
            "source_id": source.id,
            "quantity_basis": "amount" if spend else "quantity",
            "date_basis": self.date_basis if self.outcome == "count" else "movement",
        }

    def _get_source(self):
        """Return the chosen source, one of the same name and factor, or a new one."""
        if self.source_id:
            return self.source_id
        sources, vals = self.env["carbon.source"], self._prepare_source_vals()
        same = sources.search(
            [(name, "=", vals[name]) for name in ("company_id", "name", "category_id", "uom_id", "currency_id")]
        )
        same = same.filtered(lambda source: source.factor_line_ids.factor_id == self.factor_id)
        return same[:1] or sources.create(vals)

    def _prepare_source_vals(self):
        factor = self.factor_id
        site = self.env["carbon.site"].search([("company_id", "=", self.company_id.id)], limit=1)
        vals = {
            "name": self.source_name,
            "code": self._next_code(),
            "company_id": self.company_id.id,
            "kind": "output" if self.is_output else "source",
            "category_id": self.emission_category_id.id,
            "site_id": site.id,
            "uom_id": (factor.uom_id if factor else self.uom_id).id,
            "currency_id": factor.currency_id.id,
        }
        if factor:
            stream = factor.stream_id or self.env["carbon.emission.stream"].search([("basis", "=", False)], limit=1)
            vals["factor_line_ids"] = [fields.Command.create({"stream_id": stream.id, "factor_id": factor.id})]
        return vals

    def _next_code(self):
        """Return the next free number, S-01 for sources and P-01 for production output."""
        prefix = "P" if self.is_output else "S"
        codes = (
            self.env["carbon.source"]
            .with_context(active_test=False)
            .search([("company_id", "=", self.company_id.id), ("code", "=like", f"{prefix}-%")])
            .mapped("code")
        )
        numbers = [int(code[2:]) for code in codes if code[2:].isdigit()]
        return f"{prefix}-{max(numbers, default=0) + 1:02d}"
