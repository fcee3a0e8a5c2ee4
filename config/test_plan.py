"""What is tested: addons, test classes, the filter given, shares of equal length."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from common import ADDONS_DIR, PROJECT, CommandError, addon_hash, manifests

# a comment in a test file that only a command of its own runs
NOT_BY_DEFAULT = "make test: not by default"
# the tag of test classes that need OPTIONAL_ADDONS; they carry -standard too, so that no other stage runs them
OPTIONAL_TAG = "optional_addons"
TEST_DIR = PROJECT / "tests"


@dataclass
class TestClass:
    """A class with tests, as the source says."""

    addon: str
    file: Path
    name: str
    methods: list
    browser: bool
    optional: bool

    @property
    def identifier(self):
        return f"odoo.addons.{self.addon}.tests.{self.file.stem}.{self.name}"

    @property
    def tag(self):
        return f"{OPTIONAL_TAG if self.optional else ''}/{self.addon}:{self.name}"

    def weight(self, times):
        known = sum(seconds for test, seconds in times.items() if test.startswith(self.identifier + "."))
        return known or len(self.methods) * (6 if self.browser else 0.5)


class Plan:
    """The project's addons and tests, narrowed by ADDONS= and TEST=."""

    def __init__(self, addons="", test=""):
        self.manifests = manifests()
        if not self.manifests:
            raise CommandError("there are no addons in addons/", "Is this a complete checkout?")
        chosen = [name for name in re.split(r"[,\s]+", addons) if name]
        for name in chosen:
            if name not in self.manifests:
                raise CommandError(
                    f"ADDONS={name}: there is no such addon",
                    "Known: " + ", ".join(self.manifests),
                )
        self.addons = chosen or list(self.manifests)
        self.filtered = bool(chosen or test)
        self.classes = [found for name in self.addons for found in self._classes(name)]
        self.tags, self.optional_tags, self.pytest_args = [], [], []
        for word in re.split(r"[,\s]+", test):
            if word:
                self._select(word)

    # -- addons
    def with_dependencies(self, names=None):
        """Our addons needed for some of our addons, themselves included."""
        todo, found = list(names or self.addons), set()
        while todo:
            name = todo.pop()
            if name in self.manifests and name not in found:
                found.add(name)
                todo += self.manifests[name]["depends"]
        return sorted(found)

    def external(self, names):
        """Odoo's own addons that some of our addons need directly."""
        return sorted(
            {dep for name in self.with_dependencies(names) for dep in self.manifests[name]["depends"]}
            - set(self.manifests)
        )

    def directories(self):
        return [ADDONS_DIR / name for name in self.addons]

    def fingerprint(self, names):
        return "-".join(addon_hash(name) for name in self.with_dependencies(names))

    # -- tests
    def _classes(self, addon):
        for file in sorted((ADDONS_DIR / addon / "tests").glob("test_*.py")):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    methods = [
                        item.name
                        for item in node.body
                        if isinstance(item, ast.FunctionDef) and item.name.startswith("test")
                    ]
                    browser = any("Http" in ast.unparse(base) for base in node.bases)
                    optional = any(OPTIONAL_TAG in ast.unparse(decorator) for decorator in node.decorator_list)
                    if methods:
                        yield TestClass(addon, file, node.name, methods, browser, optional)

    def test_files(self):
        """Files that must have run at least one test each."""
        return {
            f"odoo.addons.{found.addon}.tests.{found.file.stem}"
            for found in self.classes
            if NOT_BY_DEFAULT not in found.file.read_text(encoding="utf-8")
        }

    def _select(self, word):
        """TEST= names a file, class, method or Class.method of an addon or tests/."""
        before = len(self.tags) + len(self.optional_tags) + len(self.pytest_args)
        stem = Path(word).stem if word.endswith(".py") else word
        for optional, tags in ((False, self.tags), (True, self.optional_tags)):
            classes = [c for c in self.classes if c.optional == optional]
            files = {f"/{c.addon}/tests/{c.file.name}" for c in classes if c.file.stem == stem}
            tags += sorted(f"{OPTIONAL_TAG if optional else ''}{file}" for file in files)
            tags += sorted({c.tag for c in classes if c.name == word})
            tags += sorted({f"{c.tag}.{m}" for c in classes for m in c.methods if word in (m, f"{c.name}.{m}")})
        for file in sorted(TEST_DIR.rglob("test_*.py")):
            if file.stem == stem:
                self.pytest_args.append(str(file))
            elif re.search(
                rf"^\s*(?:def|class) {re.escape(word)}\b",
                file.read_text(encoding="utf-8"),
                re.M,
            ):
                self.pytest_args += [str(file), "-k", word]
        if len(self.tags) + len(self.optional_tags) + len(self.pytest_args) == before:
            raise CommandError(
                f"TEST={word}: no test file, class or method has that name",
                "Looked in: " + ", ".join([*self.addons, "tests/"]),
            )

    def needs_browser(self):
        return any(found.browser for found in self.classes)

    def shares(self, count, times):
        """Test tags for `count` processes.

        The first one runs all that the others do not name, so nothing is lost.
        """
        if self.tags or self.optional_tags:
            return [",".join(self.tags)] if self.tags else []
        shares = [[0.0, []] for _ in range(count)]
        for found in sorted((c for c in self.classes if not c.optional), key=lambda c: -c.weight(times)):
            share = min(shares, key=lambda s: s[0])
            share[0] += found.weight(times)
            share[1].append(found.tag)
        others = [sorted(set(tags)) for _, tags in shares[1:] if tags]
        taken = {tag for tags in others for tag in tags}
        first = [f"/{name}" for name in self.addons] + sorted(f"-{tag}" for tag in taken)
        return [",".join(first), *(",".join(sorted(set(tags))) for tags in others)]

    def optional(self):
        """Test tags of the classes that need OPTIONAL_ADDONS; empty where none is to run."""
        if self.tags or self.optional_tags:
            return ",".join(self.optional_tags)
        return ",".join(sorted({found.tag for found in self.classes if found.optional}))
