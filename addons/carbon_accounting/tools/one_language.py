import re

_BOTH = re.compile(
    r"^(?P<zh>.*?[^\x00-\x7f].*?) (?P<en>[\x20-\x7e\u2013\u2082\u00b1\u221a\u00b2\u00b7\u00d7\u2026\u03a3]+)$",
    re.DOTALL,
)


def one_language(text, lang):
    """Return the part of a text "中文 English" in one language.

    :param text: Chinese, a space, English; a text that is not so is returned as it is
    :param lang: code of the language; empty: both stay. Languages other than Chinese read English
    """
    found = _BOTH.match(text or "") if lang else None
    if not found:
        return text
    return found["zh"] if lang.startswith("zh") else found["en"]
