"""Reads what odoo_tests.py wrote."""

import json
from pathlib import Path


class Recorder:
    """The outcome of every test of one process, also while it runs."""

    def __init__(self, path):
        self.path = Path(path)
        self.started, self.stopped, self.texts, self.seconds = set(), set(), {}, {}
        self.skipped = {}
        self.position = 0

    def read(self):
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as stream:
            stream.seek(self.position)
            for line in stream:
                if not line.endswith("\n"):
                    break
                self.position += len(line.encode())
                self._event(json.loads(line))

    def _event(self, event):
        test = event["test"]
        if event["event"] == "start":
            self.started.add(test)
        elif event["event"] == "stop":
            self.stopped.add(test)
            self.seconds[test] = event["seconds"]
        elif event["event"] == "fail":
            self.texts.setdefault(test, []).append(event["text"])
        elif "[skip-ok]" not in event["text"]:
            self.skipped[test] = event["text"]

    def bad(self):
        return set(self.texts) | set(self.skipped) | (self.started - self.stopped)

    def progress(self):
        self.read()
        failed = f", {len(self.texts)} failed: {', '.join(list(self.texts)[:3])}" if self.texts else ""
        return f"{len(self.stopped)} tests done{failed}"

    def failures(self):
        """One text per failed, skipped or unfinished test or class set-up."""
        texts = [f"FAIL {test}\n" + "\n".join(found) for test, found in self.texts.items()]
        texts += [
            f"SKIPPED {test}: {reason}\na skipped test proves nothing ([skip-ok] in the reason allows it)"
            for test, reason in self.skipped.items()
        ]
        return texts + [f"NOT ENDED {test}" for test in sorted(self.started - self.stopped - set(self.texts))]
