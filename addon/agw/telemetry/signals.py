"""A finished call told to people and to machines that count: the line and the metrics, from the recorder's thread."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry

from agw.config.signals import LogFormat, Logging, Metrics
from agw.config.snapshot import Snapshot
from agw.record import CallRecord
from agw.telemetry.access_log import line_of
from agw.telemetry.metrics_page import MetricsPage
from agw.telemetry.metrics_registry import MetricsRegistry, Reading, Readings
from agw.telemetry.metrics_shared import WrittenDown, merged, shared_folder

logger = logging.getLogger("agw")
_calls = logging.getLogger("agw.calls")


class Signals:
    """``figures`` are the gateway's own; ``ready`` says whether calls are taken. Both are asked by the page's thread.

    ``serve`` and ``close`` come from the side of the loop, ``count`` and ``tell`` from the recorder's thread.
    """

    def __init__(self, figures: Callable[[], Iterable[Reading]], ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._shared = shared_folder()
        own = Readings(figures)
        self._own = [own] if self._shared is None else []
        self._written_down = None if self._shared is None else WrittenDown(own)
        self._logging = Logging()
        self._metrics = MetricsRegistry(Metrics(), self._own)
        self._pages: dict[tuple[str, int], MetricsPage] = {}

    def serve(self, snapshot: Snapshot) -> None:
        """Another config has taken over. An address that cannot be had costs no call: it is told."""
        self._logging = snapshot.logging
        settings, before = snapshot.metrics, self._metrics.settings
        if (settings.labels, settings.remove) != (before.labels, before.remove):
            self._metrics = MetricsRegistry(settings, self._own)
        wanted = {one for one in (settings.address, settings.readiness) if one is not None}
        for address in [one for one in self._pages if one not in wanted]:
            # Not here: it waits for the page's thread.
            threading.Thread(target=self._pages.pop(address).close, name="agw-drain", daemon=True).start()
        for address in sorted(wanted - self._pages.keys()):
            self._open(address, settings)

    def count(self, records: Sequence[CallRecord]) -> None:
        self._metrics.observe(records)

    def tell(self, record: CallRecord) -> None:
        if not _calls.isEnabledFor(logging.INFO):
            return
        line = line_of(record, self._logging)
        if line is None:
            return
        if self._logging.format is LogFormat.JSON:
            # Nothing stands before it, so that each line is JSON and nothing else.
            with contextlib.suppress(OSError, ValueError):
                # One write: mitmproxy's own lines come from another thread.
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        else:
            _calls.info(line)

    def close(self) -> None:
        for page in self._pages.values():
            page.close()
        self._pages.clear()
        if self._written_down is not None:
            self._written_down.close()

    def _registry(self) -> CollectorRegistry:
        return self._metrics.registry if self._shared is None else merged(self._shared)

    def _open(self, address: tuple[str, int], settings: Metrics) -> None:
        try:
            page = MetricsPage(address, self._registry, self._ready)
        except OSError as error:
            told = f"no metrics page: {address[0]}:{address[1]} cannot be opened ({(error.strerror or '').lower()})"
            hint = "; config.statsAddr names another one, or is off"
            (logger.warning if settings.named else logger.info)(told + hint)
            return
        self._pages[address] = page
        if address == settings.address:
            logger.info(f"metrics at {page.url}")
