#!/usr/bin/env python3
"""`make docs`: every relative link and picture of the documentation exists."""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

PROJECT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|<img[^>]+src=[\"']([^\"']+)")


def pages():
    yield from sorted(PROJECT.glob("*.md"))
    for folder in ("docs", "docker", "addons"):
        yield from sorted((PROJECT / folder).rglob("*.md"))


def main():
    broken = links = 0
    for page in pages():
        for found in LINK.finditer(page.read_text(encoding="utf-8")):
            target = unquote((found[1] or found[2]).split("#")[0])
            if not target or re.match(r"[a-z]+:", target):
                continue
            links += 1
            if not (page.parent / target).exists():
                broken += 1
                print(f"{page.relative_to(PROJECT)}: no such file: {target}")
    print(f"{links} links, {broken} broken")
    return bool(broken)


sys.exit(main())
