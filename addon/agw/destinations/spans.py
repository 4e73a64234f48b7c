"""One collector: a bounded queue, and one thread that encodes and sends.

::

    loop ──put()──► RecordQueue ──► take, encode (a few at a time) ──► send ──► OK         sent
                    full: refused                                     ▲   ├──► TOO_LARGE  two halves
                                                              backoff └───┼─── RETRY
                                                                          └──► REFUSED    dropped

The thread shares the interpreter with the event loop, so it encodes a few records and then lets go: a large batch
encoded in one piece would delay every call under way by as long as it takes.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agw.config.snapshot import Destination
from agw.destinations.outcome import Kind, Outcome, Transport
from agw.destinations.queue import RecordQueue
from agw.destinations.trouble import Trouble
from agw.record import CallRecord
from agw.telemetry.encoder import SpanEncoder
from agw.telemetry.otlp import export_request

MAX_QUEUE = 8192
MAX_QUEUE_BYTES = 64 * 1024 * 1024
BATCH_SPANS = 64
BATCH_BYTES = 1024 * 1024
"""A batch is closed by the span that reaches this."""
LINGER_S = 0.2
"""How long a span waits for company."""
_ENCODE_AT_ONCE, _PAUSE_S = 4, 0.0005
_FIRST_BACKOFF_S, _MAX_BACKOFF_S, _MAX_RETRY_AFTER_S = 0.5, 5.0, 300.0
_LAST_TRIES = 3
"""Failures in a row after which a destination that is closing gives up, though its deadline is not over."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Spans. ``queued`` counts those being sent too; ``sent + dropped + queued`` is all that were put."""

    sent: int
    dropped: int
    queued: int
    last_error: str


