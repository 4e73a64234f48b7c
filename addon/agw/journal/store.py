"""One journal, in a file or in memory: appending, and the backlog that destinations read.

One thread writes calls; workers of destinations read, and say what they have done, which is written with the next
group. Every commit is whole: rows, record, content, sums, chain and cursors together.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from agw.destinations.base import Row
from agw.journal import chain, content, rollup
from agw.journal.fresh import Fresh
from agw.journal.opening import Lock, connect, is_damage, open_file
from agw.journal.rows import NAMES, model_of, values_of
from agw.journal.schema import CONTENT_SLACK, HAS_CALL
from agw.journal.signing import Signer
from agw.record import Call, CallError, CallRecord, codec
from agw.telemetry.text import clean

CHECKPOINT_ROWS = 1000
_INSERT_CALL = f"""
INSERT INTO call (seq, {", ".join(NAMES)}, hash) VALUES ({", ".join("?" * (len(NAMES) + 2))})
ON CONFLICT (span_id, trace_id) DO NOTHING
"""
_INSERT_CONTENT = """
INSERT INTO content VALUES (?, ?, ?)
ON CONFLICT (sha256) DO UPDATE SET last_seq = excluded.last_seq WHERE last_seq < excluded.last_seq - ?
"""
_READ = """
SELECT seq, body FROM record WHERE seq > ?
AND NOT EXISTS (SELECT 1 FROM apart WHERE destination = ? AND apart.seq = record.seq) ORDER BY seq LIMIT ?
"""
_Prepared = tuple[list[Any], CallRecord, str, dict[str, str]]
"""A record's columns, and what ``content.split`` makes of it."""
STOPPED = CallError("gateway_stopped", "the gateway stopped before the call had ended")


