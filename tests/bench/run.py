"""Benchmarks: ratios measured in one run, on data that this script generates.

    make bench [ROWS=1000000] [ONLY=collect,reading,factor,close,documents,workbook,report,recalculate,seal,meters]

Prints one line per figure and writes the table to ``$RUNTIME/bench.json`` and ``$RUNTIME/bench.md``.
"""

import json
import os
import sys
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[2] / "config"),
]

import boards  # noqa: E402 (needs the path set above)
import data  # noqa: E402
import documents  # noqa: E402
import inventories  # noqa: E402
import readings  # noqa: E402
from floor import Floor  # noqa: E402
from measure import rss_mb, timed  # noqa: E402

ROWS = int(os.environ.get("ROWS") or 1_000_000)
ONLY = set(filter(None, (os.environ.get("ONLY") or "").split(",")))
RUNTIME = Path(os.environ["RUNTIME"])
OF_THE_LEDGER = {"collect", "close", "reading", "factor", "workbook", "report", "recalculate", "seal"}


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


def collect_all(env, company, floor=None, emissions_only=False):
    """Collect the history of a company as the background jobs do; return (seconds, run, peak MB above the start).

    The seconds that every run waits before its first job, however long its history, are no part of it, nor are those of
    the floor, which copies the rows of each job.
    """
    jobs = env["carbon.collection.job"]
    begun, run = timed(lambda: env["carbon.collection.run"]._start(company, emissions_only=emissions_only))
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
    """Closing a month: it looks for anomalies, which costs a sum of the ledger by source and month, and nothing else by the row."""
    times, floors = {}, {}
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
        floors[count] = min(timed(lambda c=company_id: _sum_by_source(env, c))[0] for _repeat in range(5))
    small, large = sorted(times)
    table.add(
        f"closing a month of {large:,} rows / one sum of its rows by source",
        times[large] / floors[large],
        2.5,
        f"{times[large] * 1e3:.2f} ms; {times[small] * 1e3:.2f} ms with {small:,} rows",
    )


def _sum_by_source(env, company_id):
    env.cr.execute(
        "SELECT source_id, SUM(quantity) FROM carbon_activity_data WHERE company_id = %s GROUP BY 1", [company_id]
    )
    return env.cr.fetchall()


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


def main():
    """Run the chosen benchmarks, those of the ledger in a fresh database."""
    table = Table()
    chosen = ONLY or {*OF_THE_LEDGER, "documents", "meters", "boards"}
    if chosen & OF_THE_LEDGER:
        env = documents.environment("bench")
        company = bench_collect(env, table)
        inventory = bench_reading(env, table, company) if chosen & {"reading", "workbook", "report"} else None
        if "factor" in chosen:
            inventories.bench_factor(env, table, company)
        if "workbook" in chosen and inventory:
            inventories.bench_workbook(env, table, inventory)
        if "report" in chosen and inventory:
            inventories.bench_report(env, table, inventory)
            inventories.bench_sample(env, table, inventory)
        if "recalculate" in chosen:
            inventories.bench_recalculate(env, table, company, collect_all)
        if "seal" in chosen:
            inventories.bench_seal(env, table, company)
        if "close" in chosen:
            bench_close(env, table, company)
        env.cr.close()
    if "meters" in chosen:
        env = documents.environment("bench_meters")
        readings.bench_readings(env, table, ROWS)
        env.cr.close()
    if "boards" in chosen:
        env = documents.environment("bench_boards")
        boards.bench_boards(env, table)
        env.cr.close()
    if "documents" in chosen:
        documents.bench_documents(table)
    table.write()
    return 1 if any(row["verdict"] == "ABOVE" for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
