"""A journal in memory, for gateways without a disk and for the time in which theirs is full: bounded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from agw.journal.store import Store
from agw.record import CallRecord

MAX_ROWS = 8192
MAX_BYTES = 64 * 1024 * 1024
_AT_ONCE = 16


class MemoryStore(Store):
    """What all destinations have got goes first; when what they have not got fills it, the newest calls are refused,
    so that what is kept is whole up to a point in time instead of torn."""

    def __init__(
        self,
        *,
        max_rows: int = MAX_ROWS,
        max_bytes: int = MAX_BYTES,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(None, wall_ns=wall_ns, content_slack=0)
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._rows = 0
        self.destinations: tuple[str, ...] = ()
        self.refused = 0

    def append_bounded(self, records: Sequence[CallRecord]) -> int:
        """How many found no room."""
        left = list(records)
        while left:
            if self._full():
                self._make_room()
            if self._full():
                break
            # The bytes are looked at between groups, and a row may be large.
            most = min(_AT_ONCE, self._max_rows - self._rows)
            self._rows += self.append((), left[:most])
            del left[:most]
        self.refused += len(left)
        return len(left)

    def drop_through(self, seq: int) -> None:
        with self.transaction() as db:
            self._rows -= db.execute("DELETE FROM call WHERE seq <= ?", (seq,)).rowcount
            db.execute("DELETE FROM record WHERE seq <= ?", (seq,))
            db.execute("DELETE FROM apart WHERE seq <= ?", (seq,))
            db.execute("DELETE FROM content WHERE last_seq <= ?", (seq,))
            db.execute("DELETE FROM hourly")
        self._fresh.drop_through(seq)

    def _full(self) -> bool:
        return self._rows >= self._max_rows or self._bytes() >= self._max_bytes

    def _make_room(self) -> None:
        sent = min((self.position(name) for name in self.destinations), default=self.newest())
        oldest = self.newest() - self._rows + 1
        if sent >= oldest:
            # A part only: the last calls are still there for those who look at them.
            self.drop_through(min(sent, oldest + self._rows // 2))

    def _bytes(self) -> int:
        with self._writing:
            pages = self._db.execute("PRAGMA page_count").fetchone()[0]
            free = self._db.execute("PRAGMA freelist_count").fetchone()[0]
        return int((pages - free) * 4096)
