"""How a missing quantity is computed from its neighbours, exactly. Series are ``{first day of a period: Decimal}``."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import wraps

from . import periods

#: How far a neighbour may lie, and over how many periods extremes and proportions are taken.
REACH = 12
_LAST_DECIMAL = Decimal(1).scaleb(-12)


def _exactly(function):
    """Run a formula with more digits than any quantity has."""

    @wraps(function)
    def run(*args, **kwargs):
        with localcontext() as context:
            context.prec = 80
            return function(*args, **kwargs)

    return run


@_exactly
def rounded(value):
    """Return a quantity as the ledger keeps it: 12 decimals, half away from zero."""
    return value.quantize(_LAST_DECIMAL, ROUND_HALF_UP)


@_exactly
def interpolate(series, first, frequency):
    """Return the value on the straight line between the nearest periods with data.

    :return: ``(value, [(first day, quantity) used])``; ``(None, [])`` without a neighbour on each side

    >>> from datetime import date
    >>> value, used = interpolate({date(2025, 1, 1): Decimal(10), date(2025, 4, 1): Decimal(16)}, date(2025, 2, 1), "month")
    >>> str(value.normalize()), len(used)
    ('12', 2)
    """
    back, before = _nearest(series, first, frequency, -1)
    ahead, after = _nearest(series, first, frequency, 1)
    if not before or not after:
        return None, []
    return rounded((before[1] * ahead + after[1] * back) / (back + ahead)), [before, after]


@_exactly
def last_year(series, first, frequency):
    """Return the value of the same period last year, as :func:`interpolate` does."""
    day = periods.last_year(first, frequency)
    return (rounded(series[day]), [(day, series[day])]) if day in series else (None, [])


@_exactly
def mean(series, first, frequency, count):
    """Return the mean of the last ``count`` periods with data, as :func:`interpolate` does.

    They lie within the last ``2 × count`` periods, at least :data:`REACH`.
    """
    reach = max(REACH, 2 * count)
    used = _before(series, first, frequency, reach)[:count]
    if len(used) < count:
        return None, []
    return rounded(sum(quantity for _day, quantity in used) / count), used


@_exactly
def extreme(series, first, frequency, lowest=False):
    """Return the largest quantity of the last periods with data, of a sink the smallest, as :func:`interpolate` does."""
    used = _before(series, first, frequency, REACH)
    if not used:
        return None, []
    day, quantity = (min if lowest else max)(used, key=lambda row: row[1])
    return rounded(quantity), [(day, quantity)]


@_exactly
def proxy(series, output, first, frequency):
    """Return output of the period × quantity per output of the last periods that have both, as :func:`interpolate` does.

    :param output: series of the production quantity
    """
    used = [row for row in _before(series, first, frequency, REACH) if output.get(row[0])]
    made = sum(output[day] for day, _quantity in used)
    if first not in output or not made:
        return None, []
    return rounded(output[first] * sum(quantity for _day, quantity in used) / made), used


def _nearest(series, first, frequency, sign):
    """Return distance, first day and quantity of the nearest period with data on one side."""
    for number in range(1, REACH + 1):
        day = periods.shift(first, frequency, sign * number)
        if day in series:
            return number, (day, series[day])
    return None, None


def _before(series, first, frequency, reach):
    days = (periods.shift(first, frequency, -number) for number in range(1, reach + 1))
    return [(day, series[day]) for day in days if day in series]
