#!/usr/bin/env python3
"""`make i18n`: export the terms of every addon (.pot) and merge them into its zh_CN.po.

With CHECK=1 nothing is written: it fails when a template is out of date or a term
has no translation.
"""

import os
import tempfile
from pathlib import Path

import polib

from common import ADDONS_DIR, CommandError, main, say
from scheduler import Scheduler, lock
from test_plan import Plan
from test_stages import TEST_LOGS, Stages

LANGUAGE = "zh_CN"
CHECK = bool(os.environ.get("CHECK"))
VOLATILE = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team")


def prepare(stages):
    """A database with all addons installed."""
    scheduler = Scheduler(stages)
    scheduler.add("template: base", stages.base_template)
    scheduler.add("template: Odoo's applications", stages.full_template, "template: base")
    scheduler.add("install our addons", stages.installed, "template: Odoo's applications")
    scheduler.run()
    for outcome in scheduler.outcomes.values():
        if outcome.failed:
            raise CommandError(
                "the addons cannot be installed",
                *"\n".join(outcome.failures).splitlines(),
            )


def export(stages, addons, folder):
    """One template for each addon, as Odoo writes it."""
    database = stages.database("i18n")
    stages.odoo.copy(stages.ours, database)
    for addon in addons:
        log = TEST_LOGS / f"i18n-{addon}.log"
        arguments = [
            "export",
            "-c",
            stages.odoo.rc,
            "-d",
            database,
            "-o",
            folder / f"{addon}.po",
            addon,
            "-l",
            "pot",
        ]
        if stages.odoo.run_command(log, "i18n", *arguments):
            raise CommandError(f"the terms of {addon} cannot be exported", f"Log: {log}")
    stages.odoo.drop(database)


def load(path):
    catalogue = polib.pofile(str(path), wrapwidth=78)
    for name in VOLATILE:  # dates would make every export a change
        catalogue.metadata.pop(name, None)
    return catalogue


def merge(addon, template):
    """Template and translation of an addon; returns (terms, untranslated, changed)."""
    folder = ADDONS_DIR / addon / "i18n"
    pot, po = folder / f"{addon}.pot", folder / f"{LANGUAGE}.po"
    translation = load(po) if po.exists() else polib.POFile(wrapwidth=78)
    translation.metadata = {
        **template.metadata,
        **translation.metadata,
        "Language": LANGUAGE,
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    translation.merge(template)
    for entry in translation.obsolete_entries():
        translation.remove(entry)
    translation.sort(key=lambda entry: entry.msgid)
    template.sort(key=lambda entry: entry.msgid)
    changed = False
    for path, catalogue in ((pot, template), (po, translation)):
        text = str(catalogue).rstrip("\n") + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed = True
            if not CHECK:
                folder.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    missing = [entry for entry in translation if not entry.msgstr or "fuzzy" in entry.flags]
    return len(translation), len(missing), changed


def command():
    plan = Plan(os.environ.get("ADDONS") or "")
    held = lock()
    stages = Stages(Plan())
    prepare(stages)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        export(stages, plan.addons, Path(folder))
        print(f"\n  {'addon':<28} {'terms':>6} {'untranslated':>13}")
        for addon in plan.addons:
            terms, missing, changed = merge(addon, load(Path(folder) / f"{addon}.po"))
            bad += bool(missing or changed)
            state = ("out of date" if CHECK else "written") if changed else ""
            print(f"  {addon:<28} {terms:>6} {missing:>13}  {state}")
    held.close()
    if CHECK and bad:
        raise CommandError(
            f"{bad} addon(s) with terms that are out of date or not translated",
            "make i18n, then fill in i18n/zh_CN.po",
        )
    say("ok", "terms exported")
    return 0


main(command)
