import re
import unicodedata


def read_number(text):
    """Return a figure as people type it, as text that is a number, or None.

    Spaces and separators of thousands are taken away where they can only be that: 12 345,6 and 12,345.6 are the same.
    """
    # digits of full width come from Chinese keyboards
    text = re.sub(r"[\s'’]", "", unicodedata.normalize("NFKC", str(text if text is not None else "")))
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d*", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d*,\d+", text):
        text = text.replace(",", ".")
    return text if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) else None
