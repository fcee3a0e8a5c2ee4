#!/usr/bin/env python3
"""Odoo's own command line with a recorder of tests.

The outcome and duration of every test goes to $CARBON_TEST_RESULTS.

The log alone does not say which tests ran, and a run without tests ends with success.
"""

import json
import os
import sys
import time

from odoo.cli import main
from odoo.tests import HttpCase, case, loader
from odoo.tests.result import OdooTestResult

STREAM = open(os.environ["CARBON_TEST_RESULTS"], "a", encoding="utf-8", buffering=1)  # noqa: SIM115 (open until the process ends)
STARTED = {}


def record(event, test, **values):
    """Write one line; sub-tests count for the test they belong to."""
    while isinstance(test, case._SubTest):
        test = test.test_case
    name = test.id() if isinstance(test, case.TestCase) else str(test)
    STREAM.write(json.dumps({"event": event, "test": name, **values}) + "\n")
    return name


def watch(method, event, text=None):
    """Call the original method of the test result, then record the event."""
    original = getattr(OdooTestResult, method)

    def wrapper(self, test, *args):
        if not (event == "fail" and self._soft_fail):  # a soft failure is tried again by Odoo
            record(event, test, **({"text": text(self, test, args)} if text else {}))
        return original(self, test, *args)

    setattr(OdooTestResult, method, wrapper)


def watch_times():
    start, stop = OdooTestResult.startTest, OdooTestResult.stopTest

    def start_test(self, test):
        STARTED[record("start", test)] = time.time()
        return start(self, test)

    def stop_test(self, test):
        name = test.id()
        record("stop", test, seconds=round(time.time() - STARTED.pop(name, time.time()), 3))
        return stop(self, test)

    OdooTestResult.startTest, OdooTestResult.stopTest = start_test, stop_test


def run_all_after_install():
    """For `make test-odoo`: every test but the browser ones, with all installed."""
    original = loader.make_suite

    def make_suite(module_names, position="at_install"):
        suite = original([], position)
        if position == "post_install":
            for where in ("at_install", "post_install"):
                suite.addTests(test for test in original(module_names, where) if not isinstance(test, HttpCase))
        return suite

    loader.make_suite = make_suite


watch_times()
if os.environ.get("CARBON_TEST_ALL"):
    run_all_after_install()
watch(
    "addFailure",
    "fail",
    lambda self, test, args: self._exc_info_to_string(args[0], test),
)
watch("addError", "fail", lambda self, test, args: self._exc_info_to_string(args[0], test))
watch("addSkip", "skip", lambda self, test, args: str(args[0]))
sys.exit(main())
