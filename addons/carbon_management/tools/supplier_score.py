"""Scores and grades of suppliers. Pure Python with exact decimals, no ORM.

A criterion gives 0 – 100 %. Scales are linear between ``worst`` (0 %) and ``best`` (100 %) and clipped; their
direction follows from the two. ``worst`` is the last value that is accepted: beyond it a must-have is not met. What
nobody answered, judged or proved gives 0 with the reason for it; nothing is ever assumed.

>>> scale_score("2.0", best="1.0", worst="3.0")
Decimal('50.00')
>>> score({"kind": "question", "answer_type": "yes_no", "good_answer": "yes"}, {"yes_no": "yes"})
Score(score=Decimal('100.00'), met=True, code='good', data={})
"""

from collections import namedtuple
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FULL, NONE = Decimal("100.00"), Decimal("0.00")
SHARES = ("data_quality", "low_carbon_energy")
GRADES = ("A", "B", "C", "D")

#: score in percent, whether the criterion is met, code of the reason, figures of the reason
Score = namedtuple("Score", "score met code data")


def decimal(value):
    """Return a number as people read it: 0.1 is 0.1, not its binary neighbour."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def rounded(value):
    """Return a percentage with two decimals, half away from zero.

    >>> rounded("84.995")
    Decimal('85.00')
    """
    return decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def scale_score(value, best, worst):
    """Return 100 % at best, 0 % at worst, linear between, clipped outside.

    :param value: the answer
    :param best: value of 100 %
    :param worst: value of 0 %, on either side of ``best``
    :raises ValueError: if both ends are equal

    >>> [str(scale_score(value, best=100, worst=20)) for value in (10, 20, 60, 100, 120)]
    ['0.00', '0.00', '50.00', '100.00', '100.00']
    >>> scale_score(1, best=1, worst=1)
    Traceback (most recent call last):
    ...
    ValueError: both ends of the scale are equal
    """
    value, best, worst = decimal(value), decimal(best), decimal(worst)
    if best == worst:
        raise ValueError("both ends of the scale are equal")
    share = (value - worst) / (best - worst)
    return rounded(min(max(share, Decimal(0)), Decimal(1)) * 100)


def is_beyond(value, best, worst):
    """Tell whether a value is worse than the worst one that is accepted.

    >>> is_beyond(3, best=1, worst=3), is_beyond("3.1", best=1, worst=3), is_beyond(19, best=100, worst=20)
    (False, True, True)
    """
    value, best, worst = decimal(value), decimal(best), decimal(worst)
    return value > worst if worst > best else value < worst


def score(criterion, answer):
    """Return what an answer is worth for a criterion.

    :param criterion: mapping: ``kind``; of scales ``best``, ``worst``; of footprints ``ceiling`` (None: none); of questions
        ``answer_type``, ``good_answer``; ``evidence_needed``
    :param answer: mapping: ``yes_no`` (yes, no or None), ``number`` (None: no answer; of a footprint in the unit of the
        criterion), ``text``, ``judgement`` (percent or None), ``evidence`` (state of the proof, see :func:`proof`)
    :return: :class:`Score`
    """
    if criterion["kind"] == "certificate":
        return proof(answer)
    result = _SCORERS[_scorer(criterion)](criterion, answer)
    if criterion.get("evidence_needed") and result.code != "no_answer":
        proved = proof(answer)
        if not proved.met:
            return proved
    return result


def _scorer(criterion):
    kind = criterion["kind"]
    if kind == "question":
        return criterion["answer_type"]
    return "number" if kind in SHARES else kind


def proof(answer):
    """Return full marks for evidence that is accepted and valid, otherwise what is the matter with it.

    ``answer["evidence"]`` is one of valid, expired, future, submitted, rejected, or None where there is none.
    """
    state = answer.get("evidence")
    data = {"number": answer.get("evidence_number") or "", "date": answer.get("evidence_date") or ""}
    if state == "valid":
        return Score(FULL, True, "evidence_valid", data)
    if not state:
        return Score(NONE, False, "evidence_none", {})
    return Score(NONE, False, f"evidence_{state}", data)


def _score_number(criterion, answer):
    value = answer.get("number")
    if value is None:
        return Score(NONE, False, "no_answer", {})
    best, worst = criterion["best"], criterion["worst"]
    data = {"value": str(decimal(value)), "best": str(decimal(best)), "worst": str(decimal(worst))}
    if is_beyond(value, best, worst):
        return Score(NONE, False, "beyond", data)
    return Score(scale_score(value, best, worst), True, "scale", data)


def _score_footprint(criterion, answer):
    value, ceiling = answer.get("number"), criterion.get("ceiling")
    if value is not None and ceiling is not None and decimal(value) > decimal(ceiling):
        return Score(NONE, False, "ceiling", {"value": str(decimal(value)), "ceiling": str(decimal(ceiling))})
    return _score_number(criterion, answer)


def _score_yes_no(criterion, answer):
    value = answer.get("yes_no")
    if not value:
        return Score(NONE, False, "no_answer", {})
    good = value == criterion["good_answer"]
    return Score(FULL if good else NONE, good, "good" if good else "bad", {})


def _score_restricted(_criterion, answer):
    value = answer.get("yes_no")
    if not value:
        return Score(NONE, False, "no_answer", {})
    free = value == "yes"
    return Score(FULL if free else NONE, free, "free" if free else "not_free", {})


def _score_text(_criterion, answer):
    if not (answer.get("text") or "").strip():
        return Score(NONE, False, "no_answer", {})
    judgement = answer.get("judgement")
    if judgement is None:
        return Score(NONE, False, "not_judged", {})
    value = rounded(judgement)
    return Score(value, value > 0, "judged", {"value": str(value)})


_SCORERS = {
    "number": _score_number,
    "footprint": _score_footprint,
    "yes_no": _score_yes_no,
    "restricted": _score_restricted,
    "text": _score_text,
}


def total(rows):
    """Return the weighted mean of scores in percent, None where nothing has a weight.

    :param rows: iterable of (weight, score)

    >>> total([(3, 100), (1, 0)])
    Decimal('75.00')
    >>> total([(0, 100)]) is None
    True
    """
    rows = [(decimal(weight), decimal(value)) for weight, value in rows]
    weights = sum(weight for weight, _value in rows)
    if not weights:
        return None
    return rounded(sum(weight * value for weight, value in rows) / weights)


def grade(value, limits, unmet_must=False):
    """Return the grade of a score; one must-have that is not met makes it D.

    :param value: score in percent
    :param limits: lowest scores of A, B and C

    >>> [grade(value, (85, 70, 50)) for value in ("85.00", "84.99", "70.00", "50.00", "49.99")]
    ['A', 'B', 'B', 'C', 'D']
    >>> grade(100, (85, 70, 50), unmet_must=True)
    'D'
    """
    if unmet_must:
        return "D"
    for name, limit in zip(GRADES, limits, strict=False):
        if decimal(value) >= decimal(limit):
            return name
    return "D"
