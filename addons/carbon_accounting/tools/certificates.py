"""What certificates of electricity are known by. Pure Python, no ORM."""

import re
import unicodedata

#: Methods whose result is electricity that certificates cover: code of the method → code of that result, in MWh.
CLAIMS = {"electricity_certificates": "covered", "electricity_cover": "covered"}
#: Methods that cover electricity which counts already by bills or meters: code of the method → code of the result that takes it back.
COVERS = {"electricity_cover": "uncovered"}


def plain(text):
    """Return a text as every way of typing it reads: capitals, plain digits, one hyphen between numbers and nothing else.

    >>> plain("ＧＥＣ–１０１") == plain("gec 101") == plain("GEC-101") == "GEC101"
    True
    >>> plain("A-1-23") == plain("A-12-3")
    False
    """
    text = unicodedata.normalize("NFKC", text or "").upper()
    text = re.sub(r"\d", lambda found: str(unicodedata.digit(found[0])), text)
    text = "".join(letter if letter.isalnum() else "-" for letter in text)
    text = re.sub(r"-+", "-", text).strip("-")
    return re.sub(r"(?<=[^0-9])-|-(?=[^0-9])", "", text)
