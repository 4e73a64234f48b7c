"""The newest rows of a journal, still in memory: a destination that keeps up need not read them back from the file.

They are what the file holds (``content.split`` says how a record is stored), so it makes no difference which of the
two a destination gets. Bounded; rows that all who read here have got are let go at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from agw.destinations.base import Row

MAX_ROWS = 512
MAX_BYTES = 4 * 1024 * 1024


class Fresh:
    """One thread adds, any may read. Rows come without gaps."""

    def __init__(self, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._rows: deque[Row] = deque()
        self._bytes = 0
        self._readers: dict[str, int] = {}
        self._apart: set[tuple[str, int]] = set()
        self._lock = threading.Lock()

    def serve(self, reader: str, position: int) -> None:
        """Nothing is kept before somebody is going to read it."""
        with self._lock:
            self._readers.setdefault(reader, position)

    def add(self, rows: Iterable[Row]) -> None:
        with self._lock:
            if not self._readers:
                return
            for row in rows:
                self._rows.append(row)
                self._bytes += row.size_bytes
            while self._rows and (len(self._rows) > self._max_rows or self._bytes > self._max_bytes):
                self._drop_oldest()

    def read(self, reader: str, after: int, max_rows: int, max_bytes: int) -> list[Row]:
        """As ``Backlog.read``; nothing where the first row behind ``after`` is not here."""
        rows: list[Row] = []
        size = 0
        with self._lock:
            if not self._rows or self._rows[0].seq > after + 1:
                return rows
            for row in self._rows:
                if row.seq <= after or (reader, row.seq) in self._apart:
                    continue
                rows.append(row)
                size += row.size_bytes
                if len(rows) >= max_rows or size >= max_bytes:
                    break
        return rows

    def park(self, reader: str, seq: int) -> None:
        with self._lock:
            if self._rows and seq >= self._rows[0].seq:
                self._apart.add((reader, seq))

    def acknowledge(self, reader: str, seq: int) -> None:
        with self._lock:
            self._readers[reader] = seq
            self._drop_through(min(self._readers.values()))

    def drop_through(self, seq: int) -> None:
        """These rows are gone from the journal."""
        with self._lock:
            self._drop_through(seq)

    def _drop_through(self, seq: int) -> None:
        while self._rows and self._rows[0].seq <= seq:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        row = self._rows.popleft()
        self._bytes -= row.size_bytes
        if self._apart:
            self._apart = {one for one in self._apart if one[1] > row.seq}
