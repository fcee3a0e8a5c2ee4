"""What a domain asks for, read early enough to spare a report's query the rest of history."""

from datetime import date, datetime

from odoo.orm.domains import DomainCondition, DomainNary


def date_bounds(domain, fname):
    """Return the first and the last day that can meet a domain; None where it is open.

    The bounds may be wider than the domain, never narrower: the domain is still applied to the result.

    :param domain: optimised ``Domain`` (relative dates resolved)
    :param fname: name of the date field
    """
    if isinstance(domain, DomainNary):
        firsts, lasts = zip(*(date_bounds(child, fname) for child in domain.children), strict=True)
        if domain.OPERATOR == "&":
            return (
                max((day for day in firsts if day), default=None),
                min((day for day in lasts if day), default=None),
            )
        return (None if None in firsts else min(firsts), None if None in lasts else max(lasts))
    if not isinstance(domain, DomainCondition) or domain.field_expr != fname:
        return None, None
    operator, value = domain.operator, domain.value
    if operator in (">", ">="):
        return _day(value), None
    if operator in ("<", "<="):
        return None, _day(value)
    if operator == "in" and value and all(isinstance(day, date) for day in value):
        days = [_day(day) for day in value]
        return (None, None) if None in days else (min(days), max(days))
    return None, None


def known_ids(domain, fname="id"):
    """Return the numbers to which a domain restricts a field, or None where it leaves them open."""
    if isinstance(domain, DomainNary) and domain.OPERATOR == "&":
        found = [ids for child in domain.children if (ids := known_ids(child, fname)) is not None]
        return min(found, key=len) if found else None
    if not isinstance(domain, DomainCondition) or domain.field_expr != fname or domain.operator != "in":
        return None
    try:
        ids = list(domain.value)
    except TypeError:  # a query, not numbers
        return None
    return ids if all(type(number) is int for number in ids) else None


def _day(value):
    """Return the day of a value; the first and the last year of the calendar stand for an open end."""
    if isinstance(value, datetime):
        value = value.date()
    return value if isinstance(value, date) and date.min.year < value.year < date.max.year else None
