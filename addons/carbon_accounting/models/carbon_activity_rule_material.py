from datetime import date

from odoo import api, models
from odoo.fields import Domain

#: What is made, delivered or declared is another fact than what was bought and used.
_FREE = {"produced", "delivered", "declared"}


class CarbonActivityRule(models.Model):
    """Which rules would count one flow of material twice (R-130)."""

    _inherit = "carbon.activity.rule"

    def _counts_twice_with(self, other):
        """Whether one flow of material could count for both rules, at two recognition points."""
        if self.source_id != other.source_id:
            named = all(rule.product_id or rule.category_id for rule in (self, other))
            if not named or {self.recognition, other.recognition} & _FREE:
                return False
        return self._may_cover_same_material(other) and not self._is_told_apart_from(other)

    def _may_cover_same_material(self, other):
        """Whether an event of one product could count for both rules."""
        mine, theirs = self.product_id, other.product_id
        if mine and theirs:
            return mine == theirs
        cat_a = self.category_id
        cat_b = other.category_id
        if mine or theirs:
            own, named = (mine.categ_id, cat_b) if mine else (theirs.categ_id, cat_a)
            return not named or (own.parent_path or "").startswith(named.parent_path)
        if cat_a and cat_b:
            return cat_a.parent_path.startswith(cat_b.parent_path) or cat_b.parent_path.startswith(cat_a.parent_path)
        return True

    def _is_told_apart_from(self, other):
        """Whether a closer rule takes from the wider one of two rules all that the narrower one names.

        That is a rule of the wider one's event kind that names the material, or a category between the two, and
        nothing else, throughout the dates that both have in common: 'no emission', or another emission category.
        """
        wider, narrower = sorted((self, other), key=lambda rule: rule._material_depth())
        floor = wider._material_depth()
        if floor == narrower._material_depth():
            return False
        category = narrower.category_id or narrower.product_id.categ_id
        begin = max(rule.date_from or date.min for rule in (self, other))
        end = min(rule.date_to or date.max for rule in (self, other))
        closer = self.search(wider._closer_domain(narrower.product_id, category))
        return any(
            rule._material_depth() > floor
            and (rule.date_from or date.min) <= begin
            and (rule.date_to or date.max) >= end
            for rule in closer
        )

    def _closer_domain(self, product, category):
        """Return the domain of other active rules of this rule's kind that take the material and ask for nothing else."""
        named = Domain("product_id", "=", False) & Domain("category_id", "parent_of", category.ids)
        if product:
            named |= Domain("product_id", "=", product.id) & Domain("category_id", "=", False)
        domain = named & Domain("id", "!=", self.id) & Domain("active", "=", True)
        domain &= Domain("company_id", "=", self.company_id.id) & Domain("event_kind", "=", self.event_kind)
        for fname, _event_column, _tree in self._criteria():
            if fname not in ("product_id", "category_id"):
                domain &= Domain(fname, "=", False)
        return domain

    def _material_depth(self):
        """Return how closely the rule names its material: nothing, a category by its depth, a product."""
        if self.product_id:
            return 1 << 30
        return (self.category_id.parent_path or "").count("/")

    @api.model
    def _moves_material(self, vals):
        """Whether these values can give material back to a wider rule."""
        dates = {"active", "company_id", "event_kind_id", "date_from", "date_to"}
        return not (dates | {criterion[0] for criterion in self._criteria()}).isdisjoint(vals)

    def _wider(self):
        """Return the counting rules without product from which these rules take material, as they are now."""
        wider = self.browse()
        for rule in self.filtered(lambda r: r.active and (r.product_id or r.category_id)):
            candidates = self.search(
                Domain("company_id", "=", rule.company_id.id)
                & Domain("event_kind", "=", rule.event_kind)
                & Domain("outcome", "=", "count")
                & Domain("product_id", "=", False)
                & Domain("active", "=", True)
                & Domain("id", "!=", rule.id)
            )
            wider |= candidates.filtered(rule._may_cover_same_material)
        return wider
