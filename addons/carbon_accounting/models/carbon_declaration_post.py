from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.carbon_management.models.carbon_gate_mixin import gate_is_open

#: What people say with an input.
_STATED = ("value", "label", "basis", "source", "provenance", "uncertainty")


class CarbonDeclaration(models.Model):
    """Posting of declarations with a method, and what the form shows before."""

    _inherit = "carbon.declaration"

    result_preview = fields.Html(compute="_compute_result_preview", sanitize=False)
    method_outdated = fields.Boolean(compute="_compute_method_outdated")

    @api.depends("method_id", "rule_id.method_id", "state")
    def _compute_method_outdated(self):
        for declaration in self:
            changed = declaration.method_id != declaration.rule_id.method_id
            declaration.method_outdated = declaration.state == "draft" and changed

    def write(self, vals):
        """Calculate what is posted; keep inputs and method of what was posted."""
        posted = self.filtered(lambda declaration: declaration.state == "posted")
        if posted and {"method_id", "input_ids"} & vals.keys():
            raise UserError(
                self.env._(
                    "Declaration %(name)s is posted. Cancel it and declare the right quantity anew.",
                    name=posted[0].name,
                )
            )
        if vals.get("state") == "posted" and gate_is_open(self.env, self._name, self.ids):
            others = {name: value for name, value in vals.items() if name != "state"}
            if others:
                self.write(others)
            (self - posted)._store_results()
            vals = {"state": "posted"}
        return super().write(vals)

    # ------------------------------------------------------------------
    # Posting
    # ------------------------------------------------------------------
    def _store_results(self):
        """Calculate the declarations that are being posted and keep their results.

        :raises UserError: when an input cannot be right, or a result has no rule
        """
        self.check_access("write")
        for declaration in self:
            declaration._check_rule_takes_it()
            if not declaration.method_id:
                continue
            results, warnings = declaration._calculate()
            rows = declaration._counted(results)
            quantities = {result.code: quantity for result, quantity in results}
            errors = declaration._result_errors(declaration._exact_inputs(), quantities)
            self.env["carbon.declaration.result"]._replace(declaration, rows, errors)
            declaration.method_warning = "\n".join(warnings) or False

    def _check_rule_takes_it(self):
        rule = self.rule_id
        if rule.main_rule_id:
            raise UserError(
                self.env._(
                    "Rule %(rule)s takes a further result of the declarations by %(main)s. Choose %(main)s.",
                    rule=rule.name,
                    main=rule.main_rule_id.name,
                )
            )
        if self.method_id != rule.method_id:
            raise UserError(
                self.env._(
                    "Rule %(rule)s is calculated with %(method)s now. Update the inputs of declaration %(name)s.",
                    rule=rule.name,
                    method=rule.method_id.display_name or self.env._("no method"),
                    name=self.name,
                )
            )

    def _counted(self, results):
        """Return the results with the rules that count them.

        :param results: list of ``(carbon.calculation.result, Decimal)``
        :return: list of ``(carbon.calculation.result, carbon.activity.rule, Decimal)``
        """
        rules = self.rule_id._method_rules()
        rows = []
        for result, quantity in results:
            rule = rules.get(result.code)
            if not rule:
                raise UserError(
                    self.env._(
                        "Nothing counts result %(result)s (%(quantity)s %(unit)s) of declaration %(name)s. Ask an"
                        " accountant to add a rule for it below %(rule)s.",
                        result=result.name,
                        quantity=self._plain(quantity),
                        unit=result.uom_id.name,
                        name=self.name,
                        rule=self.rule_id.name,
                    )
                )
            if problem := rule._method_problem():
                raise UserError(self.env._("Rule %(rule)s: %(problem)s", rule=rule.name, problem=problem))
            rows.append((result, rule, quantity))
        return rows

    def action_update_method(self):
        """Ask for the inputs of the method that the rule uses now; values of the same fields are kept."""
        for declaration in self.filtered("method_outdated"):
            old = {
                (line.input_id.code, line.row): {name: line[name] for name in _STATED}
                | {"choice_id": line.choice_id.id, "uom_id": line.uom_id.id}
                for line in declaration.input_ids
            }
            declaration.input_ids.unlink()
            declaration.method_id = declaration.rule_id.method_id
            definitions = {definition.code: definition for definition in declaration.method_id.input_ids}
            self.env["carbon.declaration.input"].create(
                [
                    {**values, "declaration_id": declaration.id, "input_id": definitions[code].id, "row": row}
                    for (code, row), values in old.items()
                    if code in definitions
                ]
            )
            declaration._add_missing_inputs()
        return True

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------
    @api.depends(
        "method_id",
        "rule_id",
        "date",
        "state",
        "input_ids.value",
        "input_ids.choice_id",
        "input_ids.uom_id",
        "input_ids.basis",
    )
    def _compute_result_preview(self):
        for declaration in self:
            draft = declaration.method_id and declaration.state == "draft"
            declaration.result_preview = declaration._preview() if draft else False

    def _preview(self):
        """Return what posting would give: each result, and the gases that its factors make of it."""
        try:
            results, warnings = self._calculate()
        except UserError as error:
            return Markup('<div class="text-danger">%s</div>') % error.args[0]
        rules = self.rule_id._method_rules()
        rows = Markup().join(
            self._preview_row(result, quantity, rules.get(result.code)) for result, quantity in results
        )
        alerts = Markup().join(Markup('<div class="text-warning">%s</div>') % text for text in warnings)
        if not results:
            return alerts + self.env._("Nothing to count: the result is zero.")
        head = Markup("<tr><th>%s</th><th class='text-end'>%s</th><th>%s</th></tr>") % (
            self.env._("Result"),
            self.env._("Quantity"),
            self.env._("Gases"),
        )
        return Markup('<table class="table table-sm">%s%s</table>%s') % (head, rows, alerts)

    def _preview_row(self, result, quantity, rule):
        masses = rule and rule.source_id._preview_masses(quantity, result.uom_id, self.date)
        return Markup("<tr><td>%s</td><td class='text-end'>%s %s</td><td>%s</td></tr>") % (
            result.name,
            self._plain(quantity),
            result.uom_id.name,
            masses or result._gas_label(),
        )
