#!/usr/bin/env python3
"""The project's own rules that no linter knows (docs/developer/setup.md lists them)."""

import ast
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import zh_terms

PROJECT = Path(__file__).resolve().parent.parent
MAX_FILE = 400
MAX_METHOD = 50


def python_files(addon):
    return [path for path in sorted(addon.rglob("*.py")) if "__pycache__" not in path.parts]


def text_lines(function):
    """Lines that only go on with a text, such as SQL or a docstring: not logic."""
    return sum(
        node.end_lineno - node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def check_size(path, text, tree):
    if len(text.splitlines()) > MAX_FILE:
        yield 1, f"file has more than {MAX_FILE} lines: split it by concern"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1 - text_lines(node)
            if length > MAX_METHOD and "tests" not in path.parts:
                yield (
                    node.lineno,
                    f"{node.name} has {length} lines (at most {MAX_METHOD})",
                )


def check_sudo(path, text, _tree):
    """Every sudo() says why, on its line or within the three lines above it."""
    if "tests" in path.parts:
        return
    lines = text.splitlines()
    for number, line in enumerate(lines):
        code = line.split("#")[0]
        reason = any("# sudo:" in above for above in lines[max(0, number - 3) : number + 1])
        if re.search(r"\.sudo\(", code) and not reason:
            yield number + 1, "sudo() without its reason (# sudo: …)"


def check_tests_imported(addon):
    """Odoo runs only files that tests/__init__.py imports; it is silent on others."""
    folder = addon / "tests"
    files = {path.stem for path in folder.glob("test_*.py")}
    if not files:
        return
    init = folder / "__init__.py"
    text = init.read_text(encoding="utf-8") if init.exists() else ""
    for name in sorted(files):
        if not re.search(rf"\b{name}\b", text):
            yield init, 1, f"{name} is not imported, so its tests never run"


def check_search_views(path):
    """What Odoo 19 refuses or ignores in search views."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        yield path, error.position[0], f"not well-formed: {error}"
        return
    for search in root.iter("search"):
        for group in search.iter("group"):
            if {"string", "expand"} & set(group.attrib):
                yield path, 1, "<group> in a search view takes no string or expand"
        for found in search.iter("filter"):
            if not found.get("name"):
                yield path, 1, "a filter without name"


def po_entries(text):
    """Return (line, msgid, msgstr) of every entry of a catalogue."""
    pattern = re.compile(r'^msgid ((?:"[^\n]*"\n)+)msgstr ((?:"[^\n]*"\n?)+)', re.MULTILINE)
    for match in pattern.finditer(text):
        msgid, msgstr = ("".join(ast.literal_eval(line) for line in part.splitlines()) for part in match.groups())
        yield text.count("\n", 0, match.start()) + 1, msgid, msgstr


def check_terms(addon):
    """The Chinese words of this project (zh_terms.py)."""
    path = addon / "i18n" / "zh_CN.po"
    if not path.exists():
        return
    for line, msgid, msgstr in po_entries(path.read_text(encoding="utf-8")):
        for message in zh_terms.findings(msgid, msgstr):
            yield path, line, message


def findings():
    for manifest in sorted((PROJECT / "addons").glob("*/__manifest__.py")):
        addon = manifest.parent
        for path in python_files(addon):
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            for check in (check_size, check_sudo):
                for line, message in check(path, text, tree):
                    yield path, line, message
        yield from check_tests_imported(addon)
        yield from check_terms(addon)
        for path in sorted(addon.rglob("views/*.xml")):
            yield from check_search_views(path)


def main():
    found = list(findings())
    for path, line, message in found:
        print(f"{path.relative_to(PROJECT)}:{line}: {message}")
    return bool(found)


sys.exit(main())
