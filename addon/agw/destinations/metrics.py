"""Sends metrics to a collector, every so often, from a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from agw.config.snapshot import MetricsTo
from agw.destinations.otlp import transport_to
from agw.destinations.outcome import Kind, Signal, Transport
from agw.destinations.trouble import Trouble
from agw.record import CallRecord
from agw.telemetry.metrics_otlp import OtlpMetrics
from agw.telemetry.resource import resource_of

_LAST_S = 2.0
"""For the last request at a stop."""


class MetricsExporter:
    """What could not be sent is in the next request: the figures are cumulative. ``on_trouble`` gets a sentence when
    one was not taken, then once a minute at most, and when they are again."""

    def __init__(self, settings: MetricsTo, environ: Mapping[str, str], on_trouble: Callable[[str], None]) -> None:
        self.settings = settings
        self._environ = environ
        self._metrics = OtlpMetrics(time.time_ns())
        self._resource = resource_of(environ)
        self._trouble = Trouble(on_trouble, time.monotonic)
        self._transport: Transport | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agw-to-metrics", daemon=True)
        self._thread.start()

    def observe(self, record: CallRecord) -> None:
        """From the recorder's thread."""
        self._metrics.observe(record)

    def close(self) -> None:
        """Sends once more. Blocks for a few seconds at most."""
        self._closing.set()
        self._thread.join(_LAST_S + 1)
        if self._transport is not None:
            self._transport.close()

    def _run(self) -> None:
        while not self._closing.wait(self.settings.interval_s):
            self._send(self.settings.interval_s)
        self._send(_LAST_S)

    def _send(self, at_most_s: float) -> None:
        to = self.settings.destination
        try:
            if self._transport is None:
                self._transport = transport_to(to, self._environ, Signal.METRICS)
            request = self._metrics.request(self._resource, time.time_ns())
            outcome = self._transport.send(request.SerializeToString(), at_most_s=at_most_s)
        except (OSError, ValueError) as error:
            self._trouble.failed(f"metrics for {to.endpoint} cannot be sent: {type(error).__name__}")
            return
        if outcome.kind is Kind.OK:
            self._trouble.ended(f"metrics reach {to.endpoint} again")
        else:
            self._trouble.failed(f"metrics for {to.endpoint} were not taken: {outcome.detail}")
