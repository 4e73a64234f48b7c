"""What is too old or too much is cut in small steps, and what goes with it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from agw.journal.retention import STEP_ROWS, Keep, step
from agw.journal.store import Store
from agw.record import Content
from support.records import START_NS, numbered, with_content

DAY_NS = 86_400_000_000_000


@pytest.fixture
def store(tmp_path):
    one = Store(tmp_path / "journal.sqlite")
    one.serve("one")
    yield one
    one.close()


def aged(number: int, days: float):
    at = START_NS + int(days * DAY_NS)
    return replace(numbered(number), start_ns=at, end_ns=at)


def count(store, table: str) -> int:
    with sqlite3.connect(store.path) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def run(store, keep, now_ns):
    cuts = []
    while (cut := step(store, keep, now_ns, ["one"])).more:
        cuts.append(cut)
    return cuts


def test_calls_older_than_the_limit_go_and_the_sums_stay(store):
    store.append((), [aged(number, number) for number in range(100)])
    run(store, Keep(days=30), START_NS + 99 * DAY_NS)
    assert count(store, "call") == count(store, "record") == 31
    assert store.read("one", 0, 1, 1)[0].seq == 70
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT sum(calls) FROM hourly").fetchone() == (100,)


def test_one_step_cuts_a_bounded_number(store):
    store.append((), [aged(number, 0) for number in range(3 * STEP_ROWS)])
    cuts = run(store, Keep(days=1), START_NS + 10 * DAY_NS)
    assert [cut.calls for cut in cuts if cut.calls] == [STEP_ROWS, STEP_ROWS, STEP_ROWS - 1]
    assert count(store, "call") == 1, "the chain goes on from the last one"


def test_nothing_is_cut_where_nothing_is_asked(store):
    store.append((), [aged(number, 0) for number in range(100)])
    assert run(store, Keep(days=0, megabytes=0), START_NS + 9999 * DAY_NS) == []
    assert count(store, "call") == 100


def test_a_file_that_is_too_large_shrinks(store):
    for number in range(3000):
        store.append((), [with_content(numbered(number), f"{number} " * 700)])
    run(store, Keep(days=0, megabytes=4), START_NS)
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert 0 < count(store, "call") < 3000
    assert store.path.stat().st_size <= 4.5 * 1024 * 1024 + 2 * 1024 * 1024


def test_content_that_a_kept_call_uses_is_kept(store):
    shared = [{"role": "user", "parts": [{"type": "text", "content": "shared " * 100}]}]
    for start in range(0, 12_000, 1000):
        group = [replace(aged(n, n / 1000), content=Content(input_messages=shared)) for n in range(start, start + 1000)]
        store.append((), group)
    run(store, Keep(days=2), START_NS + 12 * DAY_NS)
    (row,) = store.read("one", store.newest() - 1, 1, 1)
    assert row.record.content.input_messages == shared


def test_what_a_destination_had_not_got_is_counted(store):
    store.append((), [aged(number, 0) for number in range(10)])
    store.acknowledge("one", 4)
    (cut, *_) = run(store, Keep(days=1), START_NS + 10 * DAY_NS)
    assert cut.unsent == (("one", 5),)
    assert store.position("one") == 9
