"""For which years a factor was made, as its publisher says in words."""

import re

#: Words and signs that leave the end open.
_OPEN = re.compile(r"\+|until|all|latest|onward|今后|起|最新", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def is_outdated(text, year):
    """Tell whether a factor was made for earlier years than this one.

    Where the words name no year, or leave the end open, it is not.

    >>> is_outdated("FY2021", 2022), is_outdated("FY2021 (and FY2022 first notice)", 2022), is_outdated("FY2022+", 2030)
    (True, False, False)
    >>> is_outdated("", 2022), is_outdated("FY2022, FY2023 until the next set appeared", 2025)
    (False, False)
    """
    years = [int(found) for found in _YEAR.findall(text or "")]
    return bool(years) and not _OPEN.search(text) and max(years) < year


def is_early(text, year):
    """Tell whether a factor was made for later years than this one.

    >>> is_early("FY2024", 2023), is_early("2023-2024", 2023), is_early("", 2023)
    (True, False, False)
    >>> is_early("all years until 2026", 2023)
    False
    """
    years = [int(found) for found in _YEAR.findall(text or "")]
    return bool(years) and not re.search(r"until|all|至|以前", text, re.IGNORECASE) and min(years) > year
