"""Several processes at once: the ledger is that of one after the other (R-129; architecture, invariants 3 and 4)."""

import time
from contextlib import closing

import psycopg2
import pytest
from psycopg2 import errors

from ledger import doubled, jobs, ledger

_COPY = (
    "INSERT INTO carbon_activity_data (company_id, date, origin_model, origin_id, origin_part, seq, kind, label, rule_id, source_id, "
    "category_id, recognition, quantity, uom_id, quality, collected_on) "
    "SELECT company_id, '2021-05-10', origin_model, -1 - (SELECT count(*) FROM carbon_activity_data WHERE date = '2021-05-10'), "
    "'', 0, kind, label, rule_id, source_id, category_id, recognition, 7, uom_id, "
    "quality, collected_on FROM carbon_activity_data WHERE company_id = (SELECT min(company_id) FROM carbon_system) LIMIT 1"
)
_CLOSE = "UPDATE carbon_reporting_period SET state = 'closed' WHERE date_from = '2021-05-01'"


@pytest.fixture
def connect(odoo):
    """A function that opens a connection whose transactions are REPEATABLE READ, as Odoo's are."""
    made = []

    def start(database):
        env = odoo.env
        connection = psycopg2.connect(
            dbname=database,
            host=env.get("PGHOST"),
            port=env.get("PGPORT"),
            user=env.get("PGUSER"),
        )
        connection.set_session(isolation_level="REPEATABLE READ")
        made.append(connection)
        return connection

    yield start
    for connection in made:
        connection.close()


def _gapless(zygote):
    """Check the audit trail of every company."""
    results = zygote.run("verify_trail")
    assert all(result["ok"] for result in results), results
    return sum(result["count"] for result in results)


def _uncollected(odoo, database):
    """Return done receipts of diesel without a row in the ledger."""
    return odoo.psql(
        "SELECT m.id FROM stock_move m JOIN carbon_activity_rule r ON r.product_id = m.product_id AND r.event_kind = 'stock.receipt' "
        "WHERE m.state = 'done' AND NOT EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.origin_model = 'stock.move' "
        "AND a.origin_id = m.id)",
        database,
    )


@pytest.mark.parametrize("number", [2, 4])
def test_several_collectors_of_the_same_runs_give_the_ledger_of_one(odoo, peaceful, arena, number):
    """Two runs of different companies share the collectors too."""
    zygote = arena
    zygote.run("start_runs")
    collectors = [zygote.start("collect", slow=0.05) for _number in range(number)]
    shares = [collector.value() for collector in collectors]
    assert sum(len(share) for share in shares) == peaceful["jobs"]
    assert sum(1 for share in shares if share) > 1, "more than one process took part"
    assert jobs(odoo, zygote.database) == {"done": peaceful["jobs"]}
    assert ledger(odoo, zygote.database) == peaceful["ledger"]
    assert not doubled(odoo, zygote.database)
    _gapless(zygote)


def test_receipts_validated_while_history_is_collected_count_once(odoo, busy_company, tmp_path):
    """One was begun before the collection started and is committed long after."""
    zygote = busy_company
    zygote.run("forget")
    marker, go = str(tmp_path / "marker"), tmp_path / "go"
    early = zygote.start("receipt_across", marker=marker, go=str(go), quantity=11)
    _wait_for(tmp_path / "marker")
    zygote.run("start_runs")
    collectors = [zygote.start("collect", slow=0.05) for _number in range(2)]
    busy = zygote.start("receipts", count=6, quantity=13)
    time.sleep(0.5)
    go.touch()
    moves = early.value() + busy.value()
    for collector in collectors:
        collector.value()
    zygote.run("collect")
    assert not _uncollected(odoo, zygote.database)
    counted = odoo.psql(
        f"SELECT count(*), SUM(quantity)::text FROM carbon_activity_data WHERE origin_model = 'stock.move' "
        f"AND origin_id IN ({','.join(map(str, moves))})",
        zygote.database,
    )
    assert counted.split("|")[0] == "7"
    assert float(counted.split("|")[1]) == 11 + 6 * 13
    assert not doubled(odoo, zygote.database)
    _gapless(zygote)


def test_rule_added_while_history_is_collected_is_understood_by_running_collectors(odoo, busy_company):
    """A criterion that no rule used before is not overlooked by a process that began earlier."""
    zygote = busy_company
    zygote.run("forget")
    zygote.run("start_runs")
    collector = zygote.start("collect", slow=0.1)
    while not jobs(odoo, zygote.database).get("done"):
        time.sleep(0.05)
    source = zygote.run("add_rule_of_another_partner")
    collector.value()
    taken = odoo.psql(
        f"SELECT count(*) FROM carbon_activity_data WHERE source_id = {source}",
        zygote.database,
    )
    assert taken == "0"
    assert not _uncollected(odoo, zygote.database)
    assert not doubled(odoo, zygote.database)


@pytest.fixture
def under_way(odoo, busy_company):
    """One collection of Works whose jobs wait, and the first receipt of its history."""
    zygote = busy_company
    zygote.run("forget")
    zygote.run("start_runs", names=["Works"], chunk=100000)
    # the jobs do not wait for transactions that began before the run: here they are to meet
    odoo.psql("UPDATE carbon_collection_run SET start_xid = NULL WHERE state = 'running'", zygote.database)
    move = odoo.psql(
        "SELECT min(m.id) FROM stock_move m JOIN carbon_activity_rule r ON r.product_id = m.product_id "
        "AND r.company_id = m.company_id AND r.event_kind = 'stock.receipt' WHERE m.state = 'done'",
        zygote.database,
    )
    return zygote, int(move)


