"""Readings of several people and machines at once, over real connections (R-131, R-156)."""

import os
import threading
import time

import pytest

from client import Client, Refused, json2


@pytest.fixture(scope="module")
def plant(odoo, fork, serve_module):
    """A served Odoo with a counter and a data logger, their technicians, and nothing of the prepared companies."""
    name = f"{os.environ['TEST_DB_PREFIX']}_{os.getpid()}_meters"
    odoo.copy(os.environ["TEST_TEMPLATE"], name)
    zygote = fork(name)
    made = zygote.run("make_meters")
    _process, url = serve_module(name)
    yield zygote, url, made
    zygote.stop()
    odoo.drop(name)


def _readings(odoo, plant, code="GM-03"):
    """Return [(moment, figure)] of a meter, in order."""
    zygote, _url, made = plant
    rows = odoo.psql(
        f"SELECT read_at || ' ' || COALESCE(value, consumption)::float FROM carbon_meter_reading "
        f"WHERE equipment_id = {made['meters'][code]} ORDER BY read_at, id",
        zygote.database,
    )
    return rows.splitlines()


def _wait_for(*paths):
    end = time.monotonic() + 120
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, "the others did not begin"
        time.sleep(0.02)


def _both(plant, tmp_path, first, second):
    """Let both technicians save in transactions that neither sees the other's of; return what each was told."""
    zygote, _url, made = plant
    go, markers = tmp_path / "go", [tmp_path / "a", tmp_path / "b"]
    started = [
        zygote.start(
            "read_across", uid=made["users"][login], company=made["company"], meter=made["meters"]["GM-03"],
            marker=str(marker), go=str(go), **values,
        )
        for login, marker, values in zip(("first", "second"), markers, (first, second), strict=True)
    ]  # fmt: skip
    _wait_for(*markers)
    go.touch()
    return [running.value() for running in started]


def test_two_technicians_who_save_the_same_reading_at_one_instant_make_one(odoo, plant, tmp_path):
    """Neither transaction sees the other: one wins, the other is tried again and gets the known reading."""
    before = len(_readings(odoo, plant))
    answers = _both(
        plant, tmp_path, {"figure": "1010", "key": "qr-one"}, {"figure": "1010", "key": "qr-two", "minute": 2}
    )
    assert sorted((answer["ids"], answer["skipped"]) for answer in answers) == [(0, 1), (1, 0)], answers
    assert sorted(answer["tries"] for answer in answers) == [1, 2]
    assert len(_readings(odoo, plant)) == before + 1


def test_one_key_at_one_instant_is_one_reading(odoo, plant, tmp_path):
    """A phone sends again while its first request is still under way."""
    before = len(_readings(odoo, plant))
    answers = _both(
        plant,
        tmp_path,
        {"figure": "1020", "key": "qr-k", "minute": 20},
        {"figure": "1020", "key": "qr-k", "minute": 20},
    )
    assert sorted((answer["ids"], answer["skipped"]) for answer in answers) == [(0, 1), (1, 0)], answers
    assert len(_readings(odoo, plant)) == before + 1


def test_a_label_page_that_sends_six_times_at_once_saves_one_reading(odoo, plant):
    """The route of the page itself, over HTTP, by two sessions."""
    zygote, url, made = plant
    before = len(_readings(odoo, plant))
    sessions = [Client(url, zygote.database, login) for login in ("first", "second")]
    states, barrier = [], threading.Barrier(6)

    def send(client):
        barrier.wait()
        answer = client._rpc(
            f"/carbon/meter/{made['token']}/read",
            {"figure": "1030", "key": f"page-{client.login}", "read_at": "2026-03-02T00:40:00Z"},
        )
        states.append(answer["state"])

    threads = [threading.Thread(target=send, args=(sessions[number % 2],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["same"] * 5 + ["saved"], states
    assert len(_readings(odoo, plant)) == before + 1


# -- data loggers
QUARTERS = [
    {"meter": "L-01", "at": f"2026-03-02T{n // 4:02}:{n % 4 * 15:02}:00+08:00", "value": "2.5"} for n in range(96)
]


@pytest.fixture(scope="module")
def logger(plant):
    """A function that pushes as the data logger does: with the API key of its user."""
    zygote, url, _made = plant
    key = zygote.run("api_key", login="logger")
    return lambda **arguments: json2(url, zygote.database, key, "carbon.meter.reading", "push", **arguments)


def test_a_logger_that_pushes_twice_saves_once(odoo, plant, logger):
    assert logger(readings=QUARTERS) == {"saved": 96, "repeated": 0, "errors": []}
    assert logger(readings=QUARTERS) == {"saved": 0, "repeated": 96, "errors": []}
    assert len(_readings(odoo, plant, "L-01")) == 96


def test_a_wrong_row_is_named_and_nothing_is_saved(odoo, plant, logger):
    before = _readings(odoo, plant, "L-01")
    rows = [{**row, "at": row["at"].replace("03-02", "03-03")} for row in QUARTERS[:10]]
    rows[3] = {**rows[3], "value": "two"}
    rows[6] = {**rows[6], "meter": "L-99"}
    rows[8] = {**rows[8], "at": "2026-13-01T00:00:00Z"}
    answer = logger(readings=rows)
    assert [(error["row"], error["field"], error["code"]) for error in answer["errors"]] == [
        (4, "figure", "number"),
        (7, "meter", "meter"),
        (9, "read_at", "time"),
    ]
    assert all(error["message"] for error in answer["errors"])
    assert (answer["saved"], _readings(odoo, plant, "L-01")) == (0, before)


def test_without_the_key_of_a_logger_nothing_is_taken(plant):
    zygote, url, _made = plant
    key = zygote.run("api_key", login="first")
    with pytest.raises(Refused) as refused:
        json2(url, zygote.database, key, "carbon.meter.reading", "push", readings=QUARTERS[:1])
    assert refused.value.name == "AccessError"
    with pytest.raises(Refused):
        json2(url, zygote.database, "0" * 40, "carbon.meter.reading", "push", readings=QUARTERS[:1])
