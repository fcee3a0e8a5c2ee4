"""The project's own commands: what they must refuse."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from common import CORE_ADDONS, addon_hash, manifests
from test_log import problems
from test_plan import Plan

PROJECT = Path(__file__).resolve().parent.parent
STAMP = "2026-01-01 00:00:00,000 1"


def log_file(tmp_path, *lines):
    path = tmp_path / "odoo.log"
    path.write_text("".join(f"{STAMP} {line}\n" for line in lines), encoding="utf-8")
    return path


def test_warning_of_our_addon_is_a_problem(tmp_path):
    path = log_file(tmp_path, "WARNING db odoo.addons.carbon_x.models.y: odd")
    assert problems(path, ["carbon_x"], every_warning=False)


def test_warning_of_odoo_counts_only_while_our_addons_are_installed(tmp_path):
    path = log_file(tmp_path, "WARNING db odoo.addons.stock.models: odd")
    assert not problems(path, ["carbon_x"], every_warning=False)
    assert problems(path, ["carbon_x"], every_warning=True)


def test_any_error_is_a_problem_but_failed_tests_count_once(tmp_path):
    path = log_file(
        tmp_path,
        "ERROR db odoo.addons.stock.models: broken",
        "ERROR db odoo.addons.carbon_x.tests.test_a: FAIL: TestA.test_b",
        "ERROR db odoo.tests.result: 1 failed, 0 error(s) of 3 tests",
    )
    assert len(problems(path, ["carbon_x"], every_warning=False)) == 1


def test_failed_demo_data_is_a_problem_whoever_logs_it(tmp_path):
    path = log_file(
        tmp_path,
        "WARNING db odoo.modules.loading: Module stock demo data failed to install",
    )
    assert problems(path, ["carbon_x"], every_warning=False)


def test_classes_that_need_more_addons_run_in_their_own_stage_only():
    plan = Plan()
    wanted = {found.tag for found in plan.classes if found.optional}
    assert "optional_addons/carbon_mrp:TestMrpSubcontract" in wanted
    assert set(plan.optional().split(",")) == wanted
    assert not wanted & {tag for share in plan.shares(2, {}) for tag in share.split(",")}
    for found in plan.classes:
        if found.optional:
            assert '"-standard", "optional_addons")' in found.file.read_text(encoding="utf-8"), found.file
    one = Plan(test="TestMrpSubcontract")
    assert (one.shares(2, {}), one.optional()) == ([], "optional_addons/carbon_mrp:TestMrpSubcontract")
    other = Plan(test="test_mrp_orders")
    assert (other.shares(2, {}), other.optional()) == (["/carbon_mrp/tests/test_mrp_orders.py"], "")


def test_shares_of_the_tests_lose_nothing():
    plan = Plan()
    first, *others = plan.shares(2, {})
    named = {tag for share in others for tag in share.split(",")}
    assert {f"-{tag}" for tag in named} <= set(first.split(","))
    assert {f"/{name}" for name in plan.addons} <= set(first.split(","))


def test_fingerprint_of_every_addon_is_stable():
    for name in manifests():
        assert addon_hash(name) == addon_hash(name)


@pytest.mark.parametrize("interface", ["127.0.0.1", "0.0.0.0"])
def test_run_says_what_to_do_when_the_port_is_taken(interface):
    with socket.socket() as busy:
        busy.bind((interface, 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = subprocess.run(
            [sys.executable, str(PROJECT / "config/run.py"), "check-port"],
            env={"PATH": "/usr/bin:/bin", "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"make run PORT={port + 1}" in done.stderr


def test_containers_install_every_application():
    compose = (PROJECT / "docker/compose.yaml").read_text(encoding="utf-8")
    installed = re.search(r"--init=(\S+)", compose)[1].split(",")
    wanted = {name for name, m in manifests().items() if m.get("application")}
    assert wanted <= set(installed)
    assert set(CORE_ADDONS) <= set(installed)
