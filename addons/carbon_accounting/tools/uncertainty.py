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


@dataclass
class Interval:
    """What :func:`propagate` returns, in the unit of the values."""

    total: float
    half: float  # half the width of the 95 % interval
    coverage: float  # share of the absolute values, 0 to 1, with both percentages known
    components: dict = field(default_factory=dict)  # ("activity" | "factor", name) → signed half-width

    @property
    def percent(self):
        """Half the width in per cent of the total; None where the total is nothing."""
        return 100 * self.half / abs(self.total) if self.total else None

    def without(self, key, share):
        """Return the half-width if the uncertainty of one component were the given share of itself."""
        rest = self.half**2 - self.components[key] ** 2 * (1 - share**2)
        return math.sqrt(max(rest, 0.0))


def propagate(parts):
    """Propagate uncertainty to the sum of parts (Eq. 3.1 and 3.2, first-order, with shared errors).

    Parts that share a measurement or a factor are added up with their signs before the squares are taken, so that a
    shared error neither averages out nor counts twice; different measurements and factors are independent.

    :param parts: iterable of :class:`Part`
    :rtype: Interval
    """
    sums, total, covered, absolute = defaultdict(list), [], [], []
    for part in parts:
        total.append(part.value)
        absolute.append(abs(part.value))
        if part.activity_percent is not None and part.factor_percent is not None:
            covered.append(abs(part.value))
        for kind in ("activity", "factor"):
            percent = getattr(part, f"{kind}_percent")
            if percent:
                sums[kind, getattr(part, kind)].append(part.value * percent / 100)
    components = {key: math.fsum(values) for key, values in sums.items()}
    return Interval(
        total=math.fsum(total),
        half=math.sqrt(math.fsum(c * c for c in components.values())),
        coverage=math.fsum(covered) / math.fsum(absolute) if any(absolute) else 1.0,
        components=components,
    )


@dataclass(frozen=True)
class Simulation:
    """What :func:`simulate` returns, in the unit of the values."""

    mean: float
    low: float  # 2.5th percentile
    high: float  # 97.5th percentile
    trials: int
    seed: int


def simulate(parts, seed, trials=TRIALS, distribution="normal"):
    """Draw every measurement and every factor once per trial (approach 2, Monte Carlo).

    The same seed gives the same result, on any machine.

    :param distribution: ``normal``, cut off at zero, or ``lognormal``, with the same 95 % interval in logarithms
    :rtype: Simulation
    """
    parts = list(parts)
    names = {}
    for part in parts:
        for kind in ("activity", "factor"):
            percent = getattr(part, f"{kind}_percent") or 0.0
            key = kind, getattr(part, kind)
            names[key] = max(names.get(key, 0.0), percent)
    terms = [
        (
            part.value,
            ("activity", part.activity),
            _ratio(part.activity_percent, names["activity", part.activity]),
            ("factor", part.factor),
            _ratio(part.factor_percent, names["factor", part.factor]),
        )
        for part in parts
    ]
    draw = _DRAWS[distribution]
    generator = random.Random(seed)
    keys = sorted(names, key=repr)
    sums = []
    for _trial in range(trials):
        drawn = {key: draw(generator, names[key]) for key in keys}
        sums.append(
            math.fsum(
                value * (1 + (drawn[activity] - 1) * a_ratio) * (1 + (drawn[factor] - 1) * f_ratio)
                for value, activity, a_ratio, factor, f_ratio in terms
            )
        )
    sums.sort()
    return Simulation(
        mean=math.fsum(sums) / trials,
        low=_percentile(sums, 0.025),
        high=_percentile(sums, 0.975),
        trials=trials,
        seed=seed,
    )


def _ratio(percent, widest):
    """Return the share of the widest uncertainty of a component that one part has."""
    return (percent or 0.0) / widest if widest else 0.0


def _normal(generator, percent):
    return max(generator.gauss(1.0, percent / 100 / Z95), 0.0)


def _lognormal(generator, percent):
    return math.exp(generator.gauss(0.0, math.log1p(percent / 100) / Z95))


_DRAWS = {"normal": _normal, "lognormal": _lognormal}


def _percentile(ordered, share):
    """Return a percentile of ordered numbers, linear between neighbours."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
