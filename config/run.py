#!/usr/bin/env python3
"""`make run`: create or update the demo company's database, then serve it.

What was installed, and with which code, is remembered in the comment of the database,
so that an interrupted creation is noticed and a second start updates only the addons
that changed.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from common import (
    CORE_ADDONS,
    LANGUAGES,
    LOGS,
    CommandError,
    Odoo,
    addon_hash,
    main,
    manifests,
    say,
    tail,
)

PORT = int(os.environ.get("PORT") or 8069)
INTERFACE = os.environ.get("HTTP_INTERFACE") or "127.0.0.1"
DATABASE = os.environ.get("PGDATABASE") or "carbon"
BUILDING = "carbon set-up: being created"
READY = "carbon set-up: "


def check_port():
    """Refuse early, before minutes of work, when nobody could reach the server."""
    for family, address in ((socket.AF_INET, INTERFACE), (socket.AF_INET, "0.0.0.0")):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, PORT))
            except OSError as error:
                raise CommandError(
                    f"port {PORT} is not free ({error.strerror})",
                    "Perhaps `make run` runs in another window: open its page.",
                    f"Or take another port: make run PORT={PORT + 1}",
                ) from None


class Progress:
    """Shows what Odoo does while it builds a database.

    On a terminal it is a line that moves, else a line every 10 seconds.
    """

    def __init__(self, name):
        self.name, self.shown, self.last = name, 0.0, ""

    def __call__(self, log, seconds):
        tty = sys.stdout.isatty()
        if seconds - self.shown < (0.5 if tty else 10):
            return
        self.shown = seconds
        found = re.findall(
            r"Loading module (\S+) \((\d+)/(\d+)\)",
            log.read_text(encoding="utf-8", errors="replace"),
        )
        detail = "module {1} of {2}: {0}".format(*found[-1]) if found else "starting"
        line = f"  …    {self.name:<40} {seconds:7.0f}s  {detail}"
        print(f"{line:<110}" if tty else line, end="\r" if tty else "\n", flush=True)


def applications():
    """Our addons that a person installs; the others follow by themselves."""
    return [name for name, manifest in manifests().items() if not manifest.get("auto_install")]


class Database:
    """The database that is served."""

    def __init__(self):
        self.odoo = Odoo("run")
        self.log = LOGS / "database.log"

    def state(self):
        """`missing`, `unfinished`, `foreign` (not made here), or what is known about it."""
        if not self.odoo.exists(DATABASE):
            return "missing"
        comment = self.odoo.psql(
            f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{DATABASE}'"
        )
        if comment == BUILDING:
            return "unfinished"
        return json.loads(comment[len(READY) :]) if comment.startswith(READY) else "foreign"

    def comment(self, text):
        self.odoo.psql(f"""COMMENT ON DATABASE "{DATABASE}" IS '{text.replace("'", "''")}'""")

    def prepare(self):
        """Bring the database to what the addons are now."""
        hashes = {name: addon_hash(name) for name in manifests()}
        state = self.state()
        if state == "unfinished":
            say("", "the database of an interrupted start is made anew")
            self.odoo.drop(DATABASE)
            state = "missing"
        if state == "missing":
            self.build(hashes)
            state = {"demo": True}
        elif state == "foreign":
            state = self.adopt()
        else:
            self.update(state, hashes)
        self.comment(READY + json.dumps({"demo": state.get("demo", True), "addons": hashes}))

    def build(self, hashes):
        """The demo company: Odoo's applications and all our addons."""
        self.odoo.create(DATABASE)
        self.comment(BUILDING)
        demo = ("--with-demo", f"--load-language={LANGUAGES}")
        # first Odoo's, so that its demo company can buy and receive before ours does
        for name, addons in (("create Odoo's demo company", CORE_ADDONS), ("add the carbon addons", hashes)):
            self.work(name, "-i", ",".join(addons), *demo)
            if "demo data failed" in self.log.read_text(encoding="utf-8", errors="replace"):
                say("WARN", "some demo data could not be installed", detail=f"see {self.log}")

    def adopt(self):
        """Somebody's own database: our applications only; bridges follow where their application is there."""
        if not os.environ.get("PGDATABASE"):
            raise CommandError(
                f"database {DATABASE} exists but was not made by `make run`",
                f"To add the carbon addons to it, name it beside your PGHOST: PGDATABASE={DATABASE} make run",
                "To keep it apart, name another one: PGDATABASE=carbon_demo make run",
            )
        say("", f"adding the carbon addons to your database {DATABASE} (no demo data)")
        self.work("install addons", "-i", ",".join(applications()))
        return {"demo": False}

    def update(self, state, hashes):
        """Install what is new and update what changed since the last start."""
        rows = self.odoo.psql("SELECT name FROM ir_module_module WHERE state = 'installed'", DATABASE).split("\n")
        wanted = list(hashes) if state.get("demo", True) else applications()
        new = [name for name in wanted if name not in rows]
        changed = [name for name in hashes if name in rows and state.get("addons", {}).get(name) != hashes[name]]
        if not new and not changed:
            say("ok", "database is up to date")
            return
        options = []
        if new:
            options += ["-i", ",".join(new), *(["--with-demo"] if state.get("demo", True) else [])]
        if changed:
            options += ["-u", ",".join(changed)]
            if state.get(
                "demo", True
            ):  # else Odoo keeps translations that we have corrected; other databases may have their own
                options += ["--i18n-overwrite"]
        self.work(f"update {len(new + changed)} addon(s)", *options)

    def work(self, name, *options):
        start = time.time()
        code = self.odoo.run(
            self.log,
            "-d",
            DATABASE,
            *options,
            "--stop-after-init",
            "--no-http",
            watch=Progress(name),
        )
        if code:
            print(tail(self.log), file=sys.stderr)
            raise CommandError(
                f"'{name}' failed",
                f"The whole log: {self.log}",
                "Mend the addon named there and type `make run` again.",
            )
        say("ok", name, time.time() - start, " " * 30)


def serve(odoo):
    """Start the server, say when it answers, and end with it."""
    log = LOGS / "odoo.log"
    start = time.time()
    with log.open("a", encoding="utf-8") as stream:
        process = subprocess.Popen(
            odoo.command("-d", DATABASE, f"--http-port={PORT}", f"--http-interface={INTERFACE}"),
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=odoo.env,
            start_new_session=True,
        )
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: process.send_signal(signal.SIGTERM))
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/web/login", timeout=60):
                break
        except OSError:
            time.sleep(0.3)
    if process.poll() is not None:
        print(tail(log), file=sys.stderr)
        raise CommandError("Odoo ended while starting", f"The whole log: {log}")
    say("ok", "start server", time.time() - start)
    print(
        f"\nServing at http://localhost:{PORT}   login: admin   password: admin\nLog: {log}   Stop: Ctrl+C",
        flush=True,
    )
    return process.wait()


def command():
    check_port()
    if sys.argv[1:] == ["check-port"]:
        return 0
    database = Database()
    database.prepare()
    if sys.argv[1:] == ["prepare"]:
        return 0
    return serve(database.odoo)


main(command)
