"""Reference implementation of the engine's decisions: pure Python, exact decimals, no ORM, one event at a time.

The set-based SQL engine produces the ledger; this module says, slowly and plainly, what it must produce. The
verifier's re-performance and the differential test use it.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from .kernel import convert, round12
from .reference_units import AmbiguousUnits, Conversion, Material, Unit, unit_ratio  # noqa: F401 - one world


class MissingService(Exception):
    """The rule counts by service period, and the event has none, or half of one."""


@dataclass(frozen=True)
class Kind:
    """A kind of event: where in the flow of material it counts, whether it is listed without a rule.

    ``write_off`` takes material from stock, or adds it, other than by use.
    """

    recognition: str
    expects_rule: bool = False
    write_off: bool = False


@dataclass(frozen=True)
class Rule:
    """An activity rule: criteria (None: any), dates (None: open), what it means.

    ``outcome`` is ``count`` or ``none``, ``basis`` is ``quantity`` or ``amount``, ``leaf`` the emission category that
    its source feeds.
    """

    name: str
    kind: str
    source: str
    product: str | None = None
    category: str | None = None
    partner: str | None = None
    date_from: date | None = None
    date_to: date | None = None
    multiplier: Decimal = Decimal(1)
    split_service: bool = False
    by_invoice: bool = False
    outcome: str = "count"
    basis: str = "quantity"
    leaf: str | None = None


@dataclass(frozen=True)
class Event:
    """A business event."""

    kind: str
    day: date
    quantity: Decimal
    unit: Unit
    material: Material = field(default_factory=Material)
    partner: str | None = None
    service_from: date | None = None
    service_to: date | None = None
    invoice_day: date | None = None

    @property
    def has_service(self):
        """Whether the service period is complete."""
        return bool(self.service_from and self.service_to and self.service_from <= self.service_to)

    def counted_day(self, rule, month=None):
        """Return the day by which a rule counts the event, or the month of it that begins on a day."""
        if rule.split_service and self.has_service:
            return month or self.service_from
        return (rule.by_invoice and self.invoice_day) or self.day


@dataclass(frozen=True)
class Version:
    """A factor version: ``region`` is a path from the world down, empty for anywhere."""

    name: str
    begins: date
    region: tuple = ()


@dataclass(frozen=True)
class Factor:
    """The factor of one stream of a source: its versions, the size of its unit beside that of the source.

    ``basis`` is ``location`` or ``market`` for the two results of electricity, else empty.
    """

    stream: str
    versions: tuple
    basis: str = ""
    num: Decimal = Decimal(1)
    den: Decimal = Decimal(1)
    prices: "Prices | None" = None


@dataclass(frozen=True)
class Prices:
    """The prices of a spend-based factor: their year, the VAT in them in per cent, and the index of each known year.

    ``indices`` are series in the order in which they hold, such as that of the sector before that of the economy.
    """

    year: int
    vat: Decimal = Decimal(0)
    indices: tuple = ()
    unadjusted: bool = False

    def ratio(self, year):
        """Return ``(num, den)`` that brings money of a year to the prices of the factor, None where an index is missing.

        >>> Prices(2022, Decimal(13), ({2022: Decimal(100), 2025: Decimal(109)},)).ratio(2025)
        (Decimal('11300'), Decimal('10900'))
        """
        num, den = (100 + self.vat, Decimal(100)) if self.vat else (Decimal(1), Decimal(1))
        if year == self.year:
            return num, den
        series = next((known for known in self.indices if self.year in known and year in known), None)
        if series:
            return num * series[self.year], den * series[year]
        return (num, den) if self.unadjusted else None


def pick_rule(event, rules, kinds, month=None):
    """Return the most specific rule that applies to an event, or to a month of its service period, or None.

    Precedence is lexicographic: product, depth of the category, partner (architecture, section 2). A rule
    that names no material never takes one that counts at another recognition point. A rule is valid on the day that it
    counts by; of two that are valid by different days, the one that began later is taken.

    :param kinds: dict from the code of each kind to its :class:`Kind`
    :param month: first day of the month of the service period, None for the whole event
    """
    fitting = [rule for rule in rules if _applies(event, rule, month)]
    if not any(_names_material(rule) for rule in fitting):
        settled = _elsewhere(event, rules, kinds)
        fitting = [rule for rule in fitting if not any(_settles(other, rule) for other in settled)]
    return max(
        fitting,
        key=lambda rule: (
            rule.product is not None,
            _depth(rule, event),
            rule.partner is not None,
            rule.date_from or date.min,
        ),
        default=None,
    )


def is_unmapped(event, rules, kinds):
    """Return whether an event waits on the worklist for a rule.

    A kind that expects one does, unless its material counts at another recognition point; a write-off does where its
    material counts when it is consumed.
    """
    if pick_rule(event, rules, kinds):
        return False
    kind = kinds[event.kind]
    if kind.expects_rule:
        return not _elsewhere(event, rules, kinds)
    return kind.write_off and _counts_when_consumed(event, rules, kinds)


def _names_material(rule):
    return rule.product is not None or rule.category is not None


def _depth(rule, event):
    return event.material.categories.index(rule.category) if rule.category else -1


def _elsewhere(event, rules, kinds):
    """Return the rules that count the material of an event at another recognition point and ask for nothing else."""
    free = {"produced", "delivered"}
    if kinds[event.kind].recognition in free:
        return []
    return [
        rule
        for rule in rules
        if rule.outcome == "count"
        and _names_material(rule)
        and rule.partner is None
        and kinds[rule.kind].recognition not in free | {kinds[event.kind].recognition}
        and _applies(replace(event, kind=rule.kind), rule)
    ]


def _settles(other, rule):
    """Return whether a rule elsewhere keeps a rule without material from counting.

    A quantity settles its material for all of them; money for those of its own emission category.
    """
    return other.basis == "quantity" or (rule.outcome == "count" and rule.leaf == other.leaf)


def _counts_when_consumed(event, rules, kinds):
    """Return whether the closest rule of a kind that is consumption counts the material of an event.

    'No emission' is the closest only where it asks for nothing but the material.
    """
    for code, kind in kinds.items():
        if kind.recognition != "consumed" or kind.write_off:
            continue
        found = [
            rule
            for rule in rules
            if rule.kind == code
            and _names_material(rule)
            and (rule.outcome == "count" or rule.partner is None)
            and _applies(replace(event, kind=code, partner=rule.partner), rule)
        ]
        best = max(
            found,
            key=lambda rule: (rule.product is not None, _depth(rule, event), rule.outcome == "count"),
            default=None,
        )
        if best and best.outcome == "count":
            return True
    return False


def _applies(event, rule, month=None):
    day = event.counted_day(rule, month)
    return (
        rule.kind == event.kind
        and (rule.product is None or rule.product == event.material.name)
        and (rule.category is None or rule.category in event.material.categories)
        and (rule.partner is None or rule.partner == event.partner)
        and (rule.date_from is None or rule.date_from <= day)
        and (rule.date_to is None or day <= rule.date_to)
    )


def split_service(quantity, begin, end):
    """Split a quantity over the months of a service period, by days; the parts add up to it exactly.

    :return: list of ``(part 'YYYY-MM', first day, quantity)``
    """
    total = Decimal((end - begin).days + 1)
    parts, month = [], begin.replace(day=1)
    while month <= end:
        following = (month + timedelta(days=32)).replace(day=1)
        before = Decimal(max((month - begin).days, 0))
        upto = Decimal((min(following, end + timedelta(days=1)) - begin).days)
        share = round12(convert(quantity, upto, total) - convert(quantity, before, total))
        parts.append((f"{month:%Y-%m}", max(month, begin), share))
        month = following
    return parts


def pick_version(day, region, versions):
    """Return the version that applies: the nearest region wins, within it the latest that has begun.

    :param region: path of the site's region from the world down, empty if the source has no site
    """
    fitting = [v for v in versions if v.begins <= day and v.region == region[: len(v.region)]]
    return max(fitting, key=lambda v: (len(v.region), v.begins), default=None)


def _at_prices(factor, year):
    """Return a spend-based factor for money of a year, None where it waits for a price index."""
    ratio = factor.prices.ratio(year)
    return ratio and replace(factor, num=factor.num * ratio[0], den=factor.den * ratio[1])


def emissions(day, quantity, region, factors):
    """Return the emissions of an activity.

    Of the two results of electricity an activity may have one only, because the other factor has no version yet:
    it lends it, so that both totals take it.

    :return: list of ``(stream, version name, quantity, lends)`` of the factors that have a version
    """
    factors = [factor if factor.prices is None else _at_prices(factor, day.year) for factor in factors]
    found = [(factor, pick_version(day, region, factor.versions)) for factor in factors if factor]
    found = [(factor, version) for factor, version in found if version]
    bases = {factor.basis for factor, _version in found if factor.basis}
    return [
        (factor.stream, version.name, convert(quantity, factor.num, factor.den), bases == {factor.basis})
        for factor, version in found
    ]


def months_with_rules(event, rules, kinds):
    """Return the months of an event with their rules: ``[(first day, rule)]``, or ``[(None, rule)]`` for the event as a whole.

    The rule of the first day says whether the service period is split, where none takes that day a rule of a later month; then
    each month has its own rule, or none.
    """
    lead = pick_rule(event, rules, kinds)
    if not event.has_service or (lead and not lead.split_service):
        return [(None, lead)]
    days = [day for _part, day, _share in split_service(Decimal(1), event.service_from, event.service_to)]
    months = [(day, pick_rule(event, rules, kinds, day)) for day in days]
    return months if any(rule for _day, rule in months) else [(None, None)]


def activity(event, rule, target, month=None):
    """Return the activity data that an event, or a month of its service period, gives under a rule.

    :param target: canonical unit of the rule's source
    :param month: first day of the month, see :func:`months_with_rules`
    Each part is converted by what is valid on the day that it counts by.

    :return: list of ``(part, day, quantity)``; None when the unit cannot be converted
    :raises AmbiguousUnits: when it can be converted in several ways that differ
    :raises MissingService: when the rule counts by a period that the event lacks
    """
    if rule.split_service and not event.has_service:
        raise MissingService

    def whole(day):
        ratio = unit_ratio(event.unit, target, event.material, day)
        return ratio and convert(event.quantity * rule.multiplier, *ratio)

    if not month and not rule.split_service:
        day = event.counted_day(rule)
        parts = [("", day, whole(day))]
    else:
        parts = []
        for part, begin, _share in split_service(Decimal(1), event.service_from, event.service_to):
            if month in (None, begin):
                day = event.counted_day(rule, begin)
                parts.append((part, day, _share_of(whole(day), event, part)))
    if any(quantity is None for _part, _day, quantity in parts):
        return None
    return [part for part in parts if part[2]]


def _share_of(quantity, event, part):
    """Return what a month of the service period has of a whole quantity, None of what cannot be converted."""
    if quantity is None:
        return None
    shares = {p: share for p, _day, share in split_service(quantity, event.service_from, event.service_to)}
    return shares[part]
