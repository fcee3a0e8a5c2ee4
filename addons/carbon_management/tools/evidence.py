"""Reading of evidence queries. Pure Python, no ORM."""

import ast


def parse_domain(text):
    """Return the list a domain text stands for.

    :param text: a literal list of leaves and operators
    :return: list
    :raises ValueError: if the text is not a literal list

    >>> parse_domain("[('state', '=', 'approved')]")
    [('state', '=', 'approved')]
    >>> parse_domain("")
    []
    >>> parse_domain("open('x')")
    Traceback (most recent call last):
    ...
    ValueError: not a domain
    """
    try:
        value = ast.literal_eval((text or "[]").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ValueError("not a domain") from None
    if not isinstance(value, (list, tuple)):
        raise ValueError("not a domain")
    return list(value)


def coverage_state(applicable, required, has_query, count, last, oldest):
    """Return how well a clause is covered by evidence.

    :param applicable: whether the clause applies
    :param required: whether the clause is a requirement
    :param has_query: whether a query over installed records exists
    :param count: number of records found
    :param last: date of the newest record, or None if records carry no date
    :param oldest: oldest date that still counts as fresh, None for no limit
    :return: one of not_applicable, not_required, no_query, missing, stale, covered

    >>> coverage_state(True, True, True, 2, "2026-01-05", "2025-12-01")
    'covered'
    >>> coverage_state(True, True, True, 2, "2024-01-05", "2025-12-01")
    'stale'
    """
    if not applicable:
        return "not_applicable"
    if not required:
        return "not_required"
    if not has_query:
        return "no_query"
    if not count:
        return "missing"
    if oldest and last and last < oldest:
        return "stale"
    return "covered"
