"""Benchmarks: ratios measured in one run, on data that this script generates.

    make bench [ROWS=1000000] [ONLY=collect,reading,factor,close,documents,workbook,seal,meters]

Prints one line per figure and writes the table to ``$RUNTIME/bench.json`` and ``$RUNTIME/bench.md``.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[2] / "config"),
]

import data  # noqa: E402 (needs the path set above)
import documents  # noqa: E402
import readings  # noqa: E402
from floor import Floor  # noqa: E402

ROWS = int(os.environ.get("ROWS") or 1_000_000)
ONLY = set(filter(None, (os.environ.get("ONLY") or "").split(",")))
RUNTIME = Path(os.environ["RUNTIME"])


class Table:
    """The figures, with their limits."""

    def __init__(self):
        self.rows = []

    def add(self, name, value, limit=None, detail=""):
        """Record a figure and print it."""
        verdict = "" if limit is None else "ok" if value <= limit else "ABOVE"
        self.rows.append(
            {
                "name": name,
                "value": value,
                "limit": limit,
                "verdict": verdict,
                "detail": detail,
            }
        )
        shown = f"{value:,.3f}".rstrip("0").rstrip(".")
        print(
            f"  {verdict:<6}{name:<62}{shown:>12}{'' if limit is None else f'  (≤ {limit})'}  {detail}",
            flush=True,
        )

    def write(self):
        """Write the table for machines and for the README."""
        (RUNTIME / "bench.json").write_text(json.dumps(self.rows, indent=1), encoding="utf-8")
        lines = ["| what | measured | limit | |", "|---|---|---|---|"]
        for row in self.rows:
            value = f"{row['value']:,.3f}".rstrip("0").rstrip(".")
            limit = "" if row["limit"] is None else f"≤ {row['limit']}"
            lines.append(f"| {row['name']} | {value} | {limit} | {row['detail']} |")
        (RUNTIME / "bench.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def rss_mb():
    """Return the resident memory of this process in MB."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6


