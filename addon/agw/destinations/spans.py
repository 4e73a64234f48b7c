"""One collector: a bounded queue, and one thread that encodes and sends.

The loop only appends to the queue. Encoding holds the interpreter, so batches are small: a large one would delay every
call under way by as long as it takes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agw.config.snapshot import Tracing
from agw.destinations.grpc import GrpcTransport
from agw.destinations.http import HttpTransport
from agw.destinations.outcome import Kind, Outcome, Transport
from agw.record import CallRecord
from agw.telemetry.otlp import export_request, span_of

BATCH_SPANS = 64
LINGER_S = 0.2
"""How long a span waits for company."""
MAX_QUEUED = 20_000
MAX_QUEUED_CONTENT = 2_000
"""Records with content are much larger; fewer of them may wait."""
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.5, 30.0
COMPLAIN_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Stats:
    sent: int
    dropped: int
    queued: int
    last_error: str


class SpanDestination:
    """``on_trouble`` is told in words for people, at most once a minute, from the sending thread."""

    def __init__(
        self,
        tracing: Tracing,
        resource: Resource,
        *,
        environ: Mapping[str, str],
        on_trouble: Callable[[str], None],
        max_queued: int = MAX_QUEUED,
    ) -> None:
        self._name = tracing.endpoint + (tracing.path if tracing.protocol == "http" else "")
        self._resource = resource
        self._on_trouble = on_trouble
        self._max_queued = max_queued
        self._transport: Transport = (
            HttpTransport(tracing, environ) if tracing.protocol == "http" else GrpcTransport(tracing, environ)
        )
        self._queue: deque[CallRecord] = deque()
        self._with_content = 0
        self._sent = 0
        self._dropped = 0
        self._last_error = ""
        self._told_at: float | None = None
        self._in_trouble = False
        self._closing_at: float | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agw-otlp", daemon=True)
        self._thread.start()

    def put(self, record: CallRecord) -> None:
        """From the loop: never blocks, never raises. A full queue loses the oldest, counted."""
        has_content = record.content is not None
        limit = MAX_QUEUED_CONTENT if has_content else self._max_queued
        if len(self._queue) >= self._max_queued or (has_content and self._with_content >= limit):
            self._drop_oldest()
        self._with_content += has_content
        self._queue.append(record)
        if len(self._queue) >= BATCH_SPANS:
            self._wake.set()

    def stats(self) -> Stats:
        return Stats(self._sent, self._dropped, len(self._queue), self._last_error)

    def close(self, deadline_s: float) -> None:
        """Sends what is queued, for at most ``deadline_s`` seconds; the rest is dropped, counted and told."""
        self._closing_at = time.monotonic() + deadline_s
        self._stop.set()
        self._wake.set()
        self._thread.join(deadline_s + 0.5)
        left = len(self._queue)
        if left:
            self._dropped += left
            self._queue.clear()
            self._on_trouble(f"{left} spans for {self._name} were not sent before the gateway stopped")
        self._transport.close()

    def _drop_oldest(self) -> None:
        try:
            oldest = self._queue.popleft()
        except IndexError:
            return
        self._with_content -= oldest.content is not None
        self._dropped += 1

    def _run(self) -> None:
        while True:
            self._wake.wait(LINGER_S)
            self._wake.clear()
            while self._queue:
                batch = self._take()
                try:
                    self._deliver([span_of(record) for record in batch])
                except Exception as error:
                    # One bad record must not end the thread that all others need.
                    self._lose(len(batch), f"{type(error).__name__} while encoding or sending")
                if self._closing_at is not None and time.monotonic() > self._closing_at:
                    return
            if self._stop.is_set():
                return

    def _take(self) -> list[CallRecord]:
        batch: list[CallRecord] = []
        while self._queue and len(batch) < BATCH_SPANS:
            record = self._queue.popleft()
            self._with_content -= record.content is not None
            batch.append(record)
        return batch

    def _deliver(self, spans: list[Span]) -> None:
        backoff_s = FIRST_BACKOFF_S
        while True:
            outcome = self._transport.send(export_request(spans, self._resource))
            if outcome.kind is Kind.OK:
                self._took(len(spans), outcome)
                return
            self._last_error = outcome.detail
            if outcome.kind is Kind.TOO_LARGE and len(spans) > 1:
                middle = len(spans) // 2
                self._deliver(spans[:middle])
                self._deliver(spans[middle:])
                return
            if outcome.kind is not Kind.RETRY:
                self._lose(len(spans), outcome.detail)
                return
            self._complain(f"spans cannot be sent to {self._name} ({outcome.detail}); is a collector listening there?")
            wait_s = (
                outcome.retry_after_s if outcome.retry_after_s is not None else backoff_s * random.uniform(0.8, 1.2)
            )
            if not self._may_wait(wait_s):
                self._lose(len(spans), "not sent before the gateway stopped")
                return
            backoff_s = min(backoff_s * 2, MAX_BACKOFF_S)

    def _may_wait(self, wait_s: float) -> bool:
        if self._closing_at is None:
            self._stop.wait(wait_s)
            return True
        left_s = self._closing_at - time.monotonic()
        if left_s <= 0:
            return False
        time.sleep(min(wait_s, left_s, 0.5))
        return True

    def _took(self, count: int, outcome: Outcome) -> None:
        self._sent += count - outcome.rejected
        if outcome.rejected:
            self._lose(outcome.rejected, outcome.detail)
        if self._in_trouble:
            self._in_trouble = False
            self._told_at = None
            self._on_trouble(f"spans reach {self._name} again")

    def _lose(self, count: int, why: str) -> None:
        self._dropped += count
        self._last_error = why
        self._complain(f"{count} spans for {self._name} were refused and dropped ({why}); {self._dropped} so far")

    def _complain(self, message: str) -> None:
        self._in_trouble = True
        now = time.monotonic()
        if self._told_at is None or now - self._told_at >= COMPLAIN_EVERY_S:
            self._told_at = now
            self._on_trouble(message)
