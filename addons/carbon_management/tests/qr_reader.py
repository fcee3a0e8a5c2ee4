"""Reads QR codes, so that tests need not trust the library that writes them: ISO/IEC 18004, byte mode, versions 1 to 9."""

from PIL import Image
from qrcode.base import rs_blocks

_MASKS = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)
#: Centres of the alignment patterns by version.
_ALIGNMENT = {
    1: (),
    2: (6, 18),
    3: (6, 22),
    4: (6, 26),
    5: (6, 30),
    6: (6, 34),
    7: (6, 22, 38),
    8: (6, 24, 42),
    9: (6, 26, 46),
}
_FORMAT_MASK = 0b101010000010010


def matrix(image):
    """Return the modules of a code as rows of booleans, from a picture of nothing but the code."""
    grey = image.convert("L")
    black = grey.point(lambda value: 255 if value < 128 else 0)
    left, top, right, bottom = black.getbbox()
    black = black.crop((left, top, right, bottom))
    run = next(x for x in range(black.width) if not black.getpixel((x, 0)))  # the finder pattern is 7 modules wide
    count = round(black.width / (run / 7))
    step = black.width / count
    return [
        [bool(black.getpixel((int((c + 0.5) * step), int((r + 0.5) * step)))) for c in range(count)]
        for r in range(count)
    ]


def _is_function(row, column, size, version):
    if row == 6 or column == 6:
        return True
    if (row < 9 and column < 9) or (row < 9 and column >= size - 8) or (row >= size - 8 and column < 9):
        return True
    if version >= 7 and ((row < 6 and column >= size - 11) or (column < 6 and row >= size - 11)):
        return True
    places = _ALIGNMENT[version]
    corners = {(6, 6), (6, places[-1]), (places[-1], 6)} if places else set()
    return any(abs(row - r) <= 2 and abs(column - c) <= 2 for r in places for c in places if (r, c) not in corners)


def _codewords(modules, mask, version):
    size, bits, upwards, column = len(modules), [], True, len(modules) - 1
    while column > 0:
        column -= column == 6
        for row in range(size - 1, -1, -1) if upwards else range(size):
            places = [place for place in (column, column - 1) if not _is_function(row, place, size, version)]
            bits.extend(modules[row][place] ^ _MASKS[mask](row, place) for place in places)
        upwards, column = not upwards, column - 2
    return [int("".join("01"[bit] for bit in bits[i : i + 8]), 2) for i in range(0, len(bits) - 7, 8)]


def decode(image):
    """Return the text of a QR code in a picture."""
    modules = matrix(image if isinstance(image, Image.Image) else Image.open(image))
    size = len(modules)
    version, rest = divmod(size - 17, 4)
    if rest or version not in _ALIGNMENT:
        raise ValueError(f"{size} modules are no code that can be read here")
    cells = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    form = int("".join("01"[modules[r][c]] for r, c in cells), 2) ^ _FORMAT_MASK
    level, mask = form >> 13, form >> 10 & 7
    words, blocks = _codewords(modules, mask, version), rs_blocks(version, level)
    data = [[] for _block in blocks]
    stream = iter(words)
    for index in range(max(block.data_count for block in blocks)):
        for number, block in enumerate(blocks):
            if index < block.data_count:
                data[number].append(next(stream))
    bits = "".join(f"{word:08b}" for block in data for word in block)
    if bits[:4] != "0100":
        raise ValueError("not in byte mode")
    length = int(bits[4:12], 2)
    return bytes(int(bits[12 + 8 * i : 20 + 8 * i], 2) for i in range(length)).decode()