def peak_mb():
    """Return the largest resident memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(function, *args):
    """Return (seconds, result)."""
    start = time.perf_counter()
    result = function(*args)
    return time.perf_counter() - start, result


def collect_all(env, company, floor=None):
    """Collect the history of a company as the background jobs do; return (seconds, run, peak MB above the start).

    The seconds that every run waits before its first job, however long its history, are no part of it, nor are those of
    the floor, which copies the rows of each job.
    """
    jobs = env["carbon.collection.job"]
    begun, run = timed(env["carbon.collection.run"]._start, company)
    env.cr.commit()
    while jobs._settle_runs() or jobs._await_settling():
        env.cr.commit()
    env.cr.commit()
    start = time.perf_counter()
    before = peak = rss_mb()
    aside = 0.0
    while jobs._process_next():
        env.cr.commit()
        peak = max(peak, rss_mb())
        if floor:
            aside += timed(floor.copy)[0]
    jobs._finish_runs()
    env.cr.commit()
    return begun + time.perf_counter() - start - aside, run, peak - before


def bench_collect(env, table):
    """Collection of ROWS done stock moves against the floor, linearity, memory, second run."""
    per_row = {}
    for size in (max(ROWS // 10, 1000), ROWS):
        setup = data.company_with_rules(env)
        data.moves(env.cr, setup, size)
        env.cr.commit()
        env.cr.execute("ANALYZE stock_move; ANALYZE stock_move_line")
        env.cr.commit()
        company = env["res.company"].browse(setup["company"])
        floor = Floor(env, company)
        seconds, run, memory = collect_all(env, company, floor)
        per_row[size] = seconds / size
        if run.state != "done":
            raise SystemExit(f"collection {run.state}: {run.job_ids.mapped('message')}")
        if size == ROWS:
            if floor.rows != run.row_new + run.row_emission:
                raise SystemExit(f"floor: {floor.rows} rows instead of {run.row_new + run.row_emission}")
            again, rerun, _memory = collect_all(env, company)
            detail = f"{seconds:.1f} s for {run.row_new:,} activity and {run.row_emission:,} emission rows; floor {floor.seconds:.1f} s"
            table.add(
                f"collecting {size:,} stock moves / floor",
                seconds / floor.seconds,
                2.5,
                detail,
            )
            table.add("memory above the start while collecting (MB)", memory, 150)
            table.add(
                "second run, rows added",
                rerun.row_new + rerun.row_reversed + rerun.row_emission,
                0,
                f"{again:.1f} s",
            )
        floor.drop()
    small, large = sorted(per_row)
    table.add(
        f"time per row, {large:,} / {small:,}",
        per_row[large] / per_row[small],
        1.3,
        f"{per_row[large] * 1e6:.1f} µs and {per_row[small] * 1e6:.1f} µs",
    )
    return company


def months_of(env, company, sizes):
    """Give a company of its own to each size, with one month of so many ledger rows, copied from ``company``.

    :return: {rows of activity data: (company id, first day of the month)}
    """
    months = {}
    for size in sizes:
        other = env["res.company"].create({"name": f"Bench {size}"})
        env["carbon.system"]._get(other)
        env.flush_all()
        for table in Floor.tables:
            env.cr.execute(
                "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) FROM information_schema.columns "
                "WHERE table_name = %s AND column_name NOT IN ('id', 'company_id', 'date')",
                [table],
            )
            columns = env.cr.fetchone()[0]
            # activities of their own: no two rows of a company share activity, stream and sequence
            values = columns.replace("activity_id", f"-activity_id - {other.id * 10_000_000}")
            env.cr.execute(
                f"INSERT INTO {table} (company_id, date, {columns}) SELECT %s, '2021-01-15', {values} FROM {table} "
                "WHERE company_id = %s LIMIT %s",
                [other.id, company.id, size],
            )
            if table == Floor.tables[0]:
                months[env.cr.rowcount] = (other.id, "2021-01-01")
        env.cr.commit()
    return months


def bench_close(env, table, company):
    """Closing a month with few and with many rows."""
    times = {}
    for count, (company_id, month) in months_of(env, company, (max(ROWS // 100, 100), ROWS)).items():
        samples = []
        for _repeat in range(25):
            period = env["carbon.reporting.period"].search([("company_id", "=", company_id), ("date_from", "=", month)])
            period.filtered(lambda p: p.state == "setup").action_open()
            start = time.perf_counter()
            period.action_close()
            env.flush_all()
            samples.append(time.perf_counter() - start)
            env.cr.rollback()
        times[count] = sorted(samples)[len(samples) // 2]
    small, large = sorted(times)
    table.add(
        f"closing a month of {large:,} rows / of {small:,} rows",
        times[large] / times[small],
        1.2,
        f"{times[large] * 1e3:.2f} ms and {times[small] * 1e3:.2f} ms",
    )


def bench_reading(env, table, company):
    """Overview and inventory against as many bare GROUP BYs."""
    env = env(context=dict(env.context, allowed_company_ids=company.ids))
    env.cr.execute("ANALYZE carbon_activity_data; ANALYZE carbon_emission_line")
    env.cr.commit()

    def group_by(sql):
        samples = []
        for _repeat in range(3):
            seconds, _rows = timed(lambda: (env.cr.execute(sql), env.cr.fetchall()))
            samples.append(seconds)
        return min(samples)

    env.cr.execute(
        "SELECT extract(year FROM date)::int, count(*) FROM carbon_emission_line WHERE company_id = %s GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
        [company.id],
    )
    year, rows = env.cr.fetchone()
    emission = group_by(
        f"SELECT date_trunc('month', date), source_id, category_id, stream, version_id, SUM(quantity) FROM carbon_emission_line "
        f"WHERE company_id = {company.id} AND date >= '{year}-01-01' AND date < '{year + 1}-01-01' GROUP BY 1, 2, 3, 4, 5"
    )
    if "carbon.overview" in env:
        overview = env["carbon.overview"]
        overview.get_data(year)
        samples = []
        for _repeat in range(3):
            env.invalidate_all()
            count = env.cr.sql_log_count if hasattr(env.cr, "sql_log_count") else 0
            seconds, _result = timed(overview.get_data, year)
            queries = (env.cr.sql_log_count - count) if hasattr(env.cr, "sql_log_count") else 0
            samples.append(seconds)
        bare = documents.overview_floor(env, company, year)
        table.add(
            f"overview of a year of {rows:,} emission rows / the same number of bare GROUP BYs",
            min(samples) / bare,
            1.5,
            f"{min(samples):.2f} s, {queries} queries",
        )
    if "carbon.inventory" in env:
        gwp = env["carbon.gwp.set"].search([("code", "=", "AR6")])
        inventory = env["carbon.inventory"].create(
            {
                "name": "Bench",
                "company_id": company.id,
                "date_from": f"{year}-01-01",
                "date_to": f"{year}-12-31",
                "gwp_set_id": gwp.id,
            }
        )
        inventory.action_compute()
        samples = [timed(inventory.action_compute)[0] for _repeat in range(3)]
        table.add(
            f"inventory of a year of {rows:,} emission rows / one bare GROUP BY",
            min(samples) / emission,
            1.5,
            f"{min(samples):.2f} s, GROUP BY {emission:.2f} s",
        )
        env.cr.commit()
        return inventory
    return None


def bench_factor(env, table, company):
    """Dry run of a new version of every factor of the collected year, against one bare GROUP BY of the same rows."""
    env = env(context=dict(env.context, allowed_company_ids=company.ids))
    env.cr.execute("ANALYZE carbon_activity_data; ANALYZE carbon_emission_line")
    env.cr.commit()
    env.cr.execute("SELECT min(date) + 1 FROM carbon_emission_line WHERE company_id = %s", [company.id])
    day = env.cr.fetchone()[0]  # the second day: the draft begins in the middle of a month
    co2 = env["carbon.gas"].search([("code", "=", "CO2")])
    drafts = env["carbon.emission.factor.version"].create(
        [
            {
                "factor_id": factor.id,
                "date_from": day,
                "region_id": region.id,
                "gas_line_ids": [(0, 0, {"gas_id": co2.id, "kg_per_unit": 50})],
            }
            for factor in env["carbon.emission.factor"].search([("company_id", "=", company.id)])
            for region in factor.version_ids.region_id
        ]
    )
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


def main():
    """Run the chosen benchmarks, those of the ledger in a fresh database."""
    table = Table()
    chosen = ONLY or {"collect", "close", "reading", "factor", "documents", "workbook", "seal", "meters"}
    if chosen & {"collect", "close", "reading", "factor", "workbook", "seal"}:
        env = documents.environment("bench")
        company = bench_collect(env, table)
        inventory = bench_reading(env, table, company) if chosen & {"reading", "workbook"} else None
        if "factor" in chosen:
            bench_factor(env, table, company)
        if "workbook" in chosen and inventory:
            bench_workbook(env, table, inventory)
        if "seal" in chosen:
            bench_seal(env, table, company)
        if "close" in chosen:
            bench_close(env, table, company)
        env.cr.close()
    if "meters" in chosen:
        env = documents.environment("bench_meters")
        readings.bench_readings(env, table, ROWS)
        env.cr.close()
    if "documents" in chosen:
        documents.bench_documents(table)
    table.write()
    return 1 if any(row["verdict"] == "ABOVE" for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
