"""Seeded sampling of an audit population: rows with a probability proportional to their size. No ORM, no floats.

The database draws (``carbon.verification.sample``); this module says the same, so that a verifier can repeat a draw elsewhere,
and a test holds the two together. Everything is integer arithmetic:

1. Size of a row: its t CO2e as the inventory counts it, without sign, in whole milligrams. Rows of size 0 are not drawn.
2. Rows of at least the materiality threshold are taken with certainty.
3. The sample size ``n`` is spread over the strata: one row each, the others by size with the largest remainders.
4. In a stratum, rows of at least the interval (size of what is left ÷ rows still to draw) are taken with certainty too, the
   largest first, until none is left. Then ``W`` is the size of the rest and ``n`` the number of rows to draw from it.
5. The rest is ordered by ``SHA-256(seed "|" row id)`` (as bytes, rising; the id is the number of the row of activity data)
   and laid end to end on a line of length ``W``.
6. With ``k`` the first 8 bytes of ``SHA-256(seed "|start|" stratum)`` as an integer, the points
   ``(m + k / 2^64) × W / n``, ``m = 0 … n - 1``, are marked on that line. A row on which a point lies is drawn.

So each row of the rest is drawn with the probability ``n × size / W`` exactly (systematic sampling with probability
proportional to size, in random order: Madow 1949, Hartley & Rao 1962; monetary unit sampling of auditors).
"""

from hashlib import sha256

#: Number of steps of the random start.
STEPS = 2**64
#: Milligrams in a kilogram.
MG_PER_KG = 1_000_000


def random_key(seed, row_id):
    """Return the bytes by which rows are ordered.

    >>> random_key("2025", 7).hex()[:8]
    'a61cce3a'
    """
    return sha256(f"{seed}|{row_id}".encode()).digest()


def random_start(seed, stratum):
    """Return the start of a stratum, as an integer below 2^64.

    :param stratum: id of the source or category; 0 where there are no strata
    """
    return int.from_bytes(sha256(f"{seed}|start|{stratum}".encode()).digest()[:8], "big")


def allocate(size, weights):
    """Spread a sample over strata: one row each, the others by weight with the largest remainders.

    :param size: rows to draw; at least the number of strata
    :param weights: ``{stratum: total size}``, all above 0
    :return: ``{stratum: rows}``

    >>> allocate(10, {1: 700, 2: 200, 3: 100})
    {1: 6, 2: 2, 3: 2}
    """
    total, left = sum(weights.values()), size - len(weights)
    result = {key: 1 + left * weight // total for key, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda key: (-(left * weights[key] % total), key))
    for key in by_remainder[: size - sum(result.values())]:
        result[key] += 1
    return result


def cutoff(sizes, total, count):
    """Return from which size on rows are certain, and what is left to draw from the others.

    :param sizes: sizes of the ``count`` largest rows (or more), falling
    :param total: size of all rows
    :param count: rows to draw
    :return: ``(smallest certain size or None, size of the rest, rows to draw from it)``

    >>> cutoff([70, 10, 10, 10], 100, 3)
    (70, 30, 2)
    """
    least = None
    for size in sizes:
        if count <= 0 or size * count < total:
            break
        least, total, count = size, total - size, count - 1
    return least, total, count if total else 0


def points_before(end, total, count, start):
    """Return how many of the points lie before ``end`` on the line.

    >>> [points_before(end, 30, 2, 0) for end in (0, 1, 15, 16, 30)]
    [0, 1, 1, 2, 2]
    """
    reach = end * count * STEPS - start * total
    return 0 if reach <= 0 else (reach - 1) // (STEPS * total) + 1


def draw_rest(rows, seed, stratum, count):
    """Draw ``count`` rows by size from those that are not certain.

    :param rows: iterable of ``(id, size)``
    :return: list of ids, in the order of the line
    """
    rows = sorted(rows, key=lambda row: (random_key(seed, row[0]), row[0]))
    total, start, end, drawn = sum(size for _id, size in rows), random_start(seed, stratum), 0, []
    for row_id, size in rows:
        before, end = end, end + size
        if points_before(end, total, count, start) > points_before(before, total, count, start):
            drawn.append(row_id)
    return drawn


def draw(rows, seed, size, threshold):
    """Draw a sample; what the database does, for small populations.

    :param rows: list of ``(id, stratum, size)``
    :param size: rows to draw beside those of at least ``threshold``
    :return: ``{id: how}`` with ``material``, ``certain`` or ``drawn``
    """
    result = {row_id: "material" for row_id, _stratum, own in rows if own >= threshold}
    strata = {}
    for row_id, stratum, own in rows:
        if 0 < own < threshold:
            strata.setdefault(stratum, []).append((row_id, own))
    weights = {key: sum(own for _id, own in members) for key, members in strata.items()}
    for stratum, count in (allocate(size, weights) if weights else {}).items():
        members = strata[stratum]
        least, _left, count = cutoff(sorted((own for _id, own in members), reverse=True), weights[stratum], count)
        rest = [(row_id, own) for row_id, own in members if least is None or own < least]
        result |= {row_id: "certain" for row_id, own in members if least is not None and own >= least}
        if count:
            result |= dict.fromkeys(draw_rest(rest, seed, stratum, count), "drawn")
    return result
