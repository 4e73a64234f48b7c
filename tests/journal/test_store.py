"""Appending and reading: nothing is lost, nothing is there twice, every commit is whole."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from decimal import Decimal

import pytest

from agw.journal import schema
from agw.journal.query import Reader
from agw.journal.store import Store
from agw.journal.verify import verify
from agw.record import Call, Content, RequestFacts, SpanIds
from support.records import broken_off_record, chat_record, failed_record, numbered, with_content


@pytest.fixture
def store(tmp_path):
    one = Store(tmp_path / "journal.sqlite")
    one.serve("one")
    yield one
    one.close()


def read(store, after=0, rows=1000, size=1 << 30):
    return store.read("one", after, rows, size)


def query(store, sql, *values):
    with sqlite3.connect(store.path) as db:
        return db.execute(sql, values).fetchall()


@pytest.mark.parametrize("make", [chat_record, failed_record, broken_off_record])
def test_a_record_comes_back_as_it_was_with_its_content(store, make):
    record = with_content(make(), "a long text " * 100)
    store.append((), [record])
    (row,) = read(store)
    assert row.record == record


def test_a_row_says_what_a_record_says(store):
    store.append((), [chat_record()])
    names = "model, model_asked, input_tokens, reasoning_tokens, cost_usd, first_token_s, total_s, stream, notes"
    assert query(store, f"SELECT {names} FROM call") == [
        ("gpt-4o-mini-2024-07-18", "gpt-4", 1000, 50, "0.000240", 0.5, 2.0, 1, "usage_injected")
    ]
    ((cost, exact, status, started),) = query(store, "SELECT cost, cost_usd, status, started_at FROM calls")
    assert (cost, exact, status, started) == (0.00024, "0.000240", "ok", "2023-11-14 22:13:20.000")


def test_what_is_not_known_is_null_and_never_zero(store):
    store.append((), [failed_record()])
    assert query(store, "SELECT input_tokens, cost_usd, model_asked, first_token_s FROM call") == [(None,) * 4]


def test_of_a_group_that_is_here_in_part_the_rest_is_appended_without_a_gap(store):
    store.append((), [numbered(1), numbered(2)])
    assert store.append((), [numbered(3), numbered(2), numbered(4), numbered(3), numbered(1), numbered(4)]) == 2
    assert [row.record for row in read(store)] == [numbered(one) for one in (1, 2, 3, 4)]
    assert [seq for (seq,) in query(store, "SELECT seq FROM call JOIN record USING (seq) ORDER BY seq")] == [1, 2, 3, 4]
    verdict = verify(store._db, None)
    assert (verdict.wrong, verdict.rows) == ("", 4)
    assert query(store, "SELECT sum(calls) FROM hourly") == [(4,)]
    assert store.append((), [numbered(1), numbered(4)]) == 0


def test_a_journal_of_the_first_version_is_taken_over(tmp_path):
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as db:
        schema.MIGRATIONS[0](db)
        db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
    store = Store(path)
    store.append((), [numbered(1)])
    assert Reader([path]).find(numbered(1).ids.trace_id) == [numbered(1)]
    store.close()


def test_a_message_that_many_calls_repeat_is_stored_once(store):
    messages = [{"role": "user", "parts": [{"type": "text", "content": f"{n} " + "x" * 500}]} for n in range(20)]
    for number in range(20):
        store.append((), [replace(numbered(number), content=Content(input_messages=messages[: number + 1]))])
    assert query(store, "SELECT count(*) FROM content") == [(20,)]
    assert [len(row.record.content.input_messages) for row in read(store)] == list(range(1, 21))
    assert read(store)[-1].record.content.input_messages == messages


def test_a_message_that_looks_like_a_reference_is_not_taken_for_one(store):
    record = replace(numbered(1), content=Content(input_messages=[{"$sha256": "abc"}]))
    store.append((), [record])
    assert read(store)[0].record == record


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_content_that_is_not_json_is_left_out_and_the_record_says_so(store, value):
    store.append((), [replace(numbered(1), content=Content(input_messages=[{"a": value}]))])
    record = read(store)[0].record
    assert record.content is None
    assert record.notes == ("content_left_out",)


def test_a_record_that_cannot_be_said_costs_no_other(store):
    odd = replace(numbered(2), extra={"a": object()})
    hopeless = replace(numbered(3), provider=object())
    store.append((), [numbered(1), odd, hopeless, numbered(4)])
    assert [row.record.answer.response_id for row in read(store)] == ["1", "2", "4"]
    assert read(store)[1].record.notes == ("record_shortened",)
    assert store.unwritable == 1


def test_a_place_never_moves_back(store):
    store.append((), [numbered(number) for number in range(5)])
    store.acknowledge("one", 4)
    store.acknowledge("one", 2)
    assert store.position("one") == 4


def test_lone_surrogates_null_characters_and_huge_numbers_do_not_stop_a_group(store):
    odd = with_content(replace(numbered(1), user_agent="a\ud800b\0c", http_status=2**70), "x\ud800y" * 200)
    store.append((), [odd, numbered(2)])
    assert [row.record for row in read(store)] == [odd, numbered(2)]
    assert query(store, "SELECT http_status FROM call WHERE seq = 1") == [(None,)]


def test_the_same_call_is_on_record_once(store):
    assert store.append((), [numbered(1), numbered(2)]) == 2
    assert store.append((), [numbered(2), numbered(3)]) == 1
    assert [row.seq for row in read(store)] == [1, 2, 3]


def test_a_destination_that_is_new_begins_at_the_end_and_keeps_its_place(store):
    store.append((), [numbered(1)])
    store.serve("two")
    store.append((), [numbered(2)])
    assert (store.position("one"), store.position("two")) == (0, 1)
    store.acknowledge("one", 2)
    store.close()
    again = Store(store.path)
    assert (again.position("one"), again.position("two"), again.newest()) == (2, 1, 2)
    again.close()


def test_what_was_set_aside_is_not_read_again_and_its_reason_is_kept(store):
    store.append((), [numbered(number) for number in range(3)])
    store.park("one", 2, "too large")
    assert [row.seq for row in read(store)] == [1, 3]
    assert query(store, "SELECT destination, seq, reason FROM apart") == [("one", 2, "too large")]


def test_reading_stops_at_the_bytes_but_gives_at_least_one(store):
    store.append((), [with_content(numbered(number), f"{number}" * 10_000) for number in range(10)])
    assert len(read(store, size=25_000)) == 3
    assert len(read(store, size=1)) == 1


def test_a_group_that_fails_leaves_nothing_behind(store, monkeypatch):
    store.append((), [numbered(1)])
    monkeypatch.setattr("agw.journal.rollup.write", lambda db, records: db.execute("SELECT * FROM nowhere"))
    with pytest.raises(sqlite3.OperationalError):
        store.append((), [numbered(2)])
    monkeypatch.undo()
    store.append((), [numbered(3)])
    assert [row.record.answer.response_id for row in read(store)] == ["1", "3"]
    assert query(store, "SELECT sum(calls) FROM hourly") == [(2,)]


def test_sums_by_the_hour_are_exact(store):
    records = [replace(numbered(n), answer=chat_record().answer) for n in range(1000)]
    for start in range(0, 1000, 100):
        store.append((), records[start : start + 100])
    ((calls, priced, tokens, cost),) = query(store, "SELECT calls, priced, input_tokens, cost_usd FROM hourly")
    assert (calls, priced, tokens) == (1000, 1000, 1_000_000)
    assert Decimal(cost) == Decimal("0.24")


def call(number: int) -> Call:
    return Call(
        ids=SpanIds("ab" * 16, f"{number:016x}"),
        start_ns=1_700_000_000_000_000_000 + number,
        provider="openai",
        request=RequestFacts("chat", "completions", model="gpt-4o-mini"),
        route="default/chat",
    )


def test_a_call_under_way_has_a_row_until_it_ends(store):
    one = call(1)
    store.append([one], ())
    assert query(store, "SELECT span_id, model FROM under_way") == [(one.ids.span_id, "gpt-4o-mini")]
    store.append((), [one.finish(one.start_ns + 5)])
    assert query(store, "SELECT count(*) FROM under_way") == [(0,)]
    assert [row.record.error for row in read(store)] == [None]


def test_a_call_that_ends_within_the_group_needs_no_row(store):
    one = call(1)
    record = one.finish(one.start_ns + 5)
    store.append([one], [record])
    assert query(store, "SELECT count(*) FROM under_way") == [(0,)]


def test_the_next_start_ends_what_was_under_way_and_destinations_get_it(store):
    store.append([call(1), call(2)], ())
    store.append((), [call(2).finish(1_700_000_000_100_000_000)])
    store.abandon()
    again = Store(store.path)
    assert again.close_under_way() == 1
    rows = read(again)
    assert [(row.record.ids.span_id[-1], row.record.error and row.record.error.type) for row in rows] == [
        ("2", None),
        ("1", "gateway_stopped"),
    ]
    assert rows[1].record.partial
    assert again.close_under_way() == 0
    again.close()


def test_the_record_is_json_that_anything_can_read(store):
    store.append((), [with_content(chat_record())])
    ((body,),) = query(store, "SELECT body FROM record")
    assert json.loads(body)["request"]["model"] == "gpt-4o-mini"
    assert query(store, "SELECT json_extract(body, '$.answer.usage.input_tokens') FROM record") == [(1000,)]


def test_the_file_is_for_its_owner_only(store):
    store.append((), [numbered(1)])
    for ending in ("", "-wal", "-shm"):
        assert (store.path.with_name(store.path.name + ending)).stat().st_mode & 0o077 == 0
