"""The journal's tables, and the numbered steps that make and change them.

Open it with Datasette, DuckDB or the sqlite3 shell; ``select * from calls`` is meant for people. The first gateway on
a folder writes ``journal.sqlite``, others beside it ``journal-2.sqlite`` and so on, ``agw import``
``journal-imported.sqlite``. All times are UTC nanoseconds since the epoch, all ids lower-case hex, what is not known is
NULL.

``call``
    One narrow row for each finished call, in the order in which they ended. ``seq`` has no gaps but where retention cut
    the oldest. ``model`` is the one that answered, else the one that was sent; ``model_asked`` the app's own word.
    ``cost_usd`` is exact decimal text. Token classes follow ``usage/usage.py``: input includes cache reads and writes,
    output includes reasoning. ``hash`` chains the row to the one before it (``chain.py``).
``calls`` (view)
    The same with readable times (``started_at``, UTC), ``cost`` as a REAL beside the exact ``cost_usd``, seconds, and
    the status as one word (``ok``, ``error``, ``partial``).
``record``
    The whole record of a call as JSON (``record/codec.py``), from which every dialect is built. Each message, tool
    definition and system instruction of some length stands in it as ``{"$sha256": …}``.
``content``
    Those, each once however many calls repeat it. Plain JSON text and not zstd: an agent sends its whole conversation
    with every call, so storing each message once gains far more than packing it, and a person can read it.
    ``last_seq`` is about the last call that used it (a lower bound by at most CONTENT_SLACK rows).
``under_way``
    Calls that were forwarded and have not ended. What the next start finds here had no end: it becomes a call with
    the error ``gateway_stopped``.
``hourly``
    Sums by UTC hour and by what people ask for most, kept in the transaction that appends. They outlive the calls.
``cursor``, ``apart``
    How far each destination is, and the rows beyond its order: ``reason`` says why a row was parked, NULL that it was
    sent already.
``checkpoint``
    Signed statements about the chain: ``kind`` is ``head`` (the chain's end at that time) or ``pruned`` (all up to
    ``seq`` was cut by retention).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x41475731
"""``AGW1``, in the file's header: tells ours from other people's SQLite files."""
CONTENT_SLACK = 256
HAS_CALL = "SELECT 1 FROM call WHERE span_id = ? AND trace_id = ?"

_FIRST = """
CREATE TABLE call (
    seq INTEGER PRIMARY KEY,
    span_id TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    parent_span_id TEXT,
    sampled INTEGER NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    first_chunk_s REAL,
    first_token_s REAL,
    total_s REAL NOT NULL,
    operation TEXT NOT NULL,
    api_type TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT,
    model_asked TEXT,
    model_sent TEXT,
    stream INTEGER NOT NULL,
    gateway TEXT,
    listener TEXT,
    route TEXT,
    backend TEXT,
    server_address TEXT,
    user TEXT,
    user_group TEXT,
    session TEXT,
    key_name TEXT,
    user_agent TEXT,
    client_address TEXT,
    http_status INTEGER,
    error_type TEXT,
    error_message TEXT,
    partial INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    total_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    reasoning_tokens INTEGER,
    input_audio_tokens INTEGER,
    output_audio_tokens INTEGER,
    usage_source TEXT,
    cost_usd TEXT,
    cost_source TEXT,
    notes TEXT,
    hash TEXT NOT NULL
);
CREATE UNIQUE INDEX call_by_id ON call (span_id, trace_id);
CREATE INDEX call_by_trace ON call (trace_id);
CREATE INDEX call_by_start ON call (start_ns);
CREATE INDEX call_by_session ON call (session, start_ns) WHERE session IS NOT NULL;
CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE content (sha256 TEXT NOT NULL UNIQUE, body TEXT NOT NULL, last_seq INTEGER NOT NULL);
CREATE INDEX content_by_last_seq ON content (last_seq);
CREATE TABLE under_way (
    span_id TEXT NOT NULL, trace_id TEXT NOT NULL, start_ns INTEGER NOT NULL, model TEXT, body TEXT NOT NULL,
    PRIMARY KEY (span_id, trace_id)
) WITHOUT ROWID;
CREATE TABLE hourly (
    hour_ns INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    operation TEXT NOT NULL,
    route TEXT NOT NULL,
    backend TEXT NOT NULL,
    user TEXT NOT NULL,
    user_group TEXT NOT NULL,
    key_name TEXT NOT NULL,
    calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    priced INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_usd TEXT NOT NULL,
    PRIMARY KEY (hour_ns, provider, model, operation, route, backend, user, user_group, key_name)
) WITHOUT ROWID;
CREATE TABLE cursor (destination TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE apart (
    destination TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT, at_ns INTEGER NOT NULL,
    PRIMARY KEY (destination, seq)
) WITHOUT ROWID;
CREATE TABLE checkpoint (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL
);
CREATE VIEW calls AS SELECT
    seq,
    span_id AS id,
    strftime('%Y-%m-%d %H:%M:%f', start_ns / 1e9, 'unixepoch') AS started_at,
    CASE WHEN error_type IS NOT NULL THEN 'error' WHEN partial THEN 'partial' ELSE 'ok' END AS status,
    http_status,
    operation,
    provider,
    model,
    model_asked,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    reasoning_tokens,
    usage_source,
    CAST(cost_usd AS REAL) AS cost,
    cost_usd,
    cost_source,
    first_token_s,
    total_s,
    user,
    user_group,
    session,
    key_name,
    route,
    backend,
    attempts,
    error_type,
    error_message,
    notes,
    user_agent,
    trace_id
FROM call;
"""


def _first(db: sqlite3.Connection) -> None:
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)


def _without_index_by_trace(db: sqlite3.Connection) -> None:
    """Each call changed a page of it anywhere, which took a third of the time of a commit; people look for a trace now
    and then, and ``call_by_id``, which holds the trace's id too, is read through for them."""
    db.execute("DROP INDEX call_by_trace")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first, _without_index_by_trace)
"""The n-th of them makes version n of version n-1. One that was released is never changed."""
VERSION = len(MIGRATIONS)


def migrate(db: sqlite3.Connection, version: int) -> None:
    """From ``version`` to VERSION, each step whole or not at all."""
    for number in range(version, VERSION):
        db.execute("BEGIN IMMEDIATE")
        try:
            MIGRATIONS[number](db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {number + 1}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
