"""The stages of `make test`. Each returns an Outcome and works in its own database."""

import hashlib
import json
import os
import socket
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from common import (
    ADDONS_DIR,
    CORE_ADDONS,
    LANGUAGES,
    LOGS,
    OPTIONAL_ADDONS,
    PROJECT,
    PYTHON,
    RUNTIME,
    Odoo,
    run_logged,
    tail,
)
from test_log import problems
from test_record import Recorder

TEST_LOGS = LOGS / "test"
TIMES = RUNTIME / "state/test-times.json"
BASE_ADDONS = (
    "mail",
    "uom",
    "product",
    "maintenance",
)  # what carbon_management needs, nothing more
TIMEOUT = int(os.environ.get("TEST_TIMEOUT") or 2400)  # seconds for one Odoo process


@dataclass
class Outcome:
    """What a stage found: tests, checks of the stage itself, and text for a person."""

    tests: int = 0
    passed: int = 0
    failures: list = field(default_factory=list)
    detail: str = ""

    @property
    def failed(self):
        return len(self.failures)

    @classmethod
    def check(cls, found, detail=""):
        """A stage that is one check: it passes when nothing was found."""
        return cls(
            passed=0 if found else 1,
            failures=["\n".join(found)] if found else [],
            detail=detail,
        )


