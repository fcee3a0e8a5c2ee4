"""Reference implementation, first part: how a quantity of a material gets from one unit to another, in exact decimals."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

_EXACT = 200  # digits: a product of six numbers of 17 digits is not rounded


@dataclass(frozen=True)
class Unit:
    """A unit of measure: ``root`` names its reference, ``size`` is its absolute size in it (``uom.uom.factor``)."""

    root: str
    size: Decimal


@dataclass(frozen=True)
class Conversion:
    """1 ``origin`` of the material = ``factor`` ``target``.

    ``depth`` is that of the category, None for the product's own row; ``shared``: of no company; ``begins`` is the first
    day on which it is valid, None for always.
    """

    origin: Unit
    factor: Decimal
    target: Unit
    depth: int | None = None
    shared: bool = True
    begins: date | None = None


@dataclass(frozen=True)
class Material:
    """What is known of a product: its category path, its unit, weight and volume per unit, conversions."""

    name: str = ""
    categories: tuple = ()
    unit: Unit | None = None
    weight: Decimal = Decimal(0)
    weight_unit: Unit | None = None
    volume: Decimal = Decimal(0)
    volume_unit: Unit | None = None
    conversions: tuple = ()


class AmbiguousUnits(Exception):
    """Properties of a material of the same rank lead to different results."""


def unit_ratio(unit, target, material, day):
    """Return ``(num, den)`` that converts a quantity of a material, or None where nothing is known.

    Units of one reference convert by their sizes; others by the product's own conversion, then by that of the
    deepest category, then by the product's weight or volume; the company's own before a shared one. Where none leads
    there directly, two steps that meet in one other reference do, ranked by the weaker of them. Nothing is guessed.

    :param day: on which the quantity counts; conversions are valid until the next one of their material and units begins
    :raises AmbiguousUnits: where ways of the same rank differ
    """
    if unit.root == target.root:
        return unit.size, target.size
    with localcontext() as context:
        context.prec = _EXACT
        return _ratio_of(unit, target, _steps(material, day))


def _ratio_of(unit, target, steps):
    ways = steps.get((unit.root, target.root))
    if not ways:
        ways = [
            (max(grade1, grade2), num1 * num2, den1 * den2)
            for (start, middle), first in steps.items()
            if start == unit.root
            for grade1, num1, den1 in first
            for grade2, num2, den2 in steps.get((middle, target.root), ())
        ]
    if not ways:
        return None
    num, den = _agreed(_closest(ways))
    return unit.size * num, den * target.size


def _valid(conversions, day):
    """Return the conversions that are valid on a day: of each owner and pair of units the one that began last."""
    latest = {}
    for row in conversions:
        chain = row.depth, row.shared, row.origin, row.target
        begun = row.begins or date.min
        if begun <= day and (chain not in latest or begun > (latest[chain].begins or date.min)):
            latest[chain] = row
    return latest.values()


def _steps(material, day):
    """Return the closest properties on a day for each pair of references: ``{(a, b): [(grade, num, den), …]}``.

    1 reference unit of ``a`` = ``num / den`` reference units of ``b``; the smaller the grade, the closer.
    """
    steps = {}

    def add(grade, start, end, num, den):
        if start.root != end.root:
            steps.setdefault((start.root, end.root), []).append((grade, num, den))

    for row in _valid(material.conversions, day):
        grade = (row.depth is not None, -(row.depth or 0), row.shared)
        add(grade, row.origin, row.target, row.factor * row.target.size, row.origin.size)
        add(grade, row.target, row.origin, row.origin.size, row.factor * row.target.size)
    for value, measure in ((material.weight, material.weight_unit), (material.volume, material.volume_unit)):
        if value and material.unit:
            add((2, 0, 0), material.unit, measure, value * measure.size, material.unit.size)
    return {pair: _closest(rows) for pair, rows in steps.items()}


def _closest(rows):
    best = min(grade for grade, _num, _den in rows)
    return [row for row in rows if row[0] == best]


def _agreed(rows):
    """Return the ratio that all rows give, whatever their numerators are."""
    (_grade, num, den), *others = rows
    if any(Fraction(num) / Fraction(den) != Fraction(n) / Fraction(d) for _grade, n, d in others):
        raise AmbiguousUnits
    return num, den
