"""One config in service: its snapshot, its routes, its destination. A call keeps the one that it began with."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Mapping

from agw.config.snapshot import Snapshot
from agw.destinations import SpanDestination
from agw.record import CallRecord, SpanIds
from agw.routing import Router
from agw.telemetry import capture, sampling
from agw.telemetry.resource import resource_of

logger = logging.getLogger("agw")

DRAIN_S = 5.0
"""How long a destination may take to send what it holds when the gateway stops."""


class Served:
    """Counts the calls under way; a retired one closes its destination when the last of them has ended."""

    def __init__(self, snapshot: Snapshot, environ: Mapping[str, str], before: Served | None = None) -> None:
        self.snapshot = snapshot
        self.router = Router(snapshot)
        self.capture_content, warning = capture.capture_content(environ)
        if warning and before is None:
            logger.warning(warning)
        self.calls_under_way = 0
        self._random = random.Random(random.SystemRandom().getrandbits(128))
        self._retired = False
        self._destination: SpanDestination | None = None
        if before is not None and before.snapshot.tracing == snapshot.tracing:
            self._destination, before._destination = before._destination, None
            before._heir = self
        elif snapshot.tracing is not None:
            self._destination = SpanDestination(
                snapshot.tracing, resource_of(environ), environ=environ, on_trouble=logger.warning
            )
        self._heir: Served | None = None

    def random(self) -> float:
        return self._random.random()

    def span_ids(self, traceparent: str | None, tracestate: str | None) -> SpanIds:
        tracing = self.snapshot.tracing
        return sampling.start(traceparent, tracestate, None if tracing is None else tracing.sampling, self._random)

    def put(self, record: CallRecord) -> None:
        """Hands a finished call's record on; never blocks, never raises."""
        if self._heir is not None:
            self._heir.put(record)
        elif self._destination is not None and record.ids.sampled:
            self._destination.put(record)

    def call_ended(self) -> None:
        self.calls_under_way -= 1
        self._close_if_done()

    def retire(self) -> None:
        """Another config has taken over: no new calls will come."""
        self._retired = True
        self._close_if_done()

    def close(self) -> None:
        """Sends what is held, for DRAIN_S seconds at most. Blocks: call it off the loop or at the very end."""
        if self._destination is not None:
            self._destination.close(DRAIN_S)

    def _close_if_done(self) -> None:
        if self._retired and self.calls_under_way == 0 and self._destination is not None:
            threading.Thread(target=self.close, name="agw-drain", daemon=True).start()
