from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonMethodUseWizard(models.TransientModel):
    """Makes what a method needs to count: for each result a source with its factor, and a rule.

    A result that already has a source, such as purchased heat in GJ with its supplier's factor, is joined to it.
    """

    _name = "carbon.method.use.wizard"
    _description = "Use a Calculation Method"

    method_id = fields.Many2one("carbon.calculation.method", required=True, readonly=True)
    name = fields.Char(required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    site_id = fields.Many2one("carbon.site", domain="[('company_id', '=', company_id)]")
    emission_unit_id = fields.Many2one("carbon.emission.unit", domain="[('company_id', '=', company_id)]")
    gwp_set_id = fields.Many2one(
        "carbon.gwp.set",
        string="Factors Weighted with",
        help="The GWP set that the publisher of the CO₂e factors used; an inventory with another set refuses them.",
    )
    needs_gwp_set = fields.Boolean(compute="_compute_needs_gwp_set")
    quality = fields.Selection(
        selection=lambda self: self.env["carbon.activity.rule"]._fields["quality"].selection,
        required=True,
        default="calculated",
    )
    material = fields.Selection(
        selection=lambda self: self.env["carbon.source"]._fields["material"].selection[:4],
        string="Fuel",
        help="The row of tables A.2 and A.3. Empty: by the name of the source.",
    )
    needs_material = fields.Boolean(compute="_compute_needs_gwp_set")
    line_ids = fields.One2many("carbon.method.use.line", "wizard_id", string="Results")

    @api.model
    def default_get(self, fields_list):
        """Begin with one line for each result of the method, and its usual category."""
        values = super().default_get(fields_list)
        method = self.env["carbon.calculation.method"].browse(values.get("method_id"))
        if method:
            values.setdefault("name", method.name)
            values["line_ids"] = [
                fields.Command.create({"result_id": result.id, "category_id": self._usual_category(result).id})
                for result in method.result_ids
            ]
        return values

    @api.model
    def _usual_category(self, result):
        if result.kind == "removal" or result.code == "loss":
            return self.env.ref("carbon_accounting.emission_category_sink")
        return result.method_id.category_id

    @api.depends("method_id")
    def _compute_needs_gwp_set(self):
        for wizard in self:
            wizard.needs_gwp_set = "co2e" in wizard.method_id.result_ids.mapped("measure")
            wizard.needs_material = wizard.method_id.family in ("combustion", "mobile")

    def action_create(self):
        """Make the sources and rules, and open a declaration by them.

        :raises UserError: when a result has neither source nor factor
        """
        self.ensure_one()
        self._create_rules()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.declaration",
            "view_mode": "form",
            "name": self.env._("New declaration"),
            "context": {"default_rule_id": self._main_rule().id, "default_company_id": self.company_id.id},
        }

    def _main_rule(self):
        return self.line_ids.rule_id.filtered(lambda rule: not rule.main_rule_id)

    def _create_rules(self):
        """Create the rules of all lines; the first is the main rule.

        :return: main ``carbon.activity.rule``
        """
        if not self.line_ids:
            raise UserError(self.env._("Keep at least one result of %(method)s.", method=self.method_id.display_name))
        main = self.env["carbon.activity.rule"]
        for line in self.line_ids:
            line.rule_id = main.create(self._rule_values(line, main))
            main = main or line.rule_id
        return main

    def _rule_values(self, line, main):
        name = f"{self.name} · {line.result_id.name}" if len(self.line_ids) > 1 else self.name
        return {
            "name": name,
            "company_id": self.company_id.id,
            "event_kind_id": self.env.ref("carbon_accounting.event_kind_declared").id,
            "source_id": (line.source_id or line._create_source(name)).id,
            "method_id": self.method_id.id,
            "method_result": line.result_id.code,
            "main_rule_id": main.id,
            "quality": self.quality,
            "date_basis": "service",
        }


class CarbonMethodUseLine(models.TransientModel):
    """Where one result of the method goes."""

    _name = "carbon.method.use.line"
    _description = "Result of a Method in Use"

    wizard_id = fields.Many2one("carbon.method.use.wizard", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="wizard_id.company_id")
    result_id = fields.Many2one("carbon.calculation.result", required=True, readonly=True)
    measure = fields.Selection(related="result_id.measure")
    source_id = fields.Many2one(
        "carbon.source",
        string="Existing Source",
        domain="[('company_id', '=', company_id), ('uom_id', '!=', False)]",
        help="Empty: a new source is made.",
    )
    category_id = fields.Many2one("carbon.emission.category")
    factor_id = fields.Many2one(
        "carbon.emission.factor",
        domain="[('uom_id', '!=', False), ('version_ids.state', '=', 'approved')]",
        help="Masses of gas need none: one kg of the gas is one kg.",
    )
    rule_id = fields.Many2one("carbon.activity.rule", readonly=True)

    def _create_source(self, name):
        """Create the source of this result with its factor."""
        result, wizard = self.result_id, self.wizard_id
        factor = self._factor()
        fuel = {"material": wizard.material} if wizard.material and wizard.needs_material else {}
        return self.env["carbon.source"].create(
            {
                "name": name,
                "company_id": wizard.company_id.id,
                "kind": "sink" if result.kind == "removal" else "source",
                "category_id": self.category_id.id,
                "uom_id": result.uom_id.id,
                "site_id": wizard.site_id.id,
                "emission_unit_id": wizard.emission_unit_id.id,
                **fuel,
                "factor_line_ids": [fields.Command.create({"stream_id": result.stream_id.id, "factor_id": factor.id})],
            }
        )

    def _factor(self):
        """Return the factor of a new source: that of the mass of gas, or the one that was chosen."""
        result, factors = self.result_id, self.env["carbon.emission.factor"]
        if not self.category_id:
            raise UserError(self.env._("Choose the category of result %(result)s.", result=result.name))
        if self.factor_id:
            return self.factor_id
        if result.measure == "gas":
            return factors._get_gas_mass(result.gas_id, result.kind)
        gwp_set = self.wizard_id.gwp_set_id
        if result.measure == "co2e" and gwp_set:
            pseudo = self.env["carbon.gas"].search(
                [("is_pseudo", "=", True), ("pseudo_gwp_set_id", "=", gwp_set.id)], limit=1
            )
            if pseudo:
                return factors._get_gas_mass(pseudo, "fossil")
        if result.measure == "co2e":
            raise UserError(
                self.env._(
                    "Say with which GWP set the factors of %(method)s are weighted; their publisher names it.",
                    method=self.wizard_id.method_id.name,
                )
            )
        raise UserError(
            self.env._(
                "Choose a factor or an existing source for result %(result)s: it is counted in %(unit)s.",
                result=result.name,
                unit=result.uom_id.name,
            )
        )
