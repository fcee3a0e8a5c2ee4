"""Reading Odoo's logs: what must not be there."""

import re

LINE = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) (?P<database>\S+)"
    r" (?P<logger>[^\s:]+): (?P<text>.*)$"
)
BAD = ("WARNING", "ERROR", "CRITICAL")
# Lines that repeat what the recorder of odoo_tests.py has counted already.
COUNTED = re.compile(
    r"^(FAIL|ERROR): |^Module \S+: \d+ failures?, |^\d+ failed, \d+ error\(s\) of "
    r"|^At least one test failed"
)


def lines(path):
    """(level, logger, text with its continuation lines) of every entry."""
    entry = None
    with open(path, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            found = LINE.match(line)
            if found:
                if entry:
                    yield entry
                entry = (found["level"], found["logger"], found["text"].strip())
            elif entry:
                entry = (*entry[:2], f"{entry[2]}\n{line.rstrip()}")
    if entry:
        yield entry


def problems(path, addons, every_warning):
    """What makes a run fail although Odoo ended with success.

    :param addons: names of our addons: their warnings count
    :param every_warning: True while our addons are installed into a clean copy: any
        warning is theirs
    """
    found = []
    for level, logger, text in lines(path):
        if level not in BAD or COUNTED.match(text):
            continue
        ours = any(f".{name}" in logger or f"/{name}/" in text or f"'{name}" in text for name in addons)
        if level != "WARNING" or ours or every_warning:
            found.append(f"{level} {logger}: {text}")
        elif "demo data failed" in text:
            found.append(text)
    return found
