"""Tests that span addons (`make test`, or one of them: `make test TEST=test_name`).

They run in plain pytest with these variables, set by config/run_tests.py:
  TEST_TEMPLATE       a database with Odoo's applications and our addons, no demo data
  TEST_DEMO_TEMPLATE  the same with demo data (only in a whole run)
  TEST_CORE_TEMPLATE  Odoo's applications alone
  TEST_DB_PREFIX      what the names of new databases begin with
  ODOO_RC             Odoo's configuration file
Templates are copied, never connected to.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "config"))
collect_ignore = ["bench", "runners"]


@pytest.fixture(scope="session")
def odoo():
    """Odoo and PostgreSQL of the tests (config/common.py)."""
    from common import Odoo

    return Odoo("test")


@pytest.fixture
def make_database(odoo):
    """A function that copies a template: make_database("TEST_TEMPLATE") -> name."""
    made = []

    def make(template="TEST_TEMPLATE"):
        source = os.environ.get(template)
        if not source or not odoo.exists(source):
            pytest.fail(f"{template} is not there: run this through `make test`")
        name = f"{os.environ['TEST_DB_PREFIX']}_{os.getpid()}_{len(made)}"
        odoo.copy(source, name)
        made.append(name)
        return name

    yield make
    for name in made:
        odoo.drop(name)


@pytest.fixture
def database(make_database):
    """A fresh copy of the database with all our addons."""
    return make_database()


@contextlib.contextmanager
def _serving(odoo, directory):
    """Yield a function that starts Odoo; at the end all of them are stopped."""
    running = []

    def start(database, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = directory / f"odoo-{port}.log"
        command = odoo.command("-d", database, f"--http-port={port}", *options)
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(command, env=odoo.env, stdout=stream, stderr=subprocess.STDOUT)
        running.append(process)
        url = f"http://127.0.0.1:{port}"
        while process.poll() is None:
            try:
                with urllib.request.urlopen(f"{url}/web/health", timeout=60):
                    return process, url
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"Odoo did not start:\n{log.read_text()[-3000:]}")

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def serve(odoo, tmp_path):
    """A function that starts Odoo: serve(database, *options) -> (process, URL)."""
    with _serving(odoo, tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def serve_module(odoo, tmp_path_factory):
    """The same for a whole module."""
    with _serving(odoo, tmp_path_factory.mktemp("serve")) as start:
        yield start


@pytest.fixture(scope="session")
def world(odoo, tmp_path_factory):
    """A database with our addons and two companies whose history nobody has collected; copy it, never write to it."""
    from processes import Zygote

    source = os.environ.get("TEST_TEMPLATE")
    if not source or not odoo.exists(source):
        pytest.fail("TEST_TEMPLATE is not there: run this through `make test`")
    name = f"{os.environ['TEST_DB_PREFIX']}_{os.getpid()}_world"
    odoo.copy(source, name)
    zygote = Zygote(odoo, name, tmp_path_factory.mktemp("world"))
    zygote.run("build_business", names=["Works", "Other"])
    zygote.run("build_carbon", names=["Works", "Other"])
    zygote.run("build_history", moves=3000, lines=500, declarations=200)
    zygote.run("build_history", moves=600, lines=100, names=["Other"])
    zygote.stop()
    yield name
    odoo.drop(name)


@pytest.fixture(scope="module")
def fork(odoo, tmp_path_factory):
    """A function that loads Odoo for a database: fork(database) -> Zygote, whose processes can be killed."""
    from processes import Zygote

    made = []

    def start(database):
        made.append(Zygote(odoo, database, tmp_path_factory.mktemp("fork")))
        return made[-1]

    yield start
    for zygote in made:
        zygote.stop()


@pytest.fixture(scope="module")
def copy_world(odoo, world, request):
    """A function that copies the prepared companies: copy_world() -> name of a database."""
    made = []

    def make():
        name = f"{world}_{request.module.__name__.removeprefix('test_')}_{len(made)}"
        odoo.copy(world, name)
        made.append(name)
        return name

    yield make
    for name in made:
        odoo.drop(name)


@pytest.fixture(scope="session")
def _arena(odoo, world, tmp_path_factory):
    from ledger import jobs, ledger
    from processes import Zygote

    name = f"{world}_arena"
    odoo.copy(world, name)
    zygote = Zygote(odoo, name, tmp_path_factory.mktemp("arena"))
    zygote.run("start_runs")
    begin = time.monotonic()
    zygote.run("collect")
    seconds = time.monotonic() - begin
    peaceful = {
        "seconds": seconds,
        "jobs": sum(jobs(odoo, name).values()),
        "ledger": ledger(odoo, name),
    }
    yield zygote, peaceful
    zygote.stop()
    odoo.drop(name)


@pytest.fixture
def peaceful(_arena):
    """What collecting the prepared companies gives when nobody disturbs it: seconds, number of jobs, ledger."""
    return _arena[1]


@pytest.fixture
def arena(_arena):
    """Processes on the prepared companies with nothing collected; tests leave the business records alone."""
    _arena[0].run("forget")
    return _arena[0]
