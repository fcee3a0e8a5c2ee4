"""Propagation of uncertainty (IPCC 2006 Guidelines, volume 1, chapter 3), without a database.

A percentage is half the width of the 95 % confidence interval, in per cent of the value. Values carry their sign: what
a counter row takes back, and a removal that is netted, is negative.
"""

import math
import random
from collections import defaultdict
from dataclasses import dataclass, field

#: Half the width of a 95 % interval in standard deviations of a normal distribution.
Z95 = 1.959963984540054
#: Trials of a simulation unless told otherwise.
TRIALS = 10_000
#: A simulation has settled when the ends of its interval move by less than this, in per cent.
SETTLED = 1.0


def combine_product(*percents):
    """Return the percentage of a product or quotient of independent quantities (Eq. 3.1)."""
    return math.sqrt(math.fsum(p * p for p in percents))


def combine_sum(values, percents):
    """Return the percentage of a sum of independent quantities (Eq. 3.2).

    The denominator is the absolute value of the *signed sum*.

    :raises ZeroDivisionError: if the values add up to nothing; a percentage of it means nothing
    """
    pairs = list(zip(values, percents, strict=True))
    return math.sqrt(math.fsum((v * p) ** 2 for v, p in pairs)) / abs(math.fsum(v for v, _p in pairs))


def combine_correlated(values, percents):
    """Return the percentage of a sum of quantities that err together, such as lines that share one factor.

    :raises ZeroDivisionError: if the values add up to nothing
    """
    pairs = list(zip(values, percents, strict=True))
    return abs(math.fsum(v * p for v, p in pairs)) / abs(math.fsum(v for v, _p in pairs))


def spread_text(percent, below=False, above=False):
    """Return an uncertainty as people read it: one number where both sides are alike, two where they differ.

    >>> spread_text(5.0), spread_text(50.0, 30.0, 70.0), spread_text(False)
    ('± 5.00', '− 30.00 / + 70.00', False)
    """
    if below is not False and above is not False:
        return f"− {below:.2f} / + {above:.2f}"
    return False if percent is False else f"± {percent:.2f}"


def half_width(low, high):
    """Return half the width of an interval."""
    return (high - low) / 2


def pedigree_gsd2(basic, *factors):
    """Return the squared geometric standard deviation from a basic uncertainty and factors of a pedigree matrix.

    ``exp(sqrt(ln(basic)² + Σ ln(factor)²))``; the 95 % interval is from ``value / GSD²`` to ``value × GSD²``.
    """
    return math.exp(math.sqrt(math.fsum(math.log(x) ** 2 for x in (basic, *factors))))


def pedigree_variance(factor):
    """Return the variance of the logarithm that a factor of a pedigree matrix stands for: ``(ln(factor) / 2)²``."""
    return (math.log(factor) / 2) ** 2


@dataclass(frozen=True)
class Part:
    """A part of a total: ``value = activity × factor``, each with what it errs together with.

    ``activity`` and ``factor`` name the measurement and the factor: parts with the same name share its error fully. A
    percentage of None is not known; it adds nothing to the interval and lowers its coverage.
    """

    value: float
    activity: object
    activity_percent: float | None
    factor: object
    factor_percent: float | None
    #: ``(below, above)`` where the source of the factor gives two percentages; ``factor_percent`` is half their sum then.
    factor_sides: tuple | None = None

    def sides(self, kind):
        """Return how far the value may lie below and above, in per cent, by the error of its activity or its factor."""
        percent = getattr(self, f"{kind}_percent") or 0.0
        return self.factor_sides if kind == "factor" and self.factor_sides else (percent, percent)


@dataclass
class Interval:
    """What :func:`propagate` returns, in the unit of the values. Both sides are alike unless a factor's are not."""

    total: float
    below: float  # from the total down to the end of the 95 % interval
    above: float  # and up
    coverage: float  # share of the absolute values, 0 to 1, with both percentages known
    components: dict = field(default_factory=dict)  # ("activity" | "factor", name) → (below, above)

    @property
    def half(self):
        """Half the width of the interval."""
        return (self.below + self.above) / 2

    @property
    def percent(self):
        """Half the width in per cent of the total; None where the total is nothing."""
        return 100 * self.half / abs(self.total) if self.total else None

    def differs(self):
        """Whether the two sides differ by more than the last digits of a float."""
        return not math.isclose(self.below, self.above, rel_tol=1e-9)

    def half_of(self, key):
        """Return half the width that one component alone gives."""
        return sum(self.components[key]) / 2

    def without(self, key, share):
        """Return the half-width if the uncertainty of one component were the given share of itself."""
        sides = zip((self.below, self.above), self.components[key], strict=True)
        return sum(math.sqrt(max(side**2 - part**2 * (1 - share**2), 0.0)) for side, part in sides) / 2


