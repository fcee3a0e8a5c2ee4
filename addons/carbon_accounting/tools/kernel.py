"""Reference arithmetic of the carbon ledger: exact decimals, no ORM, no floats.

The set-based SQL engine does the same sums; a differential test holds the two
together. Conventions of both:

* multiply first, divide last;
* quantities and factors are rounded once, when stored: 12 decimals, half away
  from zero (PostgreSQL ``round(numeric, 12)``). Everything derived when read
  (gas masses, CO2e) is exact and rounded by the report only;
* PostgreSQL divides to some 16 significant digits unless an operand carries a
  larger scale, so SQL writes ``round(q * num * 1.000000000000000000000000 / den,
  12)`` to be as exact as :func:`convert`;
* NUMERIC columns are read with ``::text`` into ``Decimal``: Odoo hands out floats.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext

#: Ratio of the molar masses of carbon dioxide and carbon, as a fraction.
CO2_OVER_C = (44, 12)
#: Gas codes whose biogenic part is reported outside the totals.
BIOGENIC_OUTSIDE_TOTAL = ("CO2",)

_QUANTUM = Decimal("1e-12")
_PRECISION = 60


def to_decimal(value):
    """Return ``value`` (``Decimal``, ``int`` or text) as an exact ``Decimal``.

    Floats are refused: their decimal value is not what was entered.

    >>> to_decimal("0.026")
    Decimal('0.026')
    >>> to_decimal(0.026)
    Traceback (most recent call last):
    ...
    TypeError: exact arithmetic takes Decimal, int or text, not float
    """
    if isinstance(value, float):
        raise TypeError("exact arithmetic takes Decimal, int or text, not float")
    return value if isinstance(value, Decimal) else Decimal(value)


def round12(value):
    """Round to 12 decimals, half away from zero (PostgreSQL ``round(x, 12)``).

    >>> round12("0.0000000000005")
    Decimal('1E-12')
    >>> round12("-0.0000000000005")
    Decimal('-1E-12')
    >>> str(round12("1868.5333333333333333"))
    '1868.533333333333'
    """
    with localcontext() as ctx:
        ctx.prec = _PRECISION
        return to_decimal(value).quantize(_QUANTUM, rounding=ROUND_HALF_UP)


def convert(quantity, num, den):
    """Convert a quantity between units of one reference: ``quantity × num ÷ den``.

    :param quantity: amount in the unit of origin
    :param num: absolute size of the unit of origin (``uom.uom.factor``)
    :param den: absolute size of the unit of destination
    :return: amount in the unit of destination, 12 decimals

    >>> str(convert("3", "1", "1000000"))  # 3 g in t
    '0.000003000000'
    >>> str(convert("1", "1", "3.6"))  # 1 GJ is 0.277… MWh
    '0.277777777778'
    """
    with localcontext() as ctx:
        ctx.prec = _PRECISION
        return round12(to_decimal(quantity) * to_decimal(num) / to_decimal(den))


def parameter_kg_per_unit(ncv, cc, of):
    """CO2 of fully described fuel: ``NCV × CC × OF × 44/12 × 1000``, in kg per unit.

    Heat-content route of the NDRC guidelines and GB/T 32151 (methods.md 1.1).

    :param ncv: net calorific value, GJ per unit of fuel (t or 10⁴ Nm³)
    :param cc: carbon content per heat, tC/GJ
    :param of: oxidation rate, 0 to 1
    :return: kg CO2 per unit of fuel, 12 decimals

    Coal with 20 GJ/t, 0.026 tC/GJ and 0.98:

    >>> str(parameter_kg_per_unit("20", "0.026", "0.98"))
    '1868.533333333333'
    """
    num, den = CO2_OVER_C
    product = to_decimal(ncv) * to_decimal(cc) * to_decimal(of)
    return convert(product * 1000, num, den)


def gas_masses(quantity, lines):
    """Masses of gas caused by a quantity of activity.

    :param quantity: amount in the unit of the factor
    :param lines: iterable of ``(gas code, kind, kg per unit)``
    :return: ``{(gas code, kind): kg}``, exact

    >>> gas_masses("2", [("CO2", "fossil", "1.5"), ("CH4_FOSSIL", "fossil", "0.1")])
    {('CO2', 'fossil'): Decimal('3.0'), ('CH4_FOSSIL', 'fossil'): Decimal('0.2')}
    """
    masses = defaultdict(Decimal)
    with localcontext() as ctx:
        ctx.prec = _PRECISION
        for gas, kind, kg_per_unit in lines:
            masses[gas, kind] += to_decimal(quantity) * to_decimal(kg_per_unit)
    return dict(masses)


def co2e(masses, gwp):
    """Weight masses of gas with a GWP set.

    CO2 of biogenic carbon stays outside the total, methane and nitrous oxide of
    biomass are inside it (methods.md 1.13); removed and recovered masses are
    reported beside the total and never netted here.

    :param masses: ``{(gas code, kind): kg}`` as :func:`gas_masses` returns
    :param gwp: ``{gas code: GWP100}`` of one set
    :return: ``{"total", "biogenic_co2", "removal", "recovered"}`` in kg CO2e
    :raises KeyError: when the set has no value for a gas; nothing is guessed

    >>> masses = {
    ...     ("CO2", "fossil"): Decimal(10),
    ...     ("CO2", "biogenic"): Decimal(4),
    ...     ("CH4_NONFOSSIL", "biogenic"): Decimal(1),
    ... }
    >>> result = co2e(masses, {"CO2": 1, "CH4_NONFOSSIL": "27"})
    >>> str(result["total"]), str(result["biogenic_co2"])
    ('37', '4')
    """
    result = dict.fromkeys(("total", "biogenic_co2", "removal", "recovered"), Decimal(0))
    with localcontext() as ctx:
        ctx.prec = _PRECISION
        for (gas, kind), kg in masses.items():
            result[_bucket(gas, kind)] += to_decimal(kg) * to_decimal(gwp[gas])
    return result


def _bucket(gas, kind):
    """Return the total to which a mass of ``gas`` of this ``kind`` belongs."""
    if kind in ("removal", "recovered"):
        return kind
    if kind == "biogenic" and gas in BIOGENIC_OUTSIDE_TOTAL:
        return "biogenic_co2"
    return "total"
