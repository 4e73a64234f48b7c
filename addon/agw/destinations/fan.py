"""All destinations of the config in force. They are added, kept and closed as configs come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from agw.config.snapshot import Destination
from agw.destinations.spans import SpanDestination
from agw.record import Call, CallRecord
from agw.telemetry.selection import wanted

DRAIN_S = 5.0
"""How long a destination may take to send what it holds when it is closed."""


class Fan:
    """``serve`` and ``close`` are called from the loop's side, ``take`` from the recorder's thread."""

    def __init__(self, environ: Mapping[str, str], on_trouble: Callable[[str], None]) -> None:
        self._environ, self._on_trouble = environ, on_trouble
        self._open: dict[Destination, SpanDestination] = {}

    def serve(self, destinations: Sequence[Destination]) -> None:
        """Opens what is new, keeps what is equal, and closes the rest once it has sent what it holds."""
        before = self._open
        self._open = {one: before.get(one) or self._new(one) for one in destinations}
        for one, destination in before.items():
            if one not in self._open:
                threading.Thread(target=destination.close, args=(DRAIN_S,), name="agw-drain", daemon=True).start()

    def take(self, begun: Sequence[Call], records: Sequence[CallRecord]) -> None:
        for record in records:
            for settings, destination in self._open.items():
                if wanted(record, settings):
                    destination.put(record)

    def close(self) -> None:
        """Blocks for DRAIN_S seconds at most for each."""
        for destination in self._open.values():
            destination.close(DRAIN_S)

    def _new(self, settings: Destination) -> SpanDestination:
        return SpanDestination(settings, environ=self._environ, on_trouble=self._on_trouble)