class Store:
    """``path`` None keeps it in memory. Raises what ``open_file`` does.

    It is a ``Backlog`` (destinations/base.py).
    """

    def __init__(
        self,
        path: Path | None,
        *,
        lock: Lock | None = None,
        signer: Signer | None = None,
        wall_ns: Callable[[], int] = time.time_ns,
        content_slack: int = CONTENT_SLACK,
    ) -> None:
        self.path = path
        self.trouble: sqlite3.Error | None = None
        """Damage that a reader met; the file should not be used any more."""
        self.unwritable = 0
        """Records that could not be put into words."""
        self._slack = content_slack
        self._closed = False
        self._lock = lock
        self._signer = signer
        self._wall_ns = wall_ns
        self._writing = threading.Lock()
        self._db = open_file(path)
        self._reading = self._writing if path is None else threading.Lock()
        self._read_db = self._db if path is None else connect(path)
        self._seq, self._hash = self._head()
        self._positions: dict[str, int] = dict(self._db.execute("SELECT destination, seq FROM cursor"))
        self._written = dict(self._positions)
        self._number = self._db.execute("SELECT ifnull(max(number), 0) FROM checkpoint").fetchone()[0]
        self._signed_seq = self._db.execute("SELECT ifnull(max(seq), 0) FROM checkpoint").fetchone()[0]
        self._under_way: set[tuple[str, str]] = set(self._db.execute("SELECT span_id, trace_id FROM under_way"))
        self._fresh = Fresh()

    # --- appending

    def append(self, begun: Sequence[Call], records: Sequence[CallRecord]) -> int:
        """How many of the records were new here. All or nothing; raises sqlite3.Error."""
        prepared = [ready for record in records if (ready := self._prepared(record)) is not None]
        ended = {(record.ids.span_id, record.ids.trace_id) for record in records}
        # Most calls that are short begin and end within one group.
        open_calls = [call for call in begun if (call.ids.span_id, call.ids.trace_id) not in ended]
        ended_rows = ended & self._under_way
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO under_way VALUES (?, ?, ?, ?, ?)", _beginnings(open_calls))
            db.executemany("DELETE FROM under_way WHERE span_id = ? AND trace_id = ?", ended_rows)
            prepared, sha256 = self._insert_calls(db, prepared)
            numbered = list(enumerate(prepared, self._seq + 1))
            seq = self._seq + len(numbered)
            for number, (_, _, _, pieces) in numbered:
                if pieces:
                    rows = [(key, text, number, self._slack) for key, text in pieces.items()]
                    db.executemany(_INSERT_CONTENT, rows)
            db.executemany("INSERT INTO record VALUES (?, ?)", [(number, body) for number, (_, _, body, _) in numbered])
            rollup.write(db, (record for _, record, _, _ in prepared))
            self._write_cursors(db)
            if seq - self._signed_seq >= CHECKPOINT_ROWS:
                self.sign(db, "head", seq, sha256)
        self._seq, self._hash = seq, sha256
        self._under_way -= ended_rows
        self._under_way.update((call.ids.span_id, call.ids.trace_id) for call in open_calls)
        self._fresh.add(
            Row(number, record, len(body) + sum(map(len, pieces.values())))
            for number, (_, record, body, pieces) in numbered
        )
        return len(numbered)

    def _insert_calls(self, db: sqlite3.Connection, prepared: list[_Prepared]) -> tuple[list[_Prepared], str]:
        """Those that were not here already, and the last one's hash."""
        rows = self._chained(prepared)
        if db.executemany(_INSERT_CALL, rows).rowcount < len(rows):
            # Seldom: what a crash or a spell in memory brings twice. Numbers and hashes leave no gap for those. Not by
            # a savepoint, for which SQLite would copy each page that changes after it.
            db.execute("DELETE FROM call WHERE seq > ?", (self._seq,))
            by_ids: dict[tuple[Any, ...], _Prepared] = {}
            for one in prepared:
                by_ids.setdefault(tuple(one[0][:2]), one)
            prepared = [one for ids, one in by_ids.items() if not db.execute(HAS_CALL, ids).fetchone()]
            rows = self._chained(prepared)
            db.executemany(_INSERT_CALL, rows)
        return prepared, rows[-1][-1] if rows else self._hash

    def _chained(self, prepared: list[_Prepared]) -> list[tuple[Any, ...]]:
        """Rows of ``call``."""
        sha256 = self._hash
        rows = []
        for seq, (values, _, body, _) in enumerate(prepared, self._seq + 1):
            sha256 = chain.row_hash(sha256, seq, values, body)
            rows.append((seq, *values, sha256))
        return rows

    def _prepared(self, record: CallRecord) -> _Prepared | None:
        """The record's columns, and what ``content.split`` makes of it; None for one that cannot be said at all."""
        try:
            return values_of(record), *content.split(record)
        except Exception:
            bare = replace(record, content=None, fields={}, extra={}, notes=(*record.notes, "record_shortened"))
        try:
            return values_of(bare), *content.split(bare)
        except Exception:
            # One bad record costs no other.
            self.unwritable += 1
            return None

    def close_under_way(self) -> int:
        """Gives the calls that a former run left under way their end; how many there were. Raises sqlite3.Error."""
        rows = self._db.execute("SELECT body FROM under_way ORDER BY start_ns").fetchall()
        records = []
        for (body,) in rows:
            try:
                records.append(codec.from_text(body))
            except ValueError:
                continue
        if rows:
            self.append((), records)
            with self.transaction() as db:
                db.execute("DELETE FROM under_way")
            self._under_way.clear()
        return len(records)

    def flush(self) -> None:
        """Writes how far the destinations are. Raises sqlite3.Error."""
        if self._positions != self._written:
            with self.transaction() as db:
                self._write_cursors(db)

    def checkpoint(self) -> None:
        """Signs the chain's end where it has grown. Raises sqlite3.Error."""
        if self._seq > self._signed_seq and self._signer is not None:
            with self.transaction() as db:
                self.sign(db, "head", self._seq, self._hash)

    def sign(self, db: sqlite3.Connection, kind: str, seq: int, sha256: str) -> None:
        """Adds a checkpoint, within a transaction."""
        if self._signer is None:
            return
        number, at_ns = self._number + 1, self._wall_ns()
        signature = self._signer.sign(chain.statement(number, kind, seq, sha256, at_ns))
        row = (number, kind, seq, sha256, at_ns, self._signer.key_id, signature)
        db.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self._number, self._signed_seq = number, max(seq, self._signed_seq)

    def _write_cursors(self, db: sqlite3.Connection) -> None:
        positions = dict(self._positions)
        moved = [(name, seq, self._wall_ns()) for name, seq in positions.items() if self._written.get(name) != seq]
        db.executemany("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)", moved)
        self._written = positions

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            number, signed, written = self._number, self._signed_seq, self._written
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._number, self._signed_seq, self._written = number, signed, written
                raise

    def _head(self) -> tuple[int, str]:
        row = self._db.execute("SELECT seq, hash FROM call ORDER BY seq DESC LIMIT 1").fetchone()
        if row is None:
            row = self._db.execute("SELECT seq, hash FROM checkpoint ORDER BY seq DESC LIMIT 1").fetchone()
        return (0, chain.START) if row is None else (row[0], row[1])

    # --- the backlog

    def serve(self, destination: str) -> None:
        """Makes sure that a destination has its place here: a new one begins at the end. Written with the next append,
        which is the first that it could miss."""
        self._fresh.serve(destination, self._positions.setdefault(destination, self._seq))

    def newest(self) -> int:
        return self._seq

    def position(self, destination: str) -> int:
        return self._positions.get(destination, self._seq)

    def acknowledge(self, destination: str, seq: int) -> None:
        # Never back: a worker that was replaced may still say what its last request had done.
        if seq > self._positions.get(destination, -1):
            self._positions[destination] = seq
            self._fresh.acknowledge(destination, seq)

    def park(self, destination: str, seq: int, reason: str | None) -> None:
        self._fresh.park(destination, seq)
        row = (destination, seq, None if reason is None else clean(reason, 500), self._wall_ns())
        if not self._closed:
            with self.transaction() as db:
                db.execute("INSERT OR REPLACE INTO apart VALUES (?, ?, ?, ?)", row)

    def read(self, destination: str, after: int, max_rows: int, max_bytes: int) -> list[Row]:
        rows = self._fresh.read(destination, after, max_rows, max_bytes)
        if rows:
            return rows
        size = 0
        seen: dict[str, str | None] = {}
        with self._reading:
            if self._closed:
                return rows
            try:
                found = self._read_db.execute(_READ, (after, destination, max_rows))
                for seq, body in found:
                    rows.append(self._row(seq, body, seen))
                    size += rows[-1].size_bytes
                    if size >= max_bytes:
                        break
                found.close()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self.trouble = error
        return rows

    def _row(self, seq: int, body: str, seen: dict[str, str | None]) -> Row:
        """``seen`` holds the pieces of the rows before: calls of one conversation share most of theirs."""
        size = len(body)

        def piece(sha256: str) -> str | None:
            nonlocal size
            if sha256 not in seen:
                found = self._read_db.execute("SELECT body FROM content WHERE sha256 = ?", (sha256,)).fetchone()
                seen[sha256] = found[0] if found else None
            text = seen[sha256]
            size += len(text or "")
            return text

        try:
            return Row(seq, content.join(body, piece), size)
        except ValueError as error:
            return Row(seq, None, size, f"the journal's record cannot be read ({error})")

    # --- its end

    def close(self) -> None:
        """Raises nothing: what could not be written is sent again with the same ids."""
        for step in (self.flush, self.checkpoint):
            with suppress(sqlite3.Error):
                step()
        self.abandon()

    def abandon(self) -> None:
        """Lets go of the file without a last word."""
        with self._reading:
            self._closed = True
            if self._read_db is not self._db:
                self._read_db.close()
        with self._writing:
            self._db.close()
        if self._lock is not None:
            self._lock.release()


def _beginnings(calls: Iterable[Call]) -> Iterator[tuple[str, str, int, str, str]]:
    """Rows of ``under_way``; a call that has ended meanwhile gives none."""
    for call in calls:
        record = call.so_far(STOPPED)
        if record is not None:
            ids, model = record.ids, clean(model_of(record) or "")
            yield ids.span_id, ids.trace_id, record.start_ns, model, codec.to_text(record)
