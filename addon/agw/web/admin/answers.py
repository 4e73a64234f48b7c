"""The page's answers as plain data, read from the journal. Blocking: to be run in a thread.

Money is exact decimal text; what is not known is null.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from agw.journal.query import Reader, Sums, percentile
from agw.pricing.price import Rates
from agw.record import codec
from agw.web.admin.asked import Asked, BadQuestion, searched

TOP = 8
"""Groups of a chart that have a line of their own; the rest is one."""
OTHER = "(other)"
_SHARES = (0.5, 0.9, 0.99)
_LISTED = (
    "span_id",
    "start_ns",
    "total_s",
    "first_token_s",
    "operation",
    "provider",
    "model",
    "model_asked",
    "user",
    "session",
    "key_name",
    "user_agent",
    "http_status",
    "error_type",
    "partial",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "reasoning_tokens",
    "cost_usd",
    "attempts",
)


def overview(reader: Reader, asked: Asked, rates: Callable[[str, str], Rates | None]) -> dict[str, Any]:
    """The period's totals. ``cache_saved_usd``: what the cached tokens would have cost more as plain input."""
    sums, saved = Sums(), Decimal(0)
    for (provider, model), one in reader.costs(["provider", "model"], asked.which()).items():
        for name in sums.__slots__:
            setattr(sums, name, getattr(sums, name) + getattr(one, name))
        found = rates(provider, model) if one.cache_read_tokens else None
        if found is not None and found.input is not None and found.cache_read is not None:
            saved += one.cache_read_tokens * (found.input - found.cache_read) / 1_000_000
    shown = _sums(sums)
    shown["cache_saved_usd"] = f"{saved:f}" if saved else None
    shown["under_way"] = reader.under_way()
    shown["cache_share"] = sums.cache_read_tokens / sums.input_tokens if sums.input_tokens else None
    return shown


def series(reader: Reader, asked: Asked) -> dict[str, Any]:
    """``times`` (UTC, text) and for each of the greatest groups its values at them."""
    cells = reader.costs([asked.step, asked.by], asked.which())
    totals: dict[str, Decimal] = {}
    for (_, group), sums in cells.items():
        totals[group] = totals.get(group, Decimal(0)) + measured(sums, asked.measure)
    named = sorted(totals, key=lambda group: (-totals[group], group))[:TOP]
    times = sorted({time for time, _ in cells})
    lines = {group: dict.fromkeys(times, Decimal(0)) for group in [*named, *([OTHER] if len(totals) > TOP else [])]}
    for (time, group), sums in cells.items():
        lines[group if group in lines else OTHER][time] += measured(sums, asked.measure)
    return {
        "measure": asked.measure,
        "by": asked.by,
        "times": times,
        "groups": [{"name": group, "values": [float(line[time]) for time in times]} for group, line in lines.items()],
    }


def groups(reader: Reader, asked: Asked) -> list[dict[str, Any]]:
    """All groups with their sums, the greatest first."""
    found = reader.costs([asked.by], asked.which())
    order = sorted(found, key=lambda key: (-measured(found[key], asked.measure), key))
    return [{asked.by: key[0], **_sums(found[key])} for key in order]


def latency(reader: Reader, asked: Asked) -> list[dict[str, Any]]:
    """Percentiles in seconds, by group; by ``hour`` or ``day`` in the order of time."""
    rows = []
    for group, (firsts, totals) in reader.times(asked.by, asked.which()).items():
        firsts.sort()
        totals.sort()
        rows.append(
            {
                asked.by: group,
                "calls": len(totals),
                **{f"first_token_p{_percent(share)}_s": percentile(firsts, share) for share in _SHARES},
                **{f"total_p{_percent(share)}_s": percentile(totals, share) for share in _SHARES},
            }
        )
    in_time = asked.by in ("hour", "day")
    return sorted(rows, key=lambda row: row[asked.by] if in_time else (-row["calls"], row[asked.by]))


def calls(reader: Reader, asked: Asked, search: str, limit: int) -> list[dict[str, Any]]:
    """The newest calls that a search finds, the newest first. Raises BadQuestion."""
    equal, status = searched(search)
    rows = reader.calls(asked.which(equal, status), limit)
    return [_listed(row) for row in reversed(rows)]


def call(reader: Reader, span_id: str) -> dict[str, Any]:
    """One call with all that is on record, and the calls of its session around it. Raises BadQuestion."""
    if not span_id or any(char not in "0123456789abcdef" for char in span_id):
        raise BadQuestion("a call's id is hex")
    found = reader.find(span_id, 1)
    if not found:
        raise BadQuestion("no call has this id; retention may have cut it")
    record = found[0]
    session = record.attribution.session
    around: list[dict[str, Any]] = []
    if session is not None:
        day_ns = 86400 * 10**9
        which = Asked("session", "calls", record.start_ns - day_ns, record.start_ns + day_ns, "hour").which(
            {"session": session}
        )
        around = [_listed(row) for row in reader.calls(which, 50)]
    return {"record": json.loads(codec.to_text(record)), "session": around}


def measured(sums: Sums, measure: str) -> Decimal:
    if measure == "cost":
        return sums.cost_usd
    if measure == "tokens":
        return Decimal(sums.input_tokens + sums.output_tokens)
    return Decimal(getattr(sums, measure))


def rows_of(answer: Any) -> list[Mapping[str, Any]]:
    """An answer as rows, for CSV."""
    if isinstance(answer, list):
        return answer
    if isinstance(answer, dict) and "groups" in answer:
        return [
            {"time": time, **{line["name"]: line["values"][index] for line in answer["groups"]}}
            for index, time in enumerate(answer["times"])
        ]
    return [answer]


def _sums(sums: Sums) -> dict[str, Any]:
    shown = asdict(sums)
    shown["cost_usd"] = f"{sums.cost_usd:f}" if sums.priced else None
    return shown


def _listed(row: sqlite3.Row) -> dict[str, Any]:
    return {name: row[name] for name in _LISTED}


def _percent(share: float) -> str:
    return f"{share * 100:g}"


def header_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All columns of the rows, in the order in which they come up."""
    return list(dict.fromkeys(name for row in rows for name in row))
