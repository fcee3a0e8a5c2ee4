"""The reviewed formulas: one small pure function per calculation method, exact decimals, no ORM.

A definition in the database (``carbon.calculation.method``) names its function by code and describes the inputs for
people; it holds no formula. The names of the inputs are the parameters of the function. A parameter without default
is required; a *list* (annotated ``list``) comes as one decimal for each row, all lists of a table equally long; a
*choice* (annotated ``str``) comes as a word.

A function returns the masses in kg (or quantities in the unit of its result) by result code, or refuses with
:class:`Refusal` what no range of a single input can tell. Multiply first, divide last; :func:`evaluate` rounds once.
"""

import inspect
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from ..kernel import round12, to_decimal

METHODS = {}
_PRECISION = 60


@dataclass(frozen=True)
class Result:
    """One result of a method.

    ``measure`` says what is counted: kg of the ``gas`` (of a ``kind``), kg of the ``substance`` that the source's
    factor names, kg ``co2e`` that somebody has weighted already, or a ``quantity`` in ``unit`` that a factor follows.
    """

    measure: str
    gas: str = ""
    kind: str = ""
    stream: str = "process"
    unit: str = "kg"


@dataclass(frozen=True)
class Method:
    """A function with what it takes and gives."""

    code: str
    function: object
    results: dict
    required: tuple
    optional: tuple
    lists: tuple
    choices: tuple

    @property
    def inputs(self):
        """All names of inputs, in the order of the function."""
        return self.required + self.optional


class Refusal(Exception):
    """Inputs that are each plausible but cannot be right together.

    ``key`` names the sentence shown to people, ``values`` fill it, ``inputs`` are the fields to look at.
    """

    def __init__(self, key, *inputs, **values):
        super().__init__(key)
        self.key, self.inputs, self.values = key, inputs, values


@dataclass
class Outcome:
    """What a method gives: quantities by result code, and warnings ``(key, input, values)``."""

    results: dict
    warnings: list = field(default_factory=list)


def method(code, **results):
    """Register a function as the formula of a method.

    :param code: code of the method
    :param results: result code → :class:`Result`
    """

    def register(function):
        parameters = inspect.signature(function).parameters.values()
        METHODS[code] = Method(
            code=code,
            function=function,
            results=results,
            required=tuple(p.name for p in parameters if p.default is p.empty),
            optional=tuple(p.name for p in parameters if p.default is not p.empty),
            lists=tuple(p.name for p in parameters if p.annotation is list),
            choices=tuple(p.name for p in parameters if p.annotation is str),
        )
        return function

    return register


def evaluate(code, inputs):
    """Calculate a method, the public path of every preview, posting and re-performance.

    :param code: code of a registered method
    :param inputs: ``{name: Decimal, int, text, list of these, or a word}``; missing optional inputs are allowed
    :return: :class:`Outcome`, quantities rounded once to 12 decimals
    :raises Refusal: when the inputs contradict each other
    :raises KeyError: for an unknown method
    :raises TypeError: for missing or unknown inputs, and for floats

    >>> outcome = evaluate("fuel_heat_content", {"quantity": 100, "ncv": 20, "carbon_content": "0.026", "oxidation": "0.98"})
    >>> str(outcome.results["co2"])
    '186853.333333333333'
    """
    known = METHODS[code]
    values = {name: _exact(known, name, value) for name, value in inputs.items()}
    with localcontext() as context:
        context.prec = _PRECISION
        found = known.function(**values)
        results, warnings = found if isinstance(found, tuple) else (found, [])
        if unknown := results.keys() - known.results.keys():
            raise KeyError(f"{code} gives undeclared results: {sorted(unknown)}")
        return Outcome({name: round12(value) for name, value in results.items()}, warnings)


def _exact(known, name, value):
    if name in known.choices:
        return value
    if name in known.lists:
        return [to_decimal(item) for item in value]
    return to_decimal(value)


# ---------------------------------------------------------------------- helpers of the formulas
ONE = Decimal(1)
ZERO = Decimal(0)


def co2_kg(tonnes_carbon):
    """Carbon in t as CO2 in kg: ``× 44/12 × 1000``, the exact ratio and not 3.67."""
    return tonnes_carbon * 44 * 1000 / 12


def rows(*columns):
    """Join lists of one table row by row.

    :raises Refusal: when one list is longer than another
    """
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise Refusal("rows_differ", lengths=sorted(lengths))
    return list(zip(*columns, strict=True))


def at_least_zero(value, *inputs):
    """Refuse a negative balance of stock: something was counted twice or forgotten."""
    if value < 0:
        raise Refusal("stock_negative", *inputs, value=value)
    return value


def not_more(part, whole, part_name, whole_name):
    """Refuse a part that is larger than its whole."""
    if part > whole:
        raise Refusal("part_exceeds", part_name, whole_name, part=part, whole=whole)
    return part


def above_zero(value, name):
    """Refuse a divisor of zero."""
    if value <= 0:
        raise Refusal("not_above_zero", name, value=value)
    return value


def product_sum(*columns):
    """``Σ a·b·c…`` over the rows of a table."""
    total = ZERO
    for row in rows(*columns):
        product = ONE
        for item in row:
            product *= item
        total += product
    return total


def pad(column, length, default):
    """Fill an optional list that was left empty."""
    return column or [to_decimal(default)] * length


#: Results that many methods share.
CO2 = Result("gas", "CO2", "fossil", "combustion")
CH4 = Result("gas", "CH4_FOSSIL", "fossil", "combustion")
N2O = Result("gas", "N2O", "fossil", "combustion")
CO2_BIO = Result("gas", "CO2", "biogenic", "combustion")
CH4_BIO = Result("gas", "CH4_NONFOSSIL", "biogenic", "combustion")
N2O_BIO = Result("gas", "N2O", "biogenic", "combustion")
PROCESS_CO2 = Result("gas", "CO2", "fossil", "process")
REMOVAL = Result("gas", "CO2", "removal", "removal")
CO2E = Result("co2e", stream="spend")
SUBSTANCE = Result("substance", stream="fugitive")
