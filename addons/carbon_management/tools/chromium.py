"""HTML to PDF by Chromium, whose print knows page numbers, headers and Chinese."""

import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache

PROGRAMS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
#: The first version whose print knows the boxes in the margins of a page, where headers and page numbers stand.
LEAST_VERSION = 131
_SECONDS = 120
_OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-pdf-header-footer",
)


class ChromiumError(Exception):
    """Chromium is missing, too old, or failed. ``code`` is missing, old or failed; the text is what it said."""

    def __init__(self, code, text=""):
        super().__init__(text or code)
        self.code = code


def find():
    """Return the path of Chromium, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def _run(arguments, seconds):
    # Odoo limits the memory of its processes (limit_memory_hard): Chromium reserves more address space than that.
    # The shell lifts the limit for the child only; a preexec function is not safe in a process with threads.
    lifted = 'ulimit -S -v "$(ulimit -H -v)" 2> /dev/null; ulimit -S -t "$(ulimit -H -t)" 2> /dev/null; exec "$@"'
    command = ["/bin/sh", "-c", lifted, "sh", *arguments]
    return subprocess.run(command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)


@lru_cache(maxsize=4)
def _version(path, _changed):
    found = re.search(rb"\b(\d+)\.\d+\.\d+", _run([path, "--version"], 30).stdout)
    return int(found[1]) if found else 0


def require():
    """Return the path of a Chromium that can print.

    :raises ChromiumError: if there is none, or it is too old
    """
    path = find()
    if not path:
        raise ChromiumError("missing")
    version = _version(path, os.stat(os.path.realpath(path)).st_mtime)
    if version < LEAST_VERSION:
        raise ChromiumError("old", str(version))
    return path


def print_pdf(html):
    """Return the PDF of a page that stands by itself: nothing is fetched, no script is run.

    :param html: text of the page, with its styles
    :raises ChromiumError: missing, old, or failed with what it said
    """
    path = require()
    with tempfile.TemporaryDirectory(prefix="carbon_pdf_") as folder:
        page, target = os.path.join(folder, "page.html"), os.path.join(folder, "page.pdf")
        with open(page, "w", encoding="utf-8") as file:
            file.write(html)
        options = [*_OPTIONS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium refuses to start its sandbox as root
        try:
            done = _run([path, *options, f"file://{page}"], _SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ChromiumError("failed", f"no answer in {_SECONDS} s") from error
        if done.returncode or not os.path.exists(target):
            raise ChromiumError("failed", done.stderr.decode(errors="replace")[-500:])
        with open(target, "rb") as file:
            return file.read()
