"""How long the event loop makes a call wait, measured by a timer that notes how late it is."""

from __future__ import annotations

import asyncio

EVERY_S = 0.25
_FORGET = 0.9
"""Of the worst, at each measurement: a peak fades over some ten seconds."""


class LoopLag:
    """``latest_s`` and ``worst_s`` may be read by any thread."""

    def __init__(self) -> None:
        self.latest_s = 0.0
        self.worst_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """On the loop that is to be measured."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + EVERY_S

        def measure() -> None:
            self.latest_s = max(loop.time() - due_s, 0.0)
            self.worst_s = max(self.latest_s, self.worst_s * _FORGET)
            self.start()

        self._timer = loop.call_at(due_s, measure)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
