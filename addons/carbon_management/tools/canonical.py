"""Canonical text and versioned hashes of the audit trail. Pure Python, no ORM.

>>> canonical_json({"b": 1, "a": "é"})
'{"a":"\\\\u00e9","b":1}'
>>> trail_hash(1, {"seq": 1})[:3]
'$1$'
"""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal

HASH_VERSION = 1
GENESIS = "$0$" + "0" * 64

# Columns that enter the hash, per version of the formula. Names are never removed:
# old entries stay verifiable with their own version.
HASHED_FIELDS = {
    1: (
        "stream",
        "seq",
        "utc_text",
        "actor_login",
        "actor_name",
        "on_behalf_of",
        "channel",
        "ip",
        "res_model",
        "res_uuid",
        "res_name",
        "event",
        "from_state",
        "to_state",
        "meaning",
        "reason",
        "payload",
        "prev_hash",
    ),
}


def canonical_json(value):
    """Return the one text that stands for a JSON value.

    Keys sorted, no blanks, ASCII only, no NaN; dates as ISO text, decimals as text.
    """
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
        default=_jsonable,
    )


def _jsonable(value):
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def clean_text(value):
    """Return text that PostgreSQL stores and returns unchanged, or None if empty.

    NUL cannot be stored and lone surrogates cannot be encoded; both are replaced.

    >>> clean_text("a\\x00b")
    'a\\ufffdb'
    >>> clean_text("") is None
    True
    """
    if not value:
        return None
    text = str(value).replace("\x00", "\ufffd")
    return text.encode("utf-8", "replace").decode("utf-8")


def trail_hash(version, row):
    """Return the versioned SHA-256 of one trail entry.

    :param version: version of the formula, a key of ``HASHED_FIELDS``
    :param row: mapping of column name to stored text or integer
    :return: ``$<version>$<64 hex digits>``
    """
    content = canonical_json([[name, row.get(name)] for name in HASHED_FIELDS[version]])
    return f"${version}${hashlib.sha256(content.encode()).hexdigest()}"
