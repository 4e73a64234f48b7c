"""The thread between the event loop and all that is slow.

::

    loop ──begin(), put()──► Inbox ──► finishers ──► journal ──► told (the readable line)
                             full: refused, counted, told

The loop's share is one O(1) step for each; the rest happens here, a group at a time. A redaction that fails must not
let through what it should have taken away: that one must take content out itself before it gives up.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from agw.destinations.trouble import Trouble
from agw.errors import place_of, strict
from agw.record import Call, CallRecord
from agw.record.transient import Transient
from agw.recorder.finish import Finisher, finish
from agw.recorder.inbox import Begun, Finished, Inbox, Item

GROUP = 256
"""Calls that are written in one go."""
LINGER_S = 0.05
"""How long a finished call waits for company: to commit costs as much as to write twenty calls."""
BEHIND = 1024
BREATH_S = 0.0002
"""What a loop that is never idle leaves to this thread when so many calls wait: else it keeps the interpreter, and they
grow to where calls are refused."""
IDLE_S = 0.5


class Sink(Protocol):
    def append(self, begun: Sequence[Call], records: Sequence[CallRecord]) -> None:
        """Takes a group: the calls that began, and the records of those that ended, each in its order."""

    def idle(self) -> None:
        """Called now and then, also while groups come: the time for what can wait."""


class Recorder:
    """Lives as long as the gateway, whatever configs come and go. ``count`` gets the finished records by
    groups, ``tell`` each of them in its order, ``on_trouble`` a sentence for people: all from the recorder's thread."""

    def __init__(
        self,
        sink: Sink,
        *,
        tell: Callable[[CallRecord], None],
        count: Callable[[Sequence[CallRecord]], None] = lambda records: None,
        on_trouble: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sink = sink
        self._tell, self._count = tell, count
        self._inbox = Inbox()
        self._clock = clock
        self._refusals = Trouble(on_trouble, clock)
        self._failures = Trouble(on_trouble, clock)
        self._closing = threading.Event()
        self._refused_before = 0
        self._thread = threading.Thread(target=self._run, name="agw-recorder", daemon=True)
        self._thread.start()

    def begin(self, call: Call) -> None:
        """A call was forwarded. From the event loop: never blocks, never raises."""
        self._inbox.put(Begun(call))

    def put(self, record: CallRecord, transient: Transient, finishers: tuple[Finisher, ...] = ()) -> None:
        """A call has ended. From the event loop: never raises, and takes a breath only where the recorder is behind."""
        self._inbox.put(Finished(record, transient, finishers, transient.size_bytes))
        if len(self._inbox) > BEHIND:
            time.sleep(BREATH_S)

    @property
    def refused(self) -> int:
        """Calls that found the inbox full and are lost."""
        return self._inbox.refused

    def close(self, deadline_s: float) -> None:
        """Finishes what is here, for ``deadline_s`` seconds at most. Blocks. A second call does nothing."""
        self._closing.set()
        self._inbox.wake()
        self._thread.join(deadline_s)

    # --- all below runs in the thread

    def _run(self) -> None:
        idle_at = self._clock() + IDLE_S
        while True:
            closing = self._closing.is_set()
            group = self._inbox.take(GROUP, 0 if closing else IDLE_S, 0 if closing else LINGER_S)
            if group:
                self._handle(group)
            elif closing:
                return
            self._tell_refusals()
            if not closing and self._clock() >= idle_at:
                idle_at = self._clock() + IDLE_S
                self._guarded(self._sink.idle)

    def _handle(self, group: list[Item]) -> None:
        begun = [item.call for item in group if isinstance(item, Begun)]
        records = [
            finish(item.record, item.transient, item.finishers, self._failed)
            for item in group
            if isinstance(item, Finished)
        ]
        self._guarded(partial(self._sink.append, begun, records))
        self._guarded(partial(self._count, records))
        for record in records:
            self._guarded(partial(self._tell, record))

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Only the kind of the error and its place are told: its text may hold what the call said."""
        if strict():
            traceback.print_exception(error)
        self._failures.failed(f"internal error while recording a call ({place_of(error)}); traffic goes on")

    def _tell_refusals(self) -> None:
        if self._inbox.refused > self._refused_before:
            self._refused_before = self._inbox.refused
            self._refusals.failed(
                f"{self._inbox.refused} calls were not recorded so far: more came than can be written"
            )
