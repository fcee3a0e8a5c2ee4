from decimal import Decimal, InvalidOperation

from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("number", "Numeric value"),
    ("fraction", "Share, 0 to 1"),
    ("choice", "Choice"),
]
BASES = [
    ("lhv", "Net (LHV)"),
    ("hhv", "Gross (HHV)"),
    ("ar", "As received"),
    ("ad", "Air-dried"),
    ("dry", "Dry"),
]
#: Bases that a value is never taken to be on unless somebody says so.
HEATING_VALUES = ("lhv", "hhv")


def parse_decimal(text):
    """Return what a person typed as an exact number, None where it is none.

    >>> parse_decimal(" 0.98 ")
    Decimal('0.98')
    >>> parse_decimal("1,250") is None
    True
    """
    try:
        number = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _grouped(number):
    """Return a number as a person reads it, with narrow spaces: neither a comma nor a point can be mistaken then.

    >>> _grouped(Decimal("50000"))
    '50\\u202f000'
    >>> _grouped(Decimal("0.026"))
    '0.026'
    """
    return f"{number:,f}".replace(",", "\u202f")


class CarbonCalculationInput(models.Model):
    """One input of a method: its unit, what is plausible, and what the formula expects.

    Limits and defaults are kept as text, so that they are exact and "none" is not zero. Inputs of the same ``table``
    are asked row by row. Frozen with the method.
    """

    _name = "carbon.calculation.input"
    _inherit = ["carbon.gate.line.mixin"]
    _description = "Calculation Input"
    _order = "method_id, sequence, id"
    _gate_parent_field = "method_id"

    method_id = fields.Many2one("carbon.calculation.method", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True, help="Name of the parameter of the formula.")
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(KINDS, required=True, default="number")
    table = fields.Char(help="Inputs of one table are asked row by row. Empty: asked once.")
    is_list = fields.Boolean(compute="_compute_is_list")
    required = fields.Boolean(default=True)
    unit = fields.Char(help="As shown beside the number.")
    uom_id = fields.Many2one(
        "uom.uom",
        string="Convertible Unit",
        ondelete="restrict",
        help="With it, the number may be entered in another unit of the same kind.",
    )
    basis = fields.Selection(BASES, help="The basis that the formula expects, such as the net calorific value.")
    minimum = fields.Char(string="Plausible from")
    maximum = fields.Char(string="Plausible to")
    default_value = fields.Char(string="Default")
    choice_ids = fields.Many2many("carbon.calculation.choice", string="Choices")
    advice = fields.Char(translate=True, help="What to check when a number is not plausible.")

    _code_uniq = models.Constraint("UNIQUE(method_id, code)", "A method has one input of each code.")

    @api.depends("table")
    def _compute_is_list(self):
        for row in self:
            row.is_list = bool(row.table)

    @api.constrains("minimum", "maximum", "default_value")
    def _check_numbers(self):
        for row in self:
            for name in ("minimum", "maximum", "default_value"):
                if row[name] and parse_decimal(row[name]) is None:
                    raise ValidationError(
                        self.env._(
                            "%(field)s of input %(input)s is no number: %(value)s. Write it as 1250.5.",
                            field=self._fields[name]._description_string(self.env),
                            input=row.name,
                            value=row[name],
                        )
                    )

    def _range(self):
        """Return the plausible ``(minimum, maximum)``, each None where there is none."""
        return parse_decimal(self.minimum), parse_decimal(self.maximum)

    def _range_text(self):
        """Return the plausible range for people, long numbers in groups of three digits."""
        low, high = (number is not None and _grouped(number) for number in self._range())
        if low and high:
            return self.env._("%(minimum)s to %(maximum)s", minimum=low, maximum=high)
        if high:
            return self.env._("at most %(maximum)s", maximum=high)
        return self.env._("at least %(minimum)s", minimum=low)
