"""A process that has loaded Odoo's registry and forks one child for each command.

A child is a process of its own, with its own connections: it can be killed at any moment, and the next one
starts in milliseconds. Commands come as JSON lines on stdin: ``{"id", "action", "arguments", "result"}``;
``action`` names a function of actions.py, ``result`` the file for what it returns. Answers on stdout are
``{"id", "pid"}`` at the start and ``{"id", "code"}`` at the end of a child.

    python zygote.py DATABASE        (ODOO_RC names Odoo's configuration)
"""

import json
import os
import sys
import threading
import traceback
from pathlib import Path

import actions

import odoo
from odoo.modules.registry import Registry
from odoo.service.server import load_server_wide_modules
from odoo.tools import config

_lock = threading.Lock()


def answer(**values):
    """Write one line for the parent."""
    with _lock:
        print(json.dumps(values), flush=True)


def child(registry, command):
    """Run one action and leave its result in a file; never returns."""
    code = 1
    try:
        registry = registry.check_signaling()
        value = getattr(actions, command["action"])(registry, **command["arguments"])
        result = {"value": value}
        code = 0
    except BaseException as error:
        result = {
            "error": f"{type(error).__name__}: {error}",
            "trace": traceback.format_exc(),
        }
    Path(command["result"]).write_text(json.dumps(result, default=str), encoding="utf-8")
    sys.stderr.flush()
    os._exit(code)


def watch(command, pid):
    """Tell the parent how a child ended."""
    _pid, status = os.waitpid(pid, 0)
    answer(id=command["id"], code=os.waitstatus_to_exitcode(status))


def main():
    """Load the registry once, then fork on command."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "-d", sys.argv[1]], setup_logging=True)
    load_server_wide_modules()
    registry = Registry(sys.argv[1])
    odoo.sql_db.close_all()
    answer(ready=True)
    for line in sys.stdin:
        command = json.loads(line)
        odoo.sql_db.close_all()  # no connection is shared with a child
        with _lock:
            pid = os.fork()
        if not pid:
            child(registry, command)
        answer(id=command["id"], pid=pid)
        threading.Thread(target=watch, args=(command, pid), daemon=True).start()


main()
