"""Reading journals, for commands and pages: calls, one call, sums, times. Read-only, beside a gateway that writes.

Several journals of one folder (``opening.siblings``) are read as one.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from agw.journal.content import join
from agw.journal.opening import connect
from agw.journal.rollup import EXACT, HOUR_NS, KEYS, TOKENS
from agw.journal.schema import HAS_CALL
from agw.record import CallRecord

GROUPS: Mapping[str, str] = {
    "model": "model",
    "provider": "provider",
    "user": "user",
    "group": "user_group",
    "session": "session",
    "key": "key_name",
    "route": "route",
    "backend": "backend",
    "operation": "operation",
    "agent": "user_agent",
    "error": "error_type",
    "day": "day",
    "hour": "hour",
}
"""What calls can be grouped by, and its column."""
_TIMES = {"day": 24 * HOUR_NS, "hour": HOUR_NS}


@dataclass(frozen=True, slots=True)
class Which:
    """Which calls: those that began in ``[since_ns, until_ns)``, whose columns are what ``equal`` says, and in the
    given state (``ok``, ``error``, ``partial``)."""

    since_ns: int = 0
    until_ns: int = 2**63 - 1
    equal: Mapping[str, str] = field(default_factory=dict)
    status: str | None = None

    def where(self, time_column: str = "start_ns") -> tuple[str, list[Any]]:
        """The condition in SQL and its values."""
        parts, values = [f"{time_column} >= ?", f"{time_column} < ?"], [self.since_ns, self.until_ns]
        for column, value in self.equal.items():
            assert column.isidentifier()
            pattern = "*" in value
            parts.append(f"{column} GLOB ?" if pattern else f"{column} = ?")
            values.append(value.replace("[", "[[]").replace("?", "[?]") if pattern else value)  # type: ignore[arg-type]
        state = {
            "error": "error_type IS NOT NULL",
            "partial": "error_type IS NULL AND partial",
            "ok": "error_type IS NULL AND NOT partial",
        }
        if self.status is not None:
            parts.append(f"({state[self.status]})")
        return " AND ".join(parts), values


@dataclass(slots=True)
class Sums:
    """Of one group. ``cost_usd`` is exact and counts only the ``priced`` calls."""

    calls: int = 0
    errors: int = 0
    priced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


class Reader:
    """Raises sqlite3.Error for a file that cannot be read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)

    @contextmanager
    def _open(self, path: Path) -> Iterator[sqlite3.Connection]:
        with closing(connect(path, read_only=True)) as db:
            db.row_factory = sqlite3.Row
            yield db

    def calls(self, which: Which, limit: int) -> list[sqlite3.Row]:
        """The newest ``limit`` rows of ``call``, oldest first."""
        where, values = which.where()
        rows: list[sqlite3.Row] = []
        for path in self._paths:
            with self._open(path) as db:
                sql = f"SELECT * FROM call WHERE {where} ORDER BY start_ns DESC LIMIT ?"
                rows += db.execute(sql, (*values, limit)).fetchall()
        return sorted(rows, key=lambda row: (row["start_ns"], row["seq"]))[-limit:] if limit else []

    def newer(self, after: Mapping[Path, int], which: Which) -> tuple[list[sqlite3.Row], dict[Path, int]]:
        """The rows behind ``after`` (its ``seq`` for each file; a file that is not in it begins at its end), and
        what to ask with the next time."""
        where, values = which.where()
        rows: list[sqlite3.Row] = []
        at = dict(after)
        for path in self._paths:
            with self._open(path) as db:
                newest = db.execute("SELECT ifnull(max(seq), 0) FROM call").fetchone()[0]
                if path in at:
                    sql = f"SELECT * FROM call WHERE seq > ? AND seq <= ? AND {where} ORDER BY seq"
                    rows += db.execute(sql, (at[path], newest, *values)).fetchall()
                at[path] = newest
        return rows, at

    def under_way(self) -> int:
        """Calls that have not ended; those of a gateway that was killed too, until the next start."""
        total = 0
        for path in self._paths:
            with self._open(path) as db:
                total += db.execute("SELECT count(*) FROM under_way").fetchone()[0]
        return total

    def find(self, id_prefix: str, limit: int = 20) -> list[CallRecord]:
        """The calls whose span id or trace id begins with it. Raises ValueError for a record that cannot be read."""
        low, high = id_prefix.lower(), id_prefix.lower() + "g"
        found = []
        for path in self._paths:
            with self._open(path) as db:
                rows = db.execute(
                    # Apart, so that no more than an index is read through for the trace.
                    """SELECT body FROM call JOIN record USING (seq) WHERE seq IN (
                        SELECT seq FROM call WHERE span_id >= ?1 AND span_id < ?2
                        UNION SELECT seq FROM call WHERE trace_id >= ?1 AND trace_id < ?2
                    ) ORDER BY start_ns LIMIT ?3""",
                    (low, high, limit),
                ).fetchall()
                found += [_joined(db, body) for (body,) in rows]
        return found

    def count(self, which: Which) -> int:
        where, values = which.where()
        total = 0
        for path in self._paths:
            with self._open(path) as db:
                total += db.execute(f"SELECT count(*) FROM call WHERE {where}", values).fetchone()[0]
        return total

    def has(self, span_id: str, trace_id: str) -> bool:
        for path in self._paths:
            with self._open(path) as db:
                if db.execute(HAS_CALL, (span_id, trace_id)).fetchone():
                    return True
        return False

    def places(self, which: Which) -> list[tuple[Path, int]]:
        """Where the calls are, oldest first."""
        where, values = which.where()
        found: list[tuple[int, Path, int]] = []
        for path in self._paths:
            with self._open(path) as db:
                rows = db.execute(f"SELECT start_ns, seq FROM call WHERE {where}", values)
                found += [(start_ns, path, seq) for start_ns, seq in rows]
        return [(path, seq) for _, path, seq in sorted(found)]

    def at(self, places: Sequence[tuple[Path, int]]) -> Iterator[tuple[CallRecord | None, int, str]]:
        """The records of these places, each with its size in bytes, and why it cannot be read where it cannot."""
        with ExitStack() as stack:
            open_now = {path: stack.enter_context(self._open(path)) for path in {path for path, _ in places}}
            for path, seq in places:
                db = open_now[path]
                row = db.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
                if row is None:
                    yield None, 0, "it was cut by retention"
                    continue
                try:
                    yield _joined(db, row[0]), len(row[0]), ""
                except ValueError as error:
                    yield None, len(row[0]), f"the journal's record cannot be read ({error})"

    def costs(self, by: Sequence[str], which: Which) -> dict[tuple[str, ...], Sums]:
        """Sums by what GROUPS names. Where the hourly sums know it all, they are read (whole hours then)."""
        columns = [GROUPS[one] for one in by]
        hourly = which.status is None and all(one in KEYS or one in _TIMES for one in (*columns, *which.equal))
        sums: dict[tuple[str, ...], Sums] = {}
        for path in self._paths:
            with self._open(path) as db:
                _add(sums, _hourly_rows(db, columns, which) if hourly else _call_rows(db, columns, which), len(columns))
        return sums

    def times(self, by: str, which: Which) -> dict[str, tuple[list[float], list[float]]]:
        """Seconds to the first token (or the first chunk, where no token was seen) and in total, by group. Only of
        calls that went well: what failed says nothing about a model's pace."""
        where, values = which.where()
        column = _shown(GROUPS[by], "start_ns")
        found: dict[str, tuple[list[float], list[float]]] = {}
        sql = f"SELECT {column}, ifnull(first_token_s, first_chunk_s), total_s FROM call WHERE {where}"
        for path in self._paths:
            with self._open(path) as db:
                for group, first_s, total_s in db.execute(f"{sql} AND error_type IS NULL AND NOT partial", values):
                    firsts, totals = found.setdefault(group or "", ([], []))
                    totals.append(total_s)
                    if first_s is not None:
                        firsts.append(first_s)
        return found