def _check_edit(odoo, zygote, move, quantity):
    """Check that the ledger says the edited quantity once, and that nothing failed."""
    counted = odoo.psql(
        f"SELECT SUM(quantity)::float FROM carbon_activity_data WHERE origin_model = 'stock.move' AND origin_id = {move}",
        zygote.database,
    )
    assert float(counted) == quantity
    assert not doubled(odoo, zygote.database)
    assert "failed" not in jobs(odoo, zygote.database)
    assert odoo.psql("SELECT count(*) FROM carbon_collection_issue WHERE reason = 'failed'", zygote.database) == "0"


def test_job_older_than_the_edit_of_a_receipt_is_tried_again(odoo, under_way, tmp_path):
    """Both write the first row of the origin; the ledger's unique index lets one of them through."""
    zygote, move = under_way
    go = tmp_path / "go"
    job = zygote.start("collect_across", marker=str(tmp_path / "marker"), go=str(go))
    _wait_for(tmp_path / "marker")
    done = tmp_path / "done"
    done.touch()
    assert zygote.run("receipt_edited_across", move=move, marker=str(tmp_path / "edit"), go=str(done), quantity=23) == 1
    go.touch()
    assert job.value() is True
    _check_edit(odoo, zygote, move, 23)
    zygote.run("collect")
    _check_edit(odoo, zygote, move, 23)


def test_edit_of_a_receipt_older_than_the_job_is_repeated_by_odoo(odoo, under_way, tmp_path):
    zygote, move = under_way
    go = tmp_path / "go"
    edit = zygote.start("receipt_edited_across", move=move, marker=str(tmp_path / "marker"), go=str(go), quantity=29)
    _wait_for(tmp_path / "marker")
    zygote.run("collect")
    go.touch()
    assert edit.value() == 2
    _check_edit(odoo, zygote, move, 29)


def _wait_for(path, seconds=60):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, path
        time.sleep(0.02)


@pytest.fixture(scope="module")
def busy_company(copy_world, fork):
    """Processes on a copy in which tests may work."""
    return fork(copy_world())


@pytest.fixture(scope="module")
def collected(busy_company):
    """The company with its history in opened periods."""
    zygote = busy_company
    zygote.run("forget")
    zygote.run("start_runs", names=["Works"], chunk=5000)
    zygote.run("collect")
    zygote.run("go_live")
    return zygote


@pytest.fixture
def may(collected):
    """May 2021 is open and empty."""
    collected.run("act_on_period", act="action_reopen", day="2021-05-01")
    return "SELECT count(*) FROM carbon_activity_data WHERE date = '2021-05-10'"


def test_period_cannot_be_closed_around_rows_that_are_not_committed(odoo, collected, may, connect):
    writer, closer = connect(collected.database), connect(collected.database)
    before = int(odoo.psql(may, collected.database))
    with closing(writer.cursor()) as insert, closing(closer.cursor()) as close:
        insert.execute(_COPY)
        close.execute("SET lock_timeout = '300ms'")
        with pytest.raises(errors.LockNotAvailable):
            close.execute(_CLOSE)  # it waits for the writer
        closer.rollback()
        writer.commit()
        close.execute(_CLOSE)
        closer.commit()
    assert int(odoo.psql(may, collected.database)) == before + 1


def test_snapshot_older_than_the_close_cannot_insert(odoo, collected, may, connect):
    writer, closer = connect(collected.database), connect(collected.database)
    before = int(odoo.psql(may, collected.database))
    with closing(writer.cursor()) as insert, closing(closer.cursor()) as close:
        insert.execute("SELECT state FROM carbon_reporting_period WHERE date_from = '2021-05-01'")
        assert insert.fetchone() == ("open",)
        close.execute(_CLOSE)
        closer.commit()
        with pytest.raises(errors.SerializationFailure):
            insert.execute(_COPY)
        writer.rollback()
        with pytest.raises(errors.RestrictViolation, match="2021-05"):  # tried again it sees the close
            insert.execute(_COPY)
        writer.rollback()
    assert int(odoo.psql(may, collected.database)) == before


def test_document_posted_across_the_close_is_kept_and_becomes_a_late_adjustment(odoo, collected, tmp_path):
    """The business transaction is retried by Odoo; the second time it finds the period closed."""
    go = tmp_path / "go"
    posting = collected.start(
        "declare_across",
        marker=str(tmp_path / "marker"),
        go=str(go),
        day="2021-06-10",
        quantity=7,
    )
    _wait_for(tmp_path / "marker")
    assert collected.run("act_on_period", act="action_close", day="2021-06-01") == "closed"
    go.touch()
    assert posting.value() == 2
    rows = odoo.psql(
        "SELECT count(*) FROM carbon_activity_data WHERE date = '2021-06-10'",
        collected.database,
    )
    assert rows == "0"
    declared = "SELECT state FROM carbon_declaration WHERE date = '2021-06-10'"
    assert odoo.psql(declared, collected.database) == "posted"
    assert (
        odoo.psql(
            "SELECT reason, state FROM carbon_collection_issue WHERE date = '2021-06-10'",
            collected.database,
        )
        == "late|open"
    )
    _gapless(collected)


def test_periods_closed_by_several_processes_leave_a_trail_without_gap(odoo, collected):
    count = "SELECT count(*) FROM carbon_trail_entry WHERE event = 'period.close'"
    before, closed = _gapless(collected), int(odoo.psql(count, collected.database))
    days = [f"2022-0{month}-01" for month in range(1, 7)]
    closing_now = [collected.start("act_on_period", act="action_close", day=day) for day in days]
    assert [process.value() for process in closing_now] == ["closed"] * 6
    assert _gapless(collected) == before + 6
    assert int(odoo.psql(count, collected.database)) == closed + 6
