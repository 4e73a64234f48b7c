"""The tables of a PostgreSQL destination, for many gateways that write to one store.

``agw_call`` has the columns of the journal's ``call`` (journal/schema.py) but for its place in the journal, with
``cost_usd`` as an exact NUMERIC, and ``record``, the whole record as JSONB, content included. A call is there once, by
its ids, however often it is sent.
"""

from __future__ import annotations

from agw.journal.rows import NAMES

_TYPES = {
    "sampled": "boolean",
    "stream": "boolean",
    "partial": "boolean",
    "cost_usd": "numeric",
    **dict.fromkeys(("first_chunk_s", "first_token_s", "total_s"), "double precision"),
    **dict.fromkeys(
        (
            *("start_ns", "end_ns", "http_status", "attempts", "input_tokens", "output_tokens", "total_tokens"),
            *("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
            *("input_audio_tokens", "output_audio_tokens"),
        ),
        "bigint",
    ),
}
_QUOTED = {name: f'"{name}"' for name in NAMES}
"""``user`` is a word of SQL."""

_COLUMNS = ",\n    ".join(f"{_QUOTED[name]} {_TYPES.get(name, 'text')}" for name in NAMES)
MIGRATIONS: tuple[str, ...] = (
    f"""
CREATE TABLE agw_call (
    {_COLUMNS},
    started_at timestamptz GENERATED ALWAYS AS (to_timestamp(start_ns / 1e9)) STORED,
    record jsonb NOT NULL,
    PRIMARY KEY (span_id, trace_id)
);
CREATE INDEX agw_call_by_start ON agw_call (started_at);
CREATE INDEX agw_call_by_trace ON agw_call (trace_id);
""",
)
"""The n-th of them makes version n. One that was released is never changed."""

UPSERT = f"""
INSERT INTO agw_call ({", ".join(_QUOTED.values())}, record)
VALUES ({", ".join("%s::int::boolean" if _TYPES.get(name) == "boolean" else "%s" for name in NAMES)}, %s::jsonb)
ON CONFLICT (span_id, trace_id) DO UPDATE SET
{", ".join(f"{_QUOTED[name]} = excluded.{_QUOTED[name]}" for name in NAMES)}, record = excluded.record
"""
# Of advisory locks; any number that nobody else takes.
LOCK = 0x41475731
