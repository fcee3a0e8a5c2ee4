"""Time zones of a country, as far as they give different dates."""

from datetime import datetime
from functools import lru_cache

import pytz

#: Countries with one legal time although the list of zones names more: accounts follow the law.
LEGAL = {"CN": ("Asia/Shanghai",)}
FIRST_YEAR, LAST_YEAR = 2015, 2037


@lru_cache(maxsize=512)
def _clock(zone):
    """Return what distinguishes a zone from another: its distance from UTC, twice a month."""
    tz = pytz.timezone(zone)
    days = (
        datetime(year, month, day, 12)
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
        for month in range(1, 13)
        for day in (1, 15)
    )
    return tuple(tz.utcoffset(day) for day in days)


def country_zones(code):
    """Return the names of a country's time zones, the usual one first.

    :param code: ISO 3166 code of the country, or False
    :return: tuple of names, empty where the country is not known
    """
    if not code:
        return ()
    return LEGAL.get(code) or tuple(pytz.country_timezones.get(code, ()))


def single_zone(code):
    """Return the zone of a country whose zones all show the same time, otherwise None."""
    zones = country_zones(code)
    return zones[0] if zones and len({_clock(zone) for zone in zones}) == 1 else None


def shows_utc(zone):
    """Whether a zone shows the same time as UTC all year."""
    return _clock(zone) == _clock("UTC")
