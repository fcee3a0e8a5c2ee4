"""Runs the stages of a test run side by side."""

import fcntl
import os
import threading
import time

from common import RUNTIME, CommandError, say
from test_stages import Outcome

SHOWN_LINES = 40  # of a failure, when it happens; the summary gives all of it
JOBS = max(1, int(os.environ.get("JOBS") or min(os.cpu_count() or 1, 4)))


class Scheduler:
    """Runs stages, JOBS at a time, as soon as those they need have ended."""

    def __init__(self, stages):
        self.stages, self.todo, self.outcomes = stages, {}, {}
        self.condition = threading.Condition()

    def add(self, name, function, *needs):
        self.todo[name] = (function, needs)

    def _take(self):
        """The next stage that can start, None when all are done; waits otherwise."""
        with self.condition:
            while self.todo:
                for name, (function, needs) in list(self.todo.items()):
                    broken = [need for need in needs if need in self.outcomes and self.outcomes[need].failed]
                    if broken:
                        del self.todo[name]
                        self._done(
                            name,
                            Outcome(failures=[f"{name}: not run, because '{broken[0]}' failed"]),
                            0,
                        )
                    elif all(need in self.outcomes for need in needs):
                        del self.todo[name]
                        return name, function
                if self.todo:
                    self.condition.wait(20)
            return None

    def _done(self, name, outcome, seconds):
        self.outcomes[name] = outcome
        say("FAIL" if outcome.failed else "ok", name, seconds, outcome.detail)
        # told at once as well: what reads the output may stop before the summary
        for text in outcome.failures:
            print("\n".join(f"       | {line}" for line in text.rstrip().splitlines()[:SHOWN_LINES]), flush=True)
        self.condition.notify_all()

    def _worker(self):
        while True:
            item = self._take()
            if not item:
                return
            name, function = item
            start = time.time()
            try:
                outcome = function()
            except Exception as error:
                outcome = Outcome(failures=[f"{name}: {type(error).__name__}: {error}"])
            with self.condition:
                self._done(name, outcome, time.time() - start)

    def run(self):
        threads = [threading.Thread(target=self._worker, daemon=True) for _ in range(JOBS)]
        for thread in threads:
            thread.start()
        shown = time.time()
        while any(thread.is_alive() for thread in threads):
            threads[0].join(0.5) if threads[0].is_alive() else time.sleep(0.5)
            if time.time() - shown > 60:
                shown = time.time()
                for name, what in sorted(self.stages.running.copy().items()):
                    say("…", name, None, what)


def lock():
    """One test run at a time below one RUNTIME."""
    stream = open(RUNTIME / "state/test.lock", "w", encoding="utf-8")  # noqa: SIM115 (held until the process ends)
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CommandError(
            f"another `make test` is running with {RUNTIME}",
            "Wait for it, or give this one its own folder: RUNTIME=/some/folder",
        ) from None
    return stream
