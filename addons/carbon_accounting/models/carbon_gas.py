from odoo import api, fields, models
from odoo.fields import Domain

GAS_GROUPS = [
    ("CO2", "CO₂"),
    ("CH4", "CH₄"),
    ("N2O", "N₂O"),
    ("HFCs", "HFCs"),
    ("PFCs", "PFCs"),
    ("SF6", "SF₆"),
    ("NF3", "NF₃"),
    ("other", "Outside the seven groups"),
]


class CarbonGas(models.Model):
    """A greenhouse gas, or a pseudo gas for factors that exist only as CO2e.

    A real gas has one global warming potential per GWP set that knows it. A
    pseudo gas is bound to the set its numbers were weighted with; it has a
    value (1) in that set alone, so that another set is refused, not guessed.
    Blends are no gases: they are factors whose gas lines are the components.
    """

    _name = "carbon.gas"
    _description = "Greenhouse Gas"
    _inherit = ["carbon.label.mixin", "carbon.reference.mixin"]
    _order = "sequence, code"
    _rec_names_search = ["code", "name", "formula"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    formula = fields.Char()
    gas_group = fields.Selection(
        GAS_GROUPS,
        required=True,
        default="other",
        help="Group of GB/T 32150; the seven groups of the Kyoto basket.",
    )
    is_pseudo = fields.Boolean(
        string="CO2e only",
        help="Carries kg CO2e that somebody else has already weighted.",
    )
    pseudo_gwp_set_id = fields.Many2one("carbon.gwp.set", string="Weighted with", ondelete="restrict")
    gwp_value_ids = fields.One2many("carbon.gwp.value", "gas_id")
    gwp_preview = fields.Char(string="GWP100", compute="_compute_gwp_preview")
    note = fields.Text(translate=True)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another gas already has this code.")
    _pseudo_check = models.Constraint(
        "CHECK(is_pseudo IS NOT TRUE OR pseudo_gwp_set_id IS NOT NULL)",
        "A CO2e-only gas must name the GWP set its numbers were weighted with.",
    )

    @api.model
    def _reference_fields(self):
        """The group decides what is in a total, the rest what a factor may be weighted with."""
        return super()._reference_fields() | {"code", "gas_group", "is_pseudo", "pseudo_gwp_set_id"}

    def _reference_domain(self):
        return [("line_ids.gas_id", "in", self.ids)]

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """A code in an import is that gas: the formula CH4 is that of three, and the first of them has an origin."""
        if name and operator == "=":
            found = self.search_fetch(
                Domain(domain or Domain.TRUE) & Domain("code", "=", name), ["display_name"], limit=1
            )
            if found:
                return [(found.id, found.display_name)]
        return super().name_search(name, domain, operator, limit)

    @api.depends("gwp_value_ids.value")
    def _compute_gwp_preview(self):
        for gas in self:
            values = gas.gwp_value_ids.sorted(lambda value: value.gwp_set_id.sequence)
            gas.gwp_preview = " · ".join(f"{value.gwp_set_id.code} {value.value:g}" for value in values)

    @api.model
    def _label_fields(self):
        """The formula is printed too."""
        return [*super()._label_fields(), "formula"]
