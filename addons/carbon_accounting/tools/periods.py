"""Periods of a calendar by frequency: days, months, quarters, years. Batches are looked at by month."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

_MONTHS = {"month": 1, "batch": 1, "quarter": 3, "year": 12}


def start(day, frequency):
    """Return the first day of the period that a day lies in.

    >>> from datetime import date
    >>> str(start(date(2025, 5, 20), "quarter")), str(start(date(2025, 5, 20), "day"))
    ('2025-04-01', '2025-05-20')
    """
    if frequency == "day":
        return day
    months = _MONTHS[frequency]
    return day.replace(day=1, month=(day.month - 1) // months * months + 1)


def shift(first, frequency, number):
    """Return the first day of the period that lies a number of periods later, or earlier.

    >>> from datetime import date
    >>> str(shift(date(2025, 1, 1), "month", -2))
    '2024-11-01'
    """
    if frequency == "day":
        return first + timedelta(days=number)
    return first + relativedelta(months=number * _MONTHS[frequency])


def last_year(first, frequency):
    """Return the first day of the same period last year.

    >>> from datetime import date
    >>> str(last_year(date(2024, 2, 29), "day"))
    '2023-02-28'
    """
    return start(first - relativedelta(years=1), frequency)


def label(first, frequency):
    """Return how people write a period.

    >>> from datetime import date
    >>> label(date(2025, 4, 1), "quarter"), label(date(2025, 4, 1), "month")
    ('2025-Q2', '2025-04')
    """
    if frequency == "quarter":
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return {"day": f"{first:%Y-%m-%d}", "year": f"{first:%Y}"}.get(frequency, f"{first:%Y-%m}")
