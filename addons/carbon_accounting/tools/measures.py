"""Units that people type: whether two of them say the same. No ORM."""

import re

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉²³", "012345678923")


def same_unit(first, second):
    """Tell whether two units are written alike, whatever their spaces and subscripts."""
    return _plain(first) == _plain(second)


def _plain(unit):
    return re.sub(r"\s+", "", (unit or "").translate(_SUBSCRIPTS)).replace("tCO2eq/", "tCO2e/").lower()
