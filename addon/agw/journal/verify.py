"""Checks the audit chain and names the first row that is not as it was written. It repairs nothing.

What it can tell: a row changed, removed, inserted or moved, content changed, signed checkpoints that the rows do not
meet, rows cut off at the end behind a checkpoint. What it cannot: a tail cut off together with the checkpoints of that
time; against that stands ``noted``, an earlier run's result that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from agw.journal import chain
from agw.journal.content import KEY
from agw.journal.rows import NAMES
from agw.journal.signing import Checker

_ROWS = f"SELECT call.seq, hash, body, {', '.join(NAMES)} FROM call LEFT JOIN record USING (seq) ORDER BY call.seq"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wrong`` is a sentence for people, empty where all holds. ``seq`` and ``sha256`` are the chain's end as far as
    it was found good."""

    rows: int = 0
    seq: int = 0
    sha256: str = chain.START
    signed_seq: int = 0
    """The last row that a signature covers; later ones are not wrong, only not sealed yet."""
    wrong: str = ""
    first_wrong_seq: int | None = None
    content_missing: int = 0


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    number: int
    kind: str
    seq: int
    sha256: str


def verify(
    db: sqlite3.Connection,
    checker: Checker | None,
    noted: tuple[int, str] | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Verdict:
    """``checker`` None checks the hashes alone. ``noted`` is ``(seq, hash)`` of an earlier run."""
    try:
        checkpoints = list(_checkpoints(db, checker))
    except ValueError as error:
        return Verdict(wrong=str(error))
    pruned = max((one for one in checkpoints if one.kind == "pruned"), key=lambda one: one.seq, default=None)
    start = (0, chain.START) if pruned is None else (pruned.seq, pruned.sha256)
    expected = {one.seq: one.sha256 for one in checkpoints if one.seq > start[0]}
    if noted is not None and noted[0] > start[0] and expected.setdefault(noted[0], noted[1]) != noted[1]:
        return Verdict(wrong=f"the checkpoint of row {noted[0]} is not what was noted", first_wrong_seq=noted[0])
    verdict = Verdict(seq=start[0], sha256=start[1], signed_seq=max((one.seq for one in checkpoints), default=0))
    verdict = _rows(db, verdict, expected, progress)
    if not verdict.wrong and (last := max(expected, default=0)) > verdict.seq:
        gone = verdict.seq + 1
        wrong = f"row {gone} was removed: rows up to {last} were there when that was signed or noted"
        return replace(verdict, wrong=wrong, first_wrong_seq=gone)
    return verdict if verdict.wrong else _content(db, verdict)


def _rows(
    db: sqlite3.Connection, verdict: Verdict, expected: dict[int, str], progress: Callable[[int], None]
) -> Verdict:
    before, last, count = verdict.sha256, verdict.seq, 0
    for seq, sha256, body, *values in db.execute(_ROWS):
        if seq != last + 1:
            wrong = (
                f"row {last + 1} was removed"
                if seq > last
                else f"row {seq} was inserted: rows up to {last} were cut by retention"
            )
            return Verdict(count, last, before, verdict.signed_seq, wrong, last + 1 if seq > last else seq)
        found = "" if body is None else chain.row_hash(before, seq, values, body)
        if found != sha256:
            return Verdict(count, last, before, verdict.signed_seq, _what(db, seq, before), seq)
        if expected.get(seq, sha256) != sha256:
            wrong = f"row {seq} is not what was signed or noted: it or a row before it was written anew"
            return Verdict(count, last, before, verdict.signed_seq, wrong, seq)
        before, last, count = sha256, seq, count + 1
        if count % 10_000 == 0:
            progress(count)
    return Verdict(count, last, before, verdict.signed_seq)


def _what(db: sqlite3.Connection, seq: int, before: str) -> str:
    """Moved or inserted rows carry hashes that fit to another place; else the row itself was changed."""
    mine = db.execute("SELECT hash FROM call WHERE seq = ?", (seq,)).fetchone()[0]
    for other, sha256, body, *values in db.execute(f"{_ROWS} LIMIT 1000 OFFSET max(0, ? - 500)", (seq,)):
        if body is not None and other != seq and chain.row_hash(before, seq, values, body) == sha256:
            return f"row {seq} was moved or another one put in before it: what belongs there is now row {other}"
    if db.execute("SELECT 1 FROM record WHERE seq = ?", (seq,)).fetchone() is None:
        return f"row {seq} was changed: its record was removed"
    return f"row {seq} was changed (its hash is {mine[:12]}…)"


def _checkpoints(db: sqlite3.Connection, checker: Checker | None) -> Iterator[_Checkpoint]:
    """Raises ValueError for one that is not signed by the key, or missing among the others."""
    last: int | None = None
    for number, kind, seq, sha256, at_ns, key_id, signature in db.execute("SELECT * FROM checkpoint ORDER BY number"):
        if last is not None and number != last + 1:
            raise ValueError(f"checkpoint {last + 1} was removed")
        last = number
        if checker is not None:
            if key_id != checker.key_id:
                raise ValueError(f"checkpoint {number} was signed by another key ({key_id}, not {checker.key_id})")
            if not checker.holds(chain.statement(number, kind, seq, sha256, at_ns), signature):
                raise ValueError(f"checkpoint {number} (row {seq}) was changed: its signature does not hold")
        yield _Checkpoint(number, kind, seq, sha256)


def _content(db: sqlite3.Connection, verdict: Verdict) -> Verdict:
    """Every piece of content is what its hash says; one that rows refer to and that is gone is only counted."""
    for sha256, body in db.execute("SELECT sha256, body FROM content"):
        if hashlib.sha256(body.encode()).hexdigest() != sha256:
            found = db.execute("SELECT seq FROM record WHERE instr(body, ?) ORDER BY seq LIMIT 1", (sha256,)).fetchone()
            where = "" if found is None else f" (of row {found[0]})"
            wrong = f"content {sha256[:12]}…{where} was changed"
            return replace(verdict, wrong=wrong, first_wrong_seq=found[0] if found else None)
    missing = db.execute(
        f"""SELECT count(*) FROM record, json_tree(record.body, '$.content') AS piece
        WHERE piece.key = '{KEY}' AND piece.value NOT IN (SELECT sha256 FROM content)"""
    ).fetchone()[0]
    return replace(verdict, content_missing=missing)