def propagate(parts):
    """Propagate uncertainty to the sum of parts (Eq. 3.1 and 3.2, first-order, with shared errors).

    Parts that share a measurement or a factor are added up with their signs before the squares are taken, so that a
    shared error neither averages out nor counts twice; different measurements and factors are independent. Each side of the
    interval is propagated by itself: what moves the sum down is below, what moves it up above, so that an error of a part with
    negative sign changes sides.

    :param parts: iterable of :class:`Part`
    :rtype: Interval
    """
    downs, ups, total, covered, absolute = defaultdict(list), defaultdict(list), [], [], []
    for part in parts:
        total.append(part.value)
        absolute.append(abs(part.value))
        if part.activity_percent is not None and part.factor_percent is not None:
            covered.append(abs(part.value))
        for kind in ("activity", "factor"):
            below, above = part.sides(kind)
            if below or above:
                key = kind, getattr(part, kind)
                downs[key].append(-part.value * below / 100)
                ups[key].append(part.value * above / 100)
    components = {key: _reach(math.fsum(downs[key]), math.fsum(ups[key])) for key in downs}
    return Interval(
        total=math.fsum(total),
        below=math.sqrt(math.fsum(below * below for below, _above in components.values())),
        above=math.sqrt(math.fsum(above * above for _below, above in components.values())),
        coverage=math.fsum(covered) / math.fsum(absolute) if any(absolute) else 1.0,
        components=components,
    )


def _reach(*shifts):
    """Return how far down and how far up a sum moves when a measurement or factor is at either end of its interval."""
    return max(0.0, *(-shift for shift in shifts)), max(0.0, *shifts)


@dataclass(frozen=True)
class Simulation:
    """What :func:`simulate` returns, in the unit of the values."""

    mean: float
    low: float  # 2.5th percentile
    high: float  # 97.5th percentile
    trials: int
    seed: int
    moved: float = 0.0  # % by which the ends of the interval moved over the second half of the trials

    @property
    def settled(self):
        """Whether more trials would tell nothing new: the ends moved by less than 1 %."""
        return self.moved < SETTLED


def simulate(parts, seed, trials=TRIALS, distribution="normal"):
    """Draw every measurement and every factor once per trial (approach 2, Monte Carlo).

    The same seed gives the same result, on any machine.

    :param distribution: ``normal``, ``uniform`` or ``triangular``, each cut off at zero and with 95 % of its draws within the interval, or
        ``lognormal``, with the same 95 % interval in logarithms. A factor with two percentages is drawn from two halves of it that meet
        at the value: below and above 2.5 % of the draws lie outside.
    :rtype: Simulation
    """
    parts = list(parts)
    names = defaultdict(lambda: (0.0, 0.0))
    for part in parts:
        for kind in ("activity", "factor"):
            key = kind, getattr(part, kind)
            names[key] = tuple(map(max, names[key], part.sides(kind)))
    terms = [
        (part.value, *(side for kind in ("activity", "factor") for side in _term(part, kind, names))) for part in parts
    ]
    draw = _DRAWS[distribution]
    generator = random.Random(seed)
    keys = sorted(names, key=repr)
    sums = []
    for _trial in range(trials):
        drawn = {key: draw(generator, *names[key]) - 1 for key in keys}
        sums.append(
            math.fsum(
                value
                * (1 + drawn[activity] * a_ratios[drawn[activity] > 0])
                * (1 + drawn[factor] * f_ratios[drawn[factor] > 0])
                for value, activity, a_ratios, factor, f_ratios in terms
            )
        )
    earlier = sums[: trials // 2]
    sums.sort()
    return Simulation(
        mean=math.fsum(sums) / trials,
        low=_percentile(sums, 0.025),
        high=_percentile(sums, 0.975),
        trials=trials,
        seed=seed,
        moved=_moved(earlier, sums),
    )


def _term(part, kind, names):
    """Return the component that a part errs with, and its shares of the component's widest sides."""
    key = kind, getattr(part, kind)
    ratios = tuple(own / widest if widest else 0.0 for own, widest in zip(part.sides(kind), names[key], strict=True))
    return key, ratios


def _normal(generator, below, above):
    """Return a draw around 1, cut off at zero; of two sides each has its own half of the bell, so that 95 % lie between both ends."""
    z = generator.gauss(0.0, 1.0)
    return max(1.0 + z * ((below if z < 0 else above) / 100 / Z95), 0.0)


def _lognormal(generator, below, above):
    """Return a draw around 1, in logarithms; of two sides each reaches to its own end of the interval."""
    z = generator.gauss(0.0, 1.0)
    if z < 0 and below != above:
        return math.exp(z * (-math.log1p(-below / 100) / Z95))
    return math.exp(z * (math.log1p(above / 100) / Z95))


def _uniform(generator, below, above):
    """Return a draw around 1, cut off at zero, from a rectangle of which 95 % lie within the interval; of two sides each has its half."""
    u = generator.uniform(-1.0, 1.0)
    return max(1.0 + u * (below if u < 0 else above) / 100 / 0.95, 0.0)


def _triangular(generator, below, above):
    """Return a draw around 1, cut off at zero, from a triangle with its tip at 1 and 95 % within the interval; of two sides each its half.

    Of a triangle from -1 to 1, 95 % lie within ±(1 - √0.05).
    """
    u = generator.triangular(-1.0, 1.0, 0.0)
    return max(1.0 + u * (below if u < 0 else above) / 100 / _TRIANGLE95, 0.0)


_TRIANGLE95 = 1 - math.sqrt(0.05)
_DRAWS = {"normal": _normal, "lognormal": _lognormal, "uniform": _uniform, "triangular": _triangular}


def _moved(earlier, ordered):
    """Return by how many per cent of the interval's ends the ends moved since fewer trials; 0 where there were none."""
    if not earlier:
        return 0.0
    ends = [(_percentile(sorted(earlier), share), _percentile(ordered, share)) for share in (0.025, 0.975)]
    return max(100 * abs(now - before) / abs(now) if now else 0.0 for before, now in ends)


def _percentile(ordered, share):
    """Return a percentile of ordered numbers, linear between neighbours."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
