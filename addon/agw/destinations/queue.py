"""What waits to be sent: bounded by count and by bytes."""

from __future__ import annotations

import queue

from agw.content.size import bounded
from agw.record import CallRecord


class RecordQueue:
    """One thread puts (the loop), one takes. Nobody waits for a lock that the other may hold.

    A full queue refuses the newest: that takes no time on the loop, and what is kept is whole up to a point in time
    instead of torn. Each counter has one writer, so none needs a lock.
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._records: queue.SimpleQueue[tuple[CallRecord, int] | None] = queue.SimpleQueue()
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._bytes_in = 0
        self._bytes_out = 0
        self.accepted = 0
        self.refused = 0
        self._taken = 0

    def put(self, record: CallRecord) -> None:
        """Never blocks, never raises. Its time depends on the content's structure, not on its length."""
        try:
            accepted = self._accept(record)
        except Exception:
            # Traffic must not suffer from a record.
            accepted = False
        if not accepted:
            self.refused += 1

    def _accept(self, record: CallRecord) -> bool:
        if self.accepted - self._taken >= self._max_count:
            return False
        record, size = bounded(record)
        if self._bytes_in - self._bytes_out + size > self._max_bytes:
            return False
        self._bytes_in += size
        self.accepted += 1
        self._records.put((record, size))
        return True

    def end(self) -> None:
        """Lets ``take`` return None once all that is here was taken."""
        self._records.put(None)

    def take(self, *, wait: bool) -> CallRecord | None:
        """The oldest record; None at the end. Raises ``queue.Empty`` when ``wait`` is false and none is there."""
        item = self._records.get(block=wait)
        if item is None:
            # So that whoever asks again gets the same answer.
            self._records.put(None)
            return None
        record, size = item
        self._taken += 1
        self._bytes_out += size
        return record
