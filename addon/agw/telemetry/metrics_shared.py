"""The metrics of all workers on each worker's page.

prometheus_client keeps each process's values in files of a folder that all of them read (its multiprocess mode, chosen
by ``PROMETHEUS_MULTIPROC_DIR`` before it is imported: scripts/_workers.py sets it). What a worker has counted stays
when the worker has gone; its gauges go with it. Collectors have no place in that mode, so a gateway's own figures are
written down now and then.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.multiprocess import MultiProcessCollector

from agw.telemetry.metrics_registry import PREFIX, Reading, Readings

STEP_S = 2.0
_ADDS_UP = frozenset(("calls_under_way", "destination_queued"))
"""Gauges that are sums over the workers; of all others the greatest is shown, which is the one to look at."""


def shared_folder() -> str | None:
    """None for a gateway that is alone."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR") or None


def merged(folder: str) -> CollectorRegistry:
    """Everything that all workers have written, as it is when it is collected."""
    registry = CollectorRegistry(auto_describe=False)
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return registry


class WrittenDown:
    """A gateway's own figures, written down every ``STEP_S`` seconds by a thread, until ``close``."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._registry = CollectorRegistry(auto_describe=False)
        self._held: dict[str, Counter | Gauge] = {}
        self._counted: dict[tuple[str, tuple[str, ...]], float] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agw-figures", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(STEP_S)

    def step(self, readings: Iterable[Reading]) -> None:
        for one in readings:
            labels = tuple(value for _, value in one.labels)
            held = self._held.get(one.name)
            if held is None:
                held = self._held[one.name] = self._made(one)
            series = held.labels(*labels) if labels else held
            if isinstance(series, Gauge):
                series.set(one.value)
            else:
                key = (one.name, labels)
                series.inc(max(0.0, one.value - self._counted.get(key, 0.0)))
                self._counted[key] = one.value

    def _made(self, one: Reading) -> Counter | Gauge:
        names, full = [name for name, _ in one.labels], f"{PREFIX}_{one.name}"
        if one.counts:
            return Counter(full, one.help, names, registry=self._registry)
        mode: Literal["livesum", "livemax"] = "livesum" if one.name in _ADDS_UP else "livemax"
        return Gauge(full, one.help, names, registry=self._registry, multiprocess_mode=mode)

    def _run(self) -> None:
        while not self._closing.wait(STEP_S):
            self.step(self._readings.now())
