"""Collection that is killed anywhere loses nothing and doubles nothing (R-129; architecture, invariant 3)."""

import random
import time

from ledger import doubled, jobs, ledger

KILLS = 20
SEED = 20260101


def test_collection_killed_at_twenty_points_gives_the_ledger_of_one_left_alone(odoo, peaceful, arena, capsys):
    """Kill -9 after a random time, go on in a new process, until twenty were killed; then let it finish."""
    total, expected = peaceful["jobs"], peaceful["ledger"]
    assert int(expected["rows"]) > 4000
    zygote, chance, report, kills = arena, random.Random(SEED), [], 0
    while kills < KILLS:
        zygote.run("forget")
        zygote.run("start_runs")
        finished = False
        while kills < KILLS and not finished:  # each goes on where the one before was killed
            before = jobs(odoo, zygote.database).get("done", 0)
            process = zygote.start("collect")
            time.sleep(peaceful["seconds"] * chance.uniform(0.02, 0.3))
            finished = process.kill() != -9
            after = jobs(odoo, zygote.database).get("done", 0)
            if not finished:
                kills += 1
                report.append(
                    f"kill {kills:2}: {before:2} of {total} jobs were done, killed in job {min(after + 1, total)}"
                )
                assert not doubled(odoo, zygote.database)
        zygote.run("collect")
        assert jobs(odoo, zygote.database) == {"done": total}
        assert odoo.psql("SELECT DISTINCT state FROM carbon_collection_run", zygote.database) == "done"
        assert ledger(odoo, zygote.database) == expected
        assert not doubled(odoo, zygote.database)
        assert not zygote.run("collect"), "nothing is left to do"
    with capsys.disabled():
        print("\n" + "\n".join(report))


def test_killed_run_collected_again_adds_nothing(odoo, peaceful, arena):
    """A second collection of the whole history after a kill finds everything in place."""
    zygote = arena
    zygote.run("start_runs")
    process = zygote.start("collect")
    time.sleep(peaceful["seconds"] / 2)
    process.kill()
    zygote.run("collect")
    zygote.run("start_runs")
    zygote.run("collect")
    assert ledger(odoo, zygote.database) == peaceful["ledger"]
    added = odoo.psql(
        "SELECT SUM(row_new), SUM(row_reversed), SUM(row_emission) FROM carbon_collection_job WHERE run_id IN "
        "(SELECT max(id) FROM carbon_collection_run GROUP BY company_id)",
        zygote.database,
    )
    assert added == "0|0|0"
