"""Benchmarks of what is made of a collected ledger: dry run of factors, workbook, report, sample, seal."""

import tempfile

from floor import Floor
from measure import peak_mb, rss_mb, timed

from odoo.tools import SQL


def drafts_of_all_factors(env, company):
    """Return drafts of a new version of every factor of a company in each of its regions.

    They begin on the second day of the ledger: in the middle of a month.
    """
    env.cr.execute("SELECT min(date) + 1 FROM carbon_emission_line WHERE company_id = %s", [company.id])
    day = env.cr.fetchone()[0]
    co2 = env["carbon.gas"].search([("code", "=", "CO2")])
    return env["carbon.emission.factor.version"].create(
        [
            {
                "factor_id": factor.id,
                "date_from": day,
                "region_id": region.id,
                "source_document": "bench",
                "gas_line_ids": [(0, 0, {"gas_id": co2.id, "kg_per_unit": 50})],
            }
            for factor in env["carbon.emission.factor"].search([("company_id", "=", company.id)])
            for region in factor.version_ids.region_id
        ]
    )


def bench_factor(env, table, company):
    """Dry run of a new version of every factor of the collected year, against one bare GROUP BY of the same rows."""
    env = env(context=dict(env.context, allowed_company_ids=company.ids))
    env.cr.execute("ANALYZE carbon_activity_data; ANALYZE carbon_emission_line")
    env.cr.commit()
    drafts = drafts_of_all_factors(env, company)
    day = min(drafts.mapped("date_from"))
    env.cr.commit()
    floor, rows = [], 0
    for _repeat in range(3):
        seconds, _result = timed(
            env.cr.execute,
            "SELECT date_trunc('month', date), source_id, product_id, stream, version_id, SUM(quantity), count(*) "
            "FROM carbon_emission_line WHERE company_id = %s AND date >= %s GROUP BY 1, 2, 3, 4, 5",
            [company.id, day],
        )
        floor.append(seconds)
        rows = sum(row[-1] for row in env.cr.fetchall())
    samples = []
    for _repeat in range(3):
        seconds, action = timed(drafts.action_dry_run)
        samples.append(seconds)
        found = env[action["res_model"]].browse(action["res_id"]).row_count
        if found != rows:
            raise SystemExit(f"dry run: {found} rows instead of {rows}")
        env.cr.rollback()
    table.add(
        f"dry run of {len(drafts):,} factor versions over {rows:,} emission rows / one bare GROUP BY",
        min(samples) / min(floor),
        1.5,
        f"{min(samples):.2f} s, GROUP BY {min(floor):.2f} s",
    )


def bench_recalculate(env, table, company, collect):
    """New version of every factor: emissions follow, against bare inserts of the counter rows and the new ones.

    :param collect: function of environment, company and floor that works a run off, see ``run.py``
    """
    env = env(context=dict(env.context, allowed_company_ids=company.ids))
    drafts_of_all_factors(env, company).action_approve()
    env.cr.commit()
    before = env.execute_query(_sums(company))[0]
    floor = Floor(env, company)
    seconds, run, memory = collect(env, company, floor, emissions_only=True)
    after = env.execute_query(_sums(company))[0]
    if run.state != "done" or run.row_new or after[0] != before[0] or floor.rows != run.row_emission or not floor.rows:
        raise SystemExit(
            f"recalculation {run.state}: {run.row_new} activity rows, {run.row_emission} of {floor.rows} emissions"
        )
    table.add(
        f"recalculating {after[1] - before[1]:,} counter and new emission rows after a factor change / floor",
        seconds / floor.seconds,
        2.5,
        f"{seconds:.1f} s, floor {floor.seconds:.1f} s",
    )
    table.add("memory above the start while recalculating (MB)", memory, 150)
    floor.drop()


def _sums(company):
    return SQL(
        "SELECT (SELECT count(*) FROM carbon_activity_data WHERE company_id = %(c)s), "
        "(SELECT count(*) FROM carbon_emission_line WHERE company_id = %(c)s)",
        c=company.id,
    )


