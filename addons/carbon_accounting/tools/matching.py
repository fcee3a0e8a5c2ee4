"""Matching of product names with the keywords of factors. Pure Python; a match is a suggestion, never a decision."""

import re

_CJK = re.compile(r"[\u3400-\u9fff]")
_SPLIT = re.compile(r"[\s,;:/|()\[\]（）、，；：·_–]+")
#: Words that many factors share and that tell nothing apart.
_COMMON = {
    "a",
    "and",
    "average",
    "by",
    "consumption",
    "emission",
    "emissions",
    "energy",
    "factor",
    "for",
    "from",
    "fuel",
    "fuels",
    "gaseous",
    "general",
    "in",
    "kg",
    "kwh",
    "liquid",
    "litre",
    "of",
    "other",
    "per",
    "purchased",
    "solid",
    "the",
    "tonne",
    "tonnes",
    "use",
    "用",
    "燃料",
}
#: Below this part of the keywords of one script a match is chance.
_COVERAGE = 0.5


def tokens(text):
    """Return the distinct words of a keyword text.

    >>> tokens("柴油 diesel (road fuel)")
    ['柴油', 'diesel', 'road']
    """
    words = (word.lower() for word in _SPLIT.split(text or ""))
    return list(dict.fromkeys(word for word in words if word and word not in _COMMON))


def is_cjk(token):
    """Whether a word is written in Chinese characters."""
    return bool(_CJK.search(token))


def occurs(token, text):
    """Whether a word occurs in a lower-case text.

    Latin words match as whole words, plural or not. Chinese words match anywhere, but a single character only
    at the end of a word, so that 电 matches 外购电 and not 电机.

    >>> occurs("diesel", "diesel 0#"), occurs("gas", "gasket"), occurs("box", "boxes")
    (True, False, True)
    >>> occurs("柴油", "0#柴油"), occurs("电", "外购电"), occurs("电", "电机")
    (True, True, False)
    """
    if is_cjk(token):
        if len(token) > 1:
            return token in text
        return bool(re.search(re.escape(token) + r"(?![\u3400-\u9fff])", text))
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(token)}(?:s|es)?(?![a-z0-9])", text))


def score(text, keywords):
    """Return how well the keywords of a factor describe a product, 0 when they do not.

    Each script is judged by itself, as keywords are given in several languages; longer matches win, so that
    无烟煤 is anthracite and not bituminous coal.

    >>> score("Anthracite, washed", ["烟煤", "bituminous"])
    0.0
    >>> score("无烟煤", ["无烟煤", "anthracite"]) > score("无烟煤", ["烟煤", "bituminous"]) > 0
    True
    """
    text = (text or "").lower()
    best = 0.0
    for script in (True, False):
        words = [word for word in keywords if is_cjk(word) is script]
        found = [word for word in words if occurs(word, text)]
        if not found or len(found) / len(words) < _COVERAGE:
            continue
        size = sum(len(word) for word in found) * (3 if script else 1)
        best = max(best, size * len(found) / len(words))
    return best