class Stages:
    """The databases and processes of one test run."""

    def __init__(self, plan):
        self.plan = plan
        self.odoo = Odoo("test")
        # names carry the folder: several checkouts may share one server
        self.prefix = "ct" + short_hash(RUNTIME)
        self.identity = (RUNTIME / "state/odoo-id").read_text(encoding="utf-8")
        self.times = json.loads(TIMES.read_text()) if TIMES.exists() else {}
        self.lock = threading.Lock()
        self.files_run = set()  # test files of which something ran
        self.running = {}  # stage name -> what it is doing now
        TEST_LOGS.mkdir(parents=True, exist_ok=True)

    @property
    def ours(self):
        """The template with the addons of this run: one for each choice of addons."""
        return self.template("ours_" + short_hash(self.plan.with_dependencies()))

    @property
    def optional(self):
        """The same with more of Odoo's addons."""
        return self.template("optional_" + short_hash(self.plan.with_dependencies()))

    # -- helpers
    def save_times(self):
        TIMES.write_text(json.dumps(self.times, indent=0, sort_keys=True))

    def prune(self):
        """Drop what earlier runs left behind: other Odoo packages, broken-off runs."""
        keep = f"{self.prefix}_{short_hash(self.identity)}_"
        names = self.odoo.psql(
            f"SELECT datname FROM pg_database WHERE datname LIKE '{self.prefix}\\_%' ORDER BY oid DESC"
        ).split()
        old_choices = set()
        for kind in ("ours_", "optional_"):
            old_choices.update([name for name in names if name.startswith(keep + kind)][4:])
        for name in names:
            if not name.startswith(keep) or name in old_choices:
                self.odoo.drop(name)

    def template(self, name):
        return f"{self.prefix}_{short_hash(self.identity)}_{name}"

    def database(self, name):
        return f"{self.prefix}_{name}"

    def call(self, log, database, *options):
        """Run Odoo on a database; returns (exit code, path of the log)."""
        path = TEST_LOGS / f"{log}.log"
        options = ("-d", database, "--stop-after-init", "--no-http", *options)
        return self.odoo.run(path, *options, f"--http-port={free_port()}"), path

    def shell(self, log, database, script):
        """Run Python in an Odoo shell."""
        return self.odoo.run(
            TEST_LOGS / f"{log}.log",
            "-d",
            database,
            "--no-http",
            command="shell",
            stdin=script,
        )

    def built(self, database, fingerprint):
        """Whether the template stands complete and was made of exactly this."""
        if not self.odoo.exists(database):
            return False
        return fingerprint == self.odoo.psql(
            f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{database}'"
        )

    def seal(self, database, fingerprint):
        self.odoo.psql(f"COMMENT ON DATABASE \"{database}\" IS '{fingerprint}'")

    def install(self, log, database, addons, *options, ours):
        """Install addons; returns what is wrong. `ours`: every warning is ours."""
        code, path = self.call(log, database, "-i", ",".join(addons), *options)
        found = problems(path, self.plan.manifests, every_warning=ours)
        if code:
            found.append(f"Odoo ended with exit code {code}\n{tail(path)}")
        return [f"{problem[:1500]}\n(log: {path})" for problem in found]

    # -- templates: Odoo's own addons, built once per Odoo package and list of addons
    def core_template(self, name, addons, source=None, *options):
        database, fingerprint = (
            self.template(name),
            " ".join(("core", LANGUAGES, *addons, *options)),
        )
        if self.built(database, fingerprint):
            return Outcome(detail="kept")
        if source:
            self.odoo.copy(self.template(source), database)
            found = []
        else:
            found = self.empty_database(name, database, options)
        found = found or self.install(f"template-{name}", database, addons, *options, ours=False)
        if not found:
            self.seal(database, fingerprint)
        return Outcome(failures=found, detail="built")

    def empty_database(self, name, database, options):
        """A database with base, its languages and its attachments inside; returns what is wrong."""
        self.odoo.drop(database)
        self.odoo.create(database)
        languages = f"--load-language={LANGUAGES}"
        found = self.install(f"template-{name}-base", database, ("base",), languages, *options, ours=False)
        if not found:
            sql = "INSERT INTO ir_config_parameter (key, value) VALUES ('ir_attachment.location', 'db')"
            self.odoo.psql(sql, database)
            script = "env['ir.attachment'].force_storage(); env.cr.commit()"
            self.shell(f"template-{name}-store", database, script)
        return found

    def base_template(self):
        """What carbon_management needs, nothing more."""
        return self.core_template("min", BASE_ADDONS, None, "--skip-auto-install")

    def full_template(self):
        """Odoo's applications that all our addons together build on."""
        addons = {
            *BASE_ADDONS,
            *CORE_ADDONS,
            "bus",
            *self.plan.external(list(self.plan.manifests)),
        }
        return self.core_template("full", sorted(addons), "min", "--skip-auto-install")

    def external_template(self, addons):
        """A template with just what some of our addons need of Odoo."""
        wanted = [name for name in addons if name not in BASE_ADDONS]
        if not wanted:
            return "min"
        return "min_" + "_".join(wanted)

    # -- our addons in a copy
    def installed(self):
        """Install our addons; kept as a template while no addon changes."""
        names = self.plan.with_dependencies()
        database, fingerprint = (
            self.ours,
            "ours " + self.plan.fingerprint(names),
        )
        if not os.environ.get("FRESH") and self.built(database, fingerprint):
            return Outcome.check([], "kept: no addon changed")
        self.odoo.copy(self.template("full"), database)
        found = self.install("install", database, names, "--skip-auto-install", ours=True)
        if not found and self.plan.needs_browser():
            script = (PROJECT / "config/pregenerate_bundles.py").read_text(encoding="utf-8")
            self.shell("bundles", database, script)
        if not found:
            self.seal(database, fingerprint)
        return Outcome.check(found, f"{len(names)} addons")

    def with_optional(self):
        """All our addons and more of Odoo's; kept as a template while no addon changes."""
        parts = ("optional", self.plan.fingerprint(list(self.plan.manifests)), *OPTIONAL_ADDONS)
        database, fingerprint = self.optional, " ".join(parts)
        if not os.environ.get("FRESH") and self.built(database, fingerprint):
            return Outcome.check([], "kept: no addon changed")
        self.odoo.copy(self.ours, database)
        addons = sorted({*OPTIONAL_ADDONS, *self.plan.manifests} - set(self.plan.with_dependencies()))
        found = self.install("install-optional", database, addons, "--skip-auto-install", ours=False)
        if not found:
            self.seal(database, fingerprint)
        return Outcome.check(found, f"{len(addons)} addons")

    def alone(self, name):
        """An addon with nothing but what it depends on."""
        database = self.database(f"alone_{name}")
        self.odoo.copy(self.template(self.external_template(self.plan.external([name]))), database)
        found = self.install(f"alone-{name}", database, [name], "--skip-auto-install", ours=True)
        self.odoo.drop(database)
        return Outcome.check(found)

    def demo(self):
        """As people do it: our applications on Odoo with demo data; bridges follow."""
        database = self.template("demo_ours")
        script = (PROJECT / "tests/demo_assertions.py").read_text(encoding="utf-8")
        fingerprint = "ours " + self.plan.fingerprint(list(self.plan.manifests))
        fingerprint = f"{fingerprint} {short_hash(script)}"
        if not os.environ.get("FRESH") and self.built(database, fingerprint):
            return Outcome.check([], "kept: no addon changed")
        self.odoo.copy(self.template("demo"), database)
        applications = [name for name, manifest in self.plan.manifests.items() if not manifest.get("auto_install")]
        found = self.install("demo", database, applications, "--with-demo", ours=True)
        rows = self.odoo.psql("SELECT name FROM ir_module_module WHERE state = 'installed'", database).split("\n")
        missing = [name for name in self.plan.manifests if name not in rows]
        if missing and not found:
            found.append("not installed by themselves although all they depend on is there: " + ", ".join(missing))
        if not found and self.shell("demo-assertions", database, script):
            log = TEST_LOGS / "demo-assertions.log"
            found.append(f"the demo company is not as expected\n{tail(log)}")
        if not found:
            self.seal(database, fingerprint)
        return Outcome.check(found, f"{len(applications)} applications")

    # -- tests
    def odoo_tests(self, number, tags, http, template=None):
        """Run the tests of a share in a copy of its own."""
        name, database = f"tests-{number}", self.database(f"tests_{number}")
        self.odoo.copy(template or self.ours, database)
        results = TEST_LOGS / f"{name}.jsonl"
        results.unlink(missing_ok=True)
        recorded = Recorder(results)
        log = TEST_LOGS / f"{name}.log"
        options = [
            "-d",
            database,
            "--stop-after-init",
            "--test-tags",
            tags,
            f"--http-port={free_port()}",
        ]
        if not http:
            options.append("--no-http")

        def watch(_log, seconds):
            self.running[name] = recorded.progress()
            limit(seconds)

        failures = []
        try:
            code = self.odoo.run(
                log,
                *options,
                watch=watch,
                program=[PYTHON, str(PROJECT / "config/odoo_tests.py")],
                environment={"CARBON_TEST_RESULTS": str(results)},
            )
        except TimeoutError as error:
            code, failures = 0, [f"{name}: {error} (log: {log})"]
        finally:
            self.running.pop(name, None)
        recorded.read()
        failures += recorded.failures()
        failures += [
            f"{problem[:1500]}\n(log: {log})" for problem in problems(log, self.plan.manifests, every_warning=False)
        ]
        if code and not failures:
            failures.append(f"Odoo ended with exit code {code}\n{tail(log)}\n(log: {log})")
        if not failures:
            self.odoo.drop(database)
        with self.lock:
            self.times.update(recorded.seconds)
            self.files_run |= {test.rsplit(".", 2)[0] for test in recorded.started}
        return Outcome(
            len(recorded.started),
            len(recorded.started - recorded.bad()),
            failures,
            f"{len(recorded.started)} tests",
        )

    def javascript(self):
        """Hoot tests of our addons (static/tests/*.test.js) in Odoo's own runner."""
        addons = [name for name in self.plan.addons if any((ADDONS_DIR / name / "static/tests").rglob("*.test.js"))]
        tags = ",".join(f"/web:WebSuite.test_unit_desktop[@{name}]" for name in addons)
        outcome = self.odoo_tests("js", tags, http=True)
        outcome.detail = ", ".join(addons)
        return outcome

    def pytest(self):
        """The tests that span addons (tests/conftest.py says what they are given)."""
        database, report = self.database("pytest"), TEST_LOGS / "pytest.xml"
        self.odoo.copy(self.ours, database)
        report.unlink(missing_ok=True)
        log = TEST_LOGS / "pytest.log"
        arguments = self.plan.pytest_args or [str(PROJECT / "tests")]
        environment = {
            "ODOO_RC": str(self.odoo.rc),
            "TEST_TEMPLATE": self.ours,
            "TEST_DB_PREFIX": self.database("py"),
            "TEST_DEMO_TEMPLATE": self.template("demo_ours"),
            "TEST_CORE_TEMPLATE": self.template("full"),
        }
        command = [
            *(PYTHON, "-m", "pytest", "-q", "-rA", f"--rootdir={PROJECT}"),
            *("--odoo-config", str(self.odoo.rc), "--odoo-database", database),
            *(f"--junitxml={report}", *arguments),
        ]

        def watch(_log, seconds):
            self.running["tests/ (pytest)"] = tail(log, 1)[-60:]
            limit(seconds)

        failures = []
        try:
            code = run_logged(command, log, env={**self.odoo.env, **environment}, watch=watch)
        except TimeoutError as error:
            code, failures = 0, [f"pytest: {error} (log: {log})"]
        finally:
            self.running.pop("tests/ (pytest)", None)
        self.odoo.drop(database)
        outcome = Outcome(failures=failures)
        if report.exists():
            for item in ET.parse(report).iter("testcase"):
                outcome.tests += 1
                bad = [child for child in item if child.tag in ("failure", "error", "skipped")]
                outcome.passed += not bad
                outcome.failures += [
                    f"{item.get('classname')}.{item.get('name')}: {child.tag}\n"
                    f"{(child.text or child.get('message') or '')[-1500:]}"
                    for child in bad[:1]
                ]
        if code not in (0, 5) and not outcome.failures:
            outcome.failures.append(f"pytest ended with exit code {code}\n{tail(log)}\n(log: {log})")
        outcome.detail = f"{outcome.tests} tests"
        return outcome


def limit(seconds):
    """End what takes too long: a hanging test must not hang the whole run."""
    if seconds > TIMEOUT:
        raise TimeoutError(f"still running after {TIMEOUT} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def short_hash(value):
    return hashlib.sha1(str(value).encode(), usedforsecurity=False).hexdigest()[:6]
