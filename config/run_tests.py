#!/usr/bin/env python3
"""`make test`: everything, or a part with ADDONS=a,b and TEST=file|class|method.

Ends with one line `N passed, N failed` and an exit code that says the same. Settings:
  JOBS=2      processes at a time
  FRESH=1     install the addons again although nothing changed
  ONLY=a,b    stages of: odoo js pytest alone demo
"""

import os
import shutil
import time

from common import CORE_ADDONS, CommandError, main, say
from scheduler import JOBS, Scheduler, lock
from test_plan import TEST_DIR, Plan
from test_stages import BASE_ADDONS, Stages

STAGES = ("odoo", "js", "pytest", "alone", "demo")
BASES = ("template: base", "template: Odoo's applications", "install our addons", "install more of Odoo's addons")
BASE, FULL, OURS, MORE = BASES


def add_odoo_tests(plan, stages, add):
    """The tests of our addons in shares, and those that need more of Odoo's addons."""
    shares = plan.shares(JOBS, stages.times)
    for number, tags in enumerate(shares, 1):
        add(
            f"Odoo tests {number} of {len(shares)}",
            lambda n=number, t=tags: stages.odoo_tests(n, t, plan.needs_browser()),
            OURS,
        )
    if optional := plan.optional():
        add(MORE, stages.with_optional, OURS)
        add(
            "Odoo tests with more of Odoo's addons",
            lambda: stages.odoo_tests("optional", optional, False, stages.optional),
            MORE,
        )


def build(plan, stages, only):
    """The stages of this run and what they need."""
    scheduler = Scheduler(stages)
    add = scheduler.add
    if {"odoo", "js", "pytest", "alone"} & only:
        add(BASE, stages.base_template)
    if {"odoo", "js", "pytest"} & only:
        add(FULL, stages.full_template, BASE)
        add(OURS, stages.installed, FULL)
    if "odoo" in only:
        add_odoo_tests(plan, stages, add)
    if "demo" in only:
        add(
            "template: with demo data",
            lambda: stages.core_template("demo", CORE_ADDONS, None, "--with-demo"),
        )
        add("install with demo data", stages.demo, "template: with demo data")
    if "js" in only:
        add("JavaScript tests", stages.javascript, OURS)
    if "pytest" in only:
        add(
            "tests/ (pytest)",
            stages.pytest,
            OURS,
            *(["install with demo data"] if "demo" in only else []),
        )
    if "alone" in only:
        for name in plan.addons:
            external = [dep for dep in plan.external([name]) if dep not in BASE_ADDONS]
            need = BASE
            if external:
                need = "template: " + ", ".join(external)
                if need not in scheduler.todo:
                    template = stages.external_template(plan.external([name]))
                    add(
                        need,
                        lambda t=template, e=tuple(external): stages.core_template(t, e, "min", "--skip-auto-install"),
                        BASE,
                    )
            add(f"{name} alone", lambda n=name: stages.alone(n), need)
    return scheduler


def chosen_stages(plan):
    only = {word for word in (os.environ.get("ONLY") or "").replace(",", " ").split()}
    if only - set(STAGES):
        raise CommandError(f"ONLY={os.environ['ONLY']}: unknown stage", "Known: " + ", ".join(STAGES))
    if not only:
        if plan.tags or plan.optional_tags or plan.pytest_args:
            only = ({"odoo"} if plan.tags or plan.optional_tags else set()) | (
                {"pytest"} if plan.pytest_args else set()
            )
        elif plan.filtered:
            only = {"odoo", "js", "alone"}
        else:
            only = set(STAGES)
    if not any(any((plan_dir / "static/tests").rglob("*.test.js")) for plan_dir in plan.directories()):
        only.discard("js")
    if not any(TEST_DIR.rglob("test_*.py")):
        only.discard("pytest")
    return only


def check_browser(plan, stages):
    names = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
    if plan.needs_browser() and not any(shutil.which(name, path=stages.odoo.env["PATH"]) for name in names):
        raise CommandError(
            "Chromium is missing, so the browser tests cannot run",
            "apt-get install chromium, then type the command again.",
        )


def silent_files(plan, stages, outcomes):
    """Test files of which nothing ran: Odoo itself says nothing about them."""
    broken = any(outcome.failed for name, outcome in outcomes.items() if name in BASES)
    if plan.tags or plan.optional_tags or broken:
        return []
    return [
        f"{name}: none of its tests ran. Is it imported in tests/__init__.py? Do its tags exclude it?"
        for name in sorted(plan.test_files() - stages.files_run)
    ]


def report(plan, stages, outcomes, only):
    """Print the failures and the closing line; returns the exit code."""
    failures = [(name, text) for name, outcome in outcomes.items() for text in outcome.failures]
    if "odoo" in only:
        found = silent_files(plan, stages, outcomes)
        failures += [("Odoo tests", text) for text in found]
    if only & {"odoo", "js", "pytest"} and not sum(outcome.tests for outcome in outcomes.values()):
        failures.append(("tests", "not one test ran"))
    passed = sum(outcome.passed for outcome in outcomes.values())
    stages.save_times()
    if failures:
        print("\nFailures")
        for name, text in failures:
            print(f"--- {name}\n{text.rstrip()}")
    print(f"\n{passed} passed, {len(failures)} failed", flush=True)
    return 1 if failures else 0


def command():
    plan = Plan(os.environ.get("ADDONS") or "", os.environ.get("TEST") or "")
    held = lock()
    stages = Stages(plan)
    stages.prune()
    only = chosen_stages(plan)
    check_browser(plan, stages)
    scheduler = build(plan, stages, only)
    start = time.time()
    scheduler.run()
    say("", "in all", time.time() - start)
    held.close()
    return report(plan, stages, scheduler.outcomes, only)


main(command, last_line="0 passed, 1 failed")
