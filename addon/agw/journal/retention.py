"""Cuts the oldest calls, by age and by size, a small step at a time.

A step is one short transaction in the recorder's thread, so it never holds up a call and hardly an append. What is cut
is told to the chain first: a signed checkpoint says up to where, and ``agw verify`` begins there. The sums by the hour
stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from agw.journal.schema import CONTENT_SLACK
from agw.journal.store import Store

STEP_ROWS = 500
_STEP_PAGES = 256
_DAY_NS = 86_400_000_000_000
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Keep:
    """How long calls are kept; 0 means for ever, or without a limit."""

    days: int = 90
    megabytes: int = 10_240
    """Of the file, with its content. The newest call stays whatever its size."""


@dataclass(frozen=True, slots=True)
class Cut:
    """``unsent`` are those that a destination had not got yet, by its name; ``more`` asks for another step."""

    calls: int = 0
    unsent: tuple[tuple[str, int], ...] = ()
    more: bool = False


def step(store: Store, keep: Keep, now_ns: int, destinations: Iterable[str] = ()) -> Cut:
    """One step. Raises sqlite3.Error."""
    if store.path is None:
        return Cut()
    with store.transaction() as db:
        too_large = keep.megabytes > 0 and _used_bytes(db) > keep.megabytes * _BLOCK
        oldest = db.execute("SELECT seq, end_ns, hash FROM call ORDER BY seq LIMIT ?", (STEP_ROWS,)).fetchall()
        limit_ns = now_ns - keep.days * _DAY_NS if keep.days > 0 else 0
        doomed = oldest if too_large else _until(oldest, limit_ns)
        if doomed and doomed[-1][0] == store.newest():
            # The chain goes on from the last row, so that one stays.
            doomed = doomed[:-1]
        if not doomed:
            freed = _shrink(db)
            return Cut(more=freed)
        through, _, sha256 = doomed[-1]
        unsent = tuple((name, through - at) for name in destinations if (at := store.position(name)) < through)
        store.sign(db, "pruned", through, sha256)
        _delete(db, through)
    for name, _ in unsent:
        store.acknowledge(name, through)
    return Cut(len(doomed), unsent, more=True)


def _until(oldest: list[tuple[int, int, str]], limit_ns: int) -> list[tuple[int, int, str]]:
    """The unbroken run of too old ones at the beginning; imported calls bring times of their own."""
    for index, (_, end_ns, _) in enumerate(oldest):
        if end_ns >= limit_ns:
            return oldest[:index]
    return oldest


def _delete(db: sqlite3.Connection, through: int) -> None:
    for table in ("call", "record", "apart"):
        db.execute(f"DELETE FROM {table} WHERE seq <= ?", (through,))
    db.execute("DELETE FROM content WHERE last_seq + ? < ?", (CONTENT_SLACK, through))
    db.execute(
        "DELETE FROM checkpoint WHERE number < (SELECT min(number) FROM checkpoint WHERE kind = 'head' AND seq > ?)",
        (through,),
    )
    _shrink(db)


def _shrink(db: sqlite3.Connection) -> bool:
    """Gives some free pages back to the system; whether there were any."""
    free = int(db.execute("PRAGMA freelist_count").fetchone()[0])
    if free > _STEP_PAGES:
        db.execute(f"PRAGMA incremental_vacuum({_STEP_PAGES})").fetchall()
    return free > _STEP_PAGES


def _used_bytes(db: sqlite3.Connection) -> int:
    pages = db.execute("PRAGMA page_count").fetchone()[0] - db.execute("PRAGMA freelist_count").fetchone()[0]
    return int(pages * db.execute("PRAGMA page_size").fetchone()[0])
