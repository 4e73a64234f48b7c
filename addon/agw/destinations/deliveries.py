"""All workers of the config in force. They are added, kept and closed as configs come and go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from agw.destinations.base import Backlog, DeliveryStats, Receiver
from agw.destinations.worker import Worker

DRAIN_S = 5.0
"""How long a destination may take to send what waits when it is closed; the rest waits for the next start."""


class Deliveries:
    """``serve`` and ``close`` come from the side of the loop, ``wake`` from the recorder's thread."""

    def __init__(
        self, backlogs: Callable[[], Sequence[Backlog]], environ: Mapping[str, str], on_trouble: Callable[[str], None]
    ) -> None:
        self._backlogs, self._environ, self._on_trouble = backlogs, environ, on_trouble
        self._workers: tuple[Worker, ...] = ()

    def serve(self, receivers: Sequence[Receiver]) -> None:
        """Opens what is new, keeps what is equal, and closes the rest once it has sent what waits."""
        kept = {one.receiver.name: one for one in self._workers if one.receiver in receivers}
        names = {one.name for one in receivers}
        for worker in self._workers:
            if worker in kept.values():
                continue
            if worker.receiver.name in names:
                # Its successor reads from the same cursor: only one of them may move it.
                worker.close(0.0)
            else:
                threading.Thread(target=worker.close, args=(DRAIN_S,), name="agw-drain", daemon=True).start()
        self._workers = tuple(kept.get(one.name) or self._worker(one) for one in receivers)

    def wake(self) -> None:
        for worker in self._workers:
            worker.wake()

    def stats(self) -> tuple[DeliveryStats, ...]:
        """Read by metrics and pages; safe from any thread."""
        return tuple(worker.stats() for worker in self._workers)

    def close(self) -> None:
        """Blocks for DRAIN_S seconds at most, for all together."""
        until = time.monotonic() + DRAIN_S
        closing = [threading.Thread(target=one.close, args=(DRAIN_S,), daemon=True) for one in self._workers]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(max(0.0, until - time.monotonic()) + 0.5)

    def _worker(self, receiver: Receiver) -> Worker:
        return Worker(receiver, self._backlogs, environ=self._environ, on_trouble=self._on_trouble)
