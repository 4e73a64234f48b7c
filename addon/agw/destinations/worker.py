"""One thread for one destination: it reads the backlog, encodes and sends, oldest first.

::

    backlog ──read──► encode (a few at a time) ──► send ──► OK         acknowledged
        ▲                                           ▲   ├──► TOO_LARGE  two halves, down to the one that is parked
        │                                   backoff └───┼─── RETRY      forever
        │                                               ├─── FAULT      forever, and now and then each one alone
        └───────────────── cursor ◄─────────────────────└──► REFUSED    two halves, down to the one that is parked

A receiver that fails is asked again after a pause that doubles up to MAX_BACKOFF_S, with one batch at a time: that is
the breaker, since nothing else of this destination is tried meanwhile. Nothing is given up while the gateway runs;
what is left at a stop waits in the journal for the next start.

The thread shares the interpreter with the event loop, so it encodes a few records and then lets go: a large batch
encoded in one piece would delay every call under way by as long as it takes.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from agw.destinations.base import Backlog, Channel, DeliveryStats, Encoded, Receiver, Row
from agw.destinations.outcome import Kind, Outcome
from agw.destinations.trouble import Trouble
from agw.values import value

LINGER_S = 0.2
"""How long a record waits for company."""
POLL_S = 1.0
_ROWS_AT_ONCE, _BYTES_AT_ONCE = 128, 4 * 1024 * 1024
_ENCODE_AT_ONCE, _PAUSE_S = 12, 0.0005
FIRST_BACKOFF_S, MAX_BACKOFF_S, MAX_RETRY_AFTER_S = 0.5, 30.0, 300.0
FAULT_TRIES = 8
"""Failures in a row after which a receiver that fails with HTTP 500 gets each record alone: it may be one of them."""
_FAULTS_ALONE = 16
_LAST_TRIES = 3
"""Failures in a row after which a destination that is closing gives up, though its deadline is not over."""


@value
class _Item:
    seq: int
    end_ns: int
    encoded: Encoded


class Worker:
    """``backlogs`` gives the backlogs to empty, in their order; it is asked anew each time. ``wake`` is to be called
    when one of them has grown.

    ``on_trouble`` gets a sentence for people: when sending fails twice in a row or a record is parked, then at most
    once a minute, and once when it works again. It names the place, never a header.
    """

    def __init__(
        self,
        receiver: Receiver,
        backlogs: Callable[[], Sequence[Backlog]],
        *,
        environ: Mapping[str, str],
        on_trouble: Callable[[str], None],
        linger_s: float = LINGER_S,
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self.receiver = receiver
        self._backlogs = backlogs
        self._environ = environ
        self._linger_s = linger_s
        self._clock, self._wall_ns, self._wait_for = clock, wall_ns, wait
        self._trouble = Trouble(on_trouble, clock)
        self._channel: Channel | None = None
        self._sent = self._parked = self._dropped = 0
        self._failures = 0
        self._last_error = ""
        self._oldest_ns: int | None = None
        self._deadline: float | None = None
        self._hopeless = False
        self._closing = threading.Event()
        self._stirred = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"agw-to-{receiver.name}"[:60], daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._stirred.set()

    def stats(self) -> DeliveryStats:
        name = self.receiver.name
        queued = sum(self._waiting())
        oldest_ns = self._oldest_ns if queued else None
        lag_s = None if oldest_ns is None else max(0.0, (self._wall_ns() - oldest_ns) / 1e9)
        return DeliveryStats(
            name,
            self.receiver.place,
            self._sent,
            queued,
            self._parked,
            self._dropped,
            lag_s,
            self._failures,
            self._last_error,
        )

    def _waiting(self) -> list[int]:
        """Rows in each of the backlogs."""
        name = self.receiver.name
        return [max(0, one.newest() - one.position(name)) for one in self._backlogs()]

    def flush(self, deadline_s: float) -> bool:
        """Waits until nothing waits, at most ``deadline_s`` seconds; says whether that was reached. Blocks."""
        until = time.monotonic() + deadline_s
        while self.stats().queued:
            if time.monotonic() >= until or not self._thread.is_alive():
                return False
            self.wake()
            time.sleep(0.01)
        return True

    def close(self, deadline_s: float) -> None:
        """Sends what waits for at most ``deadline_s`` seconds. Blocks. A second call does nothing.

        A receiver that fails three times in a row is not waited for any longer.
        """
        if self._closing.is_set():
            return
        self._deadline = self._clock() + deadline_s
        self._closing.set()
        self._stirred.set()
        self._thread.join(deadline_s)
        if self._channel is not None:
            self._channel.close()
        if left := self.stats().queued:
            self._trouble.say(
                f"{left} records for {self.receiver.place} were not sent before the gateway stopped; those in a "
                "journal are sent after the next start"
            )

    # --- all below runs in the thread

    def _run(self) -> None:
        while not self._give_up():
            try:
                if not self._round() and self._idle():
                    return
            except Exception as error:
                # A backlog that cannot be read is its owner's matter; here it is only not to spin on it.
                self._last_error = type(error).__name__
                self._trouble.failed(f"records for {self.receiver.place} cannot be read ({type(error).__name__})")
                self._closing.wait(POLL_S)

    def _idle(self) -> bool:
        """Waits for more; True at the end."""
        if self._closing.is_set():
            return True
        if self._stirred.wait(POLL_S):
            until = time.monotonic() + self._linger_s
            while not self._closing.is_set() and not self._is_enough() and (left_s := until - time.monotonic()) > 0:
                self._stirred.clear()
                self._stirred.wait(left_s)
            self._stirred.clear()
        return False

    def _is_enough(self) -> bool:
        """Whether as many wait as are read at once: there is no company to wait for."""
        return any(rows >= _ROWS_AT_ONCE for rows in self._waiting())

    def _round(self) -> bool:
        """Sends what waits in the first backlog that has something; False where none has."""
        name = self.receiver.name
        for backlog in self._backlogs():
            # The end before the rows: what is appended in between is not passed over.
            position, newest = backlog.position(name), backlog.newest()
            rows = backlog.read(name, position, _ROWS_AT_ONCE, _BYTES_AT_ONCE)
            if rows:
                self._send_rows(backlog, rows)
                return True
            if newest > position:
                backlog.acknowledge(name, newest)
        return False

    def _send_rows(self, backlog: Backlog, rows: list[Row]) -> None:
        batch: list[_Item] = []
        size = 0
        for number, row in enumerate(rows, 1):
            if (channel := self._opened()) is None:
                return
            item = self._encode(backlog, channel, row)
            if item is not None:
                batch.append(item)
                size += item.encoded.size_bytes
            # A receiver that fails on what may be one record needs others beside it to tell.
            enough = channel.max_items if self._failures < FAULT_TRIES else max(channel.max_items, _FAULTS_ALONE)
            if batch and (size >= channel.max_bytes or len(batch) >= enough):
                if not self._deliver(backlog, batch, row.seq):
                    return
                batch, size = [], 0
            elif number % _ENCODE_AT_ONCE == 0 and not self._closing.is_set():
                time.sleep(_PAUSE_S)
        self._deliver(backlog, batch, rows[-1].seq)

    def _encode(self, backlog: Backlog, channel: Channel, row: Row) -> _Item | None:
        record = row.record
        if record is None:
            self._park(backlog, row.seq, row.trouble)
            return None
        try:
            if not self.receiver.wants(record):
                return None
            return _Item(row.seq, record.end_ns, channel.encode(record))
        except Exception as error:
            self._park(backlog, row.seq, f"{type(error).__name__} while encoding")
            return None

    def _deliver(self, backlog: Backlog, batch: list[_Item], through: int) -> bool:
        """Ends when every item was sent or parked, up to the row ``through``; False when there is no more hope."""
        while batch and not self._give_up():
            self._oldest_ns = batch[0].end_ns
            outcome = self._send(batch)
            if outcome.kind in (Kind.RETRY, Kind.FAULT):
                self._back_off(outcome)
                if outcome.kind is Kind.FAULT and self._failures % FAULT_TRIES == 0:
                    left = self._each_alone(backlog, batch)
                    if left is batch:
                        # Read anew: a record that came meanwhile may show whether it is this one or all.
                        return False
                    batch = left
                continue
            self._failures = 0
            if outcome.kind is Kind.OK:
                self._took(len(batch), outcome)
            elif len(batch) > 1:
                middle = len(batch) // 2
                first = self._deliver(backlog, batch[:middle], batch[middle - 1].seq)
                return first and self._deliver(backlog, batch[middle:], through)
            else:
                self._park(backlog, batch[0].seq, outcome.detail)
            batch = []
        if batch:
            return False
        backlog.acknowledge(self.receiver.name, through)
        return True

    def _each_alone(self, backlog: Backlog, batch: list[_Item]) -> list[_Item]:
        """What is left of a batch when those that are taken alone were sent, and those that fail beside them parked.
        The batch itself where none was taken: then it is the receiver's trouble."""
        left: list[_Item] = []
        faults: list[tuple[_Item, str]] = []
        taken = 0
        for item in batch:
            outcome = self._send([item])
            if outcome.kind is Kind.OK:
                taken += 1
                self._took(1, outcome)
            elif outcome.kind is Kind.RETRY:
                left.append(item)
            else:
                faults.append((item, outcome.detail))
            if not taken and len(faults) >= _FAULTS_ALONE:
                return batch
        if not taken:
            return batch
        self._failures = 0
        for item, why in faults:
            self._park(backlog, item.seq, why)
        return left

    def _opened(self) -> Channel | None:
        """The channel, once it could be opened; None when there is no more hope."""
        while self._channel is None and not self._give_up():
            try:
                self._channel = self.receiver.open(self._environ)
            except OSError as error:
                self._back_off(Outcome(Kind.RETRY, error.strerror or type(error).__name__))
            except Exception as error:
                # The text of a library's error may show what it was given.
                detail = str(error) if type(error) is ValueError else type(error).__name__
                self._back_off(Outcome(Kind.RETRY, detail))
        return self._channel

    def _send(self, batch: list[_Item]) -> Outcome:
        left_s = float("inf") if self._deadline is None else self._deadline - self._clock()
        assert self._channel is not None
        try:
            return self._channel.send([one.encoded.item for one in batch], at_most_s=left_s)
        except Exception as error:
            return Outcome(Kind.RETRY, type(error).__name__)

    def _took(self, count: int, outcome: Outcome) -> None:
        rejected = min(outcome.rejected, count)
        self._sent += count - rejected
        place = self.receiver.place
        if rejected:
            self._dropped += rejected
            self._last_error = outcome.detail
            self._trouble.failed(
                f"{place} took only a part, {rejected} records are lost there ({outcome.detail}){self._so_far()}"
            )
        elif outcome.detail:
            self._trouble.failed(f"{place} took the records and warns: {outcome.detail}")
        else:
            self._trouble.ended(f"records reach {place} again{self._so_far()}")

    def _park(self, backlog: Backlog, seq: int, why: str) -> None:
        self._parked += 1
        self._last_error = why
        backlog.park(self.receiver.name, seq, why)
        self._trouble.failed(f"a record for {self.receiver.place} was set aside ({why}){self._so_far()}")

    def _back_off(self, outcome: Outcome) -> None:
        """The first failure in a row may be a hiccup and is not told."""
        self._failures += 1
        self._last_error = outcome.detail
        if self._failures > 1:
            self._trouble.failed(
                f"records cannot be sent to {self.receiver.place} ({outcome.detail}); they wait{self._so_far()}"
            )
        backoff_s = min(FIRST_BACKOFF_S * 2 ** min(self._failures - 1, 16), MAX_BACKOFF_S) * random.uniform(0.5, 1.0)
        if outcome.retry_after_s is not None:
            backoff_s = min(max(outcome.retry_after_s, backoff_s), MAX_RETRY_AFTER_S)
        if not self._closing.is_set():
            # Closing ends the wait, and one more try follows: the receiver may be back since the last one.
            self._wait_for(self._closing, backoff_s)
        elif self._failures >= _LAST_TRIES:
            self._hopeless = True
        elif self._deadline is not None:
            time.sleep(max(0.0, min(backoff_s, self._deadline - self._clock())))

    def _give_up(self) -> bool:
        return self._hopeless or (self._deadline is not None and self._clock() >= self._deadline)

    def _so_far(self) -> str:
        told = [f"{self._parked} set aside" * bool(self._parked), f"{self._dropped} lost" * bool(self._dropped)]
        return "".join(f"; {one} so far" for one in told if one)
