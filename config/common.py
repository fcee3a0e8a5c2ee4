"""What the command scripts share: paths, addons, databases, progress lines."""

import ast
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ADDONS_DIR = PROJECT / "addons"
RUNTIME = Path(os.environ.get("RUNTIME") or PROJECT / ".runtime").resolve()
LOGS = RUNTIME / "log"
ODOO = str(RUNTIME / "venv/bin/odoo")
PYTHON = str(RUNTIME / "venv/bin/python")

# Odoo's applications of the demo company and the tests; their dependencies follow.
CORE_ADDONS = ("purchase_stock", "purchase_mrp", "mrp_account", "stock_maintenance")
# Odoo's addons that change what our bridges read, with what installs itself beside them: tests tagged `optional_addons` run with them.
OPTIONAL_ADDONS = (
    "mrp_subcontracting",
    "mrp_subcontracting_account",
    "mrp_subcontracting_dropshipping",
    "mrp_subcontracting_purchase",
    "stock_dropshipping",
    "stock_landed_costs",
)
LANGUAGES = "en_US,zh_CN"  # the first one is the default

RUNNING = set()  # programs started by run_logged


class CommandError(Exception):
    """Something the person at the keyboard has to know, with what to do next."""

    def __init__(self, message, *advice):
        super().__init__(message)
        self.advice = advice


def main(function, last_line=None):
    """Run a command; print a CommandError as people read it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(function() or 0)
    except CommandError as error:
        print(f"\nERROR  {error}", file=sys.stderr)
        for line in error.advice:
            print(f"       {line}", file=sys.stderr)
        if last_line:
            print(f"\n{last_line}", flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)
    finally:  # stages run in threads: what they started must not outlive the command
        for process in list(RUNNING):
            end_process(process)


def say(status, name, seconds=None, detail=""):
    """One progress line: status, name, time, detail."""
    took = f"{seconds:7.1f}s" if seconds is not None else ""
    print(f"  {status:<4} {name:<40} {took}  {detail}".rstrip(), flush=True)


def manifests():
    """The project's addons that can be installed: name -> manifest."""
    found = {}
    for path in sorted(ADDONS_DIR.glob("*/__manifest__.py")):
        manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
        if manifest.get("installable", True):
            found[path.parent.name] = manifest
    return found


def addon_hash(name, leave_out=("static", "tests", "readme", "docs")):
    """A fingerprint of what an addon puts into a database.

    What Odoo reads anew at every start (static files, tests) does not count.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    root = ADDONS_DIR / name
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if (
            not path.is_file()
            or parts[0] in leave_out
            or path.suffix in (".pyc", ".md", ".rst")
            or "__pycache__" in parts
        ):
            continue
        digest.update("/".join(parts).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def tail(path, lines=25):
    """The last lines of a log."""
    try:
        return "\n".join(Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Odoo:
    """Odoo and PostgreSQL of one kind (`run` or `test`), as the set-up left them."""

    def __init__(self, kind):
        self.kind = kind
        self.rc = RUNTIME / f"odoo.{kind}.conf"
        self.env = dict(os.environ)
        for line in (RUNTIME / f"env.{kind}").read_text(encoding="utf-8").splitlines():
            if line.startswith("export "):
                self._export(line)

    def _export(self, line):
        script = f"{line}\nenv -0"
        output = subprocess.run(["bash", "-c", script], capture_output=True, env=self.env, check=True).stdout
        self.env = dict(item.split("=", 1) for item in output.decode().split("\0") if "=" in item)
        for name in ("PGHOST", "PGPORT", "PGUSER"):
            if not self.env.get(name):
                self.env.pop(name, None)

    # -- databases
    def psql(self, sql, database="postgres"):
        """Rows of a query, as text."""
        command = [
            "psql",
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-At",
            "-d",
            database,
            "-c",
            sql,
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=self.env, check=False)
        if done.returncode:
            raise CommandError(
                f"PostgreSQL: {done.stderr.strip()}",
                f"while asking database {database}: {sql[:100]}",
            )
        return done.stdout.strip()

    def exists(self, database):
        return self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'") == "1"

    def drop(self, database):
        self.psql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def copy(self, template, database):
        """A full copy at once: attachments of tests live in the database."""
        self.drop(database)
        strategy = "STRATEGY file_copy" if int(self.psql("SHOW server_version_num")) >= 150000 else ""
        self.psql(f'CREATE DATABASE "{database}" TEMPLATE "{template}" {strategy}')

    def create(self, database):
        self.psql(
            f"CREATE DATABASE \"{database}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )

    # -- Odoo
    def command(self, *arguments, command=None, program=(ODOO,)):
        return [
            *program,
            *([command] if command else []),
            "-c",
            str(self.rc),
            *map(str, arguments),
        ]

    def run(
        self,
        log,
        *arguments,
        command=None,
        program=(ODOO,),
        environment=None,
        stdin=None,
        watch=None,
    ):
        """Run Odoo to its end with its log in a file; returns the exit code.

        :param command: an Odoo command, such as `shell`
        :param watch: called with the log and the seconds so far while it runs; an
            exception from it ends the process
        """
        return run_logged(
            self.command(*arguments, command=command, program=program),
            log,
            env={**self.env, **(environment or {})},
            stdin=stdin,
            watch=watch,
        )

    def run_command(self, log, command, *arguments):
        """Run an Odoo command that takes its own options, such as `i18n`."""
        return run_logged([ODOO, command, *map(str, arguments)], log, env=self.env)


def run_logged(command, log, env=None, stdin=None, watch=None):
    """Run a program with its output in a file; it never outlives this call."""
    start = time.time()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            command,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=PROJECT,
            text=True,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            start_new_session=True,
        )
        RUNNING.add(process)
        try:
            if stdin:
                process.stdin.write(stdin)
                process.stdin.close()
            while True:
                try:
                    return process.wait(timeout=0.3)
                except subprocess.TimeoutExpired:  # noqa: PERF203 (it waits here)
                    if watch:
                        watch(log, time.time() - start)
        finally:
            RUNNING.discard(process)
            end_process(process)


def end_process(process):
    """Kill a program together with what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