def _joined(db: sqlite3.Connection, body: str) -> CallRecord:
    def piece(sha256: str) -> str | None:
        row = db.execute("SELECT body FROM content WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else str(row[0])

    return join(body, piece)


def _shown(column: str, time_column: str) -> str:
    """A column, or the beginning of the period in UTC."""
    if column not in _TIMES:
        return f"ifnull({column}, '')"
    form = "%Y-%m-%d" if column == "day" else "%Y-%m-%d %H:00"
    return f"strftime('{form}', {time_column} / 1000000000, 'unixepoch')"


def _hourly_rows(db: sqlite3.Connection, columns: Sequence[str], which: Which) -> Iterable[sqlite3.Row]:
    whole = Which(which.since_ns // HOUR_NS * HOUR_NS, which.until_ns, which.equal)
    where, values = whole.where("hour_ns")
    shown = ", ".join(_shown(one, "hour_ns") for one in columns)
    return db.execute(
        f"SELECT {shown}, calls, errors, priced, {', '.join(TOKENS)}, cost_usd FROM hourly WHERE {where}", values
    )


def _call_rows(db: sqlite3.Connection, columns: Sequence[str], which: Which) -> Iterable[sqlite3.Row]:
    where, values = which.where()
    shown = ", ".join(_shown(one, "start_ns") for one in columns)
    tokens = ", ".join(f"ifnull({one}, 0)" for one in TOKENS)
    return db.execute(
        f"""SELECT {shown}, 1, error_type IS NOT NULL, cost_usd IS NOT NULL, {tokens}, ifnull(cost_usd, '0')
        FROM call WHERE {where}""",
        values,
    )


def _add(sums: dict[tuple[str, ...], Sums], rows: Iterable[sqlite3.Row], width: int) -> None:
    for row in rows:
        values = tuple(row)
        one = sums.setdefault(values[:width], Sums())
        calls, errors, priced, tokens_in, tokens_out, read, written, reasoning, cost = values[width:]
        one.calls += calls
        one.errors += errors
        one.priced += priced
        one.input_tokens += tokens_in
        one.output_tokens += tokens_out
        one.cache_read_tokens += read
        one.cache_write_tokens += written
        one.reasoning_tokens += reasoning
        if cost != "0":
            one.cost_usd = EXACT.add(one.cost_usd, Decimal(cost))


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile: a time that was really measured. None of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
