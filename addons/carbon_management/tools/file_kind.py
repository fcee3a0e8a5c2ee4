"""What a file is by its content, whatever its name says. Pure Python, no ORM.

>>> problem("a.pdf", b"%PDF-1.7 ...")
>>> problem("a.pdf", b"MZ\\x90\\x00")
'renamed'
>>> problem("a.exe", b"MZ\\x90\\x00")
'type'
>>> problem("a.pdf", b"")
'empty'
"""

#: Extension and the beginnings that files of it have.
KINDS = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "xlsx": (b"PK\x03\x04",),
    "docx": (b"PK\x03\x04",),
    "json": (),
}
MAX_SIZE = 20 * 1024 * 1024


def problem(name, content, max_size=MAX_SIZE):
    """Return what is the matter with a file, None if nothing is.

    :param name: name of the file
    :param content: bytes, at least their beginning; all of them where the size counts
    :return: empty, size, type (not one that is taken) or renamed (the content is of another type)

    >>> problem("a.json", b' {"a": 1}'), problem("a.json", b"PK\\x03\\x04"), problem("a.pdf", b"%PDF-" + b"x" * 10, max_size=4)
    (None, 'renamed', 'size')
    """
    extension = (name or "").rpartition(".")[2].lower()
    if not content:
        return "empty"
    if len(content) > max_size:
        return "size"
    if extension not in KINDS:
        return "type"
    if extension == "json":
        return None if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else "renamed"
    return None if content.startswith(KINDS[extension]) else "renamed"
