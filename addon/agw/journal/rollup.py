"""Sums by the hour, kept in the transaction that appends, so that they are never off by a call."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from operator import attrgetter

from agw.journal.rows import cost_of, model_of, usage_of
from agw.record import CallRecord
from agw.telemetry.text import clean

HOUR_NS = 3_600_000_000_000
KEYS = ("provider", "model", "operation", "route", "backend", "user", "user_group", "key_name")
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_TOKENS_OF = attrgetter(*TOKENS)
EXACT = Context(prec=60)
"""Sums of money are never rounded: more digits than any of them has."""
_MAX_KEY = 256


@dataclass(slots=True)
class Sum:
    calls: int = 0
    errors: int = 0
    priced: int = 0
    """Calls whose cost is known."""
    tokens: list[int] = field(default_factory=lambda: [0] * len(TOKENS))
    cost_usd: Decimal = Decimal(0)


def add_up(records: Iterable[CallRecord]) -> dict[tuple[int | str, ...], Sum]:
    """By hour and KEYS. A call counts in the hour in which it began."""
    sums: dict[tuple[int | str, ...], Sum] = {}
    # By what the records say, of which most say the same: it is made fit for the table once.
    said: dict[tuple[int, tuple[str | None, ...]], Sum] = {}
    for record in records:
        who = record.attribution
        keys = (
            record.provider,
            model_of(record),
            record.request.operation,
            record.route,
            record.backend,
            who.user,
            who.group,
            who.key_name,
        )
        hour_ns = record.start_ns // HOUR_NS * HOUR_NS
        one = said.get((hour_ns, keys))
        if one is None:
            key: tuple[int | str, ...] = (hour_ns, *(clean(name or "", _MAX_KEY) for name in keys))
            one = said[hour_ns, keys] = sums.setdefault(key, Sum())
        usage, tokens = usage_of(record), one.tokens
        one.calls += 1
        one.errors += record.error is not None
        for index, count in enumerate(_TOKENS_OF(usage)):
            if count:
                tokens[index] += min(count, 2**53)
        cost = cost_of(record)[0]
        if cost is not None and cost.is_finite():
            one.priced += 1
            one.cost_usd = EXACT.add(one.cost_usd, cost)
    return sums


_WHERE = " AND ".join(f"{name} = ?" for name in ("hour_ns", *KEYS))
_UPSERT = f"""
INSERT INTO hourly VALUES ({", ".join("?" * (1 + len(KEYS) + 3 + len(TOKENS) + 1))})
ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, errors = errors + excluded.errors,
priced = priced + excluded.priced, {", ".join(f"{name} = {name} + excluded.{name}" for name in TOKENS)},
cost_usd = excluded.cost_usd
"""


def write(db: sqlite3.Connection, records: Iterable[CallRecord]) -> None:
    """Within the caller's transaction."""
    for key, one in add_up(records).items():
        found = db.execute(f"SELECT cost_usd FROM hourly WHERE {_WHERE}", key).fetchone()
        cost = one.cost_usd if found is None else EXACT.add(Decimal(found[0]), one.cost_usd)
        db.execute(_UPSERT, (*key, one.calls, one.errors, one.priced, *one.tokens, format(cost, "f")))
