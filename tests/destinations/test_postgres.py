"""Calls reach a real PostgreSQL server, each once, whatever the server goes through."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from agw.config.secret import Secret
from agw.config.snapshot import Database
from agw.destinations.outcome import Kind
from agw.destinations.postgres import PostgresReceiver
from agw.destinations.worker import Worker
from agw.journal.store import Store
from agw.record import Content
from bench_suite.ports import free_port
from support.postgres import PASSWORD, Postgres, binaries
from support.records import chat_record, failed_record, numbered, with_content

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    programs = binaries()
    if programs is None:
        assert os.environ.get("CI") != "true", "under CI the PostgreSQL tests must run (package: postgresql)"
        pytest.skip("no PostgreSQL server here (on Debian: apt install postgresql)")
    one = Postgres(programs)
    one.start()
    yield one
    one.remove()


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        query(request.getfixturevalue("server"), "DROP TABLE IF EXISTS agw_call, agw_schema")


def query(server: Postgres, sql: str) -> list[Any]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def receiver(url: str, port: int) -> PostgresReceiver:
    return PostgresReceiver(Database(postgres=Secret(url), place=f"postgres://127.0.0.1:{port}/postgres"))


def send(server: Postgres, *records: Any) -> Any:
    channel = receiver(server.url, server.port).open({})
    try:
        return channel.send([channel.encode(record).item for record in records])
    finally:
        channel.close()


def test_a_call_has_its_columns_its_exact_cost_and_its_whole_record(server):
    assert send(server, with_content(chat_record())).kind is Kind.OK
    (row,) = query(server, "SELECT model, input_tokens, cost_usd::text, stream, started_at::text FROM agw_call")
    assert row[:4] == ("gpt-4o-mini-2024-07-18", 1000, "0.000240", True)
    assert row[4].startswith("2023-11-14")
    assert query(server, "SELECT record #>> '{content,input_messages,0,parts,0,content}' FROM agw_call") == [("hello",)]


def test_sending_again_changes_nothing_and_a_later_word_wins(server):
    send(server, numbered(1), numbered(2))
    send(server, numbered(1), replace(numbered(2), user_agent="later"))
    assert query(server, "SELECT user_agent FROM agw_call ORDER BY span_id") == [(None,), ("later",)]


def test_null_characters_surrogates_and_words_that_look_like_them_are_kept_as_far_as_they_can_be(server):
    odd = Content(input_messages=[{"role": "user", "a": "x\0y\ud800z", "b": "\\u0000 \\ud800"}])
    outcome = send(server, replace(failed_record(), content=odd, user_agent="a\0b"))
    assert outcome.kind is Kind.OK, outcome
    assert query(
        server,
        "SELECT user_agent, record #>> '{content,input_messages,0,a}', record #>> '{content,input_messages,0,b}' FROM agw_call",
    ) == [("a\ufffdb", "x\ufffdy?z", "\\u0000 \\ud800")]


def test_gateways_that_start_together_make_the_tables_once(server):
    outcomes: list[Any] = []
    threads = [
        threading.Thread(target=lambda number=number: outcomes.append(send(server, numbered(number))))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.kind for outcome in outcomes] == [Kind.OK] * 8
    assert query(server, "SELECT count(*) FROM agw_call") == [(8,)]
    assert query(server, "SELECT version FROM agw_schema") == [(1,)]


def test_a_wrong_password_or_no_server_is_tried_again_and_told_without_the_password(server):
    wrong = receiver(server.url.replace(PASSWORD, "wrong-canary"), server.port).open({})
    outcome = wrong.send([wrong.encode(numbered(1)).item])
    assert outcome.kind is Kind.RETRY
    assert "canary" not in outcome.detail
    port = free_port()
    gone = receiver(f"postgres://agw:{PASSWORD}@127.0.0.1:{port}/postgres", port).open({})
    outcome = gone.send([gone.encode(numbered(1)).item])
    assert outcome.kind is Kind.RETRY
    assert outcome.detail
    assert "canary" not in outcome.detail


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_restarts_in_mid_load_loses_nothing(server, tmp_path, mode):
    store = Store(tmp_path / "journal.sqlite")
    wanted = receiver(server.url, server.port)
    store.serve(wanted.name)
    told: list[str] = []
    worker = Worker(wanted, lambda: [store], environ={}, on_trouble=told.append, linger_s=0.01)
    try:
        for start in range(0, 2000, 100):
            store.append((), [numbered(number) for number in range(start, start + 100)])
            worker.wake()
            if start in (500, 1200):
                server.stop(mode)
                time.sleep(0.2)
                server.start()
            time.sleep(0.02)
        assert worker.flush(60)
    finally:
        worker.close(5)
        store.close()
    assert query(server, "SELECT count(*), count(DISTINCT span_id) FROM agw_call") == [(2000, 2000)]
    assert worker.stats().parked == 0
    assert "canary" not in " ".join(told)
