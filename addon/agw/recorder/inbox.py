"""What the loop has handed over and the recorder has not taken yet: bounded by count and by bytes."""

from __future__ import annotations

import queue
from dataclasses import field
from time import sleep

from agw.record import Call, CallRecord
from agw.record.transient import Transient
from agw.recorder.finish import Finisher
from agw.values import value

MAX_COUNT = 8192
MAX_BYTES = 256 * 1024 * 1024


@value
class Begun:
    """A call that was forwarded. Its ``Call`` goes on changing in the loop; what is read of it is set by now."""

    call: Call


@value
class Finished:
    record: CallRecord
    transient: Transient
    finishers: tuple[Finisher, ...] = ()
    size_bytes: int = field(default=0)


Item = Begun | Finished


class Inbox:
    """One thread puts (the loop), one takes. Nobody waits for a lock that the other may hold.

    A full one refuses the newest: that takes no time on the loop. Each counter has one writer, so none needs a lock.
    """

    def __init__(self, max_count: int = MAX_COUNT, max_bytes: int = MAX_BYTES) -> None:
        self._items: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._max_count, self._max_bytes = max_count, max_bytes
        self._bytes_in = self._bytes_out = 0
        self._put = self._taken = 0
        self.refused = 0

    def __len__(self) -> int:
        return self._put - self._taken

    def put(self, item: Item) -> bool:
        """Whether it was taken; never blocks."""
        size = item.size_bytes if type(item) is Finished else 0
        if self._put - self._taken >= self._max_count or self._bytes_in - self._bytes_out + size > self._max_bytes:
            # A beginning that found no room costs nothing but its row while the call is under way.
            self.refused += type(item) is Finished
            return False
        self._bytes_in += size
        self._put += 1
        self._items.put(item)
        return True

    def wake(self) -> None:
        """Ends a ``take`` that waits."""
        self._items.put(None)

    def take(self, at_most: int, wait_s: float, linger_s: float) -> list[Item]:
        """What is there, oldest first; waits ``wait_s`` seconds for the first, and ``linger_s`` for more where they are
        fewer than ``at_most``."""
        taken: list[Item] = []
        try:
            first = self._items.get(timeout=wait_s) if wait_s > 0 else self._items.get_nowait()
            if first is None:
                return taken
            taken.append(first)
            # Asleep, not waiting: each item that came would wake this thread, and take the interpreter from the loop.
            if len(self) < at_most:
                sleep(linger_s)
            while len(taken) < at_most:
                item = self._items.get_nowait()
                if item is None:
                    break
                taken.append(item)
        except queue.Empty:
            pass
        self._taken += len(taken)
        self._bytes_out += sum(item.size_bytes for item in taken if type(item) is Finished)
        return taken
