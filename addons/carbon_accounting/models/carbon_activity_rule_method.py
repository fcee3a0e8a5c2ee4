from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonActivityRule(models.Model):
    """Rules on declarations that are calculated with a method.

    The declaration names the *main* rule. Each result of the method has one rule: the main rule takes one result, the
    rules below it the others. So each result has its own source, unit and factor, and travels the one road.
    """

    _inherit = "carbon.activity.rule"

    method_id = fields.Many2one(
        "carbon.calculation.method",
        string="Calculation Method",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('state', '=', 'approved')]",
        help="Declarations by this rule ask for the inputs of the method.",
    )
    method_result = fields.Char(string="Result Taken", tracking=True, help="Code of the result that this rule counts.")
    main_rule_id = fields.Many2one(
        "carbon.activity.rule",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The rule that declarations name; this one takes another result of the same declaration.",
    )
    part_rule_ids = fields.One2many("carbon.activity.rule", "main_rule_id", string="Further Results")

    _part_uniq = models.UniqueIndex(
        "(main_rule_id, method_result) WHERE main_rule_id IS NOT NULL AND active",
        "Another rule already takes this result.",
    )

    def write(self, vals):
        """A new version of the method applies to all results of the declaration."""
        result = super().write(vals)
        if "method_id" in vals and (parts := self.part_rule_ids):
            parts.write({"method_id": vals["method_id"]})
        return result

    @api.constrains("method_id", "method_result", "event_kind_id", "source_id", "outcome", "main_rule_id", "active")
    def _check_method(self):
        for rule in self.filtered(lambda r: r.active and (r.method_id or r.main_rule_id)):
            problem = rule._method_problem()
            if problem:
                raise ValidationError(self.env._("Rule %(rule)s: %(problem)s", rule=rule.name, problem=problem))

    @api.constrains("method_id", "method_result", "source_id", "outcome", "active")
    def _check_zero_electricity(self):
        """Electricity that counts as nothing is covered by certificates, number by number."""
        self.source_id.factor_line_ids._check_zero_electricity()

    def _method_problem(self):
        """Return why the rule cannot take its result, or nothing."""
        if self.event_kind != "declared" or self.quantity_basis != "quantity":
            return self.env._("only declared quantities are calculated with a method. Choose that event kind.")
        if self.method_id.state != "approved":
            return self.env._("its method is a draft. Approve the method first.")
        main = self.main_rule_id
        if main and (main.method_id != self.method_id or main.main_rule_id):
            return self.env._("its main rule uses another method. Give both the same version.")
        if main and main.method_result == self.method_result:
            return self.env._("its main rule takes this result already. Choose another result.")
        result = self.method_id.result_ids.filtered(lambda row: row.code == self.method_result)
        if not result:
            return self.env._(
                "its method has no result %(code)s. Choose one of %(codes)s.",
                code=self.method_result or "?",
                codes=", ".join(self.method_id.result_ids.mapped("code")),
            )
        return self.outcome == "count" and self._result_problem(result)

    def _result_problem(self, result):
        """Return why the rule's source would count a result as something else than it is, or nothing."""
        source = self.source_id
        if not (source.uom_id and source.uom_id._has_common_reference(result.uom_id)):
            return self.env._(
                "result %(result)s is in %(unit)s, but source %(emitter)s is kept in %(own)s.",
                result=result.name,
                unit=result.uom_id.name,
                emitter=source.display_name,
                own=source.uom_id.name or source.currency_id.name,
            )
        if result.measure == "quantity":
            return None
        for line in source.factor_line_ids:
            if not line.factor_id._counts_mass_of(result):
                return self.env._(
                    "result %(result)s is a mass of %(gas)s, and factor %(factor)s of source %(emitter)s counts"
                    " something else. Choose a factor of one kg of that gas and kind per kg.",
                    result=result.name,
                    gas=result._gas_label(),
                    factor=line.factor_id.display_name,
                    emitter=source.display_name,
                )
        return None

    def _method_rules(self):
        """Return ``{result code: rule}`` of a main rule."""
        self.ensure_one()
        return {rule.method_result: rule for rule in self | self.part_rule_ids.filtered("active")}
