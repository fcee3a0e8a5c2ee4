"""Processes of the tests that span addons: the parent's side of runners/zygote.py."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

RUNNERS = Path(__file__).resolve().parent / "runners"


class Failed(AssertionError):
    """An action raised an error; its text is the message."""


class Running:
    """A child process that performs one action."""

    def __init__(self, zygote, number, result):
        self.zygote, self.number, self.result = zygote, number, result
        self.pid = zygote.wait_for(number, "pid")
        self.started = time.monotonic()

    def kill(self):
        """End it as a power cut would: SIGKILL, no goodbye to the database."""
        with contextlib.suppress(ProcessLookupError):  # it was faster
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self):
        """Return the exit code; -9 where it was killed."""
        return self.zygote.wait_for(self.number, "code")

    def value(self):
        """Return what the action returned.

        :raises Failed: with the text of the error that the action raised
        """
        code = self.wait()
        if not self.result.exists():
            raise Failed(f"the process ended with code {code} and no result\n{self.zygote.tail()}")
        result = json.loads(self.result.read_text(encoding="utf-8"))
        if "error" in result:
            raise Failed(f"{result['error']}\n{result['trace']}")
        return result["value"]


class Zygote:
    """Odoo's registry of one database, loaded once, from which real processes are forked."""

    def __init__(self, odoo, database, directory):
        self.database, self.directory = database, directory
        self.log = directory / f"zygote-{database}.log"
        self.stream = self.log.open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(RUNNERS / "zygote.py"), database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stream,
            text=True,
            env={**odoo.env, "ODOO_RC": str(odoo.rc), "PYTHONPATH": str(RUNNERS)},
        )
        self.answers, self.count = {}, 0
        self.news = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait_for("zygote", "ready")

    def _listen(self):
        for line in self.process.stdout:
            self.news.put(json.loads(line))
        self.news.put(None)

    def tail(self):
        """The last lines of the log."""
        return self.log.read_text(encoding="utf-8")[-3000:]

    def wait_for(self, number, key, timeout=300):
        """Return one answer about a child."""
        while key not in self.answers.get(number, {}):
            news = self.news.get(timeout=timeout)
            if news is None:
                raise Failed(f"the zygote of {self.database} ended\n{self.tail()}")
            self.answers.setdefault(news.pop("id", "zygote"), {}).update(news)
        return self.answers[number][key]

    def start(self, action, **arguments):
        """Start an action in a process of its own."""
        self.count += 1
        result = self.directory / f"{self.database}-{self.count}.json"
        command = {
            "id": self.count,
            "action": action,
            "arguments": arguments,
            "result": str(result),
        }
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return Running(self, self.count, result)

    def run(self, action, **arguments):
        """Perform an action in a process of its own and return its result."""
        return self.start(action, **arguments).value()

    def stop(self):
        """End it."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.stream.close()