def bench_report(env, table, inventory):
    """The report of the year as a page, without its layout by the browser, and a verifier's sample of its rows."""
    env.cr.execute("SELECT count(*) FROM carbon_emission_line WHERE company_id = %s", [inventory.company_id.id])
    rows = env.cr.fetchone()[0]
    for framework in ("ISO14064-1", "GBT32150"):
        before = peak_mb()
        env.invalidate_all()
        seconds, page = timed(env["carbon.inventory.document"]._html, inventory, framework, "en_US")
        table.add(
            f"report ({framework}) of a ledger of {rows:,} emission rows, seconds",
            seconds,
            60,
            f"{len(page) / 1e6:.1f} MB of page",
        )
        table.add("memory above the start for the report (MB)", max(peak_mb() - before, 0), 150)


def bench_sample(env, table, inventory):
    """Drawing a sample of 60 rows from the ledger of a checked inventory."""
    inventory.maker_note = inventory.issue_note = "Bench"
    inventory.action_check()
    sample = env["carbon.verification.sample"].create({"inventory_id": inventory.id, "seed": "bench", "size": 60})
    env.cr.commit()
    before = peak_mb()
    seconds, _result = timed(sample.sudo()._draw)
    table.add(
        "drawing a sample of 60 rows, seconds", seconds, None, f"{max(peak_mb() - before, 0):.0f} MB above the start"
    )
    env.cr.rollback()


def bench_workbook(env, table, inventory):
    """Writing the workbook with all activity data of the year, as its download does."""
    with tempfile.TemporaryFile() as file:
        before = peak_mb()
        seconds, _result = timed(env["carbon.inventory.workbook"]._write, inventory, file)
        size = file.tell() / 1e6
    table.add(
        "workbook, memory above the start (MB)", max(peak_mb() - before, 0), 200, f"{seconds:.0f} s, {size:,.0f} MB"
    )
    env.cr.rollback()


def bench_seal(env, table, company):
    """Sealing and verifying the inventory of the collected year, step by step as in the background."""
    env = env(context=dict(env.context, allowed_company_ids=company.ids))
    env.cr.execute(
        "SELECT min(date), max(date), count(*) FROM carbon_emission_line WHERE company_id = %s", [company.id]
    )
    first, last, emissions = env.cr.fetchone()
    first, last = first.replace(month=1, day=1), last.replace(month=12, day=31)
    env["carbon.reporting.period"]._ensure(company, first, last).action_close()
    inventory = env["carbon.inventory"].create(
        {
            "name": "Bench seal",
            "company_id": company.id,
            "date_from": first,
            "date_to": last,
            "gwp_set_id": env["carbon.gwp.set"].search([("code", "=", "AR6")]).id,
            "maker_note": "Bench",
            "issue_note": "Bench: every tenth move has a product without a rule",
        }
    )
    inventory.action_compute()
    inventory.action_check()
    env.cr.commit()
    runs = env["carbon.inventory.seal.run"]

    def work_off(kind):
        run = runs._prepare(inventory, kind)
        env.cr.commit()
        before = peak = rss_mb()
        while runs._process_next():
            env.cr.commit()
            env.invalidate_all()
            peak = max(peak, rss_mb())
        return run, peak - before

    names = {"seal": ("sealing", "sealed", 120), "verify": ("verifying", "ok", 120)}
    for kind, (name, state, limit) in names.items():
        seconds, (run, memory) = timed(work_off, kind)
        if run.state != state:
            raise SystemExit(f"{name}: {run.state} {run.message}")
        table.add(
            f"{name} a year of {run.row_count:,} rows ({emissions:,} emissions), seconds",
            seconds,
            limit,
            f"{seconds / run.row_count * 1e6:.1f} µs per row, {run.batch_count:,} batches",
        )
        table.add(f"memory above the start while {name} (MB)", memory, 50)
