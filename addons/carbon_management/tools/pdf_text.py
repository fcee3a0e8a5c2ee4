"""Text of a PDF as people search and copy it.

Fonts draw a Chinese character and its radical with one glyph, and Chromium then writes the radical: 气 becomes ⽓ (U+2F53), which no
search finds. The glyphs are right; only the tables from glyph to text are mended here.
"""

import io
import re
import unicodedata

try:
    import pypdf
except ImportError:  # older Odoo installations have PyPDF2 only: the text stays as Chromium wrote it
    pypdf = None

#: Radicals of the supplement that Unicode does not decompose, and the characters that they stand for.
_SUPPLEMENT = dict(
    zip(
        "⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰",
        "民西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙",
        strict=True,
    )
)


def _character(found):
    radical = chr(int(found[0], 16))
    if not 0x2E80 <= ord(radical) <= 0x2FD5:
        return found[0]
    character = _SUPPLEMENT.get(radical) or unicodedata.normalize("NFKC", radical)
    return b"%04X" % ord(character) if len(character) == 1 else found[0]


def with_characters(raw):
    """Return a PDF whose text has characters in the place of radicals.

    :param raw: bytes of the PDF
    """
    if pypdf is None:
        return raw
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(raw))
    for page in writer.pages:
        fonts = (page.get("/Resources") or {}).get("/Font") or {}
        for font in fonts.values():
            table = font.get_object().get("/ToUnicode")
            stream = table and table.get_object()
            if stream is None:
                continue
            data = stream.get_data()
            mended = _mended(data)
            if mended != data:
                stream.set_data(mended)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _mended(data):
    """Return a table from glyphs to text: the last value of each line, and the values of lists, are text."""
    lines = []
    for line in data.split(b"\n"):
        head, bracket, values = line.partition(b"[")
        if bracket:
            line = head + bracket + re.sub(rb"(?<=<)2[EF][0-9A-F]{2}(?=>)", _character, values, flags=re.IGNORECASE)
        elif line.count(b"<") >= 2:
            line = re.sub(rb"(?<=<)2[EF][0-9A-F]{2}(?=>\s*$)", _character, line, flags=re.IGNORECASE)
        lines.append(line)
    return b"\n".join(lines)
