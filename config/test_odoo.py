#!/usr/bin/env python3
"""`make test-odoo`: Odoo's own tests, without and with our addons.

A test that fails only with them is a defect of ours. Browser tests are left out. Every
module's result is kept, so an interrupted run goes on where it was.
  MODULES=stock,mrp   other modules than the five applications
  RECORD=1            write what fails without our addons to odoo_known_failures.txt
  FRESH=1             forget earlier results
"""

import json
import os
import time

from common import PROJECT, PYTHON, RUNTIME, CommandError, main, tail
from scheduler import Scheduler, lock
from test_plan import Plan
from test_record import Recorder
from test_stages import TEST_LOGS, Outcome, Stages, free_port, short_hash

MODULES = ("maintenance", "purchase", "stock", "mrp", "account")
KNOWN = PROJECT / "tests/odoo_known_failures.txt"
RESULTS = RUNTIME / "test-odoo"
SIDES = ("without", "with")


class OdooSuites(Stages):
    """One process for each module and side, in a copy of the right template."""

    def __init__(self, plan):
        super().__init__(plan)
        ours = plan.fingerprint(list(plan.manifests))
        runner = short_hash((PROJECT / "config/odoo_tests.py").read_text(encoding="utf-8"))
        self.fingerprints = {
            "without": f"{self.identity} {runner}",
            "with": f"{self.identity} {runner} {ours}",
        }

    def result_file(self, side, module):
        return RESULTS / f"{module}-{side}.json"

    def kept(self, side, module):
        """An earlier result that still holds, or None."""
        path = self.result_file(side, module)
        if os.environ.get("FRESH") or not path.exists():
            return None
        result = json.loads(path.read_text(encoding="utf-8"))
        return result if result["fingerprint"] == self.fingerprints[side] else None

    def suite(self, side, module):
        """Run the module's tests, at_install ones too, with everything installed."""
        if self.kept(side, module):
            return Outcome(detail="kept")
        name, database = f"odoo-{module}-{side}", self.database(f"odoo_{module}_{side}")
        self.odoo.copy(self.template("full") if side == "without" else self.ours, database)
        results, log = TEST_LOGS / f"{name}.jsonl", TEST_LOGS / f"{name}.log"
        results.unlink(missing_ok=True)
        recorded = Recorder(results)

        def watch(_log, _seconds):
            self.running[name] = recorded.progress()

        start = time.time()
        try:
            self.odoo.run(
                log,
                "-d",
                database,
                "--stop-after-init",
                f"--http-port={free_port()}",
                "--test-tags",
                f"/{module}",
                watch=watch,
                program=[PYTHON, str(PROJECT / "config/odoo_tests.py")],
                environment={
                    "CARBON_TEST_RESULTS": str(results),
                    "CARBON_TEST_ALL": "1",
                },
            )
        finally:
            self.running.pop(name, None)
        recorded.read()
        self.odoo.drop(database)
        if not recorded.started:
            return Outcome(failures=[f"{name}: no test ran\n{tail(log)}\n(log: {log})"])
        failed = set(recorded.texts) | (recorded.started - recorded.stopped)
        result = {
            "fingerprint": self.fingerprints[side],
            "tests": len(recorded.started),
            "seconds": round(time.time() - start),
            "failed": sorted(failed),
            "skipped": len(recorded.skipped),
        }
        RESULTS.mkdir(exist_ok=True)
        self.result_file(side, module).write_text(json.dumps(result, indent=1), encoding="utf-8")
        return Outcome(detail=f"{result['tests']} tests, {len(failed)} failed")


def known_failures():
    if not KNOWN.exists():
        return set()
    lines = (line.split("#")[0].strip() for line in KNOWN.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def record_known(suites, modules):
    found = sorted({test for module in modules for test in suites.kept("without", module)["failed"]})
    others = {test for test in known_failures() if test.split(".")[2] not in modules}
    KNOWN.write_text(
        f"# Tests of Odoo itself that fail without our addons ({suites.identity}).\n"
        "# Tests made for an early stage of an installation run here after it, too.\n"
        "# Written by: make test-odoo RECORD=1\n" + "".join(f"{test}\n" for test in sorted({*others, *found})),
        encoding="utf-8",
    )
    print(f"recorded {len(found)} failures in {KNOWN.relative_to(PROJECT)}")


def report(suites, modules):
    """The table, and the tests that fail only with our addons."""
    known, bad = known_failures(), []
    print(
        f"\n  {'module':<16} {'tests':>6} {'failed without':>15} {'failed with':>12}"
        f" {'new':>5} {'seconds without/with':>22}"
    )
    for module in modules:
        results = {side: suites.kept(side, module) for side in SIDES}
        if not all(results.values()):
            bad.append(f"{module}: not run to its end")
            continue
        failed = {side: set(result["failed"]) for side, result in results.items()}
        new = sorted(failed["with"] - failed["without"] - known)
        bad += new
        print(
            f"  {module:<16} {results['with']['tests']:>6} {len(failed['without']):>15}"
            f" {len(failed['with']):>12} {len(new):>5}"
            f" {results['without']['seconds']:>14} / {results['with']['seconds']}"
        )
        if results["with"]["tests"] < results["without"]["tests"]:
            bad.append(f"{module}: fewer tests ran with our addons than without")
        for test in sorted(failed["without"] - known):
            print(f"    fails without our addons too, not recorded: {test}")
    if bad:
        print("\nOnly with our addons:")
        print("\n".join(f"  {line}" for line in bad))
    print(f"\n{'new failures: ' + str(len(bad)) if bad else 'no new failure'}")
    return 1 if bad else 0


def command():
    modules = [word for word in (os.environ.get("MODULES") or "").replace(",", " ").split()] or list(MODULES)
    held = lock()
    suites = OdooSuites(Plan())
    scheduler = Scheduler(suites)
    scheduler.add("template: base", suites.base_template)
    scheduler.add("template: Odoo's applications", suites.full_template, "template: base")
    scheduler.add("install our addons", suites.installed, "template: Odoo's applications")
    for module in modules:
        for side in SIDES:
            need = "template: Odoo's applications" if side == "without" else "install our addons"
            scheduler.add(
                f"{module} {side} our addons",
                lambda m=module, s=side: suites.suite(s, m),
                need,
            )
    scheduler.run()
    held.close()
    broken = [text for outcome in scheduler.outcomes.values() for text in outcome.failures]
    if broken:
        raise CommandError("not every part could be run", *"\n".join(broken).splitlines())
    if os.environ.get("RECORD"):
        record_known(suites, modules)
    return report(suites, modules)


main(command)