class SpanDestination:
    """Sends records to one collector from a daemon thread.

    ``on_trouble`` is called from that thread with a sentence for people: when sending fails twice in a row or spans
    are lost, then at most once a minute, and once when it works again. It names the endpoint, never a header.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        environ: Mapping[str, str],
        on_trouble: Callable[[str], None],
        max_queue: int = MAX_QUEUE,
        max_queue_bytes: int = MAX_QUEUE_BYTES,
        linger_s: float = LINGER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        path = destination.path.partition("?")[0] if destination.protocol == "http" else ""
        self._name = destination.endpoint + path
        self._encoder = SpanEncoder(destination, environ)
        self._open: Callable[[], Transport] = partial(_transport, destination, environ)
        self._transport: Transport | None = None
        self._queue = RecordQueue(max_queue, max_queue_bytes)
        self._linger_s = linger_s
        self._clock = clock
        self._trouble = Trouble(on_trouble, clock)
        self._sent = 0
        self._lost = 0
        self._last_error = ""
        self._failures = 0
        self._deadline: float | None = None
        self._hopeless = False
        self._abandoned = False
        self._closing = threading.Event()
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="agw-otlp", daemon=True)
        self._thread.start()

    def put(self, record: CallRecord) -> None:
        """From the event loop: never blocks, never raises. What does not fit is dropped and counted."""
        self._queue.put(record)

    def stats(self) -> Stats:
        left = self._queue.accepted - self._sent - self._lost
        dropped = self._lost + self._queue.refused
        if self._abandoned:
            return Stats(self._sent, dropped + left, 0, self._last_error)
        return Stats(self._sent, dropped, left, self._last_error)

    def flush(self, deadline_s: float) -> bool:
        """Waits until nothing is queued, at most ``deadline_s`` seconds; says whether that was reached. Blocks."""
        with self._progress:
            return self._progress.wait_for(lambda: self.stats().queued == 0, deadline_s)

    def close(self, deadline_s: float) -> None:
        """Sends what is queued for at most ``deadline_s`` seconds; the rest is dropped, counted and told. Blocks.

        A collector that fails three times in a row is not waited for any longer. A second call does nothing.
        """
        if self._closing.is_set():
            return
        self._deadline = self._clock() + deadline_s
        self._closing.set()
        self._queue.end()
        self._thread.join(deadline_s)
        left = self.stats().queued
        self._abandoned = True
        if self._transport is not None:
            self._transport.close()
        if left:
            self._trouble.say(f"{left} spans for {self._name} were not sent before the gateway stopped")

    # --- all below runs in the thread

    def _run(self) -> None:
        while (record := self._queue.take(wait=True)) is not None:
            self._closing.wait(self._linger_s)
            while not self._give_up():
                batch, ended = self._encode(record)
                self._deliver(batch)
                with self._progress:
                    self._progress.notify_all()
                if ended or (record := self._next()) is None:
                    break
            if self._give_up():
                return

    def _next(self) -> CallRecord | None:
        try:
            return self._queue.take(wait=False)
        except queue.Empty:
            return None

    def _encode(self, first: CallRecord) -> tuple[list[Span], bool]:
        """A batch that begins with ``first``, and whether the queue had no more for it."""
        spans: list[Span] = []
        size, record = 0, first
        while True:
            try:
                span = self._encoder.span(record)
                size += span.ByteSize()
                spans.append(span)
            except Exception as error:
                # One bad record costs no other.
                self._lose(1, f"{type(error).__name__} while encoding")
            if len(spans) >= BATCH_SPANS or size >= BATCH_BYTES:
                return spans, False
            if len(spans) % _ENCODE_AT_ONCE == 0 and not self._closing.is_set():
                time.sleep(_PAUSE_S)
            following = self._next()
            if following is None:
                return spans, True
            record = following

    def _deliver(self, spans: list[Span]) -> None:
        """Ends when every span was sent or lost, or when there is no more hope."""
        while spans and not self._give_up():
            outcome = self._send(spans)
            if outcome.kind is Kind.RETRY:
                self._wait(outcome)
                continue
            self._failures = 0
            if outcome.kind is Kind.OK:
                self._took(len(spans), outcome)
            elif outcome.kind is Kind.TOO_LARGE and len(spans) > 1:
                middle = len(spans) // 2
                self._deliver(spans[:middle])
                self._deliver(spans[middle:])
            else:
                self._lose(len(spans), outcome.detail)
            return

    def _send(self, spans: list[Span]) -> Outcome:
        left_s = float("inf") if self._deadline is None else self._deadline - self._clock()
        try:
            if self._transport is None:
                self._transport = self._open()
            return self._transport.send(export_request(spans, self._encoder.resource), at_most_s=left_s)
        except OSError as error:
            return Outcome(
                Kind.RETRY,
                f"a certificate or key file cannot be read: {error.strerror}; see OTEL_EXPORTER_OTLP_CERTIFICATE, "
                "_CLIENT_CERTIFICATE and _CLIENT_KEY",
            )
        except ValueError:
            return Outcome(Kind.REFUSED, "config.tracing.headers or the endpoint is not valid")
        except Exception as error:
            return Outcome(Kind.REFUSED, type(error).__name__)

    def _took(self, count: int, outcome: Outcome) -> None:
        rejected = min(outcome.rejected, count)
        self._sent += count - rejected
        if rejected:
            self._lose(rejected, f"the collector took only a part: {outcome.detail}")
        elif outcome.detail:
            self._trouble.failed(f"{self._name} took the spans and warns: {outcome.detail}")
        else:
            self._trouble.ended(f"spans reach {self._name} again{self._dropped_so_far()}")

    def _lose(self, count: int, why: str) -> None:
        self._lost += count
        self._last_error = why
        self._trouble.failed(f"{count} spans for {self._name} were dropped ({why}){self._dropped_so_far()}")

    def _wait(self, outcome: Outcome) -> None:
        """Backs off; the first failure in a row may be a hiccup and is not told."""
        self._failures += 1
        self._last_error = outcome.detail
        if self._failures > 1:
            self._trouble.failed(f"spans cannot be sent to {self._name} ({outcome.detail}){self._dropped_so_far()}")
        backoff_s = min(_FIRST_BACKOFF_S * 2 ** min(self._failures - 1, 8), _MAX_BACKOFF_S) * random.uniform(0.5, 1.0)
        if outcome.retry_after_s is not None:
            backoff_s = min(max(outcome.retry_after_s, backoff_s), _MAX_RETRY_AFTER_S)
        if not self._closing.is_set():
            # Closing ends the wait, and one more try follows: the collector may be back since the last one.
            self._closing.wait(backoff_s)
        elif self._abandoned or self._failures >= _LAST_TRIES:
            self._hopeless = True
        elif self._deadline is not None:
            time.sleep(max(0.0, min(backoff_s, self._deadline - self._clock())))

    def _give_up(self) -> bool:
        return self._hopeless or (self._deadline is not None and self._clock() >= self._deadline)

    def _dropped_so_far(self) -> str:
        dropped = self.stats().dropped
        return f"; {dropped} dropped so far" if dropped else ""


def _transport(destination: Destination, environ: Mapping[str, str]) -> Transport:
    # Imported when needed: the two libraries take a noticeable part of the start.
    if destination.protocol == "http":
        from agw.destinations.http import HttpTransport

        return HttpTransport(destination, environ)
    from agw.destinations.grpc import GrpcTransport

    return GrpcTransport(destination, environ)
